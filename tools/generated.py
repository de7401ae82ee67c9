"""A page of the documentation that is written from the program: write it, or check it."""

from __future__ import annotations

import argparse
import difflib
import sys
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def write_or_check(page: Path, new_text: Callable[[], str], about: str | None) -> None:
    """Write the page; with `--check` write nothing and fail, with the difference, if it is old."""
    parser = argparse.ArgumentParser(description=about)
    parser.add_argument("--check", action="store_true", help="fail when the page is out of date")
    check = parser.parse_args().check
    new = new_text()
    if not check:
        page.parent.mkdir(exist_ok=True)
        page.write_text(new, "utf-8")
        return
    old = page.read_text("utf-8") if page.exists() else ""
    if old != new:
        difference = difflib.unified_diff(
            old.splitlines(), new.splitlines(), page.name, "the program", lineterm=""
        )
        print("\n".join(difference), file=sys.stderr)
        sys.exit(f"error: {page.relative_to(ROOT)} is out of date\nhint: make reference")
