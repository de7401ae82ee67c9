"""When a provider is left alone for the rest of a run, and which results wait for a proof (pure).

A provider that refuses every request has a dead key; one that fails every time is down; one that
answers with something else than photos is not who answers: a portal or a proxy is. None of it
is the images' fault, so what was found then is not written about them. Written at once is only
what is clearly an image's own. All else is held until a later request of that provider brought
a photo, or until the run ends: then a failure may be written if the provider was not left alone
and it was not the key that was refused.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from venue_ops.core.net.errors import ImageError


class Open(StrEnum):
    """Why a provider is not asked any more."""

    DEAD_KEY = "dead_key"
    OUTAGE = "outage"
    NO_PHOTOS = "no_photos"
    ASKED_TO_WAIT = "asked_to_wait"


@dataclass(slots=True)
class Breaker:
    """What one provider did in this run.

    `after` failures in a row open it. A wait of more than `longest_wait` seconds opens it, too:
    to ask sooner would be early, to wait so long would hold everything up.
    """

    after: int = 5
    longest_wait: float = 300.0
    refused: int = 0
    failed: int = 0
    strange: int = 0
    opened: Open | None = field(default=None)

    def succeeded(self) -> None:
        """A photo came."""
        self.refused = self.failed = self.strange = 0

    def answered(self) -> None:
        """It answered, if only that this image is not there: its key is alive.

        What answers strangely may answer so as well, and it only ends with a photo.
        """
        self.refused = self.failed = 0

    def asked_to_wait(self) -> None:
        """It wants to be left alone for longer than anybody waits."""
        self.opened = self.opened or Open.ASKED_TO_WAIT

    def failure(self, error: ImageError) -> None:
        """An image did not come, all tries used."""
        if error.retry_after is not None and error.retry_after > self.longest_wait:
            self.asked_to_wait()
        if error.refuses_key:
            self.refused += 1
            self.failed = 0
        elif _is_outage(error):
            self.failed += 1
        elif error.is_photo or (error.is_the_images_own and error.status_code is not None):
            self.answered()
        elif not error.is_the_images_own:
            self.strange += 1
        for times, why in (
            (self.refused, Open.DEAD_KEY),
            (self.failed, Open.OUTAGE),
            (self.strange, Open.NO_PHOTOS),
        ):
            if times >= self.after:
                self.opened = self.opened or why

    def holds(self, error: ImageError) -> bool:
        """Whether a failure must not be written yet: a photo that is asked for later proves it.

        One that came earlier does not, for a key can die and a provider fall in the midst of a
        run.
        """
        return not error.is_the_images_own

    def releases(self, error: ImageError) -> bool:
        """Whether a failure that is held still may be written when the run ends."""
        return self.opened is None and not error.refuses_key


def _is_outage(error: ImageError) -> bool:
    """What one answers that is down: a 500 too, though it is not tried again within moments."""
    return error.is_transient or (error.status_code or 0) >= 500
