"""Columns that several listings have: one name, one header, one way to read them."""

from __future__ import annotations

from typing import Any

from venue_ops.output.models import Column
from venue_ops.views import words


def cost(*, default: bool = True, wide: bool = True, keep: int = 0) -> Column[Any]:
    """What a row's `cost_usd` says, exact for machines and short for people."""
    return Column(
        "cost_usd",
        lambda row: row.cost_usd,
        lambda row: words.money(row.cost_usd),
        header="COST",
        default=default,
        wide=wide,
        right=True,
        keep=keep,
    )


def error_class(*, default: bool = True, wide: bool = True, keep: int = 0) -> Column[Any]:
    """Whether a row's error passes by itself, of failed images and of answers alike."""
    return Column(
        "retryability",
        lambda row: row.retryability,
        lambda row: words.outcome(row.retryability),
        header="CLASS",
        default=default,
        wide=wide,
        keep=keep,
    )
