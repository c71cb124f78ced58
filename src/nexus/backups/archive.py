"""What is inside the encrypted file: a tar that is only ever streamed.

In order: `manifest.json`, each table as `tables/NAME/NNNNNN` (parts of COPY text, deflated), each customer's file as
`media/TENANT/ID`, and `summary.json`, without which the archive is not whole.
"""

from __future__ import annotations

import io
import json
import re
import tarfile
import zlib
from collections.abc import Callable, Iterator
from typing import IO, Any

from nexus.backups.errors import BackupError
from nexus.backups.sealed_file import CHUNK, SealedReader, SealedWriter

_PART = 4 * 1024 * 1024
_NAMES = re.compile(r"manifest\.json|summary\.json|tables/[a-z0-9_]+/\d{6,}|media/\d+/[0-9a-f-]{36}")
_STRANGE = "el contenido del backup no se entiende: restauralo con la versión de Nexus que lo hizo"


class ArchiveWriter:
    """Adds entries to the encrypted file."""

    def __init__(self, sealed: SealedWriter) -> None:
        self._sealed = sealed
        self._tar = tarfile.open(fileobj=sealed, mode="w|", bufsize=CHUNK)  # type: ignore[call-overload]  # noqa: SIM115 - closed below

    def add_json(self, name: str, content: dict[str, Any]) -> None:
        """A small document."""
        self._add(name, json.dumps(content, ensure_ascii=False).encode())

    def add_file(self, name: str, file: IO[bytes], size: int) -> None:
        """An open file of this size."""
        entry = tarfile.TarInfo(name)
        entry.size = size
        self._tar.addfile(entry, file)

    def table(self, name: str) -> TableWriter:
        """Where a table's COPY text goes."""
        return TableWriter(lambda number, part: self._add(f"tables/{name}/{number:06}", part))

    def close(self) -> None:
        """Write the tar's end and the last chunk."""
        self._tar.close()
        self._sealed.close()

    def _add(self, name: str, content: bytes) -> None:
        self.add_file(name, io.BytesIO(content), len(content))


class TableWriter:
    """Cuts one table's text into parts; `write` is what asyncpg's COPY calls."""

    def __init__(self, add: Callable[[int, bytes], None]) -> None:
        self._add, self._waiting, self._number = add, bytearray(), 0

    async def write(self, data: bytes) -> None:
        """The next bytes, of any length."""
        self._waiting += data
        if len(self._waiting) >= _PART:
            self.close()

    def close(self) -> None:
        """Write what is left."""
        if self._waiting:
            self._add(self._number, zlib.compress(bytes(self._waiting), 3))
            self._waiting.clear()
            self._number += 1


class ArchiveReader:
    """Walks the entries in their order, once."""

    def __init__(self, sealed: SealedReader) -> None:
        self._sealed = sealed
        self._tar = tarfile.open(fileobj=sealed, mode="r|", bufsize=CHUNK)  # type: ignore[call-overload]  # noqa: SIM115 - a stream
        self._entry: tarfile.TarInfo | None = None
        self._advance()
        if self._entry is None or self._entry.name != "manifest.json":
            raise BackupError(_STRANGE)
        self.manifest: dict[str, Any] = json.loads(self._content())
        self._advance()

    def tables(self) -> Iterator[str]:
        """Names of the tables with rows, each to be read to its end by `rows` before the next."""
        while (name := self._table()) is not None:
            yield name
            if self._table() == name:
                raise BackupError(_STRANGE)

    def rows(self, name: str) -> Iterator[bytes]:
        """The table's COPY text in parts."""
        while self._table() == name:
            yield zlib.decompress(self._content())
            self._advance()

    def files(self) -> Iterator[tuple[str, IO[bytes], int]]:
        """(name, content, size) of every customer's file, after the tables."""
        while self._entry is not None and self._entry.name.startswith("media/"):
            content = self._tar.extractfile(self._entry)
            if content is None:
                raise BackupError(_STRANGE)
            yield self._entry.name, content, self._entry.size
            self._advance()

    def summary(self) -> dict[str, Any]:
        """The last entry; afterwards the file is known to be whole. Raises BackupError."""
        if self._entry is None or self._entry.name != "summary.json":
            raise BackupError(_STRANGE)
        found: dict[str, Any] = json.loads(self._content())
        self._advance()
        self._sealed.finish()
        return found

    def _table(self) -> str | None:
        name = self._entry.name if self._entry else ""
        return name.split("/")[1] if name.startswith("tables/") else None

    def _content(self) -> bytes:
        content = self._tar.extractfile(self._entry) if self._entry else None
        return content.read() if content else b""

    def _advance(self) -> None:
        try:
            self._entry = self._tar.next()
        except tarfile.TarError as error:
            raise BackupError(_STRANGE) from error
        if self._entry is not None and not (self._entry.isreg() and _NAMES.fullmatch(self._entry.name)):
            raise BackupError(_STRANGE)
