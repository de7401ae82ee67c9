"""The demo: one embedded server of the user's own, with a database that is always loaded.

The server goes on running after a command ends, so the next command has nothing to start:
it reads two small files, knocks at the socket and connects. `venue-ops demo stop` ends it.

    <data directory>/lock       held while something is started, loaded, reset or stopped
    <data directory>/loaded     there once the database is complete
    <data directory>/postgres   the PostgreSQL data directory
"""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

from platformdirs import user_data_path

from venue_ops.core.errors import ConfigurationError
from venue_ops.demo.cluster import Cluster, Endpoint, binary_directory

DATABASE = "venue_ops_demo"
DIRECTORY_VARIABLE = "VENUE_OPS_DEMO_DIR"

Say = Callable[[str], None]
"""Tells whoever waits what is going on; the caller decides where that is shown."""

_SETTINGS = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "timezone": "UTC",
    # The demo can be made again at any time: the last second before a power cut may be lost.
    "synchronous_commit": "off",
    # No replica ever, so large loads need not write everything twice.
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "max_wal_size": "4GB",
    "shared_buffers": "256MB",
    "maintenance_work_mem": "256MB",
}


def data_dir() -> Path:
    """Where the demo lives: VENUE_OPS_DEMO_DIR, or a folder in the user's data directory."""
    given = os.environ.get(DIRECTORY_VARIABLE)
    if given:
        return Path(given).expanduser().absolute()
    return user_data_path("venue-ops", appauthor=False) / "demo"


def state_dir() -> Path:
    """The state folder of retries on the demo: it goes when the demo's data goes."""
    return data_dir() / "state"


def demo_conninfo(*, start: bool = True, say: Say | None = None) -> str:
    """How to connect to the demo, started and loaded first if need be.

    Costs a tenth of a millisecond when it runs already. With `start=False` nothing is
    started: ConfigurationError says that it does not run. Also raises ConfigurationError when
    the extra `demo` is not installed, DatabaseError when the server does not come up.
    """
    endpoint = _cluster().running()
    if endpoint and _loaded().exists():
        return endpoint.conninfo(DATABASE)
    if not start:
        raise ConfigurationError(
            "The demo database is not running.", hint="`venue-ops demo` starts it."
        )
    return _start(say or _silent)


def start(say: Say | None = None) -> str:
    """Start and load the demo; its connection string. Does nothing when that is done."""
    return demo_conninfo(say=say)


def stop() -> bool:
    """Stop the server and keep its data; False if it was not running."""
    if not data_dir().exists():
        return False
    with _locked():
        return _cluster().stop()


def reset(say: Say | None = None) -> str:
    """Delete everything, start again with fresh sample data; the connection string."""
    binary_directory()  # do not delete what could not be made again
    with _locked():
        _loaded().unlink(missing_ok=True)
        _cluster().destroy()
        _forget_runs()
    return _start(say or _silent)


def load(
    *, venues: int, jobs: int, seed: int = 1, poison: bool = False, say: Say | None = None
) -> str:
    """Replace the demo's data by generated data of that size; the connection string.

    `venue-ops demo reset` brings the sample back. Raises what psycopg raises, with the old
    data still in place, when the new data cannot be made (a full disk).
    """
    from venue_ops.demo.contents import fill_with_bulk, replace_database

    say = say or _silent
    with _locked():
        endpoint = _cluster().start()
        say(f"Making {venues:,} venues and {jobs:,} jobs; 100,000 and 300,000 take half a minute.")
        replace_database(
            endpoint,
            DATABASE,
            lambda conn: fill_with_bulk(conn, venues, jobs, seed, datetime.now(UTC), poison),
        )
        _forget_runs()
        _loaded().touch()
    return endpoint.conninfo(DATABASE)


def psql_argv() -> list[str]:
    """The command that opens psql on the demo: the wheel's own, or the one on PATH."""
    conninfo = demo_conninfo()
    with contextlib.suppress(ConfigurationError):
        own = binary_directory() / "psql"
        if own.exists():
            return [str(own), conninfo]
    if found := shutil.which("psql"):
        return [found, conninfo]
    raise ConfigurationError(
        "There is no psql on this machine.", hint="`venue-ops demo path` says where to connect."
    )


def _start(say: Say) -> str:
    with _locked():
        cluster = _cluster()
        endpoint = cluster.running()
        found = endpoint is not None
        if endpoint is None:
            say("Starting the embedded PostgreSQL; `venue-ops demo stop` ends it.")
            endpoint = cluster.start()
        # A server that just came up may have crashed before: then the note is not enough.
        if not _loaded().exists() or not (found or _is_there(endpoint)):
            say("Loading the sample data.")
            _load_sample(endpoint)
            _loaded().touch()
    return endpoint.conninfo(DATABASE)


def _load_sample(endpoint: Endpoint) -> None:
    from venue_ops.demo.contents import fill_with_sample, replace_database

    replace_database(endpoint, DATABASE, lambda conn: fill_with_sample(conn, datetime.now(UTC)))


def _is_there(endpoint: Endpoint) -> bool:
    import psycopg

    from venue_ops.demo.contents import has_database

    with psycopg.connect(endpoint.conninfo("postgres")) as admin:
        return has_database(admin, DATABASE)


def _cluster() -> Cluster:
    return Cluster(data_dir() / "postgres", _SETTINGS)


def _forget_runs() -> None:
    """What a journal says of other data would be taken for this."""
    shutil.rmtree(state_dir(), ignore_errors=True)


def _loaded() -> Path:
    return data_dir() / "loaded"


def _silent(_: str) -> None:
    return None


@contextlib.contextmanager
def _locked() -> Iterator[None]:
    """One process at a time; whoever comes second finds the work done."""
    try:
        import fcntl
    except ImportError:
        raise ConfigurationError(
            "The demo needs Linux or macOS.", hint="On Windows it runs within WSL."
        ) from None
    directory = data_dir()
    try:
        directory.mkdir(parents=True, exist_ok=True)
        file = (directory / "lock").open("w")
    except OSError as error:
        raise ConfigurationError(
            f"The demo's directory {directory} cannot be used: {error.strerror}.",
            hint=f"{DIRECTORY_VARIABLE} names another one.",
        ) from error
    with file:
        fcntl.flock(file, fcntl.LOCK_EX)  # released with the file, also by a crash
        yield
