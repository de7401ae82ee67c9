"""Write docs/reference/columns.md from the views, the exports and the JSON schemas.

Which columns there are and where each is shown is taken from `venue_ops.views`, what a column
means from the description of the equal JSON field. `--check` writes nothing and fails when the
page is not what they would say.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.resources import files
from typing import Any

from tools.generated import ROOT, write_or_check

from venue_ops.core.enums import Exported, GroupBy
from venue_ops.core.exports.columns import COLUMNS
from venue_ops.output.models import Column
from venue_ops.views import (
    doctor,
    figures,
    groups,
    images,
    operations,
    reconciling,
    rerunning,
    retrying,
    runs,
    venues,
)

NOW = datetime.now(UTC)  # the columns want one; the page does not show it
PAGE = ROOT / "docs" / "reference" / "columns.md"
TITLE = """\
% Written by `python -m tools.columns_reference`; do not edit.

# Columns

What stands in the columns of a listing, and in which formats. The names are those that
`--columns` takes, the header line of CSV and TSV, and the keys of the JSON
objects. *Everywhere* is a column of the plain table; *wide* is shown by `-o wide` as well; *data*
only by `json`, `ndjson`, `csv` and `tsv`. `--columns` brings any column of a list into any format.

A terminal that is too narrow for a table gets fewer columns and cut texts; a note on stderr
names the columns left out. A pipe always gets full texts. Where a table does not show the exact
value, its own form stands in brackets. Null is an empty field in CSV and TSV; lists and objects
are compact JSON there."""


@dataclass(frozen=True, slots=True)
class Listing:
    heading: str
    about: str
    columns: Sequence[Column[Any]]
    schema: str
    cells: dict[str, str]


LISTINGS = (
    Listing(
        "list",
        "One row a job. `-o ids` prints `id`.",
        operations.COLUMNS,
        "operation",
        {
            "venue": "of a backfill or batch how far it came, as `3 of 4 jobs`",
            "images_uploaded": "`4/6`: uploaded of found",
            "error": "of a backfill or batch what came of its jobs or venues",
            "attempt": "`1/3`: of `max_attempts`",
            "duration_seconds": "`3.2s`, `4m05s`",
            "cost_usd": "`$0.042`",
        },
    ),
    Listing(
        "partials and venues",
        "One row a venue. `-o ids` prints `slug`.",
        venues.COLUMNS,
        "venue-summary",
        {
            "images_uploaded": "`4/6`: uploaded and `skipped_dev`, of all",
            "images_transient": "`1 of 2`: of the failed ones",
        },
    ),
    Listing(
        "stats",
        "One row a provider, error type and class: this is what `-o csv`, `tsv` and `ids` print of "
        "the figures, and where `--columns` chooses among these. `-o ids` prints "
        "`provider/error_type`.",
        figures.failure_columns(1, 1),
        "figures#failure",
        {"share": "a bar on a terminal, beside the largest; else per cent of all"},
    ),
    Listing(
        "stats --by",
        "One row a city, provider or day. `-o ids` prints `group`. A table shows the columns of "
        "jobs and cost of days alone.",
        groups.columns(GroupBy.DAY, (), 0),
        "figure-group",
        {
            "share": "a bar on a terminal, beside the largest; else per cent of all",
            "success_rate": "per cent",
            "cost_usd": "`$0.042`",
        },
    ),
    Listing(
        "The images of show venue",
        "One row an element of `venue_images`; this is what `-o csv`, `tsv` and `ids` print of a "
        "venue, and where `--columns` chooses among these. `-o ids` prints `id`, or "
        "`slug/#place` where an element has none.",
        images.columns(NOW),
        "image",
        {
            "place": "`#3`",
            "error_type": "with the HTTP status",
            "retry": "`yes`, or `no:` and why",
            "fetched_at": "how long ago, `3d`",
        },
    ),
    Listing(
        "retry --dry-run and sweep --dry-run",
        "One row an image: what a retry would do. `-o ids` prints `id` of those that it would try.",
        retrying.PLAN,
        "planned-image",
        {"reason": "`retry`, or why not"},
    ),
    Listing(
        "retry and sweep",
        "One row an image: what became of it. `-o ids` prints `id`.",
        retrying.OUTCOMES,
        "outcome",
        {},
    ),
    Listing(
        "retry job --dry-run",
        "One row a job: what a retry would do. `-o ids` prints `id` of those that it would take.",
        rerunning.PLAN,
        "planned-job",
        {
            "venue": "of a batch or a backfill, how many",
            "reason": "`run again`, or why not",
        },
    ),
    Listing(
        "retry job",
        "One row a job that was to run again; `runs show` has these, too. `-o ids` prints `id`.",
        rerunning.JOBS,
        "rerun",
        {"reason": "in words"},
    ),
    Listing(
        "runs list",
        "One row a run. `-o ids` prints `id`.",
        runs.RUNS,
        "run-summary",
        {"seconds": "`4m05s`", "is_complete": "`complete`, `no end`, or what stopped it"},
    ),
    Listing(
        "The images of runs show",
        "One row an image; this is what `-o csv`, `tsv` and `ids` print of a run, and where "
        "`--columns` chooses among these. `-o ids` prints `image`.",
        runs.IMAGES,
        "run#run_image",
        {},
    ),
    Listing(
        "reconcile",
        "One row a photo of the journal. `-o ids` prints `image`.",
        reconciling.COLUMNS,
        "reconciled",
        {},
    ),
    Listing(
        "doctor",
        "One row a check, in every format but `table` and `wide`, which are to be read. "
        "`-o ids` prints `check`.",
        doctor.COLUMNS,
        "finding",
        {},
    ),
)


def descriptions(name: str) -> dict[str, str]:
    """The meanings of the keys of a schema, or of a part of it (`figures#failure`)."""
    name, _, part = name.partition("#")
    schema = json.loads(
        files("venue_ops").joinpath("schemas", f"{name}.schema.json").read_text("utf-8")
    )
    fields = (schema["$defs"][part] if part else schema)["properties"]
    return {key: field["description"] for key, field in fields.items()}


def row(column: Column[Any], meaning: str, cell: str | None) -> str:
    shown = "everywhere" if column.default else "wide" if column.wide else "data"
    said = meaning if cell is None else f"{meaning} ({cell})"
    return f"| `{column.name}` | {column.title} | {shown} | {said.replace('|', chr(92) + '|')} |"


def table(listing: Listing) -> str:
    meanings = descriptions(listing.schema)
    rows = [
        row(each, meanings[each.name], listing.cells.get(each.name)) for each in listing.columns
    ]
    head = "| column | header | shown | meaning |\n| --- | --- | --- | --- |"
    return f"## {listing.heading}\n\n{listing.about}\n\n{head}\n" + "\n".join(rows)


EXPORTS = """\
## Exports

What `export csv` and `export ndjson` write, in this order. A name that a list has, too, means the
same; times are UTC with six digits, those that the application keeps as text are as it wrote
them. What stands in a column marked *text* comes from outside and is cleaned on its way out.
"""

ONLY_EXPORTED = {
    "country": "The two letters of the country.",
    "venue_id": "The venue.",
    "venue": "The venue's slug.",
    "venue_name": "The venue's name.",
    "city": "The slug of the city.",
    "city_id": "The city.",
    "imagekit_path": "Where the application has put it in ImageKit.",
    "position": "The provider's own order, where it was kept.",
}


def export_table(exported: Exported, schema: str) -> str:
    meanings = {**ONLY_EXPORTED, **descriptions(schema)}
    rows = [
        f"| `{each.name}` | {each.content} | {meanings[each.name].replace('|', chr(92) + '|')} |"
        for each in COLUMNS[exported]
    ]
    head = "| column | content | meaning |\n| --- | --- | --- |"
    return f"### export csv {exported}\n\n{head}\n" + "\n".join(rows)


def page() -> str:
    exports = (
        export_table(Exported.OPERATIONS, "operation"),
        export_table(Exported.VENUES, "venue-summary"),
        export_table(Exported.IMAGES, "image"),
    )
    tables = (table(listing) for listing in LISTINGS)
    return "\n\n".join([TITLE, *tables, EXPORTS.rstrip(), *exports]) + "\n"


if __name__ == "__main__":
    write_or_check(PAGE, page, __doc__)
