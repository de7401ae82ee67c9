"""`venue-ops worker`: retries from job rows, on any number of machines."""

from __future__ import annotations

from typing import Annotated

import typer

from venue_ops.commands import options
from venue_ops.context import Session

app = options.command_app()

Queue = Annotated[
    str | None,
    typer.Option(
        "--queue", metavar="NAME", help="The queue; without it queues.worker of the settings."
    ),
]
Jobs = Annotated[
    int, typer.Option("--jobs", "-j", metavar="N", min=1, max=100, help="Jobs at once.")
]
RescueAfter = Annotated[
    str,
    typer.Option(
        "--rescue-after",
        metavar="TIME",
        help="Give back jobs of this queue that were begun so long ago: their worker is gone.",
    ),
]
Drain = Annotated[bool, typer.Option("--drain", help="Stop when the queue is empty.")]


@app.command(cls=options.OpsCommand)
def worker(
    ctx: typer.Context,
    queue: Queue = None,
    jobs: Jobs = 10,
    rescue_after: RescueAfter = "15m",
    drain: Drain = False,
) -> None:
    """Run the retries that `--enqueue --engine python` put into the queue, until a signal.

    Start it on as many machines as you like. It creates and alters no table, takes part in no
    election, and refuses a queue that holds the jobs of others. Needs Python 3.12 and the extra
    `worker`. The first Ctrl-C or SIGTERM lets what is in flight finish, a second one does not.
    """
    from venue_ops.listings.working import WorkerOptions, run_worker

    session: Session = ctx.obj
    run_worker(session, WorkerOptions(queue, jobs, rescue_after, drain))
