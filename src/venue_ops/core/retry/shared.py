"""What the runs of one long-lived process share about providers: pace, slots, breakers."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from venue_ops.core.retry.attempts import Provider
from venue_ops.core.retry.breaker import Breaker
from venue_ops.core.retry.pacing import Pacer

RENEWED_AFTER = 600.0
"""Seconds that a provider is left alone; then it is tried again."""


class Providers:
    """Makes the providers of many runs that go side by side, each with its own proofs."""

    def __init__(
        self,
        pacer: Callable[[str], Pacer],
        breaker: Callable[[], Breaker],
        concurrency: int,
        clock: Callable[[], float],
    ) -> None:
        self._make_pacer = pacer
        self._make_breaker = breaker
        self._concurrency = concurrency
        self._clock = clock
        self._pacers: dict[str, Pacer] = {}
        self._slots: dict[str, asyncio.Semaphore] = {}
        self._breakers: dict[str, Breaker] = {}
        self._opened: dict[str, float] = {}

    def of_run(self, name: str) -> Provider:
        """One for a run; its breaker goes on where that of the last run was."""
        if name not in self._pacers:
            self._pacers[name] = self._make_pacer(name)
            self._slots[name] = asyncio.Semaphore(self._concurrency)
        return Provider(name, self._pacers[name], self._breaker(name), self._slots[name])

    def note(self) -> None:
        """Remember which breakers are open by now, and since when; after every run."""
        for name, breaker in self._breakers.items():
            if breaker.opened is not None:
                self._opened.setdefault(name, self._clock())

    def _breaker(self, name: str) -> Breaker:
        self.note()
        since = self._opened.get(name)
        if since is not None and self._clock() - since >= RENEWED_AFTER:
            del self._breakers[name], self._opened[name]
        if name not in self._breakers:
            self._breakers[name] = self._make_breaker()
        return self._breakers[name]
