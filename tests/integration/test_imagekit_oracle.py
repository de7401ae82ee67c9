"""Our upload beside the one that ImageKit's own client sends for the same photo."""

from __future__ import annotations

import asyncio
import re
import time
from datetime import UTC, datetime
from email.message import Message
from email.parser import BytesParser
from email.policy import HTTP

import pytest
from tests.uploads import PHOTO, upload_of

from venue_ops.core.net.imagekit import UPLOAD_URL, ImageKit
from venue_ops.core.net.stores import StoredObject, Upload
from venue_ops.demo.imagekit_server import ImageKitServer
from venue_ops.demo.web import Request, Web, serving

imagekitio = pytest.importorskip("imagekitio", reason="imagekitio is not installed")

KEY = "private_a+b/c=" * 3
PATH = "/api/v1/files/upload"
UPLOADS = {
    "as a run sends it": upload_of(),
    "one tag": upload_of(tags=("here",)),
    "no tags": upload_of(tags=()),
    "letters beyond ASCII": upload_of(tags=("google_places", "venue:żółć")),
    "spaces, quotes and a backslash": upload_of(folder="/photos of/x", file='a "b" \\ c.png'),
    "every byte": upload_of(bytes(range(256)) * 40),
    "a megabyte": upload_of(PHOTO * 350),
}
ON_PURPOSE = {
    "user-agent": "theirs names the SDK and its version; ours the HTTP library",
    "accept-encoding": "ours asks for the answer as it is, so that its length can be bounded",
    "x-stainless-*": "theirs tells ImageKit about the machine: language, system, tries",
    "content-type": "of the form: only its boundary differs",
    "content-length": "follows from the boundary, and from the two fields' order",
    "host": "the same server",
}
"""The headers that may differ, and why; no form field may."""

PASSWORD = ""
"""What ImageKit documents; the SDK would send a placeholder (`do_not_set`), which is ignored."""


def ours(web: Web, upload: Upload) -> StoredObject:
    async def send() -> StoredObject:
        store = ImageKit(KEY, now=lambda: datetime.now(UTC), root="/venues", url=web.url + PATH)
        try:
            return await store.put(upload)
        finally:
            await store.aclose()

    return asyncio.run(send())


def theirs(web: Web, upload: Upload) -> StoredObject:
    upload.body.seek(0)
    with imagekitio.ImageKit(
        private_key=KEY, password=PASSWORD, base_url=web.url, max_retries=0
    ) as client:
        said = client.files.upload(
            file=(upload.file, upload.body, str(upload.format)),
            file_name=upload.file,
            folder=upload.folder,
            use_unique_file_name=False,
            overwrite_file=True,
            **({"tags": list(upload.tags)} if upload.tags else {}),
        )
    return StoredObject(said.url, said.file_path)


def form_of(request: Request) -> dict[str, tuple[str | None, str, bytes]]:
    """Each field of the form: its file name, its type, its bytes. None comes twice."""
    head = f"Content-Type: {request.headers['content-type']}\r\n\r\n".encode()
    form: Message = BytesParser(policy=HTTP).parsebytes(head + request.body)
    found: dict[str, tuple[str | None, str, bytes]] = {}
    for part in form.iter_parts():  # type: ignore[attr-defined]
        name = str(part.get_param("name", header="content-disposition"))
        assert name not in found
        found[name] = (part.get_filename(), part.get_content_type(), part.get_payload(decode=True))
    return found


@pytest.mark.parametrize("upload", UPLOADS.values(), ids=UPLOADS)
def test_both_send_the_same_upload(upload: Upload) -> None:
    server = ImageKitServer(KEY)
    with serving(Web(server, time.monotonic)) as web:
        stored = ours(web, upload), theirs(web, upload)
        mine, other = web.requests
    assert (mine.method, mine.path) == (other.method, other.path) == ("POST", PATH)
    assert mine.headers["authorization"] == other.headers["authorization"]
    form = form_of(mine)
    assert form == form_of(other)
    upload.body.seek(0)
    quoted = upload.file.replace('"', "%22")  # as browsers do (HTML, 4.10.21.8)
    assert form["file"] == (quoted, "image/png", upload.body.read())
    assert stored[0] == stored[1]
    for name in mine.headers.keys() | other.headers.keys():
        if mine.headers.get(name) != other.headers.get(name):
            assert re.sub("^x-stainless-.*", "x-stainless-*", name) in ON_PURPOSE


def test_both_send_it_to_the_same_address(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where no base URL is given; the SDK's own upload goes to another host than the rest."""
    asked: list[str] = []

    class Stop(Exception):  # noqa: N818
        pass

    def refuse(client: object, request: object, **_: object) -> None:
        asked.append(str(request.url))  # type: ignore[attr-defined]
        raise Stop

    client = imagekitio.ImageKit(private_key=KEY, max_retries=0)
    monkeypatch.setattr(type(client._client), "send", refuse)
    with client, pytest.raises(imagekitio.APIConnectionError):
        client.files.upload(file=b"x", file_name="x.png")
    assert asked == [UPLOAD_URL]
