"""`venue-ops sweep`: everything that failed for a passing reason, made for cron."""

from __future__ import annotations

import typer

from venue_ops.commands import options
from venue_ops.commands import retry_options as retrying
from venue_ops.context import Session

app = options.command_app()


@app.command(cls=options.OpsCommand)
def sweep(
    ctx: typer.Context,
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
    """Try again whatever failed for a passing reason, in all venues, and nothing else.

    Made for cron: it asks only at a terminal, runs that overlap share the work, and a second
    one finds nothing to do.
    """
    from venue_ops.core.services.plans import EVERYTHING
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
    run_retry(session, EVERYTHING, asked)
