"""The queues: the check is made to pass, warn and fail by real rows."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import psycopg
import pytest
from tests.cli.doctor import ago, finding, insert, subjects
from tests.cli.program import Program


def test_a_queue_that_nobody_works_on(sample: Program, owner: psycopg.Connection[Any]) -> None:
    assert finding(sample, "queues")["level"] == "pass"
    insert(owner, queue="emails", worker="App.Mail", scheduled_at=ago(hours=3))
    found = finding(sample, "queues")
    assert (found["level"], subjects(found)) == ("warn", ["emails"])
    assert found["details"][0]["text"] == "waiting for up to 3h00m; none begun lately"


@pytest.mark.parametrize(
    "sign_of_life",
    [
        {"state": "executing", "attempt": 1, "attempted_at": ago(hours=2)},
        {"state": "completed", "attempt": 1, "attempted_at": ago(minutes=2)},
    ],
    ids=["a long job", "one done lately"],
)
def test_a_queue_that_is_only_slow(
    sample: Program, owner: psycopg.Connection[Any], sign_of_life: dict[str, Any]
) -> None:
    insert(owner, queue="emails", worker="App.Mail", scheduled_at=ago(hours=3))
    assert finding(sample, "queues")["level"] == "warn"
    insert(owner, queue="emails", worker="App.Mail", **sign_of_life)
    assert finding(sample, "queues")["level"] == "pass"


def test_our_own_queue_is_worse(sample: Program, owner: psycopg.Connection[Any]) -> None:
    owner.execute(
        "DELETE FROM oban_jobs WHERE queue = 'venue_enrichment' AND attempted_at > %s OR"
        " state = 'executing'",
        [ago(hours=1)],
    )
    insert(owner, scheduled_at=ago(hours=1))
    found = finding(sample, "queues")
    assert found["level"] == "fail"
    assert found["summary"].startswith("Nobody works on venue_enrichment:")


def test_a_queue_of_the_settings_that_has_no_jobs(sample: Program, tmp_path: Path) -> None:
    """A retry that is queued there would wait for ever."""
    file = tmp_path / "config.toml"
    file.write_text('[queues]\nenrichment = "photos"\n')
    found = finding(sample, "queues", "--config", str(file))
    assert found["level"] == "fail"
    assert found["summary"] == (
        "The setting queues.enrichment names photos, but the jobs of workers.enrichment are in"
        " venue_enrichment."
    )
    mended = found["remedy"].partition(": ")[2]
    file.write_text(f"[queues]\n{mended}\n")
    assert finding(sample, "queues", "--config", str(file))["level"] == "pass"


def test_both_queues_are_wrong_and_a_third_is_stuck(
    sample: Program, owner: psycopg.Connection[Any], tmp_path: Path
) -> None:
    insert(owner, queue="emails", worker="App.Mail", scheduled_at=ago(hours=3))
    file = tmp_path / "config.toml"
    file.write_text('[queues]\nbackfill = "venue_backfil"\nenrichment = "photos"\n')
    found = finding(sample, "queues", "--config", str(file))
    assert found["level"] == "fail"
    assert subjects(found)[:3] == ["venue_backfil", "photos", "emails"]
    assert "in venue_backfill (11 jobs)" in found["details"][0]["text"]
    assert "in venue_enrichment (3" in found["details"][1]["text"]
    assert found["summary"].startswith("Nobody works on emails: ")


def test_wrong_queues_and_wrong_workers(sample: Program, tmp_path: Path) -> None:
    """No job tells where they belong, so the default that stands in the table is proposed."""
    file = tmp_path / "config.toml"
    file.write_text('[workers]\nenrichment = "A.B"\nretry = "A.C"\n[queues]\nenrichment = "x"\n')
    found = finding(sample, "queues", "--config", str(file))
    assert found["level"] == "fail"
    assert found["details"][0]["text"].endswith("is it venue_enrichment?")


def test_a_line_about_a_queue_in_which_nothing_waits_has_no_number(
    sample: Program,
) -> None:
    shown = sample("doctor", "--check", "queues,workers", "-o", "wide").out
    assert "(0)" not in shown
    assert "venue_enrichment: last begun " in shown
