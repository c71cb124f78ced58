"""What a restarted sandbox remembers: one file of JSON lines, replayed in order at the start."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any


class Journal:
    """An append-only file `world.jsonl` in a folder. A row torn by a kill in mid-write is skipped."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self._path = folder / "world.jsonl"
        self._rows = list(self._read())
        self._file = self._path.open("a", encoding="utf-8", buffering=1)
        if self._ends_torn():
            self._file.write("\n")

    def rows(self) -> Iterator[tuple[str, dict[str, Any]]]:
        """Kind and content of every row that stood in the file when it was opened, oldest first."""
        yield from self._rows

    def append(self, kind: str, row: dict[str, Any]) -> None:
        """Writes one row; it is in the file's buffer of the system when this returns."""
        self._file.write(json.dumps({"kind": kind, "row": row}, ensure_ascii=False) + "\n")

    def erase(self) -> None:
        """Forgets everything."""
        self._file.truncate(0)

    def close(self) -> None:
        """Closes the file."""
        self._file.close()

    def _read(self) -> Iterator[tuple[str, dict[str, Any]]]:
        if not self._path.exists():
            return
        for text in self._path.read_text(encoding="utf-8", errors="replace").splitlines():
            try:
                entry = json.loads(text)
            except json.JSONDecodeError:
                continue
            yield entry["kind"], entry["row"]

    def _ends_torn(self) -> bool:
        content = self._path.read_bytes()
        return bool(content) and not content.endswith(b"\n")
