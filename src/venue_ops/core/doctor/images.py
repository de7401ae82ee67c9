"""Images that were overwritten, and images of a shape that the application cannot handle."""

from __future__ import annotations

from typing import Final

from venue_ops.core.doctor import checks
from venue_ops.core.doctor.facts import ImageFaults
from venue_ops.core.doctor.findings import Detail, Finding, counted, failed, passed, warned

SHARED_URL: Final = "shared_url"
_OF_THE_COLUMN: Final = "is_"

_MEANINGS: Final = {
    "same_image_twice": "images that are in the venue already (same provider and URL)",
    "not_an_object": "elements that are no objects",
    "no_provider": "images without a provider",
    "no_status": "images without an upload_status",
    "no_url": "images without a URL",
    "no_error_details": "failed images without error_details",
}


def shared_urls(facts: ImageFaults) -> Finding:
    """Uploaded images of one venue with one URL: the later upload replaced the earlier.

    Google's photos of one width got one file name, because the parameter that tells them apart
    is not part of it.
    """
    fault = next((each for each in facts.faults if each.kind == SHARED_URL), None)
    if fault is None:
        return passed(
            checks.SHARED_URLS,
            f"Every uploaded image of a venue has a URL of its own.{_seen(facts)}",
        )
    return warned(
        checks.SHARED_URLS,
        f"{counted(fault.images, 'photo was', 'photos were')} overwritten by another of the same"
        f" venue, in {counted(fault.venues, 'venue')}.{_seen(facts)}",
        [
            Detail(
                SHARED_URL,
                f"uploaded images beyond the first of one URL, in {counted(fault.venues, 'venue')}",
                fault.images,
                fault.ids,
            )
        ],
        remedy=(
            "Look at one with `venue-ops show venue ID`. The photos have to be fetched again once"
            " the application gives them different names."
        ),
    )


def malformed(facts: ImageFaults) -> Finding:
    """Shapes that a query of the application fails on, and ones that it would lose on a retry."""
    found = [each for each in facts.faults if each.kind != SHARED_URL]
    columns = [each for each in found if each.kind.startswith(_OF_THE_COLUMN)]
    details = [
        Detail(
            each.kind,
            f"{_meaning(each.kind)}, in {counted(each.venues, 'venue')}",
            each.images,
            each.ids,
        )
        for each in found
    ]
    if columns:
        return failed(
            checks.MALFORMED,
            f"{counted(sum(each.venues for each in columns), 'venue has', 'venues have')}"
            " venue_images that are no array: the application's own queries fail on them."
            f"{_seen(facts)}",
            details,
            remedy="Have an administrator set them to '[]' once nothing in them is needed.",
        )
    if found:
        return warned(
            checks.MALFORMED,
            f"Images of {counted(len(found), 'unusual shape')} occur; they are shown as they are."
            f"{_seen(facts)}",
            details,
            remedy=(
                "Look at one with `venue-ops show venue ID`. The application's own retry drops"
                " images without a status and refuses a venue with elements that are no objects."
            ),
        )
    return passed(
        checks.MALFORMED, f"The images of every venue are an array of images.{_seen(facts)}"
    )


def _seen(facts: ImageFaults) -> str:
    """Which venues were looked at, where it were not all."""
    if facts.newest is None:
        return ""
    return f" Only the newest {facts.newest:,} venues were looked at; --statement-timeout 5m: all."


def _meaning(kind: str) -> str:
    if kind.startswith(_OF_THE_COLUMN):
        word = kind.removeprefix(_OF_THE_COLUMN)
        return f"venue_images is JSON {word} in place of an array"
    return _MEANINGS.get(kind, kind)
