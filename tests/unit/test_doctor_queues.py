"""What doctor says of the queues: a pure function and its limits."""

from __future__ import annotations

from datetime import timedelta

import pytest
from tests.databases import NOW

from venue_ops.core.doctor import queues
from venue_ops.core.doctor.facts import Names, Queue
from venue_ops.core.doctor.findings import Finding, Level

DEFAULTS = {"backfill": "venue_backfill", "enrichment": "venue_enrichment"}
BACKFILL = Queue("venue_backfill", 0, None, 0, NOW, backfills=3)
ENRICHMENT = Queue("venue_enrichment", 0, None, 0, NOW, enrichments=9)
MAIL = Queue("emails", 0, None, 0, NOW)
STUCK = Queue("emails", 3, NOW - timedelta(hours=3), 0, None)


def judged(*found: Queue, **named: str) -> Finding:
    names = Names({**DEFAULTS, **named}, DEFAULTS, {})
    return queues.queues(found, names, now=NOW)


@pytest.mark.parametrize(
    ("since", "attempt", "running", "dead"),
    [
        (9, None, 0, False),
        (11, None, 0, True),
        (11, 11, 0, True),
        (600, 9, 0, False),
        (600, 600, 1, False),
    ],
)
def test_a_queue_is_dead_when_jobs_wait_and_none_is_begun(
    since: int, attempt: int | None, running: int, *, dead: bool
) -> None:
    last = None if attempt is None else NOW - timedelta(minutes=attempt)
    queue = Queue("photos", 3, NOW - timedelta(minutes=since), running, last)
    found = judged(queue, ENRICHMENT)
    assert found.level is (Level.WARN if dead else Level.PASS)
    named = judged(queue, enrichment="photos")
    assert (named.level is Level.FAIL) == dead


def test_a_queue_of_ours_that_is_stuck_fails_under_whatever_name_the_settings_have() -> None:
    stuck = Queue("fetching", 1, NOW - timedelta(hours=1), 0, None, enrichments=1)
    found = judged(stuck, BACKFILL)
    assert found.level is Level.FAIL
    assert found.summary.startswith("Nobody works on fetching: ")
    assert "names venue_enrichment, but the jobs of workers.enrichment are in fetching." in (
        found.summary
    )


@pytest.mark.parametrize(
    ("kind", "right"), [("backfill", "venue_backfill"), ("enrichment", "venue_enrichment")]
)
@pytest.mark.parametrize("wrong", ["photos", "emails"], ids=["nowhere", "another's"])
@pytest.mark.parametrize("third", [MAIL, STUCK], ids=["else all is well", "one is stuck"])
def test_a_wrong_queue_is_named_with_the_one_that_has_the_jobs(
    kind: str, right: str, wrong: str, third: Queue
) -> None:
    found = judged(BACKFILL, ENRICHMENT, third, **{kind: wrong})
    assert found.level is Level.FAIL
    assert (
        f"The setting queues.{kind} names {wrong}, but the jobs of workers.{kind} are in {right}."
        in found.summary
    )
    assert ("Nobody works on emails" in found.summary) == (third is STUCK)
    assert found.details[0].subject == wrong
    assert found.remedy
    assert found.remedy.endswith(f'configuration file: {kind} = "{right}"')


def test_both_queues_can_be_wrong_at_once() -> None:
    found = judged(BACKFILL, ENRICHMENT, backfill="a", enrichment="b")
    assert [each.subject for each in found.details[:2]] == ["a", "b"]
    assert found.remedy
    assert found.remedy.endswith('backfill = "venue_backfill"; enrichment = "venue_enrichment"')


def test_jobs_in_several_queues_are_all_named_the_fullest_first() -> None:
    few = Queue("few", 0, None, 0, NOW, enrichments=2)
    many = Queue("many", 0, None, 0, NOW, enrichments=30)
    found = judged(few, many, enrichment="photos")
    assert found.details[0].text == (
        "queues.enrichment names it; the jobs of workers.enrichment are in"
        " many (30 jobs) and few (2 jobs)"
    )


@pytest.mark.parametrize(
    ("name", "others", "level", "likely"),
    [
        ("photos", ["venue_enrichment"], Level.FAIL, "venue_enrichment"),
        ("imaging", ["images"], Level.FAIL, "images"),
        ("venue_enrichments", ["venue_enrichmint"], Level.FAIL, "venue_enrichmint"),
        ("photos", ["emails"], Level.WARN, "venue_enrichment"),
        ("venue_enrichment", ["emails"], Level.WARN, None),
    ],
)
def test_where_no_job_tells_the_default_or_a_like_name_is_beside_it(
    name: str, others: list[str], level: Level, likely: str | None
) -> None:
    """The names of the workers may be wrong as well, or their jobs are gone."""
    found = judged(*(Queue(each, 0, None, 0, NOW) for each in others), enrichment=name)
    assert found.level is level
    assert found.summary == (
        f"No job of {name} (queues.enrichment) was begun lately: a retry queued there would wait."
    )
    question = f"; is it {likely}?" if likely else ""
    assert found.details[0].text == (f"queues.enrichment names it; no job of it is there{question}")


def test_a_wrong_queue_of_the_backfills_without_any_backfill() -> None:
    found = judged(ENRICHMENT, backfill="venue_backfil")
    assert found.level is Level.WARN
    assert found.summary == "No job of venue_backfil (queues.backfill) was begun lately."
    assert found.details[0].text.endswith("; is it venue_backfill?")


def test_that_nobody_started_a_backfill_is_usual_and_told_to_who_wants_to_know() -> None:
    found = judged(ENRICHMENT)
    assert found.level is Level.PASS
    assert (found.details[0].subject, found.details[0].text) == (
        "venue_backfill",
        "queues.backfill names it; no job of it is there",
    )
    assert judged().level is Level.PASS


@pytest.mark.parametrize(("days", "level"), [(1.9, Level.PASS), (2.1, Level.WARN)])
def test_the_daily_run(days: float, level: Level) -> None:
    last = NOW - timedelta(days=days)
    found = judged(Queue("venue_enrichment", 0, None, 0, last, enrichments=2))
    assert found.level is level
    old = Queue("venue_backfill", 0, None, 0, NOW - timedelta(days=6), backfills=1)
    assert judged(ENRICHMENT, old).level is Level.PASS


def test_what_is_said_of_a_queue_has_no_number_without_a_meaning() -> None:
    waiting = Queue("emails", 4, NOW - timedelta(minutes=1), 2, NOW - timedelta(minutes=3))
    details = judged(waiting, ENRICHMENT, BACKFILL).details
    assert [(each.text, each.count) for each in details] == [
        ("last begun 3m00s ago, 2 executing; jobs wait", 4),
        ("last begun 0s ago, none executing", 0),
        ("last begun 0s ago, none executing", 0),
    ]
