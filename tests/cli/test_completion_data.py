"""What is offered from rows of any shape, from none, in any collation, and what never is."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from psycopg import sql
from psycopg.types.json import Jsonb
from tests.cli.completion import Asking
from tests.cli.program import on
from tests.databases import Database


@pytest.mark.parametrize(
    "line", ["show city ", "show venue ", "show job ", "show job 1", "list --provider "]
)
def test_rows_of_any_shape(generated_database: Database, line: str) -> None:
    assert Asking(on(generated_database))(line)


@pytest.mark.parametrize("line", ["show city ", "show venue ", "show job ", "list --provider "])
def test_an_empty_database(empty_database: Callable[..., Database], line: str) -> None:
    assert Asking(on(empty_database()))(line) == []


@pytest.mark.parametrize(
    "collation", ["C", "en-x-icu", "cs-x-icu", "hu-x-icu", "th-x-icu", "en_US.utf8"]
)
def test_prefixes_in_any_collation(sample_database: Database, collation: str) -> None:
    """In Czech `ch` sorts behind `h`; in Hungarian `cs` is a letter; case and accents differ."""
    slugs = ["c", "ca", "cb", "ch", "cha", "cs", "csa", "cz", "c-1", "C", "č", "ç", "c\U0010ffff"]
    with sample_database.connect(autocommit=True) as conn:
        known = conn.execute("SELECT 1 FROM pg_collation WHERE collname = %s", [collation])
        if known.fetchone() is None:
            pytest.skip(f"this server has no collation {collation}")
        conn.execute(
            sql.SQL("ALTER TABLE venues ALTER COLUMN slug TYPE varchar(255) COLLATE {}").format(
                sql.Identifier(collation)
            )
        )
        conn.execute("DELETE FROM venues")
        conn.execute(
            "INSERT INTO venues (id, name, slug, city_id, latitude, longitude, inserted_at,"
            " updated_at) SELECT 1000 + n, 'v', slug, 5, 0, 0, now(), now()"
            " FROM unnest(%s::text[]) WITH ORDINALITY AS s(slug, n)",
            [[*slugs, "h", "b", "d", "z"]],
        )
    asking = Asking(on(sample_database))
    for prefix in ("c", "ch", "cs", "C", "c-"):
        expected = sorted(slug for slug in slugs if slug.startswith(prefix))
        assert sorted(asking(f"show venue {prefix}")) == expected
        assert sorted(asking(f"list --city krakow --venue {prefix}")) == expected


def test_secrets_and_what_would_drive_a_terminal(sample_database: Database) -> None:
    values = [
        "zz-new\nline",
        "zz-esc\x1b]0;title\x07",
        "zz-bidi\u202e",
        "zz-tab\there",
        "zz?key=AIzaSyc4naryGoogle0123456789abcdefghi",
        "zz-fine",
    ]
    with sample_database.connect(autocommit=True) as conn:
        for number, value in enumerate(values, 5000):
            conn.execute(
                "INSERT INTO venues (id, name, slug, city_id, latitude, longitude, inserted_at,"
                " updated_at, venue_images) VALUES (%s, %s, %s, 5, 0, 0, now(), now(), %s)",
                [number, f"\x1b[31m{value}", value, Jsonb([])],
            )
    found = Asking(on(sample_database)).described("show venue zz")
    assert found == {"zz-fine": "\\x1b[31mzz-fine"}
