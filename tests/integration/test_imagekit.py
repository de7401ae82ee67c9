"""What ImageKit answers, and what becomes of it: the image's failure, or the store's."""

from __future__ import annotations

import asyncio
import base64
import json
import time
from datetime import UTC, datetime
from typing import Any

import pytest
from tests.uploads import PHOTO, closed_port, everything_said, upload_of

from venue_ops.core.errors import StoreError
from venue_ops.core.net.errors import ImageError
from venue_ops.core.net.imagekit import ImageKit
from venue_ops.core.net.stores import StoredObject, Upload
from venue_ops.demo.imagekit_server import ImageKitServer
from venue_ops.demo.web import Answer, Handler, Web, serving

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
KEY = "private_canary7Hq2"
CANARIES = (KEY, base64.b64encode(f"{KEY}:".encode()).decode())
RIGHT = {
    "fileId": "1",
    "url": "https://ik.test/demo/venues/noce-krk/gp-2646668f.png",
    "filePath": "/venues/noce-krk/gp-2646668f.png",
    "size": len(PHOTO),
}
NO_OBJECT = "200 without the object"


def said(**changed: Any) -> bytes:
    """The right answer to the upload, but for these."""
    return json.dumps({**RIGHT, **changed}).encode()


def without(key: str) -> bytes:
    return json.dumps({name: value for name, value in RIGHT.items() if name != key}).encode()


def put(
    handler: Handler | str, upload: Upload | None = None, *, key: str = KEY, **options: Any
) -> StoredObject | StoreError | ImageError:
    """What one upload comes to; the error must not hold the key. A string is a URL to go to."""

    async def send(url: str) -> StoredObject | StoreError | ImageError:
        store = ImageKit(key, now=lambda: NOW, root="/venues", url=url, **options)
        try:
            return await store.put(upload or upload_of())
        except (StoreError, ImageError) as error:
            return error
        finally:
            assert KEY not in repr(store) + store.label
            await store.aclose()

    if isinstance(handler, str):
        found = asyncio.run(send(handler))
    else:
        with serving(Web(handler, time.monotonic)) as web:
            found = asyncio.run(send(web.url + "/api/v1/files/upload"))
            assert len(web.requests) == 1
    if isinstance(found, Exception):
        assert not [each for each in CANARIES if each in everything_said(found)]
    return found


def always(answer: Answer) -> Handler:
    return lambda _: answer


def test_a_photo_is_stored() -> None:
    server = ImageKitServer(KEY)
    found = put(server)
    assert found == StoredObject(
        "https://ik.demo.test/demo/venues/noce-krk/gp-2646668f.png",
        "/venues/noce-krk/gp-2646668f.png",
    )
    kept = server.objects["/venues/noce-krk/gp-2646668f.png"]
    assert kept.content == PHOTO
    assert kept.fields == {
        "fileName": "gp-2646668f.png",
        "folder": "/venues/noce-krk",
        "useUniqueFileName": "false",
        "overwriteFile": "true",
        "tags": "google_places,venue:noce-krk",
    }


def test_a_second_try_sends_the_whole_photo_again() -> None:
    server = ImageKitServer(KEY)
    upload = upload_of()
    upload.body.seek(1_000)
    put(server, upload)
    assert server.objects[upload.path].content == PHOTO


def test_no_tag_holds_what_imagekit_refuses_in_tags() -> None:
    server = ImageKitServer(KEY)
    put(server, upload_of(tags=("a,b", "venue:100%")))
    (kept,) = server.objects.values()
    assert kept.fields["tags"] == "a b,venue:100 "


# --- 200 ----------------------------------------------------------------------------------------

WRONG_BODIES = {
    "empty": b"",
    "a page": b"<!doctype html><title>Sign in</title>",
    "broken JSON": said()[:-9],
    "null": b"null",
    "a list": b"[]",
    "a string": b'"ok"',
    "an error with 200": b'{"message": "Your account cannot be authenticated."}',
    "no url": without("url"),
    "no path": without("filePath"),
    "no size": without("size"),
    "url null": said(url=None),
    "url of another scheme": said(url="javascript:alert(1)"),
    "url relative": said(url="/venues/noce-krk/gp-2646668f.png"),
    "url without a path": said(url="https://ik.test"),
    "url with a line break": said(url="https://ik.test/a\nb"),
    "url with an escape": said(url="https://ik.test/a\x1b[2J"),
    "path a number": said(filePath=7),
    "less than was sent": said(size=len(PHOTO) - 1),
    "nothing of it": said(size=0),
    "size as text": said(size=str(len(PHOTO))),
    "size true": said(size=True),
    "not UTF-8": b"\xff\xfe{}",
    "nested beyond sense": b"[" * 200_000,
    "a number beyond sense": b'{"size": ' + b"9" * 9_000 + b"}",
}


@pytest.mark.parametrize("body", WRONG_BODIES.values(), ids=WRONG_BODIES)
def test_a_200_with_anything_else_is_a_failure(body: bytes) -> None:
    found = put(always(Answer(200, body)))
    assert isinstance(found, StoreError)
    assert NO_OBJECT in found.message
    assert found.is_transient


def test_a_200_under_another_path_is_a_failure_that_does_not_pass() -> None:
    found = put(always(Answer(200, said(filePath="/venues/noce_krk/gp-2646668f.png"))))
    assert isinstance(found, StoreError)
    assert not found.is_transient
    assert "another path" in found.message


def test_what_else_a_200_says_does_not_matter() -> None:
    found = put(always(Answer(200, said(more={"a": [1]}, width=None), {"X-Odd": "\xff"})))
    assert isinstance(found, StoredObject)


@pytest.mark.parametrize("status", [201, 202, 204, 206])
def test_another_success_is_none(status: int) -> None:
    found = put(always(Answer(status, b"" if status == 204 else said())))
    assert isinstance(found, StoreError)
    assert not found.is_transient


# --- other statuses -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "error_type"),
    [
        (400, "unknown_error"),
        (413, "file_too_large"),
        (415, "unknown_error"),
        (422, "unknown_error"),
    ],
)
def test_what_is_about_the_photo_is_the_images_failure(status: int, error_type: str) -> None:
    found = put(always(Answer(status, b'{"message": "no"}')))
    assert isinstance(found, ImageError)
    assert (found.error_type, found.status_code) == (error_type, status)
    assert (found.is_transient, found.retry_after) == (False, None)


@pytest.mark.parametrize("status", [401, 403])
def test_a_refused_key_is_the_stores_and_does_not_pass(status: int) -> None:
    found = put(always(Answer(status)))
    assert isinstance(found, StoreError)
    assert not found.is_transient
    assert "IMAGEKIT_PRIVATE_KEY" in str(found.hint)


@pytest.mark.parametrize("status", [301, 302, 307, 308, 402, 404, 405, 407, 410, 418, 451])
def test_what_is_neither_the_photos_nor_passing_ends_the_run(status: int) -> None:
    elsewhere = {"Location": f"http://127.0.0.1:{closed_port()}/"}
    found = put(always(Answer(status, b"", elsewhere)))
    assert isinstance(found, StoreError)
    assert (found.is_transient, found.retry_after) == (False, None)
    assert f"HTTP {status}" in found.message


@pytest.mark.parametrize("status", [408, 425, 429, 500, 501, 502, 503, 504, 507, 520, 524, 599])
def test_what_may_pass_is_tried_again(status: int) -> None:
    """500 too: the SDK tries it again, and the same photo under the same name harms nothing."""
    found = put(always(Answer(status, b"<html>")))
    assert isinstance(found, StoreError)
    assert (found.is_transient, found.retry_after) == (True, None)


WAITS = {
    "Retry-After": ({"Retry-After": "7"}, 7.0),
    "a date": ({"Retry-After": "Tue, 24 Nov 2026 12:01:30 GMT"}, 90.0),
    "milliseconds": ({"X-RateLimit-Reset": "2500"}, 2.5),
    "both": ({"X-RateLimit-Reset": "2500", "Retry-After": "7"}, 7.0),
    "lower case": ({"x-ratelimit-reset": "2500"}, 2.5),
    "junk": ({"Retry-After": "soon", "X-RateLimit-Reset": "-1"}, None),
}


@pytest.mark.parametrize("status", [429, 503])
@pytest.mark.parametrize(("headers", "seconds"), WAITS.values(), ids=WAITS)
def test_it_waits_as_long_as_imagekit_asks(
    status: int, headers: dict[str, str], seconds: float | None
) -> None:
    found = put(always(Answer(status, b"", headers)))
    assert isinstance(found, StoreError)
    assert (found.is_transient, found.retry_after) == (True, seconds)


# --- transport ----------------------------------------------------------------------------------

QUICK: dict[str, Any] = {"timeout": 0.4, "total": 1.0}
FAULTS: dict[str, tuple[Answer, str]] = {
    "reset before an answer": (Answer(reset=True), "broke off"),
    "reset within": (Answer(200, said(), reset=True, cut_after=20), "broke off"),
    "cut short": (Answer(200, said(), cut_after=20), "broke off"),
    "a length that lies": (Answer(200, said(), length=len(said()) + 50), "broke off"),
    "silence": (Answer(200, said(), delay=2.0), "too long"),
    "a slow drip": (Answer(200, said(), drip=0.05), "too long"),
    "no end": (Answer(200, b"{" * 4096, endless=True), NO_OBJECT),
    "compressed": (Answer(200, said(), {"Content-Encoding": "gzip"}), "broke off"),
}


@pytest.mark.parametrize(("answer", "words"), FAULTS.values(), ids=FAULTS)
def test_a_fault_on_the_way_may_pass(answer: Answer, words: str) -> None:
    found = put(always(answer), **QUICK)
    assert isinstance(found, StoreError)
    assert words in found.message
    assert (found.is_transient, found.retry_after) == (True, None)


def test_nobody_who_listens_may_pass() -> None:
    found = put(f"http://127.0.0.1:{closed_port()}/api/v1/files/upload")
    assert isinstance(found, StoreError)
    assert "cannot be reached" in found.message
    assert found.is_transient


@pytest.mark.parametrize("odd", ["", "ключ", "key\nwith a line", "a:b@c"])
def test_a_key_of_any_shape_is_sent_or_refused_but_never_shown(odd: str) -> None:
    found = put(ImageKitServer("another"), key=odd)
    assert isinstance(found, StoreError)
    assert not found.is_transient
    assert not odd or odd not in everything_said(found)


def test_the_environment_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """A proxy or a netrc of the machine would see the key."""
    nowhere = f"http://127.0.0.1:{closed_port()}"
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, nowhere)
    assert isinstance(put(ImageKitServer(KEY)), StoredObject)
