"""`nexus tenant export ID FILE`: one shop as of one moment, with customers' files, while everything goes on."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, BinaryIO

from nexus.backups.errors import BackupError
from nexus.backups.keys import SealingKey
from nexus.backups.progress import Progress, size
from nexus.backups.take import media_folder, new_file
from nexus.embedded.environment import data_folder, load_environment
from nexus.tenant_files.container import Sealing, counted
from nexus.tenant_files.stores import app_pool

if TYPE_CHECKING:
    from collections.abc import Iterator


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
    from nexus.orchestrator_service.privacy.shop_file import facts_now, write_shop

    media, progress = media_folder(environ, folder), Progress()
    progress.stage(f"exportando la tienda {tenant_id}…")
    async with app_pool(environ, folder, "el export no se hizo") as pool:
        with new_file(place) as file, _container(file, key, facts_now()) as out:
            summary = await write_shop(tenant_id, pool, lambda t, m: media / str(t) / str(m), out, progress.at)
    progress.done()
    return summary


@contextmanager
def _container(file: BinaryIO, key: SealingKey | None, facts: dict[str, Any]) -> Iterator[IO[bytes]]:
    if key is None:
        yield file
        return
    sealed = Sealing(file, key, {"made_at": facts["made_at"], "nexus": facts["nexus"]})
    yield sealed  # type: ignore[misc] # what a ZIP that is only written forwards asks for
    sealed.close()
