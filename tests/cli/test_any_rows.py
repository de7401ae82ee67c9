"""Rows of any shape are shown and counted: promise 21 for every command that reads.

Each example fills the tables with jobs and venues whose JSON is arbitrary (and mostly nearly
right, where the traps are), then asks every command for them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests import strategies
from tests.cli.any_rows import (
    check_doctor,
    check_document,
    check_explanations,
    check_exports,
    check_figures,
    check_list,
    check_plans,
    check_reconciling,
    insert_job,
    insert_venue,
    slugs_of,
)
from tests.cli.program import FORMATS, Program, on
from tests.databases import Database, Databases
from tests.strategies import Spelled, to_json

from venue_ops.demo.schema import Layout
from venue_ops.settings import WorkerNames

NAMES = WorkerNames()
WORKERS = st.sampled_from(
    (*NAMES.backfill, *NAMES.enrichment, *NAMES.enrichment, *NAMES.retry, *NAMES.cleanup, "Other")
)
STATES = st.sampled_from(
    (
        *("available", "scheduled", "executing", "retryable", "completed", "completed"),
        *("completed", "discarded", "discarded", "cancelled", "novel"),
    )
)
SETTINGS = settings(
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)

JOBS = st.lists(
    st.fixed_dictionaries(
        {
            "worker": WORKERS,
            "state": STATES,
            "args": strategies.ARGS,
            "meta": strategies.METAS,
            "errors": strategies.ERRORS | st.lists(strategies.ANYTHING, max_size=3),
        }
    ),
    min_size=1,
    max_size=6,
)
ENRICHMENTS = strategies.near(
    strategies.objects(
        last_checked_at=strategies.TEXTS,
        last_check_result=strategies.TEXTS,
        error_details=st.dictionaries(strategies.TEXTS, strategies.ANYTHING, max_size=2),
        enrichment_history=st.lists(
            strategies.near(
                strategies.objects(
                    enriched_at=strategies.TEXTS,
                    providers=st.lists(strategies.PROVIDERS, max_size=2),
                    images_fetched=strategies.COUNTS,
                    cost_usd=strategies.NUMBERS,
                )
            ),
            max_size=3,
        ),
    )
)
VENUES = st.lists(
    st.fixed_dictionaries(
        {
            "venue_images": strategies.VENUE_IMAGES,
            "image_enrichment_metadata": ENRICHMENTS,
            "provider_ids": strategies.ANYTHING,
        }
    ),
    min_size=1,
    max_size=6,
)


@pytest.fixture(scope="module")
def loose(databases: Databases) -> Iterator[Database]:
    """A database that lost the index which keeps venue_images in shape; a state of tomorrow."""
    layout = Layout(without_images_index=False, extra_states=("novel",))
    with databases.copy_of(databases.empty(layout)) as database:
        with database.connect(autocommit=True) as conn:
            conn.execute("INSERT INTO countries VALUES (1, 'Poland', 'PL', 'poland', now(), now())")
            conn.execute(
                "INSERT INTO cities (id, name, slug, country_id, inserted_at, updated_at)"
                " VALUES (1, 'Kraków', 'krakow', 1, now(), now())"
            )
        yield database


@pytest.fixture(scope="module")
def fill(loose: Database) -> Iterator[Callable[..., None]]:
    """Replaces all jobs and venues; their ids count from 1."""
    with loose.connect(autocommit=True) as conn:

        def filling(jobs: list[dict[str, Any]], venues: list[dict[str, Any]]) -> None:
            with conn.transaction():
                conn.execute("DELETE FROM oban_jobs")
                conn.execute("DELETE FROM venues")
                for number, job in enumerate(jobs, 1):
                    insert_job(conn, number, job)
                for number, venue in enumerate(venues, 1):
                    insert_venue(conn, number, venue)

        yield filling


@given(jobs=JOBS, venues=VENUES, data=st.data())
@settings(SETTINGS, max_examples=12)
def test_every_row_is_listed_and_shown(
    loose: Database, fill: Callable[..., None], jobs: Any, venues: Any, data: st.DataObject
) -> None:
    fill(jobs, venues)
    for check in CHECKS:
        check(on(loose), jobs, venues, data)


@pytest.mark.slow
@pytest.mark.parametrize("part", ["first half", "second half"])
@pytest.mark.parametrize(
    "number", range(5), ids=["listings", "exports", "figures", "doctor", "retries"]
)
@given(jobs=JOBS, venues=VENUES, data=st.data())
@settings(SETTINGS, max_examples=150)
def test_every_row_of_many_is_listed_and_shown(
    number: int,
    part: str,
    loose: Database,
    fill: Callable[..., None],
    jobs: Any,
    venues: Any,
    data: st.DataObject,
) -> None:
    """Each subject by itself, in halves: all together would take longer than a test may."""
    fill(jobs, venues)
    CHECKS[number](on(loose), jobs, venues, data)


def every_listing(program: Program, jobs: Any, venues: Any, data: st.DataObject) -> None:
    """Lists and documents hold every row."""
    job_ids = [str(number) for number in range(len(jobs), 0, -1)]
    draw = data.draw(st.sampled_from(FORMATS))
    check_list(program, ("list", "-k", "all", "-n", "0"), job_ids, "id", draw)
    check_list(program, ("venues", "-n", "0"), slugs_of(venues), "slug", draw)
    check_document(program, "job", data.draw(st.sampled_from(job_ids)))
    number = data.draw(st.integers(1, len(venues)))
    shown = check_document(program, "venue", f"venue-{number}")
    images = venues[number - 1]["venue_images"]
    expected = len(images) if isinstance(images, list) else 0
    assert len(shown["images"]) == shown["images_total"] == expected
    city = check_document(program, "city", "krakow")
    assert sum(row["venues"] for row in city["venues_by_outcome"]) == len(venues)


def every_export(program: Program, _: Any, venues: Any, __: st.DataObject) -> None:
    """Exports hold what the listings do."""
    check_exports(program, slugs_of(venues))


def every_figure(program: Program, _: Any, venues: Any, __: st.DataObject) -> None:
    """The figures count every venue and every failed image once."""
    figures = check_figures(program)
    assert sum(row["venues"] for row in figures["venues"]) == len(venues)
    assert figures["images"]["failed"] == figures["failed"]["images"]


def every_check(program: Program, *_: Any) -> None:
    """Doctor makes every check."""
    check_doctor(program)


def every_retry(program: Program, jobs: Any, venues: Any, data: st.DataObject) -> None:
    """Plans, explanations and the journal take rows of any shape."""
    check_plans(program, venues, data.draw(st.sampled_from(FORMATS)))
    check_explanations(program, len(jobs), venues)
    check_reconciling(program)


CHECKS = (every_listing, every_export, every_figure, every_check, every_retry)


@pytest.mark.parametrize(
    "value",
    [
        Spelled("1e400"),
        Spelled("-1e400"),
        Spelled("123456789012345678901234567890"),
        [[[[[[[[[[[[]]]]]]]]]]]],
        {"": {"": ""}},
        "x" * 10_000,
        ["x"] * 2_000,
    ],
    ids=lambda value: to_json(value)[:20],
)
def test_extremes(loose: Database, fill: Callable[..., None], value: Any) -> None:
    """The same odd value everywhere that a value can stand."""
    counts = ("images_uploaded", "images_failed", "images_found", "total_venues", "enriched")
    meta = dict.fromkeys((*counts, "status", "total_cost_usd", "providers", "jobs_spawned"), value)
    job = {"state": "completed", "args": {"venue_id": value, "city_id": value}, "errors": [value]}
    image = dict.fromkeys(("url", "provider", "width", "quality_score", "retry_count"), value)
    failed = {**image, "upload_status": "failed", "error_details": {"status_code": value}}
    venue = {
        "venue_images": [image, failed, value],
        "image_enrichment_metadata": {"enrichment_history": [value, {"cost_usd": value}]},
        "provider_ids": value,
    }
    jobs = [{**job, "worker": name, "meta": meta} for name in (*NAMES.backfill, *NAMES.enrichment)]
    fill([*jobs, {**jobs[0], "meta": value, "args": value}], [venue])
    program = on(loose)
    check_list(program, ("list", "-k", "all", "-n", "0"), ["3", "2", "1"], "id")
    check_list(program, ("venues",), ["venue-1"], "slug")
    for reference in ("1", "2", "3"):
        check_document(program, "job", reference)
    assert len(check_document(program, "venue", "venue-1")["images"]) == 3
    assert check_figures(program)["failed"]["images"] == 1
    check_doctor(program)


def test_moments_beyond_the_calendar(loose: Database, fill: Callable[..., None]) -> None:
    """PostgreSQL's infinity, and years that Python has not."""
    job = {"worker": NAMES.enrichment[0], "state": "completed", "args": {}, "errors": []}
    fill([{**job, "meta": {}}] * 3, [])
    with loose.connect(autocommit=True) as conn:
        for number, moment in enumerate(("infinity", "-infinity", "20000-01-01"), 1):
            conn.execute(
                "UPDATE oban_jobs SET completed_at = %s, attempted_at = %s WHERE id = %s",
                [moment, moment, number],
            )
    check_list(on(loose), ("list", "-k", "all", "-n", "0"), ["3", "2", "1"], "id")
    check_list(on(loose), ("list", "-n", "0", "--order", "activity"), ["1", "3", "2"], "id")
    check_figures(on(loose))
    for reference in ("1", "2", "3"):
        check_document(on(loose), "job", reference)
    check_doctor(on(loose))
