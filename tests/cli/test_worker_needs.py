"""What `venue-ops worker` needs, said in a sentence wherever it is typed."""

from __future__ import annotations

import sys

import pytest
from tests.cli.program import Program

from venue_ops.core.errors import ConfigurationError
from venue_ops.listings.working import refuse_without_oban


@pytest.mark.parametrize(
    ("python", "oban", "said"),
    [
        ((3, 11), None, "needs Python 3.12 or newer, and this is 3.11."),
        ((3, 11), "0.7.0", "needs Python 3.12 or newer, and this is 3.11."),
        ((3, 12), None, "needs oban for Python, which is not installed."),
        ((3, 13), "0.8.0", "works with oban 0.7 alone, and 0.8.0 is installed."),
        ((3, 13), "0.70.1", "works with oban 0.7 alone, and 0.70.1 is installed."),
    ],
)
def test_what_is_missing_is_said_in_a_sentence(
    python: tuple[int, int], oban: str | None, said: str
) -> None:
    with pytest.raises(ConfigurationError) as caught:
        refuse_without_oban(python, oban)
    assert caught.value.message == f"`venue-ops worker` {said}"
    assert "pip install 'venue-ops[worker]'" in (caught.value.hint or "")


def test_what_is_there_will_do() -> None:
    refuse_without_oban((3, 12), "0.7.0")
    refuse_without_oban((3, 14), "0.7.12")


@pytest.mark.skipif(sys.version_info >= (3, 12), reason="a worker can run here")
def test_on_python_3_11_it_says_what_it_needs(retrier: Program) -> None:
    refused = retrier("worker")
    assert (refused.code, refused.out) == (4, "")
    assert refused.err.splitlines() == [
        "error: `venue-ops worker` needs Python 3.12 or newer, and this is 3.11.",
        "hint: Install it with Python 3.12 or newer: pip install 'venue-ops[worker]'.",
    ]
    assert retrier("worker", "-o", "ndjson").error["code"] == "configuration"
