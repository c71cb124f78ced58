"""`nexus tenant export ID FILE`: one shop as of one moment, with customers' files, while everything goes on."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, BinaryIO

from nexus import __version__
from nexus.backups.errors import BackupError
from nexus.backups.keys import SealingKey
from nexus.backups.progress import Progress, size
from nexus.backups.take import media_folder, new_file
from nexus.embedded.environment import data_folder, load_environment
from nexus.tenant_files.container import Sealing, ShopFileWriter, counted
from nexus.tenant_files.stores import app_pool

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nexus.store.database import Connection

FORMAT = 1


def export_shop(tenant_id: int, target: str, data_dir: str | None, key: SealingKey | None) -> list[str]:
    """Write a file that does not exist yet, in clear without a key; what to tell the person. Raises BackupError."""
    environ = load_environment()
    folder = data_folder(data_dir, environ)
    place = Path(target).absolute()
    if place.exists():
        raise BackupError(f"{place} ya existe: un export no pisa otro")
    if not place.parent.is_dir():
        raise BackupError(f"no existe la carpeta {place.parent}")
    summary = asyncio.run(_export(tenant_id, environ, folder, place, key))
    lines = [f"tienda {tenant_id} exportada: {place} ({size(place.stat().st_size)}), {counted(summary)}"]
    if summary["missing"]:
        lines.append(f"atención: {summary['missing']} archivos tienen su fila pero ya no están en el disco")
    if key is None:
        lines.append(
            "ATENCIÓN: va SIN CIFRAR. Quien tenga este archivo lee los mensajes, nombres y teléfonos de los clientes: "
            "borralo apenas no haga falta"
        )
    return [*lines, "no lleva credenciales ni cuentas: en la instalación nueva se cargan de nuevo"]


async def _export(
    tenant_id: int, environ: Mapping[str, str], folder: Path, place: Path, key: SealingKey | None
) -> dict[str, Any]:
    from nexus.store.tenant_copy import migrations_here, shop_named, shop_snapshot

    async with app_pool(environ, folder, "el export no se hizo") as pool, shop_snapshot(tenant_id, pool) as conn:
        name, number = await shop_named(tenant_id, conn)
        facts = {
            "format": FORMAT,
            "nexus": __version__,
            "made_at": datetime.now(UTC).isoformat(timespec="seconds"),
        }
        shop = {"tenant_id": tenant_id, "store_name": name, "bot_phone_number": number}
        with new_file(place) as file, _container(file, key, facts) as out:
            writer = ShopFileWriter(out)
            writer.add_json("manifest.json", facts | shop | {"migrations": await migrations_here(pool)})
            summary = await _fill(tenant_id, conn, writer, media_folder(environ, folder))
            writer.add_json("summary.json", summary)
            writer.close()
    return summary


@contextmanager
def _container(file: BinaryIO, key: SealingKey | None, facts: dict[str, Any]) -> Iterator[IO[bytes]]:
    if key is None:
        yield file
        return
    sealed = Sealing(file, key, {"made_at": facts["made_at"], "nexus": facts["nexus"]})
    yield sealed  # type: ignore[misc] # what a ZIP that is only written forwards asks for
    sealed.close()


async def _fill(tenant_id: int, conn: Connection, writer: ShopFileWriter, media: Path) -> dict[str, Any]:
    """Everything but the summary, which is returned."""
    from nexus.store.tenant_copy import files_of_shop, rows_of
    from nexus.store.tenant_tables import TABLES

    progress = Progress()
    progress.stage(f"exportando la tienda {tenant_id}…")
    counted: dict[str, int] = {}
    for table in TABLES:
        progress.at(f"tabla {table.name}")
        counted[table.name] = 0
        with writer.table(table.name) as write:
            async for row in rows_of(tenant_id, conn, table):
                write(row)
                counted[table.name] += 1
    files = missing = 0
    for media_id in await files_of_shop(tenant_id, conn):
        progress.at(f"archivo {files + missing + 1}")
        try:
            with (media / str(tenant_id) / str(media_id)).open("rb") as file:
                writer.add_file(media_id, file)
            files += 1
        except FileNotFoundError:  # erased since the snapshot, or the disk lost it
            missing += 1
    progress.done()
    return {"tables": counted, "files": files, "missing": missing}
