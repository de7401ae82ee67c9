"""The words of the application, Oban and the providers, as tables of constants.

Both formulations of every rule are built from these tables: the pure functions of
`core.classification` and the SQL expressions of `core.db.expressions`. A word belongs here
once, whatever uses it. Sources: Oban 2.20's job states, the application's upload and error
types, Google's status words.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from venue_ops.core.models import JobKind, Outcome, Retryability, UploadStatus

COMPLETED: Final = "completed"
DISCARDED: Final = "discarded"

STATE_OUTCOMES: Final[Mapping[str, Outcome]] = MappingProxyType(
    {
        "available": Outcome.PENDING,
        "scheduled": Outcome.PENDING,
        "suspended": Outcome.PENDING,
        "executing": Outcome.RUNNING,
        "retryable": Outcome.RETRYING,
        "cancelled": Outcome.CANCELLED,
    }
)
"""States whose outcome does not depend on what the job wrote. A state unknown today is
`unknown`; `completed` and `discarded` need the job's meta."""

UNFINISHED: Final = (Outcome.PENDING, Outcome.RUNNING, Outcome.RETRYING)

CHILDREN_RANKED: Final = (
    Outcome.FAILED,
    Outcome.SUCCESS,
    Outcome.CANCELLED,
    Outcome.NO_IMAGES,
    Outcome.SKIPPED,
)
"""Which word stands for a backfill's finished children when good and bad are not mixed."""

CLASSIFIED_KINDS: Final = (JobKind.BACKFILL, JobKind.ENRICHMENT)
"""The kinds whose meta says what became of them; no other worker writes any."""

STATUS_SKIPPED: Final = "skipped"
STATUS_NO_WORK: Final = "no_work"
ERROR_STATUSES: Final = ("error", "failed")
"""`meta.status` of an enrichment that did not work."""

FAN_OUT_STATUSES: Final = ("orchestrating", "success")
"""`meta.status` of a backfill that only starts other jobs ("new shape")."""

PROVIDER_ERROR_STATUSES: Final = ("failed", "error", "ERROR")
"""`status` of one provider's answer in `meta.providers` when it gave no images."""

PROVIDER_REASON_KEYS: Final = ("reason", "message", "error")

NOT_A_PROVIDER: Final = "timeout"
"""A key among `meta.providers` that names a killed task instead of a provider."""

FAILED_IMAGE_TEXTS: Final = ("error_type", "message", "error")
"""Where an element of `meta.failed_images` says what went wrong."""

NO_PHOTOS_WORDS: Final = (
    "ZERO_RESULTS",
    "No images",
    "no images",
    "no_images",
    "no_results",
    "no_place_id",
)
"""A reason holding one of these says that the venue has no photos there: no error."""

NOT_ASKED_WORDS: Final = ("no_place_id",)
"""A reason holding one of these says that the venue was never asked about: it tells nothing
about the provider."""

BAD_UPLOADS: Final = (UploadStatus.FAILED, UploadStatus.PERMANENTLY_FAILED)
GOOD_UPLOADS: Final = (UploadStatus.UPLOADED, UploadStatus.SKIPPED_DEV)

ERROR_CLASSES: Final[Mapping[str, Retryability]] = MappingProxyType(
    {
        "rate_limited": Retryability.TRANSIENT,
        "service_unavailable": Retryability.TRANSIENT,
        "bad_gateway": Retryability.TRANSIENT,
        "gateway_timeout": Retryability.TRANSIENT,
        "network_timeout": Retryability.TRANSIENT,
        "network_error": Retryability.TRANSIENT,
        "not_found": Retryability.PERMANENT,
        "forbidden": Retryability.PERMANENT,
        "auth_error": Retryability.PERMANENT,
        "file_too_large": Retryability.PERMANENT,
        "invalid_provider_url": Retryability.PERMANENT,
        "server_error": Retryability.AMBIGUOUS,
        "http_error": Retryability.AMBIGUOUS,
        "download_failed": Retryability.AMBIGUOUS,
        "unknown_error": Retryability.AMBIGUOUS,
    }
)
"""The application's `error_details.error_type`; any other, and none, is ambiguous."""

ERROR_TYPE_ABSENT: Final = "unknown"
"""How an image that failed without an `error_type` is counted and shown."""

PROVIDER_ABSENT: Final = "unknown"
"""How an image without a provider is counted and shown."""

USABLE_URL: Final = "^https?://[^/]"
"""What a URL has to match, in Python and in PostgreSQL, to be downloaded at all."""

BLANKS: Final = " \t\n\v\f\r"
"""What is taken off the ends of a text."""

WRAPPER: Final = r"^\*\* \([A-Za-z0-9_.]+\) ?"
WORKER_FAILED: Final = "^[A-Za-z0-9_.]+ failed with "
ERROR_TUPLE: Final = r"^\{:(?:error|discard|cancel), (.*)\}$"
ATOM: Final = r"^:[A-Za-z0-9_]+[?!]?$"
"""How Elixir and Oban wrap what happened, in what Python's and PostgreSQL's expressions share.
They are asked of one line, so `.` and `$` mean the same to both."""

ERROR_PREFIXES: Final = (
    "API authentication/configuration error: ",
    "Transient error (will retry): ",
    "API error: ",
)

QUIET_OUTCOMES: Final = (
    Outcome.SUCCESS,
    Outcome.NO_IMAGES,
    Outcome.PENDING,
    Outcome.RUNNING,
)
"""Outcomes that have nothing to complain about."""
MOMENT_PLACES: Final = ("timestamp", "retried_at", "fetched_at")
"""Where it says when an image was last tried; the first in its `error_details`."""

KEY_IN_URL: Final = (
    "(?i)[?&](?:key|api[_-]?key|access[_-]?key|access[_-]?token|token|client_secret)=([^&#]+)"
)
"""The key in a provider's URL, for Python and for PostgreSQL."""

FINGERPRINT_DIGITS: Final = 8

KEY_REFUSED_WORDS: Final = ("REQUEST_DENIED", "INVALID_API_KEY", "HTTP 401", "HTTP 403")
MISUSED_WORDS: Final = ("INVALID_REQUEST", "HTTP 400")
RATE_LIMITED_WORDS: Final = (
    *("OVER_QUERY_LIMIT", "RESOURCE_EXHAUSTED", "HTTP 429", "rate_limited"),
)
DOWN_WORDS: Final = (
    *("HTTP 500", "HTTP 502", "HTTP 503", "HTTP 504", "Network error", "network_error"),
    *("timeout", "service_unavailable"),
)
"""What a provider's reason in `meta.providers` holds: the key or the request is refused until
someone mends it, or it passes by itself."""

KEY_REFUSED_TYPES: Final = ("auth_error", "forbidden")
RATE_LIMITED_TYPES: Final = ("rate_limited",)
DOWN_TYPES: Final = (
    *("service_unavailable", "bad_gateway", "gateway_timeout", "server_error"),
    *("network_timeout", "network_error"),
)
"""The same of an image's `error_type`."""

CHILD_SLACK_SECONDS: Final = 5
"""How far a child's inserted_at may lie outside its backfill's run: two clocks."""


def types_of(retryability: Retryability) -> tuple[str, ...]:
    """The error types of one class, in the table's order."""
    return tuple(name for name, known in ERROR_CLASSES.items() if known is retryability)


FINISHED: Final = ("completed", "discarded", "cancelled")
"""Oban's states of a job that is over. Any other, also one that is not known today, may still lead
to a write."""
