"""The state folder: one of each database, for its owner alone."""

from __future__ import annotations

from pathlib import Path

import pytest

from venue_ops.core.errors import ConfigurationError
from venue_ops.core.retry.state import StateFolder


def test_all_of_it_is_for_its_owner_alone(tmp_path: Path) -> None:
    state = StateFolder(tmp_path / "deep" / "state", "eventasaurus on db")
    state.make()
    state.make()
    for folder in (state.root, state.of_database, state.journal, state.runs, state.leases):
        assert folder.stat().st_mode & 0o777 == 0o700
        assert folder.is_relative_to(state.root)
    assert state.pace.stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize("name", ["a", "../x", "/etc", "ż", "", ".", "x" * 500, "a\nb", "C:\\x"])
def test_a_database_of_any_name_has_a_folder_below_the_root(tmp_path: Path, name: str) -> None:
    state = StateFolder(tmp_path, name)
    state.make()
    assert state.of_database.parent == tmp_path
    assert state.of_database.resolve().parent == tmp_path.resolve()


def test_names_that_look_alike_are_told_apart(tmp_path: Path) -> None:
    names = ["a b", "a/b", "a-b", "x" * 80, "x" * 81, "é", "e\u0301"]
    assert len({StateFolder(tmp_path, name).of_database for name in names}) == len(names)


def test_a_database_is_known_by_its_key_and_not_by_its_name(tmp_path: Path) -> None:
    """Two behind one address are two; one by two addresses, or renamed, is one."""
    one, other = StateFolder(tmp_path, "prod", "7/16384"), StateFolder(tmp_path, "prod", "7/16385")
    assert one.of_database != other.of_database
    one.make()
    other.make()
    renamed = StateFolder(tmp_path, "prod_old", "7/16384")
    assert renamed.of_database == one.of_database
    assert one.of_database.name.startswith("prod-")
    assert StateFolder(tmp_path, "prod").of_database not in (one.of_database, other.of_database)


def test_providers_have_one_pace_for_all_databases(tmp_path: Path) -> None:
    assert StateFolder(tmp_path, "a").pace == StateFolder(tmp_path, "b").pace


@pytest.mark.parametrize("where", ["", "more"])
def test_a_root_that_cannot_be_made_is_a_fault_of_the_settings(tmp_path: Path, where: str) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ConfigurationError, match="cannot be made") as found:
        StateFolder(tmp_path / "file" / where, "a").make()
    assert "VENUE_OPS_STATE_DIR" in str(found.value.hint)
