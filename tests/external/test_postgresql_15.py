"""The oldest PostgreSQL that is supported: everything that asks a database, on version 15."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from venue_ops.demo.system_user import let_pass, server_user

ROOT = Path(__file__).parents[2]
BINARIES = Path(os.environ.get("VENUE_OPS_POSTGRESQL_15", "/usr/lib/postgresql/15/bin"))
PORT = 5432
SUITES = ("tests/integration", "tests/cli")
OF_THE_NETWORK = (
    "download*",
    "attempts",
    "imagekit*",
    "object*",
    "public_only",
    "pacing",
)
"""Modules of `tests/integration` that ask no database."""

pytestmark = [
    pytest.mark.external,
    pytest.mark.skipif(
        not (BINARIES / "postgres").exists(), reason="the package postgresql-15 is not installed"
    ),
]


@pytest.fixture
def server() -> Iterator[str]:
    """The URL of a server of version 15 that this test alone has, on a socket."""
    with tempfile.TemporaryDirectory(prefix="venue-ops-pg15-") as folder:
        data = Path(folder, "data")
        data.mkdir()
        let_pass(data)
        as_user: dict[str, Any] = {}
        if (user := server_user()) is not None:
            os.chown(folder, user.pw_uid, user.pw_gid)
            os.chown(data, user.pw_uid, user.pw_gid)
            as_user = {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}

        def run(program: str, *words: str) -> None:
            subprocess.run(
                [BINARIES / program, *words],
                check=True,
                cwd=folder,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                **as_user,
            )

        run("initdb", "-D", str(data), "-A", "trust", "-E", "utf8", "-U", "postgres")
        options = (
            f"-k {folder} -p {PORT} -c listen_addresses='' -c fsync=off -c max_connections=200"
        )
        run("pg_ctl", "-w", "-D", str(data), "-l", f"{folder}/log", "-o", options, "start")
        try:
            yield f"postgresql://postgres@/postgres?host={folder}&port={PORT}"
        finally:
            run("pg_ctl", "-w", "-D", str(data), "-m", "immediate", "stop")


def test_everything_that_asks_a_database_passes_on_15(server: str) -> None:
    done = subprocess.run(
        [
            *(sys.executable, "-m", "pytest", "-q", "-n", "2", "-p", "no:cacheprovider", *SUITES),
            *(f"--ignore-glob=tests/integration/test_{name}.py" for name in OF_THE_NETWORK),
        ],
        cwd=ROOT,
        env={**os.environ, "VENUE_OPS_TEST_DATABASE_URL": server},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-6000:]
