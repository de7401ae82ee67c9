"""What the journal needs no more goes, whole or not at all."""

from __future__ import annotations

import errno
import os
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from tests.unit.test_journal import ENTRY, NOW, OTHER, file_of, journal

from venue_ops.core.errors import ConfigurationError
from venue_ops.core.retry.journal import KEPT, LARGE, Journal

__all__ = ["journal"]  # the fixture


def test_a_small_file_is_left_alone(journal: Journal, tmp_path: Path) -> None:
    for _ in range(3):
        journal.append(ENTRY)
    journal.settle(ENTRY, NOW)
    before = file_of(tmp_path).read_bytes()
    assert not journal.compact(300, NOW)
    assert file_of(tmp_path).read_bytes() == before


def test_a_large_file_keeps_what_counts(journal: Journal, tmp_path: Path) -> None:
    while not file_of(tmp_path).exists() or file_of(tmp_path).stat().st_size <= LARGE:
        journal.append(replace(ENTRY, run=str(file_of(tmp_path).exists())))
    journal.append(OTHER)
    journal.settle(OTHER, NOW)
    known = journal.recorded(300)
    assert journal.compact(300, NOW)
    after = journal.recorded(300)
    assert (after.entries, after.told) == (known.entries, known.told)
    assert after.lines == 3
    assert file_of(tmp_path).stat().st_mode & 0o777 == 0o600
    assert not journal.compact(300, NOW)


def test_an_entry_goes_30_days_after_it_was_settled(journal: Journal, tmp_path: Path) -> None:
    journal.append(ENTRY)
    journal.append(OTHER)
    journal.settle(ENTRY, NOW)
    assert not journal.compact(300, NOW + KEPT)
    assert journal.compact(300, NOW + KEPT + timedelta(seconds=1))
    assert journal.entries(300) == (OTHER,)
    journal.settle(OTHER, NOW)
    assert journal.compact(300, NOW + 2 * KEPT)
    assert not file_of(tmp_path).exists()
    assert not journal.compact(300, NOW)


def test_an_entry_that_came_after_the_settling_stays(journal: Journal) -> None:
    journal.append(ENTRY)
    journal.settle(ENTRY, NOW)
    again = replace(ENTRY, at=NOW.isoformat())
    journal.append(again)
    assert journal.recorded(300).settled(again) is None
    assert not journal.compact(300, NOW + 2 * KEPT)
    assert journal.entries(300) == (again,)


@pytest.mark.parametrize("call", ["write", "fsync", "rename"])
def test_a_disk_that_refuses_costs_nothing_that_was_there(
    journal: Journal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: str
) -> None:
    journal.append(ENTRY)
    journal.append(OTHER)
    journal.settle(ENTRY, NOW)
    before = file_of(tmp_path).read_bytes()

    def refuse(*_: Any) -> Any:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        if call == "rename":
            patch.setattr(Path, "replace", refuse)
        else:
            patch.setattr(os, call, refuse)
        with pytest.raises(ConfigurationError, match="No space left on device"):
            journal.compact(300, NOW + 2 * KEPT)
    assert [each.name for each in file_of(tmp_path).parent.iterdir()] == ["300.jsonl"]
    assert file_of(tmp_path).read_bytes() == before
