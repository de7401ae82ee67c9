"""The options that every retry shares."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated

import typer

from venue_ops.context import Session
from venue_ops.core.enums import JobKind, Outcome
from venue_ops.core.errors import UsageError
from venue_ops.exit_codes import ExitCode

if TYPE_CHECKING:
    from venue_ops.listings.filters import OperationFilters
    from venue_ops.listings.retrying import RetryOptions

STDIN = "-"

Class = Annotated[
    list[str] | None,
    typer.Option(
        "--class", metavar="CLASS,...", help="transient (without it), ambiguous, permanent."
    ),
]
MaxRetries = Annotated[
    int | None,
    typer.Option("--max-retries", metavar="N", min=1, help="Take what was retried less often."),
]
Force = Annotated[
    bool, typer.Option("--force", help="Take permanent errors and spent retries, too.")
]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Print the plan and change nothing.")]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")]
Limit = Annotated[
    int, typer.Option("--limit", "-n", min=0, help="How many venues at most; 0 is all.")
]
MaxImages = Annotated[
    int | None, typer.Option("--max-images", metavar="N", min=1, help="Stop after so many images.")
]
MaxDuration = Annotated[
    str | None,
    typer.Option("--max-duration", metavar="TIME", help="Stop after so long: 30m, 2h."),
]
MaxCost = Annotated[
    str | None,
    typer.Option("--max-cost", metavar="USD", help="Stop when the providers' prices reach it."),
]
Concurrency = Annotated[
    int | None,
    typer.Option("--concurrency", metavar="N", min=1, max=100, help="At once a provider."),
]
Timeout = Annotated[
    str | None,
    typer.Option(
        "--timeout",
        metavar="TIME",
        help="How long one download may take: 1m without it.",
    ),
]
Enqueue = Annotated[
    bool, typer.Option("--enqueue", help="Insert job rows, one a venue, and try nothing here.")
]
Engine = Annotated[
    str | None,
    typer.Option(
        "--engine", metavar="NAME", help="Who runs them: app (its nodes), python (our worker)."
    ),
]
Wait = Annotated[bool, typer.Option("--wait", help="Follow the jobs to their end; with --enqueue.")]
TakeAll = Annotated[bool, typer.Option("--all", help="Take all jobs that the filters match.")]
Kind = Annotated[
    list[str] | None,
    typer.Option("--kind", "-k", metavar="KIND,...", help="Without it: enrichment."),
]
Status = Annotated[
    list[str] | None,
    typer.Option("--status", "-s", metavar="OUTCOME,...", help="Without it and --state: failed."),
]
JobLimit = Annotated[
    int, typer.Option("--limit", "-n", min=0, help="How many of the newest; 0 is all.")
]
WithJobs = Annotated[
    bool, typer.Option("--jobs", help="Have enrichments that failed run again, too, one a venue.")
]
Fresh = Annotated[
    bool,
    typer.Option("--fresh", help="Have jobs fetch anew what was checked lately, too."),
]
Respawn = Annotated[
    int | None,
    typer.Option("--respawn", metavar="N", min=1, help="A backfill, which pays for N venues."),
]
Why = Annotated[
    str | None, typer.Option("--reason", metavar="TEXT", help="Kept with the run's receipt.")
]


def retry_options(
    *,
    classes: Sequence[str] | None = None,
    errors: Sequence[str] | None = None,
    providers: Sequence[str] | None = None,
    max_retries: int | None = None,
    force: bool = False,
    dry_run: bool = False,
    yes: bool = False,
    limit: int = 0,
    max_images: int | None = None,
    max_duration: str | None = None,
    max_cost: str | None = None,
    concurrency: int | None = None,
    timeout: str | None = None,
    reason: str | None = None,
    enqueue: bool = False,
    engine: str | None = None,
    wait: bool = False,
    jobs: bool = False,
    fresh: bool = False,
) -> RetryOptions:
    """As typed, with what stops a run read. Raises UsageError."""
    from venue_ops.listings.retrying import RetryOptions, budget_of, pressure_of

    return RetryOptions(
        classes=classes or [],
        errors=errors or [],
        providers=providers or [],
        max_retries=max_retries,
        force=force,
        dry_run=dry_run,
        yes=yes,
        budget=budget_of(limit, max_images, max_duration, max_cost),
        pressure=pressure_of(concurrency, timeout),
        reason=reason,
        enqueue=enqueue,
        engine=engine,
        wait=wait,
        jobs=jobs,
        fresh=fresh,
    )


def refuse_half_a_choice(refs: Sequence[str], filters: OperationFilters, *, take_all: bool) -> None:
    """Raise UsageError unless jobs are named, or all that match are meant."""
    typed = " ".join(filters.words())
    if refs and (typed or take_all or filters.limit):
        raise UsageError(
            "Jobs are named, and filters choose jobs, too.", hint="Leave one of them out."
        )
    if not refs and not take_all:
        raise UsageError(
            "Filters choose jobs only with --all." if typed else "No job is named.",
            hint="Add --all, and --dry-run to look first; or name ids as `venue-ops list` shows"
            " them.",
        )


def of_failed(filters: OperationFilters) -> OperationFilters:
    """The filters as they are meant here: enrichments that failed, unless they say otherwise."""
    kinds = filters.kinds or (() if filters.workers else (JobKind.ENRICHMENT,))
    statuses = filters.statuses or (() if filters.states else (Outcome.FAILED,))
    return replace(filters, kinds=kinds, statuses=statuses)


def named(session: Session, words: Sequence[str]) -> list[str]:
    """What was typed, each once; `-` stands for the lines of stdin.

    Raises typer.Exit(0) where stdin was all and held none: then there is nothing to retry.
    """
    found: list[str] = []
    for word in words:
        if word == STDIN and session.stdin is not None:
            found += [line.strip() for line in session.stdin if line.strip()]
        else:
            found.append(word)
    if not found:
        session.console.note("Nothing to retry: stdin named nothing.")
        raise typer.Exit(ExitCode.DONE)
    return list(dict.fromkeys(found))
