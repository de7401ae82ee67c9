"""TAB, pressed in real shells at a real terminal: what the line then hands to the program.

bash is taken to be there; the tests in zsh and fish are `external`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from psycopg.types.json import Jsonb
from tests.cli.program import Program, on
from tests.databases import Database, Databases
from tests.shells import SHELLS, Shell

# The child of a fork runs another program at once, whatever threads pytest has.
pytestmark = pytest.mark.filterwarnings(
    "ignore:This process .* is multi-threaded:DeprecationWarning"
)

HOSTILE = (
    "a b",
    "it's",
    'say "hi"',
    "$(touch pwned)",
    "`touch pwned`",
    "${HOME}$HOME",
    "back\\slash\\",
    "x;touch pwned;",
    "x|touch pwned",
    "x&touch pwned&",
    "x>pwned<y",
    "glob*?[a-z]",
    "{a,b}",
    "(echo hi)",
    "~root",
    "#hash",
    "!!bang!1",
    "co:lon:s",
    "eq=ual=s",
    "at@sign",
    "per%cent%n%s",
    "^caret^x",
    "zażółć gęślą",
    "--option=x",
    ",comma",
    "a\u3000b",
)
"""Each stands in the middle of one slug and at the beginning of another."""
UNTYPABLE = ("new\nline", "esc\x1b]0;owned\x07", "\x9b31mcsi", "tab\there", "bidi\u202ex")


def slugs(number: int, payload: str) -> tuple[str, str]:
    return f"q{number:02}{payload}", f"{payload}q{number:02}"


@pytest.fixture(scope="module")
def hostile(databases: Databases) -> Iterator[Database]:
    """The sample, with every payload in a slug of its own; those at the beginning each in a
    city of their own, so that no letter has to be typed."""
    insert_city = (
        "INSERT INTO cities (id, name, slug, country_id, inserted_at, updated_at)"
        " SELECT %s, %s, %s, min(id), now(), now() FROM countries"
    )
    insert = (
        "INSERT INTO venues (id, name, slug, city_id, latitude, longitude, inserted_at,"
        " updated_at, venue_images) VALUES (%s, %s, %s, %s, 0, 0, now(), now(), %s)"
    )
    with databases.copy_of(databases.sample()) as database:
        with database.connect(autocommit=True) as conn:
            for number, payload in enumerate((*HOSTILE, *UNTYPABLE)):
                place = 7000 + number
                conn.execute(insert_city, [place, payload, f"hostile-{number:02}"])
                for more, slug in enumerate(slugs(number, payload)):
                    city = 5 if more == 0 else place
                    key = place + 1000 * more
                    conn.execute(insert, [key, f"{payload}", slug, city, Jsonb([])])
        yield database


@pytest.fixture(params=SHELLS)
def shell(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[Program], Shell]:
    """The shell, with the script that the program prints for it."""

    def made(program: Program) -> Shell:
        found = Shell(request.param, tmp_path / "shell", program.environment())
        found.load(program("completion", request.param).out)
        return found

    return made


@pytest.mark.parametrize(
    ("keys", "words"),
    [
        ("venue-ops sho\t ci\t krak\t", ["show", "city", "krakow"]),
        ("venue-ops list --city krak\t", ["list", "--city", "krakow"]),
        ("venue-ops list --city=krak\t", ["list", "--city=krakow"]),
        ("venue-ops list -ckrak\t", ["list", "-ckrakow"]),
        ("venue-ops list --status partial,fa\t", ["list", "--status", "partial,failed"]),
        ("venue-ops list --status=partial,fa\t", ["list", "--status=partial,failed"]),
        ("venue-ops list --city 'krak\t", ["list", "--city", "krakow"]),
        ('venue-ops list --city "warszawa,krak\t', ["list", "--city", "warszawa,krakow"]),
        ("venue-ops list --city london,g\t", ["list", "--city", "london,gb"]),
        ("venue-ops list --sta\tu\t part\t", ["list", "--status", "partial"]),
        ("venue-ops --no-h\t list", ["--no-headers", "list"]),
        ("venue-ops show venue nosuch\t", ["show", "venue", "nosuch"]),
        ("venue-ops list --config /etc/host\tname", ["list", "--config", "/etc/hostname"]),
        (r"venue-ops export csv --delimiter \|" "\t", ["export", "csv", "--delimiter", "|"]),
        ('venue-ops export csv --delimiter=";\t', ["export", "csv", "--delimiter=;"]),
    ],
)
def test_a_key_completes(
    shell: Callable[[Program], Shell], program: Program, keys: str, words: list[str]
) -> None:
    assert shell(program).press(keys) == words


def test_the_line_is_never_run(shell: Callable[[Program], Shell], program: Program) -> None:
    """What stands typed stays text until Enter; but zsh itself expands the word at the cursor."""
    at = shell(program)
    assert at.press("venue-ops --tz `touch pwned` show city krak\t\x15venue-ops end") == ["end"]
    if at.name != "zsh":
        assert at.press("venue-ops show city $(touch pwned)kr\t\x15venue-ops end") == ["end"]
    assert not (at.folder / "pwned").exists()


@pytest.mark.slow
@pytest.mark.parametrize("number", range(len(HOSTILE)), ids=HOSTILE.__getitem__)
def test_hostile_values_arrive_as_they_are(
    shell: Callable[[Program], Shell], hostile: Database, number: int
) -> None:
    at = shell(on(hostile))
    inside, leading = slugs(number, HOSTILE[number])
    keys = f"venue-ops show venue q{number:02}\t"
    assert at.press(keys) == ["show", "venue", inside]
    if "," not in leading:
        keys = f"venue-ops list --city hostile-{number:02} --venue \t"
        assert at.press(keys)[-1] == leading
    assert sorted(path.name for path in at.folder.iterdir()) == ["bin", "heard", "script"]


@pytest.mark.slow
@pytest.mark.parametrize("quote", ["'", '"'])
def test_hostile_values_behind_an_open_quote(
    shell: Callable[[Program], Shell], hostile: Database, quote: str
) -> None:
    at = shell(on(hostile))
    for number in (0, 2, 3, 4, 5, 6, 7):
        inside, _ = slugs(number, HOSTILE[number])
        words = at.press(f"venue-ops show venue {quote}q{number:02}\t")
        assert words == ["show", "venue", inside], HOSTILE[number]


def test_untypable_values_are_not_offered_nor_shown(
    shell: Callable[[Program], Shell], hostile: Database
) -> None:
    at = shell(on(hostile))
    for number in range(len(HOSTILE), len(HOSTILE) + len(UNTYPABLE)):
        assert at.press(f"venue-ops show venue q{number}\t") == ["show", "venue", f"q{number}"]
        assert "\x1b]0;owned" not in at.shown
        assert "\x9b" not in at.shown
    shown = at.look("venue-ops show venue q\t\t", until="q00")
    for payload in UNTYPABLE:
        assert payload not in shown


def test_candidates_are_listed(shell: Callable[[Program], Shell], program: Program) -> None:
    shown = shell(program).look("venue-ops show city \t\t", until="warszawa")
    assert "krakow" in shown


def test_what_is_listed_is_plain(shell: Callable[[Program], Shell], program: Program) -> None:
    """A word that the shell has to have quoted is shown without the quotes."""
    shown = shell(program).look("venue-ops export csv --delimiter \t\t", until="tab")
    listed = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", shown).split()
    assert {";", "|", "tab"} <= set(listed)


def test_listing_in_bash_puts_nothing_into_the_line(program: Program, tmp_path: Path) -> None:
    """The others let a reader choose from the list at the next TAB."""
    at = Shell("bash", tmp_path / "shell", program.environment())
    at.load(program("completion", "bash").out)
    keys = r"venue-ops export csv --delimiter " "\t\t\t" r"\|" "\t"
    assert at.press(keys) == ["export", "csv", "--delimiter", "|"]


def test_the_newest_jobs_come_first(shell: Callable[[Program], Shell], program: Program) -> None:
    ids = program("list", "-n", 100, "-o", "ids").lines
    newest, *_, oldest = (job for job in ids if job.startswith("14"))
    shown = shell(program).look("venue-ops show job 14\t\t", until=oldest)
    assert shown.index(newest) < shown.index(oldest)


def test_silence_when_the_database_is_away(shell: Callable[[Program], Shell]) -> None:
    away = Program("postgresql://nobody@127.0.0.1:1/none")
    at = shell(away)
    assert at.press("venue-ops show city kra\t") == ["show", "city", "kra"]
    for word in ("error", "Traceback", "refused", "hint"):
        assert word not in at.shown
