"""Images and venues: which class an error has, and what a retry would take."""

from __future__ import annotations

from decimal import Decimal

import pytest

from venue_ops.core.classification.images import (
    Verdict,
    count_images,
    error_class,
    error_type,
    image_url,
    retry_count,
    retryability,
    venue_outcome,
    verdict,
)
from venue_ops.core.models import ImageCounts, Json

URL = "https://photos.example/1.jpg"


def failed(error: Json = "rate_limited", **members: Json) -> dict[str, Json]:
    details = {"error_details": {"error_type": error}}
    return {"upload_status": "failed", "url": URL, **details, **members}


CLASSES = {
    "transient": "rate_limited service_unavailable bad_gateway gateway_timeout network_timeout "
    "network_error",
    "permanent": "not_found forbidden auth_error file_too_large invalid_provider_url",
    "ambiguous": "server_error http_error download_failed unknown_error unknown novel Rate_Limited",
}


@pytest.mark.parametrize(
    ("error", "expected"),
    [(error, name) for name, errors in CLASSES.items() for error in errors.split()],
)
def test_each_error_type_has_its_class(error: str, expected: str) -> None:
    assert error_class(error) == expected
    assert retryability(failed(error)) == expected


def test_what_failed_without_an_error_type_is_ambiguous() -> None:
    written: list[Json] = ["text", {"error_type": 429}, {"error_type": ""}, {}, None]
    for details in written:
        image: Json = {"upload_status": "failed", "error_details": details}
        assert error_type(image) == "unknown"
        assert retryability(image) == "ambiguous"
    assert retryability({"upload_status": "failed"}) == "ambiguous"


def test_given_up_is_permanent_whatever_the_error() -> None:
    assert retryability(failed(upload_status="permanently_failed")) == "permanent"


@pytest.mark.parametrize("status", ["uploaded", "skipped_dev", "new", None, 7])
def test_what_has_not_failed_has_no_class(status: Json) -> None:
    assert retryability(failed(upload_status=status)) is None


@pytest.mark.parametrize(
    ("image", "expected"),
    [
        (failed(), Verdict.RETRY),
        (failed(retry_count=2), Verdict.RETRY),
        (failed(retry_count=Decimal("2.9")), Verdict.RETRY),
        (failed(retry_count=3), Verdict.RETRIES_SPENT),
        (failed(retry_count=99), Verdict.RETRIES_SPENT),
        (failed(retry_count="9"), Verdict.RETRY),
        (failed(retry_count=-4), Verdict.RETRY),
        (failed("not_found"), Verdict.PERMANENT_ERROR),
        (failed("http_error"), Verdict.AMBIGUOUS_ERROR),
        (failed("http_error", retry_count=9), Verdict.AMBIGUOUS_ERROR),
        (failed(url=None), Verdict.NO_USABLE_URL),
        (failed(url="ftp://a/b"), Verdict.NO_USABLE_URL),
        (failed(url="https:///b"), Verdict.NO_USABLE_URL),
        (failed(provider_url=""), Verdict.NO_USABLE_URL),
        (failed(provider_url=7), Verdict.RETRY),
        (failed(url="x", provider_url="http://a"), Verdict.RETRY),
        (failed(upload_status="permanently_failed"), Verdict.GIVEN_UP),
        (failed(upload_status="uploaded"), Verdict.UPLOADED),
        (failed(upload_status="skipped_dev"), Verdict.NOT_UPLOADED_IN_DEVELOPMENT),
        (failed(upload_status="processing"), Verdict.UNKNOWN_STATUS),
        (failed(upload_status=None), Verdict.NO_STATUS),
        (failed(upload_status=["failed"]), Verdict.NO_STATUS),
        ({}, Verdict.NO_STATUS),
        (None, Verdict.NOT_AN_IMAGE),
        (URL, Verdict.NOT_AN_IMAGE),
        (7, Verdict.NOT_AN_IMAGE),
        ([failed()], Verdict.NOT_AN_IMAGE),
    ],
)
def test_what_a_default_retry_would_do(image: Json, expected: Verdict) -> None:
    assert verdict(image, max_retries=3) is expected


@pytest.mark.parametrize(
    ("written", "count"),
    [
        *((0, 0), (2, 2), (Decimal("1E+2"), 100), (Decimal("1.9"), 1), (-1, 0), (True, 0)),
        *(("2", 0), (None, 0), ([], 0), (2**31, 0), (Decimal("1E+400"), 0)),
    ],
)
def test_retry_count_is_zero_where_nothing_sensible_is_written(written: Json, count: int) -> None:
    assert retry_count({"retry_count": written}) == count


def test_a_photo_is_downloaded_from_provider_url_else_url() -> None:
    assert image_url({"provider_url": "p", "url": "u"}) == "p"
    assert image_url({"provider_url": None, "url": "u"}) == "u"
    assert image_url({"provider_url": "", "url": "u"}) == ""
    assert image_url("text") is None


GOOD, DEV = {"upload_status": "uploaded"}, {"upload_status": "skipped_dev"}
BAD, GONE = {"upload_status": "failed"}, {"upload_status": "permanently_failed"}
ODD: list[Json] = [None, 7, "x", [], {}, {"upload_status": "processing"}, {"upload_status": None}]


@pytest.mark.parametrize(
    ("images", "outcome"),
    [
        ([GOOD, BAD], "partial"),
        ([DEV, GONE], "partial"),
        ([BAD, GONE], "failed"),
        ([GOOD], "success"),
        ([DEV], "success"),
        ([], "no_images"),
        (ODD, "no_images"),
        ([*ODD, BAD], "failed"),
        ([*ODD, GOOD, BAD], "partial"),
        ([[BAD]], "no_images"),
        ({}, "malformed"),
        ("text", "malformed"),
        (7, "malformed"),
        (False, "malformed"),
        (None, "malformed"),
    ],
)
def test_a_venue_is_what_its_images_are_today(images: Json, outcome: str) -> None:
    assert venue_outcome(images) == outcome


def test_sql_null_is_an_empty_array_and_no_malformed_one() -> None:
    assert venue_outcome(None, is_null=True) == "no_images"


def test_every_element_is_counted_once() -> None:
    images = [GOOD, GOOD, DEV, GONE, failed(), failed("not_found"), failed(url="x"), *ODD]
    counts = count_images(images, max_retries=3)
    assert counts == ImageCounts(14, 2, 1, 3, 1, transient=2, retryable=1)
    assert (counts.good, counts.bad, counts.other) == (3, 4, 7)
    assert count_images({"a": 1}, max_retries=3) == ImageCounts()
    assert count_images("text", max_retries=3) == ImageCounts()
