"""One job, one venue, one city: everything the database says about it."""

from __future__ import annotations

from typing import Any

from venue_ops.core import details
from venue_ops.core.classification.images import error_class
from venue_ops.core.classification.jobs import provider_answers
from venue_ops.core.classification.values import (
    elements,
    member,
    number,
    number_at,
    string_at,
    whole,
)
from venue_ops.core.db import rows
from venue_ops.core.db.questions import (
    CityErrorTotals,
    CityJobTotals,
    CityPath,
    CityProviderTotals,
    CityVenueTotals,
    JobById,
    JobChildren,
)
from venue_ops.core.details import (
    Answer,
    CityDetail,
    ErrorTotal,
    ImageDetail,
    JobDetail,
    JobTotal,
    OutcomeTotal,
    ProviderTotal,
    VenueDetail,
)
from venue_ops.core.errors import AmbiguousReferenceError, NotFoundError
from venue_ops.core.models import (
    ImageCounts,
    JobKind,
    Json,
    Operation,
    Retryability,
    VenueOutcome,
)
from venue_ops.core.queries import JobQuery, VenueOrder, VenueQuery
from venue_ops.core.references import ImageReference, shortened
from venue_ops.core.services.operations import operations_page
from venue_ops.core.services.places import FoundCity, no_venue, venue_row_or_none
from venue_ops.core.services.source import Source
from venue_ops.core.services.venues import venues_page

JOBS_OF_A_VENUE = 10
WORST_VENUES = 5
LAST_BACKFILLS = 5


def job_detail(source: Source, job_id: int) -> JobDetail:
    """One job by id; NotFoundError where there is none (Oban prunes finished jobs)."""
    parameters = {**source.common_parameters(), "job_id": job_id}
    exists = job_id < 2**63  # or PostgreSQL would not take it for a bigint
    found = (
        source.database.ask(JobById(oban_schema=source.oban_schema), parameters) if exists else ()
    )
    if not found:
        raise NotFoundError(
            f"There is no job {job_id}.",
            hint="Finished jobs are pruned after some days; a venue keeps its history: "
            "`venue-ops show venue`.",
        )
    row = found[0]
    operation, meta = rows.operation(row, now=source.now()), row["whole_meta"]
    return JobDetail(
        operation=operation,
        args=row["args"],
        meta=meta,
        tags=tuple(row["tags"] or ()),
        priority=row["priority"],
        attempted_by=tuple(row["attempted_by"] or ()),
        errors=tuple(details.attempt_errors(row["errors"] or ())),
        answers=tuple(_answers(meta)),
        breakdown=_counts(member(meta, "failure_breakdown")),
        failed_images=tuple(details.failed_images(meta)),
        children=_children(source, operation),
        images_now=_images_now(source, operation),
    )


def venue_detail(source: Source, ref: str) -> VenueDetail:
    """One venue by slug or id."""
    row = venue_row_or_none(source, ref)
    if row is None:
        raise no_venue(ref)
    outcome = VenueOutcome(row["outcome"])
    jobs = operations_page(
        source, JobQuery(venues=(row["id"],), kinds=tuple(JobKind), limit=JOBS_OF_A_VENUE)
    )
    return VenueDetail(
        id=row["id"],
        slug=row["slug"],
        name=row["name"],
        address=row["address"],
        city=rows.city(row),
        outcome=outcome,
        counts=ImageCounts(*row["counts"]),
        images=details.images(row["slug"], row["venue_images"], max_retries=source.max_retries),
        malformed=_shape(row["venue_images"]) if outcome is VenueOutcome.MALFORMED else None,
        history=tuple(details.history(row["image_enrichment_metadata"])),
        enrichment=row["image_enrichment_metadata"],
        provider_ids=row["provider_ids"],
        updated_at=row["updated_at"],
        jobs=jobs.operations,
    )


def image_detail(source: Source, wanted: ImageReference) -> ImageDetail:
    """One image; NotFoundError or AmbiguousReferenceError."""
    row = venue_row_or_none(source, wanted.venue)
    if row is None:
        raise no_venue(wanted.venue)
    images = details.images(row["slug"], row["venue_images"], max_retries=source.max_retries)
    ident = f"{row['slug']}/{wanted.name}"
    found = [image for image in images if wanted.place == image.place or ident == image.id]
    if not found:
        raise NotFoundError(
            f'{row["slug"]} has no image "{shortened(wanted.name)}" among its {len(images):,}.',
            hint=f"See them with `venue-ops show venue {row['slug']}`.",
        )
    if len(found) > 1:
        places = ", ".join(f"{row['slug']}/#{image.place}" for image in found)
        raise AmbiguousReferenceError(
            f"{ident} stands {len(found)} times among the images.", hint=f"Say which: {places}."
        )
    return ImageDetail(row["slug"], row["name"], found[0])


def city_detail(source: Source, found: FoundCity) -> CityDetail:
    """One city: its venues, its jobs, what fails, where it is worst, the last backfills."""
    city, parameters = found.city, {**source.common_parameters(), "city_id": found.city.id}
    path = CityPath.FROM_VENUES if found.is_small else CityPath.FROM_JOBS
    schema = source.oban_schema
    venue_totals = source.database.ask(CityVenueTotals(oban_schema=schema), parameters)
    providers = source.database.ask(CityProviderTotals(oban_schema=schema), parameters)
    errors = source.database.ask(CityErrorTotals(oban_schema=schema), parameters)
    jobs = source.database.ask(
        CityJobTotals(oban_schema=schema, city_path=path), {**parameters, "city_ids": [city.id]}
    )
    worst = venues_page(
        source,
        VenueQuery(
            cities=(city.id,),
            outcomes=(VenueOutcome.PARTIAL, VenueOutcome.FAILED),
            order=VenueOrder.FAILED,
            limit=WORST_VENUES,
        ),
    )
    backfills = operations_page(
        source,
        JobQuery(cities=(city.id,), kinds=(JobKind.BACKFILL,), limit=LAST_BACKFILLS),
        small_cities=found.is_small,
    )
    return CityDetail(
        city=city,
        venues=tuple(
            OutcomeTotal(VenueOutcome(row["outcome"]), row["venues"], _image_counts(row))
            for row in venue_totals
        ),
        jobs=tuple(JobTotal(row["kind"], row["outcome"], row["jobs"]) for row in jobs),
        providers=tuple(ProviderTotal(**row) for row in providers),
        errors=tuple(_error_total(row) for row in errors),
        worst=worst.venues,
        backfills=backfills.operations,
    )


def _children(source: Source, operation: Operation) -> tuple[Operation, ...]:
    if operation.venues is None or not operation.venues.outcomes:
        return ()
    found = source.database.ask(
        JobChildren(oban_schema=source.oban_schema),
        {**source.common_parameters(), "job_id": operation.id},
    )
    return tuple(rows.operation(row, now=source.now()) for row in found)


def _images_now(source: Source, operation: Operation) -> tuple[details.Image, ...]:
    if operation.venue is None or operation.venue.id is None or operation.venue.slug is None:
        return ()
    row = venue_row_or_none(source, str(operation.venue.id))
    if row is None:
        return ()
    return details.images(row["slug"], row["venue_images"], max_retries=source.max_retries)


def _answers(meta: Json) -> list[Answer]:
    providers = member(meta, "providers")
    return [
        Answer(
            provider=answer.provider,
            status=string_at(member(providers, answer.provider), "status"),
            reason=answer.reason,
            is_error=answer.is_error,
            images_fetched=whole(member(providers, answer.provider), "images_fetched"),
            images_uploaded=whole(member(providers, answer.provider), "images_uploaded"),
            cost_usd=number_at(member(providers, answer.provider), "cost_usd"),
        )
        for answer in provider_answers(meta)
    ]


def _counts(value: Json) -> dict[str, int]:
    if not isinstance(value, dict):
        return {}
    numbers = {name: number(count) for name, count in value.items()}
    return {name: int(count) for name, count in numbers.items() if count is not None}


def _error_total(row: Any) -> ErrorTotal:
    given_up = row["permanently_failed"]
    return ErrorTotal(
        provider=row["provider"],
        error_type=row["error_type"],
        retryability=Retryability.PERMANENT if given_up else error_class(row["error_type"]),
        images=row["images"],
    )


def _image_counts(row: Any) -> ImageCounts:
    names = (
        "total",
        "uploaded",
        "skipped_dev",
        "failed",
        "permanently_failed",
        "transient",
        "retryable",
    )
    return ImageCounts(*(int(row[name]) for name in names))


def _shape(value: Json) -> str:
    """What stands where an array should be."""
    match value:
        case None:
            return "null"
        case bool():
            return "a boolean"
        case str():
            return "a string"
        case dict():
            return "an object"
        case _ if not elements(value):
            return "a number"
        case _:
            return "an array"
