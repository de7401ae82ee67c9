"""What a plan is made of."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from venue_ops.core.models import Json, Retryability
from venue_ops.core.vocabulary import PROVIDER_ABSENT


class Grain(StrEnum):
    """What a retry was asked for."""

    IMAGE = "image"
    VENUE = "venue"
    CITY = "city"
    SWEEP = "sweep"


class Remedy(StrEnum):
    """What would mend a failed image."""

    RETRY = "retry"
    FETCH_AGAIN = "fetch_again"
    GEOCODE = "geocode"
    FIX_KEY = "fix_key"
    GIVE_UP = "give_up"


class Reason(StrEnum):
    """Why an image is left out; the words of `Verdict` where that is the reason."""

    UPLOADED = "uploaded"
    NOT_UPLOADED_IN_DEVELOPMENT = "skipped_dev"
    GIVEN_UP = "permanently_failed"
    PERMANENT_ERROR = "permanent_error"
    AMBIGUOUS_ERROR = "ambiguous_error"
    RETRIES_SPENT = "retries_spent"
    NO_USABLE_URL = "no_usable_url"
    NO_STATUS = "no_status"
    UNKNOWN_STATUS = "unknown_status"
    NOT_AN_IMAGE = "not_an_image"
    NOT_CHOSEN = "not_chosen"
    TWICE = "twice_in_the_venue"
    JOB_UNFINISHED = "job_unfinished"
    JUST_TOUCHED = "just_touched"
    CHANGED = "changed"
    INLINE_ONLY = "inline_only"
    UNSAVABLE = "unsavable"
    UNORDERED = "unordered"


@dataclass(frozen=True, slots=True)
class Policy:
    """Which failed images a retry takes.

    `classes` None are the transient ones, and with `force` all. `force` also takes those that
    were given up and those whose retries are spent, of these classes. `errors` are types or
    parts of a text, as in the lists. `by_job` leaves what the application's own job cannot load.
    """

    classes: frozenset[Retryability] | None = None
    errors: tuple[str, ...] = ()
    providers: tuple[str, ...] = ()
    max_retries: int = 3
    force: bool = False
    by_job: bool = False

    def takes(self, kind: Retryability | None) -> bool:
        """Whether errors of this class are tried."""
        if self.classes is not None:
            return kind in self.classes
        return self.force or kind is Retryability.TRANSIENT


@dataclass(frozen=True, slots=True)
class Identity:
    """What an image is known by; never its place, which the application changes."""

    provider: str | None
    url: str


@dataclass(frozen=True, slots=True)
class Blocker:
    """What of a venue's jobs stands in the way of a retry, and since when."""

    reason: Reason
    job_id: int
    worker: str
    state: str
    since: datetime


@dataclass(frozen=True, slots=True)
class Item:
    """One image of a plan; `reason` None means that it is taken, `blocker` is a job in its way."""

    venue_id: int
    venue_slug: str
    place: int
    id: str | None
    identity: Identity | None
    status: str | None
    retryability: Retryability | None
    error_type: str | None
    status_code: int | None
    retries: int
    reason: Reason | None
    remedy: Remedy | None
    blocker: Blocker | None = None

    @property
    def is_taken(self) -> bool:
        """Whether the retry would try it."""
        return self.reason is None

    @property
    def source(self) -> Identity:
        """The identity of one that is taken: it has one."""
        assert self.identity is not None  # noqa: S101
        return self.identity


@dataclass(frozen=True, slots=True)
class Venue:
    """Whose images are planned; `provider_ids` names the place at each provider."""

    id: int
    slug: str
    name: str
    provider_ids: Json = None


@dataclass(frozen=True, slots=True)
class Seen:
    """A venue's row when its plan was looked at, and the args of the job of it then, as JSON.

    No two versions of a row have the same `xmin` and `ctid`, PostgreSQL's words for who wrote it
    and where it stands. Everything that decides about its images stands in the row: as long as it
    is of that version, the job would have the same args.
    """

    xmin: str
    ctid: str
    args: str


@dataclass(frozen=True, slots=True)
class VenuePlan:
    """The images of one venue that a retry was asked for, in their order.

    `seen` is there when it was looked at and could be enqueued.
    """

    venue_id: int
    slug: str
    name: str
    items: tuple[Item, ...]
    blocker: Blocker | None = None
    seen: Seen | None = None

    @property
    def taken(self) -> tuple[Item, ...]:
        """Those that would be tried."""
        taken = [item for item in self.items if item.reason is None]
        return self.items if len(taken) == len(self.items) else tuple(taken)


@dataclass(slots=True)
class Totals:
    """What a whole plan comes to; grows venue by venue."""

    venues: int = 0
    images: int = 0
    providers: Counter[str] = field(default_factory=Counter)
    left_out: Counter[Reason] = field(default_factory=Counter)

    def add(self, plan: VenuePlan) -> None:
        """Count one more venue."""
        taken = plan.taken
        self.venues += bool(taken)
        self.images += len(taken)
        self.providers.update(provider_of(item) for item in taken)
        self.left_out.update(item.reason for item in plan.items if item.reason is not None)

    def seconds(self, rates: Mapping[str, Decimal], default: Decimal) -> Decimal:
        """How long it takes at least: providers are asked side by side, each at its pace."""
        each = (count / rates.get(name, default) for name, count in self.providers.items())
        return max(each, default=Decimal(0))

    def cost(self, prices: Mapping[str, Decimal]) -> Decimal:
        """What the providers will ask for it, in US dollars, as far as prices are known."""
        return sum((prices.get(n, Decimal(0)) * c for n, c in self.providers.items()), Decimal(0))


def provider_of(item: Item) -> str:
    """The provider, or the word for none."""
    return (item.identity.provider if item.identity else None) or PROVIDER_ABSENT
