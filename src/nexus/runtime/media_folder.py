"""Files that customers sent and operators chose, on our own disk: `<data folder>/media/<tenant>/<id>` (S-097).

A file is complete when it has its name: it is written beside, synced, and renamed. Only then may a row name it.
"""

import asyncio
import os
import shutil
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from io import BufferedRandom
from pathlib import Path
from typing import BinaryIO, cast
from uuid import UUID, uuid4

from nexus.runtime.settings import Settings

UNFINISHED_SECONDS = 3600.0
"""Longer than any file takes to write, also on another machine that shares the folder."""


class MediaFolder:
    """Where the files are; several machines need one shared folder (NEXUS_MEDIA_DIR)."""

    def __init__(self, settings: Settings) -> None:
        self._root = settings.media_dir

    def url_of(self, tenant_id: int, media_id: UUID) -> str:
        """What `chat_media.storage_url` says of a file, relative to the folder's parent."""
        return f"media/{tenant_id}/{media_id}"

    def path_of(self, tenant_id: int, media_id: UUID) -> Path:
        """The file of a row."""
        return self._root / str(tenant_id) / str(media_id)

    def unnamed_file(self) -> BinaryIO:
        """An open file on the same disk, gone when it is closed: for what is too large for memory."""
        self._root.mkdir(parents=True, exist_ok=True)
        return cast("BinaryIO", tempfile.TemporaryFile(dir=self._root))

    @asynccontextmanager
    async def being_written(self, tenant_id: int) -> AsyncIterator[BufferedRandom]:
        """An open file without a name yet; gone at the end unless `keep` gave it one."""
        folder = self._root / str(tenant_id)
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / f".{uuid4()}.part"
        try:
            with path.open("w+b") as file:
                yield file
        finally:
            with suppress(FileNotFoundError):
                path.unlink()

    async def keep(self, tenant_id: int, media_id: UUID, file: BufferedRandom) -> None:
        """Give the file its name, durably; a second time for the same row changes nothing that matters."""
        await asyncio.to_thread(_settle, file, self.path_of(tenant_id, media_id))

    def forget(self, tenant_id: int, media_id: UUID) -> None:
        """Remove the file; none is fine."""
        with suppress(FileNotFoundError):
            self.path_of(tenant_id, media_id).unlink()

    def shops(self) -> list[int]:
        """The tenants that have a folder."""
        return [int(place.name) for place in self._root.glob("*") if place.name.isdecimal() and place.is_dir()]

    def settled_files(self, tenant_id: int, older_than: float) -> list[UUID]:
        """The tenant's files that got their name more than so many seconds ago; what is no file of ours is left out."""
        before, found = time.time() - older_than, []
        for place in (self._root / str(tenant_id)).glob("*"):
            with suppress(ValueError, FileNotFoundError):  # another name, or gone by now
                media_id = UUID(place.name)
                if str(media_id) == place.name and place.stat().st_mtime < before:
                    found.append(media_id)
        return found

    def forget_all(self, tenant_id: int) -> None:
        """Remove every file of a shop; none is fine."""
        shutil.rmtree(self._root / str(tenant_id), ignore_errors=True)

    def disk(self) -> tuple[int, int]:
        """(free, size) in bytes of the disk where the files are, or will be once there is a first one."""
        there = next(place for place in (self._root.absolute(), *self._root.absolute().parents) if place.exists())
        usage = shutil.disk_usage(there)
        return usage.free, usage.total

    def clear_unfinished(self) -> int:
        """Remove what writers left that were killed; how many. The file itself is fetched anew under another name."""
        old = time.time() - UNFINISHED_SECONDS
        removed = 0
        for part in self._root.glob("*/.*.part"):
            with suppress(FileNotFoundError):  # another process clears, too
                if part.stat().st_mtime < old:
                    part.unlink()
                    removed += 1
        return removed


def _settle(file: BufferedRandom, path: Path) -> None:
    file.flush()
    os.fsync(file.fileno())
    Path(file.name).replace(path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
