"""The columns of an export, in order, and what kind of content each holds.

A name that a listing has too means the same in both.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from venue_ops.core.enums import Exported


class Content(StrEnum):
    """What may stand in a column: only `text` has characters that come from outside."""

    NUMBER = "number"
    WORD = "word"
    TEXT = "text"


@dataclass(frozen=True, slots=True)
class ExportColumn:
    """One column. `is_url`: its text is a URL."""

    name: str
    content: Content
    is_url: bool = False


def _numbers(names: str) -> tuple[ExportColumn, ...]:
    return tuple(ExportColumn(name, Content.NUMBER) for name in names.split())


def _words(names: str) -> tuple[ExportColumn, ...]:
    return tuple(ExportColumn(name, Content.WORD) for name in names.split())


def _texts(names: str) -> tuple[ExportColumn, ...]:
    return tuple(ExportColumn(name, Content.TEXT) for name in names.split())


def _urls(names: str) -> tuple[ExportColumn, ...]:
    return tuple(ExportColumn(name, Content.TEXT, is_url=True) for name in names.split())


OPERATIONS: Final = (
    *_numbers("id"),
    *_words("kind scope"),
    *_texts("state"),
    *_words("when outcome outcome_now"),
    *_texts("city"),
    *_numbers("city_id"),
    *_texts("country venue"),
    *_numbers("venue_id"),
    *_texts("venue_name providers"),
    *_numbers("images_uploaded images_found images_failed"),
    *_numbers("venues_total venues_enriched venues_skipped venues_failed"),
    *_numbers("jobs_spawned jobs_found"),
    *_words("jobs_by_outcome"),
    *_texts("error skip_reason"),
    *_numbers("attempt max_attempts duration_seconds cost_usd"),
    *_texts("worker queue"),
    *_words("inserted_at scheduled_at attempted_at completed_at cancelled_at discarded_at"),
)

VENUES: Final = (
    *_numbers("id"),
    *_texts("slug name city"),
    *_numbers("city_id"),
    *_texts("country"),
    *_words("outcome"),
    *_numbers("images_uploaded images_total images_failed images_permanently_failed"),
    *_numbers("images_skipped_dev images_other images_transient images_retryable"),
    *_texts("errors failed_providers"),
    *_words("updated_at"),
    *_texts("last_checked_at"),
)

IMAGES: Final = (
    *_texts("id"),
    *_numbers("venue_id"),
    *_texts("venue venue_name city"),
    *_numbers("city_id"),
    *_texts("country"),
    *_numbers("place"),
    *_texts("provider upload_status error_type"),
    *_numbers("status_code"),
    *_texts("error"),
    *_words("retryability retry"),
    *_numbers("retry_count"),
    *_texts("retried_at fetched_at failed_at"),
    *_urls("url source_url"),
    *_texts("imagekit_path"),
    *_numbers("width height position quality_score"),
)

COLUMNS: Final[Mapping[Exported, tuple[ExportColumn, ...]]] = MappingProxyType(
    {Exported.OPERATIONS: OPERATIONS, Exported.VENUES: VENUES, Exported.IMAGES: IMAGES}
)


def columns_of(exported: Exported, names: Iterable[str]) -> tuple[ExportColumn, ...]:
    """The columns of these names, in that order, each once; all of them without any.

    Raises KeyError for a name that is none of them.
    """
    known = {column.name: column for column in COLUMNS[exported]}
    return tuple(known[name] for name in dict.fromkeys(names)) or COLUMNS[exported]
