"""The tables: whether they are there, as Oban and the application made them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from venue_ops.core.doctor import checks
from venue_ops.core.doctor.facts import (
    APPLICATION_TABLES,
    OBAN_JOBS,
    OPTIONAL_TABLES,
    ColumnFact,
    Relation,
    Relations,
)
from venue_ops.core.doctor.findings import (
    Detail,
    Finding,
    failed,
    listed,
    passed,
    quoted_name,
    warned,
)

ACCEPTED_TYPES: Final = {
    "bigint": ("int8", "int4"),
    "integer": ("int4", "int2", "int8"),
    "text": ("text", "varchar", "bpchar", "citext", "name"),
    "jsonb": ("jsonb",),
    "timestamp without time zone": ("timestamp",),
    "text[]": ("_text", "_varchar"),
    "jsonb[]": ("_jsonb",),
    "oban_job_state": ("oban_job_state",),
}
"""The declared type, and the types as `pg_type` names them that read the same."""

OLDEST_OBAN: Final = 11
NEWEST_OBAN: Final = 14
STATES: Final = (
    "available",
    "scheduled",
    "executing",
    "retryable",
    "completed",
    "discarded",
    "cancelled",
)
SUSPENDED: Final = "suspended"
FIRST_WITH_SUSPENDED: Final = 14


def tables(relations: Relations) -> Finding:
    """Those that every command reads; `venue_data_providers` is not read yet."""
    missing = [name for name in (OBAN_JOBS, *APPLICATION_TABLES) if relations.ours(name) is None]
    optional = [name for name in OPTIONAL_TABLES if relations.ours(name) is None]
    if not missing:
        lacks = (
            f" (there is no {listed(optional, 'or')}, which nothing reads yet)" if optional else ""
        )
        return passed(
            checks.TABLES,
            f"All {1 + len(APPLICATION_TABLES)} tables are there{lacks}.",
            (Detail(each.name, f"in schema {each.schema}") for each in relations.all_ours()),
        )
    details = [Detail(name, _where_else(relations.elsewhere(name))) for name in missing]
    return failed(
        checks.TABLES,
        f"{'A table is' if len(missing) == 1 else 'Tables are'} missing: {listed(missing)}.",
        details,
        remedy=_remedy(missing, relations),
    )


def _where_else(others: Sequence[Relation]) -> str:
    if others:
        return f"found in schema {listed([other.schema for other in others])}"
    return "in no schema of this database"


def _remedy(missing: Sequence[str], relations: Relations) -> str:
    oban = relations.elsewhere(OBAN_JOBS)
    if OBAN_JOBS in missing and oban:
        return (
            f"Oban's tables are in {listed([other.schema for other in oban])}: give"
            f" --oban-schema {oban[0].schema}, or set oban_schema in the configuration file."
        )
    moved = [name for name in missing if relations.elsewhere(name)]
    if moved:
        schema = relations.elsewhere(moved[0])[0].schema
        return (
            f"Put schema {schema} on the role's search_path (ALTER ROLE ... SET search_path),"
            " and grant USAGE on it."
        )
    return "Check that the URL names the application's database."


def columns(found: Sequence[ColumnFact]) -> Finding:
    """Each column that a statement reads."""
    missing = [column for column in found if column.found is None]
    wrong = [
        column
        for column in found
        if column.found is not None and column.found not in ACCEPTED_TYPES[column.wanted]
    ]
    if not missing and not wrong:
        return passed(checks.COLUMNS, f"All {len(found)} columns are there, of the right types.")
    details = [
        *(Detail(f"{c.table}.{c.name}", f"is missing; {c.wanted} is expected") for c in missing),
        *(Detail(f"{c.table}.{c.name}", f"is {c.found_type}, not {c.wanted}") for c in wrong),
    ]
    what = [f"{len(missing)} missing"] * bool(missing)
    what += [f"{len(wrong)} of another type"] * bool(wrong)
    return failed(
        checks.COLUMNS,
        f"Columns do not fit: {', '.join(what)}.",
        details,
        remedy=(
            "Run the application's and Oban's migrations to their end; if they are, this version"
            " of venue-ops does not know this application."
        ),
    )


def oban(
    relations: Relations, states: Sequence[str], index_columns: Sequence[tuple[str, ...]]
) -> Finding:
    """The migration in the table's comment, against the states and indexes that are there.

    `index_columns` are the columns of Oban's valid indexes.
    """
    table = relations.ours(OBAN_JOBS)
    comment = ((table and table.comment) or "").strip()
    version = int(comment) if comment.isascii() and comment.isdecimal() else None
    details = [Detail("states", ", ".join(states))]
    unknown = [state for state in states if state not in (*STATES, SUSPENDED)]
    details += [Detail(state, "a state this version shows as unknown") for state in unknown]
    absent = [state for state in STATES if state not in states]
    if absent:
        return failed(
            checks.OBAN,
            f"The enum oban_job_state lacks {listed(absent)}.",
            details,
            remedy="Run Oban's migrations to their end.",
        )
    if version is None:
        return warned(
            checks.OBAN,
            "The comment of oban_jobs does not say which migration it is.",
            details,
            remedy="Oban's migrator keeps its version there; COMMENT ON TABLE restores it.",
        )
    if version < OLDEST_OBAN:
        return warned(
            checks.OBAN,
            f"Oban's tables are at migration {version}; venue-ops knows {OLDEST_OBAN} to"
            f" {NEWEST_OBAN}.",
            details,
            remedy=f"Run Oban's migrations up to {OLDEST_OBAN} at least.",
        )
    lacking = _lacking(version, states, index_columns)
    if lacking:
        return warned(
            checks.OBAN,
            f"The comment says migration {version}, but {listed(lacking)}"
            f" {'is' if len(lacking) == 1 else 'are'} missing.",
            details,
            remedy=f"Run Oban's migration {version} again, or restore what is missing.",
        )
    early = SUSPENDED in states and version < FIRST_WITH_SUSPENDED
    notes = [", newer than this version knows"] * (version > NEWEST_OBAN)
    notes += [f", with the state {SUSPENDED} of a later one"] * early
    return passed(
        checks.OBAN,
        f"Oban's tables are at migration {version}{''.join(notes)}.",
        details,
    )


def _lacking(
    version: int, states: Sequence[str], index_columns: Sequence[tuple[str, ...]]
) -> list[str]:
    pruning = [("state", "cancelled_at"), ("state", "discarded_at")]
    lacking = [
        f"the index on ({', '.join(columns)})"
        for columns in pruning
        if version >= 13 and columns not in index_columns
    ]
    if version >= FIRST_WITH_SUSPENDED and SUSPENDED not in states:
        lacking.append(f"the state {SUSPENDED}")
    return lacking


MANY_ROWS: Final = 10_000
STALE_SHARE: Final = 0.2


def statistics(relations: Relations) -> Finding:
    """Whether the planner has counted the tables, and lately."""
    never, stale, dead = [], [], []
    for table in relations.all_ours():
        many = max(MANY_ROWS, STALE_SHARE * table.live_rows)
        if table.rows is None and table.live_rows:
            never.append(table)
        elif table.changed_rows > many:
            stale.append(table)
        if table.dead_rows > many:
            dead.append(table)
    details = [
        *(Detail(t.name, "was never analyzed") for t in never),
        *(Detail(t.name, "rows changed since ANALYZE", t.changed_rows) for t in stale),
        *(Detail(t.name, "dead rows that wait for VACUUM", t.dead_rows) for t in dead),
    ]
    if not details:
        rows = [f"{t.name} {t.rows or 0:,}" for t in relations.all_ours()]
        return passed(checks.STATISTICS, f"Up to date; rows, about: {', '.join(rows)}.")
    work = dict.fromkeys([*never, *stale, *dead])
    names = ", ".join(quoted_name(table.schema, table.name) for table in work)
    option = "VACUUM (ANALYZE)" if dead else "ANALYZE"
    return warned(
        checks.STATISTICS,
        f"The planner knows too little of {listed([table.name for table in work])}.",
        details,
        remedy="Let autovacuum run, or have an owner run the statement once.",
        sql=f"{option} {names}",
    )
