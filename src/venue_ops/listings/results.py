"""What became of each image, to stdout: as it comes (ndjson), or all of it at the end."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import chain

from venue_ops.context import Session
from venue_ops.core.errors import ConfigurationError, OutputError
from venue_ops.core.retry.outcomes import Outcome
from venue_ops.core.retry.receipt_files import read_receipt
from venue_ops.core.retry.receipts import ReceiptWriter, RunImage, recorded
from venue_ops.listings.width import note_hidden
from venue_ops.output.formats import Format
from venue_ops.output.models import Listing, PageInfo
from venue_ops.views import retrying as view


class Results:
    """Keeps outcomes in the run's receipt and prints them.

    What is printed at the end is read from there, so that a run of any size takes the memory of a
    few images. A stdout that fails ends no run: the rows and the receipt hold it all.
    """

    def __init__(self, session: Session, receipt: ReceiptWriter | None = None) -> None:
        self._session = session
        self._receipt = receipt
        self._comes_as_it_is = session.flags.output is Format.NDJSON
        self._unwritten: list[RunImage] = []
        self._is_open = True
        self._problem: OutputError | None = None

    def add(self, outcome: Outcome) -> None:
        """One more image has come to its end. Raises ConfigurationError for a full disk."""
        row = recorded(outcome)
        try:
            if self._receipt is not None:
                self._receipt.image(outcome)
        except ConfigurationError:  # what became of it is told nevertheless
            self._unwritten.append(row)
            raise
        finally:
            if self._comes_as_it_is:
                self._print([row], 1)

    def end(self, count: int = 0) -> None:
        """No more will come; there were so many."""
        if not self._comes_as_it_is:
            self._print(chain(self._written(), self._unwritten), count)

    def raise_problem(self) -> None:
        """OutputError if stdout could not be written; a reader that went away is no problem."""
        if self._problem is not None:
            raise self._problem

    def _written(self) -> Iterator[RunImage]:
        found = None if self._receipt is None else read_receipt(self._receipt.path)
        return iter(()) if found is None else found.images()

    def _print(self, rows: Iterable[RunImage], count: int) -> None:
        if not self._is_open:
            return
        page = PageInfo(None, None, count)
        try:
            self._session.output.listing(
                Listing(rows, view.OUTCOMES, ident=lambda row: row.image or "", page=page)
            )
            note_hidden(self._session)
        except BrokenPipeError:
            self._is_open = False
        except OutputError as error:
            self._is_open, self._problem = False, error
