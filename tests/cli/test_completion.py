"""What is offered for a line, from the database, the settings and the commands themselves."""

from __future__ import annotations

import os
import signal
import socket
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest
import typer
from psycopg import sql
from psycopg.types.json import Jsonb
from tests.cli.program import Program, on
from tests.databases import Database

import venue_ops.completion
from venue_ops.cli import app
from venue_ops.completion.answer import Request, in_child
from venue_ops.completion.offers import MORE
from venue_ops.completion.values import Asked, images
from venue_ops.context import Session
from venue_ops.core.errors import VenueOpsError
from venue_ops.core.services.suggestions import id_ranges
from venue_ops.core.suggestions import LIMIT

ROOT = typer.main.get_command(app)
SCRIPTS = Path(venue_ops.completion.__file__).with_name("scripts")
Env = dict[str, str]


@dataclass(frozen=True)
class Asking:
    """The program as it is asked by a shell that shows descriptions."""

    program: Program

    def answer(self, line: str, env: Env | None = None) -> str:
        session = Session(env=self.program.environment(env), clock=self.program.clock)
        return Request.of(ROOT, ["fish", "venue-ops", *line.split(" ")], session).answered()

    def described(self, line: str, env: Env | None = None) -> dict[str, str]:
        pairs = [line.split("\t") for line in self.answer(line, env).splitlines()[1:]]
        return {value: about for value, about in pairs}  # noqa: C416 (exactly two of them)

    def __call__(self, line: str, env: Env | None = None) -> list[str]:
        return list(self.described(line, env))


@pytest.fixture
def offered(readonly_sample_database: Database) -> Asking:
    """On the sample data."""
    return Asking(on(readonly_sample_database))


def test_commands_and_options(offered: Asking) -> None:
    assert offered("sho") == ["show"]
    assert offered("show ") == ["job", "venue", "image", "city"]
    assert offered("list --st") == ["--status", "--state", "--statement-timeout"]
    assert "-c" in offered("list -")
    assert "-c" not in offered("list --")
    assert offered("list --count --coun") == []
    assert offered("list --city krakow --cit") == ["--city"]
    assert offered("--he") == ["--help"]
    assert offered("nosuch --ci") == []
    assert offered("show city krakow ") == []
    assert "__complete" not in offered("")


@pytest.mark.parametrize(
    ("line", "values"),
    [
        ("list --status part", ["partial"]),
        ("list --status=part", ["--status=partial"]),
        ("list -spart", ["-spartial"]),
        ("list --status partial,fa", ["partial,failed"]),
        ("list --status partial --status pa", []),
        ("list --status partial,pa", []),
        ("venues --status mal", ["malformed"]),
        ("list --status mal", []),
        ("export csv --status sk", ["skipped"]),
        ("export csv images --status sk", ["skipped_dev"]),
        ("export csv venues --status no", ["no_images"]),
        ("doctor --check connection,poo", ["connection,pooler"]),
        ("doctor --check setup,ima", ["setup,images"]),
        ("doctor --columns rem", ["remedy"]),
        ("stats --by d", ["day"]),
        ("stats --by day --columns jobs_comp", ["jobs_completed"]),
        ("list --kind cl", ["cleanup"]),
        ("list --state dis", ["discarded"]),
        ("list --order ", ["id", "activity"]),
        ("partials --order ", ["failed", "id"]),
        ("list -o nd", ["ndjson"]),
        ("list --color ", ["auto", "always", "never"]),
        ("list --error rate", ["rate_limited"]),
        ("list --since to", ["today"]),
        ("list --tz Europe/Wars", ["Europe/Warsaw"]),
        ("list --worker Fail", ["FailedUploadRetryWorker"]),
        ("list --columns id,venue_i", ["id,venue_id"]),
        ("venues --columns slu", ["slug"]),
        ("show venue --columns pla", ["place"]),
        ("export csv images --columns fetched", ["fetched_at"]),
        ("export csv --columns slu", []),
        ("export csv venues --columns slu", ["slug"]),
        ("export ", ["csv", "ndjson"]),
        ("export csv ", ["operations", "venues", "images"]),
        ("completion ", ["bash", "zsh", "fish"]),
        ("list --limit ", []),
        ("list --database-url ", []),
    ],
)
def test_words_that_need_no_database(line: str, values: list[str]) -> None:
    assert Asking(Program("postgresql://nobody@127.0.0.1:1/none"))(line) == values


def test_profiles(tmp_path: Path) -> None:
    file = tmp_path / "settings.toml"
    file.write_text("[profiles.dev]\n[profiles.prod]\n")
    asking = Asking(Program(None))
    assert asking(f"--config {file} list --profile ") == ["dev", "prod"]
    assert asking("list --profile p", {"VENUE_OPS_CONFIG": str(file)}) == ["prod"]


def test_cities(offered: Asking) -> None:
    assert offered.described("show city kra") == {"krakow": "Kraków, PL"}
    assert offered("list --city=krakow,war") == ["--city=krakow,warszawa"]
    assert offered("list --city krakow --city krak") == []
    assert offered("show city nowhere") == []


def test_a_slug_of_two_countries(offered: Asking) -> None:
    both = ["london,gb", "london,ca"]
    assert sorted(offered("show city lon")) == sorted(both)
    assert sorted(offered("show city london,")) == sorted(both)
    assert offered("list --city london,g") == ["london,gb"]
    assert offered("list --city krakow,london,c") == ["krakow,london,ca"]
    assert offered("list --city london,gb,krak") == ["london,gb,krakow"]


def test_venues(offered: Asking) -> None:
    assert offered.described("show venue noce") == {"noce-krk": "Noce KRK"}
    assert offered("list --venue noce") == ["noce-krk"]
    assert offered("list --city krakow --venue noce") == ["noce-krk"]
    assert offered("list --city warszawa --venue noce") == []
    in_warszawa = offered("list --city warszawa --venue ")
    assert "ogrod-dzwieku" in in_warszawa
    assert "noce-krk" not in in_warszawa


def test_jobs_newest_first(offered: Asking, readonly_sample_database: Database) -> None:
    found = offered.described("show job ")
    ids = [int(value) for value in found]
    assert ids == sorted(ids, reverse=True)
    assert found["146"] == "enrichment, partial, noce-krk"
    assert found["134"] == "backfill, partial, krakow"
    assert offered("show job 14") == [str(job) for job in ids if str(job).startswith("14")]
    assert offered("show job x") == offered("show job 0") == []
    listed = on(readonly_sample_database)("list", "-n", LIMIT, "-o", "ids").ids
    assert ids == listed


def test_ranges_of_ids_are_the_digits_they_begin_with() -> None:
    for prefix in ("1", "13", "900"):
        ranges = id_ranges(prefix)
        for number in range(1, 100_000):
            is_in = any(low <= number <= high for low, high in ranges)
            assert is_in == str(number).startswith(prefix)
    assert all(high < 2**63 for prefix in ("", "9", "9" * 18) for _, high in id_ranges(prefix))
    assert id_ranges("9" * 30) == id_ranges("²") == ()


def test_providers(offered: Asking) -> None:
    assert {"google_places", "foursquare"} <= set(offered("list --provider "))
    assert offered("list --provider google_places,four") == ["google_places,foursquare"]


def test_providers_without_the_right_to_read_their_table(
    limited_role: Callable[..., Program],
) -> None:
    reader = limited_role("oban_jobs", "venues", "cities", "countries")
    assert "foursquare" in Asking(reader)("list --provider ")


def image_ids(program: Program, prefix: str) -> dict[str, str]:
    """With what the shell shows of each."""
    session = Session(env=program.environment(), clock=program.clock)
    request = Request.of(ROOT, ["fish", "venue-ops", "show", "image", prefix], session)
    try:
        return {item.value: item.about for item in images(Asked(prefix, request.typed, session))}
    finally:
        session.close()


def test_images(program: Program) -> None:
    assert list(image_ids(program, "noce")) == ["noce-krk/"]
    found = image_ids(program, "noce-krk/")
    printed = program("show", "venue", "noce-krk", "-o", "ids").lines
    assert list(found) == printed
    first = printed[0]
    assert list(image_ids(program, first[:-3])) == [first]
    assert "rate_limited" in " ".join(found.values())
    assert image_ids(program, "nowhere/") == {}
    assert Asking(program)(f"show image {first[:-3]}") == [first]
    assert Asking(program)("show image noce") == ["noce-krk/"]


def test_more_than_can_be_shown(generated_database: Database) -> None:
    """The last offer differs behind what is typed, so no shell takes a common beginning."""
    asking = Asking(on(generated_database))
    for prefix in ("", "s", "st"):
        found = asking(f"show venue {prefix}")
        if len(found) > LIMIT:
            assert found[-1] == prefix + MORE
            assert all(value[len(prefix)] != MORE for value in found[:-1])
        assert all(value.startswith(prefix) for value in found)
    assert len(asking("show venue ")) == LIMIT + 1


def test_settings_of_the_line_are_heeded(program: Program, tmp_path: Path) -> None:
    nowhere = Asking(Program("postgresql://nobody@127.0.0.1:1/none"))
    assert nowhere(f"--database-url {program.url} show city kra") == ["krakow"]
    file = tmp_path / "settings.toml"
    file.write_text(f"[profiles.here]\ndatabase_url = {program.url!r}\n")
    unset = Asking(Program(None))
    assert unset(f"--config {file} show city --profile here kra") == ["krakow"]
    with pytest.raises(VenueOpsError):
        nowhere("show city kra")


def test_secrets_and_what_would_drive_a_terminal(sample_database: Database) -> None:
    values = [
        "zz-new\nline",
        "zz-esc\x1b]0;title\x07",
        "zz-bidi\u202e",
        "zz-tab\there",
        "zz?key=AIzaSyc4naryGoogle0123456789abcdefghi",
        "zz-fine",
    ]
    with sample_database.connect(autocommit=True) as conn:
        for number, value in enumerate(values, 5000):
            conn.execute(
                "INSERT INTO venues (id, name, slug, city_id, latitude, longitude, inserted_at,"
                " updated_at, venue_images) VALUES (%s, %s, %s, 5, 0, 0, now(), now(), %s)",
                [number, f"\x1b[31m{value}", value, Jsonb([])],
            )
    found = Asking(on(sample_database)).described("show venue zz")
    assert found == {"zz-fine": "\\x1b[31mzz-fine"}


# --- what a process says ----------------------------------------------------------------------


def test_the_entry_writes_for_each_shell(program: Program) -> None:
    def said(*argv: str) -> str:
        done = program.process("__complete", *argv)
        assert (done.returncode, done.stderr) == (0, "")
        return str(done.stdout)

    assert said("bash", "venue-ops show city kra", "kra") == "plain\nkrakow\n"
    assert said("bash", 'venue-ops list --city "kra', "kra") == "list\nkrakow\n"
    assert said("bash", "venue-ops list --city=kra", "kra") == "list\nkrakow\n"
    assert (
        said("zsh", "venue-ops", "show", "city", "kra") == "plain\nkrakow\tkrakow  -- Kraków, PL\n"
    )
    assert said("fish", "venue-ops", "list", "--city=k") == "list\n--city=krakow\tKraków, PL\n"
    assert said("bash", "venue-ops list --config=/x", "/x") == "files\n--config=\n"


WRONG = (
    (),
    ("nosuch",),
    ("bash",),
    ("bash", "venue-ops show city k"),
    ("zsh",),
    ("fish",),
    ("bash", "venue-ops --config /nowhere show city k", "k"),
    ("bash", "venue-ops --demo --database-url x show city k", "k"),
    ("bash", "venue-ops --profile nowhere show city k", "k"),
    ("bash", "venue-ops --database-url 'a secret' show city k", "k"),
    ("bash", "venue-ops list --city nowhere --venue k", "k"),
    ("bash", "venue-ops show city \udcff", "\udcff"),
)


@pytest.mark.parametrize("argv", WRONG, ids=str)
def test_silence_whatever_is_wrong(program: Program, argv: tuple[str, ...]) -> None:
    done = program.process("__complete", *argv)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


@pytest.mark.parametrize("url", ["postgresql://nobody@127.0.0.1:1/none", "not a url", None])
def test_silence_without_a_database(url: str | None) -> None:
    done = Program(url).process("__complete", "bash", "venue-ops show city k", "k")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_silence_before_a_server_that_never_answers() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        url = f"postgresql://nobody@127.0.0.1:{port}/none?connect_timeout=50"
        done = Program(url).process("__complete", "bash", "venue-ops show city k", "k", timeout=40)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_silence_while_the_tables_are_locked(slow: Program) -> None:
    done = slow.process("__complete", "bash", "venue-ops show venue n", "n", timeout=40)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_the_demo_is_not_started(demo_dir: Path) -> None:
    before = list(demo_dir.iterdir())
    done = Program(None).process("__complete", "bash", "venue-ops --demo show city k", "k")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert list(demo_dir.iterdir()) == before


def killed() -> str:
    os.kill(os.getpid(), signal.SIGKILL)
    return "never"


def late() -> str:
    time.sleep(60)
    return "late"


@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
def test_a_child_has_its_time_and_no_more() -> None:
    plenty, none = timedelta(seconds=30), timedelta(milliseconds=20)
    assert in_child(lambda: "ąę\n" * 100_000, plenty) == "ąę\n" * 100_000
    assert in_child(lambda: str(1 // 0), plenty) == ""
    assert in_child(killed, plenty) == ""
    assert in_child(late, none) == ""


# --- the command ------------------------------------------------------------------------------


def test_the_command_asks_for_which_shell() -> None:
    unset = Program(None)
    refused = unset("completion", env={"SHELL": "/usr/local/bin/zsh"})
    assert (refused.code, refused.out) == (2, "")
    assert refused.err == (
        "error: Say for which shell: bash, zsh, fish.\n"
        "hint: Yours is probably zsh: `venue-ops completion zsh`.\n"
    )
    other = unset("completion", env={"SHELL": "/bin/tcsh"})
    assert other.err.splitlines()[1] == "hint: As in `venue-ops completion bash`."
    assert unset("completion", "tcsh").code == 2


def test_the_command_needs_no_database() -> None:
    for shell in ("bash", "zsh", "fish"):
        printed = Program(None)("completion", shell)
        assert (printed.code, printed.err) == (0, "")
        assert printed.out == (SCRIPTS / f"venue-ops.{shell}").read_text("utf-8")
        assert f"__complete {shell}" in printed.out
        assert printed.out.isascii()


# --- data of any kind -------------------------------------------------------------------------


@pytest.mark.parametrize(
    "line", ["show city ", "show venue ", "show job ", "show job 1", "list --provider "]
)
def test_rows_of_any_shape(generated_database: Database, line: str) -> None:
    assert Asking(on(generated_database))(line)


@pytest.mark.parametrize("line", ["show city ", "show venue ", "show job ", "list --provider "])
def test_an_empty_database(empty_database: Callable[..., Database], line: str) -> None:
    assert Asking(on(empty_database()))(line) == []


@pytest.mark.parametrize(
    "collation", ["C", "en-x-icu", "cs-x-icu", "hu-x-icu", "th-x-icu", "en_US.utf8"]
)
def test_prefixes_in_any_collation(sample_database: Database, collation: str) -> None:
    """In Czech `ch` sorts behind `h`; in Hungarian `cs` is a letter; case and accents differ."""
    slugs = ["c", "ca", "cb", "ch", "cha", "cs", "csa", "cz", "c-1", "C", "č", "ç", "c\U0010ffff"]
    with sample_database.connect(autocommit=True) as conn:
        known = conn.execute("SELECT 1 FROM pg_collation WHERE collname = %s", [collation])
        if known.fetchone() is None:
            pytest.skip(f"this server has no collation {collation}")
        conn.execute(
            sql.SQL("ALTER TABLE venues ALTER COLUMN slug TYPE varchar(255) COLLATE {}").format(
                sql.Identifier(collation)
            )
        )
        conn.execute("DELETE FROM venues")
        conn.execute(
            "INSERT INTO venues (id, name, slug, city_id, latitude, longitude, inserted_at,"
            " updated_at) SELECT 1000 + n, 'v', slug, 5, 0, 0, now(), now()"
            " FROM unnest(%s::text[]) WITH ORDINALITY AS s(slug, n)",
            [[*slugs, "h", "b", "d", "z"]],
        )
    asking = Asking(on(sample_database))
    for prefix in ("c", "ch", "cs", "C", "c-"):
        expected = sorted(slug for slug in slugs if slug.startswith(prefix))
        assert sorted(asking(f"show venue {prefix}")) == expected
        assert sorted(asking(f"list --city krakow --venue {prefix}")) == expected
