"""From typed filters to queries: words parsed, names looked up, what fits nothing refused."""

from __future__ import annotations

from datetime import datetime

from venue_ops.context import Session
from venue_ops.core.errors import NotFoundError, UsageError
from venue_ops.core.models import JobKind, Outcome, UploadStatus, VenueOutcome
from venue_ops.core.moments import parse_moment
from venue_ops.core.queries import (
    DEFAULT_KINDS,
    ImageQuery,
    JobCursor,
    JobQuery,
    VenueCursor,
    VenueOrder,
    VenueQuery,
)
from venue_ops.core.references import (
    parse_enum_values,
    shortened,
    split_cities,
    split_values,
    unknown_word,
)
from venue_ops.core.services import operations
from venue_ops.core.services.blank import matching_workers, worker_counts
from venue_ops.core.services.places import FoundCity, find_cities, find_venue_ids
from venue_ops.listings.filters import ExportFilters, OperationFilters, VenueFilters


def operation_query(
    session: Session, filters: OperationFilters
) -> tuple[JobQuery, tuple[FoundCity, ...]]:
    """What the filters ask for, and the cities among them; looks names up in the database."""
    source = session.source
    kinds = _kinds(filters)
    since, until = span(session, filters.since, filters.until)
    after = None if filters.after is None else JobCursor.parse(filters.after, filters.order)
    outcomes = parse_enum_values(filters.statuses, Outcome, option="--status")
    cities = find_cities(source, split_cities(filters.cities))
    query = JobQuery(
        cities=tuple(city.city.id for city in cities),
        venues=find_venue_ids(source, split_values(filters.venues, option="--venue")),
        kinds=kinds,
        outcomes=outcomes,
        states=_states(session, split_values(filters.states, option="--state")),
        providers=split_values(filters.providers, option="--provider"),
        errors=split_values(filters.errors, option="--error"),
        workers=_workers(session, split_values(filters.workers, option="--worker")),
        since=since,
        until=until,
        order=filters.order,
        limit=filters.limit,
        after=after,
    )
    return query, cities


def span(
    session: Session, since: str | None, until: str | None
) -> tuple[datetime | None, datetime | None]:
    """The moments of --since and --until; UsageError where none lies between them."""
    now = session.clock()
    begin, end = (
        None if text is None else parse_moment(text, now=now, tz=session.zone, until=is_until)
        for text, is_until in ((since, False), (until, True))
    )
    if begin and end and begin >= end:
        raise UsageError("--since is not before --until.", hint="Exchange them.")
    return begin, end


def _kinds(filters: OperationFilters) -> tuple[JobKind, ...]:
    words = split_values(filters.kinds, option="--kind")
    named = parse_enum_values([word for word in words if word != "all"], JobKind, option="--kind")
    if "all" in words or (not words and filters.workers):
        return tuple(JobKind)
    return named or DEFAULT_KINDS


def _states(session: Session, words: tuple[str, ...]) -> tuple[str, ...]:
    """The states as the enum has them: a word that it lacks could match nothing."""
    if not words:
        return ()
    known = operations.known_states(session.source)
    for word in words:
        if word not in known:
            raise UsageError(
                f'--state does not know "{shortened(word)}".',
                hint=f"This database has {', '.join(known)}.",
            )
    return words


def _workers(session: Session, words: tuple[str, ...]) -> tuple[str, ...]:
    """Whole worker names for what was typed, from the settings and from the table."""
    if not words:
        return ()
    named = dict.fromkeys(session.source.named_workers(), 0)
    counts = {**named, **worker_counts(session.source)}
    found: dict[str, None] = {}
    for word in words:
        names = matching_workers(counts, word)
        if not names:
            present = ", ".join(name.rpartition(".")[2] for name, jobs in counts.items() if jobs)
            raise NotFoundError(
                f'No job in the table is of a worker "{shortened(word)}".',
                hint=f"The table has {present}." if present else "The table has no jobs at all.",
            )
        found.update(dict.fromkeys(names))
    return tuple(found)


def venue_query(
    session: Session, filters: VenueFilters, default: tuple[VenueOutcome, ...]
) -> VenueQuery:
    """What the filters ask for; `default` are the outcomes where none is typed."""
    outcomes = parse_enum_values(filters.statuses, VenueOutcome, option="--status") or default
    failing = bool(outcomes) and set(outcomes) <= {VenueOutcome.PARTIAL, VenueOutcome.FAILED}
    order = filters.order or (
        VenueOrder.FAILED if failing or filters.min_failed or filters.errors else VenueOrder.ID
    )
    since, until = span(session, filters.since, filters.until)
    return VenueQuery(
        cities=tuple(
            city.city.id for city in find_cities(session.source, split_cities(filters.cities))
        ),
        outcomes=outcomes,
        providers=split_values(filters.providers, option="--provider"),
        errors=split_values(filters.errors, option="--error"),
        min_failed=filters.min_failed,
        since=since,
        until=until,
        order=order,
        limit=filters.limit,
        after=None if filters.after is None else VenueCursor.parse(filters.after, order),
    )


def image_query(session: Session, filters: ExportFilters) -> ImageQuery:
    """What the filters ask for of images.

    A status that the application does not write today passes, because it may tomorrow; a
    warning says so, or a misspelled one would come to nothing in silence.
    """
    statuses = split_values(filters.statuses, option="--status")
    for word in statuses:
        if word not in list(UploadStatus):
            error = unknown_word("--status", word, list(UploadStatus))
            session.console.warn(f"{error.message} {error.hint}")
    since, until = span(session, filters.since, filters.until)
    cities = find_cities(session.source, split_cities(filters.cities))
    return ImageQuery(
        cities=tuple(city.city.id for city in cities),
        venues=find_venue_ids(session.source, split_values(filters.venues, option="--venue")),
        since=since,
        until=until,
        providers=split_values(filters.providers, option="--provider"),
        errors=split_values(filters.errors, option="--error"),
        statuses=statuses,
    )
