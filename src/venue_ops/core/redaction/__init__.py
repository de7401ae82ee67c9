"""Secrets out of every text that leaves: URLs, error texts, JSON.

A secret is found by its name (`key=`, `"api_key": "..."`), by its shape (`AIza...`, a password
in a URL) or because it is known (the password of the DSN in use). When in doubt more is hidden
rather than less; photo references, place ids and plain words survive. `redact` is idempotent
and takes linear time: texts come from outside and can be long.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, cast

from venue_ops.core.models import Json
from venue_ops.core.redaction.known import known_pattern
from venue_ops.core.redaction.names import (
    REDACTED,
    SECRET_PARAMETERS,
    Secrecy,
    is_plain,
    secrecy,
)

__all__ = ["REDACTED", "SECRET_PARAMETERS", "Redactor", "redact"]

_SHORTEST = 4
_PASSES = 6
Leaf = Callable[[object], Json]


def _as_is(value: object) -> Json:
    return cast("Json", value)


@dataclass(frozen=True, slots=True)
class Redactor:
    """Replaces secrets by REDACTED; `known` are literal ones, found in any encoding.

    Known secrets of fewer than 4 characters are left to the other rules: they would hide half
    of every text. The repr does not show them.
    """

    known: frozenset[str] = field(default=frozenset(), repr=False)

    def text(self, text: str) -> str:
        """The text without its secrets; applying it again changes nothing."""
        if len(text) < _SHORTEST:
            return text
        # Once is nearly always enough; a replacement can bring two halves of a match together.
        for _ in range(_PASSES):
            cleaned = self._once(text)
            if cleaned == text:
                break
            text = cleaned
        return text

    def _once(self, text: str) -> str:
        # Here, because --help needs no redaction and the patterns take 10 ms to compile.
        from venue_ops.core.redaction.assignments import redact_assignments
        from venue_ops.core.redaction.shapes import redact_tokens, redact_userinfo

        pattern = known_pattern(self.known) if self.known else None
        if pattern:
            text = pattern.sub(REDACTED, text)
        return redact_assignments(redact_userinfo(redact_tokens(text)))

    def json(self, value: Json) -> Json:
        """The JSON value without its secrets: in strings, in keys, and under telling keys."""
        return self.tree(value, _as_is)

    def tree(self, value: object, leaf: Leaf) -> Json:
        """As `json`, for values that hold more than JSON: `leaf` makes a JSON scalar of them.

        Iterative, so that no depth of nesting can exhaust the stack. Keys that become equal
        are told apart by a number: nothing is dropped.
        """
        root: list[Any] = [None]
        stack: list[tuple[object, Any, Any, Secrecy]] = [(value, root, 0, Secrecy.NONE)]
        while stack:
            item, target, slot, under = stack.pop()
            if isinstance(item, Mapping):
                made: dict[str, Any] = {}
                target[slot] = made
                for key, inner in item.items():
                    name = self._key(str(key), made)
                    made[name] = None
                    stack.append((inner, made, name, max(under, secrecy(str(key)[-100:]))))
            elif isinstance(item, Sequence) and not isinstance(item, str | bytes | bytearray):
                row: list[Any] = [None] * len(item)
                target[slot] = row
                stack.extend((inner, row, index, under) for index, inner in enumerate(item))
            else:
                target[slot] = self._scalar(leaf(item), under)
        return cast("Json", root[0])

    def _key(self, key: str, taken: Mapping[str, object]) -> str:
        name = unique = self.text(key)
        count = 2
        while unique in taken:
            unique = f"{name} #{count}"
            count += 1
        return unique

    def _scalar(self, value: Json, under: Secrecy) -> Json:
        if isinstance(value, str):
            secret = under is Secrecy.STRONG or (under is Secrecy.WEAK and not is_plain(value))
            return REDACTED if secret and value else self.text(value)
        if value is None or isinstance(value, bool) or under is not Secrecy.STRONG:
            return value
        return REDACTED


def redact(text: str) -> str:
    """The text without any secret that can be told by its name or its shape."""
    return Redactor().text(text)
