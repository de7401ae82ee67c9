"""W1: how much of a provider's pace a run uses, by the provider's own clock, and never more.

The provider takes a second for each answer, so a run has to ask for many at once. The share is
of the steps between the first request and the last that the provider heard.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence

from benchmarks.loopback import loopback
from benchmarks.report import Figure
from benchmarks.retries import Writable, retried
from venue_ops.core.retry.outcomes import Result
from venue_ops.settings.retrying import RetrySettings

GOAL = 0.98
IMAGES_A_VENUE, ANSWER, SIZE = 5, 1.0, 2_000
AS_SET = RetrySettings().concurrency
PACES = ((10, 500, AS_SET), (5, 100, AS_SET), (2, 50, AS_SET), (50, 500, 100))
"""Requests a second, images, and how many at once: the application's paces with the settings as
they come, and one beyond any provider."""


def figures(here: Writable) -> Iterator[Figure]:
    """One run a pace; only the first has the number of images that the goal is about."""
    for place, (pace, images, concurrency) in enumerate(PACES):
        with loopback(size=SIZE, delay=ANSWER) as there:
            venues = here.failed(images // IMAGES_A_VENUE, IMAGES_A_VENUE, there.photo)
            summary = retried(
                here,
                there,
                venues,
                store=here.imagekit(there),
                pace=float(pace),
                concurrency=concurrency,
            )
        assert summary.results == {Result.UPLOADED: images}, summary
        yield _figure(sorted(there.heard), pace, images, is_goal=not place)


def _figure(heard: Sequence[float], pace: int, images: int, *, is_goal: bool) -> Figure:
    share = (len(heard) - 1) / (heard[-1] - heard[0]) / pace
    most = _most_in_a_second(heard)
    what = f"{images} images at {pace}/s, answers taking 1 s"
    figure = f"{share:.1%} of the pace, at most {most} in any second"
    holds = share >= GOAL and most <= pace
    if not is_goal:
        return Figure("W1", what, figure)
    return Figure("W1", what, figure, f"at least {GOAL:.0%}, at most {pace}", holds)


def _most_in_a_second(heard: Sequence[float]) -> int:
    """The highest count in any window of a second, both ends included."""
    return max(bisect_right(heard, at + 1.0) - place for place, at in enumerate(heard))
