"""A real PostgreSQL for the tests: one server for the whole session and all its workers.

The server is the embedded one of the extra `demo`, or whatever VENUE_OPS_TEST_DATABASE_URL
names (a role that may create databases). Each kind of content is loaded once into a template
database; a test gets a copy of its own, which takes a few milliseconds, and drops it.

Fixtures: `isolated_environment` (always on), `databases`, `sample_database`,
`readonly_sample_database`, `empty_database`, `generated_database`, `demo_dir`, `told`.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from tests.databases import PREFIX, Database, Databases, analyze, locked, new_demo_directory
from tests.soaked import Tell

from venue_ops.demo.cluster import Cluster
from venue_ops.demo.schema import Layout

TEST_URL = "VENUE_OPS_TEST_DATABASE_URL"
SERVER_SETTINGS = {
    # Nothing here outlives the session, so nothing has to survive a power cut.
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "max_wal_size": "2GB",
    "checkpoint_timeout": "1h",
    "autovacuum": "off",
    "jit": "off",
    "max_connections": "200",
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
}


# --- the server, per session ------------------------------------------------------------------

SHARED = pytest.StashKey[Path]()


def pytest_configure(config: pytest.Config) -> None:
    """The controller makes a folder that its workers share; none of them starts a server yet."""
    if not hasattr(config, "workerinput"):
        sweep_up()
        shared = Path(tempfile.mkdtemp(prefix=f"{PREFIX}{os.getpid()}-"))
        config.stash[SHARED] = shared
    else:
        config.stash[SHARED] = Path(config.workerinput["venue_ops_shared"])


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """Tell an xdist worker where the shared folder is."""
    node.workerinput["venue_ops_shared"] = str(node.config.stash[SHARED])


def pytest_unconfigure(config: pytest.Config) -> None:
    """The controller, last of all, stops the server and removes what was made."""
    shared = config.stash.get(SHARED, None)
    if shared is None or hasattr(config, "workerinput"):
        return
    if url := os.environ.get(TEST_URL):
        with contextlib.suppress(psycopg.Error):
            Databases(url, shared, "main").drop_all()
    remove(shared)


def sweep_up() -> None:
    """Stop the servers of earlier sessions that were killed before they could."""
    for left in Path(tempfile.gettempdir()).glob(f"{PREFIX}*-*"):
        pid = int(left.name.removeprefix(PREFIX).partition("-")[0])
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            remove(left)
        except PermissionError:
            continue


def remove(shared: Path) -> None:
    """Stop the session's own server, if one was started, and delete its folder."""
    Cluster(shared / "pg").destroy()
    shutil.rmtree(shared, ignore_errors=True)


@pytest.fixture(scope="session")
def databases(request: pytest.FixtureRequest) -> Databases:
    """The session's server, started by the first test of any worker that needs it."""
    shared = request.config.stash[SHARED]
    worker = os.environ.get("PYTEST_XDIST_WORKER", "main")
    if url := os.environ.get(TEST_URL):
        return Databases(url, shared, worker)
    with locked(shared / "server.lock"):
        endpoint = Cluster(shared / "pg", SERVER_SETTINGS).start()
    return Databases(endpoint.conninfo("postgres"), shared, worker, fsync=False)


# --- what tests ask for -----------------------------------------------------------------------


@pytest.fixture(autouse=True)
def isolated_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No test sees the settings, the demo or the home of whoever runs it."""
    for name in list(os.environ):
        secret = name in {"DATABASE_URL", "SUPABASE_DATABASE_URL", "GOOGLE_MAPS_API_KEY"}
        ours = name.startswith(("VENUE_OPS_", "IMAGEKIT_", "PG")) and name != TEST_URL
        look = name in {"NO_COLOR", "FORCE_COLOR", "COLUMNS", "LINES", "TZ"}
        if secret or ours or look:
            monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path))
    for kind in ("CONFIG", "DATA", "STATE", "CACHE"):
        monkeypatch.setenv(f"XDG_{kind}_HOME", str(tmp_path / kind.lower()))
    monkeypatch.setenv("VENUE_OPS_DEMO_DIR", str(tmp_path / "demo"))


@pytest.fixture
def sample_database(databases: Databases) -> Iterator[Database]:
    """A database of its own with the demo's sample data, to read and to write."""
    with databases.copy_of(databases.sample()) as database:
        yield database


@pytest.fixture(scope="session")
def readonly_sample_database(databases: Databases) -> Iterator[Database]:
    """The sample data for tests that only read; a write fails."""
    with databases.copy_of(databases.sample()) as database:
        analyze(database, read_only=True)
        yield database


@pytest.fixture
def empty_database(databases: Databases) -> Iterator[Callable[..., Database]]:
    """`empty_database(oban_version=13, oban_schema="jobs", ...)`: tables without rows.

    Takes the fields of `venue_ops.demo.schema.Layout`; can be called several times.
    """
    with contextlib.ExitStack() as copies:

        def make(**layout: Any) -> Database:
            return copies.enter_context(databases.copy_of(databases.empty(Layout(**layout))))

        yield make


@pytest.fixture(scope="session")
def generated_database(databases: Databases) -> Database:
    """3,000 venues and 10,000 jobs with awkward and poisonous rows; read-only, shared."""
    return databases.generated()


@pytest.fixture
def demo_dir(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A demo of the test's own, for --demo and `venue-ops demo`; not started yet."""
    with new_demo_directory() as directory:
        monkeypatch.setenv("VENUE_OPS_DEMO_DIR", str(directory))
        yield directory


# --- soaks ------------------------------------------------------------------------------------


@pytest.fixture
def told(capsys: pytest.CaptureFixture[str]) -> Tell:
    """Says on the terminal what a soak came to, whatever pytest captures."""

    def tell(text: str) -> None:
        with capsys.disabled():
            print(f"\n{text}")  # noqa: T201 - the terminal is meant

    return tell
