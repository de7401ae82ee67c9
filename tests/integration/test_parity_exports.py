"""What an export makes of a row in SQL is what a listing makes of it in Python, for any row."""

from __future__ import annotations

from itertools import product
from typing import Any

from hypothesis import example, given
from hypothesis import strategies as st
from sqlalchemy import bindparam, select
from tests.specimens import JOBS, VALUES, Bench, batches, differences
from tests.strategies import (
    ARGS,
    ERRORS,
    METAS,
    NUMBERS,
    REASONS,
    TEXTS,
    VENUE_IMAGES,
    Spelled,
    Value,
    near,
)

from venue_ops.core.classification import images, jobs, wording
from venue_ops.core.classification.values import member, string_at, whole
from venue_ops.core.db.expressions import identity as sql_identity
from venue_ops.core.db.expressions import jobs as sql_jobs
from venue_ops.core.db.expressions import retryability as sql_retryability
from venue_ops.core.db.expressions import values as sql_values
from venue_ops.core.db.expressions import wording as sql_wording
from venue_ops.core.db.statements.jobs import last_error
from venue_ops.core.models import Outcome
from venue_ops.core.redaction import SECRET_PARAMETERS
from venue_ops.core.references import image_id

MAX_RETRIES = 3
# --- errors in few words ----------------------------------------------------------------------

PIECES = st.sampled_from(
    [
        *("** (Oban.PerformError) ", "App.EnrichmentJob failed with ", "** (X) ** (Y) "),
        *("{:error, ", "{:cancel, ", "{:discard, ", "{:ok, ", "}", '"', '\\"', "\\\\", "\\", ":"),
        *("API error: ", "API authentication/configuration error: ", "x failed with "),
        *("Transient error (will retry): ", ":rate_limited", ":valid?", "no!", "HTTP 503", "*"),
        *(" ", "\t", "\n", "\r\n", "\v", "\f", "\x1c", "\x85", "\u2028", "\u00a0", "é", "ß", "_"),
    ]
)
ERROR_TEXTS = st.lists(PIECES, max_size=7).map("".join) | REASONS | TEXTS


@batches
@given(st.lists(ERROR_TEXTS, min_size=30, max_size=80))
@example(['"', '""', '"\n"', ":a\n", ":a?", ":a b", "{:error, }", "{:error, :a}\n", " \n x"])
def test_wrapping_is_taken_off_alike(bench: Bench, texts: list[Value]) -> None:
    text = sql_values.string(VALUES.c.value)
    asked = select(
        sql_wording.uninspected(text).label("uninspected"),
        sql_wording.plain_error(text).label("plain"),
        sql_wording.plain_error(sql_wording.uninspected(text)).label("both"),
    )
    assert not differences(
        bench.values(texts, asked),
        uninspected=lambda row: wording.uninspected(row["value"]),
        plain=lambda row: wording.plain_error(row["value"]),
        both=lambda row: wording.plain_error(wording.uninspected(row["value"])),
    )


METAS_WITH_ERRORS = METAS | st.fixed_dictionaries(
    {},
    optional={
        "error": near(ERROR_TEXTS),
        "reason": near(ERROR_TEXTS),
        "failure_breakdown": near(
            st.dictionaries(REASONS | st.sampled_from("aB_Z"), near(NUMBERS), max_size=4)
        ),
    },
)


@batches
@given(
    st.lists(METAS_WITH_ERRORS, min_size=8, max_size=14),
    st.lists(ERRORS | st.lists(st.fixed_dictionaries({"error": ERROR_TEXTS})), min_size=2),
)
def test_an_error_in_few_words(bench: Bench, metas: list[Value], errors: list[Value]) -> None:
    rows: list[Any] = [("App", "completed", {}, m, e) for m, e in product(metas, errors[:4])]
    for outcome in (Outcome.FAILED, Outcome.SKIPPED, Outcome.SUCCESS):
        said = sql_values.lit(outcome)
        asked = select(
            sql_wording.error_in_few_words(said, JOBS.c.meta, last_error(JOBS.c.errors)).label(
                "error"
            ),
            sql_wording.skip_reason(said, JOBS.c.meta).label("skip_reason"),
        )
        assert not differences(
            bench.jobs(rows, asked),
            error=lambda row, outcome=outcome: wording.error_in_few_words(
                outcome, row["meta"], (row["errors"] or [None])[-1]
            ),
            skip_reason=lambda row, outcome=outcome: wording.skip_reason(outcome, row["meta"]),
        )


@batches
@given(st.lists(ARGS, min_size=4, max_size=8), st.lists(METAS, min_size=8, max_size=14))
def test_the_providers_of_a_job_in_their_order(
    bench: Bench, args: list[Value], metas: list[Value]
) -> None:
    rows: list[Any] = [("App", "completed", a, m, []) for a, m in product(args, metas)]
    asked = select(sql_jobs.providers_of(sql_jobs.JobColumns.of(JOBS)).label("providers"))
    assert not differences(
        bench.jobs(rows, asked),
        providers=lambda row: list(jobs.job_providers(row["args"], row["meta"])),
    )


@batches
@given(st.lists(METAS, min_size=20, max_size=40))
def test_whole_numbers(bench: Bench, metas: list[Value]) -> None:
    asked = select(sql_values.whole_at(VALUES.c.value, "images_uploaded").label("whole"))
    edges: list[Value] = [
        {"images_uploaded": Spelled(str(number))}
        for number in (0, "-0", 2**53 - 1, 2**53, -1, 10**400, '"1"', "1.0", "1.5", "1e3", "1e-3")
    ]
    assert not differences(
        bench.values([*metas, *edges], asked),
        whole=lambda row: whole(row["value"], "images_uploaded"),
    )


# --- images -----------------------------------------------------------------------------------

NAMES = st.sampled_from([*sorted(SECRET_PARAMETERS), "photo_reference", "w", "", "keys"])


def _encoded(name: str, every: int) -> str:
    return "".join(
        f"%{ord(char):02{'X' if every % 2 else 'x'}}" if number % every == 0 else char
        for number, char in enumerate(name, 1)
    )


ITEMS = st.tuples(
    st.one_of(NAMES, NAMES.map(str.upper), st.builds(_encoded, NAMES, st.integers(1, 4)), TEXTS),
    st.sampled_from(["", "=", "=x", "=a=b", "=%26"]),
).map("".join)
URLS = st.tuples(
    st.sampled_from(["https://h/p", "", "x", "https://h/p?a", "#", "h#f?q=1"]),
    st.sampled_from(["", "?", "?&", "??"]),
    st.lists(ITEMS, max_size=4).map("&".join),
    st.sampled_from(["", "#", "#key=1", "&&", "#a?key=2&b"]),
).map("".join)


@batches
@given(
    st.lists(URLS | TEXTS, min_size=40, max_size=80), st.sampled_from(["google_places", "", "ü"])
)
@example(["?K\u212aey=1", "?\u017fig=1", "?%E2%84%AAey=1", "?key", "?key&", "?a&key=1&b#"], "here")
def test_an_image_has_one_name(bench: Bench, urls: list[str], provider: str) -> None:
    elements: list[Value] = [{"provider": provider, "url": url} for url in urls]
    asked = select(sql_identity.image_id(sql_values.lit("a-venue"), VALUES.c.value).label("id"))
    assert not differences(
        bench.values(elements, asked),
        id=lambda row: image_id("a-venue", provider, row["value"]["url"]),
    )


@batches
@given(st.lists(VENUE_IMAGES, min_size=15, max_size=30))
def test_what_a_retry_would_do_with_each_image(bench: Bench, venues: list[Value]) -> None:
    elements = [image for venue in venues if isinstance(venue, list) for image in venue]
    image = VALUES.c.value
    asked = select(
        sql_retryability.verdict(image, bindparam("max_retries", MAX_RETRIES)).label("retry"),
        sql_retryability.retryability(image).label("retryability"),
        sql_identity.image_id(sql_values.lit("v"), image).label("id"),
    )
    found = [
        row for row in bench.values([*elements, "no image"], asked) if row["value"] is not None
    ]
    assert not differences(
        found,
        retry=lambda row: images.verdict(row["value"], max_retries=MAX_RETRIES),
        retryability=lambda row: images.retryability(row["value"]),
        id=lambda row: _id_of(row["value"]),
    )


def _id_of(image: Any) -> str | None:
    url = images.image_url(image)
    return None if url is None else image_id("v", string_at(image, "provider"), url)


def test_json_null_is_no_image(bench: Bench) -> None:
    asked = select(
        sql_retryability.verdict(VALUES.c.value, bindparam("max_retries", 3)).label("retry")
    )
    assert member(bench.values([[None]], asked)[0], "retry") == "not_an_image"
