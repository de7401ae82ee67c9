"""The options that every retry shares."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from venue_ops.context import Session
from venue_ops.exit_codes import ExitCode

if TYPE_CHECKING:
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
    )


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
