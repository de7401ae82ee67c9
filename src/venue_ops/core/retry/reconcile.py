"""Finding what the application overwrote since, and what lies in the store without its row."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from venue_ops.core.classification.values import string_at
from venue_ops.core.models import Json, UploadStatus
from venue_ops.core.net.stores import StoredObject
from venue_ops.core.planning import has_failed, identity_of
from venue_ops.core.retry.journal import Journal, Recorded
from venue_ops.core.retry.leases import Leases
from venue_ops.core.retry.rows import Rows, VenueNow
from venue_ops.core.retry.standing import Entry, StorePlace, name_in, name_of, was_tried_since


class Found(StrEnum):
    """How an entry of the journal stands beside its row."""

    FINE = "fine"
    OVERWRITTEN = "overwritten"
    REPAIRED = "repaired"
    FAILED_SINCE = "failed_since"
    REPLACED = "replaced"
    GONE = "gone"
    VENUE_GONE = "venue_gone"
    AMBIGUOUS = "ambiguous"
    BUSY = "busy"
    ELSEWHERE = "elsewhere"


NOT_APPLIED = frozenset({Found.OVERWRITTEN, Found.AMBIGUOUS, Found.BUSY})
"""Its image is there and should be `uploaded`, and it could not be written."""

SETTLED = frozenset({Found.REPLACED, Found.GONE, Found.VENUE_GONE})
"""There is nothing left to write: told once, and never again."""


@dataclass(frozen=True, slots=True)
class Reconciled:
    """One entry and how it stands; `is_new` is False where that was told before."""

    entry: Entry
    found: Found
    is_new: bool = True


@dataclass(frozen=True, slots=True)
class Reconciling:
    """What is compared: the journal with the rows. `place` is the store of today."""

    journal: Journal
    leases: Leases
    rows: Rows
    place: StorePlace
    now: datetime

    def look(self) -> Iterator[Reconciled]:
        """How every entry stands. Changes nothing, takes no lease, makes no file."""
        for venue_id in sorted(self.journal.venues()):
            known, venue = self.journal.recorded(venue_id), self.rows.venue(venue_id)
            for entry, found in self._states(known, venue).items():
                yield _told(entry, found, known)

    def apply(self) -> Iterator[Reconciled]:
        """How every entry stands, after what was overwritten has been written once more.

        Nothing is uploaded, and an element that is gone is never added. What another run or a
        job is at is left for the next time, for the job may overwrite it once more. Raises
        DatabaseError, and ConfigurationError where the state folder cannot be used.
        """
        for venue_id in sorted(self.journal.venues()):
            with self.leases.try_venue(venue_id) as is_ours:
                yield from self._venue(venue_id, is_ours=is_ours)

    def _venue(self, venue_id: int, *, is_ours: bool) -> Iterator[Reconciled]:
        known, venue = self.journal.recorded(venue_id), self.rows.venue(venue_id)
        states = self._states(known, venue)
        wanted = Found.OVERWRITTEN in states.values()
        is_free = is_ours and not (wanted and venue_id in self.rows.blockers([venue_id], self.now))
        for entry, found in states.items():
            if found is Found.OVERWRITTEN and venue is not None:
                found = self._repair(entry, venue) if is_free else Found.BUSY  # noqa: PLW2901
            told = _told(entry, found, known)
            yield told
            if is_ours and found in SETTLED and told.is_new:
                self.journal.settle(entry, self.now)
        if is_ours:
            self.journal.compact(venue_id, self.now)

    def _states(self, known: Recorded, venue: VenueNow | None) -> dict[Entry, Found]:
        return {
            entry: state_of(entry, venue) if entry.place == self.place else Found.ELSEWHERE
            for entry in known.entries
        }

    def _repair(self, entry: Entry, venue: VenueNow) -> Found:
        stored = StoredObject(entry.url, entry.path)
        for image in _images_of(entry, venue):
            identity = identity_of(image)
            if identity is not None and self.rows.mark_uploaded(
                venue.id, identity, stored, self.now
            ):
                return Found.REPAIRED
        return Found.OVERWRITTEN


def state_of(entry: Entry, venue: VenueNow | None) -> Found:
    """How an entry stands beside the venue as it is (pure).

    Found by the image's id, which leaves the key of the day out of its URL. Of two that have it
    one in our place is enough: the photo is shown.
    """
    if venue is None:
        return Found.VENUE_GONE
    images = _images_of(entry, venue)
    if not images:
        return Found.GONE
    if any(_is_ours(image, entry) for image in images):
        return Found.FINE
    if len(images) > 1:
        return Found.AMBIGUOUS
    (image,) = images
    if not has_failed(image):
        return Found.REPLACED
    return Found.FAILED_SINCE if was_tried_since(image, entry) else Found.OVERWRITTEN


def _images_of(entry: Entry, venue: VenueNow) -> Sequence[Json]:
    name = name_in(entry)
    return [image for image in venue.images if name_of(image) == name]


def _is_ours(image: Json, entry: Entry) -> bool:
    is_uploaded = string_at(image, "upload_status") == UploadStatus.UPLOADED
    return is_uploaded and string_at(image, "url") == entry.url


def _told(entry: Entry, found: Found, known: Recorded) -> Reconciled:
    return Reconciled(entry, found, not (found in SETTLED and known.settled(entry)))
