"""What lies in the store is written down for good, and read whatever a crash left behind."""

from __future__ import annotations

import errno
import json
import os
import subprocess
import sys
import threading
from dataclasses import asdict, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from venue_ops.core.errors import ConfigurationError
from venue_ops.core.retry.journal import Journal
from venue_ops.core.retry.standing import Entry

ENTRY = Entry(
    at="2026-11-24T12:00:00+00:00",
    run="20261124-1",
    venue_id=300,
    image="noce-krk/gp-848af5ab31",
    url="https://ik.test/venues/noce-krk/gp-2646668f.jpg",
    path="/venues/noce-krk/gp-2646668f.jpg",
    store="ImageKit (/venues)",
    root="/venues",
)
NOW = datetime(2026, 11, 24, 13, 0, tzinfo=UTC)
OTHER = replace(ENTRY, image="noce-krk/fs-1111111111", url="https://ik.test/other")


@pytest.fixture
def journal(tmp_path: Path) -> Journal:
    return Journal(tmp_path)


def file_of(folder: Path, venue_id: int = 300) -> Path:
    return folder / f"{venue_id % 256:02x}" / f"{venue_id}.jsonl"


def test_what_was_written_is_read(journal: Journal, tmp_path: Path) -> None:
    journal.append(ENTRY)
    journal.append(OTHER)
    assert Journal(tmp_path).entries(300) == (ENTRY, OTHER)
    assert list(journal.venues()) == [300]


def test_the_latest_entry_of_an_image_counts(journal: Journal) -> None:
    later = replace(ENTRY, url="https://ik.test/later", run="20261124-2")
    for entry in (ENTRY, OTHER, later):
        journal.append(entry)
    assert journal.entries(300) == (OTHER, later)


def test_venues_are_kept_apart(journal: Journal) -> None:
    """44 and 300 share a folder."""
    for venue_id in (44, 300, 1, 10**12):
        journal.append(replace(ENTRY, venue_id=venue_id))
    assert sorted(journal.venues()) == [1, 44, 300, 10**12]
    assert [each.venue_id for each in journal.entries(44)] == [44]
    assert journal.entries(7) == ()


def test_nobody_else_can_read_it(journal: Journal, tmp_path: Path) -> None:
    journal.append(ENTRY)
    assert file_of(tmp_path).stat().st_mode & 0o777 == 0o600
    assert file_of(tmp_path).parent.stat().st_mode & 0o777 == 0o700


# --- what a crash leaves behind -----------------------------------------------------------------


def test_a_line_cut_short_anywhere_costs_that_line_alone(journal: Journal, tmp_path: Path) -> None:
    journal.append(ENTRY)
    file = file_of(tmp_path)
    whole = file.read_bytes()
    for length in range(len(whole)):
        file.write_bytes(whole + whole[:length])
        assert journal.entries(300) == (ENTRY,)
        journal.append(OTHER)
        assert journal.entries(300) == (ENTRY, OTHER)


ODD = [
    b"", b"\0\0\0\0", b"null", b"7", b"[]", b"{}", b'"text"', b"\xff\xfe", b"{" * 90_000,
    b"[" * 90_000, json.dumps({**asdict(ENTRY), "venue_id": "300"}).encode(),
    json.dumps({**asdict(ENTRY), "venue_id": True}).encode(),
    json.dumps({**asdict(ENTRY), "url": None}).encode(),
    json.dumps({**asdict(ENTRY), "venue_id": 301}).encode(),
    json.dumps({key: value for key, value in asdict(ENTRY).items() if key != "path"}).encode(),
]  # fmt: skip


@pytest.mark.parametrize("line", ODD, ids=range(len(ODD)))
def test_a_line_of_another_kind_is_passed_over(
    journal: Journal, tmp_path: Path, line: bytes
) -> None:
    journal.append(OTHER)
    with file_of(tmp_path).open("ab") as file:
        file.write(line + b"\n")
    journal.append(replace(OTHER, image="noce-krk/xx-2"))
    assert [each.image for each in journal.entries(300)] == [OTHER.image, "noce-krk/xx-2"]


def test_a_later_version_may_say_more(journal: Journal, tmp_path: Path) -> None:
    file_of(tmp_path).parent.mkdir()
    file_of(tmp_path).write_text(json.dumps({**asdict(ENTRY), "size": 7}) + "\n")
    assert journal.entries(300) == (ENTRY,)


@pytest.mark.parametrize("name", ["x.jsonl", "-1.jsonl", "٣.jsonl", "301.jsonl", "0300.jsonl"])
def test_a_file_of_another_kind_is_no_venue(journal: Journal, tmp_path: Path, name: str) -> None:
    journal.append(ENTRY)
    (file_of(tmp_path).parent / name).write_text("x")
    assert list(journal.venues()) == [300]


TEXTS = st.text(st.characters(exclude_categories=[]))


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.builds(Entry, TEXTS, TEXTS, st.just(5), *[TEXTS] * 5), max_size=5))
def test_text_of_any_kind_comes_back(tmp_path: Path, entries: list[Entry]) -> None:
    """Line separators of every alphabet, and halves of characters."""
    file_of(tmp_path, 5).unlink(missing_ok=True)
    journal = Journal(tmp_path)
    for entry in entries:
        journal.append(entry)
    latest = {(entry.image, entry.store, entry.root): entry for entry in entries}
    assert set(journal.entries(5)) == set(latest.values())


# --- for good -----------------------------------------------------------------------------------


def test_it_is_on_the_disk_before_anything_else_is_done(
    journal: Journal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The folder's name, then the line, then the name of its file."""
    synced: list[tuple[str, int]] = []
    real = os.fsync

    def fsync(handle: int) -> None:
        there = os.fstat(handle)
        (path,) = (
            each
            for each in (tmp_path, *tmp_path.rglob("*"))
            if os.path.samestat(each.stat(), there)
        )
        synced.append((str(path.relative_to(tmp_path)), there.st_size))
        real(handle)

    monkeypatch.setattr(os, "fsync", fsync)
    journal.append(ENTRY)
    first = file_of(tmp_path).stat().st_size
    assert [name for name, _ in synced] == [".", "2c/300.jsonl", "2c"]
    assert synced[1] == ("2c/300.jsonl", first)  # all of the line was there
    synced.clear()
    journal.append(OTHER)
    assert synced == [("2c/300.jsonl", file_of(tmp_path).stat().st_size)]


def test_a_disk_that_takes_only_a_part_is_full(
    journal: Journal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """write() then takes what fits, and only the next one fails."""
    left, real = [len(json.dumps(asdict(ENTRY))) // 2], os.write

    def write(handle: int, data: bytes) -> int:
        if not left[0]:
            raise OSError(errno.ENOSPC, "No space left on device")
        done = real(handle, data[: left[0]])
        left[0] -= done
        return done

    with monkeypatch.context() as patch:
        patch.setattr(os, "write", write)
        with pytest.raises(ConfigurationError, match="No space left on device") as found:
            journal.append(ENTRY)
        assert "state_dir" in str(found.value.hint)
    assert journal.entries(300) == ()
    journal.append(OTHER)
    assert journal.entries(300) == (OTHER,)


PROGRAM = """
import resource, sys
from pathlib import Path
from venue_ops.core.errors import ConfigurationError
from venue_ops.core.retry.journal import Journal
from venue_ops.core.retry.standing import Entry
resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))
journal = Journal(Path(sys.argv[1]))
try:
    for number in range(100):
        journal.append(Entry("t", "r", 5, f"v/gp-{number}", "https://ik.test/a", "/a", "s", "r"))
except ConfigurationError as error:
    print(number, error.message)
"""


def test_a_really_full_disk_ends_the_run_and_loses_nothing(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, str(tmp_path)],
        capture_output=True, text=True, check=True, timeout=60,
    )  # fmt: skip
    number, _, said = done.stdout.partition(" ")
    assert said == "The journal cannot be written: File too large.\n"
    assert len(Journal(tmp_path).entries(5)) == int(number) > 5


@pytest.mark.parametrize("what", ["no folder", "a file in its place"])
def test_a_folder_that_cannot_be_used_is_a_fault_of_the_settings(tmp_path: Path, what: str) -> None:
    folder = tmp_path / "journal"
    if what == "a file in its place":
        folder.write_text("")
    with pytest.raises(ConfigurationError, match="cannot be written"):
        Journal(folder).append(ENTRY)


def test_a_journal_that_cannot_be_read_is_not_taken_for_an_empty_one(
    journal: Journal, tmp_path: Path
) -> None:
    """That would cost another upload of each image."""
    file_of(tmp_path).mkdir(parents=True)
    with pytest.raises(ConfigurationError, match="cannot be read"):
        journal.entries(300)


def test_a_folder_that_cannot_be_read_is_not_taken_for_an_empty_one(tmp_path: Path) -> None:
    (tmp_path / "journal").write_text("")
    with pytest.raises(ConfigurationError, match="cannot be read: Not a directory"):
        list(Journal(tmp_path / "journal").venues())
    assert list(Journal(tmp_path / "none").venues()) == []


def test_two_images_at_once_are_two_lines(journal: Journal) -> None:
    def write(number: int) -> None:
        for each in range(25):
            journal.append(replace(ENTRY, image=f"noce-krk/{number}-{each}"))

    threads = [threading.Thread(target=write, args=[number]) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(journal.entries(300)) == 100


def test_an_entry_has_no_place_for_a_secret(journal: Journal, tmp_path: Path) -> None:
    """No source URL: the image goes by its id, which leaves the key out."""
    journal.append(ENTRY)
    said: dict[str, Any] = json.loads(file_of(tmp_path).read_text())
    assert said.keys() == {"at", "run", "venue_id", "image", "url", "path", "store", "root"}
