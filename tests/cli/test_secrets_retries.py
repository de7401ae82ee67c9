"""No secret leaves a retry: promise 13 for its output, its journal, its receipts and its folder.

Real runs meet every kind of fault; provider, redirects and store have secrets in all they say.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from itertools import cycle
from pathlib import Path
from typing import Any

import pytest
from tests.cli.canaries import (
    COMMANDS,
    ENVIRONMENT,
    GOOGLE,
    IMAGEKIT,
    KNOWN,
    MARK,
    PHOTO,
    PLANTED,
    assert_silent,
    hits,
    hits_below,
    told_secrets,
    with_password,
)
from tests.cli.enqueueing import Node, consuming
from tests.cli.program import FORMATS, Program, Result
from tests.cli.receipts import OUTCOMES, state_of, write_receipt
from tests.cli.retrying import in_world
from tests.databases import NOW, Database
from tests.retrying import World

from venue_ops.core.retry.outcomes import Result as Became
from venue_ops.demo.pictures import png
from venue_ops.demo.web import Answer

QUERY = f"key={GOOGLE}&token={MARK}-token&photo_reference=R"
SAID = " ".join((*PLANTED, *KNOWN))
PICTURE = png("x")
LOUD = {"X-Said": f"Bearer {MARK}.bearer.token", "Content-Type": "image/png"}
FAULTS: dict[str, list[Answer]] = {
    **{str(code): [Answer(code, SAID.encode(), LOUD)] for code in (400, 401, 403, 404, 429, 500)},
    "503 and then": [Answer(503, SAID.encode()), Answer(200, PICTURE, LOUD)],
    "reset": [Answer(200, PICTURE, LOUD, reset=True)],
    "reset within": [Answer(200, PICTURE, LOUD, reset=True, cut_after=9)],
    "truncated": [Answer(200, PICTURE, LOUD, cut_after=9)],
    "slow": [Answer(200, PICTURE, LOUD, delay=30)],
    "drip": [Answer(200, PICTURE, LOUD, drip=0.3)],
    "html": [Answer(200, SAID.encode(), {"Content-Type": f"text/html; {MARK}"})],
    "empty": [Answer(200, b"", LOUD)],
    "a bad head": [Answer(head=f"HTTP/1.1 {SAID}\r\n\r\n".encode())],
    "redirect": [Answer(302, b"", {"Location": f"/elsewhere?{QUERY}"})],
    "redirect inside": [Answer(302, b"", {"Location": f"http://10.0.0.1/x?{QUERY}"})],
    "redirect to nowhere": [Answer(302, b"", {"Location": f"http://{MARK}.invalid/x?{QUERY}"})],
    "redirect to a refusal": [Answer(302, b"", {"Location": f"http://127.0.0.1:9/?{QUERY}"})],
    "redirect to junk": [Answer(302, b"", {"Location": f"{MARK}://[{QUERY}"})],
    "redirect round": [Answer(302, b"", {"Location": f"/0.jpg?{QUERY}"})],
}
STORE_FAULTS = {
    "401": Answer(401, json.dumps({"message": SAID}).encode()),
    "400": Answer(400, json.dumps({"message": SAID}).encode()),
    "500": Answer(500, SAID.encode()),
    "odd 200": Answer(200, SAID.encode()),
    "redirect": Answer(302, b"", {"Location": f"https://{MARK}.invalid/?{QUERY}"}),
    "reset": Answer(200, SAID.encode(), reset=True),
    "truncated": Answer(200, SAID.encode(), cut_after=3),
}


@pytest.fixture
def program(world_of: World, tmp_path: Path) -> Program:
    """Told secrets in its URL, in its settings and in the environment."""
    world_of.store.key = IMAGEKIT
    made = in_world(world_of, tmp_path, 'longest_wait = "1s"')
    env = {**made.env, **ENVIRONMENT}
    return replace(made, url=with_password(world_of.database.url), env=env)


@pytest.fixture
def venue(world_of: World) -> int:
    """Two failed images whose URLs and errors hold secrets."""
    details = {"error_type": "rate_limited", "status_code": 429, "message": SAID, "error": SAID}
    made = [
        world_of.image(f"/{n}.jpg?{QUERY}{n}", provider="google_places", error_details=details)
        for n in range(2)
    ]
    return world_of.venue(*made, slug="noce")


def looked_at(program: Program, folder: Path, formats: Iterable[str]) -> Iterator[Result]:
    """All that can be seen of a run afterwards."""
    runs = program("runs", "list", "-o", "ids")
    yield runs
    for fmt in formats:
        yield program("runs", "list", "-o", fmt, "-vv", "--debug")
        for run in runs.lines[:2]:
            yield program("runs", "show", run, "-o", fmt, "-vv", "--debug")
        yield program("reconcile", "--all", "--dry-run", "-o", fmt, "--debug")
    yield Result(0, "\n".join(hits_below(folder)), "")


def assert_all_silent(
    program: Program,
    folder: Path,
    *results: Result,
    crashed: bool = False,
    formats: Sequence[str] = ("table", "json"),
) -> None:
    for result in results:
        assert_silent(result)
    kept = [path for path in (folder / "state").rglob("*") if path.suffix == ".jsonl"]
    assert kept or crashed, "there is something to search"
    seen = list(looked_at(program, folder / "state", formats))
    assert len(seen) > len(formats)
    for result in seen:
        assert_silent(result)


def written_details(here: World, venue: int) -> str:
    """What the run wrote of its errors: the texts that were there are replaced."""
    images = here.images(venue)
    return json.dumps([i["error_details"] for i in images if i.get("retry_count")])


@pytest.mark.parametrize("name", FAULTS)
def test_no_fault_of_a_provider_lets_one_out(
    world_of: World, program: Program, venue: int, tmp_path: Path, name: str
) -> None:
    for n in range(2):
        world_of.provider.scripts[f"/{n}.jpg"] = list(FAULTS[name])
    done = program(
        *("retry", "venue", "noce", "--timeout", "1s", "--reason", SAID),
        *("-o", "ndjson", "-vv", "--debug"),
    )
    assert done.code in {0, 5, 7}, done.err
    assert len(done.lines) == 2
    assert_all_silent(program, tmp_path, done)
    if done.code:
        assert hits(written_details(world_of, venue)) == []


def test_nor_does_a_provider_that_is_not_there(
    world_of: World, program: Program, tmp_path: Path
) -> None:
    urls = (f"http://127.0.0.1:9/x?{QUERY}", f"http://{MARK}.invalid/x?{QUERY}", f"{PHOTO}&{QUERY}")
    for url in urls:
        image = world_of.image("/x.jpg", url=url, provider_url=url)
        venue = world_of.venue(image, slug="noce")
        done = program("retry", "venue", "noce", "-o", "json", "--timeout", "1s", "--debug")
        assert done.code in {4, 5, 7}
        assert_all_silent(program, tmp_path, done)
        with world_of.database.connect(autocommit=True) as conn:
            conn.execute("DELETE FROM venues WHERE id = %s", [venue])


@pytest.mark.parametrize(
    ("name", "fmt"), list(zip(STORE_FAULTS, cycle(("table", "json", "ndjson")), strict=False))
)
@pytest.mark.usefixtures("venue")
def test_no_fault_of_the_store_lets_one_out(
    world_of: World, program: Program, tmp_path: Path, name: str, fmt: str
) -> None:
    world_of.store.instead = lambda _: STORE_FAULTS[name]
    done = program("retry", "venue", "noce", "-o", fmt, "-vv", "--debug", "--concurrency", 1)
    assert done.code in {1, 4, 5, 7}
    assert "Traceback" in done.err or done.code in {5, 7}
    assert_all_silent(program, tmp_path, done)


@pytest.mark.parametrize("fmt", FORMATS)
@pytest.mark.usefixtures("venue")
def test_nor_does_a_run_that_goes_well(program: Program, tmp_path: Path, fmt: str) -> None:
    done = program("sweep", "-o", fmt, "-vv", "--debug", "--reason", SAID)
    assert done.code == 0
    assert_all_silent(program, tmp_path, done, formats=FORMATS)


@pytest.mark.parametrize("fmt", FORMATS)
@pytest.mark.usefixtures("venue")
def test_nor_does_a_run_by_job_rows(
    world_of: World, program: Program, tmp_path: Path, fmt: str
) -> None:
    """Whatever the jobs say of what went wrong, and no row of ours holds one."""
    rows: list[Any] = []

    def consume(node: Node, job_id: int, args: Any) -> None:
        rows.append(args)
        node.end(job_id, "discarded", SAID)

    with consuming(world_of, consume):
        argv = ("sweep", "--enqueue", "--wait", "-o", fmt, "-vv", "--debug", "--reason", SAID)
        done = program(*argv)
    assert done.code == 5
    assert rows
    assert hits(json.dumps(rows)) == []
    assert_all_silent(program, tmp_path, done, formats=FORMATS)


@pytest.mark.parametrize("ticks", range(1, 16, 2))
@pytest.mark.parametrize("fmt", ["table", "json"])
@pytest.mark.usefixtures("venue")
def test_nor_does_a_crash_at_any_moment(
    program: Program, tmp_path: Path, ticks: int, fmt: str
) -> None:
    """The clock stops: before the run, in its tasks, or when its receipt is closed."""
    told = 0

    def stopping() -> datetime:
        nonlocal told
        told += 1
        if told >= ticks:
            raise RuntimeError(f"{with_password('x@h')} {SAID}")
        return NOW

    done = replace(program, clock=stopping)("sweep", "-o", fmt, "-vv", "--debug")
    assert done.code in {0, 1}
    assert told >= ticks or done.code == 0
    assert_all_silent(program, tmp_path, done, crashed=True)


def test_what_is_typed_is_not_repeated(program: Program) -> None:
    for text in PLANTED:
        for argv in (
            ("retry", "venue", f"{text}?"),
            ("retry", "image", f"{text}?/#1"),
            ("retry", "city", text),
            ("sweep", "--class", text),
            ("sweep", "--max-cost", text),
            ("explain", "venue", f"{text}?"),
            ("explain", "image", f"{text}?/x"),
            ("runs", "show", text),
        ):
            assert_silent(program(*argv, "--debug"))


def test_a_receipt_that_holds_one_shows_none(planted: Database, tmp_path: Path) -> None:
    """Written by another version, or by hand: what is read is cleaned as well."""
    told = told_secrets(planted, tmp_path)
    state = state_of(told)
    for number, text in enumerate(PLANTED):
        outcome = (Became.FAILED, {"message": text, "url": text, "error_type": text})
        write_receipt(state, number, outcome, *OUTCOMES, what=text, reason=text)
    for fmt in FORMATS:
        listed = told("runs", "list", "-o", fmt, "-n", 0, "--debug")
        assert listed.code == 0
        assert_silent(listed)
        for number in range(len(PLANTED)):
            shown = told("runs", "show", f"20251024-1800{number:02}", "-o", fmt, "--debug")
            assert shown.code == 0
            assert_silent(shown)


def test_looking_leaves_none_in_the_state_folder(planted: Database, tmp_path: Path) -> None:
    """`show venue` keeps which image stood where; the rest keeps nothing."""
    told = told_secrets(planted, tmp_path)
    for argv in (*COMMANDS, ("runs", "list"), ("reconcile", "--dry-run")):
        told(*argv)
    for number in range(1000, 1000 + len(PLANTED)):
        assert told("show", "venue", number).code == 0
    kept = tmp_path / "state"
    assert [path for path in kept.rglob("*.json") if path.parent.name == "shown"]
    assert hits_below(kept) == []


def test_the_search_looks_into_files(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "b.txt").write_text(GOOGLE)
    (tmp_path / f"{MARK}.txt").write_text("")
    assert len(hits_below(tmp_path)) == 2


def test_progress_shows_none(world_of: World, program: Program) -> None:
    """A bar has the name of a provider on it."""
    from tests.cli.test_progress import at_a_terminal

    names: list[Any] = [f"{text[:8]}{text}" for text in PLANTED]
    world_of.venue(*(world_of.image("/1.jpg", provider=name) for name in names), slug="of-names")
    world_of.provider.scripts["/1.jpg"] = [Answer(200, PICTURE, delay=0.3)]
    done, seen = at_a_terminal(program, "retry", "venue", "of-names", columns=200)
    assert done.returncode == 0
    assert_silent(Result(0, done.stdout, seen))
