"""`nexus restore FILE`: a backup into an empty install, all of it or nothing."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from nexus.backups.archive import ArchiveReader
from nexus.backups.errors import BackupError, in_one_line
from nexus.backups.examine import Examined, examine, finder_of_keys, opened
from nexus.backups.keys import MASTER
from nexus.backups.progress import Progress
from nexus.backups.take import media_folder
from nexus.embedded.environment import DSN_VARIABLES, data_folder, in_use, load_environment
from nexus.embedded.errors import EmbeddedError
from nexus.embedded.secrets_file import change_secrets, load_secrets
from nexus.embedded.stores import migrate, open_postgres

if TYPE_CHECKING:
    from nexus.store.database import Connection
    from nexus.store.refill import Waiting

_FAILED = "no se restauró nada"


def check(source: str, data_dir: str | None, *, lost_key: bool) -> list[str]:
    """Only read the file through; what to tell the person. Raises BackupError."""
    environ = load_environment()
    with in_one_line("no pude verificar el backup"):
        found = examine(Path(source), environ, data_folder(data_dir, environ), lost_key=lost_key)
    return [f"{source} está entero y se abre: {found.describe()}"]


def restore(source: str, data_dir: str | None, *, lost_key: bool, discard_waiting: bool = False) -> list[str]:
    """Put a backup into an empty install; what to tell the person. Raises BackupError: then nothing was put in.

    With `discard_waiting` nothing that waited goes out or is answered by itself.
    """
    environ = load_environment()
    folder = data_folder(data_dir, environ)
    embedded = not any(environ.get(name) for name in DSN_VARIABLES)
    if embedded and in_use(folder):
        raise BackupError(f"Nexus está en marcha en {folder}: detenelo para restaurar")
    _refuse_files(media_folder(environ, folder))
    with in_one_line(_FAILED):
        found = examine(Path(source), environ, folder, lost_key=lost_key)
        if embedded:  # a new folder keeps the key that its credentials need, not one of its own making
            load_secrets(folder, {name: environ[name] for name in (MASTER,) if environ.get(name)})
            if also := environ.get(f"{MASTER}_ALSO"):  # the one that its credentials need, where the first is newer
                change_secrets(folder, {f"{MASTER}_ALSO": also})
        waiting = asyncio.run(_restore(Path(source), environ, folder, found, discard_waiting))
    lines = [f"restaurado: {found.describe()}"]
    if discard_waiting and (waiting.bubbles or waiting.chats):
        lines.append(
            f"{waiting.bubbles} mensajes que esperaban salir quedaron descartados, y {waiting.chats} charlas que "
            "esperaban respuesta, para una persona"
        )
    elif waiting.bubbles or waiting.chats:
        lines.append(
            f"quedaron como estaban: {waiting.bubbles} mensajes por enviar y {waiting.chats} charlas por contestar; "
            "al arrancar, Nexus sigue con ellos"
        )
    return [*lines, "las personas tienen que entrar de nuevo: las sesiones no se restauran"]


async def _restore(
    source: Path, environ: Mapping[str, str], folder: Path, found: Examined, discard_waiting: bool
) -> Waiting:
    from nexus.store import dump, refill

    async with open_postgres(environ, folder) as dsns:
        dsn = dsns.get("POSTGRES_OWNER_DSN")
        if not dsn:
            raise BackupError("falta POSTGRES_OWNER_DSN: restaurar necesita el rol nexus_owner")
        conn = await dump.connect_plainly(dsn, "nexus_restore")
        try:
            await _make_schema(conn, dsn, found.manifest["migrations"])
            waiting = await _refill(conn, source, environ, folder, discard_waiting)
            await refill.gather_statistics(conn, _shapes(found.manifest))
        finally:
            await conn.close()
        try:
            await migrate(dsn)
        except EmbeddedError as error:
            raise BackupError(f"los datos están restaurados; falta migrarlos (./nexus migrate): {error}") from error
    return waiting


async def _make_schema(conn: Connection, dsn: str, wanted: list[list[str]]) -> None:
    """The tables as they were at the backup. Raises BackupError when something is in them, or somebody at work."""
    from nexus.store import dump, refill

    if table := await refill.filled_table(conn):
        raise BackupError(f"la instalación no está vacía (hay filas en {table}): restaurá en una nueva")
    if sessions := await refill.other_sessions(conn):
        raise BackupError(f"hay {sessions} conexiones de los servicios a esta base: detenelos para restaurar")
    if {name for name, _ in await dump.applied_migrations(conn)} - {name for name, _ in wanted}:
        await refill.remove_schema(conn)
    await migrate(dsn, wanted[-1][0])


async def _refill(
    conn: Connection, source: Path, environ: Mapping[str, str], folder: Path, discard_waiting: bool
) -> Waiting:
    from nexus.store.refill import Refill

    media = media_folder(environ, folder)
    written: list[Path] = []
    with ExitStack() as unless_done, opened(source, finder_of_keys(environ, folder)) as (_, archive):
        unless_done.callback(remove_files, written)
        async with conn.transaction():
            refilling = Refill(conn)
            await refilling.open()
            rows = await _copy_rows(refilling, archive)
            # Before the commit: a row exists only when its file does.
            _write_files(archive, media, written)
            summary = archive.summary()
            _refuse_others(summary, rows, len(written))
            await refilling.close(summary["sequences"])
            waiting = await (refilling.discard_waiting() if discard_waiting else refilling.waiting())
        unless_done.pop_all()
        return waiting


async def _copy_rows(refilling: Any, archive: ArchiveReader) -> dict[str, int]:
    progress = Progress()
    shapes = {table.name: table for table in _shapes(archive.manifest)}
    rows = dict.fromkeys(shapes, 0)
    progress.stage("llenando la base…")
    for name in archive.tables():
        progress.at(f"llenando la base: {name}")
        rows[name] = await refilling.copy_in(shapes[name], _fed(archive.rows(name)))
    progress.done()
    return rows


async def _fed(parts: Iterable[bytes]) -> AsyncIterator[bytes]:
    for part in parts:
        yield part


def _shapes(manifest: dict[str, Any]) -> list[Any]:
    from nexus.store.dump import TableShape

    return [TableShape(name, tuple(columns)) for name, columns in manifest["tables"].items()]


def _refuse_others(summary: dict[str, Any], rows: dict[str, int], files: int) -> None:
    if rows != summary["tables"] or files != summary["files"]:
        raise BackupError(f"{_FAILED}: el archivo cambió mientras se lo leía")


def _refuse_files(media: Path) -> None:
    if any(path.is_file() for path in media.rglob("*")):
        raise BackupError(f"la instalación no está vacía (hay archivos en {media}): restaurá en una nueva")


def _write_files(archive: ArchiveReader, media: Path, written: list[Path]) -> None:
    progress = Progress()
    for name, content, _ in archive.files():
        place = media / name.removeprefix("media/")
        place.parent.mkdir(parents=True, exist_ok=True)
        progress.at(f"archivo {len(written) + 1}")
        with place.open("xb") as file:
            written.append(place)
            _pour(content, file)
            file.flush()
            os.fsync(file.fileno())
    for parent in {place.parent for place in written}:
        folder = os.open(parent, os.O_RDONLY)
        os.fsync(folder)
        os.close(folder)
    progress.done()


def _pour(content: IO[bytes], file: IO[bytes]) -> None:
    while part := content.read(1024 * 1024):
        file.write(part)


def remove_files(written: list[Path]) -> None:
    """Take back what was written, and the folders that are empty without it."""
    for place in written:
        place.unlink(missing_ok=True)
    for parent in {place.parent for place in written}:
        with suppress(OSError):  # not empty: somebody else's
            parent.rmdir()
