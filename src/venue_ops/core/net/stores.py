"""Where photos are put: what any store takes and gives back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import IO, Protocol

from venue_ops.core.net.images import PictureFormat


@dataclass(frozen=True, slots=True)
class StoredObject:
    """A photo that lies in the store: where the public finds it, and its path there."""

    url: str
    path: str


@dataclass(frozen=True, slots=True)
class Upload:
    """A photo on its way: `folder` as `/venues/noce-krk`, `file` as `gp-2646668f.jpg`."""

    folder: str
    file: str
    body: IO[bytes]
    size: int
    format: PictureFormat
    tags: tuple[str, ...] = ()

    @property
    def path(self) -> str:
        """Its whole path, as the application writes it into `imagekit_path`."""
        return f"{self.folder}/{self.file}"


class Store(Protocol):
    """A place for photos; used by many tasks at once.

    `put` overwrites what has the same path: the name holds the photo's identity, so it can only
    be the same photo. It raises ImageError where the store refuses this one photo, StoreError
    for a fault of its own; neither text holds a secret.
    """

    @property
    def label(self) -> str:
        """For people: `ImageKit (/venues)`, `s3://bucket/photos`; never a secret."""
        ...

    async def put(self, upload: Upload) -> StoredObject:
        """One try to store a photo."""
        ...

    async def aclose(self) -> None:
        """Close its connections."""
        ...
