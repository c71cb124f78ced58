"""One customer's data as a ZIP: a JSON that people can read, and her files beside it."""

import asyncio
import json
import tempfile
import zipfile
from dataclasses import dataclass
from typing import Any, BinaryIO

from nexus.gateways.tiendanube.order_phones import same_phone
from nexus.orchestrator_service.privacy.erasing import PrivacyRoom
from nexus.store.database import tenant_transaction
from nexus.store.person import Sought, find_person
from nexus.store.privacy_export import ExportedFile, collect, outline

DATA = "datos.json"
_IN_MEMORY = 4 * 1024 * 1024


class NobodyFoundError(RuntimeError):
    """Nothing is kept of whoever is looked for."""


@dataclass(frozen=True, slots=True)
class Export:
    """The archive, at its beginning, and the key of the person it is of. Whoever got it closes it."""

    file: BinaryIO
    key: str | None


async def outline_person(tenant_id: int, room: PrivacyRoom, sought: Sought) -> dict[str, Any]:
    """{names, chats, messages, appointments} of whoever is found. Raises NobodyFoundError."""
    async with tenant_transaction(tenant_id, room.pool) as conn:
        person = await find_person(tenant_id, conn, sought, same_phone)
        if not person.chats and not person.appointments:
            raise NobodyFoundError
        return await outline(tenant_id, conn, person)


async def export_person(tenant_id: int, room: PrivacyRoom, sought: Sought) -> Export:
    """Raises NobodyFoundError."""
    async with tenant_transaction(tenant_id, room.pool) as conn:
        person = await find_person(tenant_id, conn, sought, same_phone)
        if not person.chats and not person.appointments:
            raise NobodyFoundError
        told, files = await collect(tenant_id, conn, person)
    return Export(await asyncio.to_thread(_packed, tenant_id, room, told, files), person.main_key)


def _packed(tenant_id: int, room: PrivacyRoom, told: dict[str, Any], files: list[ExportedFile]) -> BinaryIO:
    """A file that is no longer on the disk is named in the JSON all the same."""
    packed: Any = tempfile.SpooledTemporaryFile(_IN_MEMORY)  # noqa: SIM115 - handed to whoever sends it
    missing = []
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for file in files:
            try:
                archive.write(room.folder.path_of(tenant_id, file.media_id), file.name)
            except FileNotFoundError:
                missing.append(file.name)
        text = json.dumps(told | {"archivos_que_faltan": missing}, ensure_ascii=False, indent=2, default=str)
        archive.writestr(DATA, text)
    packed.seek(0)
    whole: BinaryIO = packed
    return whole
