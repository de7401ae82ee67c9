"""Why something failed, what a retry would do, what stands in its way, and what to do (pure)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from shlex import quote

from venue_ops.core.classification.causes import Cause, cause_of_answer, error_of_answer
from venue_ops.core.classification.values import member
from venue_ops.core.details import Image, JobDetail, VenueDetail
from venue_ops.core.models import JobKind, Operation, Outcome, Retryability, VenueTally
from venue_ops.core.planning import Blocker, Item, Reason, Remedy, VenuePlan
from venue_ops.core.planning.words import REASONS, REMEDIES, TAKEN_BY
from venue_ops.core.vocabulary import NOT_ASKED_WORDS

_CLASSES = {
    Retryability.TRANSIENT: "which passes by itself",
    Retryability.PERMANENT: "which does not pass by itself",
    Retryability.AMBIGUOUS: "which may pass or not",
}
_TO_EXPLAIN = (Outcome.FAILED, Outcome.PARTIAL)
_CAUSES = {
    Cause.DEAD_KEY: "it refuses the key; waiting does not help",
    Cause.RATE_LIMITED: "it was asked too often",
    Cause.OUTAGE: "it was down or out of reach",
    Cause.OTHER: "for a reason of its own",
}


@dataclass(frozen=True, slots=True)
class Explanation:
    """Sentences; `commands` are what to type next: names from outside are quoted for a shell."""

    title: str
    why: tuple[str, ...]
    retry: tuple[str, ...]
    in_the_way: tuple[str, ...]
    commands: tuple[str, ...]


def explain_image(item: Item, image: Image, blocker: Blocker | None) -> Explanation:
    """One image; `item` is its part of a plan."""
    ref = item.id or f"{item.venue_slug}/#{item.place}"
    return Explanation(
        title=ref,
        why=tuple(_why_image(item, image)),
        retry=(_would(item), *_mended(item)),
        in_the_way=tuple(_in_the_way(blocker)),
        commands=tuple(_commands_of_image(item, ref)),
    )


def explain_venue(detail: VenueDetail, plan: VenuePlan, blocker: Blocker | None) -> Explanation:
    """One venue and the failed images of its plan; `blocker` is the job that is at it."""
    return Explanation(
        title=detail.slug,
        why=tuple(_why_venue(detail, plan)),
        retry=tuple(_venue_again(plan)),
        in_the_way=tuple(_in_the_way(blocker)),
        commands=tuple(_commands_of_venue(detail.slug, plan)),
    )


def explain_job(detail: JobDetail, plan: VenuePlan | None, blocker: Blocker | None) -> Explanation:
    """One job; `plan` is that of its venue as it stands, if it has one, `blocker` what is at it."""
    job = detail.operation
    return Explanation(
        title=f"Job {job.id}, {job.kind}, {job.outcome}",
        why=tuple(_why_job(detail)) or (_nothing_said(job),),
        retry=tuple(_job_again(detail, plan)),
        in_the_way=tuple(_in_the_way(blocker)),
        commands=tuple(_commands_of_job(detail, plan)),
    )


def _why_image(item: Item, image: Image) -> Iterator[str]:
    if item.error_type is None:
        yield f"It has not failed: its status is {item.status or 'not written'}."
        return
    code = f" (HTTP {item.status_code})" if item.status_code else ""
    kind = f", {_CLASSES[item.retryability]}" if item.retryability else ""
    yield f"It failed with {item.error_type}{code}{kind}."
    if image.error:
        yield f"What was said: {image.error}"
    if item.retries:
        yield f"It was tried again {_many(item.retries, 'time')}."


def _why_venue(detail: VenueDetail, plan: VenuePlan) -> Iterator[str]:
    counts = detail.counts
    if detail.malformed:
        yield f"Its images are {detail.malformed}, not a list: nothing here can mend that."
        return
    if not counts.total:
        yield "It has no images: none was found, or no enrichment has asked for any."
        return
    yield f"{_many(counts.total, 'image')}: {counts.good:,} there, {counts.bad:,} failed."
    errors = Counter((item.error_type, item.retryability) for item in plan.items)
    for (error, kind), count in errors.most_common():
        said = f", {_CLASSES[kind]}" if kind else ""
        yield f"{_many(count, 'image')} failed with {error}{said}."


def _venue_again(plan: VenuePlan) -> Iterator[str]:
    taken = len(plan.taken)
    if taken:
        yield f"A retry would try {_many(taken, 'image')} again."
    else:
        yield "A retry would try none of its images."
    left = Counter(item.reason for item in plan.items if item.reason is not None)
    for reason, count in left.most_common():
        yield f"It would leave out {_many(count, 'image')}: {_left(reason)}."
    remedies = Counter(item.remedy for item in plan.items if not item.is_taken)
    for remedy, count in remedies.most_common():
        if remedy not in (None, Remedy.RETRY):
            yield f"What would mend {_many(count, 'image')}: {REMEDIES[remedy]}."


def _left(reason: Reason) -> str:
    """`given up (--force)`."""
    widens = TAKEN_BY.get(reason)
    return f"{REASONS[reason]} ({widens} takes it)" if widens else REASONS[reason]


def _would(item: Item) -> str:
    if item.is_taken:
        return "A retry would fetch it from its provider and store it."
    assert item.reason is not None  # noqa: S101  # that is what "not taken" means
    if item.reason in (Reason.JOB_UNFINISHED, Reason.JUST_TOUCHED):
        return "A retry would take it once its venue is left alone."
    return f"A retry would leave it out: {_left(item.reason)}."


def _mended(item: Item) -> Iterator[str]:
    if item.remedy is not None and not (item.is_taken and item.remedy is Remedy.RETRY):
        yield f"What would mend it: {REMEDIES[item.remedy]}."


def _in_the_way(blocker: Blocker | None) -> Iterator[str]:
    if blocker is not None:
        name = blocker.worker.rpartition(".")[2]
        when = f"{blocker.since:%Y-%m-%d %H:%M:%S} UTC"
        is_at_it = blocker.reason is Reason.JOB_UNFINISHED
        how = f"is {blocker.state}, since {when}" if is_at_it else f"was at it just now, at {when}"
        yield f"Job {blocker.job_id} ({name}) {how}."


def _commands_of_image(item: Item, typed: str) -> Iterator[str]:
    ref = quote(typed)
    if item.is_taken:
        yield f"venue-ops retry image {ref}"
    elif item.reason and (widens := TAKEN_BY.get(item.reason)):
        yield f"venue-ops retry image {ref} {widens}"
    yield f"venue-ops show image {ref}"


def _commands_of_venue(slug: str, plan: VenuePlan) -> Iterator[str]:
    if plan.taken:
        yield f"venue-ops retry venue {quote(slug)}"
    # Those that trying again may mend; to try a dead address again is nobody's advice.
    reasons = [item.reason for item in plan.items if item.reason and item.remedy is Remedy.RETRY]
    widening = dict.fromkeys(TAKEN_BY[reason] for reason in reasons if reason in TAKEN_BY)
    yield from (f"venue-ops retry venue {quote(slug)} {option}" for option in widening)
    yield f"venue-ops show venue {quote(slug)}"


def _why_job(detail: JobDetail) -> Iterator[str]:
    job = detail.operation
    if job.skip_reason:
        yield f"It skipped itself: {job.skip_reason}."
    elif job.outcome is Outcome.SKIPPED:
        yield "It had nothing to do."
    elif job.outcome is Outcome.SUCCESS:
        yield "Nothing of it failed."
    elif job.outcome is Outcome.NO_IMAGES:
        yield "No provider had a photo of its venue."
    elif job.error and not (detail.answers or detail.breakdown or detail.errors):
        yield f"It says: {job.error}"
    if job.venues is not None:
        yield from _of_its_venues(job.venues)
    for answer in detail.answers:
        if answer.reason and any(word in answer.reason for word in NOT_ASKED_WORDS):
            yield (
                f"{answer.provider} was not asked, for it does not know the venue: the venue"
                " wants a geocoding first."
            )
        elif answer.is_error and answer.reason:
            cause = cause_of_answer(answer.reason)
            yield f"{answer.provider} answered {error_of_answer(answer.reason)}: {_CAUSES[cause]}."
    for name, count in sorted(detail.breakdown.items()):
        yield f"{_many(count, 'image')} failed with {name}."
    if detail.errors and job.outcome is not Outcome.SUCCESS:
        last = detail.errors[-1]
        yield f"{_many(len(detail.errors), 'attempt')} failed; the last said: {last.error}"
    if job.state == "discarded" and len(detail.errors) < job.attempt:
        yield (
            "It was given up with fewer errors than attempts: Oban's Lifeline took it for dead"
            " while it ran."
        )


def _of_its_venues(tally: VenueTally) -> Iterator[str]:
    """`4 of the 5 enrichments that it started are in the table still: 3 success, 1 partial.`"""
    if tally.outcomes is not None and tally.spawned:
        ranked = sorted(tally.outcomes.items(), key=lambda each: (-each[1], each[0]))
        told = ", ".join(f"{count:,} {outcome}" for outcome, count in ranked if count)
        started = _many(tally.spawned, "enrichment")
        known = f"{tally.children:,} in the table still: {told}" if told else "none known any more"
        yield f"It started {started}, {known}."
    elif tally.enriched is not None:
        counts = {"enriched": tally.enriched, "skipped": tally.skipped, "failed": tally.failed}
        told = ", ".join(f"{count:,} {word}" for word, count in counts.items() if count)
        yield f"Of its venues: {told or 'none was enriched'}."


def _nothing_said(job: Operation) -> str:
    return f"It says nothing of an error: its state is {job.state}, its outcome {job.outcome}."


def _job_again(detail: JobDetail, plan: VenuePlan | None) -> Iterator[str]:
    job = detail.operation
    match job.kind:
        case JobKind.ENRICHMENT if plan is not None and plan.taken:
            yield f"A retry of its venue would try {_many(len(plan.taken), 'image')} again."
        case JobKind.ENRICHMENT if job.outcome is Outcome.FAILED and not detail.failed_images:
            yield (
                "It failed before any image was known, so there is no image to retry: the job has"
                " to run again, once what it says is mended."
            )
            if member(detail.args, "force") is not True:
                yield (
                    "An enrichment that is not forced skips itself when it runs again: --fresh"
                    " forces it."
                )
        case JobKind.ENRICHMENT if job.venues is not None:
            yield "It covers several venues: retry those with failed images (`venue-ops partials`)."
        case JobKind.ENRICHMENT if job.venue is not None and job.venue.slug is None:
            yield "Its venue is gone, so there is nothing to retry."
        case JobKind.ENRICHMENT:
            yield "No image of its venue would be taken by a retry."
        case JobKind.BACKFILL:
            yield (
                "A backfill that runs again asks and pays for every venue again; retry the failed"
                " images of the city instead."
            )
        case _:
            yield "Jobs of this kind are not run again; the images of the venue can be."


def _commands_of_job(detail: JobDetail, plan: VenuePlan | None) -> Iterator[str]:
    job = detail.operation
    if plan is not None and plan.taken:
        yield f"venue-ops retry venue {quote(plan.slug)}"
    elif _may_run_again(detail):
        fresh = "" if member(detail.args, "force") is True else " --fresh"
        yield f"venue-ops retry job {job.id}{fresh}"
    if job.kind is JobKind.BACKFILL and job.city is not None:
        yield f"venue-ops retry city {quote(job.city.ref)} --dry-run"
    worst = (child.id for child in detail.children if child.outcome in _TO_EXPLAIN)
    if (child := next(worst, None)) is not None:
        yield f"venue-ops explain job {child}"
    yield f"venue-ops show job {job.id}"


def _may_run_again(detail: JobDetail) -> bool:
    """An enrichment that failed before it knew of any image, and whose venue is there."""
    job = detail.operation
    is_there = job.venue is None or job.venue.slug is not None
    failed = job.kind is JobKind.ENRICHMENT and job.outcome is Outcome.FAILED
    return failed and is_there and not detail.failed_images


def _many(count: int, noun: str) -> str:
    return f"1 {noun}" if count == 1 else f"{count:,} {noun}s"
