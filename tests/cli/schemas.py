"""The JSON Schemas that the program ships, to hold its output to."""

from __future__ import annotations

import json
import re
from datetime import datetime
from functools import lru_cache
from importlib.resources import files
from typing import Any

from jsonschema import Draft202012Validator, FormatChecker
from referencing import Registry, Resource

ROWS = {
    **{"list": "operation", "venues": "venue-summary", "partials": "venue-summary"},
    "stats": "figure-group",
    **{"plan": "planned-image", "outcomes": "outcome"},
    **{"job-plan": "planned-job", "reruns": "rerun"},
    **{"runs": "run-summary", "reconciliations": "reconciled"},
}
"""What a line of `-o ndjson` is, by command."""
LISTS = {
    **{"list": "operations", "venues": "venues", "partials": "venues", "stats": "figure-groups"},
    **{
        name: name for name in ("plan", "outcomes", "job-plan", "reruns", "runs", "reconciliations")
    },
}
"""What `-o json` is, by command."""

_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)")
_FORMATS = FormatChecker(formats=())


@_FORMATS.checks("date-time", raises=ValueError)
def _is_moment(value: object) -> bool:
    """RFC 3339: date, time and zone, and a day that exists."""
    if not isinstance(value, str):
        return True
    return _MOMENT.fullmatch(value) is not None and bool(datetime.fromisoformat(value))


@lru_cache(maxsize=1)
def shipped() -> dict[str, dict[str, Any]]:
    """Every schema by the name of its file."""
    folder = files("venue_ops") / "schemas"
    return {
        file.name.removesuffix(".schema.json"): json.loads(file.read_text("utf-8"))
        for file in sorted(folder.iterdir(), key=lambda file: file.name)
    }


@lru_cache(maxsize=1)
def registry() -> Registry[Any]:
    """All of them, so that they can refer to each other."""
    resources: list[Resource[Any]] = [Resource.from_contents(each) for each in shipped().values()]
    return Registry[Any]().with_resources((each.id() or "", each) for each in resources)


@lru_cache
def validator(name: str, part: str = "") -> Draft202012Validator:
    """Checks a value against a schema, or against a part of it (`#/$defs/data`)."""
    schema = {"$ref": shipped()[name]["$id"] + part}
    return Draft202012Validator(schema, registry=registry(), format_checker=_FORMATS)


def assert_valid(value: Any, name: str, part: str = "") -> None:
    """Fails with what is wrong and where."""
    problems = [
        f"{problem.json_path}: {problem.message[:200]}"
        for problem in validator(name, part).iter_errors(value)
    ]
    assert not problems, "\n".join(problems[:10])


def assert_row(value: Any, command: str) -> None:
    """A line of `-o ndjson` is a row of its command."""
    assert_valid(value, ROWS[command])


def assert_list(value: Any, command: str) -> None:
    """The whole of `-o json` of a command that lists."""
    assert_valid(value, LISTS[command])


def assert_document(value: Any, what: str) -> None:
    """The whole of `show ... -o json`; `what` is job, venue or city."""
    assert_valid(value, what)
