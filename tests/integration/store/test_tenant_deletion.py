"""A shop is deleted while its conversations are being worked on."""

import asyncio
import contextlib

import asyncpg

from nexus.store.database import Connection
from nexus.store.events import record_event
from nexus.store.tenants import delete_tenant, load_tenant
from tests.integration.store.room import Room
from tests.service import eventually


async def test_a_deletion_that_meets_a_running_burst_goes_through(room: Room, customer: str, root: Connection) -> None:
    """The run holds the conversation and wants the shop's row for its event; the deletion has it the other way."""
    chat = await room.say(customer)

    async def waits() -> bool:
        query = "select 1 from pg_stat_activity where wait_event_type = 'Lock' and query like 'delete from tenants%'"
        return bool(await room.pool.fetchval(query)) or bool(await root.fetchval(query))

    with contextlib.suppress(asyncpg.DeadlockDetectedError):
        async with root.transaction():
            await root.execute("update chat_conversations set unread = 0 where id = $1", chat)
            deleting = asyncio.create_task(delete_tenant(room.tenant_id, room.pool))
            await eventually(waits, every=0.02, what="the deletion to wait")
            await record_event(room.tenant_id, root, "info", "x", "y")
    assert await deleting
    assert await load_tenant(room.tenant_id, room.pool) is None
