"""One run at a venue at a time, on this machine, however runs end."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from venue_ops.core.errors import ConfigurationError
from venue_ops.core.retry.leases import Leases

HOLDER = """
import sys
from pathlib import Path
from venue_ops.core.retry.leases import Leases
with Leases(Path(sys.argv[1])).try_venue(7) as is_ours:
    print(is_ours, flush=True)
    sys.stdin.readline()
"""


@contextmanager
def holder(folder: Path) -> Iterator[subprocess.Popen[str]]:
    """Another process that holds venue 7, or was refused it."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(folder)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    with process:
        try:
            yield process
        finally:
            process.kill()


def said(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline().strip()


def is_free(folder: Path, venue_id: int = 7) -> bool:
    with Leases(folder).try_venue(venue_id) as is_ours:
        return is_ours


def test_a_venue_is_one_processes_at_a_time(tmp_path: Path) -> None:
    with holder(tmp_path) as first:
        assert said(first) == "True"
        with holder(tmp_path) as second:
            assert said(second) == "False"
        assert not is_free(tmp_path)
        assert is_free(tmp_path, 8)


def test_it_is_free_when_its_owner_is_done_and_leaves_no_file(tmp_path: Path) -> None:
    with holder(tmp_path) as first:
        assert said(first) == "True"
        first.communicate("\n")
        assert first.returncode == 0
        assert list(tmp_path.iterdir()) == []
        assert is_free(tmp_path)


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_it_is_free_however_its_owner_ends(tmp_path: Path, number: signal.Signals) -> None:
    with holder(tmp_path) as first:
        assert said(first) == "True"
        first.send_signal(number)
        first.wait(30)
        assert is_free(tmp_path)


def test_the_file_of_a_killed_owner_is_in_nobodys_way(tmp_path: Path) -> None:
    with holder(tmp_path) as first:
        assert said(first) == "True"
        first.kill()
    assert (tmp_path / "7.lock").exists()
    assert is_free(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_who_was_refused_takes_nothing_away(tmp_path: Path) -> None:
    with Leases(tmp_path).try_venue(7) as first:
        assert first
        for _ in range(3):
            assert not is_free(tmp_path)
        assert (tmp_path / "7.lock").exists()


def test_tasks_of_one_process_are_kept_apart_too(tmp_path: Path) -> None:
    leases = Leases(tmp_path)
    with leases.try_venue(7) as first:
        assert first
        found: list[bool] = []

        def other() -> None:
            with leases.try_venue(7) as is_ours:
                found.append(is_ours)

        thread = threading.Thread(target=other)
        thread.start()
        thread.join()
        assert found == [False]


def test_a_fault_within_gives_it_back(tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError), Leases(tmp_path).try_venue(7):
        raise ZeroDivisionError
    assert is_free(tmp_path)


def test_a_folder_that_takes_no_lock_is_a_fault_of_the_settings(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="cannot be locked: No such file") as found:
        is_free(tmp_path / "gone")
    assert "state_dir" in str(found.value.hint)


# --- contention: each lease creates and removes the file while others open it -------------------

PROCESSES, LEASES = 4, 500

WORKER = """
import os, sys, time
from pathlib import Path
from venue_ops.core.retry.leases import Leases

folder, mark, wanted = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])
leases, had, overlaps = Leases(folder), 0, 0
sys.stdin.readline()
while had < wanted:
    with leases.try_venue(7) as is_ours:
        if not is_ours:
            time.sleep(0)
            continue
        try:  # only one may be in here: O_EXCL proves it
            inside = os.open(mark, os.O_CREAT | os.O_EXCL)
        except FileExistsError:
            overlaps += 1
        else:
            time.sleep(0)
            os.close(inside)
            os.unlink(mark)
        had += 1
print(had, overlaps)
"""


def test_leases_of_many_processes_never_overlap(tmp_path: Path) -> None:
    folder, mark = tmp_path / "leases", tmp_path / "inside"
    folder.mkdir()
    running = [
        subprocess.Popen(
            [sys.executable, "-c", WORKER, str(folder), str(mark), str(LEASES)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )
        for _ in range(PROCESSES)
    ]  # fmt: skip
    found = []
    for process in running:
        assert process.stdin is not None
        process.stdin.write("\n")
        process.stdin.flush()
    for process in running:
        found.append(process.communicate(timeout=120)[0])
    assert found == [f"{LEASES} 0\n"] * PROCESSES
    assert list(folder.iterdir()) == []
