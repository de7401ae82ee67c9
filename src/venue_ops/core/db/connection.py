"""One connection, used in short transactions: READ ONLY but for `tell`.

Safe behind a transaction pooler: every setting is local to its transaction, and nothing is
prepared on the server. Timestamps of the application have no zone and mean UTC; they become
aware here, and JSON numbers with a fraction become Decimal, so that nothing downstream has
to wonder.
"""

from __future__ import annotations

import os
import socket
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import psycopg
from psycopg.conninfo import conninfo_to_dict
from psycopg.rows import DictRow, dict_row

from venue_ops.core.db import failures
from venue_ops.core.db.compiled import Statement, statement
from venue_ops.core.db.loading import load_exactly
from venue_ops.core.db.questions import Question
from venue_ops.core.errors import StatementTimeoutError

CONNECT_TIMEOUT = timedelta(seconds=10)
WORK_MEMORY = "64MB"
"""Enough for a bitmap of every failing venue among a million: with the default 4 MB it turns
lossy, and each venue of a page is decompressed and compared again."""

LOCAL_SETTINGS = (
    "SELECT set_config('statement_timeout', %(timeout)s, true), set_config('jit', 'off', true),"
    f" set_config('work_mem', '{WORK_MEMORY}', true)"
)
WRITE_SETTINGS = """
BEGIN ISOLATION LEVEL READ COMMITTED; SET LOCAL jit = off; SET LOCAL work_mem = '{memory}';
SET LOCAL statement_timeout = {timeout};
SELECT set_config('lock_timeout', CASE current_setting('lock_timeout') WHEN '0' THEN '{locks}'
    ELSE current_setting('lock_timeout') END, true)
"""
"""One message: a write is as short as the ways to and fro. Whatever the role's default is, a
statement sees what was there when it began, not when the transaction did: after a lock that was
waited for, that is another thing. A row that another session holds is
waited for half as long as a statement may take, unless the role has a limit of its own: so a lock
is told of as one, and not as a slow statement."""

COPY_SETTINGS = """
SELECT set_config('enable_memoize', 'off', true),
  set_config('lock_timeout', CASE current_setting('lock_timeout') WHEN '0' THEN %(locks)s
    ELSE current_setting('lock_timeout') END, true)
"""
"""A lock is waited for as long as a statement may take, unless the role has a limit of its own.
Memoize would cache each venue's images under the images themselves, read once more for that
and never found again: a third slower."""

_FETCH = 500
_DELIMITERS = {",": "','", ";": "';'", "|": "'|'", "\t": "E'\\t'"}


def _milliseconds(duration: timedelta) -> str:
    return str(round(duration.total_seconds() * 1000))


@dataclass(frozen=True, slots=True)
class CopyShape:
    """What COPY makes of rows: CSV with a delimiter, or (None) an object of JSON a line.

    `quoted` are columns whose fields are always quoted.
    """

    delimiter: str | None = ","
    quoted: tuple[str, ...] = ()

    def around(self, select: str) -> str:
        """The COPY statement for a SELECT."""
        if self.delimiter is None:
            # JSON holds neither of these characters, so nothing in it is ever quoted.
            options = "QUOTE E'\\x01', DELIMITER E'\\x02'"
            select = f"SELECT row_to_json(exported) FROM ({select}) AS exported"  # noqa: S608
        else:
            options = f"HEADER, DELIMITER {_DELIMITERS[self.delimiter]}"
            if self.quoted:
                options += f", FORCE_QUOTE ({', '.join(self.quoted)})"
        return f"COPY ({select}) TO STDOUT (FORMAT csv, {options})"


class Database:
    """The application's database; connects when first asked."""

    def __init__(self, conninfo: str, *, label: str, statement_timeout: timedelta) -> None:
        self.label = label
        self._conninfo = conninfo
        self._timeout = statement_timeout
        self._connection: psycopg.Connection[DictRow] | None = None
        self._known: dict[Question, Statement] = {}

    @property
    def conninfo(self) -> str:
        """With its password: for a connection of another kind."""
        return self._conninfo

    @property
    def options(self) -> dict[str, Any]:
        """What every connection is made with."""
        return {
            "autocommit": True,
            "prepare_threshold": None,
            "connect_timeout": self._connect_timeout(),
            "application_name": "venue-ops",
            "client_encoding": "UTF8",
        }

    @property
    def statement_timeout(self) -> timedelta:
        """How long a statement may take; zero is without end."""
        return self._timeout

    def ask(
        self,
        question: Question,
        parameters: Mapping[str, Any],
        *,
        within: timedelta | None = None,
    ) -> Sequence[DictRow]:
        """All rows of an answer, in a transaction of their own.

        `within` stands in for the statement timeout. Raises DatabaseError.
        """
        asked = self._statement(question)
        with self._reading(within) as connection:
            cursor = connection.execute(asked.sql, {**asked.constants, **parameters})
            return cursor.fetchall()

    def tell(
        self, question: Question, parameters: Mapping[str, Any], *, lock: int | None = None
    ) -> Sequence[DictRow]:
        """The rows that a statement which writes gives back, in a transaction of its own.

        Whatever it changed is there when this returns, and nothing of it otherwise. `lock` is the
        key of an advisory lock that is held until then; the statement sees whatever its last
        holder wrote. Raises DatabaseError, also where the database or the role may only be read.
        """
        asked = self._statement(question)
        with self._writing() as connection:
            if lock is not None:  # by itself: a statement sees what was there when it began
                connection.execute("SELECT pg_advisory_xact_lock(%s)", [lock])
            cursor = connection.execute(asked.sql, {**asked.constants, **parameters})
            return cursor.fetchall()

    def ask_if_quick(
        self, question: Question, parameters: Mapping[str, Any], within: timedelta
    ) -> Sequence[DictRow] | None:
        """The rows if they come within the budget, else None."""
        try:
            return self.ask(question, parameters, within=within)
        except StatementTimeoutError:
            return None

    def stream(self, question: Question, parameters: Mapping[str, Any]) -> Iterator[DictRow]:
        """The rows one by one, a few hundred in memory: a cursor inside one transaction."""
        asked = self._statement(question)
        with self._reading() as connection, connection.cursor(name="venue_ops") as cursor:
            cursor.itersize = _FETCH
            cursor.execute(asked.sql, {**asked.constants, **parameters})
            yield from cursor

    def copy(
        self,
        question: Question,
        parameters: Mapping[str, Any],
        shape: CopyShape,
        *,
        within: timedelta,
    ) -> Iterator[bytes]:
        """The rows as COPY writes them, each ended by a line feed; the header, if any, first.

        Nothing is converted on the way. `within` stands in for the statement timeout (0 is
        none): an export takes as long as there are rows.
        """
        asked = self._statement(question)
        with self._reading(within) as connection, connection.cursor() as cursor:
            connection.execute(COPY_SETTINGS, {"locks": _milliseconds(self._timeout)})
            values = {**asked.constants, **parameters}
            with cursor.copy(shape.around(asked.sql), values) as copy:
                for row in copy:
                    yield bytes(row)

    def twin(self) -> Database:
        """Another connection to the same database, for whoever asks about connections."""
        return Database(self._conninfo, label=self.label, statement_timeout=self._timeout)

    def promised_process(self) -> int:
        """The server process that was announced when the connection was made.

        A pooler invents this number. Raises DatabaseError.
        """
        return self._connected().info.backend_pid

    @contextmanager
    def cut_after(self, limit: timedelta) -> Iterator[None]:
        """Connected within this block, and cut off when it takes longer: a DatabaseError.

        For what no statement timeout can end: a pooler may let a client wait for its turn.
        """
        line = socket.socket(fileno=os.dup(self._connected().fileno()))

        def cut() -> None:
            with suppress(OSError):  # gone by itself meanwhile
                line.shutdown(socket.SHUT_RDWR)

        alarm = threading.Timer(limit.total_seconds(), cut)
        alarm.start()
        try:
            yield
        finally:
            alarm.cancel()
            alarm.join()
            line.close()

    def close(self) -> None:
        """Give the connection back; safe to call at any time."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _statement(self, question: Question) -> Statement:
        """Looked up once: a run asks the same things for every venue and image."""
        if question not in self._known:
            self._known[question] = statement(question)
        return self._known[question]

    @contextmanager
    def _reading(self, within: timedelta | None = None) -> Iterator[psycopg.Connection[DictRow]]:
        timeout = self._timeout if within is None else within
        connection = self._connected()
        try:
            connection.read_only = True  # in the BEGIN itself, so a pooler sees no setting
            with connection.transaction():
                connection.execute(LOCAL_SETTINGS, {"timeout": _milliseconds(timeout)})
                yield connection
        except psycopg.Error as error:
            raise failures.asking(error, self.label) from error

    @contextmanager
    def _writing(self) -> Iterator[psycopg.Connection[DictRow]]:
        """A transaction that begins in one message: a write is as short as the ways to and fro.

        Never READ WRITE: a role or a database that is read only by default is so on purpose.
        """
        connection = self._connected()
        try:
            connection.execute(
                WRITE_SETTINGS.format(
                    timeout=_milliseconds(self._timeout),
                    locks=_milliseconds(self._timeout / 2),
                    memory=WORK_MEMORY,
                )
            )
            try:
                yield connection
            except BaseException:
                with suppress(psycopg.Error):  # of a connection that is gone, for one
                    connection.rollback()
                raise
            connection.commit()
        except psycopg.Error as error:
            raise failures.writing(error, self.label) from error

    def _connect_timeout(self) -> str:
        """What the connection string says, else CONNECT_TIMEOUT; libpq waits forever."""
        given = conninfo_to_dict(self._conninfo).get("connect_timeout")
        return str(given or round(CONNECT_TIMEOUT.total_seconds()))

    def _connected(self) -> psycopg.Connection[DictRow]:
        if self._connection is not None and not self._connection.closed:
            return self._connection
        try:
            self._connection = psycopg.connect(self._conninfo, row_factory=dict_row, **self.options)
        except psycopg.Error as error:
            raise failures.connecting(error, self.label) from error
        load_exactly(self._connection)
        return self._connection
