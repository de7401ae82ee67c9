"""What goes together in the line of an export: its subject, and the options that choose there."""

from __future__ import annotations

from collections.abc import Iterable

from venue_ops.completion.typed import Typed
from venue_ops.core.enums import Exported


def exported(typed: Typed) -> Exported:
    """What is exported; ValueError for a word that is none of them."""
    (what,) = typed.given.get("what", ()) or (Exported.OPERATIONS,)
    return Exported(what)


def subjects(typed: Typed) -> Iterable[Exported]:
    """What can be exported with the options given so far."""
    from venue_ops.core.exports.options import takes

    return (what for what in Exported if all(takes(what, name) for name in typed.given))


def refuses(typed: Typed, option: str) -> bool:
    """Whether the line is one of an export that will not take this option.

    Before its subject stands there, any option may still choose among it.
    """
    from venue_ops.core.exports.options import takes

    if typed.path[:1] != ("export",):
        return False
    possible = (exported(typed),) if "what" in typed.given else Exported
    return not any(takes(what, option) for what in possible)
