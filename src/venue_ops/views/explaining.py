"""An explanation as a document."""

from __future__ import annotations

from collections.abc import Sequence

from venue_ops.core.explaining import Explanation
from venue_ops.output.models import Cell, Document, Item, Items, Style


def document(found: Explanation, program: str = "venue-ops") -> Document:
    """Why, what a retry would do, what stands in its way, and what to type next."""
    commands = [program + command.removeprefix("venue-ops") for command in found.commands]
    parts = (
        _part("why", found.why),
        _part("a retry", found.retry),
        _part("in its way", found.in_the_way or ("nothing",)),
        _part("next", [f"`{command}`" for command in commands]),
    )
    data = {
        "title": found.title,
        "why": list(found.why),
        "retry": list(found.retry),
        "in_the_way": list(found.in_the_way),
        "next": commands,
    }
    return Document(blocks=(Items(found.title, list(parts)),), data=data)


def _part(name: str, sentences: Sequence[str]) -> Item:
    texts = list(sentences) or ["nothing is known"]
    return Item(Cell("", Style.DIM), name, texts[0], texts[1:])
