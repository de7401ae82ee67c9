"""`venues.image_enrichment_metadata`: what the application notes about a venue's last runs."""

from __future__ import annotations

from datetime import timedelta

from venue_ops.core.models import Json
from venue_ops.demo.sample_rows import Run, Venue, iso

KEPT_RUNS = 10
"""The application keeps so many entries of enrichment_history."""

_STALE_AFTER = timedelta(days=30)


def enrichment_metadata(venue: Venue) -> dict[str, Json]:
    """Empty for a venue that was never checked; the history goes from newest to oldest."""
    if not venue.runs:
        return {}
    last = venue.runs[-1]
    used = sorted({run.provider for run in venue.runs if run.fetched})
    failed = {run.provider: run.message for run in venue.runs if run.message}
    costs = {p: sum(run.cost_usd for run in venue.runs if run.provider == p) for p in used}
    return {
        "schema_version": "1.0",
        "scoring_version": "1.0",
        "last_checked_at": iso(last.at),
        "next_enrichment_due": iso(last.at + _STALE_AFTER),
        "completeness_score": 1.0 if used else 0.0,
        "providers_used": used,
        "providers_failed": sorted(failed),
        "error_details": dict(failed),
        "total_images_fetched": sum(run.fetched for run in venue.runs),
        "cost_breakdown": {p: round(cost, 3) for p, cost in costs.items() if cost},
        "last_check_result": last.result,
        "last_check_providers": [last.provider],
        "last_check_details": {last.provider: _details(last)},
        "enrichment_history": [_history(run) for run in reversed(venue.runs[-KEPT_RUNS:])],
    }


def _details(run: Run) -> dict[str, Json]:
    if run.message is None:
        return {"status": "success"}
    return {"status": "ERROR", "message": run.message}


def _history(run: Run) -> dict[str, Json]:
    return {
        "enriched_at": iso(run.at),
        "providers": [run.provider],
        "images_fetched": run.fetched,
        "images_added": run.added,
        "cost_usd": round(run.cost_usd, 3),
    }
