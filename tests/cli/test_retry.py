"""`retry` and `sweep` from the command line to the rows, on real servers."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from tests.cli.program import Program, Result
from tests.cli.retrying import cleared, in_world, statuses
from tests.databases import Database
from tests.enqueueing import jobs
from tests.retrying import World, world

from venue_ops.demo.web import Answer


@pytest.fixture
def here(sample_database: Database, tmp_path: Path) -> Iterator[World]:
    cleared(sample_database)
    with world(sample_database, tmp_path) as made:
        yield made


@pytest.fixture
def program(here: World, tmp_path: Path) -> Program:
    return in_world(here, tmp_path)


@pytest.fixture
def retried(program: Program) -> Callable[..., Result]:
    return lambda *argv, **options: program("retry", *argv, **options)


def test_a_venue(here: World, program: Program) -> None:
    venue = here.venue(here.image("/a.jpg"), here.image("/b.jpg"), slug="noce")
    done = program("retry", "venue", "noce", "-o", "json")
    assert done.code == 0
    assert [row["result"] for row in done.data] == ["uploaded", "uploaded"]
    assert statuses(here, venue) == ["uploaded", "uploaded"]
    assert "Retrying 2 images of 1 venue" in done.err
    again = program("retry", "venue", "noce")
    assert (again.code, again.out, again.err) == (0, "", "Nothing to retry.\n")
    empty = program("retry", "venue", "noce", "-o", "json")
    assert (empty.code, empty.data) == (0, [])
    assert program("sweep", "-o", "csv").lines == [
        "id,venue_id,venue,provider,result,error_type,status_code,message,url,path,job_id,at"
    ]


def test_a_dry_run_says_what_and_why_and_changes_nothing(here: World, program: Program) -> None:
    gone = here.image("/gone.jpg", error_details={"error_type": "not_found"})
    unknown = here.image(
        "/none.jpg", provider="unsplash", error_details={"error_type": "not_found"}
    )
    venue = here.venue(here.image("/a.jpg"), gone, unknown, slug="noce")
    planned = program("retry", "venue", "noce", "--dry-run", "-o", "json")
    assert [(row["taken"], row["reason"], row["remedy"]) for row in planned.data] == [
        (True, None, "retry"),
        (False, "permanent_error", "fetch_again"),
        (False, "permanent_error", "geocode"),
    ]
    assert "Nothing was changed." in planned.err
    assert planned.err.splitlines()[1:] == [
        "Left out, 2 images:",
        f"  {planned.data[1]['id']}  not_found: permanent error (--force)",
        "    What helps: an enrichment that finds the photos anew, as their address is dead.",
        f"  {planned.data[2]['id']}  not_found: permanent error (--force)",
        "    What helps: a geocoding, as the provider does not know the venue; then an enrichment.",
    ]
    assert statuses(here, venue) == ["failed"] * 3
    assert here.provider_web.requests == []
    ids = program("retry", "venue", "noce", "--dry-run", "-o", "ids").lines
    assert ids == [planned.data[0]["id"]]


def test_single_images_by_id_and_by_place(here: World, program: Program) -> None:
    venue = here.venue(*(here.image(f"/{n}.jpg") for n in range(3)), slug="noce")
    first = program("retry", "venue", "noce", "--dry-run", "-o", "ids").lines[0]
    assert program("show", "venue", "noce").code == 0
    done = program("retry", "image", first, "noce/#3", "-o", "json")
    assert [row["result"] for row in done.data] == ["uploaded", "uploaded"]
    assert statuses(here, venue) == ["uploaded", "failed", "uploaded"]


@pytest.mark.parametrize("options", [(), ("--enqueue",)], ids=["inline", "enqueued"])
def test_an_image_that_is_named_in_two_ways_is_one_image(
    here: World, program: Program, options: tuple[str, ...]
) -> None:
    venue = here.venue(here.image("/a.jpg"), slug="noce")
    assert program("show", "venue", "noce").code == 0
    (first,) = program("retry", "venue", "noce", "--dry-run", "-o", "ids").lines
    named = (first, first.replace("noce", str(venue)), "noce/#1")
    done = program("retry", "image", *named, *options, "-o", "json")
    assert [row["id"] for row in done.data] == [first]
    if options:
        assert [job["args"].get("image_indexes") for job in jobs(here.database)] == [[0]]
    else:
        assert len(here.provider_web.requests) == 1


def test_a_place_that_means_another_image_by_now_is_refused(here: World, program: Program) -> None:
    venue = here.venue(here.image("/a.jpg"), here.image("/b.jpg"), slug="noce")
    assert program("show", "venue", "noce").code == 0
    with here.database.connect(autocommit=True) as conn:
        conn.execute(
            "UPDATE venues SET venue_images = jsonb_build_array(venue_images->1, venue_images->0)"
            " WHERE id = %s",
            [venue],
        )
    refused = program("retry", "image", "noce/#1")
    assert refused.code == 2
    assert "#1 of noce is another image by now" in refused.err
    assert here.provider_web.requests == []


def test_a_city_asks_and_nobody_is_there(here: World, program: Program) -> None:
    here.venue(here.image("/a.jpg"))
    with here.database.connect() as conn:
        row = conn.execute("SELECT slug FROM cities ORDER BY id LIMIT 1").fetchone()
        assert row
    city = row[0] if row[0] != "london" else "london,gb"
    refused = program("retry", "city", city)
    assert (refused.code, refused.out) == (2, "")
    assert "Nobody is there to confirm a retry of 1 image of 1 venue" in refused.err
    assert "Add --yes" in refused.err
    assert program("retry", "city", city, "--yes").code == 0


def test_a_sweep_repairs_what_passes_and_a_second_finds_nothing(
    here: World, program: Program
) -> None:
    """The aim of all this: every transient image once, and nothing else touched."""
    gone = here.image("/gone.jpg", error_details={"error_type": "not_found"})
    kept = {"provider": "here", "url": "https://h.test/1", "upload_status": "uploaded"}
    venues = [here.venue(kept, here.image(f"/{n}.jpg"), gone, "odd") for n in range(5)]
    done = program("sweep", "-o", "ndjson")
    assert done.code == 0
    assert len(done.lines) == 5
    assert {json.loads(line)["result"] for line in done.lines} == {"uploaded"}
    for venue in venues:
        images = here.images(venue)
        assert images[0] == kept
        assert images[1]["upload_status"] == "uploaded"
        assert images[2:] == [gone, "odd"]
    assert program("sweep").err.splitlines() == [
        "Nothing to retry.",
        "Left out, 5 images:",
        "  5  permanent error (--force)",
    ]
    assert len(here.provider_web.requests) == 5


def test_exit_5_when_something_still_fails(here: World, program: Program) -> None:
    here.provider.scripts["/b.jpg"] = [Answer(404)]
    here.venue(here.image("/a.jpg"), here.image("/b.jpg"), slug="noce")
    done = program("retry", "venue", "noce", "-o", "json")
    assert done.code == 5
    assert sorted(row["result"] for row in done.data) == ["permanently_failed", "uploaded"]


def test_exit_7_when_a_budget_is_used_up(here: World, program: Program) -> None:
    for n in range(4):
        here.venue(here.image(f"/{n}.jpg"))
    done = program("sweep", "--max-images", 2, "--concurrency", 1)
    assert done.code == 7
    assert "\nStopped by --max-images; the next run goes on from here.\n" in done.err
    assert len(here.store.objects) == 2


def test_few_that_are_left_out_are_named_and_many_counted(here: World, program: Program) -> None:
    def venue(count: int, slug: str) -> None:
        here.venue(
            here.image("/a.jpg"),
            *(
                here.image(f"/{n}.jpg", error_details={"error_type": "forbidden"})
                for n in range(count)
            ),
            slug=slug,
        )

    venue(5, "few")
    venue(6, "many")
    few = program("retry", "venue", "few").err.splitlines()
    assert few[1:3] == ["1 uploaded; 1 request.", "Left out, 5 images:"]
    assert few[3:13:2] == [line for line in few if "  forbidden: permanent error (--force)" in line]
    assert set(few[4:13:2]) == {
        "    What helps: a valid key in the application, unless the photo is not for it."
    }
    many = program("retry", "venue", "many").err.splitlines()
    assert many[2:4] == ["Left out, 6 images:", "  6  permanent error (--force)"]


def test_a_provider_that_refuses_the_key_is_named(here: World, program: Program) -> None:
    here.provider.scripts["/a.jpg"] = [Answer(401)]
    venue = here.venue(here.image("/a.jpg"), slug="noce")
    done = program("retry", "venue", "noce")
    assert done.code == 5
    assert "warning: foursquare refused the key and gave no photo" in done.err
    assert statuses(here, venue) == ["failed"]
    (image,) = here.images(venue)
    assert "retry_count" not in image


def test_exit_4_when_no_store_is_set(here: World, program: Program) -> None:
    here.venue(here.image("/a.jpg"), slug="noce")
    bare = replace(program, env={**program.env, "IMAGEKIT_PRIVATE_KEY": ""})
    refused = bare("retry", "venue", "noce")
    assert refused.code == 4
    assert refused.err.startswith("error: No store is set for the photos.\nhint: Set IMAGEKIT_")
    assert bare("retry", "venue", "noce", "--dry-run").code == 0


def test_exit_4_when_the_store_refuses_the_key(here: World, program: Program) -> None:
    venue = here.venue(here.image("/a.jpg"), slug="noce")
    wrong = replace(program, env={**program.env, "IMAGEKIT_PRIVATE_KEY": "private_wrong_key"})
    refused = wrong("retry", "venue", "noce")
    assert refused.code == 4
    assert "ImageKit refused the private key (HTTP 401)." in refused.err
    assert "private_wrong_key" not in refused.err + refused.out
    (run,) = program("runs", "list", "-o", "json").data
    assert run["stopped"] == "own_fault"
    assert statuses(here, venue) == ["failed"]


def test_names_from_stdin(here: World, program: Program) -> None:
    here.venue(here.image("/a.jpg"), slug="noce")
    here.venue(here.image("/b.jpg"), slug="mleko")
    done = program.process("retry", "venue", "-", "-o", "json", input="noce\n\nmleko\nnoce\n")
    assert done.returncode == 0
    assert len(json.loads(done.stdout)["data"]) == 2


def test_a_receipt_tells_every_image_before_and_after(here: World, program: Program) -> None:
    here.provider.scripts["/b.jpg"] = [Answer(404)]
    here.venue(here.image("/a.jpg"), here.image("/b.jpg"), slug="noce")
    program("retry", "venue", "noce", "--reason", "after the outage")
    (run,) = program("runs", "list", "-o", "json").data
    assert (run["what"], run["reason"], run["planned"]) == ("venue noce", "after the outage", 2)
    shown = program("runs", "show", run["id"][:12], "-o", "json").data
    failed = next(i["image"] for i in shown["images"] if i["result"] != "uploaded")
    assert shown["next"] == f"venue-ops explain image {failed}"
    assert sorted((i["before"], i["result"]) for i in shown["images"]) == [
        ("failed", "permanently_failed"),
        ("failed", "uploaded"),
    ]
    assert program("runs", "show", "nothing").code == 3


def test_what_the_application_overwrites_is_reconciled(here: World, program: Program) -> None:
    venue = here.venue(here.image("/a.jpg"), slug="noce")
    stale = here.images(venue)
    program("retry", "venue", "noce")
    uploads = len(here.store.uploads)
    with here.database.connect(autocommit=True) as conn:
        conn.execute(
            "UPDATE venues SET venue_images = %s WHERE id = %s", [json.dumps(stale), venue]
        )
    found = program("reconcile", "--dry-run", "-o", "json")
    assert "Nothing was changed; `venue-ops reconcile` writes it again.\n" in found.err
    assert (found.code, [row["found"] for row in found.data]) == (5, ["overwritten"])
    repaired = program("reconcile", "-o", "json")
    assert (repaired.code, [row["found"] for row in repaired.data]) == (0, ["repaired"])
    assert statuses(here, venue) == ["uploaded"]
    assert len(here.store.uploads) == uploads
    assert program("reconcile").err.startswith("1 fine in ")


@pytest.mark.parametrize(
    ("argv", "said"),
    [
        (("sweep", "--class", "permanent"), "only tried by --force"),
        (("sweep", "--class", "transitory"), "Did you mean transient?"),
        (("sweep", "--max-cost", "much"), "--max-cost is no amount of dollars"),
        (("sweep", "--max-duration", "soon"), '"soon" is not a duration'),
        (("sweep", "--max-images", "0"), "--max-images cannot be less than 1"),
        (("retry", "image", "noce"), '"noce" names no image.'),
        (("retry", "venue"), "Missing argument"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_what_cannot_be_meant(program: Program, argv: tuple[str, ...], said: str) -> None:
    refused = program(*argv)
    assert (refused.code, refused.out) == (2, "")
    assert said in refused.err


def test_what_is_not_there(here: World, program: Program) -> None:
    here.venue(here.image("/a.jpg"), slug="noce")
    for argv in (("venue", "nowhere"), ("venue", 999_999), ("image", "noce/#9"), ("city", "x")):
        assert program("retry", *argv).code == 3, argv
