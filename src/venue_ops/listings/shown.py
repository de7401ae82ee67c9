"""What a reader saw, so that `retry image noce-krk/#3` means that image or is refused."""

from __future__ import annotations

from contextlib import suppress

from venue_ops.context import Session
from venue_ops.core.details import VenueDetail
from venue_ops.core.errors import DatabaseError
from venue_ops.core.retry.shown import Shown, remember


def remember_places(session: Session, detail: VenueDetail) -> None:
    """Keep which image stood at which place, where the state folder can be written."""
    names = {image.place: image.id and image.id.rpartition("/")[2] for image in detail.images}
    with suppress(DatabaseError):  # of the question which database it is: all else is printed
        remember(session.state, detail.id, Shown(session.clock().isoformat(), names))
