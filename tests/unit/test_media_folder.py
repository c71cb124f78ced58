"""A file has its name only when it is whole, and leaves nothing behind when it never gets one."""

import os
import time
import uuid
from pathlib import Path

import pytest

from nexus.runtime.media_folder import MediaFolder
from nexus.runtime.settings import Settings


@pytest.fixture
def folder(tmp_path: Path) -> MediaFolder:
    return MediaFolder(Settings(_env_file=None, nexus_data_dir=tmp_path))


def _files(tmp_path: Path) -> list[Path]:
    return [path for path in tmp_path.rglob("*") if path.is_file()]


async def test_a_kept_file_stands_where_its_row_says(folder: MediaFolder, tmp_path: Path) -> None:
    media_id = uuid.uuid4()
    async with folder.being_written(7) as part:
        part.write(b"hola")
        assert not folder.path_of(7, media_id).exists()
        await folder.keep(7, media_id, part)
    assert folder.path_of(7, media_id).read_bytes() == b"hola"
    assert tmp_path / folder.url_of(7, media_id) == folder.path_of(7, media_id)
    assert _files(tmp_path) == [folder.path_of(7, media_id)]


async def test_a_file_that_is_given_up_leaves_nothing(folder: MediaFolder, tmp_path: Path) -> None:
    with pytest.raises(RuntimeError):
        async with folder.being_written(7) as part:
            part.write(b"hola")
            raise RuntimeError
    assert _files(tmp_path) == []


async def test_the_same_file_twice_is_the_last_one_and_forgotten_it_is_gone(
    folder: MediaFolder, tmp_path: Path
) -> None:
    media_id = uuid.uuid4()
    for content in (b"primero", b"segundo"):
        async with folder.being_written(7) as part:
            part.write(content)
            await folder.keep(7, media_id, part)
    assert folder.path_of(7, media_id).read_bytes() == b"segundo"
    folder.forget(7, media_id)
    folder.forget(7, media_id)
    assert _files(tmp_path) == []


async def test_what_a_killed_writer_left_is_cleared_once_nobody_can_be_writing_it(
    folder: MediaFolder, tmp_path: Path
) -> None:
    media_id = uuid.uuid4()
    async with folder.being_written(7) as part:
        await folder.keep(7, media_id, part)
    left, under_way = tmp_path / "media" / "7" / ".a.part", tmp_path / "media" / "7" / ".b.part"
    for path in (left, under_way):
        path.write_bytes(b"ho")
    two_hours_ago = time.time() - 2 * 3600
    os.utime(left, (two_hours_ago, two_hours_ago))
    os.utime(folder.path_of(7, media_id), (two_hours_ago, two_hours_ago))
    assert folder.clear_unfinished() == 1
    assert sorted(_files(tmp_path)) == sorted([under_way, folder.path_of(7, media_id)])


async def test_without_a_folder_there_is_nothing_to_clear(folder: MediaFolder) -> None:
    assert folder.clear_unfinished() == 0
