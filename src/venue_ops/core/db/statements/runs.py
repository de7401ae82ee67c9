"""What has failed without a success since: images of a provider, and its answers to jobs."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Select, Text, and_, case, func, literal_column, not_, or_, select, true

from venue_ops.core.db.expressions.attempts import host, key_fingerprint, tried_at
from venue_ops.core.db.expressions.images import error_type, has_status, images_of
from venue_ops.core.db.expressions.jobs import (
    answer_failed,
    answer_is_error,
    answer_reason,
    answers_of,
)
from venue_ops.core.db.expressions.values import (
    at,
    has_member,
    holds_one_of,
    json_id,
    lit,
    number_at,
    string_at,
)
from venue_ops.core.db.questions import ImageRuns, JobFilter, LatestAnswers
from venue_ops.core.db.schema import oban_tables, venues
from venue_ops.core.db.statements.figure_filters import of_image
from venue_ops.core.db.statements.job_filters import conditions, last_change
from venue_ops.core.db.statements.parameters import (
    many_texts,
    one_moment,
    one_number,
    one_text,
)
from venue_ops.core.models import JobKind, UploadStatus
from venue_ops.core.vocabulary import BAD_UPLOADS, NOT_ASKED_WORDS

_NO_REASON = "failed"


def image_runs(question: ImageRuns) -> Select[Any]:
    """Every provider that was tried lately, with its failures since its last success.

    Binds `changed_since` and the same as text (`from_text`), `limit`, and the parameters of its
    filters. Whatever was tried since then stands in a venue that changed since then. One row a
    provider, error type, status code, host and key; for a provider that failed not once since its
    last success one row whose `images` is NULL.
    """
    venue = venues.alias("venue")
    images = images_of(venue.c.venue_images)
    image = images.c.value
    tried = tried_at(image)
    failed = has_status(image, *BAD_UPLOADS)
    attempts = (
        select(
            venue.c.id.label("venue_id"),
            string_at(image, "provider").label("provider"),
            has_status(image, UploadStatus.UPLOADED).label("is_success"),
            tried.label("tried_at"),
            case((failed, image)).label("image"),
        )
        .select_from(venue.join(images, true()))
        .where(
            venue.c.updated_at >= one_moment("changed_since"),
            has_status(image, UploadStatus.UPLOADED, *BAD_UPLOADS),
            string_at(image, "provider").is_not(None),
            tried >= one_text("from_text").collate("C"),
            *of_image(venue, image, question.filters),
        )
        .cte("attempts")
        .prefix_with("MATERIALIZED")
    )
    last = (
        select(
            attempts.c.provider,
            func.max(attempts.c.tried_at).filter(attempts.c.is_success).label("success"),
        )
        .group_by(attempts.c.provider)
        .cte("last_success")
    )
    kind = error_type(attempts.c.image).label("error_type")
    code = number_at(at(attempts.c.image, "error_details"), "status_code").label("status_code")
    its_host = host(attempts.c.image).label("host")
    key = key_fingerprint(attempts.c.image).label("key_fingerprint")
    since_success = or_(last.c.success.is_(None), attempts.c.tried_at > last.c.success)
    later = (
        select(
            *(attempts.c[name] for name in ("provider", "venue_id", "tried_at")),
            *(kind, code, its_host, key),
        )
        .select_from(attempts.join(last, last.c.provider == attempts.c.provider))
        .where(not_(attempts.c.is_success), since_success)
        .cte("later")
        .prefix_with("MATERIALIZED")
    )
    venue_count = func.count(later.c.venue_id.distinct())
    in_all = (
        select(later.c.provider, venue_count.label("venues_in_all"))
        .group_by(later.c.provider)
        .subquery("in_all")
    )
    kinds = (later.c.error_type, later.c.status_code, later.c.host, later.c.key_fingerprint)
    runs = (
        select(
            later.c.provider,
            *kinds,
            func.count().label("images"),
            venue_count.label("venues"),
            func.min(later.c.tried_at).label("since"),
            func.max(later.c.tried_at).label("newest"),
        )
        .group_by(later.c.provider, *kinds)
        .subquery("runs")
    )
    return (
        select(
            last.c.provider,
            last.c.success,
            in_all.c.venues_in_all,
            *(each for each in runs.c if each.name != "provider"),
        )
        .select_from(
            last.outerjoin(runs, runs.c.provider == last.c.provider).outerjoin(
                in_all, in_all.c.provider == last.c.provider
            )
        )
        .order_by(runs.c.images.desc().nulls_last(), last.c.provider, runs.c.error_type)
        .limit(one_number("limit"))
    )


def latest_answers(question: LatestAnswers) -> Select[Any]:
    """Binds `limit` (of jobs) and the parameters of its filters; oldest first.

    `reason` is NULL where a provider did well, and that includes having no photos of a venue. It
    was not asked at all about a venue that it does not know: such an answer tells nothing.
    """
    oban = oban_tables(question.oban_schema)
    job = oban.jobs.alias("job")
    filters = question.filters
    newest = (
        select(job.c.id)
        .where(*conditions(job, oban, (JobKind.ENRICHMENT,), filters, question.city_path))
        .order_by(job.c.id.desc())
        .limit(one_number("limit"))
        .cte("newest")
        .prefix_with("MATERIALIZED")
    )
    asked = oban.jobs.alias("asked")
    answers = answers_of(asked.c.meta).lateral("given")
    answer = answers.c.answer
    reason = func.coalesce(answer_reason(answer), lit(_NO_REASON))
    was_asked = not_(and_(answer_failed(answer), holds_one_of(reason, NOT_ASKED_WORDS)))
    chosen = [has_member(answer, "status"), was_asked]
    if JobFilter.PROVIDER in filters:
        chosen.append(answers.c.provider == func.any(many_texts("providers")))
    return (
        select(
            answers.c.provider,
            json_id(at(asked.c.args, "venue_id")).label("venue_id"),
            last_change(asked).label("at"),
            case((answer_is_error(answer), reason), else_=literal_column("NULL", Text)).label(
                "reason"
            ),
        )
        .select_from(newest.join(asked, asked.c.id == newest.c.id).join(answers, true()))
        .where(*chosen)
        .order_by(literal_column('"at"'), asked.c.id, answers.c.provider)
    )
