"""What a soak came to is said on the terminal, whatever pytest captures."""

from __future__ import annotations

from collections.abc import Callable

Tell = Callable[[str], None]
