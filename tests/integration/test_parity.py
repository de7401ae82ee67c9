"""Every rule is stated twice, in Python and in SQL: both say the same of any row.

Rows are made in bulk: each example draws a few args, metas and errors, and compares every
combination of them with every kind and several states, so a run compares some ten thousand rows.
What Python judges is read back from the database, as the program reads it.
"""

from __future__ import annotations

import hashlib
import json
import re
from itertools import combinations, product
from typing import Any

from hypothesis import example, given
from hypothesis import strategies as st
from sqlalchemy import ARRAY, Text, bindparam, select
from tests.specimens import JOBS, KINDS, VALUES, Bench, batches, differences
from tests.strategies import (
    ANYTHING,
    ARGS,
    ERRORS,
    IDS,
    METAS,
    VENUE_IMAGES,
    Spelled,
    Value,
    near,
)

from venue_ops.core.classification import causes, images, jobs
from venue_ops.core.classification.values import ascii_lower, member, names_in
from venue_ops.core.db.expressions import attempts
from venue_ops.core.db.expressions import children as sql_children
from venue_ops.core.db.expressions import enqueueing as sql_enqueueing
from venue_ops.core.db.expressions import images as sql_images
from venue_ops.core.db.expressions import jobs as sql_jobs
from venue_ops.core.db.expressions import outcomes as sql_outcomes
from venue_ops.core.db.expressions import values as sql_values
from venue_ops.core.models import JobKind, Outcome
from venue_ops.core.planning.decisions import is_for_job
from venue_ops.core.references import json_id
from venue_ops.core.vocabulary import KEY_IN_URL, NOT_A_PROVIDER, STATE_OUTCOMES

MAX_RETRIES = 3


def facts(row: dict[str, Any]) -> jobs.JobFacts:
    kind = JobKind(KINDS.get(row["worker"], "other"))
    return jobs.JobFacts(kind, row["state"], row["args"], row["meta"], tuple(row["errors"]))


# --- jobs -------------------------------------------------------------------------------------

STATES = (*STATE_OUTCOMES, "completed", "discarded", "COMPLETED", "state of tomorrow", "")
COLUMNS = sql_jobs.JobColumns.of(JOBS)


@batches
@given(st.lists(ARGS, min_size=1, max_size=5), st.lists(METAS, min_size=8, max_size=14),
       st.lists(ERRORS, min_size=1, max_size=2), st.sampled_from(STATES))  # fmt: skip
@example([{}], [None, Spelled("null"), [], {}, "x"], [[], [None]], "completed")
def test_outcome_scope_and_kind(
    bench: Bench, args: list[Value], metas: list[Value], errors: list[Value], state: str
) -> None:
    """Without children, as for every job but a fanned-out backfill."""
    states = dict.fromkeys(("completed", "discarded", state))
    rows = list(product(KINDS, states, args, metas, errors))
    asked = select(
        sql_outcomes.job_outcome(COLUMNS, sql_values.lit(Outcome.UNKNOWN)).label("outcome"),
        sql_jobs.job_scope(COLUMNS).label("scope"),
        sql_jobs.job_kind(JOBS.c.worker).label("kind"),
        sql_outcomes.fans_out(COLUMNS).label("fans_out"),
        sql_outcomes.venue_enrichment_outcome(COLUMNS).label("as_child"),
    )
    found = bench.jobs(rows, asked)
    assert len(found) == len(rows)
    of_one_venue = [row for row in found if (row["kind"], row["scope"]) == ("enrichment", "venue")]
    assert all(row["as_child"] == row["outcome"] for row in of_one_venue)
    assert not differences(
        found,
        outcome=lambda row: jobs.job_outcome(facts(row)),
        scope=lambda row: jobs.job_scope(facts(row).kind, row["args"]),
        kind=lambda row: facts(row).kind,
        fans_out=lambda row: jobs.fans_out(facts(row)),
    )


def test_every_set_of_children(bench: Bench) -> None:
    """All 1,024 sets of outcomes; how many of each does not matter."""
    sets = [chosen for size in range(11) for chosen in combinations(Outcome, size)]
    tallies: list[Value] = [{outcome.value: "n" for outcome in chosen} for chosen in sets]
    asked = select(sql_children.outcome_of_tally(VALUES.c.value).label("outcome"))
    found = bench.values([None, *tallies], asked)
    assert len(found) == 1_025
    assert not differences(
        found,
        outcome=lambda row: jobs.children_outcome([Outcome(word) for word in row["value"] or ()]),
    )


@batches
@given(st.lists(ARGS, min_size=4, max_size=8), st.lists(METAS, min_size=8, max_size=14))
def test_the_providers_a_filter_finds_are_those_a_row_shows(
    bench: Bench, args: list[Value], metas: list[Value]
) -> None:
    rows: list[Any] = [("App.Enrichment", "completed", a, m, []) for a, m in product(args, metas)]
    asked = select(
        sql_jobs.mentions_provider(COLUMNS, bindparam("providers", type_=ARRAY(Text))).label("is")
    )
    shown = [name for row in bench.jobs(rows, asked, providers=[]) for name in _providers(row)]
    for wanted in (["here"], ["google_places", "12"], [NOT_A_PROVIDER], sorted(set(shown))[-2:]):
        found = bench.jobs(rows, asked, providers=wanted)
        mine = set(wanted)
        assert not differences(found, **{"is": lambda row, mine=mine: bool(_providers(row) & mine)})


def _providers(row: dict[str, Any]) -> set[str]:
    return set(jobs.job_providers(row["args"], row["meta"]))


def test_no_provider_of_the_four_places_is_passed_over(bench: Bench) -> None:
    """The mirror of the rule in words: names_in over four members, less the killed task."""
    row: dict[str, Any] = {
        "args": {"provider": "a", "providers": ["b", 1]},
        "meta": {"providers": {"c": {}, "timeout": {}}, "by_provider": {"d": 1}},
    }
    places = [("args", "provider"), ("args", "providers"), ("meta", "providers")]
    places.append(("meta", "by_provider"))
    named = {name for column, key in places for name in names_in(member(row[column], key))}
    assert _providers(row) == named - {NOT_A_PROVIDER} == {"a", "b", "c", "d"}


@batches
@given(st.lists(METAS, min_size=8, max_size=14), st.lists(ERRORS, min_size=4, max_size=6),
       st.integers(0, 3))  # fmt: skip
def test_a_text_is_found_where_an_error_holds_it(
    bench: Bench, metas: list[Value], errors: list[Value], start: int
) -> None:
    """Needles are pieces of the texts themselves, in other cases, and words of the metas."""
    rows: list[Any] = [("App.O'K", "completed", {}, m, e) for m, e in product(metas, errors)]
    names = ("errors", "errors_as_json")
    asked = select(
        sql_jobs.mentions_error(COLUMNS, bindparam("errors", type_=ARRAY(Text))).label("is")
    )
    everything = bench.jobs(rows, asked, **{name: ["no such text"] for name in names})
    assert not any(row["is"] for row in everything)
    texts = sorted({text for row in everything for text in jobs.error_texts(facts(row))})
    pieces = [text[start : start + 5] for text in texts[:: max(1, len(texts) // 6)]]
    for piece in [*filter(None, pieces), "status", "error", "denied"]:
        needle = ascii_lower(piece.swapcase() if piece.isascii() else piece)
        as_json = json.dumps(needle, ensure_ascii=False)[1:-1]
        found = bench.jobs(rows, asked, errors=["no", needle], errors_as_json=["no", as_json])
        assert not differences(
            found,
            **{
                "is": lambda row, needle=needle: any(
                    needle in ascii_lower(text) or "no" in ascii_lower(text)
                    for text in jobs.error_texts(facts(row))
                )
            },
        )


# --- values -----------------------------------------------------------------------------------


@batches
@given(st.lists(near(IDS), min_size=20, max_size=60))
def test_ids(bench: Bench, values: list[Value]) -> None:
    found = bench.values(values, select(sql_values.json_id(VALUES.c.value).label("id")))
    assert not differences(found, id=lambda row: json_id(row["value"]))


def test_case_is_folded_for_a_to_z_alone_whatever_the_locale(bench: Bench) -> None:
    text = "".join(map(chr, (*range(1, 0xD800), *range(0xE000, 0x3000, 97), 0x1F3B7)))
    folded = sql_values.ascii_lower(sql_values.string(VALUES.c.value))
    (found,) = bench.values([text], select(folded.label("folded")))
    assert found["folded"] == ascii_lower(text)


# --- images -----------------------------------------------------------------------------------


@batches
@given(st.lists(VENUE_IMAGES, min_size=15, max_size=30))
@example([None, Spelled("null"), [None], [[]], {}, "x", [{"upload_status": "failed"}]])
def test_counts_and_outcome_of_a_venue(bench: Bench, venues: list[Value]) -> None:
    column = VALUES.c.value
    asked = select(
        sql_images.image_counts(column, bindparam("max_retries", MAX_RETRIES)).label("counts"),
        sql_images.venue_outcome(column, sql_images.outcome_counts(column)).label("outcome"),
        column.is_(None).label("is_null"),
    )
    found = bench.values(venues, asked)
    assert not differences(
        found,
        counts=lambda row: _counts(row["value"]),
        outcome=lambda row: images.venue_outcome(row["value"], is_null=row["is_null"]),
    )


def _counts(venue_images: Any) -> list[int]:
    counts = images.count_images(venue_images, max_retries=MAX_RETRIES)
    return [getattr(counts, place.name.lower()) for place in sql_images.Count]


@batches
@given(st.lists(VENUE_IMAGES, min_size=15, max_size=30), ANYTHING)
def test_each_image(bench: Bench, venues: list[Value], odd: Value) -> None:
    elements = [image for venue in venues if isinstance(venue, list) for image in venue]
    image = VALUES.c.value
    retryable = sql_images.is_retryable(image, bindparam("max_retries", MAX_RETRIES))
    asked = select(
        attempts.tried_at(image).label("tried_at"),
        attempts.key_fingerprint(image).label("key"),
        sql_images.error_type(image).label("error_type"),
        sql_images.image_url(image).label("url"),
        sql_images.retry_count(image).label("retry_count"),
        retryable.is_(sql_jobs.TRUE).label("retryable"),
        sql_enqueueing.for_job(image).label("for_job"),
    )
    found = bench.values([*elements, odd], asked)
    assert not differences(
        found,
        tried_at=lambda row: causes.tried_at(row["value"]),
        key=lambda row: _fingerprint(images.image_url(row["value"])),
        error_type=lambda row: images.error_type(row["value"]),
        url=lambda row: images.image_url(row["value"]),
        retry_count=lambda row: images.retry_count(row["value"]),
        retryable=lambda row: (
            images.verdict(row["value"], max_retries=MAX_RETRIES) is images.Verdict.RETRY
        ),
        for_job=lambda row: is_for_job(row["value"]),
    )


def _fingerprint(url: str | None) -> str | None:
    found = re.search(KEY_IN_URL, url or "")
    return hashlib.sha256(found[1].encode()).hexdigest()[:8] if found else None
