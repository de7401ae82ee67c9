"""A rotated key: only Google's URLs that carry one are fetched with today's (domain.md 5.9)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from venue_ops.core.net.keys import with_google_key

PHOTO = "https://maps.googleapis.com/maps/api/place/photo?maxwidth=800&photo_reference=R"


@pytest.mark.parametrize(
    ("stored", "fetched"),
    [
        (f"{PHOTO}&key=OLD", f"{PHOTO}&key=NEW"),
        (f"{PHOTO}&key=", f"{PHOTO}&key=NEW"),
        (f"{PHOTO}&key=OLD&x=1#f", f"{PHOTO}&key=NEW&x=1#f"),
        (f"{PHOTO}&key=OLD&key=OLDER", f"{PHOTO}&key=NEW&key=NEW"),
        ("https://maps.googleapis.com/a?key=OLD&b", "https://maps.googleapis.com/a?key=NEW&b"),
        ("HTTPS://Maps.GoogleAPIs.com:443/a?key=OLD", "HTTPS://Maps.GoogleAPIs.com:443/a?key=NEW"),
        (
            "https://places.googleapis.com/v1/places/P/photos/F/media?maxWidthPx=8&key=OLD",
            "https://places.googleapis.com/v1/places/P/photos/F/media?maxWidthPx=8&key=NEW",
        ),
    ],
)
def test_the_key_of_today_is_put_in(stored: str, fetched: str) -> None:
    assert with_google_key(stored, "NEW") == fetched


@pytest.mark.parametrize(
    "url",
    [
        PHOTO,  # carries none
        f"{PHOTO}&apikey=OLD&keys=OLD&KEY=OLD",
        "http://maps.googleapis.com/a?key=OLD",  # would be read on its way
        "https://maps.googleapis.com.evil.example/a?key=OLD",
        "https://maps.googleapis.com@evil.example/a?key=OLD",
        "https://maps.googleapis.com:444/a?key=OLD",
        "https://maps.googleapis.com:443@evil.example/a?key=OLD",
        "https://maps.googleapis.com\\@evil.example/a?key=OLD",
        "https://evil.example/https://maps.googleapis.com/?key=OLD",
        "https://evil.example/?u=https://maps.googleapis.com/&key=OLD",
        "https://xmaps.googleapis.com/a?key=OLD",
        "https://lh3.googleusercontent.com/a?key=OLD",
        "https://images.unsplash.com/a?key=OLD",
        "",
        "key=OLD",
    ],
)
def test_no_other_url_is_touched(url: str) -> None:
    assert with_google_key(url, "NEW") == url


def test_without_a_key_nothing_is_touched() -> None:
    assert with_google_key(f"{PHOTO}&key=OLD", None) == f"{PHOTO}&key=OLD"


@pytest.mark.parametrize(
    ("key", "written"),
    [("a&b=c", "a%26b%3Dc"), ("a#b", "a%23b"), (r"\1\g<0>", "%5C1%5Cg%3C0%3E"), ("a\n", "a%0A")],
)
def test_a_key_stays_one_parameter(key: str, written: str) -> None:
    assert with_google_key(f"{PHOTO}&key=OLD&x=1", key) == f"{PHOTO}&key={written}&x=1"


@given(st.text(), st.text("ABCabc019-_", min_size=1))
def test_a_key_goes_to_google_alone(rest: str, key: str) -> None:
    marked = f"{key}CANARY"
    for url in (rest, f"https://{rest}", f"https://x{rest}?key=OLD"):
        if marked in with_google_key(url, marked):
            assert url.lower().startswith(
                ("https://maps.googleapis.com", "https://places.googleapis")
            )
