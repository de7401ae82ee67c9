"""What an answer says in words, and what is no answer at all: whose fault it is (domain, 5, 8)."""

from __future__ import annotations

import asyncio
import os
import resource

import pytest
from tests.downloading import KEY, PHOTO, STALLED, Fault, answered, meet, web

from venue_ops.core.errors import ConfigurationError
from venue_ops.core.net.connecting import PublicOnly
from venue_ops.demo.web import Answer

RLIMIT = resource.RLIMIT_NOFILE
DENIED = b'{"error_message": "' + KEY.encode() + b'", "status": "REQUEST_DENIED"}'


@pytest.mark.parametrize("status", [200, 400])
@pytest.mark.parametrize("length", [-1, None])
def test_a_key_that_is_refused_in_the_body(status: int, length: int | None) -> None:
    error, requests = meet(Fault(answered(Answer(status, DENIED, length=length)), ""))
    assert (error.error_type, error.status_code, requests) == ("auth_error", status, 1)
    assert error.refuses_key


OF_400 = {
    "never ends": (Answer(400, DENIED, endless=True), "auth_error"),
    "breaks off": (Answer(400, DENIED, cut_after=5), "http_error"),
    "is reset": (Answer(400, DENIED, cut_after=5, reset=True), "http_error"),
    "drips": (Answer(400, DENIED, drip=STALLED), "http_error"),
    "says it too late": (Answer(400, b" " * 9_999 + DENIED), "http_error"),
}


@pytest.mark.parametrize(("answer", "error_type"), OF_400.values(), ids=OF_400)
def test_a_400_is_looked_into_but_not_for_long(answer: Answer, error_type: str) -> None:
    error, requests = meet(Fault(answered(answer), ""))
    assert (error.error_type, error.status_code, requests) == (error_type, 400, 1)


@pytest.mark.parametrize("place", [40, -1])
def test_a_damaged_photo_is_told_from_what_is_none(place: int) -> None:
    error, _ = meet(Fault(answered(Answer(200, PHOTO[:place])), ""))
    assert (error.error_type, error.is_photo) == ("download_failed", True)
    error, _ = meet(Fault(answered(Answer(200, b"<html>Sign in</html>")), ""))
    assert (error.error_type, error.is_photo) == ("download_failed", False)


def test_files_that_run_out_are_no_images_fault() -> None:
    async def connect(host: str, port: int) -> None:
        network, most = PublicOnly(allowed=[(host, port)]), resource.getrlimit(RLIMIT)
        open_now = max(int(name) for name in os.listdir("/proc/self/fd"))  # noqa: PTH208
        streams = []
        resource.setrlimit(RLIMIT, (open_now + 5, most[1]))
        try:
            for _ in range(20):
                streams.append(await network.connect_tcp(host, port, 5))
        finally:
            resource.setrlimit(RLIMIT, most)
            for stream in streams:
                await stream.aclose()

    with web(Answer(200, PHOTO)) as served, pytest.raises(ConfigurationError, match="too many"):
        asyncio.run(connect(*served.address))
