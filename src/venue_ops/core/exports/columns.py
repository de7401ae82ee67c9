"""The columns of an export, in order, and what kind of content each holds."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from venue_ops.core.enums import Exported
from venue_ops.core.errors import UsageError
from venue_ops.core.references import close_matches


class Content(StrEnum):
    """What may stand in a column: only `text` has characters that come from outside."""

    NUMBER = "number"
    WORD = "word"
    TEXT = "text"


@dataclass(frozen=True, slots=True)
class ExportColumn:
    """One column; without `default` it comes only by name. `is_url`: its text is a URL."""

    name: str
    content: Content
    default: bool = True
    is_url: bool = False


def _number(name: str, *, default: bool = True) -> ExportColumn:
    return ExportColumn(name, Content.NUMBER, default)


def _text(name: str, *, default: bool = True, is_url: bool = False) -> ExportColumn:
    return ExportColumn(name, Content.TEXT, default, is_url)


COLUMNS: Final[Mapping[Exported, tuple[ExportColumn, ...]]] = MappingProxyType(
    {
        Exported.IMAGES: (
            _number("venue_id"),
            _text("venue"),
            _text("venue_name", default=False),
            _number("city_id", default=False),
            _text("city"),
            _text("country"),
            _number("place"),
            _text("provider"),
            _text("upload_status"),
            _text("error_type"),
            ExportColumn("retryability", Content.WORD),
            _number("status_code"),
            _text("error"),
            _number("retry_count"),
            _text("retried_at"),
            _text("failed_at"),
            _text("fetched_at"),
            _text("url", is_url=True),
            _text("source_url", is_url=True),
            _text("imagekit_path"),
            _number("width"),
            _number("height"),
            _number("position"),
            _number("quality_score"),
        ),
        Exported.VENUES: (
            _number("id"),
            _text("slug"),
            _text("name"),
            _number("city_id"),
            _text("city"),
            _text("country"),
            ExportColumn("outcome", Content.WORD),
            _number("images_total"),
            _number("images_uploaded"),
            _number("images_failed"),
            _number("images_permanently_failed"),
            _number("images_skipped_dev"),
            _number("images_transient"),
            _number("images_retryable"),
            ExportColumn("updated_at", Content.WORD),
            _text("last_checked_at"),
        ),
    }
)


def chosen_columns(exported: Exported, names: Iterable[str]) -> tuple[ExportColumn, ...]:
    """The columns that were named, in that order, or those that come by themselves.

    Raises UsageError for a name that is none of them.
    """
    known = {column.name: column for column in COLUMNS[exported]}
    wanted = tuple(dict.fromkeys(names))
    for name in wanted:
        if name not in known:
            near = close_matches(name, known)
            raise UsageError(
                f'An export of {exported} has no column "{name[:80]}".',
                hint=(f"Did you mean {near[0]}? " if near else "") + f"It has {', '.join(known)}.",
            )
    if wanted:
        return tuple(known[name] for name in wanted)
    return tuple(column for column in known.values() if column.default)
