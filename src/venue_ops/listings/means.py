"""What a run is made from, out of the session: store, state folder, pace, network."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from decimal import Decimal

from venue_ops.context import Session
from venue_ops.core.db.connection import Database
from venue_ops.core.errors import ConfigurationError
from venue_ops.core.net.connecting import PublicOnly
from venue_ops.core.net.download import Limits
from venue_ops.core.net.imagekit import UPLOAD_URL, ImageKit, label_of
from venue_ops.core.net.keys import with_google_key
from venue_ops.core.net.stores import Store
from venue_ops.core.planning import Policy
from venue_ops.core.retry.attempts import Tries
from venue_ops.core.retry.rows import Rows
from venue_ops.core.retry.standing import StorePlace
from venue_ops.core.services.plans import provider_terms
from venue_ops.core.services.tools import Means
from venue_ops.settings.retrying import DEFAULT_PACE, DEFAULT_PACES, IMAGEKIT


def rows_of(session: Session) -> Rows:
    """The statements of a retry on the session's own connection."""
    source = session.source
    return _rows(session, source.database)


def prices_of(session: Session) -> dict[str, Decimal]:
    """US dollars an image, as the application keeps them."""
    _, prices = provider_terms(session.source)
    return prices


def paces_of(session: Session) -> dict[str, Decimal]:
    """Requests a second: the settings, else the application's table, else its defaults."""
    written, _ = provider_terms(session.source)
    return {**DEFAULT_PACES, **written, **session.settings.retry.pace}


def place_of(session: Session) -> StorePlace:
    """Where photos are put today. Raises ConfigurationError where no store is set."""
    chosen = session.settings.retry
    if session.settings.demo or chosen.store == IMAGEKIT:
        return StorePlace(label_of(chosen.folder), chosen.folder)
    if chosen.store is None:
        raise _no_store()
    from venue_ops.core.net import objects

    return StorePlace(objects.label_of(chosen.store), chosen.folder)


@dataclass(frozen=True, slots=True)
class Pressure:
    """How hard one run presses; None is what the settings say. `seconds` are of one download."""

    concurrency: int | None = None
    seconds: float | None = None


DEFAULT_PRESSURE = Pressure()


@contextmanager
def means_of(
    session: Session, policy: Policy, pressure: Pressure = DEFAULT_PRESSURE
) -> Iterator[Means]:
    """Everything a run needs. Raises ConfigurationError where no store is set.

    With --demo a provider and an ImageKit of our own stand in for the world while it lasts.
    """
    if not session.settings.demo:
        yield _means(session, policy, pressure)
        return
    from venue_ops.demo.imagekit_server import DEMO_KEY
    from venue_ops.demo.outside import outside

    with outside() as there:
        yield replace(
            _means(
                session,
                policy,
                pressure,
                store=lambda: _demo_store(session, DEMO_KEY, there.upload_url),
            ),
            network=lambda: PublicOnly(allowed=[there.provider]),
            source_url=there.source_url,
        )


def _demo_store(session: Session, key: str, url: str) -> Store:
    return ImageKit(key, now=session.clock, root=session.settings.retry.folder, url=url)


def _means(
    session: Session,
    policy: Policy,
    pressure: Pressure,
    store: Callable[[], Store] | None = None,
) -> Means:
    settings, source = session.settings, session.source
    chosen = settings.retry
    state = session.state
    state.make()
    paces = paces_of(session)
    limits = Limits() if pressure.seconds is None else Limits(total=pressure.seconds)
    return Means(
        run_id=run_id(session),
        rows=lambda: _rows(session, source.database.twin()),
        network=lambda: PublicOnly(allowed=chosen.allowed_hosts),
        store=store or _store(session),
        state=state,
        root=chosen.folder,
        pace=lambda name: float(paces.get(name, DEFAULT_PACE)),
        prices=prices_of(session),
        source_url=lambda url: with_google_key(url, chosen.google_key),
        policy=policy,
        concurrency=pressure.concurrency or chosen.concurrency,
        limits=limits,
        tries=Tries(longest_wait=chosen.longest_wait.total_seconds()),
        clock=time.monotonic,
        now=session.clock,
    )


def _store(session: Session) -> Callable[[], Store]:
    chosen = session.settings.retry
    if chosen.store is None:
        raise _no_store()
    if chosen.store != IMAGEKIT:
        from venue_ops.core.net.objects import ObjectStore

        made = ObjectStore(chosen.store, public_url=chosen.store_public_url)
        return lambda: made
    key = chosen.imagekit_private_key
    if key is None:
        raise ConfigurationError(
            "The private key of ImageKit is not set.", hint="Set IMAGEKIT_PRIVATE_KEY."
        )

    def imagekit() -> Store:
        url = chosen.upload_url or UPLOAD_URL
        return ImageKit(key, now=session.clock, root=chosen.folder, url=url)

    return imagekit


def _no_store() -> ConfigurationError:
    return ConfigurationError(
        "No store is set for the photos.",
        hint="Set IMAGEKIT_PRIVATE_KEY, or VENUE_OPS_STORE to a URL as s3://bucket/folder.",
    )


def _rows(session: Session, database: Database) -> Rows:
    source = session.source
    return Rows(
        database,
        source.oban_schema,
        source.common_parameters(),
        session.settings.queues.enrichment,
        session.settings.retry.settle,
    )


def run_id(session: Session) -> str:
    """Sorts by time, and is told apart from another of the same second."""
    return f"{session.clock():%Y%m%d-%H%M%S}-{secrets.token_hex(2)}"
