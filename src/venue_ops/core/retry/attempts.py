"""One image from its provider into the store: its tries, its pace, and what ends them."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TypeVar

from tenacity import AsyncRetrying, RetryCallState, retry_if_exception, stop_after_attempt

from venue_ops.core.errors import StoreError
from venue_ops.core.net.download import Download, Downloader
from venue_ops.core.net.errors import ImageError
from venue_ops.core.net.stores import Store, StoredObject, Upload
from venue_ops.core.net.waiting import backoff
from venue_ops.core.planning import Item
from venue_ops.core.retry.breaker import Breaker
from venue_ops.core.retry.pacing import HeldError, Pacer

T = TypeVar("T")
Sleep = Callable[[float], Awaitable[None]]


class LeftAloneError(Exception):
    """The provider is left alone for the rest of the run, so this image was not asked for."""


class EndedError(Exception):
    """The run ended while this image waited, so it was not asked for, or not again."""


@dataclass(frozen=True, slots=True)
class Tries:
    """How often, and how long between: seconds. No wait is longer than `longest_wait`.

    The store is asked more often than a provider: its fault ends the whole run.
    """

    most: int = 3
    most_of_store: int = 6
    first_wait: float = 1.0
    longest_step: float = 30.0
    longest_wait: float = 300.0


@dataclass(frozen=True, slots=True)
class Held:
    """A failure that waits for a proof; `begun` is how many requests had begun by then."""

    item: Item
    error: ImageError
    begun: int


@dataclass(slots=True)
class Provider:
    """One provider in a run: `begun` requests so far, the `proof` being the last that brought
    a photo."""

    name: str
    pacer: Pacer
    breaker: Breaker
    slots: asyncio.Semaphore
    begun: int = 0
    proof: int = 0
    held: list[Held] = field(default_factory=list)

    def hold(self, item: Item, error: ImageError) -> None:
        """Keep a failure until it is clear whose it is."""
        self.held.append(Held(item, error, self.begun))

    def photo_came(self, request: int) -> None:
        """The request of this number brought one."""
        self.proof = max(self.proof, request)
        self.breaker.succeeded()

    def proven(self) -> list[Held]:
        """The failures that are the images' own, for a photo was asked for after them and came.

        What was under way already proves nothing: its request may be older than the fault.
        """
        if self.breaker.opened is not None:
            return []
        found = [each for each in self.held if each.begun < self.proof]
        self.held = [each for each in self.held if each.begun >= self.proof]
        return found


@dataclass(slots=True)
class Counts:
    """What was asked of the network so far; `reached`: something answered at all, and
    `unreachable`: somebody could not be."""

    requests: int = 0
    uploads: int = 0
    reached: bool = False
    unreachable: bool = False


class Rest:
    """Quiet that the store asked for: no task begins an upload before it is over."""

    def __init__(self) -> None:
        self._taken = 0
        self._over = asyncio.Event()

    async def over(self) -> None:
        """Return when nobody rests."""
        while self._taken:
            await self._over.wait()

    @contextmanager
    def taken(self) -> Iterator[None]:
        """Rest until the block ends."""
        self._taken += 1
        self._over.clear()
        try:
            yield
        finally:
            self._taken -= 1
            if not self._taken:
                self._over.set()


@dataclass(frozen=True, slots=True)
class Attempts:
    """Fetches and stores images; used by many tasks at once.

    `ended` is set when the run has to end: waits end then, what is under way does not.
    """

    downloader: Downloader
    store: Store
    tries: Tries
    counts: Counts
    sleep: Sleep
    random: Callable[[], float]
    rest: Rest = field(default_factory=Rest)
    ended: asyncio.Event = field(default_factory=asyncio.Event)

    async def fetch_and_store(
        self, url: str, provider: Provider, upload: Callable[[Download], Upload]
    ) -> StoredObject:
        """The stored photo. Raises ImageError or StoreError of the last try, LeftAloneError, or
        EndedError.

        A photo that was fetched is not fetched again because the store failed.
        """

        async def once() -> StoredObject:
            number, turn = await self._turn(provider)
            try:
                async with self.downloader.fetch(
                    url, sent=lambda: provider.pacer.sent(turn)
                ) as download:
                    self.counts.reached = True
                    provider.photo_came(number)
                    return await self._store(upload(download))
            except ImageError as error:
                asked = error.error_type != "invalid_provider_url"
                self.counts.unreachable |= error.is_unreachable
                self.counts.reached |= asked and not error.is_unreachable
                if error.retry_after:
                    provider.pacer.hold(error.retry_after)
                raise

        return await self._tried(once, ImageError, self._sleep, most=self.tries.most)

    async def _sleep(self, seconds: float) -> None:
        await self._unless_ended(self.sleep(seconds))

    async def _unless_ended(self, wait: Awaitable[T]) -> T:
        """Wait. Raises EndedError as soon as the run ends, and what `wait` raises."""
        waiting = asyncio.ensure_future(wait)
        ended = asyncio.ensure_future(self.ended.wait())
        try:
            await asyncio.wait((waiting, ended), return_when=asyncio.FIRST_COMPLETED)
            if not waiting.done():
                raise EndedError
            return await waiting
        finally:
            ended.cancel()
            waiting.cancel()

    async def _turn(self, provider: Provider) -> tuple[int, float]:
        """Wait for the provider's pace, and see afterwards whether it is asked still.

        The number of the request that may begin now, and its turn.
        """
        try:
            turn = await self._unless_ended(
                provider.pacer.turn(longest_hold=self.tries.longest_wait)
            )
        except HeldError:
            provider.breaker.asked_to_wait()
            raise LeftAloneError from None
        if provider.breaker.opened is not None:
            raise LeftAloneError
        self.counts.requests += 1
        provider.begun += 1
        return provider.begun, turn

    async def _store(self, upload: Upload) -> StoredObject:
        asked: float | None = None

        async def once() -> StoredObject:
            nonlocal asked
            await self._unless_ended(self.rest.over())
            self.counts.uploads += 1
            try:
                return await self.store.put(upload)
            except StoreError as error:
                asked = error.retry_after
                raise

        async def sleep(seconds: float) -> None:
            if asked is None:
                await self._sleep(seconds)
            else:
                with self.rest.taken():
                    await self._sleep(seconds)

        return await self._tried(once, StoreError, sleep, most=self.tries.most_of_store)

    async def _tried(
        self,
        once: Callable[[], Awaitable[T]],
        kind: type[ImageError] | type[StoreError],
        sleep: Sleep,
        *,
        most: int,
    ) -> T:
        """The first answer; only what may pass within moments is tried again."""
        tries = self.tries

        def wait(state: RetryCallState) -> float:
            step = backoff(
                state.attempt_number,
                first=tries.first_wait,
                most=min(tries.longest_step, tries.longest_wait),
                random=self.random(),
            )
            return max(step, _asked(state))

        def again(error: BaseException) -> bool:
            if not isinstance(error, kind) or not error.is_transient:
                return False
            return (error.retry_after or 0) <= tries.longest_wait

        retrying = AsyncRetrying(
            stop=stop_after_attempt(most),
            retry=retry_if_exception(again),
            wait=wait,
            sleep=sleep,
            reraise=True,
        )
        return await retrying(once)


def _asked(state: RetryCallState) -> float:
    error = state.outcome.exception() if state.outcome else None
    return getattr(error, "retry_after", None) or 0.0
