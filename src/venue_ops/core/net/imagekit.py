"""ImageKit's upload: one multipart POST with the private key, as its documentation has it.

An answer that says something about the photo (400, 413, 415, 422) is the image's failure. Any
other is the store's, and no image is marked for it. Tried again are 408, 425, 429 and all of the
500s, as ImageKit's own client does: an upload that was stored in spite of its 500 is overwritten
by the same photo, so nothing is lost by trying.
"""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any

import httpx2

from venue_ops.core.errors import StoreError
from venue_ops.core.net.errors import ImageError
from venue_ops.core.net.stores import StoredObject, Upload
from venue_ops.core.net.trust import trusted
from venue_ops.core.net.waiting import asked_to_wait

UPLOAD_URL = "https://upload.imagekit.io/api/v1/files/upload"
_KEY_HINT = "Check what IMAGEKIT_PRIVATE_KEY holds; no image was marked for it."
_LATER_HINT = "Try again later: no image was marked for it."
_ACCOUNT_HINT = "Check the account at ImageKit: no image was marked for it."
_ADDRESS_HINT = "Check that nothing stands between here and ImageKit: no image was marked for it."
_IN_TAGS = str.maketrans("%,", "  ")
_OF_THE_IMAGE = (400, 413, 415, 422)
_TRANSIENT = (408, 425, 429)
_KEY, _UNPAID = (401, 403), 402
_LONGEST_ANSWER = 1_000_000
_PIECE = 1 << 18
_URL = re.compile(r"https?://[^\s/]+/[^\s\x00-\x1f\x7f]+")


class ImageKit:
    """The application's own store.

    `root` is the folder above the venues' (`/venues`). Names are never made unique and are
    overwritten, because they are made from the photo itself. `timeout` is for each step of an
    upload (connect, a piece sent, a piece read), `total` for all of it: seconds.
    """

    def __init__(
        self,
        private_key: str,
        *,
        now: Callable[[], datetime],
        root: str,
        url: str = UPLOAD_URL,
        timeout: float = 60.0,
        total: float = 300.0,
        transport: httpx2.AsyncBaseTransport | None = None,
    ) -> None:
        self._now = now
        self._root = root
        self._url = url
        self._total = total
        self._client = httpx2.AsyncClient(
            auth=httpx2.BasicAuth(private_key, ""),
            timeout=httpx2.Timeout(timeout, connect=min(10.0, timeout)),
            headers={"Accept": "application/json", "Accept-Encoding": "identity"},
            limits=httpx2.Limits(max_connections=None, max_keepalive_connections=20),
            transport=transport,
            verify=trusted(),
            trust_env=False,
        )

    @property
    def label(self) -> str:
        """For people."""
        return label_of(self._root)

    async def aclose(self) -> None:
        """Close its connections."""
        await self._client.aclose()

    async def put(self, upload: Upload) -> StoredObject:
        """One try to store a photo; see `Store`."""
        upload.body.seek(0)
        fields = {
            "fileName": upload.file,
            "folder": upload.folder,
            "useUniqueFileName": "false",
            "overwriteFile": "true",
        }
        if upload.tags:
            # No tag may hold a percent sign, nor a comma, which parts them.
            fields["tags"] = ",".join(tag.translate(_IN_TAGS) for tag in upload.tags)
        files = {"file": (upload.file, upload.body, str(upload.format))}
        form = self._client.build_request("POST", self._url, data=fields, files=files)
        form.stream = _Joined(form.stream)
        try:
            async with asyncio.timeout(self._total), self._sent(form) as answer:
                if answer.status_code != 200:
                    raise self._refusal(answer)
                content = await _whole(answer)
        except (TimeoutError, httpx2.TimeoutException):
            raise StoreError(
                "ImageKit took too long to answer.", hint=_LATER_HINT, is_transient=True
            ) from None
        except httpx2.ConnectError:
            raise StoreError(
                "ImageKit cannot be reached.", hint=_LATER_HINT, is_transient=True
            ) from None
        except httpx2.HTTPError:
            raise StoreError(
                "The connection to ImageKit broke off.", hint=_LATER_HINT, is_transient=True
            ) from None
        return _stored(content, upload)

    @asynccontextmanager
    async def _sent(self, form: httpx2.Request) -> AsyncIterator[httpx2.Response]:
        answer = await self._client.send(form, stream=True)
        try:
            yield answer
        finally:
            await answer.aclose()

    def _refusal(self, answer: httpx2.Response) -> Exception:
        status = answer.status_code
        if status in _KEY:
            return StoreError(f"ImageKit refused the private key (HTTP {status}).", hint=_KEY_HINT)
        if status in _OF_THE_IMAGE:
            kind = "file_too_large" if status == 413 else "unknown_error"
            said = f"ImageKit refused the image: HTTP {status}"
            return ImageError(kind, said, status_code=status, by_store=True)
        if status in _TRANSIENT or status >= 500:
            headers = {name.lower(): value for name, value in answer.headers.items()}
            return StoreError(
                f"ImageKit answered HTTP {status}.",
                hint=_LATER_HINT,
                is_transient=True,
                retry_after=asked_to_wait(headers, self._now()),
            )
        hint = _ACCOUNT_HINT if status == _UNPAID else _ADDRESS_HINT
        return StoreError(f"ImageKit answered HTTP {status}.", hint=hint)


class _Joined(httpx2.AsyncByteStream):
    """A form in large pieces: each is a write by itself, and httpx cuts one into 30."""

    def __init__(self, form: Any) -> None:
        self._form = form

    async def __aiter__(self) -> AsyncIterator[bytes]:
        """The same bytes."""
        held: list[bytes] = []
        size = 0
        async for piece in self._form:
            held.append(piece)
            size += len(piece)
            if size >= _PIECE:
                yield b"".join(held)
                held, size = [], 0
        yield b"".join(held)


def label_of(root: str) -> str:
    """What the store is called that has its photos below `root`."""
    return f"ImageKit ({root})"


async def _whole(answer: httpx2.Response) -> bytes:
    """The answer's body, which is small; one that does not end is none."""
    content = b""
    async for piece in answer.aiter_bytes():
        content += piece
        if len(content) > _LONGEST_ANSWER:
            raise _no_answer()
    return content


def _stored(content: bytes, upload: Upload) -> StoredObject:
    """What a 200 says; anything but the object that was asked for is a failure.

    A photo whose size differs from what was sent was not stored whole. One under another path
    would be under another the next time, too: ImageKit replaces what it does not take in names.
    """
    try:
        said: Any = json.loads(content)
        url, path, size = said["url"], said["filePath"], said["size"]
    except (ValueError, KeyError, TypeError, RecursionError):
        raise _no_answer() from None
    right = isinstance(url, str) and isinstance(path, str) and _URL.fullmatch(url)
    if not right or isinstance(size, bool) or size != upload.size:
        raise _no_answer()
    if path != upload.path:
        raise StoreError(
            "ImageKit stored a photo under another path than asked for.",
            hint="Check the folder of the settings: letters, digits, - and _ are safe in its name.",
        )
    return StoredObject(url, path)


def _no_answer() -> StoreError:
    return StoreError(
        "ImageKit answered 200 without the object that was stored.",
        hint=_LATER_HINT,
        is_transient=True,
    )
