"""Any object store that obstore knows: s3://, gs://, az://, file://.

A fault of the store is no image's. Tried again is what may pass: a broken connection, 408, 409,
425, 429 and the 500s. The rest ends the run. obstore's texts hold URLs and what a server said, so
none is passed on; they are only looked at for the reason.
"""

from __future__ import annotations

import asyncio
import errno
import re
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from urllib.parse import SplitResult, quote, unquote, urlsplit

import obstore
from obstore import exceptions
from obstore.store import LocalStore, from_url

from venue_ops.core.errors import ConfigurationError, StoreError
from venue_ops.core.net.stores import StoredObject, Upload

_UNMARKED = "no image was marked for it."
_LATER_HINT = f"Try again later: {_UNMARKED}"
_AT_ONCE = 32
_SCHEMES = ("s3", "gs", "az", "file")
_STATUS = re.compile(r"non-2xx status code: ([0-9]{3})")
_PASSING = (408, 409, 425, 429)
_OS_ERROR = re.compile(r"\(os error ([0-9]+)\)")
_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
_METADATA = ("169.254.169.254", "metadata.google.internal")
"""Where a cloud's machine gets credentials: asked only when none were found elsewhere."""


class ObjectStore:
    """A bucket, or a folder of this machine, below `url`.

    `public_url` is where the public finds what lies there; of a folder its own address stands in
    for it. Credentials come from where the provider's tools look for them (AWS_..., and so on).
    obstore's own retries are off: the retries of a run are counted in one place.

    Uploads run in threads. obstore's asynchronous ones end in threads of its own, which abort the
    process (SIGABRT) when it comes to its end meanwhile: every third time after a single upload.
    """

    def __init__(self, url: str, *, public_url: str | None, options: dict[str, Any] | None = None):
        self._url = url
        self._store, public = _opened(url, options or {})
        found = _public(public_url) if public_url else public
        if found is None:
            raise ConfigurationError(
                f"Where the public finds the photos of {label_of(url)} is not set.",
                hint="Set store_public_url, as https://photos.example.com.",
            )
        self._public = found.rstrip("/")
        self._threads = ThreadPoolExecutor(_AT_ONCE, "store")

    @property
    def label(self) -> str:
        """For people."""
        return label_of(self._url)

    async def aclose(self) -> None:
        """Let its threads go."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    async def put(self, upload: Upload) -> StoredObject:
        """One try to store a photo; see `Store`."""
        path = upload.path.lstrip("/")
        loop = asyncio.get_running_loop()
        try:
            await loop.run_in_executor(self._threads, self._put, path, upload)
        except (exceptions.BaseError, OSError, ValueError) as error:
            if isinstance(self._store, LocalStore):
                raise _failure_of_folder(error, self.label) from None
            raise _failure(error, self.label) from None
        return StoredObject(f"{self._public}/{quote(path)}", upload.path)

    def _put(self, path: str, upload: Upload) -> None:
        """Parts of 5 MB one after another, so that memory stays bounded."""
        upload.body.seek(0)
        attributes: Any = {"Content-Type": str(upload.format)}
        if isinstance(self._store, LocalStore):
            attributes = None  # files have none
        obstore.put(self._store, path, upload.body, attributes=attributes, max_concurrency=1)


def _failure_of_folder(error: Exception, label: str) -> StoreError:
    number = _OS_ERROR.search(str(error))
    full = number is not None and int(number[1]) in _FULL
    return StoreError(
        f"A photo could not be written to {label}"
        + (": the disk is full." if full else ": it was refused."),
        hint=f"{'Make room there' if full else 'Check its permissions'}: {_UNMARKED}",
    )


def _failure(error: Exception, label: str) -> StoreError:
    text = str(error)
    found = _STATUS.search(text)
    status = int(found[1]) if found else None
    if any(each in text for each in _METADATA):
        return StoreError(
            f"No credentials were found for {label}.",
            hint=f"Set AWS_ACCESS_KEY_ID and the like in the environment; {_UNMARKED}",
        )
    if isinstance(error, exceptions.PermissionDeniedError | exceptions.UnauthenticatedError):
        return StoreError(
            f"{label} refused the credentials.",
            hint=f"Check the store's credentials: {_UNMARKED}",
        )
    if "builder error" in text:
        return StoreError(
            f"{label} is at no address that may be used.",
            hint="Check its endpoint; one of http:// wants AWS_ALLOW_HTTP=true.",
        )
    is_final = (
        isinstance(error, FileNotFoundError | ValueError)
        or "redirect" in text.partition("\n")[0]
        or (status is not None and status < 500 and status not in _PASSING)
    )
    if is_final:
        said = f": HTTP {status}" if status else ""
        return StoreError(
            f"{label} did not take a photo{said}.",
            hint=f"Check the bucket, its region and its endpoint: {_UNMARKED}",
        )
    return StoreError(f"{label} did not take a photo.", hint=_LATER_HINT, is_transient=True)


def _opened(url: str, options: dict[str, Any]) -> tuple[Any, str | None]:
    parts = _parts(url)
    try:
        if parts.scheme == "file":
            folder = Path(unquote(parts.path))
            public = folder.as_uri()
            return LocalStore(prefix=folder, mkdir=True), public
        return from_url(url, retry_config={"max_retries": 0}, **options), None
    except (exceptions.BaseError, OSError, ValueError):
        raise ConfigurationError(
            f"The store {label_of(url)} cannot be opened.",
            hint="Check its address, its permissions and its credentials.",
        ) from None


def _parts(url: str) -> SplitResult:
    """The URL's parts. Raises ConfigurationError where it is none of a store."""
    try:
        parts = urlsplit(url)
    except ValueError:
        url, parts = "", SplitResult("", "", "", "", "")
    if parts.scheme not in _SCHEMES:
        raise ConfigurationError(
            f"The store {label_of(url)} is of no known kind.",
            hint="Known are imagekit, s3://, gs://, az:// and file://.",
        )
    if parts.scheme == "file" and parts.netloc not in ("", "localhost"):
        raise ConfigurationError(
            f"The store {label_of(url)} names a machine, not a folder.",
            hint="A folder has three slashes, as file:///srv/photos.",
        )
    is_bucket = parts.scheme != "file"
    if (is_bucket and set("@:") & set(parts.netloc)) or parts.query or parts.fragment:
        raise ConfigurationError(
            f"The store {label_of(url)} has more in its address than a bucket and a folder.",
            hint="Credentials go into the environment, as AWS_ACCESS_KEY_ID; %23 is a #, %3F a ?.",
        )
    return parts


def _public(url: str) -> str:
    if not re.fullmatch(r"https?://[^\s/?#@]+(?:/[^\s?#]*)?", url):
        raise ConfigurationError(
            "store_public_url is no address where the public finds photos.",
            hint="Set it as https://photos.example.com.",
        )
    return url


def label_of(url: str) -> str:
    """What the store is called, without what may be a secret: user, password and parameters.

    A password may hold any character, so all that stands before the last @ is left out.
    """
    scheme, _, rest = url.partition("://")
    if scheme != "file":
        rest = rest.rpartition("@")[2]
    return f"{scheme}://{re.split('[?#]', rest)[0]}" if scheme in _SCHEMES else "in the settings"
