"""Findings of doctor: sound whatever the facts are, and what they are made of."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.databases import NOW

from venue_ops.core.doctor import checks, images, jobs, workers
from venue_ops.core.doctor.facts import (
    Executing,
    ImageFault,
    ImageFaults,
    Queue,
    Sample,
)
from venue_ops.core.doctor.findings import Finding, Level, listed, quoted_name, quoted_text
from venue_ops.core.errors import UsageError

TEXTS = st.text(max_size=30)
COUNTS = st.integers(1, 10**12)
IDS = st.lists(st.integers(1, 2**62), max_size=5).map(tuple)
MOMENTS = st.integers(-(10**9), 10**9).map(lambda n: NOW + timedelta(seconds=n))
SAMPLES = st.lists(st.builds(Sample, TEXTS, TEXTS, COUNTS, IDS), max_size=4)
EXECUTING = st.lists(
    st.builds(Executing, TEXTS, COUNTS, st.none() | MOMENTS, st.none() | MOMENTS, IDS), max_size=4
)
QUEUES = st.lists(
    st.builds(Queue, TEXTS, st.integers(0, 10**9), st.none() | MOMENTS, st.integers(0, 9), MOMENTS),
    max_size=4,
)
FAULTS = st.lists(
    st.builds(
        ImageFault,
        st.sampled_from(("is_null", "is_tomorrow", "shared_url", "no_status", "novel")),
        COUNTS,
        COUNTS,
        IDS,
    ),
    max_size=4,
)


def assert_sound(found: Finding) -> None:
    """What does not pass says what it is about and what to do."""
    assert found.summary.endswith((".", "all."))
    assert found.level in {Level.PASS, Level.WARN, Level.FAIL}
    if found.level is not Level.PASS:
        assert found.remedy
        assert found.details


@given(samples=SAMPLES, executing=EXECUTING, queues=QUEUES, faults=FAULTS)
def test_findings_of_any_facts_are_sound(
    samples: list[Sample],
    executing: list[Executing],
    queues: list[Queue],
    faults: list[ImageFault],
) -> None:
    assert_sound(jobs.spent(samples, oban_schema="odd schema's"))
    assert_sound(jobs.orphans(executing, now=NOW))
    assert_sound(jobs.lifeline(samples))
    assert_sound(jobs.duplicates(samples))
    assert_sound(workers.queues(queues, {"enrichment": "x"}, now=NOW))
    assert_sound(images.malformed(ImageFaults(tuple(faults))))
    assert_sound(images.shared_urls(ImageFaults(tuple(faults), newest=5)))


def test_names_of_checks_are_unique_and_differ_from_those_of_groups() -> None:
    names = [check.name for check in checks.CHECKS]
    assert len(set(names)) == len(names)
    assert not set(names) & {str(check.group) for check in checks.CHECKS}
    groups = [check.group for check in checks.CHECKS]
    assert groups == sorted(groups, key=list(type(groups[0])).index)


def test_checks_are_chosen_by_name_or_group() -> None:
    assert checks.chosen(()) == checks.CHECKS
    assert checks.chosen(["clock"]) == (checks.CLOCK,)
    assert checks.chosen(["images", "malformed"]) == (checks.MALFORMED, checks.SHARED_URLS)
    with pytest.raises(UsageError):
        checks.chosen(["nonsense"])


@pytest.mark.parametrize(
    ("parts", "quoted"),
    [
        (("public", "oban_jobs"), "public.oban_jobs"),
        (("Jobs", "oban_jobs"), '"Jobs".oban_jobs'),
        (('a"b', "x"), '"a""b"."x"'),
        (("größe",), '"größe"'),
        (("user",), '"user"'),
    ],
)
def test_names_in_sql(parts: tuple[str, ...], quoted: str) -> None:
    assert quoted_name(*parts) == quoted


def test_texts_in_sql_and_lists_of_many() -> None:
    assert quoted_text("O'Neill") == "'O''Neill'"
    assert listed(["a", "b"]) == "a, b"
    assert listed([str(n) for n in range(9)]) == "0, 1, 2, 3, 4 and 4 more"
