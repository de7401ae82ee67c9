"""The journal beside the rows: to stdout what is not fine, to stderr how many are."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterator

import typer

from venue_ops.context import Session
from venue_ops.core.errors import OutputError
from venue_ops.core.retry.journal import Journal
from venue_ops.core.retry.leases import Leases
from venue_ops.core.retry.reconcile import NOT_APPLIED, Found, Reconciled, Reconciling
from venue_ops.core.retry.standing import StorePlace
from venue_ops.exit_codes import ExitCode
from venue_ops.listings.means import place_of, rows_of
from venue_ops.listings.read_only import refuse_where_read_only
from venue_ops.listings.width import note_hidden
from venue_ops.output.models import Listing, PageInfo
from venue_ops.views import reconciling as view


def print_reconciled(session: Session, *, dry_run: bool, everything: bool) -> None:
    """Repair what was overwritten. Raises typer.Exit(5) if something could not be written.

    A dry run takes no lease and makes no folder. What is gone is told once.
    """
    state = session.state
    if not dry_run:
        refuse_where_read_only(session)
        state.make()
    counts: Counter[Found] = Counter()
    told_before = 0
    elsewhere: Counter[str] = Counter()
    journal, leases = Journal(state.journal), Leases(state.leases)
    is_empty = next(journal.venues(), None) is None  # then nobody needs to know the store
    place = StorePlace("", "") if is_empty else place_of(session)
    reconciling = Reconciling(journal, leases, rows_of(session), place, session.clock())

    def rows() -> Iterator[Reconciled]:
        nonlocal told_before
        for each in reconciling.look() if dry_run else reconciling.apply():
            if each.found is Found.ELSEWHERE:
                elsewhere[each.entry.store] += 1
            elif each.is_new:
                counts[each.found] += 1
            else:
                told_before += 1
            if everything or view.is_news(each):
                yield each

    each, page = rows(), PageInfo(None, None, None)
    try:
        session.output.listing(
            Listing(each, view.COLUMNS, ident=lambda row: row.entry.image, page=page)
        )
    except (OutputError, BrokenPipeError):
        if not dry_run:
            deque(each, maxlen=0)  # nobody reads it, but all of it is repaired
        raise
    note_hidden(session)
    label = session.source.database.label
    if counts or told_before or elsewhere:
        session.console.note(view.of_counts(counts, told_before, label))
    else:
        session.console.note(f"The journal of {label} is empty.")
    for store, count in sorted(elsewhere.items()):
        session.console.note(view.of_elsewhere(store, count, place.store))
    if dry_run and (many := counts[Found.OVERWRITTEN]):
        them = "it" if many == 1 else "them"
        session.console.note(f"Nothing was changed; `venue-ops reconcile` writes {them} again.")
    if any(counts[found] for found in NOT_APPLIED):
        raise typer.Exit(ExitCode.STILL_FAILING)
