"""Least privilege of the retries: the page's role can do it all, any other is refused at once."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from psycopg import sql
from tests.cli.enqueueing import by_path, consuming
from tests.cli.program import TABLES, Program, on
from tests.cli.retrying import (
    at_the_first_request,
    cleared,
    in_world,
    nothing_was_asked,
    overwrite,
    statuses,
)
from tests.cli.test_roles import Roles
from tests.databases import Database
from tests.enqueueing import jobs
from tests.retrying import World, world

from venue_ops.demo.web import Answer

COMMANDS = (
    ("retry", "image", "noce/#1"),
    ("retry", "venue", "noce"),
    ("retry", "city", "krakow", "--yes"),
    ("sweep",),
    ("reconcile",),
)
"""Everything that writes."""


@pytest.fixture
def here(sample_database: Database, tmp_path: Path) -> Iterator[World]:
    cleared(sample_database)
    with world(sample_database, tmp_path) as made:
        yield made


@pytest.fixture
def roles(here: World) -> Iterator[Roles]:
    made = Roles(here.database)
    made.run("To look")
    made.run("To retry")
    yield made
    made.run("To take it away")


@pytest.fixture
def writer(roles: Roles, here: World, tmp_path: Path) -> Program:
    return replace(in_world(here, tmp_path), url=roles.program("writer").url)


@pytest.fixture
def reader(roles: Roles, here: World, tmp_path: Path) -> Program:
    return replace(in_world(here, tmp_path), url=roles.program("reader").url)


def test_the_writer_of_the_page_can_do_it_all(here: World, writer: Program) -> None:
    """From the command to the rows, as its uploads, its failures and its repairs."""
    venues = [here.venue(here.image(f"/{n}.jpg"), slug=f"noce-{n}") for n in range(4)]
    stale = here.images(venues[1])
    assert writer("show", "venue", "noce-0").code == 0
    for number, (code, argv) in enumerate(
        (
            (0, ("retry", "image", "noce-0/#1")),
            (0, ("retry", "venue", "noce-1")),
            (7, ("sweep", "--limit", "1")),
            (0, ("retry", "city", "krakow", "--yes")),
        )
    ):
        done = writer(*argv)
        assert done.code == code, done.err
        assert [statuses(here, venue) for venue in venues].count(["uploaded"]) == number + 1
    overwrite(here, venues[1], stale)
    assert statuses(here, venues[1]) == ["failed"]
    assert writer("reconcile").code == 0
    assert statuses(here, venues[1]) == ["uploaded"]
    here.provider.scripts["/gone.jpg"] = [Answer(404)]
    gone = here.venue(here.image("/gone.jpg"))
    assert writer("sweep").code == 5
    assert statuses(here, gone) == ["permanently_failed"]


@pytest.mark.parametrize("argv", COMMANDS, ids=" ".join)
def test_who_may_only_select_is_refused_before_anything_is_asked(
    here: World, limited_role: Callable[..., Program], tmp_path: Path, argv: tuple[str, ...]
) -> None:
    venue = here.venue(here.image("/a.jpg"), slug="noce")
    limited = replace(in_world(here, tmp_path), url=limited_role(*TABLES).url)
    assert limited("show", "venue", "noce").code == 0
    refused = limited(*argv)
    assert (refused.code, refused.out) == (4, "")
    error, hint = refused.err.splitlines()
    assert "may not write what becomes of an image on " in error
    assert "`GRANT UPDATE (venue_images, updated_at) ON public.venues TO limited_" in hint
    assert nothing_was_asked(here)
    assert statuses(here, venue) == ["failed"]
    assert limited(*argv, "-o", "json").error["code"] == "database"


def test_the_grant_of_the_hint_is_all_that_is_missing(
    here: World, limited_role: Callable[..., Program], tmp_path: Path
) -> None:
    venue = here.venue(here.image("/a.jpg"), slug="noce")
    limited = replace(in_world(here, tmp_path), url=limited_role(*TABLES).url)
    grant = limited("retry", "venue", "noce").err.split("`")[1]
    with here.database.connect(autocommit=True) as conn:
        conn.execute(sql.SQL(grant))  # as an owner would paste it
    assert limited("retry", "venue", "noce").code == 0
    assert statuses(here, venue) == ["uploaded"]


ENQUEUE = ("retry", "venue", "noce", "--enqueue")


def test_who_may_not_insert_is_refused_before_anything_is_inserted(
    here: World, roles: Roles, writer: Program
) -> None:
    """With the grants of the hint, or of the page, it works; without UPDATE on venues, too."""
    here.venue(here.image("/a.jpg"), slug="noce")
    refused = writer(*ENQUEUE)
    assert (refused.code, refused.out) == (4, "")
    error, hint = refused.err.splitlines()
    assert "may not insert job rows on " in error
    assert jobs(here.database) == []
    assert writer(*ENQUEUE, "--dry-run").code == 0
    with here.database.connect(autocommit=True) as conn:
        conn.execute(
            roles.here("REVOKE UPDATE (venue_images, updated_at) ON venues FROM venue_ops_writer")
        )
        for grant in hint.split("`")[1].split("; "):
            conn.execute(sql.SQL(grant))  # as an owner would paste it
    assert writer(*ENQUEUE).code == 0
    assert len(jobs(here.database)) == 1


def test_the_page_has_all_that_enqueueing_needs(here: World, roles: Roles, writer: Program) -> None:
    here.venue(here.image("/a.jpg"), slug="noce")
    roles.run("To enqueue")
    with consuming(here, by_path({})):
        done = writer(*ENQUEUE, "--wait", "-o", "json")
    assert (done.code, [row["result"] for row in done.data]) == (0, ["uploaded"])


@pytest.mark.parametrize("right", ["INSERT (priority)", "USAGE"])
def test_one_right_is_not_enough(here: World, roles: Roles, writer: Program, right: str) -> None:
    here.venue(here.image("/a.jpg"), slug="noce")
    roles.run("To enqueue")
    of = "SEQUENCE oban_jobs_id_seq" if right == "USAGE" else "oban_jobs"
    with here.database.connect(autocommit=True) as conn:
        conn.execute(roles.here(f"REVOKE {right} ON {of} FROM venue_ops_writer"))
    refused = writer(*ENQUEUE)
    assert refused.code == 4
    assert f"GRANT {right} ON " in refused.err
    assert jobs(here.database) == []


def test_a_reader_may_not_enqueue(here: World, reader: Program) -> None:
    here.venue(here.image("/a.jpg"), slug="noce")
    refused = reader(*ENQUEUE)
    assert (refused.code, refused.out) == (4, "")
    assert "(default_transaction_read_only)" in refused.err


def test_columns_alone_are_enough_to_read_and_not_to_enqueue(
    here: World, limited_role: Callable[..., Program], tmp_path: Path
) -> None:
    """What the application would not save depends on more of the venue, and on its version."""
    here.venue(here.image("/a.jpg"), slug="noce")
    url = limited_role("oban_jobs", "cities", "countries").url
    limited = replace(in_world(here, tmp_path), url=url)
    role = str(url).partition("//")[2].partition(":")[0]
    read = "id, name, slug, address, venue_type, city_id, provider_ids, venue_images, inserted_at"
    with here.database.connect(autocommit=True) as conn:
        conn.execute(
            f"GRANT SELECT ({read}, updated_at, image_enrichment_metadata) ON venues TO {role}"
        )
    assert limited("retry", "venue", "noce", "--dry-run").code == 0
    refused = limited(*ENQUEUE, "--dry-run")
    assert (refused.code, refused.out) == (4, "")
    assert "hint: Grant SELECT on oban_jobs, venues, cities, countries to the role." in refused.err


@pytest.mark.parametrize("column", ["venue_images", "updated_at"])
def test_one_column_is_not_enough(here: World, roles: Roles, writer: Program, column: str) -> None:
    here.venue(here.image("/a.jpg"), slug="noce")
    with here.database.connect(autocommit=True) as conn:
        conn.execute(roles.here(f"REVOKE UPDATE ({column}) ON venues FROM venue_ops_writer"))
    refused = writer("retry", "venue", "noce")
    assert refused.code == 4
    assert f"GRANT UPDATE ({column}) ON public.venues TO " in refused.err
    assert nothing_was_asked(here)


def test_the_plan_and_what_looks_need_no_more_than_select(here: World, reader: Program) -> None:
    here.venue(here.image("/a.jpg"), slug="noce")
    owner = replace(reader, url=on(here.database).url)
    assert owner("show", "venue", "noce").code == 0
    for argv in COMMANDS:
        looked = reader(*argv, "--dry-run")
        assert looked.code == 0, looked.err
        assert looked == owner(*argv, "--dry-run")
    assert reader("explain", "venue", "noce").code == 0
    assert nothing_was_asked(here)


def test_a_role_that_is_read_only_by_itself(here: World, reader: Program) -> None:
    """As the page makes the reader; also where it may write otherwise."""
    here.venue(here.image("/a.jpg"), slug="noce")
    assert reader("show", "venue", "noce").code == 0
    for argv in COMMANDS:
        refused = reader(*argv)
        assert (refused.code, refused.out) == (4, "")
        error, hint = refused.err.splitlines()
        assert error.endswith("(default_transaction_read_only).")
        assert "docs/how-to/roles.md" in hint
    assert nothing_was_asked(here)


def test_a_right_that_is_taken_away_in_the_middle_of_a_run(
    here: World, roles: Roles, writer: Program
) -> None:
    """The photo is stored by then: the journal has it, and the next run uploads nothing."""
    venue = here.venue(here.image("/a.jpg"), slug="noce")

    def take() -> None:
        with here.database.connect(autocommit=True) as conn:
            conn.execute(roles.here("REVOKE UPDATE (venue_images) ON venues FROM venue_ops_writer"))

    at_the_first_request(here, take)
    failed = writer("retry", "venue", "noce", "-o", "json")
    assert failed.code == 4
    (left,) = failed.data
    assert left["result"] == "left"
    assert "the next run does" in left["message"]
    assert "Grant UPDATE (venue_images, updated_at) on venues" in failed.err
    with here.database.connect(autocommit=True) as conn:
        conn.execute(roles.here("GRANT UPDATE (venue_images) ON venues TO venue_ops_writer"))
    done = writer("retry", "venue", "noce", "-o", "json")
    assert (done.code, [row["result"] for row in done.data]) == (0, ["repaired"])
    assert statuses(here, venue) == ["uploaded"]
    assert len(here.store.uploads) == 1
