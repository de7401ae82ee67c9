"""How things are named on the command line and in JSON: lists, enums, ids. Pure."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import TypeVar
from urllib.parse import unquote_plus

from venue_ops.core.errors import UsageError
from venue_ops.core.models import Json
from venue_ops.core.redaction import SECRET_PARAMETERS

EnumT = TypeVar("EnumT", bound=StrEnum)

PROVIDER_CODES = {
    "google_places": "gp",
    "unsplash": "us",
    "foursquare": "fs",
    "pexels": "px",
    "instagram": "ig",
}
OTHER_PROVIDER = "xx"
"""The codes in the application's file names, by provider and for any other."""

IMAGE_ID_DIGITS = 10

_HIGHEST_ID = 10**18 - 1
"""Eighteen digits: what the SQL can cast to bigint after a look at the text alone."""
_DIGITS = re.compile(r"[1-9][0-9]{0,17}")
_COUNTRY = re.compile(r"[A-Za-z]{2}")
_LONGEST = 100


def split_values(values: Iterable[str], *, option: str | None = None) -> tuple[str, ...]:
    """The items of an option that takes several: `("a,b", "c")` is `("a", "b", "c")`.

    Blanks around an item do not count; an empty item raises UsageError, because a filter
    that matches nothing by accident (`--city "$CITY"`) must not pass in silence.
    """
    items = tuple(item.strip() for value in values for item in value.split(","))
    if not all(items):
        where = f" of {option}" if option else ""
        raise UsageError(
            f"A value{where} is empty.", hint="Separate values by a single comma: a,b,c."
        )
    return items


def parse_enum_values(
    values: Iterable[str], kind: type[EnumT], *, option: str
) -> tuple[EnumT, ...]:
    """The members named, each once, in the order given; `no-images` is `no_images`.

    Raises UsageError that lists what is known and names what may have been meant.
    """
    known = {member.value: member for member in kind}
    found: dict[EnumT, None] = {}
    for word in split_values(values, option=option):
        member = known.get(word.lower().replace("-", "_"))
        if member is None:
            raise unknown_word(option, word, known)
        found[member] = None
    return tuple(found)


def unknown_word(option: str, word: str, known: Collection[str]) -> UsageError:
    """The error for a word that is none of `known`, with what may have been meant."""
    near = close_matches(word, known)
    meant = f" Did you mean {' or '.join(near)}?" if near else ""
    return UsageError(
        f'{option} does not know "{shortened(word)}".{meant}', hint=f"Known are {', '.join(known)}."
    )


@dataclass(frozen=True, slots=True)
class CityReference:
    """A city as it was named: slug, name, alternate name or id, with or without a country."""

    name: str
    country: str | None = None

    def __str__(self) -> str:
        """As it is written on the command line."""
        return f"{self.name},{self.country}" if self.country else self.name


def split_cities(values: Iterable[str], *, option: str = "--city") -> tuple[CityReference, ...]:
    """Like `split_values`, but two letters after a city are its country: `london,gb,krakow`.

    A city whose own name has two letters goes into an option of its own. Raises UsageError.
    """
    found: list[CityReference] = []
    for value in values:
        fresh = False
        for item in split_values((value,), option=option):
            if fresh and _COUNTRY.fullmatch(item):
                found[-1] = CityReference(found[-1].name, item.lower())
                fresh = False
            else:
                found.append(CityReference(item))
                fresh = True
    return tuple(found)


def json_id(value: Json) -> int | None:
    """The id of a row as it stands in `args` or `meta`, or None where it is none.

    An id is a whole JSON number of at most 18 digits, or a string of its digits and nothing
    else: `"12"`, but not `" 12"`, `"012"`, `"abc"`, 1.5 or true.
    """
    match value:
        case bool():
            return None
        case int():
            number = value
        case float() | Decimal():
            exact = Decimal(value)
            # The range first: a number such as 1e999999 must never become an int.
            if not exact.is_finite() or not 1 <= exact <= _HIGHEST_ID or exact % 1:
                return None
            number = int(exact)
        case str() if _DIGITS.fullmatch(value):
            number = int(value)
        case _:
            return None
    return number if 1 <= number <= _HIGHEST_ID else None


def close_matches(word: str, known: Iterable[str]) -> tuple[str, ...]:
    """Up to three of `known` that look like `word`, the nearest first."""
    import difflib  # only errors need it

    spelled: dict[str, str] = {}
    for name in known:
        spelled.setdefault(name.casefold(), name)
    near = difflib.get_close_matches(word[:_LONGEST].casefold(), spelled, n=3)
    return tuple(spelled[name] for name in near)


def shortened(text: str) -> str:
    """At most a hundred characters of it, for a message."""
    return text if len(text) <= _LONGEST else text[:_LONGEST] + "…"


@dataclass(frozen=True, slots=True)
class ImageReference:
    """An image as it was named: `noce-krk/gp-848af5ab31`, or by its place, `noce-krk/#3`."""

    venue: str
    name: str

    @classmethod
    def parse(cls, text: str) -> ImageReference:
        """What was typed; UsageError for what cannot name an image."""
        venue, slash, name = text.rpartition("/")
        if not slash or not venue or not name:
            raise UsageError(
                f'"{shortened(text)}" names no image.',
                hint="An image is a venue and a name: noce-krk/gp-848af5ab31, or noce-krk/#3.",
            )
        return cls(venue, name)

    @property
    def place(self) -> int | None:
        """The place among the venue's images, from 1, where it was named by that."""
        digits = self.name.removeprefix("#")
        is_place = self.name.startswith("#") and digits.isascii() and digits.isdecimal()
        return int(digits[:9]) if is_place else None


def image_id(venue_slug: str, provider: str | None, url: str) -> str:
    """A stable name for one image: `noce-krk/gp-848af5ab31`.

    The hash covers provider and URL (`provider_url` if there is one, as in the image's
    identity) without the parameters that carry a key: it outlives the key. Its twin is
    `core.db.expressions.identity`.
    """
    identity = f"{provider or ''}\n{_without_secrets(url)}"
    digest = hashlib.sha256(identity.encode(errors="surrogatepass")).hexdigest()
    code = PROVIDER_CODES.get(provider or "", OTHER_PROVIDER)
    return f"{venue_slug}/{code}-{digest[:IMAGE_ID_DIGITS]}"


def _without_secrets(url: str) -> str:
    """The URL, byte for byte, less its secret query parameters."""
    rest, mark, fragment = url.partition("#")
    path, _, query = rest.partition("?")
    kept = [item for item in query.split("&") if not _is_secret(item)]
    return path + ("?" + "&".join(kept) if any(kept) else "") + mark + fragment


def _is_secret(item: str) -> bool:
    name = unquote_plus(item.partition("=")[0])
    return name.isascii() and name.lower() in SECRET_PARAMETERS
