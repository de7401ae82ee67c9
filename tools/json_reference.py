"""Write docs/reference/json.md from the JSON Schemas that the program ships.

`--check` writes nothing and fails when the page is not what the schemas say.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from importlib.resources import files
from typing import Any

from tools.generated import ROOT, write_or_check

Schema = Mapping[str, Any]

PAGE = ROOT / "docs" / "reference" / "json.md"
URN = "urn:venue-ops:"
TITLE = """\
% Written by `python -m tools.json_reference`; do not edit.

# JSON

`-o json` prints one object: `data`, and for lists `page`. `-o ndjson` prints one object a line:
the elements of `data` of a list, or `data` itself of a `show`. Every key is always there, with
null where there is nothing to say (`--columns` leaves out what it does not name). Keys may be
added in a later version; none is renamed or removed without a word in the change log.

Times are ISO 8601 with a zone: UTC, unless `--tz` says otherwise. What the application or Oban
wrote as text (“in its own words”) is passed on as it is. Numbers are exact: money is a decimal
number, never rounded. Secrets are replaced by `REDACTED`, also inside URLs.

Lists are written as their rows come. When the database goes away in the middle, the exit code
is 4 and what was printed until then is no complete JSON.

The schemas (JSON Schema, draft 2020-12) are part of the package:

```sh
python -c "from importlib.resources import files; print(files('venue_ops') / 'schemas')"
```"""
ORDER = (
    *("operations", "venues", "page", "operation", "venue-summary"),
    *("figures", "figure-groups", "figure-group"),
    *("job", "venue", "city", "one-image", "image"),
    *("plan", "planned-image", "outcomes", "outcome"),
    *("job-plan", "planned-job", "reruns", "rerun", "explanation"),
    *("runs", "run-summary", "run", "reconciliations", "reconciled"),
    *("findings", "finding", "checks", "check", "error"),
)
"""Lists and what they hold, the figures, `show`, retries, `doctor`, then errors."""
TYPES = {"integer": "whole number", "date-time": "time", "array": "list"}


def schemas() -> dict[str, Schema]:
    folder = files("venue_ops").joinpath("schemas")
    return {
        name: json.loads(folder.joinpath(f"{name}.schema.json").read_text("utf-8"))
        for name in ORDER
    }


def anchor(title: str) -> str:
    """The heading's address, as the documentation makes it."""
    return "".join(
        char for char in title.lower().replace(" ", "-") if char.isalnum() or char == "-"
    )


class Titles:
    """What a `$ref` points at, by its title."""

    def __init__(self, known: Mapping[str, Schema]) -> None:
        self._titles = {f"{URN}{name}": str(schema["title"]) for name, schema in known.items()}

    def link(self, ref: str, within: Schema) -> str:
        title = self._titles.get(ref)
        if title is None:
            title = str(within["$defs"][ref.rpartition("/")[2]]["title"])
        return f"[{title}](#{anchor(title)})"


def type_of(schema: Schema, within: Schema, titles: Titles) -> str:
    """`whole number or null`, `list of Operation`, one of some words."""
    if "$ref" in schema:
        return titles.link(schema["$ref"], within)
    names = schema.get("type", "anything")
    names = [names] if isinstance(names, str) else names
    return " or ".join(one_type(name, schema, within, titles) for name in names)


def one_type(name: str, schema: Schema, within: Schema, titles: Titles) -> str:
    if name == "null":
        return name
    if name == "array":
        return f"list of {type_of(schema['items'], within, titles)}"
    if name == "object" and "additionalProperties" in schema:
        is_text = schema["additionalProperties"]["type"] == "string"
        return "object of texts" if is_text else "object of numbers"
    if name in {"string", "integer"} and "enum" in schema:
        return ", ".join(f"`{value}`" for value in schema["enum"] if value is not None)
    return TYPES.get(str(schema.get("format", name)), name)


def table(schema: Schema, within: Schema, titles: Titles) -> str:
    rows = [
        f"| `{key}` | {type_of(field, within, titles)} | {meaning(field, within)} |"
        for key, field in schema["properties"].items()
    ]
    return "\n".join(["| key | value | meaning |", "| --- | --- | --- |", *rows])


def meaning(field: Schema, within: Schema) -> str:
    said = field.get("description")
    if said is None:
        said = within["$defs"][field["$ref"].rpartition("/")[2]]["description"]
    return str(said).replace("|", "\\|")


def section(name: str, schema: Schema, titles: Titles) -> Iterator[str]:
    """The output, then the objects that stand in it alone."""
    yield f"## {schema['title']}\n\n{schema['description']} (`{name}.schema.json`)"
    yield table(schema, schema, titles)
    for part in schema.get("$defs", {}).values():
        yield f"### {part['title']}\n\n{part['description']}"
        yield table(part, schema, titles)


def page() -> str:
    known = schemas()
    titles = Titles(known)
    parts = (part for name in ORDER for part in section(name, known[name], titles))
    return "\n\n".join([TITLE, *parts]) + "\n"


if __name__ == "__main__":
    write_or_check(PAGE, page, __doc__)
