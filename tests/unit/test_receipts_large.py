"""Receipts of any size in little memory, and lines that a full disk cut short."""

from __future__ import annotations

import os
import tracemalloc
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from tests.unit.test_receipts import HEAD, NOW, clean, outcome, written

from venue_ops.core.errors import ConfigurationError
from venue_ops.core.retry.outcomes import Result, Summary
from venue_ops.core.retry.receipt_files import read_receipt, receipts
from venue_ops.core.retry.receipts import ReceiptWriter


class Reads:
    """How many bytes of a file were read."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.bytes = 0
        real = Path.open

        def opened(path: Path, *args: Any, **options: Any) -> Any:
            file = real(path, *args, **options)
            return self._counted(file) if "b" in str(args[:1]) else file

        monkeypatch.setattr(Path, "open", opened)

    def _counted(self, file: Any) -> Any:
        reads = self

        class Counted:
            def __getattr__(self, name: str) -> Any:
                found = getattr(file, name)
                if name not in ("read", "readline"):
                    return found

                def read(*args: Any) -> bytes:
                    data: bytes = found(*args)
                    reads.bytes += len(data)
                    return data

                return read

            def __enter__(self) -> Any:
                return self

            def __exit__(self, *_: object) -> None:
                file.close()

        return Counted()


def test_of_a_run_that_ended_only_both_ends_are_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    writer = ReceiptWriter(tmp_path, HEAD, clean)
    writer.image(outcome())
    line = writer.path.read_bytes().splitlines(keepends=True)[1]
    with writer.path.open("ab") as file:
        file.write(line * 20_000)
    writer.end(Summary(Counter({Result.FAILED: 20_001}), 3, 0), NOW)
    size = writer.path.stat().st_size
    assert size > 5_000_000
    reads = Reads(monkeypatch)
    (found,) = receipts(tmp_path)
    assert found.results == {"failed": 20_001}
    assert 0 < reads.bytes < 100_000


def test_a_run_without_an_end_is_counted_in_little_memory(tmp_path: Path) -> None:
    writer = ReceiptWriter(tmp_path, HEAD, clean)
    writer.image(outcome())
    line = writer.path.read_bytes().splitlines(keepends=True)[1]
    with writer.path.open("ab") as file:
        file.write(line * 20_000)
    tracemalloc.start()
    try:
        found = read_receipt(writer.path)
        assert found is not None
        assert found.results == {"failed": 20_001}
        assert sum(1 for _ in found.images()) == 20_001
        assert tracemalloc.get_traced_memory()[1] < 1_000_000
    finally:
        tracemalloc.stop()


def test_a_line_without_an_end_takes_no_memory(tmp_path: Path) -> None:
    file = written(tmp_path, outcome())
    with file.open("ab") as more:
        more.write(b"[" * 5_000_000)
    found = read_receipt(file)
    assert found is not None
    assert len(list(found.images())) == 1


def test_a_line_cut_short_by_a_full_disk_does_not_swallow_the_next(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    writer = ReceiptWriter(tmp_path, HEAD, clean)
    writer.image(outcome())
    real = Path.open

    class Full:
        """Takes a part of a line."""

        def __init__(self, file: Any) -> None:
            self.file = file

        def __enter__(self) -> Any:
            return self

        def __exit__(self, *_: object) -> None:
            self.file.close()

        def write(self, text: str) -> int:
            self.file.write(text[:40])
            raise OSError(28, os.strerror(28))

    with monkeypatch.context() as patch:
        patch.setattr(Path, "open", lambda path, *args, **more: Full(real(path, *args, **more)))
        with pytest.raises(ConfigurationError, match="No space left"):
            writer.image(outcome())
    writer.image(outcome(message="the next"))
    writer.end(Summary(), NOW)
    found = read_receipt(writer.path)
    assert found is not None
    assert [image.message for image in found.images()] == ["HTTP 503", "the next"]
    assert found.end is not None
