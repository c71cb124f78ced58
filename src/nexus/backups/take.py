"""`nexus backup FILE`: one moment of the database, then the files that its rows name, in one encrypted file."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from nexus import __version__
from nexus.backups.archive import ArchiveWriter
from nexus.backups.errors import BackupError, in_one_line
from nexus.backups.keys import MASTER, SealingKey, key_to_seal
from nexus.backups.progress import Progress, size
from nexus.backups.sealed_file import SealedWriter
from nexus.embedded.environment import DSN_VARIABLES, data_folder, load_environment
from nexus.embedded.stores import open_postgres

if TYPE_CHECKING:
    from nexus.store.database import Connection

_FAILED = "el backup no se hizo"


def backup(target: str, data_dir: str | None) -> list[str]:
    """Take a backup into a file that does not exist yet; what to tell the person. Raises BackupError."""
    environ = load_environment()
    folder = data_folder(data_dir, environ)
    place = Path(target).absolute()
    if place.exists():
        raise BackupError(f"{place} ya existe: un backup no pisa otro")
    if not place.parent.is_dir():
        raise BackupError(f"no existe la carpeta {place.parent}")
    key = key_to_seal(environ, folder)
    if not any(environ.get(name) for name in DSN_VARIABLES) and not (folder / "postgres").exists():
        raise BackupError(f"en {folder} no hay datos de Nexus (si es la demo: --data-dir .nexus/demo)")
    with in_one_line(_FAILED):
        taken = asyncio.run(_take(environ, folder, place, key))
    lines = [
        f"backup listo: {place} ({size(place.stat().st_size)}): {sum(taken['tables'].values())} filas de "
        f"{len(taken['tables'])} tablas y {taken['files']} archivos"
    ]
    if taken["missing"]:
        lines.append(f"atención: {taken['missing']} archivos tienen su fila pero ya no están en el disco")
    if not taken["noted"]:
        lines.append("atención: no se pudo anotar en la base que se hizo; «Salud» va a mostrar la fecha del anterior")
    sealed = "la misma con la que va cifrado este archivo" if key.variable == MASTER else f"además de {key.variable}"
    return [*lines, f"guardá aparte {MASTER} ({sealed}): sin ella no se abren las credenciales de las tiendas"]


async def _take(environ: Mapping[str, str], folder: Path, place: Path, key: SealingKey) -> dict[str, Any]:
    from nexus.store import dump
    from nexus.store.installation import note_backup
    from nexus.store.migrate import migrations

    made_at = datetime.now(UTC)
    async with open_postgres(environ, folder) as dsns:
        if "POSTGRES_OWNER_DSN" not in dsns:
            raise BackupError("falta POSTGRES_OWNER_DSN: un backup necesita el rol nexus_owner")
        async with dump.snapshot(dsns["POSTGRES_OWNER_DSN"]) as conn:
            schema = await dump.applied_migrations(conn)
            if not schema:
                raise BackupError("la base no tiene tablas de Nexus: no hay nada que guardar")
            if unknown := sorted({name for name, _ in schema} - {name for name, _ in migrations()}):
                raise BackupError(f"la base tiene la migración {unknown[-1]}: usá la versión de Nexus que la hizo")
            facts = {
                "nexus": __version__,
                "schema": schema[-1][0],
                "made_at": made_at.isoformat(timespec="seconds"),
            }
            with new_file(place) as file:
                archive = ArchiveWriter(SealedWriter(file, key, facts))
                summary = await _fill(conn, archive, facts | {"migrations": schema}, media_folder(environ, folder))
                archive.add_json("summary.json", summary)
                archive.close()
        # After the file is whole: the health page tells by it how old the last backup is.
        summary["noted"] = await note_backup(dsns["POSTGRES_OWNER_DSN"], made_at)
    return summary


async def _fill(conn: Connection, archive: ArchiveWriter, facts: dict[str, Any], media: Path) -> dict[str, Any]:
    """Everything but the summary, which is returned."""
    from nexus.store import dump

    progress = Progress()
    shapes = await dump.table_shapes(conn)
    sealed_with = await dump.sealing_keys(conn)
    columns = {table.name: list(table.columns) for table in shapes}
    archive.add_json("manifest.json", facts | {"tables": columns, "sealed_with": sealed_with})
    expected = await dump.size_of(conn)
    progress.stage(f"leyendo la base ({size(expected['bytes'])})…")
    rows: dict[str, int] = {}
    for number, table in enumerate(shapes, 1):
        progress.at(f"tabla {number} de {len(shapes)}: {table.name}")
        out = archive.table(table.name)
        rows[table.name] = await dump.copy_out(conn, table, out.write)
        out.close()
    sequences = await dump.sequence_values(conn)
    progress.stage(f"copiando {expected['files']} archivos…")
    files = missing = 0
    async for tenant_id, media_id in dump.files_of_rows(conn):
        progress.at(f"archivo {files + missing + 1} de {expected['files']}")
        try:
            _add_file(archive, media, f"{tenant_id}/{media_id}")
            files += 1
        except FileNotFoundError:  # its shop was deleted since the snapshot, or the disk lost it
            missing += 1
    progress.done()
    return {"tables": rows, "sequences": sequences, "files": files, "missing": missing}


def _add_file(archive: ArchiveWriter, media: Path, name: str) -> None:
    with (media / name).open("rb") as file:
        # A file that has its name is whole; whoever writes it again gives another one the name (docs/decisions/0007).
        archive.add_file(f"media/{name}", file, os.fstat(file.fileno()).st_size)


def media_folder(environ: Mapping[str, str], folder: Path) -> Path:
    """Where `up` on this data folder keeps customers' files."""
    return folder / (environ.get("NEXUS_MEDIA_DIR") or "media")


@contextmanager
def new_file(place: Path) -> Iterator[BinaryIO]:
    """A new file, for its owner only, that gets its name when it is whole and on the disk; else it is gone."""
    part = place.with_name(f".{place.name}.{os.getpid()}.part")
    part.unlink(missing_ok=True)
    try:
        with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        _name_it(part, place)
    finally:
        with suppress(FileNotFoundError):
            part.unlink()


def _name_it(part: Path, place: Path) -> None:
    """As a rename that never overwrites."""
    try:
        place.hardlink_to(part)
    except FileExistsError as error:
        raise BackupError(f"{place} ya existe: un backup no pisa otro") from error
    except OSError:  # a disk without hard links
        if place.exists():
            raise BackupError(f"{place} ya existe: un backup no pisa otro") from None
        part.rename(place)
    folder = os.open(place.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
