"""`nexus tenant import FILE`: a shop's file as a new tenant of this installation, all of it or nothing."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import UUID

from nexus.backups.errors import BackupError
from nexus.backups.keys import SealingKey
from nexus.backups.progress import Progress
from nexus.backups.restore import remove_files
from nexus.backups.take import media_folder
from nexus.embedded.environment import data_folder, load_environment
from nexus.orchestrator_service.privacy.shop_file import FORMAT
from nexus.tenant_files.container import STRANGE, ShopFileReader, counted, opened
from nexus.tenant_files.stores import app_pool

if TYPE_CHECKING:
    from collections.abc import Callable

    from nexus.store.database import Connection, Pool
    from nexus.store.tenant_copy import Arrival


def import_shop(source: str, data_dir: str | None, keys_of: Callable[[str], list[SealingKey]]) -> list[str]:
    """Take the shop in; what to tell the person. Raises BackupError: then nothing was taken in."""
    environ = load_environment()
    folder = data_folder(data_dir, environ)
    with opened(Path(source), keys_of) as reader:
        tenant_id, summary = asyncio.run(_import(reader, environ, folder))
    return [
        f"tienda importada con el id {tenant_id}: {counted(summary)}",
        "falta cargar sus credenciales (Ajustes en el panel) y darle acceso a su gente: "
        f"./nexus user create --email … --tenant {tenant_id} --role owner",
        "si sigue en otra instalación, apagala allá antes de cargar la clave de YCloud acá: contestarían las dos",
    ]


async def _import(reader: ShopFileReader, environ: Mapping[str, str], folder: Path) -> tuple[int, dict[str, Any]]:
    from nexus.store.tenant_copy import IdsTakenError

    async with app_pool(environ, folder, "no se importó nada") as pool:
        await _refuse_another_version(reader.json("manifest.json"), pool)
        media = media_folder(environ, folder)
        try:
            return await _arrive(reader, pool, media, renew=False)
        except IdsTakenError:  # this shop was here before, or still is under another number
            return await _arrive(reader, pool, media, renew=True)


async def _refuse_another_version(manifest: dict[str, Any], pool: Pool) -> None:
    from nexus.store.tenant_copy import migrations_here

    if manifest.get("format") != FORMAT or not isinstance(manifest.get("migrations"), list):
        raise BackupError(STRANGE)
    here = await migrations_here(pool)
    if manifest["migrations"] != here:
        theirs = str(manifest.get("nexus"))[:20]
        raise BackupError(
            f"el archivo es de otra versión de Nexus ({theirs}) con otras tablas: exportalo e importalo con la misma"
        )


async def _arrive(reader: ShopFileReader, pool: Pool, media: Path, *, renew: bool) -> tuple[int, dict[str, Any]]:
    from nexus.store.tenant_copy import shop_arriving

    shop = next(reader.rows("tenants"), {})
    name, number = shop.get("store_name"), shop.get("bot_phone_number")
    if not isinstance(name, str) or not isinstance(number, str):
        raise BackupError(STRANGE)
    with ExitStack() as unless_done:
        written: list[Path] = []
        unless_done.callback(remove_files, written)
        async with shop_arriving(pool, name, number, renew=renew) as (conn, arrival):
            rows = await _take_rows(reader, conn, arrival)
            # Before the commit: a row exists only when its file does.
            files = _take_files(reader, arrival, media / str(arrival.tenant_id), written)
            summary = reader.json("summary.json")
            if summary.get("tables") != rows or summary.get("files") != files:
                raise BackupError("el archivo no está completo: le faltan filas o archivos")
        unless_done.pop_all()
    return arrival.tenant_id, summary


async def _take_rows(reader: ShopFileReader, conn: Connection, arrival: Arrival) -> dict[str, int]:
    from nexus.store.tenant_copy import take_rows
    from nexus.store.tenant_tables import TABLES

    progress, written = Progress(), dict.fromkeys((table.name for table in TABLES), 0)
    progress.stage("importando la tienda…")
    for table in TABLES:
        progress.at(f"tabla {table.name}")
        written[table.name] = await take_rows(arrival.tenant_id, conn, arrival, table, reader.rows(table.name))
    progress.done()
    if written["tenants"] != 1:
        raise BackupError(STRANGE)
    return written


def _take_files(reader: ShopFileReader, arrival: Arrival, folder: Path, written: list[Path]) -> int:
    if not reader.media:
        return 0
    folder.mkdir(parents=True, exist_ok=True)
    for media_id in reader.media:
        place = folder / str(_named(arrival, media_id))
        with place.open("xb") as file:
            written.append(place)
            reader.pour(media_id, file)
            file.flush()
            os.fsync(file.fileno())
    descriptor = os.open(folder, os.O_RDONLY)
    os.fsync(descriptor)
    os.close(descriptor)
    return len(written)


def _named(arrival: Arrival, media_id: UUID) -> UUID:
    if media_id not in arrival.media:
        raise BackupError(STRANGE)
    return arrival.media[media_id]
