"""Print one interpreter for every supported Python found: on PATH and under pyenv.

`--except 3.11` leaves one version out; versions that are not found are named on stderr, so
that nobody takes a run without them for a run with them.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

SUPPORTED = ((3, 11), (3, 12), (3, 13))
PROBE = "import sys; print(*sys.version_info[:3]); print(sys._base_executable)"


def candidates() -> Iterator[str]:
    """Programs that may be a Python; some are pyenv's shims that start none."""
    for major, minor in SUPPORTED:
        found = shutil.which(f"python{major}.{minor}")
        if found:
            yield found
    versions = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"
    for found_path in sorted(versions.glob("*/bin/python")):
        yield str(found_path)


def probe(program: str) -> tuple[tuple[int, ...], str] | None:
    """The version and the real interpreter behind a program, or None if it does not start."""
    try:
        done = subprocess.run(
            [program, "-c", PROBE], capture_output=True, text=True, timeout=20, check=True
        )
    except (OSError, subprocess.SubprocessError):
        return None
    version, executable = done.stdout.splitlines()
    return tuple(map(int, version.split())), executable


def find() -> dict[tuple[int, int], str]:
    """The newest interpreter of each supported version."""
    known = sorted({found for program in candidates() if (found := probe(program))})
    newest = {(version[0], version[1]): executable for version, executable in known}
    return {wanted: newest[wanted] for wanted in SUPPORTED if wanted in newest}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--except", dest="left_out", default="", metavar="X.Y")
    left_out = parser.parse_args().left_out
    found = find()
    for wanted in SUPPORTED:
        name = ".".join(map(str, wanted))
        if name == left_out:
            continue
        if wanted in found:
            print(found[wanted])
        else:
            print(f"skipped: Python {name} was not found", file=sys.stderr)


if __name__ == "__main__":
    main()
