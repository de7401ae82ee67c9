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
    assert found["level"] == "warn"
    assert "No job of photos was begun lately" in found["summary"]
    assert "venue_enrichment" in subjects(found)
