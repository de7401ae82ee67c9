"""The output is what the schemas say, to the key; and the schemas say what it is."""

from __future__ import annotations

import json
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from tests.cli import schemas
from tests.cli.program import LISTS, Program, on
from tests.databases import NOW, Database
from tools import json_reference

from venue_ops.core.enums import GroupBy
from venue_ops.output.models import Column
from venue_ops.views import (
    city,
    doctor,
    figures,
    groups,
    images,
    job,
    operations,
    reconciling,
    retrying,
    runs,
    venue,
    venues,
)

SCHEMAS = sorted(schemas.shipped())


@pytest.fixture
def generated(generated_database: Database) -> Program:
    """The program on generated data with poisonous rows."""
    return on(generated_database)


def properties(name: str, part: str | None = None) -> dict[str, Any]:
    schema = schemas.shipped()[name]
    found: dict[str, Any] = (schema["$defs"][part] if part else schema)["properties"]
    return found


def every_object(schema: Any) -> list[dict[str, Any]]:
    """All descriptions of objects with known keys, at any depth."""
    if isinstance(schema, list):
        return [found for item in schema for found in every_object(item)]
    if not isinstance(schema, dict):
        return []
    own = [schema] if "properties" in schema else []
    return own + [found for item in schema.values() for found in every_object(item)]


@pytest.mark.parametrize("name", SCHEMAS)
def test_a_schema_is_exact(name: str) -> None:
    """Every key is required and described, and no other may stand there."""
    schema = schemas.shipped()[name]
    Draft202012Validator.check_schema(schema)
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert schema["$id"] == f"urn:venue-ops:{name}"
    for found in every_object(schema):
        assert found["title"]
        assert found["description"].endswith(".")
        assert found["additionalProperties"] is False
        assert found["required"] == list(found["properties"])
        for key, value in found["properties"].items():
            assert key == key.lower()
            assert "description" in value or "$ref" in value


@pytest.mark.parametrize(
    ("columns", "name", "part"),
    [
        (operations.COLUMNS, "operation", None),
        (venues.COLUMNS, "venue-summary", None),
        (images.columns(NOW), "image", None),
        (images.FAILED_COLUMNS, "job", "failed_image"),
        (job.ATTEMPTS, "job", "attempt_error"),
        (job.ANSWERS, "job", "provider_answer"),
        (venue.HISTORY, "venue", "enrichment"),
        (city.VENUES, "city", "venue_total"),
        (city.JOBS, "city", "job_total"),
        (city.ERRORS, "city", "error_total"),
        (figures.failure_columns(1, 1), "figures", "failure"),
        (figures.ANSWERS, "figures", "answer"),
        (figures.venue_columns(()), "figures", "venue"),
        (figures.job_columns(()), "figures", "jobs"),
        (groups.columns(GroupBy.CITY, (), 0), "figure-group", None),
        (doctor.COLUMNS, "finding", None),
        (doctor.CHECKS, "check", None),
        (retrying.PLAN, "planned-image", None),
        (retrying.OUTCOMES, "outcome", None),
        (runs.RUNS, "run-summary", None),
        (runs.IMAGES, "run", "run_image"),
        (reconciling.COLUMNS, "reconciled", None),
    ],
)
def test_keys_are_the_columns(columns: tuple[Column[Any], ...], name: str, part: str) -> None:
    assert {column.name for column in columns} == set(properties(name, part))


@pytest.mark.parametrize("argv", LISTS, ids=lambda argv: argv[0])
def test_a_list_of_the_sample(program: Program, argv: tuple[str, ...]) -> None:
    whole = json.loads(program(*argv, "-o", "json").out)
    schemas.assert_list(whole, argv[0])
    rows = [json.loads(line) for line in program(*argv, "-o", "ndjson").lines]
    assert rows == whole["data"]
    for row in rows:
        schemas.assert_row(row, argv[0])


def test_every_job_venue_and_city_of_the_sample(program: Program) -> None:
    shown = {
        "job": program("list", "-k", "all", "-n", 0, "-o", "ids").lines,
        "venue": program("venues", "-n", 0, "-o", "ids").lines,
        "city": ["krakow", "warszawa", "london,gb", "london,ca"],
    }
    assert (len(shown["job"]), len(shown["venue"])) == (56, 20)
    for what, references in shown.items():
        for reference in references:
            printed = program("show", what, reference, "-o", "json").out
            schemas.assert_document(json.loads(printed), what)
    line = json.loads(program("show", "job", 146, "-o", "ndjson").out)
    schemas.assert_valid(line, "job", "#/$defs/data")


@pytest.mark.parametrize("by", GroupBy)
@pytest.mark.parametrize("count", [[], ["--count"]], ids=["quick", "count"])
def test_figures_of_the_sample(program: Program, by: GroupBy, count: list[str]) -> None:
    schemas.assert_document(json.loads(program("stats", *count, "-o", "json").out), "figures")
    whole = json.loads(program("stats", "--by", by, *count, "-o", "json").out)
    schemas.assert_list(whole, "stats")
    rows = program("stats", "--by", by, *count, "-o", "ndjson").lines
    assert [json.loads(line) for line in rows] == whole["data"] != []


@pytest.mark.parametrize("by", GroupBy)
def test_figures_of_poisonous_rows(generated: Program, by: GroupBy) -> None:
    shown = generated("stats", "--count", "-o", "json")
    assert shown.code == 0, shown.err
    schemas.assert_document(json.loads(shown.out), "figures")
    listed = generated("stats", "--by", by, "--count", "-n", 0, "-o", "json")
    schemas.assert_list(json.loads(listed.out), "stats")


@pytest.mark.parametrize("argv", LISTS, ids=lambda argv: argv[0])
def test_a_list_of_poisonous_rows(generated: Program, argv: tuple[str, ...]) -> None:
    rows = [json.loads(line) for line in generated(*argv, "-o", "ndjson").lines]
    count = generated(*argv, "--count", "-n", "1", "-o", "json").page["total"]
    assert len(rows) == count == {"list": 10_000, "venues": 3_000}.get(argv[0], count)
    # Each check takes milliseconds: all awkward shapes recur among some hundred rows.
    for row in rows[:: 1 + len(rows) // 300]:
        schemas.assert_row(row, argv[0])
    schemas.assert_list(json.loads(generated(argv[0], "-o", "json").out), argv[0])


def test_poisonous_jobs_venues_and_cities(generated: Program) -> None:
    jobs = generated("list", "-k", "all", "-n", 0, "-o", "ids").lines[::600]
    malformed = generated("venues", "-s", "malformed", "-n", 10, "-o", "ids").lines
    partial = generated("partials", "-n", 5, "-o", "ids").lines
    assert jobs
    assert malformed
    assert partial
    shown = {"job": jobs, "venue": malformed + partial, "city": ["1", "2"]}
    for what, references in shown.items():
        for reference in references:
            printed = generated("show", what, reference, "-o", "json")
            assert printed.code == 0, printed.err
            schemas.assert_document(json.loads(printed.out), what)


def test_findings_and_checks(program: Program, generated: Program) -> None:
    for each in (program, generated):
        whole = json.loads(each("doctor", "-o", "json").out)
        schemas.assert_valid(whole, "findings")
        assert [json.loads(line) for line in each("doctor", "-o", "ndjson").lines] == whole["data"]
    schemas.assert_valid(json.loads(program("doctor", "--list", "-o", "json").out), "checks")


@pytest.mark.parametrize(
    "argv",
    [
        ["list", "--status", "bogus"],
        ["list", "--nonsense"],
        ["show", "city", "london"],
        ["show", "job", "9999"],
        ["list", "--oban-schema", "nowhere"],
        ["list", "--database-url", "postgresql://nobody@127.0.0.1:1/none"],
        ["list", "--config", "missing.toml"],
        ["show", "job", "146", "-o", "json", "--columns", "nonsense"],
        ["show", "city", "krakow,warszawa"],
        ["doctor", "--check", "nonsense"],
    ],
    ids=" ".join,
)
def test_an_error(program: Program, argv: list[str]) -> None:
    failed = program("-o", "json", *argv)
    assert failed.out == ""
    schemas.assert_valid(json.loads(failed.err), "error")
    assert failed.error["exit_code"] == failed.code


def test_the_documentation_is_what_the_schemas_say() -> None:
    assert json_reference.PAGE.read_text("utf-8") == json_reference.page()
    assert set(json_reference.ORDER) == set(SCHEMAS)
