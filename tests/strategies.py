"""JSON as it comes from outside: arbitrary, and near misses of what the application writes.

Numbers are kept as they are spelled (`1.0`, `1e400`, `-0`), because PostgreSQL keeps them so
and a Python float would not. Left out is what jsonb cannot hold: U+0000 and lone surrogates.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias, TypeVar

from hypothesis import strategies as st

from venue_ops.core.vocabulary import ERROR_CLASSES, NO_PHOTOS_WORDS


@dataclass(frozen=True, slots=True)
class Spelled:
    """A JSON number by its spelling."""

    text: str


Value: TypeAlias = "bool | str | Spelled | Sequence[Value] | Mapping[str, Value] | None"
T = TypeVar("T")


def to_json(value: Value) -> str:
    """The JSON text of a value."""
    match value:
        case Spelled(text):
            return text
        case Mapping():
            members = (f"{json.dumps(key)}: {to_json(item)}" for key, item in value.items())
            return "{" + ", ".join(members) + "}"
        case None | bool() | str():
            return json.dumps(value)
        case _:
            return "[" + ", ".join(map(to_json, value)) + "]"


NUMBERS = st.sampled_from(
    """
    0 -0 -0.0 1 1.0 1.50 2.9 3 -1 12 12.00 1e2 1E+2 12e-1 1e-7 0.1 1.000000000000000000001
    1e30 1e400 -1e400 2147483647 2147483647.5 2147483648 999999999999999999 999999999999999999.0
    1000000000000000000 9223372036854775807 9223372036854775808
    """.split()  # noqa: SIM905 - a table
).map(Spelled) | st.integers(-5, 40).map(lambda number: Spelled(str(number)))

ODD_TEXTS = st.sampled_from(
    (
        *("", " ", "0", "1", "12", "012", " 12", "12 ", "12\n", "+12", "1.0", "1e2", "٣", "abc"),
        *("999999999999999999", "1000000000000000000", "null", "true", "[]", '{"a": 1}', '"x"'),
        *(
            "\\",
            "a\\nb",
            "İ",
            "ſ",
            "K",
            "Ł",
            "ß",
            "e\u0301",
            "🎷",
            "\u202e",
            "\x1b[31m",
            "\t",
            "\x7f",
        ),
    )
)
TEXTS = ODD_TEXTS | st.text(
    st.characters(
        exclude_characters="\0", categories=("L", "M", "N", "P", "S", "Z", "Cc", "Cf", "Co")
    ),
    max_size=6,
)

SCALARS: st.SearchStrategy[Value] = st.none() | st.booleans() | NUMBERS | TEXTS


def _nested(inner: st.SearchStrategy[Value]) -> st.SearchStrategy[Value]:
    return st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3)


ANYTHING: st.SearchStrategy[Value] = st.recursive(SCALARS, _nested, max_leaves=4)


def near(right: st.SearchStrategy[T]) -> st.SearchStrategy[T | Value]:
    """Mostly what is right, now and then anything else."""
    return st.one_of(right, right, right, ANYTHING)


def objects(**members: st.SearchStrategy[Value]) -> st.SearchStrategy[Value]:
    """An object with some of these members, each nearly right."""
    optional = {name: near(strategy) for name, strategy in members.items()}
    return st.fixed_dictionaries({}, optional=optional)


STATUSES = st.sampled_from(
    """
    success no_images error failed skipped batch_completed scheduled_batch_completed no_work
    orchestrating ERROR Failed novel
    """.split()  # noqa: SIM905 - a table
)
REASONS = TEXTS | st.sampled_from(
    (
        *(
            *NO_PHOTOS_WORDS,
            "REQUEST_DENIED",
            "OVER_QUERY_LIMIT",
            "HTTP 503",
            ":no_images",
            ":rate_limited",
            "No\\ images",
        ),
        *('"API error: REQUEST_DENIED"', "API error: ZERO_RESULTS", "zero_results", "HTTP 429"),
    )
)
PROVIDERS = st.sampled_from(["google_places", "foursquare", "here", "timeout"]) | TEXTS
COUNTS: st.SearchStrategy[Value] = NUMBERS | st.sampled_from([Spelled("0"), Spelled("2"), "2"])

ANSWERS = objects(
    status=st.sampled_from(["success", "failed", "error", "ERROR", "no_images"]),
    reason=REASONS,
    message=REASONS,
    error=REASONS,
)
IDS: st.SearchStrategy[Value] = NUMBERS | ODD_TEXTS

ARGS = near(
    objects(
        venue_id=IDS,
        venue_ids=st.lists(IDS, max_size=3),
        city_id=IDS,
        provider=PROVIDERS,
        providers=st.lists(near(PROVIDERS), max_size=3),
    )
)
JSON_NULL = Spelled("null")
"""The JSON value; a Python None at the top is SQL NULL."""

PLAIN_ANSWERS: st.SearchStrategy[Value] = st.sampled_from(
    [
        {"status": "failed", "reason": '"API error: REQUEST_DENIED"'},
        {"status": "error", "reason": ":no_images"},
        {"status": "success", "images_fetched": Spelled("3")},
    ]
)
NAMES = st.sampled_from(["google_places", "foursquare", "here", "timeout"])
RUNS: st.SearchStrategy[Value] = st.fixed_dictionaries(
    {
        "status": st.sampled_from(["success", "error", "no_images"]),
        "providers": st.dictionaries(NAMES, PLAIN_ANSWERS, min_size=1, max_size=3),
    },
    optional={"images_uploaded": COUNTS, "images_failed": COUNTS},
)
"""Enrichments as the application writes them, where the order of the rules decides."""

METAS = near(
    st.one_of(
        st.sampled_from([JSON_NULL, None]),
        RUNS,
        objects(
            status=STATUSES,
            providers=st.dictionaries(PROVIDERS, near(ANSWERS), max_size=3),
            images_uploaded=COUNTS,
            images_found=COUNTS,
            images_failed=COUNTS,
            error=REASONS,
        ),
        objects(
            status=STATUSES,
            enriched=COUNTS,
            failed=COUNTS,
            total_venues=COUNTS,
            jobs_spawned=COUNTS,
            by_provider=st.dictionaries(PROVIDERS, COUNTS, max_size=2),
        ),
        objects(
            status=STATUSES,
            providers=st.dictionaries(PROVIDERS, ANSWERS, min_size=1, max_size=3),
            failure_breakdown=st.dictionaries(REASONS, COUNTS, max_size=2),
            failed_images=st.lists(near(objects(error_type=REASONS)), max_size=2),
        ),
    )
)
ERRORS = st.lists(near(objects(error=REASONS, attempt=NUMBERS)), max_size=2)

FAILED_IMAGES: st.SearchStrategy[Value] = st.fixed_dictionaries(
    {
        "upload_status": st.just("failed"),
        "error_details": st.sampled_from(sorted(ERROR_CLASSES)).map(lambda e: {"error_type": e}),
        "url": st.sampled_from(["https://a.example/x", "http://a", "x"]),
    },
    optional={"retry_count": st.sampled_from(["0", "2", "2.9", "3", "3.0", "4"]).map(Spelled)},
)
"""Failed images as the application writes them, about the limit of retries."""

MOMENTS = TEXTS | st.sampled_from(
    [
        *("2025-10-24T17:11:00Z", "2025-10-24T17:11:00.123456Z", "2025-10-24T17:11:00"),
        *(
            "2025-10-24 17:11:00",
            "2025-10-24",
            "1999-12-31T23:59:59Z",
            "2x\n?-+1-__T\u00e9%:!!:0007",
        ),
    ]
)
"""Times as the application writes them, and what only looks like one."""

IMAGES = near(FAILED_IMAGES) | near(
    objects(
        upload_status=st.sampled_from(
            ["failed", "failed", "failed", "permanently_failed", "uploaded", "skipped_dev", "new"]
        ),
        error_details=objects(
            error_type=st.sampled_from(sorted(ERROR_CLASSES)) | TEXTS, timestamp=MOMENTS
        ),
        retry_count=NUMBERS,
        retried_at=MOMENTS,
        fetched_at=MOMENTS,
        url=st.sampled_from(["https://a.example/x", "http:///x", "ftp://a/x", "HTTPS://a", ""]),
        provider_url=st.sampled_from(["https://b.example/y?key=1", "http://\n", "https://", "x"]),
        provider=PROVIDERS,
    )
)
VENUE_IMAGES = near(st.lists(IMAGES, max_size=4))
