"""Promise 17: jobs that `retry job` has run again do run, once, and nothing stands still behind."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

pytest.importorskip("oban", reason="oban for Python is not installed")

from tests.consumer import Consumer
from tests.elixir import Image
from tests.enqueueing import Enqueuer, jobs
from tests.rerunning import Rerunner
from tests.retrying import World
from tests.sources import source_of

from venue_ops.core.planning.jobs import JobReason


@pytest.fixture
def rerunner(enqueuer: Enqueuer) -> Rerunner:
    return Rerunner(enqueuer.here, enqueuer.source)


def test_discarded_jobs_run_and_so_do_those_behind_them(
    enqueuer: Enqueuer, here: World, rerunner: Rerunner
) -> None:
    spent = [rerunner.at(rerunner.venue(), priority=0) for _ in range(10)]
    waiting = here.venue(here.image("/1"))
    answer = enqueuer.enqueue(waiting)[waiting]
    assert [each.reason for each in rerunner.service().rerun(spent).values()] == [None] * 10
    with Consumer(here.database) as consumer:
        assert sorted(consumer.drain()) == sorted([*spent, answer.job_id or 0])
        assert consumer.drain() == []
    assert {job["state"] for job in jobs(here.database)} == {"completed"}


def test_with_fresh_it_asks_the_providers_and_without_it_skips_itself(
    here: World, rerunner: Rerunner
) -> None:
    """Trap 11, with the plan that said so."""
    asked: list[int] = []

    def fetch(venue: int) -> list[Image]:
        asked.append(venue)
        return [here.image("/new", upload_status="uploaded")]

    venue = rerunner.venue(checked="2125-01-01T00:00:00Z")
    job = rerunner.at(venue)
    with Consumer(here.database, fetch=fetch) as consumer:
        assert rerunner.service().look([job])[job].would_skip
        rerunner.service().rerun([job])
        assert (consumer.drain(), asked) == ([job], [])
        assert rerunner.row(job)["meta"]["status"] == "skipped"
        assert not rerunner.service(fresh=True).rerun([job])[job].would_skip
        assert (consumer.drain(), asked) == ([job], [venue])


def test_five_at_once_have_it_run_once(here: World, rerunner: Rerunner) -> None:
    spent = [rerunner.at(rerunner.venue()) for _ in range(20)]

    def rerun(_: int) -> int:
        with source_of(here.database) as source:
            answers = Rerunner(here, source).service().rerun(spent).values()
        reasons = [each.reason for each in answers]
        assert set(reasons) <= {None, JobReason.WAITING}
        return reasons.count(None)

    with ThreadPoolExecutor(5) as pool:
        assert sorted(pool.map(rerun, range(5))) == [0, 0, 0, 0, 20]
    with Consumer(here.database) as consumer:
        assert sorted(consumer.drain()) == sorted(spent)
    assert [job["attempt"] for job in jobs(here.database)] == [4] * 20
