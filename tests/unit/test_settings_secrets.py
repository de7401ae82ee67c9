"""The secrets of the surroundings are known, so that no output repeats one."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from venue_ops.settings import Overrides, environment_secrets, load_settings


def test_the_secrets_of_the_surroundings_are_known() -> None:
    env = {
        "DATABASE_URL": "postgresql://u:unused-one@h/d",
        "SUPABASE_DATABASE_URL": "postgresql://u:unused-%C3%B6@h/d",
        "GOOGLE_MAPS_API_KEY": "AIzaSecret",
        "IMAGEKIT_PRIVATE_KEY": "short",
        "PGPASSWORD": "from-pg",
    }
    settings = load_settings(Overrides(database_url="postgresql://u:used@h/d"), env)
    assert {
        "used",
        "unused-one",
        "unused-ö",
        "unused-%C3%B6",
        "AIzaSecret",
        "from-pg",
    } <= settings.secrets()
    assert "short" not in settings.secrets()
    for secret in settings.secrets():
        assert secret not in repr(settings)


def test_words_that_are_no_secret_are_not_hidden() -> None:
    env = {"DATABASE_URL": "postgresql://postgres:postgres@localhost/app", "PGPASSWORD": "pw"}
    assert load_settings(Overrides(), env).secrets() == frozenset()
    assert load_settings(Overrides(demo=True), env).secrets() == frozenset()


def test_a_url_that_cannot_be_read_is_a_secret_as_a_whole() -> None:
    url = "postgresql://u:pa/ss@h/d"
    assert environment_secrets({"DATABASE_URL": url}) == {url}


@given(
    st.dictionaries(st.sampled_from(["DATABASE_URL", "PGPASSWORD", "PGUSER", "PGPORT"]), st.text())
)
def test_the_secrets_of_any_environment_are_known_without_an_error(env: dict[str, str]) -> None:
    assert all(len(text) >= 6 for text in environment_secrets(env))
