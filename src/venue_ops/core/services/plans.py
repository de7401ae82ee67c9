"""From what was named to plans, venue by venue, however many there are."""

from __future__ import annotations

import shlex
from collections.abc import Generator, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from venue_ops.core.classification.values import elements
from venue_ops.core.db.questions import FailingVenueIds, FailingVenues, ProviderTerms, VenueIds
from venue_ops.core.errors import DatabaseError, NotFoundError, UsageError
from venue_ops.core.models import Json
from venue_ops.core.planning import (
    Grain,
    Item,
    Policy,
    Reason,
    Venue,
    VenuePlan,
    identity_of,
    plan_venue,
)
from venue_ops.core.references import ImageReference, image_id, split_cities
from venue_ops.core.retry.rows import Rows
from venue_ops.core.retry.shown import recall
from venue_ops.core.services.places import find_cities, find_venue_ids, no_venue, venue_row_or_none
from venue_ops.core.services.source import Source

_PAGE = 500
_NAMED = 5


@dataclass(frozen=True, slots=True)
class Scope:
    """What a retry was asked for; `images` are the names or places chosen in each venue.

    `said` is how it was typed, as `city krakow`; `names` are all of them, those of cities
    unambiguous. `are_small` says that all cities have few venues.
    """

    grain: Grain
    said: str
    cities: tuple[int, ...] = ()
    venues: tuple[int, ...] = ()
    images: Mapping[int, tuple[ImageReference, ...]] = field(default_factory=dict)
    names: tuple[str, ...] = ()
    are_small: bool = False


def image_scope(
    source: Source, typed: Sequence[str], *, shown: Path | None = None, to_look: bool = False
) -> Scope:
    """The images that were named. Raises UsageError and NotFoundError.

    `shown` is the folder that knows what a place meant when its venue was shown here: a place that
    was not shown, or means another image by now, is refused; any other becomes an id, since the
    order may change at any time. `to_look` and not to write, one that was not shown will do, and
    without `shown` any.
    """
    found: dict[int, list[ImageReference]] = {}
    for text in typed:
        reference = ImageReference.parse(text)
        row = venue_row_or_none(source, reference.venue)
        if row is None:
            raise no_venue(reference.venue)
        reference = replace(reference, venue=str(row["slug"]))
        if shown is not None and reference.place is not None:
            reference = _named_by_id(row, reference, shown, to_look)
        found.setdefault(int(row["id"]), []).append(reference)
    return Scope(
        Grain.IMAGE,
        _said("image", typed),
        venues=tuple(found),
        images={id_: tuple(refs) for id_, refs in found.items()},
        names=tuple(typed),
    )


EVERYTHING = Scope(Grain.SWEEP, "sweep")


def city_scope(source: Source, typed: Sequence[str]) -> Scope:
    """The cities that were named. Raises NotFoundError and AmbiguousReferenceError."""
    found = find_cities(source, split_cities(typed, option="CITY"))
    return Scope(
        Grain.CITY,
        _said("city", typed),
        cities=tuple(each.city.id for each in found),
        names=tuple(each.city.ref for each in found),
        are_small=all(each.is_small for each in found),
    )


def venue_scope(source: Source, typed: Sequence[str]) -> Scope:
    """The venues that were named. Raises NotFoundError, also for a number that is no venue's."""
    ids = find_venue_ids(source, typed)
    asked = {"refs": [], "ref_ids": list(ids)}
    there = {row["id"] for row in source.database.ask(VenueIds(source.oban_schema), asked)}
    for venue_id in ids:
        if venue_id not in there:
            raise no_venue(str(venue_id))
    return Scope(Grain.VENUE, _said("venue", typed), venues=ids, names=tuple(typed))


def _said(noun: str, typed: Sequence[str]) -> str:
    """As it is typed again: a name with a blank in it is quoted."""
    more = f" and {len(typed) - _NAMED:,} more" if len(typed) > _NAMED else ""
    return f"{noun} {shlex.join(typed[:_NAMED])}{more}"


def plans(
    source: Source, rows: Rows, scope: Scope, policy: Policy
) -> Generator[VenuePlan, None, None]:
    """A plan for every venue of the scope that has something to plan, by id.

    Named images are in it whatever became of them; otherwise the failed ones are.
    """
    if scope.grain is Grain.IMAGE:
        yield from _of_images(source, rows, scope, policy)
        return
    for page in _failing(source, scope):
        drafts = [_draft(row, policy) for row in page]
        yield from _blocked(rows, source, drafts, page, policy)


def provider_terms(source: Source) -> tuple[dict[str, Any], dict[str, Any]]:
    """The pace (requests a second) and the price (US dollars an image) of each provider.

    None of either where the role may not read the application's table of providers.
    """
    try:
        found = source.database.ask(ProviderTerms(source.oban_schema), {})
    except DatabaseError:
        return {}, {}
    paces = {r["name"]: r["per_second"] for r in found if r["per_second"] and r["per_second"] > 0}
    prices = {r["name"]: r["cost_per_image"] for r in found if r["cost_per_image"]}
    return paces, prices


def _failing(source: Source, scope: Scope) -> Iterator[Sequence[Mapping[str, Any]]]:
    """The failing venues of a scope by id, a page at a time."""
    if scope.grain is Grain.SWEEP:
        yield from _pages(source)
        return
    named = FailingVenues(source.oban_schema, named=True)
    ids = sorted(scope.venues)
    if scope.grain is Grain.CITY:
        asked = FailingVenueIds(source.oban_schema)
        ids = source.database.ask(asked, {"city_ids": list(scope.cities)})[0]["ids"] or []
    for start in range(0, len(ids), _PAGE):
        chosen = ids[start : start + _PAGE]
        yield source.database.ask(named, {"venue_ids": chosen, "after_id": 0, "limit": _PAGE})


def _pages(source: Source) -> Iterator[Sequence[Mapping[str, Any]]]:
    """All failing venues. Each page goes on behind the one before, in a transaction of its own."""
    after = 0
    while True:
        asked = {"after_id": after, "limit": _PAGE}
        page = source.database.ask(FailingVenues(source.oban_schema), asked)
        yield page
        if len(page) < _PAGE:
            return
        after = int(page[-1]["id"])


def _named_by_id(
    row: Mapping[str, Any], reference: ImageReference, shown: Path, to_look: bool
) -> ImageReference:
    slug, place = str(row["slug"]), reference.place or 0
    images = elements(row["venue_images"])
    if not 0 < place <= len(images):
        raise _no_image(slug, reference)
    identity = identity_of(images[place - 1])
    now = image_id("", identity.provider, identity.url)[1:] if identity else None
    known = recall(shown, int(row["id"]))
    if known is not None and place in known.names:
        _refuse_another_image(slug, place, known.names[place], now)
    elif not to_look:
        raise UsageError(
            f"What #{place} of {slug} means was not shown here yet.",
            hint=f"Look with `venue-ops show venue {slug}`, or name it by its id.",
        )
    if now is None and to_look:
        return reference
    if now is None:
        raise UsageError(
            f"#{place} of {slug} has no URL, so there is nothing to load.",
            hint=f"`venue-ops show venue {slug}` shows its images.",
        )
    return replace(reference, name=now)


def _refuse_another_image(slug: str, place: int, then: str | None, now: str | None) -> None:
    if now != then:
        raise UsageError(
            f"#{place} of {slug} is another image by now: it was {then or 'none'} when"
            f" `show venue` showed it, and is {now or 'none'}.",
            hint=f"Name it by its id, or look again: `venue-ops show venue {slug}`.",
        )


def _draft(row: Mapping[str, Any], policy: Policy) -> VenuePlan:
    return plan_venue(_venue(row), _images(row), policy)


def _venue(row: Mapping[str, Any]) -> Venue:
    return Venue(row["id"], row["slug"], row["name"], row["provider_ids"])


def _images(row: Mapping[str, Any]) -> list[tuple[int, Json]]:
    return [(int(place), image) for place, image in row["images"] or ()]


def _blocked(
    rows: Rows,
    source: Source,
    drafts: Sequence[VenuePlan],
    page: Sequence[Mapping[str, Any]],
    policy: Policy,
) -> Iterator[VenuePlan]:
    """The drafts, planned again where a job is at the venue: only they can be in its way."""
    wanted = [draft.venue_id for draft in drafts if draft.taken]
    blockers = rows.blockers(wanted, source.now()) if wanted else {}
    for draft, row in zip(drafts, page, strict=True):
        blocker = blockers.get(draft.venue_id)
        if blocker is None:
            yield draft
        else:
            yield plan_venue(_venue(row), _images(row), policy, blocker)


def _of_images(source: Source, rows: Rows, scope: Scope, policy: Policy) -> Iterator[VenuePlan]:
    for venue_id, references in scope.images.items():
        now = rows.venue(venue_id)
        if now is None:
            raise no_venue(str(venue_id))
        images = list(enumerate(now.images, start=1))
        blocker = rows.blockers([venue_id], source.now()).get(venue_id)
        whole = plan_venue(now.venue, images, policy, blocker)
        # One image may be named in two ways: by its venue's id and slug, or by its place.
        yield replace(whole, items=tuple(dict.fromkeys(_named(whole, references))))


def _named(whole: VenuePlan, references: Iterable[ImageReference]) -> Iterator[Item]:
    for reference in references:
        found = [item for item in whole.items if _is(item, reference)]
        if not found:
            raise _no_image(whole.slug, reference)
        # An id that two elements share names one photo; the plan has left both out by then,
        # or takes the one that failed.
        yield min(
            found, key=lambda item: (item.reason is not None, item.reason is not Reason.TWICE)
        )


def _is(item: Item, reference: ImageReference) -> bool:
    if reference.place is not None:
        return item.place == reference.place
    return item.id == f"{item.venue_slug}/{reference.name}"


def _no_image(slug: str, reference: ImageReference) -> NotFoundError:
    return NotFoundError(
        f"{slug} has no image {reference.name}.",
        hint=f"`venue-ops show venue {slug}` lists its images.",
    )
