"""The configuration file: found, checked, and never quoted where it may hold a secret."""

from __future__ import annotations

import contextlib
import os
import re
import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from venue_ops.core.errors import ConfigurationError, UsageError
from venue_ops.settings import Overrides, load_settings
from venue_ops.settings.file import find_config, read_config
from venue_ops.settings.keys import FREE_TABLES, KEYS, default_profile_of, flat_values, profiles_of

CANARY = "c4n4ry"
GUIDE = Path(__file__).parents[2] / "docs" / "how-to" / "configuration.md"


def written(path: Path, text: str | bytes, mode: int = 0o600) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    path.chmod(mode)
    return path


def test_the_file_is_named_by_flag_then_environment_then_its_place(tmp_path: Path) -> None:
    home = written(tmp_path / "home/.config/venue-ops/config.toml", "")
    xdg = written(tmp_path / "xdg/venue-ops/config.toml", "")
    named = written(tmp_path / "home/named.toml", "")
    flag = written(tmp_path / "flag.toml", "")
    env = {"HOME": str(tmp_path / "home")}
    with_xdg = {**env, "XDG_CONFIG_HOME": str(tmp_path / "xdg")}
    with_name = {**with_xdg, "VENUE_OPS_CONFIG": "~/named.toml"}
    found = [
        find_config(None, env, None),
        find_config(None, {**env, "XDG_CONFIG_HOME": "relative"}, None),
        find_config(None, with_xdg, None),
        find_config(None, with_name, None),
        find_config(flag, with_name, None),
        find_config(None, {}, None),
    ]
    assert [file.path for file, _ in found] == [home, home, xdg, named, flag, None]
    assert [source for _, source in found][2:5] == [
        "default", "environment VENUE_OPS_CONFIG", "flag --config",
    ]  # fmt: skip


def test_only_the_default_file_may_be_missing(tmp_path: Path) -> None:
    assert load_settings(Overrides(), {}, config_dir=tmp_path).config_file is None
    with pytest.raises(ConfigurationError, match="cannot be read"):
        load_settings(Overrides(config=str(tmp_path / "no.toml")), {})
    with pytest.raises(ConfigurationError, match="cannot be read"):
        load_settings(Overrides(), {"VENUE_OPS_CONFIG": str(tmp_path)})
    with pytest.raises(UsageError, match="--config is empty"):
        load_settings(Overrides(config=""), {})


@pytest.mark.parametrize(
    ("text", "key"),
    [
        (f'datbase_url = "{CANARY}"', "no setting datbase_url"),
        (f'[profiles.prod]\ndatabse_url = "{CANARY}"', r"no setting profiles\.prod\.databse_url"),
        (f'[worker]\nretry = "{CANARY}"', "no setting worker"),
        (f'[workers]\nretries = "{CANARY}"', r"no setting workers\.retries"),
        (f'[queues]\nretry = "{CANARY}"', r"no setting queues\.retry"),
        (f'[profiles.a.profiles.b]\ntz = "{CANARY}"', r"no setting profiles\.a\.profiles"),
        (f'database_url = ["{CANARY}"]', "database_url has to be a text"),
        ('database_url = ""', "database_url has to be a text"),
        (f'read_only = "{CANARY}"', "read_only has to be true or false"),
        ("production = 1", "production has to be true or false"),
        ("max_retries = true", "max_retries has to be a whole number"),
        ("max_retries = 3.0", "max_retries has to be a whole number"),
        ("statement_timeout = true", "statement_timeout has to be a number of seconds"),
        ("statement_timeout = 1979-05-27", "statement_timeout has to be a number of seconds"),
        (f'workers = "{CANARY}"', "workers has to be a table"),
        ("workers.retry = []", r"workers\.retry has to be a name or a list"),
        ('workers.retry = ["a", 1]', r"workers\.retry has to be a name or a list"),
        (f'profiles = "{CANARY}"', "profiles has to be a table"),
        (f'profiles.prod = "{CANARY}"', r"profiles\.prod has to be a table"),
        ("default_profile = 1", "default_profile has to be a text"),
        (f'database_url = "{CANARY}"\ndatabase_url_env = "X"', "contradict each other"),
    ],
    ids=repr,
)
def test_an_error_names_file_and_key_and_never_the_value(
    tmp_path: Path, text: str, key: str
) -> None:
    path = written(tmp_path / "config.toml", text)
    with pytest.raises(ConfigurationError, match=key) as caught:
        read_config(path)
    assert caught.value.message.startswith(f"{path}: ")
    assert caught.value.hint
    assert CANARY not in f"{caught.value.message} {caught.value.hint}"


@pytest.mark.parametrize("number", [0, -1, 101, 10**30])
def test_max_retries_has_a_range(tmp_path: Path, number: int) -> None:
    written(tmp_path / "config.toml", f"max_retries = {number}")
    with pytest.raises(ConfigurationError, match=r"^max_retries \(.*config.toml\): "):
        load_settings(Overrides(), {}, config_dir=tmp_path)


def test_a_near_key_is_offered(tmp_path: Path) -> None:
    path = written(tmp_path / "config.toml", "statment_timeout = 1")
    with pytest.raises(ConfigurationError) as caught:
        read_config(path)
    assert caught.value.hint == "Did you mean statement_timeout?"


@pytest.mark.parametrize(
    "content",
    [
        f'database_url = "postgresql://u:{CANARY}@h/d'.encode(),
        f"database_url = {CANARY}".encode(),
        f'{CANARY} = 1\n{CANARY} = 2'.encode(),
        CANARY.encode() + b" = \xff",
        b"[" * 100_000,
        b"tz = " + b"[" * 100_000,
        b"max_retries = " + b"9" * 10_000,
        b"#" * 1_000_001,
    ],
    ids=range(8),
)  # fmt: skip
def test_what_is_not_toml_is_told_without_a_word_of_it(tmp_path: Path, content: bytes) -> None:
    path = written(tmp_path / "config.toml", content)
    with pytest.raises(ConfigurationError) as caught:
        read_config(path)
    assert caught.value.message.startswith(f"{path}: this is ")
    assert CANARY not in f"{caught.value.message} {caught.value.hint}"


def test_the_place_of_a_syntax_error_is_told(tmp_path: Path) -> None:
    path = written(tmp_path / "config.toml", "tz = 'UTC'\nmax_retries = three\n")
    with pytest.raises(ConfigurationError, match="at line 2, column 15"):
        read_config(path)


@pytest.mark.skipif(os.name != "posix", reason="file modes are POSIX")
@pytest.mark.parametrize(
    ("text", "mode", "warns"),
    [
        ('database_url = "postgresql://u:secret@h/d"', 0o644, True),
        ('database_url = "postgresql://u:secret@h/d"', 0o640, True),
        ('database_url = "postgresql://u:secret@h/d"', 0o604, True),
        ('profiles.x.database_url = "host=h password=secret"', 0o644, True),
        ('profiles.x.database_url = "postgresql://u:p/w@h"', 0o644, True),
        ('database_url = "postgresql://u:secret@h/d"', 0o600, False),
        ('database_url = "postgresql://u@h/d"', 0o644, False),
        ('database_url_env = "X"', 0o644, False),
        ("", 0o666, False),
    ],
)
def test_a_password_that_others_can_read_is_warned_of(
    tmp_path: Path, text: str, mode: int, warns: bool
) -> None:
    path = written(tmp_path / "config.toml", text, mode)
    warnings = read_config(path).warnings
    assert [str(path) in text for text in warnings] == ([True] if warns else [])
    assert "secret" not in "".join(warnings)


VALUE = st.recursive(
    st.text() | st.integers() | st.booleans() | st.floats() | st.dates(),
    lambda inner: st.lists(inner) | st.dictionaries(st.sampled_from(sorted(KEYS)), inner),
    max_leaves=5,
)
NAME = st.sampled_from([*KEYS, "workers", "queues", "profiles", "default_profile"]) | st.text()


@given(st.dictionaries(NAME, VALUE | st.dictionaries(NAME, VALUE)))
def test_a_document_of_any_shape_is_settings_or_a_configuration_error(
    document: dict[str, object],
) -> None:
    with contextlib.suppress(ConfigurationError):
        flat_values(document, path="f")
    with contextlib.suppress(ConfigurationError):
        profiles_of(document, path="f")
    with contextlib.suppress(ConfigurationError):
        default_profile_of(document, path="f")


def test_the_complete_example_of_the_guide_holds(tmp_path: Path) -> None:
    (example,) = re.findall(r"```toml\n(# complete.*?)```", GUIDE.read_text(), re.DOTALL)
    path = written(tmp_path / "config.toml", example)
    env = {"PROD_DATABASE_URL": "postgresql://ops@db.example.com/app"}
    prod = load_settings(Overrides(config=path, profile="prod"), env)
    assert prod.production
    assert prod.read_only
    assert prod.database is not None
    plain = load_settings(Overrides(config=path), env)
    assert plain.profile == "dev"
    document = tomllib.loads(example)
    spoken = flat_values(document, path="") | profiles_of(document, path="")["prod"]
    known = {key for key in spoken if key.partition(".")[0] not in FREE_TABLES}
    assert known == KEYS.keys(), "the example shows every setting"
    assert {key.partition(".")[0] for key in spoken.keys() - known} == FREE_TABLES.keys()


def test_the_guide_names_every_setting() -> None:
    text = GUIDE.read_text()
    assert [key for key in KEYS if f"`{key}`" not in text] == []
