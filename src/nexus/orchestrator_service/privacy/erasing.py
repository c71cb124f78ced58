"""Erasures carried out: the tables in one transaction, then what stands outside of them, as often as it takes."""

import asyncio
import hashlib
import hmac
import time
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from nexus.contracts.identity import phone_key
from nexus.gateways.tiendanube.order_phones import same_phone
from nexus.runtime.cache import Cache
from nexus.runtime.logs import get_logger
from nexus.runtime.media_folder import UNFINISHED_SECONDS, MediaFolder
from nexus.store.database import Connection, Pool
from nexus.store.erasure import (
    Erased,
    erase_person,
    erase_traces,
    erasures_to_finish,
    files_removed,
    files_to_remove,
)
from nexus.store.person import Person, Sought
from nexus.store.privacy_requests import PrivacyRequest, load_request, settle_erasure
from nexus.store.secrets import Vault
from nexus.store.tenants import delete_tenant

KEEP_HASHES = timedelta(days=8)
"""Hashes of erased ids: longer than the 7 days that ids live at least (architecture.md 5)."""
_LOOK_AGAIN_SECONDS = 0.2
_GIVE_UP_SECONDS = 40.0  # a bubble is at most 15 s on its way
_LONGEST_WRITE = timedelta(seconds=UNFINISHED_SECONDS)


@dataclass(frozen=True, slots=True)
class PrivacyRoom:
    """What an erasure reaches: tables, copies, files. The vault keys the hash that remembers a person."""

    pool: Pool
    cache: Cache
    vault: Vault
    folder: MediaFolder


class StillSendingError(RuntimeError):
    """A bubble was on its way to WhatsApp all the time; the job tries again."""


def person_hash(tenant_id: int, vault: Vault, key: str | None) -> str | None:
    """What a request remembers a person by once she is erased; nothing without a key."""
    if key is None:
        return None
    secret = vault.key_for(tenant_id, "privacy").encode()
    return hmac.new(secret, key.encode(), hashlib.sha256).hexdigest()[:32]


def subject_of(sought: Sought) -> dict[str, object]:
    """How a request keeps whom it is about; `key` tells that two are of the same person."""
    return {
        "conversation_id": str(sought.conversation_id) if sought.conversation_id else None,
        "phone": sought.phone,
        "email": sought.email,
        "drafts": list(sought.drafts),
        "key": phone_key(sought.phone) if sought.phone else None,
    }


def sought_by(request: PrivacyRequest) -> Sought:
    """Whom a request is about."""
    told = request.subject
    chat = told.get("conversation_id")
    return Sought(UUID(chat) if chat else None, told.get("phone"), told.get("email"), tuple(told.get("drafts") or ()))


async def carry_out(tenant_id: int, room: PrivacyRoom, request_id: UUID) -> dict[str, int] | None:
    """Do what an open request asks for; what went, by kind. None when it is not open any more.

    A shop's has no counts: its request goes with it. Raises StillSendingError.
    """
    request = await load_request(tenant_id, room.pool, request_id)
    if request is None or request.state != "open":
        return None
    if request.kind == "erase_shop":
        await erase_shop(tenant_id, room)
        return {}
    erased = await _erase(tenant_id, room, request)
    # A run that committed its reply just before may still be writing its copies.
    await room.cache.forget(erased.cache_keys, f"cache:orders:{tenant_id}:*")
    await remove_files(tenant_id, room)
    get_logger().info("person_erased", tenant_id=tenant_id, **erased.counts)
    return erased.counts


async def _erase(tenant_id: int, room: PrivacyRoom, request: PrivacyRequest) -> Erased:
    async def settle(conn: Connection, person: Person, counts: dict[str, int]) -> None:
        remembered = person_hash(tenant_id, room.vault, person.main_key)
        await settle_erasure(tenant_id, conn, request.id, person.keys, remembered, counts)

    sought = sought_by(request)
    traces = await erase_traces(tenant_id, room.pool, sought, same_phone)
    give_up_at = time.monotonic() + _GIVE_UP_SECONDS
    while time.monotonic() < give_up_at:
        erased = await erase_person(tenant_id, room.pool, sought, same_phone, traces, settle)
        if erased is not None:
            return erased
        await asyncio.sleep(_LOOK_AGAIN_SECONDS)
    raise StillSendingError(str(request.id))


async def erase_shop(tenant_id: int, room: PrivacyRoom) -> bool:
    """Remove the shop with everything it owns; False when it did not exist."""
    existed = await delete_tenant(tenant_id, room.pool)
    for pattern in (f"session:user:{tenant_id}:*", f"cache:orders:{tenant_id}:*"):
        await room.cache.forget((), pattern)
    await remove_files(tenant_id, room)
    return existed


async def remove_files(tenant_id: int, room: PrivacyRoom) -> None:
    """Take the files of erased rows off the disk; a second time does no harm."""
    for media_id in await files_to_remove(tenant_id, room.pool):
        if media_id is None:
            await asyncio.to_thread(room.folder.forget_all, tenant_id)
        else:
            await asyncio.to_thread(room.folder.forget, tenant_id, media_id)
    await files_removed(tenant_id, room.pool, _LONGEST_WRITE)


async def finish_erasures(room: PrivacyRoom) -> None:
    """What a killed process left of files, and what a download has written since."""
    for tenant_id in await erasures_to_finish(room.pool, KEEP_HASHES):
        await remove_files(tenant_id, room)
