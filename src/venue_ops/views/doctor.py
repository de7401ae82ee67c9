"""What doctor found: as a list to read, and as rows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Any, Final

from venue_ops.core.doctor.findings import Check, Detail, Finding, Level
from venue_ops.output.models import Cell, Column, Document, Item, Items, Listing, PageInfo, Style

MOST_DETAILS: Final = 8
"""How many details a terminal shows of one finding; everything else shows all."""

MOST_IDS: Final = 5
"""How many ids a detail names; with so many there may be more."""

_MARKS: Final = {
    Level.PASS: Cell("ok", Style.GOOD),
    Level.WARN: Cell("warn", Style.WARN),
    Level.FAIL: Cell("fail", Style.BAD),
    Level.SKIPPED: Cell("skip", Style.DIM),
}

COLUMNS: tuple[Column[Finding], ...] = (
    Column("check", lambda row: row.check.name, default=False, wide=False),
    Column("group", lambda row: row.check.group, default=False, wide=False),
    Column("level", lambda row: row.level, default=False, wide=False),
    Column("summary", lambda row: row.summary, default=False, wide=False),
    Column(
        "details", lambda row: [_detail(each) for each in row.details], default=False, wide=False
    ),
    Column("remedy", lambda row: row.remedy, default=False, wide=False),
    Column("sql", lambda row: row.sql, default=False, wide=False),
)
"""A person reads `document` in place of these."""

CHECKS: tuple[Column[Check], ...] = (
    Column("check", lambda row: row.name),
    Column("group", lambda row: row.group),
    Column("question", lambda row: row.question, flexible=True),
)


def listing(findings: Sequence[Finding]) -> Listing[Finding]:
    """One row a check, for machines."""
    return _whole(findings, COLUMNS, ident=lambda row: row.check.name)


def checks(found: Sequence[Check]) -> Listing[Check]:
    """The checks themselves."""
    return _whole(found, CHECKS, ident=lambda row: row.name)


def _whole(rows: Sequence[Any], columns: Sequence[Column[Any]], ident: Any) -> Listing[Any]:
    return Listing(rows, columns, ident, page=PageInfo(None, None, len(rows)))


def document(findings: Sequence[Finding], *, most: int | None, everything: bool) -> Document:
    """One line a check under the name of its group, and more below what did not pass.

    `most` is how many details a finding may show; with `everything` those that passed show
    theirs, too.
    """
    groups = groupby(findings, key=lambda finding: finding.check.group)
    blocks = tuple(
        Items(
            str(group).capitalize(),
            tuple(_item(finding, most, everything=everything) for finding in found),
        )
        for group, found in groups
    )
    return Document(blocks, data={}, listing=listing(findings))


def _item(finding: Finding, most: int | None, *, everything: bool) -> Item:
    style = Style.DIM if finding.level is Level.SKIPPED else Style.PLAIN
    return Item(
        _MARKS[finding.level],
        finding.check.name,
        Cell(finding.summary, style),
        tuple(_below(finding, most, everything=everything)),
    )


def _below(finding: Finding, most: int | None, *, everything: bool) -> Iterator[Cell]:
    if everything or finding.level in {Level.WARN, Level.FAIL}:
        for detail in finding.details[:most]:
            yield Cell(f"- {said(detail)}", Style.DIM)
        if most is not None and len(finding.details) > most:
            yield Cell(f"- and {len(finding.details) - most:,} more (-o wide)", Style.DIM)
    if finding.remedy:
        yield Cell(finding.remedy, Style.ACCENT)
    if finding.sql:
        yield Cell(finding.sql, Style.DIM)


def said(detail: Detail) -> str:
    """A detail as a line: `scraper: waiting for up to 3h00m (12; ids 4, 5, ...)`."""
    ids = ", ".join(map(str, detail.ids))
    more = len(detail.ids) == MOST_IDS and (detail.count or 0) > MOST_IDS
    parts = [f"{detail.count:,}"] if detail.count else []  # of nothing the text says so
    if ids:
        parts.append(f"id{'s' * (len(detail.ids) > 1)} {ids}{', ...' if more else ''}")
    counted = f" ({'; '.join(parts)})" if parts else ""
    return f"{detail.subject}: {detail.text}{counted}"


def _detail(detail: Detail) -> dict[str, Any]:
    return {
        "subject": detail.subject,
        "text": detail.text,
        "count": detail.count,
        "ids": list(detail.ids),
    }
