"""How far a run is: bars that fit, lines that come seldom."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from io import StringIO

import pytest

from venue_ops.context import Flags, Session
from venue_ops.core.planning import Identity, Item, Totals
from venue_ops.core.retry.outcomes import Outcome, Result
from venue_ops.listings.bars import bars
from venue_ops.listings.progress import Lines, progress

ESCAPES = re.compile(r"\x1b\[[0-9;?]*[a-zA-Z]")


class Screen(StringIO):
    def isatty(self) -> bool:
        return True


def outcome(result: Result, provider: str = "here") -> Outcome:
    item = Item(
        venue_id=1,
        venue_slug="noce",
        place=1,
        id="noce/xx-1",
        identity=Identity(provider, "https://h.test/1"),
        status="failed",
        retryability=None,
        error_type=None,
        status_code=None,
        retries=0,
        reason=None,
        remedy=None,
    )
    return Outcome(item, result, datetime.now(UTC))


def totals(**providers: int) -> Totals:
    made = Totals(images=sum(providers.values()))
    made.providers.update(providers)
    return made


def test_lines_come_every_ten_seconds_and_say_where_it_stands() -> None:
    now, said = [0.0], list[str]()
    lines = Lines(said.append, 1234, lambda: now[0])
    for result in (Result.UPLOADED, Result.FAILED, Result.GIVEN_UP, Result.LEFT):
        now[0] += 4
        lines(outcome(result))
    assert said == ["3 of 1,234 images, 2 failed, 0.2 a second, about 1h22m left"]
    assert lines.line(16.0) == (
        "4 of 1,234 images, 2 failed, 1 left alone, 0.2 a second, about 1h22m left"
    )


@pytest.mark.parametrize("width", [60, 80, 200])
def test_bars_fit_and_are_gone_at_the_end(width: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", str(width))
    screen = Screen()
    session = Session(env={"TERM": "xterm"}, stderr=screen)
    with bars(session, totals(google_places=1234, here=2)) as shown:
        for _ in range(2):
            shown(outcome(Result.FAILED))
        shown(outcome(Result.UPLOADED, "google_places"))
        shown(outcome(Result.UPLOADED, "unheard_of"))
        shown.say("Finishing what is in flight.")
    drawn = [ESCAPES.sub("", line) for line in re.split(r"[\r\n]+", screen.getvalue())]
    assert any(re.fullmatch(r"here +\S+ +2 of 2 +2 failed *", line) for line in drawn)
    assert any(re.match(r"google_places \S+ 1 of 1,234", line) for line in drawn)
    assert any(line.strip() == "Finishing what is in flight." for line in drawn)
    assert max(map(len, drawn)) <= width
    last = screen.getvalue()[screen.getvalue().rindex("2 failed") :]
    assert last.count("\x1b[1A\x1b[2K") >= 2  # each line of the bars is wiped
    assert "\x1b[?25h" in last  # the cursor is back


def test_the_name_of_a_provider_drives_no_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    screen = Screen()
    session = Session(env={"TERM": "xterm"}, stderr=screen)
    with bars(session, totals(**{"\x1b]0;owned\x07[red]": 1})):
        pass
    assert "\x1b]0;" not in screen.getvalue()
    assert "\\x1b]0;owned\\x07[red" in screen.getvalue()


def test_quiet_says_nothing_and_a_dumb_terminal_gets_lines() -> None:
    for flags, env in ((Flags(quiet=True), {"TERM": "xterm"}), (Flags(), {"TERM": "dumb"})):
        screen = Screen()
        session = Session(flags=flags, env=env, stderr=screen)
        with progress(session, totals(here=1), lambda: 0.0) as tell:
            tell(outcome(Result.UPLOADED))
        assert screen.getvalue() == ""
