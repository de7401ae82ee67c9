"""A retry that somebody else's node does: when its job is over, and what became of its images.

Everything here is decided from rows (pure): the job's own state says little, for the images of a
job that is `completed` may have failed, and one that is `discarded` may run still.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from venue_ops.core.classification.images import error_type, retry_count
from venue_ops.core.classification.values import member, string_at, whole
from venue_ops.core.models import Json, UploadStatus
from venue_ops.core.planning import Item, has_failed, identity_of
from venue_ops.core.retry.outcomes import Outcome, Result

GONE = "gone"
"""The state of a row that is not there any more."""


@dataclass(frozen=True, slots=True)
class Followed:
    """A job row of ours and the images that it was inserted for."""

    job_id: int
    venue_id: int
    items: tuple[Item, ...]


@dataclass(frozen=True, slots=True)
class JobEnd:
    """A finished row; `error` None where its last attempt left none."""

    job_id: int
    state: str
    attempted_at: datetime | None
    error: str | None


def may_run_still(end: JobEnd, now: datetime, settle: timedelta) -> bool:
    """Whether a finished row's process may be at work yet.

    The application's Lifeline takes jobs for dead while they run and, with no attempt left,
    discards them: such a row has no error for its last attempt. It is given `settle` from when
    it was begun.
    """
    if end.state != "discarded" or end.error is not None or end.attempted_at is None:
        return False
    return now < end.attempted_at + settle


def are_done(followed: Followed, images: Sequence[Json]) -> bool:
    """Whether every image was tried since, so nothing more is to come."""
    return all(_tried(item, _found(item, images)) for item in followed.items)


def outcome_of(item: Item, images: Sequence[Json] | None, end: JobEnd, now: datetime) -> Outcome:
    """What became of one image; `images` are those of its venue, None where it is gone.

    Where others have its identity, too, it is there only if none of them has failed.
    """
    outcome = Outcome(item, Result.CHANGED, now, job_id=end.job_id)
    found = [] if images is None else _found(item, images)
    if not _tried(item, found):
        return replace(outcome, result=Result.LEFT, message=_left(end))
    failed = [image for image in found if has_failed(image)]
    if failed:
        return _failed_again(outcome, failed[0])
    uploaded = [i for i in found if string_at(i, "upload_status") == UploadStatus.UPLOADED]
    if uploaded:
        url, path = string_at(uploaded[-1], "url"), string_at(uploaded[-1], "imagekit_path")
        return replace(outcome, result=Result.UPLOADED, url=url, path=path)
    said = "it changed meanwhile" if found else "it is not in its venue any more"
    return replace(outcome, message=said)


def _failed_again(outcome: Outcome, image: Json) -> Outcome:
    details = member(image, "error_details")
    is_given_up = string_at(image, "upload_status") == UploadStatus.PERMANENTLY_FAILED
    return replace(
        outcome,
        result=Result.GIVEN_UP if is_given_up else Result.FAILED,
        error_type=error_type(image),
        status_code=whole(details, "status_code"),
        message=string_at(details, "message") or string_at(details, "error"),
    )


def _found(item: Item, images: Sequence[Json]) -> list[Json]:
    return [image for image in images if identity_of(image) == item.identity]


def _tried(item: Item, found: Sequence[Json]) -> bool:
    return not any(has_failed(image) and retry_count(image) == item.retries for image in found)


def _left(end: JobEnd) -> str:
    if end.state == GONE:
        return f"the row of job {end.job_id} is gone, and it was not tried"
    why = f": {end.error}" if end.error else ""
    return f"job {end.job_id} is {end.state} and left it as it was{why}"
