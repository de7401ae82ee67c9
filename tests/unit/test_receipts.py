"""The receipt of a run: written as it goes on, clean, and read as far as it goes."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from venue_ops.core.errors import ConfigurationError, NotFoundError
from venue_ops.core.planning import Policy, Venue, failed_images, plan_venue
from venue_ops.core.retry.outcomes import Outcome, Result, Stop, Summary
from venue_ops.core.retry.receipt_files import find_receipt, read_receipt, receipts
from venue_ops.core.retry.receipts import ReceiptWriter, RunEnd, RunHead, RunImage

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
SECRET = "AIzaCanary7Hq2"
HEAD = RunHead(
    id="20261124-120000-ab12",
    began="2026-11-24T12:00:00+00:00",
    database="eventasaurus on db.example.com",
    what="city krakow",
    reason="after the key was renewed",
    planned=3,
    verb="retry city",
    names=("krakow,pl",),
    options=("--class", "ambiguous"),
)
IMAGE: dict[str, Any] = {
    "provider": "foursquare",
    "url": "https://fastly.4sqi.net/a.jpg",
    "upload_status": "failed",
    "error_details": {"error_type": "rate_limited", "status_code": 429},
    "retry_count": 1,
}


def outcome(**changed: Any) -> Outcome:
    plan = plan_venue(Venue(5, "noce-krk", "Noce"), list(failed_images([IMAGE])), Policy())
    (item,) = plan.taken
    made = Outcome(item, Result.FAILED, NOW, "service_unavailable", 503, "HTTP 503")
    return replace(made, **changed)


def clean(text: str) -> str:
    return text.replace(SECRET, "[REDACTED]")


def written(folder: Path, *outcomes: Outcome, head: RunHead = HEAD) -> Path:
    """A receipt that has no end."""
    writer = ReceiptWriter(folder, head, clean)
    for each in outcomes:
        writer.image(each)
    return folder / f"{head.id}.jsonl"


def test_what_was_written_is_read(tmp_path: Path) -> None:
    writer = ReceiptWriter(tmp_path, HEAD, clean)
    writer.image(outcome())
    summary = Summary(Counter({Result.FAILED: 1}), 3, 0, Stop.BREAKER, {"foursquare": "outage"})
    writer.end(summary, NOW)
    found = read_receipt(tmp_path / f"{HEAD.id}.jsonl")
    assert found is not None
    assert found.head == HEAD
    (image,) = found.images()
    assert image == RunImage(
        image=outcome().item.id, venue_id=5, provider="foursquare", before="failed",
        error_before="rate_limited", retries_before=1, result="failed",
        error="service_unavailable", status_code=503, message="HTTP 503", url=None,
        at="2026-11-24T12:00:00+00:00", venue="noce-krk", path=None,
    )  # fmt: skip
    assert found.end == RunEnd(
        NOW.isoformat(), {"failed": 1}, 3, 0, "breaker", {"foursquare": "outage"}
    )


def test_a_run_that_was_killed_has_its_images_and_no_end(tmp_path: Path) -> None:
    found = read_receipt(written(tmp_path, outcome(), outcome()))
    assert found is not None
    assert (len(list(found.images())), found.end) == (2, None)


def test_every_line_is_there_at_once(tmp_path: Path) -> None:
    writer = ReceiptWriter(tmp_path, HEAD, clean)
    for number in range(3):
        found = read_receipt(tmp_path / f"{HEAD.id}.jsonl")
        assert found is not None
        assert len(list(found.images())) == number
        writer.image(outcome())


def test_a_receipt_cut_short_anywhere_is_read_as_far_as_it_goes(tmp_path: Path) -> None:
    file = written(tmp_path, outcome(), outcome())
    whole = file.read_bytes()
    for length in range(len(whole)):
        file.write_bytes(whole[:length])
        found = read_receipt(file)
        lines = whole[: length + 1].count(b"\n")  # all of a line but its end is a line
        assert (0 if found is None else 1 + len(list(found.images()))) == lines


def test_no_secret_gets_in(tmp_path: Path) -> None:
    item = replace(outcome().item, id=SECRET, error_type=SECRET)
    head = replace(
        HEAD,
        reason=f"key {SECRET}",
        what=SECRET,
        database=SECRET,
        names=(SECRET,),
        options=(SECRET,),
    )
    writer = ReceiptWriter(tmp_path, head, clean)
    writer.image(outcome(item=item, message=SECRET, url=f"https://h/?key={SECRET}"))
    writer.end(Summary(stopped_providers={SECRET: SECRET}), NOW)
    assert SECRET not in (tmp_path / f"{HEAD.id}.jsonl").read_text()


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.text(st.characters(exclude_categories=[])), max_size=4))
def test_text_of_any_kind_comes_back(tmp_path: Path, messages: list[str]) -> None:
    """Line separators of every alphabet, and halves of characters."""
    file = tmp_path / f"{HEAD.id}.jsonl"
    file.unlink(missing_ok=True)
    written(tmp_path, *(outcome(message=message) for message in messages))
    found = read_receipt(file)
    assert found is not None
    assert [image.message for image in found.images()] == messages


ODD = [
    b"", b"null", b"7", b"[]", b"{}", b'{"kind": []}', b'{"kind": "image"}', b"[" * 90_000,
    b'{"kind": "end", "ended": 5, "results": {}, "requests": 0, "uploads": 0, "stopped": null}',
    b'{"kind": "end", "ended": "x", "results": [1], "requests": 0, "uploads": 0, "stopped": null}',
    b'{"kind":"end","ended":"x","results":{"a":"b"},"requests":0,"uploads":0,"stopped":null}',
    b'{"kind": "run"}', b"\xff\0", b'{"kind": "image", "image": "a", "venue_id": "5"}',
]  # fmt: skip


@pytest.mark.parametrize("line", ODD, ids=range(len(ODD)))
def test_a_line_of_another_kind_is_passed_over(tmp_path: Path, line: bytes) -> None:
    file = written(tmp_path, outcome())
    file.write_bytes(line + b"\n" + file.read_bytes() + line + b"\n")
    found = read_receipt(file)
    assert found is not None
    assert (found.head, len(list(found.images())), found.end) == (HEAD, 1, None)


def test_a_later_version_may_say_more(tmp_path: Path) -> None:
    file = written(tmp_path, outcome())
    lines = [{**json.loads(line), "more": [1]} for line in file.read_text().splitlines()]
    file.write_text("\n".join(map(json.dumps, lines)))
    found = read_receipt(file)
    assert found is not None
    assert (found.head, len(list(found.images()))) == (HEAD, 1)


def test_an_older_version_said_nothing_of_providers(tmp_path: Path) -> None:
    file = written(tmp_path)
    end = {"ended": "x", "results": {"failed": 1}, "requests": 3, "uploads": 0, "stopped": None}
    with file.open("a") as more:
        more.write(json.dumps({"kind": "end", **end}))
    found = read_receipt(file)
    assert found is not None
    assert found.end is not None
    assert found.end.stopped_providers == {}


def test_an_older_version_said_nothing_of_how_it_was_asked(tmp_path: Path) -> None:
    file = written(tmp_path)
    head = json.loads(file.read_text())
    file.write_text(json.dumps({key: head[key] for key in head if key not in NEWER}) + "\n")
    found = read_receipt(file)
    assert found is not None
    assert found.head == replace(HEAD, verb=None, names=(), options=())


NEWER = ("verb", "names", "options")


# --- many ---------------------------------------------------------------------------------------

IDS = ("20261123-090000-aaaa", "20261124-090000-bbbb", "20261124-120000-cccc")


@pytest.fixture
def many(tmp_path: Path) -> Path:
    for name in IDS:
        written(tmp_path, head=replace(HEAD, id=name))
    (tmp_path / "20261125-000000-dddd.jsonl").write_text("not a receipt\n")
    (tmp_path / "20261125-000000-eeee.jsonl").mkdir()
    return tmp_path


def test_the_newest_comes_first(many: Path) -> None:
    assert [each.head.id for each in receipts(many)] == list(reversed(IDS))


@pytest.mark.parametrize("typed", [IDS[0], "20261123", IDS[0][:-1]])
def test_a_run_is_found_by_the_beginning_of_its_id(many: Path, typed: str) -> None:
    assert find_receipt(many, typed).head.id == IDS[0]


def test_an_id_that_another_begins_with_is_itself(many: Path) -> None:
    written(many, head=replace(HEAD, id=IDS[0] + "-2"))
    assert find_receipt(many, IDS[0]).head.id == IDS[0]


def test_several_that_begin_so_are_named(many: Path) -> None:
    with pytest.raises(NotFoundError, match=r'2 runs begin with "20261124"') as found:
        find_receipt(many, "20261124")
    assert IDS[1] in str(found.value.hint)


@pytest.mark.parametrize("typed", ["x", "../x", "/etc/passwd", "*", "", "\0", "20261125-000000-d"])
def test_a_run_that_is_not_there_is_said(many: Path, typed: str) -> None:
    with pytest.raises(NotFoundError):
        find_receipt(many, typed)


def test_what_may_have_been_meant_is_named(many: Path) -> None:
    with pytest.raises(NotFoundError) as found:
        find_receipt(many, "20261123-090000-aaab")
    assert IDS[0] in str(found.value.hint)


# --- a disk that refuses ------------------------------------------------------------------------


def test_a_run_writes_over_no_other(tmp_path: Path) -> None:
    written(tmp_path, outcome())
    with pytest.raises(ConfigurationError, match="cannot be written: File exists"):
        ReceiptWriter(tmp_path, HEAD, clean)


def test_a_disk_that_refuses_is_a_fault_of_the_settings(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="cannot be written: No such file"):
        ReceiptWriter(tmp_path / "gone", HEAD, clean)
    writer = ReceiptWriter(tmp_path, HEAD, clean)
    (tmp_path / f"{HEAD.id}.jsonl").unlink()
    (tmp_path / f"{HEAD.id}.jsonl").mkdir()
    with pytest.raises(ConfigurationError, match="cannot be written"):
        writer.image(outcome())


def test_a_folder_that_cannot_be_read_is_not_taken_for_an_empty_one(tmp_path: Path) -> None:
    (tmp_path / "runs").write_text("")
    with pytest.raises(ConfigurationError, match="cannot be read: Not a directory"):
        list(receipts(tmp_path / "runs"))
    with pytest.raises(ConfigurationError, match="cannot be read: Not a directory"):
        find_receipt(tmp_path / "runs", "x")
    assert list(receipts(tmp_path / "none")) == []
