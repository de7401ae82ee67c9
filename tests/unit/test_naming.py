"""Names of stored photos are the application's, and no photo takes another's (promises 5, 6)."""

from __future__ import annotations

import hashlib
import json
import random
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from venue_ops.core.naming import (
    SourceImage,
    distinct_name,
    folder_for,
    name_for,
    plain_name,
    tags_for,
)

GOOGLE = "https://maps.googleapis.com/maps/api/place/photo"


def google(reference: str, *, width: int = 1600, key: str = "KEY") -> SourceImage:
    url = f"{GOOGLE}?maxwidth={width}&photo_reference={reference}&key={key}"
    return SourceImage("google_places", url)


VECTORS = json.loads((Path(__file__).parents[1] / "vectors" / "names.json").read_text("utf-8"))


@pytest.mark.parametrize("each", VECTORS["names"], ids=lambda each: each["url"])
def test_every_vector_of_a_name(each: dict[str, str]) -> None:
    assert plain_name(each["provider"], each["url"]) == each["name"]


@pytest.mark.parametrize("each", VECTORS["slugs"], ids=lambda each: str(each["slug"]))
def test_every_vector_of_a_folder(each: dict[str, Any]) -> None:
    assert folder_for("/venues", each["slug"], each["id"]) == each["folder"]


WORDS = st.text("abcXYZ019-_.~*é&=%+ ,", max_size=6)
PAIRS = st.lists(st.tuples(WORDS.filter(bool), WORDS), min_size=1, max_size=5)


@given(
    host=st.sampled_from(["example.com", "Example.COM:8080", "maps.googleapis.com"]),
    path=st.sampled_from(["", "/", "/a.png", "/a.b/c", "/x.JPG", "/y.jpeg"]),
    pairs=PAIRS,
)
def test_names_against_another_formulation(
    host: str, path: str, pairs: list[tuple[str, str]]
) -> None:
    """The standard library's parser of forms, where ours goes over bytes."""
    url = urlunsplit(("https", host, path, urlencode(pairs), ""))
    known = dict(parse_qsl(urlsplit(url).query, keep_blank_values=True))
    if "maps.googleapis.com" in url:
        stable = ("photoreference", "photo_id", "maxwidth", "maxheight")
        known = {name: value for name, value in known.items() if name in stable}
    kept = sorted((n.encode(), v.encode()) for n, v in known.items() if v)
    normal = url.partition("?")[0] + "?" + urlencode(kept)
    ending = {"/a.png": "png"}.get(path, "jpg")
    expected = hashlib.md5(normal.encode(), usedforsecurity=False).hexdigest()[:8]
    assert plain_name("unsplash", url) == f"us-{expected}.{ending}"


@given(st.text(), st.one_of(st.none(), st.text()))
def test_any_text_has_a_name(url: str, provider: str | None) -> None:
    name = plain_name(provider, url)
    assert "/" not in name
    assert distinct_name(provider, url).startswith(name.rpartition(".")[0])


@given(st.one_of(st.none(), st.text()), st.integers(1, 2**62))
def test_a_folder_has_one_level_and_nothing_odd(slug: str | None, venue: int) -> None:
    folder = folder_for("/venues", slug, venue)
    assert folder.startswith("/venues/")
    last = folder.removeprefix("/venues/")
    assert last
    assert set(last) <= set("abcdefghijklmnopqrstuvwxyz0123456789-")


@pytest.mark.parametrize("root", ["/venues_test", "venues_test", "/venues_test/", "//venues_test"])
def test_the_root_is_written_in_any_way(root: str) -> None:
    assert folder_for(root, "noce", 1) == "/venues_test/noce"
    assert folder_for("/", "noce", 1) == "/noce"


def test_25_photos_of_one_width_have_25_names() -> None:
    """Promise 5: the application's rule alone gives them a single one."""
    photos = [google(f"REF{n}") for n in range(25)]
    assert len({plain_name(photo.provider, photo.url) for photo in photos}) == 1
    names = {name_for(photo, photos) for photo in photos}
    assert len(names) == 25
    assert plain_name(photos[0].provider, photos[0].url) not in names


def test_names_depend_neither_on_order_nor_on_what_is_retried_together() -> None:
    photos = [google(f"REF{n}") for n in range(6)]
    names = {photo: name_for(photo, photos) for photo in photos}
    shuffled = random.Random(7).sample(photos, len(photos))
    assert {photo: name_for(photo, shuffled) for photo in photos} == names


def test_an_only_photo_keeps_the_applications_name() -> None:
    photo = google("REF")
    assert name_for(photo, [photo]) == plain_name(photo.provider, photo.url)
    other = SourceImage("foursquare", "https://fastly.4sqi.net/a.jpg")
    assert name_for(photo, [photo, other]) == plain_name(photo.provider, photo.url)


def test_a_photo_that_lies_there_keeps_its_name_and_others_leave_it_alone() -> None:
    plain = plain_name("google_places", google("A").url)
    stored = SourceImage("google_places", google("A").url, f"/venues/noce/{plain}")
    late = google("B")
    assert name_for(stored, [stored, late]) == plain
    assert name_for(late, [stored, late]) == distinct_name("google_places", late.url)


def test_a_name_that_a_stranger_took_is_left_to_it() -> None:
    """An object may lie there whose source has another URL today."""
    photo = google("A")
    plain = plain_name(photo.provider, photo.url)
    moved = SourceImage("here", "https://example.com/else.jpg", f"https://ik.io/x/{plain}?v=2")
    assert name_for(photo, [photo, moved]) == distinct_name(photo.provider, photo.url)


def test_the_key_of_the_day_changes_no_name() -> None:
    assert distinct_name("google_places", google("A", key="OLD").url) == distinct_name(
        "google_places", google("A", key="NEW").url
    )


def test_tags() -> None:
    assert tags_for("foursquare", "noce-krk") == ("foursquare", "venue:noce-krk")
    assert tags_for(None, None) == ()
    assert tags_for("a,b", "x") == ("a b", "venue:x")
    assert tags_for("foursquare", "x" * 600) == ("foursquare",)
