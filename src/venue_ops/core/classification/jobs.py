"""What became of a job, from its own state, args, meta and errors (pure).

The numbered rules are those of docs/explanation/outcomes.md; `core.db.expressions` states
them a second time in SQL, and a property test holds the two equal on arbitrary rows.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from venue_ops.core.classification.values import (
    elements,
    has_member,
    member,
    names_in,
    positive_at,
    string_at,
)
from venue_ops.core.models import JobKind, JobScope, Json, Outcome
from venue_ops.core.vocabulary import (
    CHILDREN_RANKED,
    CLASSIFIED_KINDS,
    COMPLETED,
    DISCARDED,
    ERROR_STATUSES,
    FAILED_IMAGE_TEXTS,
    FAN_OUT_STATUSES,
    NO_PHOTOS_WORDS,
    NOT_A_PROVIDER,
    PROVIDER_ERROR_STATUSES,
    PROVIDER_REASON_KEYS,
    STATE_OUTCOMES,
    STATUS_NO_WORK,
    STATUS_SKIPPED,
    UNFINISHED,
)


@dataclass(frozen=True, slots=True)
class JobFacts:
    """What an outcome is decided from. `meta` is None for SQL NULL."""

    kind: JobKind
    state: str
    args: Json = field(default_factory=dict)
    meta: Json = None
    errors: Sequence[Json] = ()


@dataclass(frozen=True, slots=True)
class ProviderAnswer:
    """What one provider said in one job, as far as the job's meta tells."""

    provider: str
    failed: bool
    reason: str | None

    @property
    def is_error(self) -> bool:
        """Failed with something other than "this venue has no photos here"."""
        return self.failed and not says_no_photos(self.reason or "")


def job_scope(kind: JobKind, args: Json) -> JobScope | None:
    """How much a job covers; None for the workers whose args are not ours to read.

    The order is the worker's own: `venue_id` wins over `venue_ids`, and without either an
    enrichment is the daily run.
    """
    match kind:
        case JobKind.BACKFILL:
            return JobScope.CITY
        case JobKind.RETRY:
            return JobScope.VENUE
        case JobKind.ENRICHMENT if has_member(args, "venue_id"):
            return JobScope.VENUE
        case JobKind.ENRICHMENT if has_member(args, "venue_ids"):
            return JobScope.BATCH
        case JobKind.ENRICHMENT:
            return JobScope.DAILY
        case _:
            return None


def says_no_photos(reason: str) -> bool:
    """Whether a provider's reason only means that it has no photos of the venue."""
    return any(word in reason for word in NO_PHOTOS_WORDS)


def provider_answers(meta: Json) -> Iterator[ProviderAnswer]:
    """The providers of `meta.providers`, without the entry that names a killed task."""
    providers = member(meta, "providers")
    if not isinstance(providers, Mapping):
        return
    for name, answer in providers.items():
        if name != NOT_A_PROVIDER:
            reasons = (string_at(answer, key) for key in PROVIDER_REASON_KEYS)
            yield ProviderAnswer(
                provider=name,
                failed=string_at(answer, "status") in PROVIDER_ERROR_STATUSES,
                reason=next((reason for reason in reasons if reason is not None), None),
            )


def job_outcome(job: JobFacts, children: Sequence[Outcome] = ()) -> Outcome:
    """What became of a job; `children` are the outcomes of a backfill's own enrichments."""
    if (settled := STATE_OUTCOMES.get(job.state)) is not None:
        return settled
    if job.state == DISCARDED:
        return Outcome.PARTIAL if _kept_something(job) else Outcome.FAILED
    if job.state != COMPLETED or job.kind not in CLASSIFIED_KINDS:
        return Outcome.UNKNOWN
    if not isinstance(job.meta, Mapping) or not job.meta:
        return Outcome.UNKNOWN  # rule 1
    if counts_venues(job):
        return _of_two(job.meta, "enriched", "failed") or Outcome.SKIPPED  # rule 2
    return _completed_outcome(job, children)


def _completed_outcome(job: JobFacts, children: Sequence[Outcome]) -> Outcome:
    status = string_at(job.meta, "status")
    if status == STATUS_NO_WORK:
        return Outcome.SKIPPED  # rule 3
    if fans_out(job):
        spawned = positive_at(job.meta, "total_venues") or positive_at(job.meta, "jobs_spawned")
        return children_outcome(children) if spawned else Outcome.SKIPPED  # rule 3
    if status == STATUS_SKIPPED:
        return Outcome.FAILED if job.errors else Outcome.SKIPPED  # rule 4
    answers = list(provider_answers(job.meta))
    if answers and all(answer.is_error for answer in answers):
        return Outcome.FAILED  # rule 5
    if counted := _of_two(job.meta, uploaded_key(job.meta), "images_failed"):
        return counted  # rule 6
    if status in ERROR_STATUSES or any(answer.is_error for answer in answers):
        return Outcome.FAILED  # rule 7
    return Outcome.NO_IMAGES


def uploaded_key(meta: Json) -> str:
    """Where the number of good images stands: legacy meta has `images_found` alone."""
    return "images_uploaded" if has_member(meta, "images_uploaded") else "images_found"


def counts_venues(job: JobFacts) -> bool:
    """Whether meta counts venues: a batch, a daily run, or an old-shape backfill."""
    if job.kind is JobKind.BACKFILL:
        return has_member(job.meta, "enriched")
    return job_scope(job.kind, job.args) in (JobScope.BATCH, JobScope.DAILY)


def fans_out(job: JobFacts) -> bool:
    """Whether the job is a backfill that only started other jobs (the new shape)."""
    return (
        job.kind is JobKind.BACKFILL
        and not has_member(job.meta, "enriched")
        and string_at(job.meta, "status") in FAN_OUT_STATUSES
    )


def children_outcome(children: Sequence[Outcome]) -> Outcome:
    """One outcome for a backfill's enrichments; `unknown` when none is left to ask.

    Good and bad together are partial. Without a good one the worst word wins, and what was
    never done (cancelled) outweighs what had nothing to do.
    """
    found = set(children)
    if found & set(UNFINISHED):
        return Outcome.RUNNING
    good = found & {Outcome.SUCCESS, Outcome.PARTIAL}
    bad = found & {Outcome.FAILED, Outcome.PARTIAL, Outcome.CANCELLED}
    if good and bad:
        return Outcome.PARTIAL
    return next((outcome for outcome in CHILDREN_RANKED if outcome in found), Outcome.UNKNOWN)


def job_providers(args: Json, meta: Json) -> tuple[str, ...]:
    """Every provider a job was asked for or heard from, in that order, each once."""
    sources = (
        member(args, "provider"),
        member(args, "providers"),
        member(meta, "providers"),
        member(meta, "by_provider"),
    )
    names = (name for source in sources for name in names_in(source))
    return tuple(dict.fromkeys(name for name in names if name != NOT_A_PROVIDER))


def error_texts(job: JobFacts) -> Iterator[str]:
    """Every text of a job that says what went wrong: what `--error` searches."""
    for error in job.errors:
        if (text := string_at(error, "error")) is not None:
            yield text
    if (text := string_at(job.meta, "error")) is not None:
        yield text
    for answer in provider_answers(job.meta):
        if answer.failed and answer.reason is not None:
            yield answer.reason
    breakdown = member(job.meta, "failure_breakdown")
    if isinstance(breakdown, Mapping):
        yield from breakdown
    for image in elements(member(job.meta, "failed_images")):
        texts = (string_at(image, key) for key in FAILED_IMAGE_TEXTS)
        yield from (text for text in texts if text is not None)


def _kept_something(job: JobFacts) -> bool:
    """Whether a discarded job's meta tells of images, or venues, that worked all the same."""
    return job.kind in CLASSIFIED_KINDS and (
        positive_at(job.meta, "images_uploaded") or positive_at(job.meta, "enriched")
    )


def _of_two(meta: Json, good_key: str, bad_key: str) -> Outcome | None:
    match positive_at(meta, good_key), positive_at(meta, bad_key):
        case True, True:
            return Outcome.PARTIAL
        case False, True:
            return Outcome.FAILED
        case True, False:
            return Outcome.SUCCESS
        case _:
            return None
