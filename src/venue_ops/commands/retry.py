"""`venue-ops retry image|venue|city`: try again what failed for a passing reason."""

from __future__ import annotations

from typing import Annotated

import typer

from venue_ops.commands import options
from venue_ops.commands import retry_options as retrying
from venue_ops.context import Session

app = options.command_app("Try failed images again: single ones, those of a venue, or of a city.")

Images = Annotated[
    list[str],
    typer.Argument(metavar="IMAGE...", help="As noce-krk/gp-848af5ab31, noce-krk/#3; - is stdin."),
]
Venues = Annotated[list[str], typer.Argument(metavar="VENUE...", help="Slug or id; - is stdin.")]
Cities = Annotated[list[str], typer.Argument(metavar="CITY...", help="Slug, name or id.")]


@app.command(cls=options.OpsCommand)
def image(
    ctx: typer.Context,
    refs: Images,
    class_: retrying.Class = None,
    max_retries: retrying.MaxRetries = None,
    force: retrying.Force = False,
    dry_run: retrying.DryRun = False,
    max_images: retrying.MaxImages = None,
    max_duration: retrying.MaxDuration = None,
    max_cost: retrying.MaxCost = None,
    concurrency: retrying.Concurrency = None,
    timeout: retrying.Timeout = None,
    reason: retrying.Why = None,
    enqueue: retrying.Enqueue = False,
    engine: retrying.Engine = None,
    wait: retrying.Wait = False,
) -> None:
    """Try single images again, by their id or by the place that `show venue` gives them.

    Taken is what failed for a passing reason; the plan (--dry-run) says of every other why it
    is left out, and what would mend it.
    """
    from venue_ops.core.services.plans import image_scope
    from venue_ops.listings.retrying import run_retry

    session: Session = ctx.obj
    asked = retrying.retry_options(
        classes=class_,
        max_retries=max_retries,
        force=force,
        dry_run=dry_run,
        max_images=max_images,
        max_duration=max_duration,
        max_cost=max_cost,
        concurrency=concurrency,
        timeout=timeout,
        reason=reason,
        enqueue=enqueue,
        engine=engine,
        wait=wait,
    )
    named = retrying.named(session, refs)
    scope = image_scope(session.source, named, shown=session.state.shown, to_look=dry_run)
    run_retry(session, scope, asked)


@app.command(cls=options.OpsCommand)
def venue(
    ctx: typer.Context,
    refs: Venues,
    class_: retrying.Class = None,
    error: options.Error = None,
    provider: options.Provider = None,
    max_retries: retrying.MaxRetries = None,
    force: retrying.Force = False,
    dry_run: retrying.DryRun = False,
    limit: retrying.Limit = 0,
    max_images: retrying.MaxImages = None,
    max_duration: retrying.MaxDuration = None,
    max_cost: retrying.MaxCost = None,
    concurrency: retrying.Concurrency = None,
    timeout: retrying.Timeout = None,
    reason: retrying.Why = None,
    enqueue: retrying.Enqueue = False,
    engine: retrying.Engine = None,
    wait: retrying.Wait = False,
) -> None:
    """Try the failed images of venues again: those that failed for a passing reason."""
    from venue_ops.core.services.plans import venue_scope
    from venue_ops.listings.retrying import run_retry

    session: Session = ctx.obj
    asked = retrying.retry_options(
        classes=class_,
        errors=error,
        providers=provider,
        max_retries=max_retries,
        force=force,
        dry_run=dry_run,
        limit=limit,
        max_images=max_images,
        max_duration=max_duration,
        max_cost=max_cost,
        concurrency=concurrency,
        timeout=timeout,
        reason=reason,
        enqueue=enqueue,
        engine=engine,
        wait=wait,
    )
    run_retry(session, venue_scope(session.source, retrying.named(session, refs)), asked)


@app.command(cls=options.OpsCommand)
def city(
    ctx: typer.Context,
    refs: Cities,
    class_: retrying.Class = None,
    error: options.Error = None,
    provider: options.Provider = None,
    max_retries: retrying.MaxRetries = None,
    force: retrying.Force = False,
    dry_run: retrying.DryRun = False,
    yes: retrying.Yes = False,
    limit: retrying.Limit = 0,
    max_images: retrying.MaxImages = None,
    max_duration: retrying.MaxDuration = None,
    max_cost: retrying.MaxCost = None,
    concurrency: retrying.Concurrency = None,
    timeout: retrying.Timeout = None,
    reason: retrying.Why = None,
    enqueue: retrying.Enqueue = False,
    engine: retrying.Engine = None,
    wait: retrying.Wait = False,
) -> None:
    """Try the failed images of all venues of a city again; asks once, with the counts.

    Off a terminal nobody can answer, so --yes has to be there.
    """
    from venue_ops.core.services.plans import city_scope
    from venue_ops.listings.retrying import run_retry

    session: Session = ctx.obj
    asked = retrying.retry_options(
        classes=class_,
        errors=error,
        providers=provider,
        max_retries=max_retries,
        force=force,
        dry_run=dry_run,
        yes=yes,
        limit=limit,
        max_images=max_images,
        max_duration=max_duration,
        max_cost=max_cost,
        concurrency=concurrency,
        timeout=timeout,
        reason=reason,
        enqueue=enqueue,
        engine=engine,
        wait=wait,
    )
    run_retry(session, city_scope(session.source, refs), asked)
