"""Which value wins, and that everybody's word is checked and attributed."""

from __future__ import annotations

import contextlib
import subprocess
import sys
from datetime import timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from venue_ops.core.errors import ConfigurationError, UsageError
from venue_ops.settings import (
    Overrides,
    Settings,
    WorkerNames,
    load_settings,
)

PROFILES = """
database_url = "postgresql://top/app"
tz = "UTC"
[profiles.prod]
database_url = "postgresql://prod/app"
tz = "Europe/Warsaw"
read_only = true
production = true
[profiles.dev]
max_retries = 5
"""


def config(folder: Path, text: str) -> Path:
    path = folder / "config.toml"
    path.write_text(text)
    path.chmod(0o600)
    return path


def load(folder: Path, text: str = "", env: dict[str, str] | None = None, **flags: str) -> Settings:
    config(folder, text)
    return load_settings(Overrides(**flags), env or {}, config_dir=folder)  # type: ignore[arg-type]


def label(settings: Settings) -> str:
    return settings.database.label if settings.database else "none"


def test_nothing_said_is_no_database_and_the_applications_defaults() -> None:
    settings = load_settings(Overrides(), {})
    assert settings == Settings(sources=settings.sources)
    assert (settings.database, settings.demo, settings.oban_schema) == (None, False, "public")
    assert (settings.timezone, settings.statement_timeout) == (None, timedelta(seconds=30))
    assert (settings.max_retries, settings.read_only, settings.production) == (3, False, False)
    assert set(settings.sources.values()) == {"default"}


def test_flag_beats_environment_beats_profile_beats_top_beats_default(tmp_path: Path) -> None:
    env = {"DATABASE_URL": "postgresql://generic/app"}
    own = {**env, "VENUE_OPS_DATABASE_URL": "postgresql://own/app"}
    flag = "postgresql://flag/app"
    found = [
        load(tmp_path, PROFILES, own, profile="prod", database_url=flag),
        load(tmp_path, PROFILES, own, profile="prod"),
        load(tmp_path, PROFILES, env, profile="prod"),
        load(tmp_path, PROFILES, profile="prod"),
        load(tmp_path, PROFILES, profile="dev"),
        load(tmp_path, PROFILES),
        load(tmp_path),
    ]
    path = tmp_path / "config.toml"
    assert [(label(one).removeprefix("app on "), one.sources["database_url"]) for one in found] == [
        ("flag:5432", "flag --database-url"),
        ("own:5432", "environment VENUE_OPS_DATABASE_URL"),
        ("generic:5432", "environment DATABASE_URL"),
        ("prod:5432", f"profile prod in {path}"),
        ("top:5432", str(path)),
        ("top:5432", str(path)),
        ("none", "default"),
    ]


@pytest.mark.parametrize(
    ("setting", "variable", "low", "middle", "high"),
    [
        ("oban_schema", "VENUE_OPS_OBAN_SCHEMA", "a", "b", "c"),
        ("tz", "VENUE_OPS_TZ", "UTC", "Europe/Warsaw", "Asia/Tokyo"),
        ("statement_timeout", "VENUE_OPS_STATEMENT_TIMEOUT", "1s", "2s", "3s"),
    ],
)
def test_the_other_flags_and_variables_obey_the_same_order(
    tmp_path: Path, setting: str, variable: str, low: str, middle: str, high: str
) -> None:
    text = f'{setting} = "{low}"'
    flag = f"flag --{setting.replace('_', '-')}"
    field = {"tz": "timezone"}.get(setting, setting)
    values = []
    for env, flags, source in (
        ({}, {}, str(tmp_path / "config.toml")),
        ({variable: middle}, {}, f"environment {variable}"),
        ({variable: middle}, {setting: high}, flag),
        ({variable: " "}, {}, str(tmp_path / "config.toml")),
    ):
        settings = load(tmp_path, text, env, **flags)
        assert settings.sources[setting] == source
        values.append(getattr(settings, field))
    assert len(set(values[:3])) == 3
    assert values[3] == values[0]


def test_the_profile_is_chosen_by_flag_then_environment_then_file(tmp_path: Path) -> None:
    text = f'default_profile = "dev"{PROFILES}'
    env = {"VENUE_OPS_PROFILE": "prod"}
    assert load(tmp_path, text).profile == "dev"
    assert load(tmp_path, text, env).profile == "prod"
    assert load(tmp_path, text, env, profile="dev").profile == "dev"
    assert load(tmp_path, PROFILES).profile is None


def test_a_profile_takes_the_rest_from_the_top(tmp_path: Path) -> None:
    prod = load(tmp_path, PROFILES, profile="prod")
    assert (prod.read_only, prod.production, prod.timezone) == (
        True,
        True,
        ZoneInfo("Europe/Warsaw"),
    )
    dev = load(tmp_path, PROFILES, profile="dev")
    assert (dev.read_only, dev.max_retries, str(dev.sources["tz"])) == (
        False,
        5,
        str(dev.config_file),
    )


def test_an_unknown_profile_is_refused_with_the_nearest(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match='no profile "prd"') as caught:
        load(tmp_path, PROFILES, profile="prd")
    assert caught.value.hint == "Did you mean prod?"
    with pytest.raises(ConfigurationError) as caught:
        load(tmp_path, PROFILES, {"VENUE_OPS_PROFILE": "xxxxx"})
    assert caught.value.hint == "Known are prod, dev."
    with pytest.raises(ConfigurationError) as caught:
        load_settings(Overrides(profile="x"), {})
    assert "no configuration file" in (caught.value.hint or "")


def test_a_profile_whose_database_is_overruled_is_told(tmp_path: Path) -> None:
    env = {"DATABASE_URL": "postgresql://generic/app"}
    (warning,) = load(tmp_path, PROFILES, env, profile="prod").warnings
    assert "prod" in warning
    assert "DATABASE_URL" in warning
    assert load(tmp_path, PROFILES, env, profile="dev").warnings == ()
    assert load(tmp_path, PROFILES, env).warnings == ()
    assert load(tmp_path, PROFILES, profile="prod", database_url="postgresql://x/y").warnings == ()


def test_the_demo_is_meant_alone_and_never_by_itself(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="contradict"):
        load_settings(Overrides(demo=True, database_url="postgresql://h/d"), {})
    env = {
        "DATABASE_URL": "postgresql://h/d",
        "VENUE_OPS_OBAN_SCHEMA": "jobs",
        "VENUE_OPS_TZ": "UTC",
    }
    text = """
    default_profile = "prod"
    [workers]
    retry = "X"
    [profiles.prod]
    read_only = true
    production = true
    max_retries = 7
    """
    config(tmp_path, text)
    settings = load_settings(Overrides(demo=True), env, config_dir=tmp_path)
    assert (settings.demo, settings.database) == (True, None)
    assert (settings.read_only, settings.production, settings.oban_schema) == (
        False,
        False,
        "public",
    )
    assert settings.workers == WorkerNames()
    assert (settings.max_retries, settings.sources["tz"]) == (7, "environment VENUE_OPS_TZ")
    assert settings.sources["database_url"] == "flag --demo"
    assert load_settings(Overrides(), {"VENUE_OPS_DEMO": "1"}).demo is False
    flagged = load_settings(Overrides(demo=True, oban_schema="x"), env, config_dir=tmp_path)
    assert flagged.oban_schema == "x"


@pytest.mark.parametrize("blank", ["", " "])
def test_a_blank_database_flag_is_a_mistake_and_a_blank_variable_is_none(blank: str) -> None:
    with pytest.raises(UsageError, match="--database-url is empty"):
        load_settings(Overrides(database_url=blank), {})
    settings = load_settings(Overrides(), {"VENUE_OPS_DATABASE_URL": blank})
    assert settings.database is None


def test_the_url_can_stay_out_of_the_file(tmp_path: Path) -> None:
    text = 'database_url = "postgresql://top/app"\n[profiles.prod]\ndatabase_url_env = "PROD_URL"\n'
    env = {"PROD_URL": "postgresql://prod/app"}
    settings = load(tmp_path, text, env, profile="prod")
    assert label(settings) == "app on prod:5432"
    assert settings.sources["database_url"].startswith(
        "environment PROD_URL, named by profile prod"
    )
    assert settings.warnings == ()
    with pytest.raises(ConfigurationError, match="PROD_URL, which database_url_env names"):
        load(tmp_path, text, {}, profile="prod")
    assert label(load(tmp_path, text, {})) == "app on top:5432"


def test_a_url_in_place_of_a_variables_name_is_not_quoted(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="is not the name of") as caught:
        load(tmp_path, 'database_url_env = "postgresql://u:c4n4ry@h/d"')
    assert "c4n4ry" not in f"{caught.value} {caught.value.hint}"


@pytest.mark.parametrize(
    ("setting", "value"),
    [("tz", "Mars"), ("statement_timeout", "soon"), ("statement_timeout", "25d"),
     ("statement_timeout", "0.1ms"), ("oban_schema", ""), ("oban_schema", "x" * 64),
     ("oban_schema", "a\0b")],
)  # fmt: skip
def test_a_bad_value_is_usage_by_flag_and_configuration_elsewhere(
    tmp_path: Path, setting: str, value: str
) -> None:
    with pytest.raises(UsageError, match=f"^flag --{setting.replace('_', '-')}: "):
        load(tmp_path, "", None, **{setting: value})
    if value:
        with pytest.raises(ConfigurationError, match=rf"^{setting} \(environment VENUE_OPS_"):
            load(tmp_path, env={f"VENUE_OPS_{setting.upper()}": value})


@pytest.mark.parametrize(
    ("written", "expected"),
    [('"2m"', 120.0), ("2", 2.0), ("0", 0.0), ("1.5", 1.5), ('"500ms"', 0.5)],
)
def test_the_statement_timeout_of_the_file(tmp_path: Path, written: str, expected: float) -> None:
    settings = load(tmp_path, f"statement_timeout = {written}")
    assert settings.statement_timeout == timedelta(seconds=expected)


def test_local_is_the_machines_own_zone(tmp_path: Path) -> None:
    assert load(tmp_path, 'tz = "UTC"', tz="local").timezone is None


@given(
    st.dictionaries(
        st.sampled_from(
            ["VENUE_OPS_DATABASE_URL", "VENUE_OPS_TZ", "VENUE_OPS_STATEMENT_TIMEOUT",
             "VENUE_OPS_OBAN_SCHEMA", "VENUE_OPS_PROFILE", "VENUE_OPS_CONFIG", "XDG_CONFIG_HOME"]
        ),
        st.text(),
    )
)  # fmt: skip
def test_any_environment_is_settings_or_a_clear_error(env: dict[str, str]) -> None:
    with contextlib.suppress(ConfigurationError):
        load_settings(Overrides(), env)


def test_settings_load_neither_a_driver_nor_a_parser() -> None:
    program = (
        "import sys; before = set(sys.modules); from venue_ops.settings import *;"
        "load_settings(Overrides(database_url='postgresql://h/d'), {});"
        "unwanted = {'psycopg', 'sqlalchemy', 'tomllib', 'zoneinfo', 'difflib', 'rich', 'typer'};"
        "print(*unwanted & (set(sys.modules) - before))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == ""
