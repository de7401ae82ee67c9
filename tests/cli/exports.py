"""What an export holds beside what the listings show of the same rows."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Iterator
from contextlib import suppress
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from tests.cli.program import Program

Row = dict[str, Any]


def ndjson(program: Program, *argv: str) -> list[Row]:
    """The rows of `export ndjson`, numbers with all their digits."""
    return [loads(line) for line in run(program, "export", "ndjson", *argv).splitlines()]


def records(program: Program, *argv: str) -> list[dict[str, str]]:
    """The rows of `export csv`, read strictly."""
    text = run(program, "export", "csv", *argv)
    return list(csv.DictReader(io.StringIO(text, newline=""), strict=True))


def run(program: Program, *argv: str) -> str:
    result = program(*argv)
    assert result.code == 0, result.err
    return result.out


def loads(text: str) -> Any:
    return json.loads(text, parse_float=Decimal, parse_int=Decimal)


def listed(program: Program, *argv: str) -> list[Row]:
    """The rows of a list as JSON."""
    found: list[Row] = loads(run(program, *argv, "-o", "json"))["data"]
    return found


def images_shown(program: Program, slugs: Iterable[str]) -> Iterator[Row]:
    """The images of these venues as `show venue` has them, with the venue's slug."""
    for slug in slugs:
        for image in loads(run(program, "show", "venue", slug, "-o", "json"))["data"]["images"]:
            yield {**image, "venue": slug}


def differences(expected: list[Row], exported: list[Row]) -> list[Any]:
    """Where rows of the same place say something else under the same name; a few are enough."""
    assert len(expected) == len(exported)
    return [
        (name, said[name], row[name])
        for said, row in zip(expected, exported, strict=True)
        for name in said.keys() & row.keys()
        if comparable(name, said[name]) != comparable(name, row[name])
    ][:5]


def comparable(name: str, value: Any) -> Any:
    """A value; what is a time as a moment, however many digits its seconds have."""
    if isinstance(value, str) and (name.endswith("_at") or name == "when"):
        with suppress(ValueError):
            parsed = datetime.fromisoformat(value)
            return parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)
    return value


def as_field(value: Any) -> str:
    """A JSON value as it stands in a CSV field, where nothing had to be made harmless."""
    match value:
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case str():
            return value
        case _:
            return str(value)
