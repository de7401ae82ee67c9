"""What an export is offered is what it takes: each of its options, tried and asked for."""

from __future__ import annotations

import pytest
from tests.cli.completion import ROOT, Asking
from tests.cli.program import Program

from venue_ops.completion.typed import names_of, options_of, typed
from venue_ops.core.enums import Exported

VALUES = {
    "--output": "csv",
    "--color": "never",
    "--tz": "UTC",
    "--columns": "id",
    "--statement-timeout": "20s",
    "--oban-schema": "public",
    "--city": "krakow",
    "--venue": "noce-krk",
    "--kind": "all",
    "--status": "failed",
    "--state": "discarded",
    "--provider": "foursquare",
    "--error": "rate",
    "--worker": "EnrichmentJob",
    "--min-failed": "1",
    "--since": "3d",
    "--until": "now",
    "--delimiter": ";",
}
ELSEWHERE = {"--database-url", "--profile", "--config", "--demo", "--output-file", "--force"}
"""Options that name another database or a file, which has nothing to do with what is exported."""


@pytest.mark.parametrize("what", Exported)
@pytest.mark.parametrize("fmt", ["csv", "ndjson"])
def test_offered_is_what_is_taken(program: Program, fmt: str, what: str) -> None:
    offered = set(Asking(program)(f"export {fmt} {what} --")) - {"--help"} - ELSEWHERE
    options = options_of(typed(ROOT, ["export", fmt], "").command)
    names = {name for option in options for name in names_of(option) if name[:2] == "--"}
    names -= {"--help", *ELSEWHERE}
    refused = {
        name
        for name in names
        if program("export", fmt, what, *((name, VALUES[name]) if name in VALUES else (name,))).code
    }
    assert offered == names - refused
    assert not offered & {"--output", "--no-headers", "--no-pager"}  # the help hides them, too


@pytest.mark.parametrize("option", ["--venue=noce-krk", "--kind=all", "--min-failed=1", "--bom"])
def test_subjects_offered_are_those_that_take_the_options(program: Program, option: str) -> None:
    offered = Asking(program)(f"export csv {option} ")
    assert offered == [what for what in Exported if not program("export", "csv", what, option).code]


def test_before_its_subject_any_option_may_still_choose(program: Program) -> None:
    offered = set(Asking(program)("export csv --"))
    assert {"--state", "--venue", "--min-failed"} < offered
    assert not {"--output", "--no-headers"} & offered
    assert Asking(program)("list --no-h") == ["--no-headers"]
