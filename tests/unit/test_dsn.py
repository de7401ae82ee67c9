"""Connection strings: every spelling in use is read, and none is ever quoted back.

The oracle is libpq itself: what we hand it has to mean what the string said.
"""

from __future__ import annotations

from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st
from psycopg.conninfo import conninfo_to_dict

from venue_ops.core.errors import ConfigurationError
from venue_ops.settings import DatabaseTarget, database_target
from venue_ops.settings.dsn import LIBPQ_PARAMETERS
from venue_ops.settings.dsn_syntax import conninfo, keyword_parameters

CANARY = "c4n4ry"

VALUE = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"))


def target(dsn: str, **env: str) -> DatabaseTarget:
    return database_target(dsn, source="the test", env=env)


def said(dsn: str, **env: str) -> dict[str, object]:
    """What libpq will understand."""
    return dict(conninfo_to_dict(target(dsn, **env).conninfo))


@pytest.mark.parametrize(
    "scheme",
    ["postgresql", "postgres", "postgresql+psycopg", "postgresql+asyncpg", "ecto", "POSTGRES"],
)
def test_every_scheme_in_use_is_postgresql(scheme: str) -> None:
    assert said(f"{scheme}://ann:pw@db.example.com:6432/app") == {
        "user": "ann", "password": "pw", "host": "db.example.com", "port": "6432", "dbname": "app",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("dsn", "expected"),
    [
        ("postgresql://", {}),
        ("postgresql:///app", {"dbname": "app"}),
        ("postgresql:///a?host=/tmp&port=5433", {"dbname": "a", "host": "/tmp", "port": "5433"}),
        ("postgresql://%2Ftmp/app", {"dbname": "app", "host": "/tmp"}),
        ("postgresql://[::1]:5433/app", {"dbname": "app", "host": "::1", "port": "5433"}),
        ("postgresql://a:1,b:2/app", {"dbname": "app", "host": "a,b", "port": "1,2"}),
        ("postgresql://a,b:2/app", {"dbname": "app", "host": "a,b", "port": ",2"}),
        ("postgresql://a,b/app", {"dbname": "app", "host": "a,b"}),
        ("postgresql://u:p%40s%2Fs@h", {"user": "u", "password": "p@s/s", "host": "h"}),
        ("postgresql://u:p@ss@h", {"user": "u", "password": "p@ss", "host": "h"}),
        ("postgresql://u:p#s@h", {"user": "u", "password": "p#s", "host": "h"}),
        ("postgresql://u:a+b@h", {"user": "u", "password": "a+b", "host": "h"}),
        ("postgresql://h?options=-c%20x%3D1", {"host": "h", "options": "-c x=1"}),
        ("postgresql:///app?user=me@server", {"dbname": "app", "user": "me@server"}),
        ("postgresql://h/a?dbname=b", {"host": "h", "dbname": "b"}),
        (" postgresql://h/a\n", {"host": "h", "dbname": "a"}),
        ("service=prod", {"service": "prod"}),
        ("postgresql://?service=prod", {"service": "prod"}),
        ("host = h dbname='a b' user='it\\'s'", {"host": "h", "dbname": "a b", "user": "it's"}),
        ("password=100%00", {"password": "100%00"}),
    ],
)  # fmt: skip
def test_a_string_means_what_it_says(dsn: str, expected: dict[str, str]) -> None:
    assert said(dsn) == expected


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("ssl=true", "require"),
        ("ssl=false", "disable"),
        ("ssl=true&sslmode=verify-full", "verify-full"),
        ("sslmode=no-verify", "require"),
        ("ssl=verify-ca", "verify-ca"),
        ("sslmode=", ""),
        ("pool_size=10&pgbouncer=true&timeout=15000&schema=public&connection_limit=1&flag", None),
        ("supa=base-pooler.x&flag&=x&&", None),
    ],
)
def test_what_other_libraries_put_into_the_query(query: str, expected: str | None) -> None:
    understood = said(f"postgresql://h/app?{query}")
    assert understood.pop("sslmode", None) == expected
    assert understood == {"host": "h", "dbname": "app"}


def test_what_libpq_knows_is_known() -> None:
    from psycopg import pq

    known = {option.keyword.decode() for option in pq.Conninfo.get_defaults()}
    # `replication` opens another kind of connection; the rest are for libpq's own debugging.
    assert known - LIBPQ_PARAMETERS <= {"replication", "authtype", "tty"}


@given(
    user=VALUE, password=VALUE, dbname=VALUE, name=VALUE,
    host=st.sampled_from(["h", "db.example.com", "10.0.0.1", "[::1]", "a,b", "%2Ftmp", ""]),
    port=st.integers(1, 65535) | st.none(),
)  # fmt: skip
def test_a_url_means_to_us_what_it_means_to_libpq(
    user: str, password: str, dbname: str, name: str, host: str, port: int | None
) -> None:
    at = f"{quote(user, safe='')}:{quote(password, safe='')}@{host}"
    number = f":{port}" if port else ""
    url = f"postgresql://{at}{number}/{quote(dbname)}?application_name={quote(name, safe='')}"
    oracle = conninfo_to_dict(url)
    if oracle.get("port") == ",":  # two hosts, and no port of either
        del oracle["port"]
    assert said(url) == oracle
    assert not password or password in target(url).secrets


@given(st.dictionaries(st.sampled_from(sorted(LIBPQ_PARAMETERS - {"sslmode", "port"})), VALUE))
def test_keywords_come_back_from_libpq_as_they_were(parameters: dict[str, str]) -> None:
    text = conninfo(parameters)
    assert conninfo_to_dict(text) == parameters
    assert keyword_parameters(text) == parameters
    assert said(text or "postgresql://") == parameters


@given(st.text(st.sampled_from("host= password='\\ab\n\t")))
def test_a_keyword_string_is_never_read_otherwise_than_by_libpq(text: str) -> None:
    try:
        ours = said(text)
    except ConfigurationError:
        return
    assert ours == conninfo_to_dict(text)


@pytest.mark.parametrize(
    "dsn",
    [
        f"postgresql://u:{CANARY}/x@h/db",
        f"postgresql://u:12/{CANARY}@h/db",
        f"postgresql://u:12?{CANARY}=x@h/db",
        f"postgresql://u:a@b/{CANARY}@h/db",
        f"postgresql://u:a@b?{CANARY}@h/db",
        f"postgresql://u:%zz{CANARY}@h/db",
        f"postgresql://u:%ff{CANARY}@h/db",
        f"postgresql://u:%00{CANARY}@h/db",
        f"postgresql://u:{CANARY}\0@h/db",
        f"postgresql://u:{CANARY}\udc80@h/db",
        f"postgresql://u:{CANARY}@h:port/db",
        f"postgresql://u:{CANARY}@h:99999/db",
        f"postgresql://u:{CANARY}@h:0/db",
        f"postgresql://u:{CANARY}@[::1/db",
        f"postgresql://u:{CANARY}@[::1]x/db",
        f"postgresql://u:{CANARY}@::1/db",
        f"postgresql://u:x@h/db?sslmode={CANARY}",
        f"mysql://u:{CANARY}@h/db",
        f"{CANARY}://u:x@h/db",
        f"postgresql:/u:{CANARY}@h/db",
        f"u:{CANARY}@h/db",
        CANARY,
        f"host=h password=my {CANARY}",
        f"host=h password=my {CANARY}=x",
        f"host=h password='{CANARY}",
        f"host=h port={CANARY}",
        f"password='a'{CANARY}",
        f"={CANARY}",
    ],
    ids=repr,
)
def test_a_malformed_string_is_never_quoted(dsn: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        target(dsn)
    assert CANARY not in everything_told(caught.value)
    assert "the test" in caught.value.message
    assert caught.value.hint


@given(
    before=st.text(st.sampled_from("postgresql://u:p@h/?&=%[]'\\ ,0")),
    after=st.text(st.sampled_from("@h/?&=%[]'\\ ,:0")),
    start=st.sampled_from(
        ["", "postgresql://", "postgresql://u:", "password=", "host=h password='"]
    ),
)
def test_no_error_holds_what_could_be_a_password(before: str, after: str, start: str) -> None:
    found = outcome(f"{start}{before}{CANARY}{after}")
    assert isinstance(found, DatabaseTarget) or CANARY not in found


@given(VALUE.filter(lambda text: ":" not in text), st.integers(0, 3))
def test_an_unencoded_password_is_never_shown_as_a_name(junk: str, cut: int) -> None:
    password = f"{junk[:cut]}{CANARY}{junk[cut:]}"
    found = outcome(f"postgresql://ann:{password}@db.example.com/app")
    if isinstance(found, DatabaseTarget):
        assert CANARY not in f"{found.label} {found!r}"
        assert any(CANARY in secret for secret in found.secrets)
    else:
        assert CANARY not in found


def outcome(dsn: str) -> DatabaseTarget | str:
    """The database, or all that the error tells."""
    try:
        return target(dsn)
    except ConfigurationError as problem:
        return everything_told(problem)


def everything_told(problem: BaseException) -> str:
    """Message, hint and whatever a traceback would add from the exceptions behind it."""
    told = f"{problem!r} {problem} {getattr(problem, 'hint', '')}"
    behind = problem.__cause__ or problem.__context__
    return told + (everything_told(behind) if behind else "")


@pytest.mark.parametrize(
    ("dsn", "env", "label"),
    [
        ("postgresql://u:pw@db.example.com/app", {}, "app on db.example.com:5432"),
        ("postgresql://[::1]:5433/app", {}, "app on [::1]:5433"),
        ("postgresql://a:1,b:2/app", {}, "app on a:1, b:2"),
        ("postgresql://a,b:2/app", {}, "app on a:5432, b:2"),
        ("postgresql:///app?host=/tmp", {}, "app on the socket in /tmp"),
        ("postgresql:///app?host=/tmp&port=5433", {}, "app on the socket in /tmp (port 5433)"),
        ("hostaddr=10.0.0.1 dbname=app", {}, "app on 10.0.0.1:5432"),
        ("postgresql://", {}, "the default database on the local socket"),
        ("postgresql://ann@h", {}, "ann on h:5432"),
        ("postgresql://", {"PGHOST": "h", "PGPORT": "6432", "PGDATABASE": "app"}, "app on h:6432"),
        ("postgresql://x:1/y", {"PGHOST": "h", "PGPORT": "6432", "PGDATABASE": "app"}, "y on x:1"),
        ("postgresql://h", {"PGPORT": "junk", "PGUSER": "ann"}, "ann on h:5432"),
        ("service=prod", {"PGHOST": "h"}, "the default database on service prod"),
        ("service=prod user=ann", {"PGDATABASE": "app"}, "ann on service prod"),
        ("service=prod dbname=app", {}, "app on service prod"),
        ("service=prod host=h dbname=app", {"PGPORT": "1"}, "app on h"),
        ("postgresql:///app", {"PGSERVICE": "prod"}, "app on service prod"),
    ],
)  # fmt: skip
def test_a_person_recognises_the_database(dsn: str, env: dict[str, str], label: str) -> None:
    assert target(dsn, **env).label == label


def test_host_port_and_user_are_told_where_they_are_one() -> None:
    one = target("postgresql://ann@h:6432/app")
    assert (one.host, one.port, one.user) == ("h", 6432, "ann")
    several = target("postgresql://a,b/app")
    assert (several.host, several.port, several.user) == ("a,b", None, None)


def test_secrets_are_known_in_every_spelling() -> None:
    found = target("postgresql://u:p%40ss%2fw@h/db?sslpassword=other", PGPASSWORD="third")
    assert {"p@ss/w", "p%40ss%2fw", "p%40ss%2Fw", "other", "third"} <= found.secrets


def test_the_repr_shows_no_secret() -> None:
    assert CANARY not in repr(target(f"postgresql://u:{CANARY}@h/db", PGPASSWORD=f"{CANARY}2"))


def test_a_password_that_is_a_name_too_is_not_hidden() -> None:
    assert target("postgresql://postgres:postgres@h/db").hidden() == frozenset()
    assert target("postgresql://postgres:other@h/db").hidden() == {"other"}


@given(st.text())
def test_any_text_is_a_database_or_a_configuration_error(text: str) -> None:
    try:
        found = target(text)
    except ConfigurationError:
        return
    assert conninfo_to_dict(found.conninfo).keys() <= LIBPQ_PARAMETERS
