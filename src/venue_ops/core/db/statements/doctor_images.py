"""What may be wrong with the venues' images, in one pass over the venues."""

from __future__ import annotations

from sqlalchemy import TextClause, text

from venue_ops.core.db.questions import ImageFaults
from venue_ops.core.models import UploadStatus
from venue_ops.core.vocabulary import BAD_UPLOADS

_SAMPLES = 5
_BAD = ", ".join(f"'{status}'" for status in BAD_UPLOADS)

_COUNTS = {
    "shared_url": f"count(url) FILTER (WHERE status = '{UploadStatus.UPLOADED}')"
    f" - count(DISTINCT url) FILTER (WHERE status = '{UploadStatus.UPLOADED}')",
    "same_image_twice": "count(*) FILTER (WHERE is_object)"
    " - count(DISTINCT identity) FILTER (WHERE is_object)",
    "not_an_object": "count(*) FILTER (WHERE NOT is_object)",
    "no_provider": "count(*) FILTER (WHERE is_object AND provider IS NULL)",
    "no_status": "count(*) FILTER (WHERE is_object AND status IS NULL)",
    "no_url": "count(*) FILTER (WHERE is_object AND own_url IS NULL)",
    "no_error_details": f"count(*) FILTER (WHERE status IN ({_BAD}) AND NOT has_details)",
}
"""Kind: how many images of one venue are of it. Of images that share a URL or an identity,
those beyond the first."""

_ELEMENTS = """
SELECT jsonb_typeof(value) = 'object' AS is_object,
       value ->> 'provider' AS provider, value ->> 'upload_status' AS status,
       value ->> 'url' AS url, coalesce(value ->> 'provider_url', value ->> 'url') AS own_url,
       ROW(value ->> 'provider', coalesce(value ->> 'provider_url', value ->> 'url')) AS identity,
       coalesce(jsonb_typeof(value -> 'error_details') = 'object', false) AS has_details
FROM jsonb_path_query(venue_images, 'strict $[*]', '{}', true) AS value
"""


def faults(question: ImageFaults) -> TextClause:
    """A row a kind of fault that occurs, with the first venues' ids.

    Binds `limit` where the question is limited.

    The counts of a venue come as one array from one scalar subquery (see
    `expressions.images`), NULL where there is nothing wrong. Kinds that begin with `is_` are
    of the whole column: its type in place of an array.
    """
    none = ", ".join("0" for _ in _COUNTS)
    kinds = ", ".join(f"('{kind}', counts[{n}])" for n, kind in enumerate(_COUNTS, start=1))
    newest = "(SELECT id, venue_images FROM venues ORDER BY id DESC LIMIT :limit) AS newest"
    venues = newest if question.limited else "venues"
    return text(f"""
WITH faulty AS (
  SELECT id, jsonb_typeof(venue_images) AS type, (
    SELECT NULLIF(ARRAY[{", ".join(_COUNTS.values())}], CAST(ARRAY[{none}] AS bigint[]))
    FROM ({_ELEMENTS}) AS image
  ) AS counts
  FROM {venues} WHERE venue_images <> '[]'
  OFFSET 0
)
SELECT fault.kind, count(*) AS venues, CAST(sum(fault.images) AS bigint) AS images,
       (array_agg(id ORDER BY id))[1\\:{_SAMPLES}] AS ids
FROM faulty
CROSS JOIN LATERAL (VALUES ('is_' || type, CASE WHEN type <> 'array' THEN 1 END), {kinds})
  AS fault (kind, images)
WHERE (counts IS NOT NULL OR type <> 'array') AND fault.images > 0
GROUP BY fault.kind ORDER BY fault.kind
""")  # noqa: S608
