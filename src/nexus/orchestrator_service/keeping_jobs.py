"""The nightly jobs that forget what is past its days: one of each shop, and one of what all of them share."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from datetime import timedelta
from uuid import UUID

from pgqueuer import PgQueuer, RetryRequested
from pgqueuer.models import Job, Schedule

from nexus.runtime.logs import forget_context, get_logger
from nexus.runtime.media_folder import MediaFolder
from nexus.runtime.settings import Settings
from nexus.store.database import UNREACHABLE, Pool, platform_transaction
from nexus.store.jobs import KEEPING, enqueue
from nexus.store.keeping import (
    Forgotten,
    files_without_row,
    forget_chat,
    forget_records,
    forget_shared,
    forget_traces,
    forget_uploads,
    old_chats,
    tell_run,
)
from nexus.store.tenants import list_tenants

NIGHTLY = "keeping_night"
_AT_NIGHT = "37 6 * * *"
"""In UTC: between three and four in Argentina."""
_DATABASE_AWAY = timedelta(seconds=10)
_DAY = 86_400.0
_ANOTHER_TAKES_IT = timedelta(seconds=2)
_BREATH = 0.02
Breathe = Callable[[], Awaitable[None]]


def register_keeping(worker: PgQueuer, settings: Settings, pool: Pool) -> None:
    """The clock, and the job that it asks for: of one shop, or with tenant 0 of what is no single shop's."""
    folder = MediaFolder(settings)

    async def breathe() -> None:
        if worker.shutdown.is_set():  # a night's work would outlast the drain: what is left is another worker's
            raise RetryRequested(_ANOTHER_TAKES_IT, "stopping")
        await _breathe()

    @worker.entrypoint(KEEPING, concurrency_limit=1, on_failure="hold")
    async def keeping(job: Job) -> None:
        forget_context()
        tenant_id = json.loads(job.payload or b"{}")["tenant_id"]
        try:
            if tenant_id:
                await keep_shop(tenant_id, pool, folder, breathe)
            else:
                await keep_shared(pool, folder, settings.keep_provider_events_days, breathe)
        except UNREACHABLE as error:
            raise RetryRequested(_DATABASE_AWAY, type(error).__name__) from error

    @worker.schedule(NIGHTLY, _AT_NIGHT)
    async def night(_schedule: Schedule) -> None:
        forget_context()
        try:
            await wish_keeping(pool)
        except UNREACHABLE as error:
            get_logger().warning("keeping_not_wished", error=type(error).__name__)


async def wish_keeping(pool: Pool) -> None:
    """Queue the job of every shop and the shared one; one that waits or runs is not queued twice."""
    tenants = [0, *(tenant["id"] for tenant in await list_tenants(pool))]
    async with platform_transaction(pool) as conn:
        for tenant_id in tenants:
            await enqueue(tenant_id, conn, KEEPING, UUID(int=tenant_id))


async def _breathe() -> None:
    """Between two transactions, so that the live pipeline never waits behind a whole night's work."""
    await asyncio.sleep(_BREATH)


async def keep_shop(tenant_id: int, pool: Pool, folder: MediaFolder, breathe: Breathe = _breathe) -> Forgotten:
    """Forget what the shop's days say, batch by batch; begun again after a kill it goes on with what is left."""
    gone = Forgotten()
    try:
        await _forget_all(tenant_id, pool, folder, breathe, gone)
    except RetryRequested:
        await tell_run(tenant_id, pool, gone.counts())
        raise
    await tell_run(tenant_id, pool, gone.counts())
    return gone


async def _forget_all(tenant_id: int, pool: Pool, folder: MediaFolder, breathe: Breathe, gone: Forgotten) -> None:
    after: UUID | None = None
    while chats := await old_chats(tenant_id, pool, after):
        for conversation_id in chats:
            while await _part_of_chat(tenant_id, pool, folder, conversation_id, gone):
                await breathe()
            await breathe()
        after = chats[-1]
    gone.traces = await _all(lambda: forget_traces(tenant_id, pool), breathe)
    gone.uploads = await _all(lambda: _uploads(tenant_id, pool, folder), breathe)
    gone.events, gone.audit = await _records(tenant_id, pool, breathe)
    gone.strays = await _strays(tenant_id, pool, folder)


async def keep_shared(pool: Pool, folder: MediaFolder, event_days: int, breathe: Breathe = _breathe) -> dict[str, int]:
    """Forget what is no single shop's: payloads, sessions, codes, the jobs' log, files of shops that are gone."""
    found: dict[str, int] = {}
    while part := await forget_shared(pool, event_days):
        for name, count in part.items():
            found[name] = found.get(name, 0) + count
        await breathe()
    events, audit = await _records(None, pool, breathe)
    living = {tenant["id"] for tenant in await list_tenants(pool)}
    orphans = [tenant_id for tenant_id in await asyncio.to_thread(folder.shops) if tenant_id not in living]
    strays = sum([await _strays(tenant_id, pool, folder) for tenant_id in orphans])
    found |= {name: n for name, n in (("events", events), ("audit", audit), ("strays", strays)) if n}
    await tell_run(None, pool, found)
    return found


async def _part_of_chat(
    tenant_id: int, pool: Pool, folder: MediaFolder, conversation_id: UUID, gone: Forgotten
) -> bool:
    known = len(gone.files)
    more = await forget_chat(tenant_id, pool, conversation_id, gone)
    for media_id in gone.files[known:]:  # after the commit: a row never names a file that is not there
        folder.forget(tenant_id, media_id)
    return more


async def _uploads(tenant_id: int, pool: Pool, folder: MediaFolder) -> int:
    ids = await forget_uploads(tenant_id, pool)
    for media_id in ids:
        folder.forget(tenant_id, media_id)
    return len(ids)


async def _records(tenant_id: int | None, pool: Pool, breathe: Breathe) -> tuple[int, int]:
    events = audit = 0
    while any(part := await forget_records(tenant_id, pool)):
        events, audit = events + part[0], audit + part[1]
        await breathe()
    return events, audit


async def _strays(tenant_id: int, pool: Pool, folder: MediaFolder) -> int:
    """Files without a row for a day: a kill came between the row's end and the file's. How many went."""
    there = await asyncio.to_thread(folder.settled_files, tenant_id, _DAY)
    strays = [
        media_id
        for first in range(0, len(there), 1000)
        for media_id in await files_without_row(tenant_id, pool, there[first : first + 1000])
    ]
    for media_id in strays:
        folder.forget(tenant_id, media_id)
    return len(strays)


async def _all(part: Callable[[], Awaitable[int]], breathe: Breathe) -> int:
    total = 0
    while count := await part():
        total += count
        await breathe()
    return total
