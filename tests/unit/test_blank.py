"""Why a list is blank: the page that asked for a worker nobody runs must say so."""

from __future__ import annotations

import pytest

from venue_ops.core.models import JobKind
from venue_ops.core.services.blank import Blank, UnnamedWorker, blank, matching_workers

NAMESPACE = "EventasaurusDiscovery.VenueImages"
ORCHESTRATOR = f"{NAMESPACE}.BackfillOrchestratorJob"
ENRICHMENT = f"{NAMESPACE}.EnrichmentJob"
OLD_NAME = f"{NAMESPACE}.BackfillJob"
BOTH = (JobKind.BACKFILL, JobKind.ENRICHMENT)
NAMED = {ORCHESTRATOR: JobKind.BACKFILL, ENRICHMENT: JobKind.ENRICHMENT}
COUNTS = {ENRICHMENT: 25, ORCHESTRATOR: 11, "Eventasaurus.Mailer": 9}


def test_the_bug_this_program_started_from() -> None:
    """The settings ask for a worker that was renamed: 11 jobs, and a blank page."""
    found = blank(COUNTS, {OLD_NAME: JobKind.BACKFILL}, (JobKind.BACKFILL,))
    assert found.jobs == 0
    assert found.missing == (OLD_NAME,)
    assert UnnamedWorker(ORCHESTRATOR, 11, instead_of=OLD_NAME) in found.unnamed


def test_the_renamed_worker_is_found_next_to_one_that_kept_its_name() -> None:
    named = {OLD_NAME: JobKind.BACKFILL, ENRICHMENT: JobKind.ENRICHMENT}
    assert blank(COUNTS, named, BOTH) == Blank(
        jobs=25,
        missing=(OLD_NAME,),
        unnamed=(UnnamedWorker(ORCHESTRATOR, 11, instead_of=OLD_NAME),),
        workers=COUNTS,
    )


def test_right_names_leave_nothing_to_explain_but_the_filters() -> None:
    found = blank(COUNTS, NAMED, BOTH)
    assert (found.jobs, found.missing, found.unnamed) == (36, (), ())


def test_an_empty_table_misses_every_worker() -> None:
    found = blank({}, NAMED, BOTH)
    assert (found.jobs, found.missing, found.unnamed) == (0, (ORCHESTRATOR, ENRICHMENT), ())


def test_only_the_kinds_that_were_asked_for_are_missed() -> None:
    found = blank({ENRICHMENT: 25}, NAMED, (JobKind.ENRICHMENT,))
    assert (found.jobs, found.missing) == (25, ())


def test_a_moved_worker_is_known_by_its_last_name() -> None:
    moved = "Eventasaurus.Photos.EnrichmentJob"
    found = blank({moved: 3}, NAMED, (JobKind.ENRICHMENT,))
    assert found.unnamed == (UnnamedWorker(moved, 3, instead_of=ENRICHMENT),)


def test_a_worker_beside_the_named_ones_is_told_without_a_guess() -> None:
    beside = f"{NAMESPACE}.TriviaAdvisorImageUploadJob"
    without = {ENRICHMENT: 25, beside: 4}
    found = blank(without, NAMED, BOTH)
    assert found.unnamed == (UnnamedWorker(beside, 4, instead_of=None),)


def test_a_worker_beside_them_is_no_news_while_none_is_missing() -> None:
    beside = f"{NAMESPACE}.TriviaAdvisorImageUploadJob"
    assert blank({**COUNTS, beside: 4}, NAMED, BOTH).unnamed == ()


def test_who_asks_for_other_workers_is_told_of_none() -> None:
    found = blank(COUNTS, {OLD_NAME: JobKind.BACKFILL}, (JobKind.OTHER,))
    assert (found.jobs, found.missing, found.unnamed) == (45, (), ())


def test_several_names_of_one_kind_are_counted_together() -> None:
    named = {OLD_NAME: JobKind.BACKFILL, ORCHESTRATOR: JobKind.BACKFILL}
    found = blank({OLD_NAME: 2, ORCHESTRATOR: 11}, named, (JobKind.BACKFILL,))
    assert (found.jobs, found.missing) == (13, ())


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        (ORCHESTRATOR, (ORCHESTRATOR,)),
        ("BackfillOrchestratorJob", (ORCHESTRATOR,)),
        ("OrchestratorJob", ()),
        ("VenueImages.EnrichmentJob", (ENRICHMENT,)),
        ("Mailer", ("Eventasaurus.Mailer",)),
        ("", ()),
        ("backfillorchestratorjob", ()),
    ],
)
def test_a_worker_may_be_named_by_its_end(wanted: str, found: tuple[str, ...]) -> None:
    assert matching_workers(COUNTS, wanted) == found
