"""What can stand as the value of an option or argument.

Options are told by their name: wherever a command has a `--city`, it takes cities. What an
option of the same name means in one command alone stands under that command.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from importlib import import_module
from typing import Any, get_args

from venue_ops.completion import exports
from venue_ops.completion.typed import Typed
from venue_ops.context import Session
from venue_ops.core.enums import (
    Engine,
    Exported,
    GroupBy,
    JobKind,
    Outcome,
    Retryability,
    UploadStatus,
    VenueOutcome,
)
from venue_ops.core.suggestions import Suggestion


@dataclass(frozen=True, slots=True)
class Asked:
    """One value that is being typed: its beginning, the line around it, whom to ask.

    `described` says whether the shell shows what a suggestion is about.
    """

    prefix: str
    typed: Typed
    session: Session
    described: bool = True


Values = Callable[[Asked], Iterable[Suggestion]]
SHELLS = ("bash", "zsh", "fish")


def _words(*words: str | type[StrEnum]) -> Values:
    """A closed set."""
    known = [str(item) for word in words for item in ([word] if isinstance(word, str) else word)]
    return lambda _: (Suggestion(word) for word in dict.fromkeys(known))


def _cities(asked: Asked) -> Iterator[Suggestion]:
    """By slug; what stands behind a comma is the country of one."""
    from venue_ops.core.services.suggestions import cities_like

    return cities_like(asked.session.source, asked.prefix.partition(",")[0])


def _venues(asked: Asked) -> Iterator[Suggestion]:
    from venue_ops.core.services.suggestions import venues_like

    cities = asked.typed.given.get("city", ())
    return venues_like(asked.session.source, asked.prefix, cities)


def _jobs(asked: Asked) -> Iterator[Suggestion]:
    from venue_ops.core.services.suggestions import jobs_like

    return jobs_like(asked.session.source, asked.prefix, described=asked.described)


def images(asked: Asked) -> Iterator[Suggestion]:
    """Ids of images, for a command that takes one."""
    from venue_ops.core.services.suggestions import images_like

    return images_like(asked.session.source, asked.prefix)


def _providers(asked: Asked) -> Iterator[Suggestion]:
    from venue_ops.core.services.suggestions import providers_like

    return providers_like(asked.session.source, asked.prefix)


def _errors(_: Asked) -> Iterator[Suggestion]:
    from venue_ops.core.vocabulary import ERROR_CLASSES

    return (Suggestion(name, str(known)) for name, known in ERROR_CLASSES.items())


def _states(_: Asked) -> Iterator[Suggestion]:
    from venue_ops.core.vocabulary import COMPLETED, DISCARDED, STATE_OUTCOMES

    return (Suggestion(state) for state in (*STATE_OUTCOMES, COMPLETED, DISCARDED))


def _workers(asked: Asked) -> Iterator[Suggestion]:
    for name, kind in asked.session.settings.workers.all.items():
        yield Suggestion(name.rpartition(".")[2], str(kind))


def _profiles(asked: Asked) -> Iterator[Suggestion]:
    from venue_ops.settings.file import find_config

    file, _ = find_config(asked.session.flags.config, asked.session.env, None)
    return (Suggestion(name) for name in file.profiles)


def _zones(_: Asked) -> Iterator[Suggestion]:
    from zoneinfo import available_timezones

    return (Suggestion(name) for name in ("local", *sorted(available_timezones())))


def _columns(asked: Asked) -> Iterator[Suggestion]:
    """The columns of the command, in their order."""
    path = asked.typed.path
    if path[:1] == ("export",):
        from venue_ops.core.exports.columns import COLUMNS

        return (Suggestion(column.name) for column in COLUMNS[exports.exported(asked.typed)])
    if path == ("stats",):
        from venue_ops.views import groups

        (by,) = asked.typed.given.get("by", ())[-1:] or (GroupBy.CITY,)
        return (Suggestion(column.name) for column in groups.columns(GroupBy(by), (), 0))
    module, _, name = _COLUMNS.get(path, "").partition(":")
    if not module:
        return iter(())
    found: Any = getattr(import_module(f"venue_ops.views.{module}"), name)
    columns = found(asked.session.clock()) if callable(found) else found
    return (Suggestion(column.name) for column in columns)


def _subjects(asked: Asked) -> Iterable[Suggestion]:
    """Of an export: what its options so far can choose among."""
    return (Suggestion(what) for what in exports.subjects(asked.typed))


def _statuses(asked: Asked) -> Iterable[Suggestion]:
    """Of an export: what it means depends on what is exported."""
    words = {
        Exported.OPERATIONS: Outcome,
        Exported.VENUES: VenueOutcome,
        Exported.IMAGES: UploadStatus,
    }
    return _words(words[exports.exported(asked.typed)])(asked)


def _checks(_: Asked) -> Iterator[Suggestion]:
    from venue_ops.core.doctor.checks import CHECKS

    yield from (Suggestion(check.name, check.question) for check in CHECKS)
    yield from (Suggestion(str(group)) for group in dict.fromkeys(check.group for check in CHECKS))


def _runs(asked: Asked) -> Iterator[Suggestion]:
    """The receipts of this machine on the database that is meant."""
    from venue_ops.core.retry.receipt_files import receipts

    for receipt in receipts(asked.session.state.runs):
        yield Suggestion(receipt.head.id, receipt.head.what)


_COLUMNS: Mapping[tuple[str, ...], str] = {
    ("list",): "operations:COLUMNS",
    ("partials",): "venues:COLUMNS",
    ("venues",): "venues:COLUMNS",
    ("show", "venue"): "images:columns",
    ("doctor",): "doctor:COLUMNS",
    ("retry", "image"): "retrying:OUTCOMES",
    ("retry", "venue"): "retrying:OUTCOMES",
    ("retry", "city"): "retrying:OUTCOMES",
    ("retry", "job"): "rerunning:JOBS",
    ("sweep",): "retrying:OUTCOMES",
    ("worker",): "retrying:OUTCOMES",
    ("reconcile",): "reconciling:COLUMNS",
    ("runs", "list"): "runs:RUNS",
    ("runs", "show"): "runs:IMAGES",
}

_TIMES = _words("1h", "12h", "1d", "7d", "30d", "today", "yesterday")

_BY_NAME: Mapping[str, Values] = {
    "city": _cities,
    "venue": _venues,
    "job": _jobs,
    "job_id": _jobs,
    "image": images,
    "run": _runs,
    "class_": _words(Retryability),
    "engine": _words(Engine),
    "provider": _providers,
    "error": _errors,
    "kind": _words(JobKind, "all"),
    "state": _states,
    "worker": _workers,
    "since": _TIMES,
    "until": _words("now", "today", "yesterday"),
    "columns": _columns,
    "profile": _profiles,
    "tz": _zones,
    "check": _checks,
    "delimiter": _words(",", ";", "|", "tab"),
    "shell": _words(*SHELLS),
}

_OF_COMMAND: Mapping[tuple[tuple[str, ...], str], Values] = {
    (("show", "venue"), "ref"): _venues,
    (("show", "city"), "ref"): _cities,
    (("explain", "venue"), "ref"): _venues,
    (("explain", "image"), "ref"): images,
    (("retry", "venue"), "refs"): _venues,
    (("retry", "image"), "refs"): images,
    (("retry", "city"), "refs"): _cities,
    (("retry", "job"), "refs"): _jobs,
    (("retry", "job"), "status"): _words(Outcome),
    (("list",), "status"): _words(Outcome),
    (("venues",), "status"): _words(VenueOutcome),
    (("export", "csv"), "status"): _statuses,
    (("export", "ndjson"), "status"): _statuses,
    (("export", "csv"), "what"): _subjects,
    (("export", "ndjson"), "what"): _subjects,
}

FILES = frozenset({"config", "output_file"})
"""The parameters whose value is a file: the shell knows best."""


def completer(typed: Typed) -> Values | None:
    """What knows the values of the parameter that is being typed; None where nobody does."""
    name = typed.parameter.name
    special = _OF_COMMAND.get((typed.path, name))
    return special or _BY_NAME.get(name) or _choices(typed.parameter)


def asks_the_database(values: Values) -> bool:
    """Whether a connection will be opened."""
    return values in {_cities, _venues, _jobs, images, _providers}


def _choices(parameter: Any) -> Values | None:
    """The words of an option that takes a closed set."""
    declared = getattr(getattr(parameter, "type_descriptor", None), "annotation", None)
    for kind in get_args(declared) or (declared,):
        if isinstance(kind, type) and issubclass(kind, StrEnum):
            return _words(kind)
    return None
