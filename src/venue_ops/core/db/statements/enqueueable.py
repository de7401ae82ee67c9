"""What a retry that is enqueued looks at: images as they stand, unfinished jobs, refusals."""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    CTE,
    JSON,
    BigInteger,
    ColumnElement,
    Integer,
    Numeric,
    Select,
    Text,
    and_,
    cast,
    column,
    func,
    or_,
    select,
    true,
    union_all,
)
from sqlalchemy import literal_column as sql
from sqlalchemy.dialects.postgresql import JSONB, JSONPATH, aggregate_order_by, distinct_on
from sqlalchemy.sql.selectable import NamedFromClause
from sqlalchemy.types import UserDefinedType

from venue_ops.core.db.expressions import enqueueing as savable
from venue_ops.core.db.expressions.images import image_url, retry_count
from venue_ops.core.db.expressions.jobs import is_kind
from venue_ops.core.db.expressions.values import (
    Json,
    at,
    elements_of,
    json_id,
    json_lit,
    lit,
    string_at,
    type_of,
)
from venue_ops.core.db.questions import Enqueue, EnqueueSeen
from venue_ops.core.db.schema import ObanTables, venues
from venue_ops.core.db.statements.parameters import one_moment, one_text
from venue_ops.core.enums import Engine
from venue_ops.core.models import JobKind, UploadStatus
from venue_ops.core.planning import Reason


def wanted_images() -> CTE:
    """The images that were planned, one text for all: arrays take the client twice as long."""
    rows = func.json_to_recordset(cast(one_text("wanted"), JSON)).table_valued(
        column("number", Integer),
        column("venue_id", BigInteger),
        column("provider", Text),
        column("url", Text),
        column("retries", Numeric),
        column("name", Text),
        name="images",
    )
    return select(rows.render_derived(with_types=True)).cte("wanted")


_PATHS = {
    status: f'strict $[*] ? (@.upload_status == "{status}")'
    for status in (UploadStatus.FAILED, UploadStatus.PERMANENTLY_FAILED)
}


def chosen_images(question: Enqueue, wanted: CTE, asked: CTE) -> CTE:
    """Of each venue the wanted images that are still as they were planned.

    Their `names` are for Python alone.
    """
    failing = [_failing(asked, UploadStatus.FAILED, question.engine)]
    names: list[ColumnElement[Any]] = []
    if question.engine is Engine.PYTHON:
        failing.append(_failing(asked, UploadStatus.PERMANENTLY_FAILED, question.engine))
        named = func.jsonb_object_agg(wanted.c.name, wanted.c.retries)
        names.append(named.label("names"))
    found = union_all(*failing).cte("failing")
    index = found.c.place - sql("1")
    return (
        select(
            wanted.c.venue_id,
            func.coalesce(
                func.jsonb_agg(aggregate_order_by(index, index)).filter(found.c.place.is_not(None)),
                json_lit("[]"),
            ).label("indexes"),
            *names,
            func.array_agg(aggregate_order_by(wanted.c.number, wanted.c.number)).label("numbers"),
        )
        .select_from(
            wanted.join(
                found,
                and_(
                    found.c.venue_id == wanted.c.venue_id,
                    found.c.url == wanted.c.url,
                    found.c.provider.is_not_distinct_from(wanted.c.provider),
                    found.c.retries == wanted.c.retries,
                ),
            )
        )
        .group_by(wanted.c.venue_id)
        .cte("chosen")
    )


def _failing(asked: CTE, status: UploadStatus, engine: Engine) -> Select[Any]:
    """Images of one status; their place among these is the index that the application means."""
    venue = venues.alias(f"venue_{status}")
    path = cast(lit(_PATHS[status]), JSONPATH)
    rows = func.jsonb_path_query(venue.c.venue_images, path, json_lit("{}"), sql("true"))
    image = rows.table_valued(
        column("value", JSONB), with_ordinality="place", name=f"image_{status}"
    ).render_derived()
    value: Json = image.c.value
    is_failed = status is UploadStatus.FAILED
    found = select(
        venue.c.id.label("venue_id"),
        (image.c.place if is_failed else sql("NULL", BigInteger)).label("place"),
        string_at(value, "provider").label("provider"),
        image_url(value).label("url"),
        retry_count(value).label("retries"),
    ).select_from(asked.join(venue, venue.c.id == asked.c.venue_id).join(image, true()))
    return found.where(savable.for_job(value)) if engine is Engine.APP else found


def unfinished_jobs(question: Enqueue | EnqueueSeen, tables: ObanTables) -> CTE:
    """By venue the first unfinished job that names it, alone or in a batch.

    One that was discarded moments ago counts: the application's Lifeline discards what runs still.
    Not those that this run has inserted: it comes to each venue once, and of many venues every
    batch would read the rows of all before it.
    """
    job = tables.jobs.alias("job")
    # Once for both ways to name a venue: there may be hundreds of thousands of rows.
    unfinished = (
        select(
            job.c.id,
            job.c.worker,
            cast(job.c.state, Text).label("state"),
            func.coalesce(job.c.attempted_at, job.c.inserted_at).label("since"),
            at(job.c.args, "venue_id").label("venue_id"),
            at(job.c.args, "venue_ids").label("venue_ids"),
        )
        .where(
            or_(
                job.c.state.in_([cast(lit(word), tables.state) for word in question.unfinished]),
                and_(
                    job.c.state == cast(lit("discarded"), tables.state),
                    job.c.attempted_at > one_moment("touched_since"),
                ),
            ),
            or_(
                job.c.queue == one_text("enrichment_queue"),
                is_kind(job.c.worker, JobKind.ENRICHMENT, JobKind.RETRY),
            ),
            (one_text("run_tag") == func.any(job.c.tags)).is_not(sql("true")),
        )
        .cte("unfinished")
    )
    items = elements_of(unfinished.c.venue_ids, "of_batch")
    columns = [unfinished.c[name] for name in ("id", "worker", "state", "since")]
    alone = select(json_id(unfinished.c.venue_id).label("venue_id"), *columns)
    many = select(json_id(items.c.value), *columns).select_from(unfinished.join(items, true()))
    found = union_all(alone, many).subquery("found")
    return (
        select(found)
        .ext(distinct_on(found.c.venue_id))
        .where(found.c.venue_id.is_not(None))
        .order_by(found.c.venue_id, found.c.id)
        .cte("standing")
    )


def version_of(venue: NamedFromClause) -> tuple[ColumnElement[Any], ColumnElement[Any]]:
    """What no other version of the same row has: `xmin`, who wrote it, and `ctid`, where it is."""
    return sql(f"{venue.name}.xmin", Xid()), sql(f"{venue.name}.ctid", Tid())


class Xid(UserDefinedType[str]):
    """PostgreSQL's id of a transaction."""

    def get_col_spec(self, **_: Any) -> str:
        """As a cast has it."""
        return "xid"


class Tid(UserDefinedType[str]):
    """PostgreSQL's place of a row in its table."""

    def get_col_spec(self, **_: Any) -> str:
        """As a cast has it."""
        return "tid"


def refusals(
    venue: NamedFromClause, counts: ColumnElement[Any], numbers: ColumnElement[Any]
) -> list[tuple[ColumnElement[bool], ColumnElement[str]]]:
    """What the application would not save, and indexes that a later sorting would turn.

    `counts` are those of `savable_counts`.
    """
    images = venue.c.venue_images
    total, sound = savable.nth(counts, savable.TOTAL), savable.nth(counts, savable.SAVABLE)
    is_object = type_of(venue.c.image_enrichment_metadata) == lit("object")
    is_part = savable.nth(counts, savable.FAILED) > func.cardinality(numbers)
    return [
        (
            func.coalesce(
                and_(total == sound, is_object, savable.is_whole(venue)), sql("false")
            ).is_(sql("false")),
            lit(Reason.UNSAVABLE),
        ),
        (total != savable.nth(counts, savable.IDENTITIES), lit(Reason.TWICE)),
        (and_(is_part, savable.are_in_order(images).is_(sql("false"))), lit(Reason.UNORDERED)),
    ]
