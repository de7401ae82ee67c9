"""What the store did with the photos of a run, and when it is the store that is at fault (pure)."""

from __future__ import annotations

from dataclasses import dataclass, field

from venue_ops.core.errors import StoreError
from venue_ops.core.net.errors import ImageError
from venue_ops.core.planning import Item

MOST_FAILED = 3
"""Photos in a row that the store fails at, all tries used: then it is down."""

MOST_REFUSED = 5
"""Photos that the store refuses before it took any: then it would refuse all of them."""


@dataclass(slots=True)
class Storing:
    """One store in a run: what it fails at or refuses is no photo's fault until it took others."""

    has_stored: bool = False
    failed: int = 0
    fault: StoreError | None = None
    refused: list[tuple[Item, ImageError]] = field(default_factory=list)

    def stored(self) -> list[tuple[Item, ImageError]]:
        """It took a photo; those that it refused before were refused for themselves."""
        self.has_stored = True
        self.failed = 0
        refused, self.refused = self.refused, []
        return refused

    def ends_with(self, fault: StoreError) -> bool:
        """Whether this fault, all tries used, ends the run."""
        self.fault = fault
        self.failed += 1
        return not fault.is_transient or self.failed >= MOST_FAILED

    def holds(self, item: Item, error: ImageError) -> bool:
        """Whether a refusal waits for a photo that is taken.

        Raises StoreError where it seems to refuse every photo.
        """
        if self.has_stored or error.is_the_images_own:
            return False
        self.refused.append((item, error))
        if len(self.refused) >= MOST_REFUSED:
            raise StoreError(
                f"The store refuses every photo (HTTP {error.status_code}).",
                hint="Check the folder in the settings (imagekit_folder): no image was marked.",
            )
        return True
