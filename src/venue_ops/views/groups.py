"""The figures of cities, providers and days as a listing."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from decimal import Decimal

from venue_ops.core.enums import GroupBy
from venue_ops.core.figures import GroupTotal, share
from venue_ops.core.models import City
from venue_ops.output.models import Column
from venue_ops.views import shared, words
from venue_ops.views.plain import moment

NO_CITY = "(no city)"


def columns(
    by: GroupBy, rows: Sequence[GroupTotal], failed_in_all: int
) -> tuple[Column[GroupTotal], ...]:
    """The same columns for every `by`; a table shows those of what a row is about."""
    largest = max((row.failed for row in rows), default=0)
    is_day, is_city = by is GroupBy.DAY, by is GroupBy.CITY
    return (
        Column(
            "city",
            lambda row: row.city.slug if row.city else None,
            lambda row: row.key or NO_CITY,
            default=is_city,
            wide=is_city,
            flexible=True,
        ),
        _of_city("country", lambda city: city.country_code),
        Column(
            "city_id",
            lambda row: _city_id(row) if is_city else None,
            default=False,
            wide=False,
        ),
        _of_city("city_name", lambda city: city.name, wide=is_city),
        _key(GroupBy.PROVIDER, by, flexible=True),
        _key(GroupBy.DAY, by),
        Column("failed", lambda row: row.failed, right=True),
        Column(
            "share",
            lambda row: share(row.failed, failed_in_all),
            lambda row: words.part(row.failed, failed_in_all, largest),
            keep=7,
        ),
        Column(
            "permanently_failed",
            lambda row: row.permanently_failed,
            header="GIVEN UP",
            right=True,
            keep=2,
        ),
        Column("transient", lambda row: row.transient, default=False, right=True),
        Column("retryable", lambda row: row.retryable, right=True, keep=6),
        Column("venues", lambda row: row.venues, right=True, keep=3),
        Column(
            "newest_failed_at",
            lambda row: moment(row.newest),
            header="NEWEST",
            default=not is_day,
            keep=1,
        ),
        Column("images", lambda row: row.images, default=False, right=True),
        Column("uploaded", lambda row: row.uploaded, right=True, keep=5),
        Column(
            "success_rate",
            lambda row: row.success_rate,
            lambda row: _percent(row.success_rate),
            header="SUCCESS",
            right=True,
            keep=5,
        ),
        *(_jobs(name, is_day=is_day) for name in ("completed", "discarded", "cancelled")),
        shared.cost(default=is_day, wide=is_day, keep=1),
    )


def _key(about: GroupBy, by: GroupBy, *, flexible: bool = False) -> Column[GroupTotal]:
    return Column(
        str(about),
        lambda row: row.key if about is by else None,
        default=about is by,
        wide=about is by,
        flexible=flexible,
    )


def _of_city(
    name: str, value: Callable[[City], str | None], *, wide: bool = False
) -> Column[GroupTotal]:
    return Column(name, lambda row: value(row.city) if row.city else None, default=False, wide=wide)


def _city_id(row: GroupTotal) -> int | None:
    """Also of a city that is gone: venues may name one, for the schema has no foreign key."""
    if row.city is not None:
        return row.city.id
    return None if row.key is None else int(row.key)


def _jobs(state: str, *, is_day: bool) -> Column[GroupTotal]:
    """Of days alone: which city or provider a job is of takes too long to tell for all of them."""
    name = f"jobs_{state}"
    return Column(
        name,
        lambda row: getattr(row, name),
        header=f"JOBS {state.upper()}",
        default=is_day and state != "cancelled",
        wide=is_day,
        right=True,
        keep=4,
    )


def _percent(rate: Decimal | None) -> str:
    return "" if rate is None else f"{rate * 100:.1f} %"
