"""Photos on their way into a store, and all that an error says of itself."""

from __future__ import annotations

import io
import socket
import traceback

from venue_ops.core.net.images import PictureFormat
from venue_ops.core.net.stores import Upload
from venue_ops.demo.pictures import png

PHOTO = png("noce", size=3_000)


def upload_of(
    body: bytes = PHOTO,
    *,
    folder: str = "/venues/noce-krk",
    file: str = "gp-2646668f.png",
    tags: tuple[str, ...] = ("google_places", "venue:noce-krk"),
) -> Upload:
    """As a run makes one."""
    return Upload(folder, file, io.BytesIO(body), len(body), PictureFormat.PNG, tags)


def everything_said(error: BaseException) -> str:
    """Its text, its repr, its hint and its traceback, causes included."""
    parts = [str(error), repr(error), str(getattr(error, "hint", ""))]
    seen: BaseException | None = error
    while seen is not None:
        parts += traceback.format_exception(seen)
        seen = seen.__cause__
    return "\n".join(parts)


def closed_port() -> int:
    """A port of loopback on which nobody listens."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port: int = taken.getsockname()[1]
        return port
