"""Where the embedded server listens, and how that is written down."""

from __future__ import annotations

import tempfile
from pathlib import Path

import psycopg
import pytest

from venue_ops.core.errors import ConfigurationError
from venue_ops.demo import sockets
from venue_ops.demo.cluster import Endpoint


def test_a_socket_directory_of_a_stranger_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", "/tmp")
    data = tmp_path / ("x" * 120)
    short = sockets.socket_dir(data)
    try:
        short.mkdir(mode=0o777)
        short.chmod(0o777)
        with pytest.raises(ConfigurationError, match="someone else"):
            sockets.prepare_socket_dir(data, None)
        short.rmdir()
        short.symlink_to(tmp_path)
        with pytest.raises(ConfigurationError, match="someone else"):
            sockets.prepare_socket_dir(data, None)
    finally:
        if short.is_symlink():
            short.unlink()


def test_quotes_in_a_connection_string() -> None:
    endpoint = Endpoint(1, Path("/it's/a\\path"), 5432)
    assert psycopg.conninfo.conninfo_to_dict(endpoint.conninfo("a b"))["host"] == "/it's/a\\path"


def test_a_short_path_keeps_its_socket() -> None:
    data = Path("/tmp/short")
    assert sockets.socket_dir(data) == data


@pytest.mark.parametrize("temporary", ["/tmp", "/" + "t" * 100])
def test_a_long_one_gets_an_address_that_fits(
    temporary: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", temporary)
    one, other = (sockets.socket_dir(Path("/" + letter * 200)) for letter in "ab")
    assert one != other
    assert len(bytes(sockets.socket_file(one))) <= sockets.LONGEST_ADDRESS
