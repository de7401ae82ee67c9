"""Whether an entry of the journal still says something about an image as it stands (pure)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

from venue_ops.core.classification.values import member, string_at
from venue_ops.core.models import Json
from venue_ops.core.planning import identity_of
from venue_ops.core.references import image_id


@dataclass(frozen=True, slots=True)
class StorePlace:
    """Where photos are put: the store's label (`ImageKit (/venues)`) and the root in it."""

    store: str
    root: str


@dataclass(frozen=True, slots=True)
class Entry:
    """One photo in a store; `image` is its id (`noce-krk/gp-848af5ab31`), `at` ISO 8601.

    `store` and `root` are the `StorePlace` that it was put into.
    """

    at: str
    run: str
    venue_id: int
    image: str
    url: str
    path: str
    store: str
    root: str

    @property
    def place(self) -> StorePlace:
        """Where it lies."""
        return StorePlace(self.store, self.root)


def usable(entries: Iterable[Entry], images: Iterable[Json], place: StorePlace) -> dict[str, Entry]:
    """By image id, the entries that a retry may write instead of fetching anew.

    They lie in the store of today, and nobody tried their image since.
    """
    found = {entry.image: entry for entry in entries if entry.place == place}
    for image in images if found else ():
        for entry in matching(found.values(), image):
            if was_tried_since(image, entry):
                found.pop(entry.image, None)
    return found


def matching(entries: Iterable[Entry], image: Json) -> list[Entry]:
    """The entries of an image, by its id less the slug: a renamed venue keeps its photos."""
    name = name_of(image)
    return [] if name is None else [each for each in entries if name_in(each) == name]


def name_of(image: Json) -> str | None:
    """The id of an image within its venue, which leaves the key of the day out."""
    identity = identity_of(image)
    return None if identity is None else image_id("", identity.provider, identity.url)[1:]


def name_in(entry: Entry) -> str:
    """The same of an entry."""
    return name_of_id(entry.image)


def name_of_id(image: str) -> str:
    """`gp-848af5ab31` of `noce-krk/gp-848af5ab31`."""
    return image.rpartition("/")[2]


def was_tried_since(image: Json, entry: Entry) -> bool:
    """Whether the application fetched or tried the image after the entry was written.

    It failed then, or is a photo fetched anew, so what lies in the store says nothing about it.
    A stale copy, which is what an entry mends, carries older moments.
    """
    latest, at = last_moment(image), moment_of(entry.at)
    return latest is not None and (at is None or latest > at)


def last_moment(image: Json) -> datetime | None:
    """The latest moment that an image tells of itself; None where none can be read."""
    texts = (
        string_at(member(image, "error_details"), "timestamp"),
        string_at(image, "retried_at"),
        string_at(image, "fetched_at"),
    )
    return max((at for text in texts if (at := moment_of(text)) is not None), default=None)


def moment_of(text: str | None) -> datetime | None:
    """An ISO 8601 moment in UTC; without a zone it means UTC, as Elixir's naive times do."""
    try:
        found = datetime.fromisoformat(text or "")
        return (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None
