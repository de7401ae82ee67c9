"""Which filters a question has; their values are parameters."""

from __future__ import annotations

from enum import StrEnum


class JobFilter(StrEnum):
    """The filters of a list of operations that are present in a question."""

    CITY = "city"
    VENUE = "venue"
    STATUS = "status"
    STATE = "state"
    PROVIDER = "provider"
    ERROR = "error"
    WORKER = "worker"
    SINCE = "since"
    UNTIL = "until"
    AFTER = "after"


class VenueFilter(StrEnum):
    """The filters of a list of venues that are present in a question."""

    CITY = "city"
    VENUE = "venue"
    PROVIDER = "provider"
    ERROR = "error"
    MIN_FAILED = "min_failed"
    SINCE = "since"
    UNTIL = "until"
    AFTER = "after"


class ImageFilter(StrEnum):
    """The filters of an export of images; the first four are asked of an image's venue."""

    CITY = "city"
    VENUE = "venue"
    SINCE = "since"
    UNTIL = "until"
    PROVIDER = "provider"
    ERROR = "error"
    STATUS = "status"


class CityPath(StrEnum):
    """How the jobs of a city are found: both give the same rows.

    A small city starts from its venues (looked up in the GIN index on args); for a large one,
    walking back from the newest job meets enough of them soon.
    """

    FROM_VENUES = "from_venues"
    FROM_JOBS = "from_jobs"
