"""What a retry would do: a plan is a value, a dry run prints it, executing consumes it (pure).

Every failed image of the venues that were named gets a decision: taken, or left with the
reason, and in both cases what would mend it. Rules: the application's `error_type` and the
retries it allows.
"""

from venue_ops.core.planning.decisions import (
    decide,
    failed_images,
    has_failed,
    identity_of,
    is_for_job,
    plan_venue,
    remedy_for,
)
from venue_ops.core.planning.models import (
    Blocker,
    Grain,
    Identity,
    Item,
    Policy,
    Reason,
    Remedy,
    Totals,
    Venue,
    VenuePlan,
    provider_of,
)

__all__ = [
    "Blocker",
    "Grain",
    "Identity",
    "Item",
    "Policy",
    "Reason",
    "Remedy",
    "Totals",
    "Venue",
    "VenuePlan",
    "decide",
    "failed_images",
    "has_failed",
    "identity_of",
    "is_for_job",
    "plan_venue",
    "provider_of",
    "remedy_for",
]
