"""Findings of doctor: sound whatever the facts are, and what they are made of."""

from __future__ import annotations

import tomllib
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.databases import NOW

from venue_ops.core.doctor import checks, images, jobs, queues, workers
from venue_ops.core.doctor.facts import (
    Executing,
    ImageFault,
    ImageFaults,
    Names,
    Queue,
    Sample,
)
from venue_ops.core.doctor.findings import (
    Finding,
    Level,
    listed,
    quoted_name,
    quoted_text,
    quoted_toml,
)
from venue_ops.core.errors import UsageError
from venue_ops.core.models import JobKind
from venue_ops.core.services.doctor_workers import beside_settings

TEXTS = st.text(max_size=30)
COUNTS = st.integers(1, 10**12)
IDS = st.lists(st.integers(1, 2**62), max_size=5).map(tuple)
MOMENTS = st.integers(-(10**9), 10**9).map(lambda n: NOW + timedelta(seconds=n))
SAMPLES = st.lists(st.builds(Sample, TEXTS, TEXTS, COUNTS, IDS), max_size=4)
EXECUTING = st.lists(
    st.builds(Executing, TEXTS, COUNTS, st.none() | MOMENTS, st.none() | MOMENTS, IDS), max_size=4
)
HELD = st.integers(0, 3)
WORKERS = st.dictionaries(
    st.sampled_from(("A.B", "A.C", "D.B", "")) | TEXTS, COUNTS, min_size=1, max_size=4
)
NAMED = st.dictionaries(
    st.sampled_from(("A.B", "A.Cs", "E.B")) | TEXTS,
    st.sampled_from([kind for kind in JobKind if kind != JobKind.OTHER]),
    max_size=4,
)
QUEUES = st.lists(
    st.builds(
        Queue,
        TEXTS,
        st.integers(0, 10**9),
        st.none() | MOMENTS,
        st.integers(0, 9),
        MOMENTS,
        HELD,
        HELD,
    ),
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


@given(
    samples=SAMPLES,
    executing=EXECUTING,
    found=QUEUES,
    faults=FAULTS,
    text=TEXTS,
    counts=WORKERS,
    named=NAMED,
)
def test_findings_of_any_facts_are_sound(
    samples: list[Sample],
    executing: list[Executing],
    found: list[Queue],
    faults: list[ImageFault],
    text: str,
    counts: dict[str, int],
    named: dict[str, JobKind],
) -> None:
    assert_sound(jobs.spent(samples, oban_schema="odd schema's"))
    assert_sound(jobs.orphans(executing, now=NOW))
    assert_sound(jobs.lifeline(samples))
    assert_sound(jobs.duplicates(samples))
    names = Names({"backfill": "x", "enrichment": text}, {"backfill": "y"}, {})
    assert_sound(queues.queues(found, names, now=NOW))
    named |= {"K.One": JobKind.BACKFILL, "K.Two": JobKind.ENRICHMENT}
    assert_sound(workers.workers(beside_settings(counts, named, {"K.One": JobKind.BACKFILL})))
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


def test_texts_in_sql_and_in_the_configuration_file() -> None:
    assert quoted_text("O'Neill") == "'O''Neill'"
    assert tomllib.loads(f"a = {quoted_toml(chr(92) + chr(34))}") == {"a": chr(92) + chr(34)}


@pytest.mark.parametrize(
    ("items", "word", "said"),
    [
        ([], "and", ""),
        (["a"], "or", "a"),
        (["a", "b"], "and", "a and b"),
        (["a", "b", "c"], "or", "a, b or c"),
        (list("abcde"), "and", "a, b, c, d and e"),
        (list("abcdefghi"), "and", "a, b, c, d, e and 4 more"),
        (list("abcdef"), "or", "a, b, c, d, e or 1 more"),
    ],
)
def test_lists_in_a_sentence(items: list[str], word: str, said: str) -> None:
    assert listed(items, word) == said
