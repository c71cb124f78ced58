"""A file has its name only when it is whole, and leaves nothing behind when it never gets one."""

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
