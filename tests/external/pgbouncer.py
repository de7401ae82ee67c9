"""A PgBouncer of a test's own, in front of the test server."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
from psycopg.conninfo import conninfo_to_dict
from tests.databases import Database

from venue_ops.demo.system_user import let_pass, server_user

PROGRAM = shutil.which("pgbouncer", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
PORT = 6432
PAGE = Path(__file__).parents[2] / "docs" / "how-to" / "pgbouncer.md"
PATIENCE = 10.0


@dataclass(frozen=True, slots=True)
class Pooler:
    """A running PgBouncer: the database behind it, and its own console."""

    database: Database
    console: str


@contextmanager
def pgbouncer(behind: Database, configuration: str) -> Iterator[Pooler]:
    """Run one with this configuration (the settings of its `[pgbouncer]` section)."""
    assert PROGRAM is not None
    target = conninfo_to_dict(behind.conninfo)
    name = str(target["dbname"])
    with tempfile.TemporaryDirectory(prefix="venue-ops-pgb-") as folder:
        let_pass(Path(folder, "pgbouncer.ini"))
        target_words = " ".join(f"{key}={value}" for key, value in target.items() if value)
        ini = Path(folder, "pgbouncer.ini")
        ini.write_text(
            f"[databases]\n{name} = {target_words}\n\n[pgbouncer]\n{configuration}\n"
            f"listen_addr =\nlisten_port = {PORT}\nunix_socket_dir = {folder}\n"
            "auth_type = any\nadmin_users = pooler\n"
        )
        as_user: dict[str, Any] = {}
        if (user := server_user()) is not None:
            for path in (Path(folder), ini):
                os.chown(path, user.pw_uid, user.pw_gid)
            as_user = {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}
        with Path(folder, "log").open("wb") as log:
            process = subprocess.Popen(
                [PROGRAM, str(ini)], stdin=-3, stdout=log, stderr=log, cwd=folder, **as_user
            )
        pooler = Pooler(
            Database(f"host={folder} port={PORT} dbname={name} user={target['user']}"),
            f"host={folder} port={PORT} dbname=pgbouncer user=pooler",
        )
        try:
            wait_for(pooler, process, Path(folder, "log"))
            yield pooler
        finally:
            process.terminate()
            process.wait(PATIENCE)


def wait_for(pooler: Pooler, process: subprocess.Popen[bytes], log: Path) -> None:
    """Until it answers."""
    until = time.monotonic() + PATIENCE
    while True:
        try:
            psycopg.connect(pooler.database.conninfo, autocommit=True).close()
        except psycopg.OperationalError:
            if process.poll() is not None or time.monotonic() > until:
                raise AssertionError(log.read_text("utf-8", "replace")) from None
            time.sleep(0.05)
        else:
            return
