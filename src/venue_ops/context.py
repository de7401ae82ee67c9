"""The composition root: flags to settings, and whatever a command needs made of them, lazily.

Nothing below this module asks for the time, the environment or a stream by itself.
"""

from __future__ import annotations

import os
import shlex
import sys
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, fields, replace
from datetime import UTC, datetime, tzinfo
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

from venue_ops.color import ColorWhen
from venue_ops.core.enums import JobKind
from venue_ops.core.errors import ConfigurationError
from venue_ops.output.formats import Format

# What is imported inside the methods is left to the commands that need it: `--help` does not.
if TYPE_CHECKING:
    from venue_ops.console import Console
    from venue_ops.core.redaction import Redactor
    from venue_ops.core.retry.state import StateFolder
    from venue_ops.core.services.source import Source
    from venue_ops.output import Output
    from venue_ops.output.pager import Paging
    from venue_ops.settings import Settings


@dataclass(frozen=True, slots=True)
class Flags:
    """The global options as given; None, False or 0 where one was not."""

    database_url: str | None = field(default=None, repr=False)
    demo: bool = False
    profile: str | None = None
    config: str | None = None
    oban_schema: str | None = None
    tz: str | None = None
    statement_timeout: str | None = None
    output: Format | None = None
    columns: tuple[str, ...] = ()
    no_headers: bool = False
    color: ColorWhen | None = None
    no_pager: bool = False
    quiet: bool = False
    verbose: int = 0
    debug: bool = False

    @property
    def where(self) -> str:
        """What says which database is meant, as a command that is told repeats it; or nothing."""
        if self.demo:
            return "--demo"
        return f"--profile {shlex.quote(self.profile)}" if self.profile else ""

    def over(self, other: Flags) -> Flags:
        """These flags where they were given, else those of `other`."""
        given = {item.name: getattr(self, item.name) for item in fields(self)}
        return replace(
            other,
            # An empty text was given, too: `--database-url "$UNSET"` must not mean another one.
            **{name: value for name, value in given.items() if value or value == ""},
        )


@dataclass
class Session:
    """One run of the program. Everything is made when first asked for."""

    flags: Flags = field(default_factory=Flags)
    env: Mapping[str, str] = field(default_factory=lambda: os.environ)
    stdin: TextIO | None = field(default_factory=lambda: sys.stdin)
    stdout: TextIO = field(default_factory=lambda: sys.stdout)
    stderr: TextIO = field(default_factory=lambda: sys.stderr)
    clock: Callable[[], datetime] = lambda: datetime.now(UTC)
    starts_demo: bool = True

    def give(self, flags: Flags) -> None:
        """Add flags given closer to the command; they win."""
        self.flags = flags.over(self.flags)
        for made in ("settings", "redactor", "output", "console", "source", "state"):
            with suppress(AttributeError):
                delattr(self, made)

    @cached_property
    def settings(self) -> Settings:
        """The settings; raises ConfigurationError or UsageError."""
        from venue_ops.settings import Overrides, load_settings

        flags = self.flags
        settings = load_settings(
            Overrides(
                database_url=flags.database_url,
                demo=flags.demo,
                profile=flags.profile,
                config=flags.config,
                oban_schema=flags.oban_schema,
                tz=flags.tz,
                statement_timeout=flags.statement_timeout,
            ),
            self.env,
        )
        return settings

    @cached_property
    def redactor(self) -> Redactor:
        """Knows the literal secrets of the settings, or of the environment while there are none."""
        from venue_ops.core.redaction import Redactor
        from venue_ops.settings import environment_secrets

        try:
            return Redactor(self.settings.secrets())
        except Exception:
            return Redactor(environment_secrets(self.env))

    @cached_property
    def console(self) -> Console:
        """The writer to stderr."""
        from venue_ops.console import Console

        return Console(
            self.stderr,
            quiet=self.flags.quiet,
            verbose=self.flags.verbose,
            color=self.flags.color or ColorWhen.AUTO,
            redactor=self.redactor,
            json_errors=self.flags.output in (Format.JSON, Format.NDJSON),
            env=self.env,
            where=self.flags.where,
        )

    @cached_property
    def output(self) -> Output:
        """The writer to stdout."""
        from venue_ops.output.options import OutputOptions
        from venue_ops.output.output import Output

        return Output(
            self.stdout,
            OutputOptions(
                format=self.flags.output,
                columns=self.flags.columns,
                headers=not self.flags.no_headers,
                color=self.flags.color or ColorWhen.AUTO,
                tz=self.settings.timezone,
            ),
            self.redactor,
            env=self.env,
            now=self.clock,
            paging=self._paging(),
        )

    def _paging(self) -> Paging | None:
        """None where nobody could use a pager, or nobody wants one."""
        if self.flags.no_pager or self.env.get("TERM", "dumb") in {"", "dumb"}:
            return None
        if not (self.is_terminal and self.stdin is not None and _has_the_keys(self.stdin)):
            return None
        from venue_ops.output.pager import Paging
        from venue_ops.output.pager_command import pager_command

        try:
            size = os.get_terminal_size(self.stdout.fileno())
        except (OSError, ValueError):
            return None
        command = pager_command(self.env, self.settings.pager)
        if command is None or size.lines < 1 or size.columns < 1:
            return None
        return Paging(command, self.env, size.lines, size.columns, self.console.warn)

    @cached_property
    def source(self) -> Source:
        """The database and what is known of it; raises ConfigurationError (exit 4)."""
        from venue_ops.core.db.connection import Database
        from venue_ops.core.services.source import Source

        settings = self.settings
        for warning in settings.warnings:
            self.console.warn(warning)
        conninfo, label = self._target(settings)
        self.console.verbose(
            f"Asking {label}, Oban's tables in {settings.oban_schema},"
            f" statement timeout {settings.statement_timeout.total_seconds():g} s."
        )
        names = settings.workers
        return Source(
            database=Database(conninfo, label=label, statement_timeout=settings.statement_timeout),
            oban_schema=settings.oban_schema,
            workers={
                JobKind.BACKFILL: names.backfill,
                JobKind.ENRICHMENT: names.enrichment,
                JobKind.RETRY: names.retry,
                JobKind.CLEANUP: names.cleanup,
            },
            max_retries=settings.max_retries,
            now=self.clock,
        )

    @cached_property
    def state(self) -> StateFolder:
        """Where what outlives a run of a retry is kept, for this database: it is asked which it is.

        Raises DatabaseError.
        """
        from venue_ops.core.retry.state import StateFolder
        from venue_ops.core.services.identity import identity_of

        return StateFolder(self._state_root(), *identity_of(self.source))

    def _state_root(self) -> Path:
        if self.settings.demo:
            from venue_ops.demo.server import state_dir

            return state_dir()
        if self.settings.retry.state_dir is not None:
            return self.settings.retry.state_dir
        base = Path(self.env.get("XDG_STATE_HOME", ""))
        if base.is_absolute():
            return base / "venue-ops"
        from platformdirs import user_state_path

        return user_state_path("venue-ops", appauthor=False)

    @property
    def zone(self) -> tzinfo | None:
        """Where "today" begins: --tz, else the machine's own zone (None)."""
        return self.settings.timezone

    @property
    def is_terminal(self) -> bool:
        """Whether a person reads stdout as it comes."""
        return self.stdout.isatty()

    def _target(self, settings: Settings) -> tuple[str, str]:
        if settings.demo:
            from venue_ops.demo.server import demo_conninfo

            conninfo = demo_conninfo(start=self.starts_demo, say=self.console.note)
            return conninfo, "the demo database"
        if settings.database is None:
            raise ConfigurationError(
                "No database is configured.",
                hint=(
                    "Set VENUE_OPS_DATABASE_URL or give --database-url; "
                    "to look around first, `venue-ops demo` and --demo need nothing."
                ),
            )
        return settings.database.conninfo, settings.database.label

    def close(self) -> None:
        """Give back the connection, if there is one."""
        made: Any = self.__dict__.get("source")
        if made is not None:
            made.database.close()


def _has_the_keys(stdin: TextIO) -> bool:
    """Whether a pager could read keys there: a terminal, and we are not in its background."""
    try:
        return stdin.isatty() and os.tcgetpgrp(stdin.fileno()) == os.getpgrp()
    except (OSError, ValueError):
        return False
