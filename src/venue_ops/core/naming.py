"""What a stored photo is called: the application's names, and one more where two would clash.

The application's rule (pure): `{folder}/{slug}/{code}-{hash8}.{ext}`, the hash over the URL less
what changes without the photo changing. It forgets `photo_reference`, which tells one Google
photo of a venue from the next, so two photos may get one name; then a longer name is taken.
"""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final
from urllib.parse import quote_plus, unquote_to_bytes

from venue_ops.core.references import OTHER_PROVIDER, PROVIDER_CODES

GOOGLE_HOST: Final = "maps.googleapis.com"
_KEPT_OF_GOOGLE: Final = (b"photoreference", b"photo_id", b"maxwidth", b"maxheight")
_TELLING: Final = b"photo_reference"
_EXTENSIONS: Final = {
    "jpg": "jpg",
    "jpeg": "jpg",
    "png": "png",
    "webp": "webp",
    "gif": "gif",
    "svg": "svg",
}
_DEFAULT_EXTENSION: Final = "jpg"
_DEFAULT_PORTS: Final = {"http": "80", "https": "443"}
_DIGITS: Final = 8
_LONGEST_TAGS: Final = 500
"""ImageKit's limit: characters of all tags, commas included."""

_URI = re.compile(
    r"(?:(?P<scheme>[A-Za-z][A-Za-z0-9+.\-]*):)?(?://(?P<authority>[^/?#]*))?"
    r"(?P<path>[^?#]*)(?:\?(?P<query>[^#]*))?(?:#(?P<fragment>.*))?",
    re.DOTALL,
)
_UNSAFE = re.compile(rb"[^A-Za-z0-9-]")


@dataclass(frozen=True, slots=True)
class SourceImage:
    """What a name is made from; `stored_at` is where the photo lies already, if it does."""

    provider: str | None
    url: str
    stored_at: str | None = None

    @property
    def identity(self) -> tuple[str | None, str]:
        """What tells it from the venue's other images."""
        return self.provider, self.url


def plain_name(provider: str | None, url: str) -> str:
    """The file name as the application gives it: `gp-2646668f.jpg`."""
    return f"{_code(provider)}-{_md5(_normalised(url))}.{_extension(url)}"


def distinct_name(provider: str | None, url: str) -> str:
    """A name that differs wherever the photo does: `gp-2646668f-0f343b09.jpg`.

    Told by Google's `photo_reference`, and by the whole URL where there is none.
    """
    stem, _, extension = plain_name(provider, url).rpartition(".")
    telling = _parameters(url).get(_TELLING) or url.encode(errors="surrogatepass")
    return f"{stem}-{_md5(telling)}.{extension}"


def name_for(image: SourceImage, among: Sequence[SourceImage]) -> str:
    """The file name of one image of a venue whose images are `among`.

    It does not depend on the order of the images, nor on which of them are retried at once: a
    name that two images would share is given to neither, unless one of them lies under it.
    """
    plain = plain_name(image.provider, image.url)
    if image.stored_at is not None and _file_of(image.stored_at) == plain:
        return plain
    named = Counter(
        plain_name(*identity) for identity in {other.identity for other in (*among, image)}
    )
    taken = {
        _file_of(other.stored_at)
        for other in among
        if other.stored_at is not None and other.identity != image.identity
    }
    if named[plain] == 1 and plain not in taken:
        return plain
    return distinct_name(image.provider, image.url)


def folder_for(root: str, slug: str | None, venue_id: int) -> str:
    """The folder of a venue's photos, below `root`: `/venues/noce-krk`."""
    base = "/" + root.strip("/") if root.strip("/") else ""
    return f"{base}/{_safe(slug) or f'venue-{venue_id}'}"


def tags_for(provider: str | None, slug: str | None) -> tuple[str, ...]:
    """The tags of an object: its provider, and its venue where both fit ImageKit's limit."""
    wanted = [provider or "", f"venue:{slug}" if slug else ""]
    kept = tuple(tag.replace(",", " ") for tag in wanted if tag)
    return kept if len(",".join(kept)) <= _LONGEST_TAGS else kept[:1]


def _code(provider: str | None) -> str:
    return PROVIDER_CODES.get(provider or "", OTHER_PROVIDER)


def _md5(text: bytes) -> str:
    return hashlib.md5(text, usedforsecurity=False).hexdigest()[:_DIGITS]


def _extension(url: str) -> str:
    """Of the path, if it is one of a few in lower case."""
    path = _parts(url)["path"] or ""
    stem, dot, extension = path.rpartition("/")[2].rpartition(".")
    return _EXTENSIONS.get(extension, _DEFAULT_EXTENSION) if stem and dot else _DEFAULT_EXTENSION


def _normalised(url: str) -> bytes:
    """The URL as the application hashes it: as it stands, or with its parameters in order."""
    parts = _parts(url)
    if parts["query"] is None:
        return url.encode(errors="surrogatepass")
    parameters = _parameters(url)
    if GOOGLE_HOST in url:
        parameters = {name: parameters[name] for name in _KEPT_OF_GOOGLE if name in parameters}
    query = "&".join(
        f"{quote_plus(name)}={quote_plus(value)}"
        for name, value in sorted(parameters.items())
        if value
    )
    scheme = f"{parts['scheme'].lower()}:" if parts["scheme"] else ""
    authority = "" if parts["authority"] is None else f"//{_authority(parts)}"
    fragment = "" if parts["fragment"] is None else f"#{parts['fragment']}"
    whole = f"{scheme}{authority}{parts['path'] or ''}?{query}{fragment}"
    return whole.encode(errors="surrogatepass")


def _authority(parts: Mapping[str, str | None]) -> str:
    """Without the port that the scheme means anyway."""
    authority = parts["authority"] or ""
    default = _DEFAULT_PORTS.get((parts["scheme"] or "").lower())
    return authority.removesuffix(f":{default}") if default else authority


def _parameters(url: str) -> dict[bytes, bytes]:
    """The parameters of the query, decoded; of two with one name the last."""
    query = _parts(url)["query"] or ""
    found: dict[bytes, bytes] = {}
    for item in query.split("&"):
        name, _, value = item.partition("=")
        if item:
            found[_decoded(name)] = _decoded(value)
    return found


def _decoded(text: str) -> bytes:
    return unquote_to_bytes(text.replace("+", " ").encode(errors="surrogatepass"))


def _parts(url: str) -> Mapping[str, str | None]:
    found = _URI.match(url)
    assert found is not None  # every part may be absent  # noqa: S101
    return found.groupdict()


def _safe(slug: str | None) -> str:
    """Each byte that has no place in a folder's name becomes a dash."""
    raw = (slug or "").encode(errors="surrogatepass")
    return _UNSAFE.sub(b"-", raw).decode("ascii").lower().strip("-")


def _file_of(path: str) -> str:
    return path.partition("?")[0].rpartition("/")[2]
