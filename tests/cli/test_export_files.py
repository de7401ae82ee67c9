"""`venue-ops export --output-file`: a file that is there whole or not at all, or stdout."""

from __future__ import annotations

import os
import stat
import subprocess
from pathlib import Path

import pytest
from tests.cli.program import EXPORTS, Program


@pytest.mark.parametrize("argv", EXPORTS, ids=" ".join)
def test_a_file_holds_what_stdout_would(
    program: Program, folder: Path, argv: tuple[str, ...]
) -> None:
    file = folder / "out.csv"
    result = program(*argv, "-O", str(file))
    assert (result.code, result.out) == (0, "")
    assert result.err.endswith(f" to {file}.\n")
    assert file.read_bytes() == program(*argv).out.encode()
    assert list(folder.iterdir()) == [file]
    umask = os.umask(0)
    os.umask(umask)
    assert stat.S_IMODE(file.stat().st_mode) == 0o666 & ~umask


def test_a_file_is_never_overwritten_by_accident(program: Program, folder: Path) -> None:
    file = folder / "out.csv"
    file.write_text("mine")
    refused = program("export", "csv", "-O", str(file))
    assert (refused.code, refused.out, file.read_text()) == (2, "", "mine")
    assert refused.err.splitlines() == [
        f"error: {file} exists already.",
        "hint: Take another name, or --force.",
    ]
    file.chmod(0o640)
    assert program("export", "csv", "-O", str(file), "--force").code == 0
    assert stat.S_IMODE(file.stat().st_mode) == 0o640
    assert file.read_text().startswith("id,kind,")


@pytest.mark.parametrize("argv", [("-O", "-"), ("-O-",), ("--output-file=-",)], ids=" ".join)
def test_a_dash_is_stdout(program: Program, folder: Path, argv: tuple[str, ...]) -> None:
    done = program.process("export", "csv", "venues", *argv, cwd=folder)
    plain = program.process("export", "csv", "venues", cwd=folder)
    assert (done.returncode, done.stdout, done.stderr) == (0, plain.stdout, plain.stderr)
    assert list(folder.iterdir()) == []
    assert program.process("export", "csv", "venues", "-O", "./-", cwd=folder).stdout == ""
    assert list(folder.iterdir()) == [folder / "-"]


def test_a_folder_and_a_place_that_is_not_there(program: Program, folder: Path) -> None:
    assert program("export", "csv", "-O", str(folder), "--force").code == 2
    failed = program("export", "csv", "-O", str(folder / "no" / "x.csv"))
    assert failed.code == 1
    assert "could not be written: No such file or directory" in failed.err


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no /dev/full")
def test_a_full_disk_is_said(program: Program) -> None:
    failed = program("export", "csv", "-O", "/dev/full")
    assert failed.code == 1
    assert "No space left on device" in failed.err


def test_a_pipe_by_name_is_written_to(program: Program, folder: Path) -> None:
    pipe = folder / "pipe"
    os.mkfifo(pipe)
    with subprocess.Popen(["cat", pipe], stdout=subprocess.PIPE, text=True) as reader:
        assert program("export", "csv", "-O", str(pipe)).code == 0
        assert reader.communicate()[0].startswith("id,kind,")


@pytest.mark.parametrize("argv", [(), ("-O", "-")], ids=" ".join)
def test_force_without_a_file_is_refused(program: Program, argv: tuple[str, ...]) -> None:
    refused = program("export", "csv", "--force", *argv)
    assert (refused.code, refused.out) == (2, "")
    assert refused.err.splitlines() == [
        "error: --force overwrites a file, and none is named.",
        "hint: Name it: --output-file FILE.",
    ]
