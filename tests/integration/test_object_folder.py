"""A folder of this machine as the store: written whole or not at all, and what is said of it."""

from __future__ import annotations

import asyncio
import shutil
import subprocess
import sys
import tempfile
import textwrap
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from tests.uploads import PHOTO, upload_of

from venue_ops.core.errors import ConfigurationError
from venue_ops.core.net.objects import ObjectStore
from venue_ops.core.net.stores import StoredObject

PLACE = "venues/noce-krk/gp-2646668f.png"


def files(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


def put(url: str, body: bytes = PHOTO, *, public: str | None = None) -> StoredObject:
    async def once() -> StoredObject:
        store = ObjectStore(url, public_url=public)
        try:
            return await store.put(upload_of(body))
        finally:
            await store.aclose()

    return asyncio.run(once())


def test_the_folder_is_made_and_the_photo_lies_in_it(tmp_path: Path) -> None:
    folder = tmp_path / "a" / "b"
    found = put(f"file://{folder}")
    assert found == StoredObject(f"file://{folder}/{PLACE}", f"/{PLACE}")
    assert files(folder) == {PLACE: PHOTO}


def test_a_photo_is_overwritten_whole(tmp_path: Path) -> None:
    put(f"file://{tmp_path}", PHOTO * 3_000)
    assert files(tmp_path) == {PLACE: PHOTO * 3_000}
    put(f"file://{tmp_path}")
    assert files(tmp_path) == {PLACE: PHOTO}


def test_the_public_finds_it_elsewhere_where_that_is_set(tmp_path: Path) -> None:
    found = put(f"file://{tmp_path}", public="https://photos.example.com/")
    assert found.url == f"https://photos.example.com/{PLACE}"


@pytest.mark.parametrize("name", ["my photos", "żółć", "100%", "a#b?c"])
def test_a_folder_of_any_name(tmp_path: Path, name: str) -> None:
    folder = tmp_path / name
    found = put(folder.as_uri())
    assert files(folder) == {PLACE: PHOTO}
    assert found.url == f"{folder.as_uri()}/{PLACE}"


@pytest.mark.parametrize("url", ["file://srv/photos", "file://~/photos", "file:photos"])
def test_a_folder_that_is_none_is_refused_and_nothing_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, url: str
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ConfigurationError):
        ObjectStore(url, public_url=None)
    assert list(tmp_path.iterdir()) == []


def test_a_file_in_the_folders_place_is_refused(tmp_path: Path) -> None:
    (tmp_path / "photos").write_text("a file")
    with pytest.raises(ConfigurationError, match="cannot be opened"):
        ObjectStore(f"file://{tmp_path}/photos", public_url=None)


# --- a disk that takes no more, in a process of its own -----------------------------------------

TRY = """
import asyncio, os, resource, sys
from tests.uploads import PHOTO, upload_of
from venue_ops.core.errors import StoreError
from venue_ops.core.net.objects import ObjectStore

store = ObjectStore("file://" + sys.argv[1], public_url=None)
{first}
try:
    asyncio.run(store.put(upload_of(PHOTO * int(sys.argv[2]))))
except StoreError as error:
    print(error.is_transient, error.message, error.hint)
"""
NO_LARGE_FILES = "resource.setrlimit(resource.RLIMIT_FSIZE, (8192, 8192))"
NOBODY = "os.getuid() or os.setuid(65534)"


def tried(folder: Path, photos: int, first: str = "") -> str:
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(TRY).format(first=first), str(folder), str(photos)],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    return done.stdout


@pytest.mark.parametrize("photos", [10, 4_000], ids=["at once", "in parts"])
def test_a_full_disk_is_said_and_nothing_is_left(tmp_path: Path, photos: int) -> None:
    said = tried(tmp_path, photos, NO_LARGE_FILES)
    assert said.startswith(f"False A photo could not be written to file://{tmp_path}: the disk is")
    assert "Make room there" in said
    assert files(tmp_path) == {}


@contextmanager
def tiny_disk(folder: Path) -> Iterator[None]:
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(folder)],
        capture_output=True,
        check=False,
    )
    if mounted.returncode:
        pytest.skip("no file system can be mounted here")
    try:
        yield
    finally:
        subprocess.run(["umount", str(folder)], check=True)


@pytest.mark.skipif(not shutil.which("mount"), reason="there is no mount")
def test_a_full_file_system_keeps_the_older_photo(tmp_path: Path) -> None:
    with tiny_disk(tmp_path):
        put(f"file://{tmp_path}")
        assert "the disk is full" in tried(tmp_path, 40)
        assert files(tmp_path) == {PLACE: PHOTO}


def test_a_process_that_ends_right_after_an_upload_ends_well(tmp_path: Path) -> None:
    """obstore's asynchronous uploads abort three in ten of these."""
    for _ in range(20):
        assert tried(tmp_path, 1) == ""


def test_a_folder_that_may_not_be_written_is_said() -> None:
    """Not in tmp_path, which nobody else may enter."""
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        folder.chmod(0o555)
        said = tried(folder, 1, NOBODY)
        assert said == (
            f"False A photo could not be written to file://{folder}: it was refused."
            " Check its permissions: no image was marked for it.\n"
        )
        assert files(folder) == {}
