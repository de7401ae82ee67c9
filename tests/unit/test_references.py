"""How things are named: several values, enums, ids, images."""

from __future__ import annotations

import contextlib
import hashlib
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from venue_ops.core.errors import UsageError
from venue_ops.core.models import Json, Outcome
from venue_ops.core.references import (
    CityReference,
    close_matches,
    image_id,
    json_id,
    parse_enum_values,
    split_cities,
    split_values,
)

ITEM = st.text(min_size=1).map(lambda t: t.replace(",", "").strip()).filter(bool)


def test_values_come_repeated_or_separated_by_commas() -> None:
    assert split_values(("a,b", " c ")) == ("a", "b", "c")
    assert split_values(()) == ()


@pytest.mark.parametrize("values", [("",), ("a,",), ("a", " "), (",",), ("a,,b",)])
def test_an_empty_value_is_an_error_that_names_the_option(values: tuple[str, ...]) -> None:
    with pytest.raises(UsageError, match="--city is empty"):
        split_values(values, option="--city")


@given(st.lists(st.lists(ITEM, min_size=1)))
def test_split_is_the_inverse_of_join(groups: list[list[str]]) -> None:
    joined = [",".join(group) for group in groups]
    assert split_values(joined) == tuple(item for group in groups for item in group)


def test_enum_values_keep_their_order_and_come_once() -> None:
    found = parse_enum_values(("failed,Partial", "no-images,failed"), Outcome, option="--status")
    assert found == (Outcome.FAILED, Outcome.PARTIAL, Outcome.NO_IMAGES)


def test_an_unknown_enum_value_names_the_near_and_the_known() -> None:
    with pytest.raises(UsageError, match="--status does not know") as caught:
        parse_enum_values(("parcial",), Outcome, option="--status")
    assert "Did you mean partial?" in caught.value.message
    assert all(outcome in (caught.value.hint or "") for outcome in Outcome)


@given(st.lists(st.text()))
def test_any_texts_are_members_or_a_usage_error(values: list[str]) -> None:
    with contextlib.suppress(UsageError):
        assert set(parse_enum_values(values, Outcome, option="--status")) <= set(Outcome)


def test_a_long_unknown_value_does_not_flood_the_message() -> None:
    with pytest.raises(UsageError) as caught:
        parse_enum_values(("x" * 10_000,), Outcome, option="--status")
    assert len(caught.value.message) < 200


def test_two_letters_after_a_city_are_its_country() -> None:
    assert split_cities(("london,gb,krakow", "ai", "paris, US")) == (
        CityReference("london", "gb"),
        CityReference("krakow"),
        CityReference("ai"),
        CityReference("paris", "us"),
    )


def test_a_second_country_is_another_city() -> None:
    assert [str(city) for city in split_cities(("london,gb,ca",))] == ["london,gb", "ca"]


@given(st.lists(st.text()))
def test_any_texts_are_cities_or_a_usage_error(values: list[str]) -> None:
    with contextlib.suppress(UsageError):
        split_cities(values)


@pytest.mark.parametrize(
    ("value", "expected"),
    [(1, 1), (10**18 - 1, 10**18 - 1), ("12", 12),
     (Decimal("5.0"), 5), (5.0, 5), (Decimal("1e3"), 1000)],
)  # fmt: skip
def test_an_id_is_a_whole_number_or_its_digits(value: Json, expected: int) -> None:
    assert json_id(value) == expected


@pytest.mark.parametrize(
    "value",
    [None, True, False, 0, -1, 10**18, 1.5, Decimal("1.5"), " 12", "12 ", "12\n", "012", "0", "+1",
     "1.0", "abc", "", "٣", "1000000000000000000", [5], {"id": 5}, float("nan"), float("inf"),
     Decimal("NaN"), Decimal("sNaN"), Decimal("1e999999999"), "1" * 10_000],
    ids=repr,
)  # fmt: skip
def test_everything_else_is_no_id(value: Json) -> None:
    assert json_id(value) is None


@given(st.integers() | st.text() | st.floats() | st.decimals() | st.booleans())
def test_json_id_is_always_in_the_range_of_ids(value: Json) -> None:
    found = json_id(value)
    assert found is None or (type(found) is int and 1 <= found < 10**18)


@given(st.integers(min_value=1, max_value=10**18 - 1))
def test_a_number_and_its_digits_are_one_id(number: int) -> None:
    assert json_id(number) == json_id(str(number)) == json_id(Decimal(number)) == number


def test_close_matches_are_few_and_in_their_own_spelling() -> None:
    assert close_matches("krakw", ["Krakow", "Warsaw", "krakau"])[0] == "Krakow"
    assert close_matches("zzz", ["Krakow"]) == ()
    assert len(close_matches("aa", [f"a{n}" for n in range(10)])) <= 3


@given(st.text(), st.lists(st.text(), max_size=20))
def test_close_matches_are_among_the_known(word: str, known: list[str]) -> None:
    assert set(close_matches(word, known)) <= set(known)


GOOGLE = "https://maps.googleapis.com/maps/api/place/photo?maxwidth=800&photo_reference=REF"


def test_an_image_id_is_venue_provider_code_and_ten_hex() -> None:
    digest = hashlib.sha256(f"google_places\n{GOOGLE}".encode()).hexdigest()[:10]
    assert image_id("noce-krk", "google_places", f"{GOOGLE}&key=AIza1") == f"noce-krk/gp-{digest}"


@pytest.mark.parametrize(
    "url",
    [f"{GOOGLE}&key=", f"{GOOGLE}&key=other", GOOGLE, f"{GOOGLE}&KEY=x",
     GOOGLE.replace("?", "?key=first&"), f"{GOOGLE}&%6Bey=x"],
)  # fmt: skip
def test_an_image_id_outlives_its_key(url: str) -> None:
    expected = image_id("noce-krk", "google_places", f"{GOOGLE}&key=AIza1")
    assert image_id("noce-krk", "google_places", url) == expected


@pytest.mark.parametrize(
    ("provider", "code"),
    [("google_places", "gp"), ("unsplash", "us"), ("foursquare", "fs"), ("pexels", "px"),
     ("instagram", "ig"), ("here", "xx"), (None, "xx"), ("", "xx")],
)  # fmt: skip
def test_the_provider_has_the_code_of_the_applications_file_names(
    provider: str | None, code: str
) -> None:
    assert image_id("v", provider, "https://x/y").startswith(f"v/{code}-")


@given(st.text(), st.text(), st.text())
def test_another_photo_or_provider_is_another_image(provider: str, one: str, two: str) -> None:
    first = image_id(
        "v", provider, f"https://x/photo?ref={one.encode().hex() if one.isascii() else 'n'}a"
    )
    second = image_id(
        "v", provider, f"https://x/photo?ref={two.encode().hex() if two.isascii() else 'm'}b"
    )
    assert first != second
    assert image_id("v", provider, two) == image_id("v", provider, two)


@given(st.text(), st.text(alphabet=st.characters(exclude_characters="&#")))
def test_any_url_has_an_id_and_its_key_does_not_matter(url: str, key: str) -> None:
    base = url.partition("#")[0].partition("?")[0]
    assert image_id("v", "here", f"{base}?key={key}") == image_id("v", "here", base)
    assert image_id("v", "here", url)
