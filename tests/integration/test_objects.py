"""A bucket: what it takes, what it refuses, and what is never said about it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest
from tests.bucket import ACCESS_KEY, SECRET_KEY, Bucket, found_in_environment
from tests.uploads import PHOTO, closed_port, everything_said, upload_of

from venue_ops.core.errors import ConfigurationError, StoreError
from venue_ops.core.net.objects import ObjectStore
from venue_ops.core.net.stores import StoredObject, Upload
from venue_ops.demo.web import Answer, Request, Web, serving

PUBLIC = "https://photos.example.com"


@dataclass
class There:
    web: Web
    bucket: Bucket = field(default_factory=Bucket)

    def put(
        self, upload: Upload | None = None, *, url: str = "s3://b/photos", public: str = PUBLIC
    ) -> StoredObject | StoreError:
        """What one upload comes to; no error may hold what the environment does."""
        store = ObjectStore(url, public_url=public)
        try:
            return asyncio.run(_put(store, upload or upload_of()))
        except StoreError as error:
            found = error
        said = everything_said(found) + repr(store) + store.label
        assert not [each for each in (ACCESS_KEY, SECRET_KEY, self.web.url) if each in said]
        return found

    def fails(self, upload: Upload | None = None) -> StoreError:
        found = self.put(upload)
        assert isinstance(found, StoreError)
        return found


async def _put(store: ObjectStore, *uploads: Upload) -> StoredObject:
    try:
        return (await asyncio.gather(*map(store.put, uploads)))[-1]
    finally:
        await store.aclose()


@pytest.fixture
def there() -> Iterator[There]:
    bucket = Bucket()
    with serving(Web(bucket, time.monotonic)) as web, found_in_environment(web):
        yield There(web, bucket)


def test_a_photo_is_stored_with_its_type(there: There) -> None:
    assert there.put() == StoredObject(
        f"{PUBLIC}/venues/noce-krk/gp-2646668f.png", "/venues/noce-krk/gp-2646668f.png"
    )
    path = "/b/photos/venues/noce-krk/gp-2646668f.png"
    assert there.bucket.objects == {path: (PHOTO, "image/png")}
    assert len(there.web.requests) == 1


def test_it_overwrites_and_begins_at_the_first_byte(there: There) -> None:
    upload = upload_of()
    there.put(upload_of(b"an older photo"))
    upload.body.seek(99)
    there.put(upload)
    assert [body for body, _ in there.bucket.objects.values()] == [PHOTO]


def test_a_large_photo_goes_in_parts_and_arrives_whole(there: There) -> None:
    large = PHOTO * 4_000  # 12 MB
    assert isinstance(there.put(upload_of(large)), StoredObject)
    assert list(there.bucket.objects.values()) == [(large, "image/png")]
    sizes = [len(request.body) for request in there.web.requests if request.method == "PUT"]
    assert len(sizes) == 3
    assert max(sizes) <= 5 * 1024 * 1024


def test_a_large_photo_that_breaks_off_is_no_object_and_leaves_no_parts(there: There) -> None:
    def second_part(request: Request) -> Answer | None:
        return Answer(503) if "partNumber=2" in request.path else None

    there.bucket.instead = second_part
    assert there.fails(upload_of(PHOTO * 4_000)).is_transient
    assert (there.bucket.objects, there.bucket.parts) == ({}, {})


@pytest.mark.parametrize(
    ("folder", "file", "path"),
    [
        ("/photos of", "a b.png", "photos%20of/a%20b.png"),
        ("/żółć", "é.png", "%C5%BC%C3%B3%C5%82%C4%87/%C3%A9.png"),
        ("/100%", "a#b?c.png", "100%25/a%23b%3Fc.png"),
    ],
)
@pytest.mark.parametrize("public", [PUBLIC, f"{PUBLIC}/", "http://cdn.test:8080/p"])
def test_the_public_address_is_that_of_the_object(
    there: There, folder: str, file: str, path: str, public: str
) -> None:
    found = there.put(upload_of(folder=folder, file=file), public=public)
    assert found == StoredObject(f"{public.rstrip('/')}/{path}", f"{folder}/{file}")
    assert list(there.bucket.objects) == [f"/b/photos{folder}/{file}"]
    assert there.web.requests[0].path == f"/b/photos/{path}"


def test_uploads_go_side_by_side(there: There) -> None:
    """The bucket answers none before it has heard all."""

    async def last(request: Request) -> Answer:
        while len(there.web.requests) < 16:
            await asyncio.sleep(0.005)
        return there.bucket(request)

    uploads = [upload_of(file=f"{number}.png") for number in range(16)]
    with serving(Web(last, time.monotonic)) as there.web, found_in_environment(there.web):
        asyncio.run(_put(ObjectStore("s3://b", public_url=PUBLIC), *uploads))
    assert len(there.bucket.objects) == 16


# --- what fails ---------------------------------------------------------------------------------

XML = b"<Error><Code>Odd</Code><Message>AKIACANARY4Zt is not welcome</Message></Error>"
ONCE = [408, 409, 425, 429, 500, 502, 503, 504, 507]
NEVER = [301, 400, 401, 403, 404, 405, 411, 412, 413, 422, 451]


@pytest.mark.parametrize("status", ONCE)
def test_what_may_pass_is_asked_once_and_said_to_pass(there: There, status: int) -> None:
    """obstore's own retries are off: those of a run are counted in one place."""
    there.bucket.faults = [Answer(status, XML)] * 20
    assert there.fails().is_transient
    assert len(there.web.requests) == 1


@pytest.mark.parametrize("status", NEVER)
def test_what_does_not_pass_ends_the_run(there: There, status: int) -> None:
    there.bucket.faults = [Answer(status, XML)] * 20
    found = there.fails()
    assert not found.is_transient
    assert "no image was marked" in str(found.hint)
    assert ("credentials" in found.message) == (status in {401, 403})
    assert len(there.web.requests) == 1


FAULTS = {
    "reset": Answer(reset=True),
    "an answer without an ETag": Answer(200, b""),
    "cut short": Answer(500, XML, cut_after=5),
}


@pytest.mark.parametrize("answer", FAULTS.values(), ids=FAULTS)
def test_a_fault_on_the_way_may_pass(there: There, answer: Answer) -> None:
    there.bucket.faults = [answer] * 20
    assert there.fails().is_transient
    assert len(there.web.requests) == 1


def test_nobody_who_listens_may_pass(there: There, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{closed_port()}")
    assert there.fails().is_transient


def test_an_endpoint_without_tls_has_to_be_allowed(
    there: There, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("AWS_ALLOW_HTTP")
    found = there.fails()
    assert not found.is_transient
    assert "AWS_ALLOW_HTTP" in str(found.hint)
    assert there.web.requests == []


def test_options_say_the_same_as_the_environment(
    there: There, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("AWS_ALLOW_HTTP")
    monkeypatch.delenv("AWS_ENDPOINT_URL")
    options = {"endpoint": there.web.url, "client_options": {"allow_http": True}}
    store = ObjectStore("s3://b", public_url=PUBLIC, options=options)
    asyncio.run(_put(store, upload_of()))
    assert list(there.bucket.objects) == ["/b/venues/noce-krk/gp-2646668f.png"]


def test_missing_credentials_are_said(there: There, monkeypatch: pytest.MonkeyPatch) -> None:
    """obstore then asks the cloud's metadata, which no other machine has."""
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    monkeypatch.setenv("AWS_METADATA_ENDPOINT", f"{there.web.url}/169.254.169.254")
    there.bucket.faults = [Answer(404)] * 20
    found = there.fails()
    assert not found.is_transient
    assert found.message == "No credentials were found for s3://b/photos."


# --- what a store may be called -----------------------------------------------------------------


@pytest.mark.parametrize(
    "url",
    ["", "photos", "/srv/photos", "ftp://h/x", "https://b.s3.test/x", "memory:///", "s3//b", "S 3"],
)
def test_an_unknown_kind_is_refused(url: str) -> None:
    with pytest.raises(ConfigurationError, match="of no known kind"):
        ObjectStore(url, public_url=PUBLIC)


@pytest.mark.parametrize(
    "url",
    [
        "s3://AKIA:canary7@b/photos",
        "s3://AKIA:can/canary7@b/photos",
        "s3://AKIA:can@canary7@b",
        "s3://b/photos?secret=canary7",
        "az://c/photos?sig=canary7",
        "gs://b#canary7",
        "s3://[canary7",
        "https://user:canary7@h/",
        "canary7",
        "file:///x?token=canary7",
    ],
)
def test_no_store_is_shown_with_a_secret(url: str) -> None:
    with pytest.raises(ConfigurationError) as found:
        ObjectStore(url, public_url=PUBLIC)
    assert "canary7" not in everything_said(found.value)


@pytest.mark.parametrize(
    "public", ["canary.test", "ftp://canary", "https://?canary", "https://u:canary@h", "x canary"]
)
def test_a_public_address_that_is_none_is_refused(public: str) -> None:
    with pytest.raises(ConfigurationError, match="store_public_url") as found:
        ObjectStore("s3://b", public_url=public)
    assert "canary" not in everything_said(found.value)


def test_a_bucket_wants_a_public_address() -> None:
    with pytest.raises(ConfigurationError, match="s3://b is not set"):
        ObjectStore("s3://b", public_url=None)
