"""`nexus privacy …`: a customer's data, its end, and a shop's end, from the command line (docs/privacy.md)."""

from __future__ import annotations

import argparse
import asyncio
import os
import shutil
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from nexus.embedded.errors import EmbeddedError

if TYPE_CHECKING:
    from nexus.orchestrator_service.privacy.erasing import PrivacyRoom

_ACTOR = "línea de comandos"
_JOB_STEPS_IN = timedelta(minutes=2)
_WORDS = {
    "chats": ("conversación", "conversaciones"),
    "messages": ("mensaje", "mensajes"),
    "files": ("archivo", "archivos"),
    "appointments_cancelled": ("turno cancelado", "turnos cancelados"),
    "appointments_kept": ("turno sin la persona", "turnos sin la persona"),
    "knowledge": ("respuesta del conocimiento", "respuestas del conocimiento"),
    "events": ("aviso de WhatsApp", "avisos de WhatsApp"),
    "logs": ("línea del registro", "líneas del registro"),
    "audits": ("cambio sin detalle", "cambios sin detalle"),
}


def add_privacy_commands(privacy: argparse.ArgumentParser) -> None:
    """`privacy export`, `privacy erase` and `privacy erase-shop`."""
    actions = privacy.add_subparsers(title="acciones", metavar="ACCION", required=True)
    export = actions.add_parser("export", help="todo lo de un cliente en un ZIP: un JSON legible y sus archivos")
    export.add_argument("file", metavar="FILE", help="dónde; nunca pisa un archivo")
    export.set_defaults(act=lambda given: _run(given, _export))
    erase = actions.add_parser("erase", help="borrar todo lo de un cliente, sin vuelta")
    erase.add_argument("--yes", action="store_true", help="sin preguntar")
    erase.set_defaults(act=lambda given: _run(given, _erase))
    for action in (export, erase):
        action.add_argument("--tenant", type=int, required=True, metavar="ID")
        action.add_argument("--phone", required=True, metavar="TELEFONO", help="en cualquiera de sus formas")
    shop = actions.add_parser("erase-shop", help="borrar una tienda con todo lo suyo, ya y sin vuelta")
    shop.add_argument("tenant", type=int, metavar="ID")
    shop.add_argument("--name", required=True, metavar="NOMBRE", help="el nombre de la tienda, como está en Ajustes")
    shop.set_defaults(act=lambda given: _run(given, _erase_shop))
    for action in (export, erase, shop):
        action.add_argument("--data-dir", metavar="DIR", help="carpeta de datos (por defecto .nexus)")


def _run(given: argparse.Namespace, act: Callable[[argparse.Namespace, PrivacyRoom], Awaitable[str]]) -> int:
    async def work() -> str:
        async with _room(given.data_dir) as room:
            return await act(given, room)

    print(asyncio.run(work()))
    return 0


async def _export(given: argparse.Namespace, room: PrivacyRoom) -> str:
    from nexus.orchestrator_service.privacy.erasing import person_hash
    from nexus.orchestrator_service.privacy.export import NobodyFoundError, export_person
    from nexus.store.person import Sought
    from nexus.store.privacy_requests import note_export

    await _shop_name(given.tenant, room)
    try:
        made = await export_person(given.tenant, room, Sought(phone=_phone(given.phone)))
    except NobodyFoundError:
        raise EmbeddedError(f"la tienda {given.tenant} no tiene nada guardado de ese teléfono") from None
    await asyncio.to_thread(_write, given.file, made.file)
    await note_export(given.tenant, room.pool, "cli", _ACTOR, person_hash(given.tenant, room.vault, made.key))
    return f"datos listos en {given.file} (no está cifrado: mandalo por un camino seguro y borralo)"


def _write(place: str, source: BinaryIO) -> None:
    """For its owner's eyes alone, from the first byte on."""
    try:
        with source, os.fdopen(os.open(place, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            shutil.copyfileobj(source, file)
    except FileExistsError:
        raise EmbeddedError(f"{place} ya existe: no lo piso") from None
    except OSError as error:
        raise EmbeddedError(f"no puedo escribir {place}: {error.strerror}") from error


async def _erase(given: argparse.Namespace, room: PrivacyRoom) -> str:
    from nexus.orchestrator_service.privacy.erasing import StillSendingError, carry_out, subject_of
    from nexus.store.person import Sought
    from nexus.store.privacy_requests import NewRequest, add_request

    name = await _shop_name(given.tenant, room)
    phone = _phone(given.phone)
    if not given.yes:
        _ask(f"Se borra todo lo de {phone} en {name}, sin vuelta. Escribí las cuatro últimas cifras: ", phone[-4:])
    new = NewRequest("erase", "cli", _ACTOR, subject_of(Sought(phone=phone)), after=_JOB_STEPS_IN)
    request_id = await add_request(given.tenant, room.pool, new)
    try:
        counts = await carry_out(given.tenant, room, request_id) if request_id else None
    except StillSendingError:
        return "hay un mensaje saliendo hacia WhatsApp: se borra en un par de minutos, con Nexus en marcha"
    told = [f"{count} {_WORDS[kind][count != 1]}" for kind, count in (counts or {}).items() if count]
    return f"borrado: {', '.join(told) or 'no había nada de esa persona'}"


async def _erase_shop(given: argparse.Namespace, room: PrivacyRoom) -> str:
    from nexus.orchestrator_service.privacy.erasing import erase_shop
    from nexus.runtime.actor import act_as

    name = await _shop_name(given.tenant, room)
    if name.casefold() != given.name.casefold():
        raise EmbeddedError(f"la tienda {given.tenant} no se llama así: --name tiene que ser su nombre")
    act_as(_ACTOR)
    await erase_shop(given.tenant, room)
    return f"la tienda {given.tenant}, {name}, ya no está"


def _phone(given: str) -> str:
    from nexus.orchestrator_service.admin.phone_words import whatsapp_address

    number = whatsapp_address(given)
    if number is None:
        raise EmbeddedError(f"{given} no se entiende como teléfono: escribilo con su característica")
    return number


def _ask(question: str, expected: str) -> None:
    if not sys.stdin.isatty():
        raise EmbeddedError("falta --yes (no hay terminal donde preguntar)")
    if input(question).strip() != expected:
        raise EmbeddedError("no son las cuatro últimas cifras: no borré nada")


async def _shop_name(tenant_id: int, room: PrivacyRoom) -> str:
    from nexus.store.tenants import load_tenant

    tenant = await load_tenant(tenant_id, room.pool)
    if tenant is None:
        raise EmbeddedError(f"no existe la tienda {tenant_id}")
    return tenant.store_name


@asynccontextmanager
async def _room(data_dir: str | None) -> AsyncIterator[PrivacyRoom]:
    """The stores of the installation, as `open_postgres` finds them; its Redis where one runs."""
    from nexus.embedded.environment import data_folder, load_environment
    from nexus.embedded.secrets_file import SERVICE_SECRETS, load_secrets
    from nexus.embedded.stores import open_postgres
    from nexus.orchestrator_service.privacy.erasing import PrivacyRoom
    from nexus.runtime.cache import Cache
    from nexus.runtime.logs import configure_logging
    from nexus.runtime.media_folder import MediaFolder
    from nexus.runtime.settings import Settings
    from nexus.store.database import open_pool
    from nexus.store.secrets import Vault

    environ = load_environment()
    folder = data_folder(data_dir, environ)
    if not environ.get("POSTGRES_DSN"):
        made = load_secrets(folder)
        environ = {**{name: made[name] for name in SERVICE_SECRETS}, **environ}
    os.environ.update(environ)
    configure_logging("nexus_privacy", "ERROR")
    settings = Settings(nexus_media_dir=folder / (environ.get("NEXUS_MEDIA_DIR") or "media"))
    settings.require("encryption_key")
    async with open_postgres(environ, folder) as dsns:
        if "POSTGRES_DSN" not in dsns:
            raise EmbeddedError("falta POSTGRES_DSN")
        pool, cache = await open_pool(dsns["POSTGRES_DSN"], "nexus_privacy", max_size=2), Cache(_redis(environ, folder))
        try:
            yield PrivacyRoom(pool, cache, Vault.of(settings), MediaFolder(settings))
        finally:
            await cache.close()
            await pool.close()


def _redis(environ: dict[str, str], folder: Path) -> str:
    """The URL of Redis; of none where the folder's own Valkey does not run: it keeps nothing, then."""
    from nexus.embedded.environment import in_use
    from nexus.embedded.valkey import EmbeddedValkey

    if environ.get("REDIS_URL") or environ.get("POSTGRES_DSN"):
        return environ.get("REDIS_URL", "")
    valkey = EmbeddedValkey(folder, environ)
    if in_use(folder) and valkey.available:
        valkey.attach()
        return valkey.url
    return ""
