"""Images that are malformed or overwritten: each check is made to pass, warn and fail by rows."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import psycopg
import pytest
from tests.cli.doctor import finding
from tests.cli.program import Program, on
from tests.databases import Database

from venue_ops.core.services import doctor_facts


@pytest.fixture
def images(
    empty_database: Callable[..., Database],
) -> Callable[..., Program]:
    """`images(a, b)`: the program on venues 1 and 2 with these venue_images."""
    database = empty_database(without_images_index=False)

    def make(*values: Any) -> Program:
        with database.connect(autocommit=True) as conn:
            conn.execute("DELETE FROM venues")
            for number, value in enumerate(values, 1):
                conn.execute(
                    "INSERT INTO venues (id, name, slug, venue_type, latitude, longitude,"
                    " inserted_at, updated_at, venue_images)"
                    " VALUES (%s, 'x', %s, 'region', 0, 0, now(), now(), %s)",
                    [number, f"v{number}", None if value is ... else json.dumps(value)],
                )
        return on(database)

    return make


def image(number: int = 1, **more: Any) -> dict[str, Any]:
    return {
        "provider": "here",
        "upload_status": "uploaded",
        "provider_url": f"https://p/{number}",
        "url": f"https://i/{number}",
        **more,
    }


def test_images_in_good_order(images: Callable[..., Program]) -> None:
    failed = image(3, upload_status="failed", error_details={"error_type": "not_found"})
    program = images([image(1), image(2), failed], [image(1)], [], ...)
    assert finding(program, "malformed")["level"] == "pass"
    assert finding(program, "shared-urls")["level"] == "pass"


@pytest.mark.parametrize(
    ("value", "kind"),
    [(None, "null"), ("x", "string"), ({}, "object"), (7, "number"), (True, "boolean")],
)
def test_a_column_that_is_no_array(images: Callable[..., Program], value: Any, kind: str) -> None:
    found = finding(images([image()], value), "malformed")
    assert found["level"] == "fail"
    assert [(d["subject"], d["count"], d["ids"]) for d in found["details"]] == [
        (f"is_{kind}", 1, [2])
    ]


@pytest.mark.parametrize(
    ("elements", "kind", "count"),
    [
        ([None, "x", 7, []], "not_an_object", 4),
        ([{k: v for k, v in image().items() if k != "provider"}], "no_provider", 1),
        ([{k: v for k, v in image().items() if k != "upload_status"}], "no_status", 1),
        ([{"provider": "here", "upload_status": "skipped_dev"}], "no_url", 1),
        ([image(upload_status="failed")], "no_error_details", 1),
        ([image(upload_status="permanently_failed", error_details="x")], "no_error_details", 1),
        ([image(1), image(1, url="https://i/9"), image(2)], "same_image_twice", 1),
    ],
)
def test_an_image_of_an_unusual_shape(
    images: Callable[..., Program], elements: list[Any], kind: str, count: int
) -> None:
    found = finding(images([image(5)], elements, elements), "malformed")
    assert found["level"] == "warn"
    assert [(d["subject"], d["count"], d["ids"]) for d in found["details"]] == [
        (kind, 2 * count, [2, 3])
    ]


def test_photos_that_were_overwritten(images: Callable[..., Program]) -> None:
    """Five of Google's photos of one width got one name: four of them are lost."""
    five = [image(n, url="https://i/same.jpg") for n in range(5)]
    apart = [image(1), image(2, url="https://i/1", upload_status="skipped_dev")]
    found = finding(images(apart, five, [*five[:2], image(8)]), "shared-urls")
    assert found["level"] == "warn"
    assert found["summary"].startswith("5 photos were overwritten")
    assert (found["details"][0]["count"], found["details"][0]["ids"]) == (5, [2, 3])
    assert finding(images(*[five] * 7), "shared-urls")["details"][0]["ids"] == [1, 2, 3, 4, 5]


def test_of_very_many_venues_the_newest_are_looked_at_unless_time_is_given(
    images: Callable[..., Program], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(doctor_facts, "MANY_VENUES", 2)
    monkeypatch.setattr(doctor_facts, "NEWEST_VENUES", 2)
    program = images(7, [image()], [image()])
    assert finding(program, "malformed")["level"] == "fail"  # nobody counted: it may be few
    with psycopg.connect(program.url or "", autocommit=True) as conn:
        conn.execute("ANALYZE venues")
    found = finding(program, "malformed")
    assert found["level"] == "pass"
    assert "Only the newest 2 venues were looked at" in found["summary"]
    assert "Only the newest 2 venues" in finding(program, "shared-urls")["summary"]
    assert finding(program, "malformed", "--statement-timeout", "5m")["level"] == "fail"
