"""Memory does not grow with the number of rows: the small version of promise 11.

`docs/reliability.md` has the figures of a million venues.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.cli.program import Program, on
from tests.databases import Database, Databases

from venue_ops.demo.schema import Layout

VENUES = 60_000
"""Held all at once they would be some 200 MB."""

GROWTH = 64
PEAK = """
import sys
from pathlib import Path
from venue_ops.cli import main
code = main()
status = Path("/proc/self/status").read_text().splitlines()
print(next(line.split()[1] for line in status if line.startswith("VmHWM")), file=sys.stderr)
sys.exit(code)
"""

pytestmark = pytest.mark.skipif(
    not Path("/proc/self/status").exists(), reason="only Linux tells the peak of a process"
)


@pytest.fixture(scope="module")
def many(databases: Databases) -> Iterator[Database]:
    with databases.copy_of(databases.empty(Layout())) as database:
        with database.connect(autocommit=True) as conn:
            conn.execute("INSERT INTO countries VALUES (1, 'Poland', 'PL', 'poland', now(), now())")
            conn.execute(
                "INSERT INTO cities (id, name, slug, country_id, inserted_at, updated_at)"
                " VALUES (1, 'Kraków', 'krakow', 1, now(), now())"
            )
            conn.execute(
                "INSERT INTO venues (id, name, slug, city_id, latitude, longitude, inserted_at,"
                " updated_at, venue_images) SELECT n, repeat('Name ', 20), 'venue-' || n,"
                " 1, 0, 0, now(), now(), jsonb_build_array(jsonb_build_object('url',"
                " 'https://h/' || n, 'upload_status', 'failed', 'provider', 'here'))"
                " FROM generate_series(1, %s) AS n",
                [VENUES],
            )
            conn.execute("ANALYZE")
        yield database


@pytest.mark.parametrize(
    "argv",
    [
        pytest.param(("venues", "-n", "0", "-o", "ndjson"), marks=pytest.mark.slow),
        ("venues", "-s", "failed", "-n", "0", "-o", "ids"),
        ("export", "csv", "venues"),
        ("export", "ndjson", "images"),
        ("sweep", "--dry-run", "--class", "ambiguous", "-o", "ids"),
        pytest.param(
            ("retry", "city", "krakow", "--dry-run", "--class", "ambiguous", "-o", "ndjson"),
            marks=pytest.mark.slow,
        ),
    ],
    ids=" ".join,
)
def test_all_rows_take_no_more_memory_than_one(many: Database, argv: tuple[str, ...]) -> None:
    lines, peak = run(on(many), *argv)
    assert lines >= VENUES
    _, least = run(on(many), "venues", "-n", "1")
    assert peak - least < GROWTH


def run(program: Program, *argv: str) -> tuple[int, float]:
    """How many lines came, and the most memory that the process held, in MB."""
    with subprocess.Popen(
        [sys.executable, "-c", PEAK, *argv, "-q"],
        env=program.environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        lines = sum(1 for _ in process.stdout)
        said = process.stderr.read()
    assert process.returncode == 0, said
    return lines, int(said) / 1000
