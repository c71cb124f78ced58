"""A shop's file (orchestrator_service/privacy/shop_file.py) in clear or inside the encrypted file of backups, and read.

Nothing is ever unpacked by the names that stand in it.
"""

from __future__ import annotations

import json
import re
import tempfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, BinaryIO
from uuid import UUID

from nexus.backups.errors import BackupError
from nexus.backups.keys import SealingKey
from nexus.backups.sealed_file import MAGIC, SealedReader, SealedWriter
from nexus.store.tenant_tables import TABLES

KIND = "shop"
_TABLES = {f"tables/{table.name}.jsonl" for table in TABLES}
_MEDIA = re.compile(r"media/([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})")
_LONGEST_LINE = 16 * 1024 * 1024
_MOST_ENTRIES = 2_000_000
_MOST_TIMES = 200  # text packs 10 to 20 times
_SMALL = 8 * 1024 * 1024
_DAMAGED = "el archivo está dañado o cortado: no se importó nada"
STRANGE = "el archivo no se entiende: no es el de una tienda, o lo cambiaron"
_BROKEN = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, ValueError, OSError)


def counted(summary: dict[str, Any]) -> str:
    """What a file holds, for a person."""
    rows = summary["tables"]
    return (
        f"charlas: {rows['chat_conversations']}, mensajes: {rows['chat_messages']}, turnos: {rows['appointments']}, "
        f"archivos: {summary['files']}"
    )


class Sealing:
    """The encrypted file as a ZIP writes to it: only forwards."""

    def __init__(self, file: BinaryIO, key: SealingKey, facts: dict[str, Any]) -> None:
        self._sealed = SealedWriter(file, key, facts | {"kind": KIND})

    def write(self, data: bytes) -> int:
        """Encrypt the next bytes."""
        return self._sealed.write(bytes(data))

    def flush(self) -> None:
        """Chunks go out as they fill."""

    def close(self) -> None:
        """Write the last chunk."""
        self._sealed.close()


class ShopFileReader:
    """The entries of a file that holds nothing else. Raises BackupError for what is strange, absurd or damaged."""

    def __init__(self, file: IO[bytes], packed: int) -> None:
        """`packed` is its size in bytes."""
        try:
            self._zip = zipfile.ZipFile(file)
        except _BROKEN as error:
            file.seek(0)
            raise BackupError(_DAMAGED if file.read(2) == b"PK" else STRANGE) from error
        entries = self._zip.infolist()
        names = [entry.filename for entry in entries]
        known = all(
            name in _TABLES or name in ("manifest.json", "summary.json") or _MEDIA.fullmatch(name) for name in names
        )
        if not known or len(set(names)) != len(names) or len(names) > _MOST_ENTRIES or "manifest.json" not in names:
            raise BackupError(STRANGE)
        if sum(entry.file_size for entry in entries) > packed * _MOST_TIMES + _SMALL:
            raise BackupError("el archivo dice ser mucho más grande de lo que puede: no se importó nada")
        self.media = [UUID(found[1]) for name in names if (found := _MEDIA.fullmatch(name))]

    def json(self, name: str) -> dict[str, Any]:
        """A small document."""
        with self._reading(name) as entry:
            return _parsed(entry.read(_LONGEST_LINE))

    def rows(self, table: str) -> Iterator[dict[str, Any]]:
        """The table's rows, in order."""
        with self._reading(f"tables/{table}.jsonl") as entry:
            while line := entry.readline(_LONGEST_LINE):
                yield _parsed(line)

    def pour(self, media_id: UUID, out: IO[bytes]) -> None:
        """Write a customer's file."""
        with self._reading(f"media/{media_id}") as entry:
            while part := entry.read(1024 * 1024):
                out.write(part)

    @contextmanager
    def _reading(self, name: str) -> Iterator[IO[bytes]]:
        try:
            entry = self._zip.open(name)
        except KeyError as error:
            raise BackupError(STRANGE) from error
        except _BROKEN as error:
            raise BackupError(_DAMAGED) from error
        with entry:
            yield _Checked(entry)  # type: ignore[misc]


class _Checked:
    """An entry whose damage is told in one line; what fails outside of its reading is none of it."""

    def __init__(self, entry: IO[bytes]) -> None:
        self._entry = entry

    def read(self, size: int) -> bytes:
        return self._tried(lambda: self._entry.read(size))

    def readline(self, size: int) -> bytes:
        return self._tried(lambda: self._entry.readline(size))

    def _tried(self, act: Callable[[], bytes]) -> bytes:
        try:
            return act()
        except _BROKEN as error:
            raise BackupError(_DAMAGED) from error


def _parsed(text: bytes) -> dict[str, Any]:
    try:
        found = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise BackupError(STRANGE) from error
    if not isinstance(found, dict):
        raise BackupError(STRANGE)
    return found


@contextmanager
def opened(place: Path, keys_of: Callable[[str], list[SealingKey]]) -> Iterator[ShopFileReader]:
    """The file, decrypted whole before anything of it is used. Raises BackupError."""
    try:
        file = place.open("rb")
    except OSError as error:
        raise BackupError(f"no puedo leer {place}: {error.strerror}") from error
    with file:
        packed = place.stat().st_size
        if not _is_sealed(file):
            yield ShopFileReader(file, packed)
            return
        sealed = SealedReader(file, keys_of)
        if sealed.header.get("kind") != KIND:
            raise BackupError(f"{place.name} es un backup de toda la instalación, no una tienda: ./nexus restore")
        with tempfile.TemporaryFile() as clear:  # without a name, and gone with us
            while part := sealed.read():
                clear.write(part)
            clear.seek(0)
            yield ShopFileReader(clear, packed)


def _is_sealed(file: BinaryIO) -> bool:
    start = file.read(len(MAGIC))
    file.seek(0)
    return start == MAGIC
