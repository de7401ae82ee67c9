"""A bar a provider at a terminal; they are gone when the run has ended."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, Progress, ProgressColumn, Task, TaskID
from rich.table import Column
from rich.text import Text

from venue_ops.color import ColorWhen, wants_color
from venue_ops.context import Session
from venue_ops.core.planning import Totals, provider_of
from venue_ops.core.retry.outcomes import Outcome
from venue_ops.core.untrusted import visible
from venue_ops.listings.progress import Tally

_LONGEST_NAME = 20
_WIDEST_BAR, _NARROWEST_BAR = 24, 6
_BESIDE = 34
"""Cells that counts, pace and time take beside name and bar."""


class Bars:
    """Draws them; what it draws are names of providers, cleaned as all text is."""

    def __init__(self, shown: Progress, tasks: Mapping[str, TaskID]) -> None:
        self._shown = shown
        self._tasks = tasks
        self._tallies = {name: Tally() for name in tasks}

    def __call__(self, outcome: Outcome) -> None:
        """Count one more image."""
        name = provider_of(outcome.item)
        if name in self._tasks:
            self._tallies[name].add(outcome)
            self._shown.update(self._tasks[name], advance=1, said=str(self._tallies[name]))

    def say(self, text: str) -> None:
        """Print a line above the bars."""
        self._shown.console.print(Text(text, style="dim"))


@contextmanager
def bars(session: Session, totals: Totals) -> Iterator[Bars]:
    """Bars for the providers of a plan, until the block ends."""
    when = session.flags.color or ColorWhen.AUTO
    console = Console(
        file=session.stderr,
        force_terminal=True,
        highlight=False,
        markup=False,
        no_color=not wants_color(when, terminal=True, env=session.env),
    )
    names = {
        name: visible(session.redactor.text(name))[:_LONGEST_NAME] for name in totals.providers
    }
    room = console.width - max(map(len, names.values()), default=0) - _BESIDE
    columns = (
        _Said(lambda task: task.description),
        BarColumn(bar_width=max(_NARROWEST_BAR, min(_WIDEST_BAR, room))),
        _Said(lambda task: f"{task.completed:,.0f} of {task.total or 0:,.0f}", right=True),
        _Said(_pace, right=True),
        _Said(_left, right=True),
        _Said(lambda task: str(task.fields["said"])),
    )
    with Progress(*columns, console=console, transient=True) as shown:
        tasks = {
            name: shown.add_task(names[name], total=count, said="")
            for name, count in sorted(totals.providers.items())
        }
        yield Bars(shown, tasks)


class _Said(ProgressColumn):
    """A text of a task."""

    def __init__(self, said: Callable[[Task], str], *, right: bool = False) -> None:
        super().__init__(Column(justify="right" if right else "left", no_wrap=True))
        self._said = said

    def render(self, task: Task) -> Text:
        """The text now."""
        return Text(self._said(task))


def _pace(task: Task) -> str:
    """Images a second, as measured lately."""
    return f"{task.speed:.1f}/s" if task.speed and not task.finished else ""


def _left(task: Task) -> str:
    """How long it takes yet, in minutes and seconds: a text that keeps its width."""
    if task.finished or task.time_remaining is None:
        return ""
    minutes, seconds = divmod(round(task.time_remaining), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{seconds:02}" if hours else f"{minutes}:{seconds:02}"
