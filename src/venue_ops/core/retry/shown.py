"""What `#3` meant when `show venue` printed it: the application re-sorts images at any time."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from venue_ops.core.errors import ConfigurationError
from venue_ops.core.retry.state import StateFolder


@dataclass(frozen=True, slots=True)
class Shown:
    """The images of a venue by their place, from 1, and when they were shown.

    By the end of their ids (`gp-848af5ab31`): what comes before is the slug, a text from outside.
    """

    at: str
    names: Mapping[int, str | None]


def remember(state: StateFolder, venue_id: int, shown: Shown) -> None:
    """Keep what was shown last. Whatever goes wrong only costs a refusal later."""
    folder = state.shown
    with suppress(OSError, ConfigurationError):
        state.make()
        folder.mkdir(mode=0o700, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=folder, suffix=".tmp")
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            json.dump({"at": shown.at, "names": dict(shown.names)}, file)
        Path(name).replace(folder / f"{venue_id}.json")


def recall(folder: Path, venue_id: int) -> Shown | None:
    """What was shown last; None where nothing was, or nobody can tell."""
    try:
        kept = json.loads((folder / f"{venue_id}.json").read_text("utf-8"))
        return Shown(str(kept["at"]), {int(place): name for place, name in kept["names"].items()})
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None
