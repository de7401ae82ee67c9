"""What people read of a plan: why an image is left, what widens a retry, what would mend it."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from venue_ops.core.planning.models import Reason, Remedy

REASONS: Final[Mapping[Reason, str]] = MappingProxyType(
    {
        Reason.UPLOADED: "it is there",
        Reason.NOT_UPLOADED_IN_DEVELOPMENT: "development uploads nothing",
        Reason.GIVEN_UP: "given up",
        Reason.PERMANENT_ERROR: "permanent error",
        Reason.AMBIGUOUS_ERROR: "ambiguous error",
        Reason.RETRIES_SPENT: "retries spent",
        Reason.NO_USABLE_URL: "no URL to load it from",
        Reason.NO_STATUS: "no status, as on old rows",
        Reason.UNKNOWN_STATUS: "a status that is not known",
        Reason.NOT_AN_IMAGE: "no image",
        Reason.NOT_CHOSEN: "not among those chosen",
        Reason.TWICE: "it stands there twice",
        Reason.JOB_UNFINISHED: "a job of its venue is unfinished",
        Reason.JUST_TOUCHED: "a job was at its venue moments ago",
        Reason.CHANGED: "it changed meanwhile",
        Reason.INLINE_ONLY: "the application's job cannot load it",
        Reason.UNSAVABLE: "the application would not save its venue",
        Reason.UNORDERED: "the application may sort its venue before the job runs",
    }
)
"""Each a few words that read the same of one image and of many."""

TAKEN_BY: Final[Mapping[Reason, str]] = MappingProxyType(
    {
        Reason.GIVEN_UP: "--force",
        Reason.PERMANENT_ERROR: "--force",
        Reason.RETRIES_SPENT: "--force",
        Reason.AMBIGUOUS_ERROR: "--class ambiguous",
    }
)
"""The option that takes what is left for a reason; for the others there is none."""

INLINE: Final = frozenset({Reason.INLINE_ONLY, Reason.UNSAVABLE, Reason.UNORDERED})
"""Left by --enqueue alone: without it they are taken."""

REMEDIES: Final[Mapping[Remedy, str]] = MappingProxyType(
    {
        Remedy.RETRY: "trying it again",
        Remedy.FETCH_AGAIN: "an enrichment that finds the photos anew, as their address is dead",
        Remedy.GEOCODE: "a geocoding, as the provider does not know the venue; then an enrichment",
        Remedy.FIX_KEY: "a valid key in the application, unless the photo is not for it",
        Remedy.GIVE_UP: "nothing: the photo itself cannot be taken",
    }
)
"""What would mend an image; each follows `What would mend it:`."""
