"""One image of a run: fetched, stored, journalled, written; or what failed, written or held."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace

from venue_ops.core.classification.values import string_at
from venue_ops.core.errors import NetworkError, StoreError, VenueOpsError
from venue_ops.core.models import Retryability, UploadStatus
from venue_ops.core.naming import SourceImage, folder_for, name_for, tags_for
from venue_ops.core.net.download import Download
from venue_ops.core.net.errors import ImageError
from venue_ops.core.net.stores import StoredObject, Upload
from venue_ops.core.planning import Item, identity_of, provider_of
from venue_ops.core.retry.attempts import EndedError, LeftAloneError, Provider
from venue_ops.core.retry.outcomes import Result, Stop
from venue_ops.core.retry.rows import VenueNow
from venue_ops.core.retry.run import Ending, Report, Run
from venue_ops.core.retry.standing import Entry
from venue_ops.core.retry.storing import Storing

_ENDED = "the run ended before its turn"


class Imaging:
    """Retries single images; used by many tasks at once."""

    def __init__(self, run: Run, report: Report, ending: Ending) -> None:
        self._run = run
        self._report = report
        self._ending = ending
        self._storing = Storing()
        self.providers: dict[str, Provider] = {}

    async def repair(self, item: Item, entry: Entry) -> None:
        """Write what lies in the store already. Raises DatabaseError."""
        await self._write_stored(item, StoredObject(entry.url, entry.path), Result.REPAIRED)

    async def retry(self, item: Item, venue: VenueNow) -> None:
        """Try an image, and write what became of it. Raises VenueOpsError and StoreError."""
        provider = self._provider(provider_of(item))
        async with provider.slots:
            left_alone = f"{provider.name} is left alone for the rest of the run"
            if provider.breaker.opened is not None:
                self._report.done(item, Result.LEFT, left_alone)
                return
            if not self._ending.begin(provider.name):
                self._report.done(item, Result.LEFT, _ENDED)
                return
            try:
                stored = await self._run.attempts.fetch_and_store(
                    self._run.source_url(item.source.url), provider, self._upload(item, venue)
                )
            except LeftAloneError:
                self._report.done(item, Result.LEFT, left_alone)
            except EndedError:
                self._report.done(item, Result.LEFT, _ENDED)
            except ImageError as error:
                await asyncio.shield(self._failed(item, provider, error))
            except StoreError as error:
                self._report.done(item, Result.LEFT, "the store did not take it")
                if self._storing.ends_with(error):
                    raise
            except VenueOpsError:
                self._report.done(item, Result.LEFT, "a fault of our own ended the run")
                raise
            else:
                await asyncio.shield(self._stored(item, provider, stored))

    async def settle(self) -> None:
        """Write what was held, where it is clear by now that it was about the images.

        Raises StoreError where a store that failed took no photo at all, and NetworkError where
        nothing could be reached.
        """
        self._ending.settled()
        await self._write_held()
        for item, error in self._storing.refused:
            self._report.done(item, Result.LEFT, error=error)
        if self._run.summary.stopped is Stop.SIGNAL:
            return
        if self._storing.fault is not None and not self._storing.has_stored:
            raise self._storing.fault
        counts = self._run.attempts.counts
        if counts.unreachable and not counts.reached:
            raise NetworkError(
                "No provider could be reached.",
                hint="Check this machine's network and DNS: no image was marked for it.",
            )

    async def _write_held(self) -> None:
        """All that is held comes to its end, also where the database goes away meanwhile."""
        fault: VenueOpsError | None = None
        for provider in self.providers.values():
            held, provider.held = provider.held, []
            for each in held:
                is_clear = self._run.attempts.counts.reached
                if fault is None and is_clear and provider.breaker.releases(each.error):
                    try:
                        await self._write_failure(each.item, each.error)
                    except VenueOpsError as error:  # it has told of this image
                        fault = error
                else:
                    self._report.done(each.item, Result.LEFT, error=each.error)
        if fault is not None:
            raise fault

    async def _stored(self, item: Item, provider: Provider, stored: StoredObject) -> None:
        """Journal first: from there on no crash costs another upload."""
        entry = Entry(
            at=self._run.now().isoformat(),
            run=self._run.id,
            venue_id=item.venue_id,
            image=item.id or "",
            url=stored.url,
            path=stored.path,
            store=self._run.place.store,
            root=self._run.place.root,
        )
        await asyncio.to_thread(self._run.journal.append, entry)
        await self._write_stored(item, stored, Result.UPLOADED)
        for refused, error in self._storing.stored():
            await self._write_failure(refused, error)
        for each in provider.proven():
            await self._write_failure(each.item, each.error)

    async def _failed(self, item: Item, provider: Provider, error: ImageError) -> None:
        if error.by_store:
            if not self._storing.holds(item, error):
                await self._write_failure(item, error)
            return
        provider.breaker.failure(error)
        if provider.breaker.holds(error):
            provider.hold(item, error)
        else:
            await self._write_failure(item, error)

    async def _write_stored(self, item: Item, stored: StoredObject, result: Result) -> None:
        now = self._run.now()
        try:
            is_written = await self._run.rows.call(
                lambda rows: rows.mark_uploaded(item.venue_id, item.source, stored, now)
            )
        except VenueOpsError:
            said = "it is stored, and its row could not be written: the next run does"
            self._report.done(item, Result.LEFT, said, stored=stored)
            raise
        if is_written:
            self._report.done(item, result, stored=stored)
        else:
            said = "it changed while it was fetched"
            self._report.done(item, Result.CHANGED, said, stored=stored)

    async def _write_failure(self, item: Item, error: ImageError) -> None:
        now, limit = self._run.now(), self._run.policy.max_retries
        try:
            is_written = await self._run.rows.call(
                lambda rows: rows.mark_failed(item, error, now, max_retries=limit)
            )
        except VenueOpsError:
            self._report.done(item, Result.LEFT, error=error)
            raise
        is_last = item.retries + 1 >= limit or error.retryability is Retryability.PERMANENT
        result = Result.GIVEN_UP if is_last else Result.FAILED
        self._report.done(item, result if is_written else Result.CHANGED, error=error)

    def _upload(self, item: Item, venue: VenueNow) -> Callable[[Download], Upload]:
        identity = item.source
        file = name_for(SourceImage(identity.provider, identity.url), _sources(venue))
        folder = folder_for(self._run.root, venue.slug, venue.id)
        tags = tags_for(identity.provider, venue.slug)
        return lambda download: Upload(
            folder, file, download.body, download.size, download.picture.format, tags
        )

    def _provider(self, name: str) -> Provider:
        found = self.providers.get(name)
        if found is None:
            found = self.providers[name] = self._run.provider(name)
        return found


def _sources(venue: VenueNow) -> list[SourceImage]:
    """All images of a venue as names see them: where they are from, where they lie."""
    found = []
    for image in venue.images:
        identity = identity_of(image)
        if identity is None:
            continue
        source = SourceImage(identity.provider, identity.url)
        if string_at(image, "upload_status") == UploadStatus.UPLOADED:
            where = string_at(image, "imagekit_path") or string_at(image, "url")
            source = replace(source, stored_at=where)
        found.append(source)
    return found
