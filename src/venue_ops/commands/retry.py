"""`venue-ops retry image|venue|city|job`: try again what failed for a passing reason."""

from __future__ import annotations

from typing import Annotated

import typer

from venue_ops.commands import options
from venue_ops.commands import retry_options as retrying
from venue_ops.context import Session

app = options.command_app(
    "Try failed images again: single ones, those of a venue, or of a city; or whole jobs."
)

Images = Annotated[
    list[str],
    typer.Argument(metavar="IMAGE...", help="As noce-krk/gp-848af5ab31, noce-krk/#3; - is stdin."),
]
Venues = Annotated[list[str], typer.Argument(metavar="VENUE...", help="Slug or id; - is stdin.")]
Jobs = Annotated[
    list[str] | None, typer.Argument(metavar="[ID]...", help="As `list` shows them; - is stdin.")
]
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
    jobs: retrying.WithJobs = False,
    fresh: retrying.Fresh = False,
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
        jobs=jobs,
        fresh=fresh,
    )
    run_retry(session, city_scope(session.source, refs), asked)


@app.command(cls=options.OpsCommand)
def job(
    ctx: typer.Context,
    refs: Jobs = None,
    take_all: retrying.TakeAll = False,
    city: options.City = None,
    venue: options.Venue = None,
    kind: retrying.Kind = None,
    status: retrying.Status = None,
    state: options.State = None,
    provider: options.Provider = None,
    error: options.Error = None,
    worker: options.Worker = None,
    since: options.Since = None,
    until: options.Until = None,
    limit: retrying.JobLimit = 0,
    fresh: retrying.Fresh = False,
    respawn: retrying.Respawn = None,
    dry_run: retrying.DryRun = False,
    yes: retrying.Yes = False,
    reason: retrying.Why = None,
) -> None:
    """Have enrichments run again in the application: by id, or with --all those that match.

    For what failed before any image was known, once its cause is mended. One job a venue runs,
    the newest. A backfill asks and pays for every venue again, so it has to be named with
    --respawn and their number.
    """
    from venue_ops.listings.filters import OperationFilters
    from venue_ops.listings.rerunning import JobOptions, filtered_jobs, named_jobs, retry_jobs

    session: Session = ctx.obj
    filters = OperationFilters(
        cities=city or [],
        venues=venue or [],
        kinds=kind or [],
        statuses=status or [],
        states=state or [],
        providers=provider or [],
        errors=error or [],
        workers=worker or [],
        since=since,
        until=until,
        limit=limit,
    )
    asked = JobOptions(fresh, respawn, dry_run, yes, reason)
    retrying.refuse_half_a_choice(refs or (), filters, take_all=take_all)
    if refs:
        retry_jobs(session, named_jobs(retrying.named(session, refs)), asked)
    else:
        retry_jobs(session, filtered_jobs(session, retrying.of_failed(filters)), asked)
