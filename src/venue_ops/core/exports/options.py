"""Which options choose among what is exported: one table for what is refused and what is offered.

Options go by the names of their parameters, as `min_failed` for `--min-failed`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from venue_ops.core.enums import Exported

ONLY_OF: Final[Mapping[str, tuple[Exported, ...]]] = {
    "kind": (Exported.OPERATIONS,),
    "state": (Exported.OPERATIONS,),
    "worker": (Exported.OPERATIONS,),
    "venue": (Exported.OPERATIONS, Exported.IMAGES),
    "min_failed": (Exported.VENUES,),
}
"""The options that not every export takes, with those that do."""


def takes(exported: Exported, option: str) -> bool:
    """Whether an export of this takes the option."""
    return exported in ONLY_OF.get(option, Exported)
