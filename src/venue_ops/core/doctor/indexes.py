"""The indexes that statements rely on, and the one that could be added."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from venue_ops.core.doctor import checks
from venue_ops.core.doctor.facts import OBAN_JOBS, Index, Relation, Relations
from venue_ops.core.doctor.findings import (
    Detail,
    Finding,
    counted,
    passed,
    quoted_name,
    quoted_text,
    warned,
)


@dataclass(frozen=True, slots=True)
class Needed:
    """An index that begins with these columns, over all rows."""

    table: str
    method: str
    columns: tuple[str, ...]
    purpose: str

    def is_met_by(self, index: Index) -> bool:
        """Whether the index serves the purpose."""
        return (
            index.table == self.table
            and index.method == self.method
            and not index.is_partial
            and index.columns[: len(self.columns)] == self.columns
        )


NEEDED: Final = (
    Needed(OBAN_JOBS, "btree", ("id",), "every list of jobs"),
    Needed(
        OBAN_JOBS,
        "btree",
        ("state", "queue", "priority", "scheduled_at", "id"),
        "Oban itself, filters by state, and backfills of a city",
    ),
    Needed(OBAN_JOBS, "gin", ("args",), "the jobs of a venue or a small city"),
    Needed(OBAN_JOBS, "gin", ("meta",), "Oban itself"),
    Needed("venues", "btree", ("id",), "every list of venues"),
    Needed("venues", "btree", ("slug",), "a venue by its slug"),
    Needed("venues", "btree", ("city_id", "id"), "the venues of a city"),
    Needed("venues", "gin", ("venue_images",), "partial and failed venues"),
    Needed("cities", "btree", ("id",), "a job's city"),
)

WORTHWHILE: Final = 50_000
"""Jobs of the named workers from which on the optional index is worth a word."""
_BYTES_A_ROW: Final = 21
"""Measured: 12 MiB for 600,000 of 3,000,000 jobs."""
_MIB: Final = 1024 * 1024


def indexes(found: Sequence[Index], relations: Relations) -> Finding:
    """Each index a statement relies on is there and valid."""
    there = {table.name: table for table in relations.all_ours()}
    missing, broken = [], [index for index in found if not index.is_valid]
    for needed in NEEDED:
        if needed.table in there and not any(
            needed.is_met_by(index) and index.is_valid for index in found
        ):
            missing.append(needed)
    if not missing and not broken:
        needed_here = sum(needed.table in there for needed in NEEDED)
        return passed(checks.INDEXES, f"All {needed_here} are there and valid.")
    details = [
        *(
            Detail(
                f"{each.table} ({', '.join(each.columns)})",
                f"no valid {each.method} index; for {each.purpose}",
            )
            for each in missing
        ),
        *(Detail(index.name, f"of {index.table} is not valid") for index in broken),
    ]
    said = [f"{counted(len(missing), 'index', 'indexes')} missing"] * bool(missing)
    said += [f"{len(broken)} not valid"] * bool(broken)
    return warned(
        checks.INDEXES,
        f"{' and '.join(said).capitalize()}: what needs them is slow.",
        details,
        remedy="Have the owner of the tables run the statements, when the database is quiet.",
        sql="; ".join(_repairs(missing, broken, there)),
    )


def _repairs(
    missing: Iterable[Needed], broken: Iterable[Index], there: dict[str, Relation]
) -> Iterable[str]:
    mended = []
    for index in broken:
        schema = there[index.table].schema
        yield f"REINDEX INDEX CONCURRENTLY {quoted_name(schema, index.name)}"
        mended.append(index)
    for needed in missing:
        if any(needed.is_met_by(index) for index in mended):
            continue
        table = quoted_name(there[needed.table].schema, needed.table)
        columns = ", ".join(needed.columns)
        yield f"CREATE INDEX CONCURRENTLY ON {table} USING {needed.method} ({columns})"


def worker_index(
    found: Sequence[Index], relations: Relations, workers: Sequence[str], jobs: int
) -> Finding:
    """An index of the image jobs alone, with its price: a suggestion and never a fault.

    `jobs` is how many the named workers have.
    """
    if any(_is_of_workers(index) for index in found):
        return passed(checks.WORKER_INDEX, "The optional index over the image jobs is there.")
    if jobs < WORTHWHILE:
        return passed(
            checks.WORKER_INDEX, f"Not worth it with {counted(jobs, 'image job')}: nothing to do."
        )
    size = max(1, round(jobs * _BYTES_A_ROW / _MIB))
    names = ", ".join(quoted_text(name) for name in workers)
    return passed(
        checks.WORKER_INDEX,
        f"Optional: an index of about {size} MiB would make the application's own page 4 to 6"
        " times as fast. venue-ops does not need it, and every insert would pay for it.",
        sql=(
            f"CREATE INDEX CONCURRENTLY ON {quoted_name(relations.oban_schema, OBAN_JOBS)} (id)"
            f" WHERE worker IN ({names})"
        ),
    )


def _is_of_workers(index: Index) -> bool:
    return (
        index.table == OBAN_JOBS
        and index.is_valid
        and index.columns[:1] == ("id",)
        and index.is_partial
        and "worker" in index.mentions
    )
