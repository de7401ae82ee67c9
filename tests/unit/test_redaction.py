"""No secret leaves, and what is none stays readable."""

from __future__ import annotations

import json
import re
from base64 import b64encode
from urllib.parse import quote, quote_plus, urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from venue_ops.core.redaction import REDACTED, SECRET_PARAMETERS, Redactor, redact

KEY = "AIzaSyTEST-0000000000000000000000000-KEY"
PHOTO = (
    "https://maps.googleapis.com/maps/api/place/photo?maxwidth=400&photo_reference=AcJ-n_Z9&key="
)


@pytest.mark.parametrize(
    ("text", "clean"),
    [
        # URLs
        (PHOTO + KEY, PHOTO + REDACTED),
        (PHOTO + "plain&language=pl", PHOTO + "REDACTED&language=pl"),
        ("?key=abc#frag", "?key=REDACTED#frag"),
        ("/photo?app_id=a1&app_code=b2&w=400", "/photo?app_id=REDACTED&app_code=REDACTED&w=400"),
        ("?apiKey=abc&q=x", "?apiKey=REDACTED&q=x"),
        ("?X-Amz-Security-Token=a%2Fb&v=1", "?X-Amz-Security-Token=REDACTED&v=1"),
        ("?AWSAccessKeyId=abc&Signature=d%3D", "?AWSAccessKeyId=REDACTED&Signature=REDACTED"),
        ("?ixid=M3w&ixlib=rb-4.1.0", "?ixid=REDACTED&ixlib=rb-4.1.0"),
        ("?key=a%26b&w=1", "?key=REDACTED&w=1"),
        ("key=abc&maxwidth=400", "key=REDACTED&maxwidth=400"),
        ("?w=1&amp;key=abc&amp;h=2", "?w=1&amp;key=REDACTED&amp;h=2"),
        (r"?w=1\u0026key=abc\u0026h=2", r"?w=1\u0026key=REDACTED\u0026h=2"),
        (r"?w=1\u0026key\u003dabc\u0026h=2", r"?w=1\u0026key\u003dREDACTED\u0026h=2"),
        ("u=https%3A%2F%2Fx%3Fkey%3Dabc%26w%3D1", "u=https%3A%2F%2Fx%3Fkey%3DREDACTED%26w%3D1"),
        ("%253Fw%253D1%2526key%253Dabc%2526h", "%253Fw%253D1%2526key%253DREDACTED%2526h"),
        ("%3Fkey%3Da%2526b%26w%3D1", "%3Fkey%3DREDACTED%26w%3D1"),
        ("user[password]=abc&x=1", "user[password]=REDACTED&x=1"),
        ("user%5Bpassword%5D=abc&x=1", "user%5Bpassword%5D=REDACTED&x=1"),
        ("<img src='https://x/?key=abc'>", "<img src='https://x/?key=REDACTED'>"),
        ('["https://x/?key=abc","https://y/"]', '["https://x/?key=REDACTED","https://y/"]'),
        ("(https://x/?key=abc).", "(https://x/?key=REDACTED)."),
        # user and password
        ("postgresql://bob:pw@db.example:5432/x", "postgresql://REDACTED@db.example:5432/x"),
        ("postgres://bob:p@s/s#w?rd@db/x", "postgres://REDACTED@db/x"),
        ('postgres://bob:it\'s "odd"@db/x', "postgres://REDACTED@db/x"),
        ("postgres://bob:12/34@db/x", "postgres://REDACTED@db/x"),
        ("https://ghp@github.com/x", "https://REDACTED@github.com/x"),
        ("redis://:pw@cache/0", "redis://REDACTED@cache/0"),
        (r"https:\/\/u:p@host\/x", r"https:\/\/REDACTED@host\/x"),
        ("u=ecto%3A%2F%2Fu%3Ap%40q%40db%2Fx", "u=ecto%3A%2F%2FREDACTED%40db%2Fx"),
        ("bob:pw@db:5432", "bob:REDACTED@db:5432"),
        ("DATABASE_URL=postgres://u:p@db/x", "DATABASE_URL=postgres://REDACTED@db/x"),
        # connection strings, command lines, SQL, XML
        ("host=db password=a#b,c user=bob", "host=db password=REDACTED user=bob"),
        (r"host=db password='it\'s' user=bob", "host=db password='REDACTED' user=bob"),
        ("host=db password=it's user=bob", "host=db password=REDACTED user=bob"),
        ("PGPASSWORD=abc psql", "PGPASSWORD=REDACTED psql"),
        ("tool --password abc -v", "tool --password REDACTED -v"),
        ("tool --api-key=abc -v", "tool --api-key=REDACTED -v"),
        ("ALTER ROLE bob PASSWORD 'abc'", "ALTER ROLE bob PASSWORD 'REDACTED'"),
        ("<apiKey>abc</apiKey>", "<apiKey>REDACTED</apiKey>"),
        # JSON, Elixir, Python, also one inside the other
        ('{"api_key": "a\\"b", "n": 1}', '{"api_key": "REDACTED", "n": 1}'),
        (r'"{\"api_key\": \"a\\\"b\", \"n\": 1}"', r'"{\"api_key\": \"REDACTED\", \"n\": 1}"'),
        ('%{api_key: "abc", city: 5}', '%{api_key: "REDACTED", city: 5}'),
        ('%{"key" => "abc"}', '%{"key" => "REDACTED"}'),
        ('[{"x-api-key", "abc1"}]', '[{"x-api-key", "REDACTED"}]'),
        ('{:client_secret, "abc1"}', '{:client_secret, "REDACTED"}'),
        ("{'token': 'abc', 'n': 1}", "{'token': 'REDACTED', 'n': 1}"),
        ("token=abc, city=5", "token=REDACTED, city=5"),
        ("%22api_key%22%3A%22abc%22%2C%22n%22", "%22api_key%22%3A%22REDACTED%22%2C%22n%22"),
        ("api_key=&quot;abc&quot; n", "api_key=&quot;REDACTED&quot; n"),
        ('password: "cut off in the mid', 'password: "REDACTED'),
        # headers
        ("Authorization: Bearer abc.def\nAccept: */*", "Authorization: REDACTED\nAccept: */*"),
        ("-H 'Authorization: Token abc' https://x", "-H 'Authorization: REDACTED' https://x"),
        ("X-Api-Key: abc", "X-Api-Key: REDACTED"),
        ("Set-Cookie: sid=abc; Path=/", "Set-Cookie: REDACTED"),
        # shapes
        (f"({KEY})", "(REDACTED)"),
        ("sent private_Ab12Cd34+/= to", "sent REDACTED to"),
        ("AKIAIOSFODNN7EXAMPLE", REDACTED),
        ("got Bearer abc-123-def", "got Bearer REDACTED"),
        ("Basic " + b64encode(b"private_x:").decode(), "Basic REDACTED"),
        ("eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.sig_x!", "REDACTED!"),
        ("-----BEGIN RSA PRIVATE KEY-----\nMIIE\n-----END RSA PRIVATE KEY-----", REDACTED),
    ],
)
def test_secret_goes_and_the_rest_stays(text: str, clean: str) -> None:
    assert redact(text) == clean
    assert redact(clean) == clean


@pytest.mark.parametrize(
    "text",
    [
        "REQUEST_DENIED: The provided API key is invalid.",
        "The key to the house, and the token of our love",
        'duplicate key value violates unique constraint "venues_slug_index"',
        "DETAIL:  Key (slug)=(noce-krk) already exists.",
        'password authentication failed for user "bob"',
        "foreign key: venue_id; primary key: id",
        '{"key": "value"}',
        '{"google_places": {"status": "failed", "reason": ":no_place_id"}}',
        "%{api_key: nil, token: nil}",
        PHOTO.removesuffix("&key="),
        "https://images.unsplash.com/photo-1?ixlib=rb-4.1.0&q=80&w=1080",
        "https://ik.imagekit.io/wombie/venues/noce-krk/gp-848af5.jpg?tr=w-400",
        "place_id=ChIJN1t_tDeuEmsRUsoyG83frY4&photoreference=Aap_uE",
        "https://medium.com/@user/post?a=b@c.de",
        "https://host:8080/path/@user",
        "mailto:bob@example.com, +48 12 345 67 89, 12:30",
        "basic information about a bearer of good news",
        "private_address_refused and private_key_id",
        "status_code=429 error_type=auth_error author=Ann keyword=bar",
        "WHERE m.key::text = 'x'",
        "monkey=1 turkey: tasty",
        "Use --database-url postgresql://HOST/DB or set PGPASSWORD",
        "** (Oban.PerformError) EventasaurusDiscovery.VenueImages.EnrichmentJob failed",
        "",
    ],
)
def test_ordinary_text_survives(text: str) -> None:
    assert redact(text) == text


CANARY = st.text("ABCDEFGHJKabcdefghijk0123456789-_", min_size=12, max_size=40).map(
    lambda text: "cNry9" + text
)
AROUND = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)
PARAMETER = st.sampled_from(sorted(SECRET_PARAMETERS))


def _encoded(text: str, times: int) -> str:
    for _ in range(times):
        text = quote(text, safe="")
    return text


@given(PARAMETER, CANARY, st.sampled_from([str, str.upper, str.title]), st.integers(0, 3), AROUND)
def test_parameters_of_urls(name: str, canary: str, case: object, times: int, around: str) -> None:
    url = "https://x.example/p?" + urlencode({"w": 4, case(name): canary, "h": 5})  # type: ignore[operator]
    assert canary not in redact(f"{around} {_encoded(url, times)} {around}")


@given(st.text(min_size=1, max_size=20), CANARY, st.text(max_size=20), AROUND)
def test_passwords_of_urls(user: str, canary: str, odd: str, around: str) -> None:
    userinfo = f"{quote(user, safe='')}:{quote(odd, safe='')}{canary}"
    for url in (f"postgresql://{userinfo}@db/x", f"https://{userinfo}@db/x?y"):
        assert canary not in redact(f"{around} {url} {around}")
        assert canary not in redact(f"{around} u={quote(url, safe='')} {around}")


@given(st.text("ab:/@#?%&=+'\"!$*()", max_size=20), CANARY)
def test_passwords_that_were_not_encoded(odd: str, canary: str) -> None:
    assert canary not in redact(f"could not parse postgres://bob:x{odd}{canary}@db:5432/x")


SECRET_NAMES = """
    password api_key apiKey GOOGLE_MAPS_API_KEY client-secret X-Api-Key access_token PGPASSWORD
    IMAGEKIT_PRIVATE_KEY secret_key_base aws_secret_access_key sslpassword
"""
NAMES = st.sampled_from(SECRET_NAMES.split())


@given(NAMES, CANARY, st.text("ab \\\"'{}[],:=", max_size=20), st.integers(1, 3))
def test_json_in_json(name: str, canary: str, odd: str, depth: int) -> None:
    text = json.dumps({"a": 1, name: odd + canary + odd, "z": "end"})
    for _ in range(depth - 1):
        text = json.dumps({"error": text})
    assert canary not in redact(text)


@given(NAMES, CANARY, st.text("ab \\\"'{}[],:=", max_size=20))
def test_inspected_and_repr(name: str, canary: str, odd: str) -> None:
    value = odd + canary
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    for text in (
        f'%{{"{name}" => "{escaped}", "z" => 1}}',
        f'[{name}: "{escaped}", z: 1]',
        f'{{"{name}", "{escaped}"}}',
        "** (RuntimeError) " + repr({name: value, "z": 1}),
    ):
        assert canary not in redact(text)


@given(st.text(max_size=300))
def test_idempotent_on_any_text(text: str) -> None:
    once = redact(text)
    assert redact(once) == once


FRAGMENTS = r"""
    key api_key password token x abc1 = : :// @ / ? & %26 %3D %253D %2526 " ' \" \ \\ , ; => nil
    Bearer Basic authorization cookie AIzaAAAAAAAAAAAAA private_Ab12345 REDACTED postgres https
    [ ] { } ( ) < > ` # % 25 -- - . \n \u0026 &amp; &quot; %22 %40 %3A%2F%2F host 5432
    dXNlcjpwYXNz eyJabcdefg.hij
"""
PIECES = st.sampled_from([*FRAGMENTS.split(), " ", "\n", "\t"])
KNOWN = Redactor(frozenset({"abc1x", "=x@y", "RED", 'odd "se cret'}))


@given(st.lists(PIECES, max_size=16).map("".join))
def test_idempotent_on_fragments_of_secrets(text: str) -> None:
    for redactor in (Redactor(), KNOWN):
        once = redactor.text(text)
        assert redactor.text(once) == once


@given(st.text(min_size=4, max_size=20), AROUND, AROUND)
def test_known_secrets_in_every_encoding(tail: str, before: str, after: str) -> None:
    secret = "s3cr/" + tail
    redactor = Redactor(frozenset({secret}))
    for form in (
        secret,
        quote(secret, safe=""),
        re.sub("%..", lambda match: match[0].lower(), quote(secret, safe="")),
        quote(secret),
        quote_plus(secret),
        quote(quote(secret, safe=""), safe=""),
        json.dumps(secret)[1:-1],
        json.dumps(secret, ensure_ascii=False)[1:-1],
        json.dumps(json.dumps(secret))[3:-3],
    ):
        assert form not in redactor.text(f"{before}{form}{after}")


def test_known_secrets_that_would_hide_everything_are_left_alone() -> None:
    redactor = Redactor(frozenset({"", "a", "pg", "DACT"}))
    assert redactor.text("a page of REDACTED") == "a page of REDACTED"


def test_a_known_secret_that_is_a_short_word_counts_as_a_whole_word_only() -> None:
    redactor = Redactor(frozenset({"postgres"}))
    assert redactor.text("postgres on postgresql") == "REDACTED on postgresql"


def test_the_repr_of_a_redactor_shows_no_secret() -> None:
    assert "hunter2" not in repr(Redactor(frozenset({"hunter2"})))


def test_parameters_are_lower_case_for_sql() -> None:
    assert {name.lower() for name in SECRET_PARAMETERS} == SECRET_PARAMETERS
    assert {"key", "api_key", "signature", "x-amz-signature"} <= SECRET_PARAMETERS
    assert SECRET_PARAMETERS.isdisjoint(
        {"photo_reference", "photoreference", "maxwidth", "place_id"}
    )
