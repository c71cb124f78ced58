"""The micro-batch when the database goes away under it."""

import asyncio

import pytest

from nexus.store.database import Connection
from nexus.whatsapp_service.inbox import Inbox, NotStoredError
from tests.integration.store.room import Room
from tests.service import eventually


async def test_a_lost_connection_refuses_the_whole_batch_at_once(room: Room, customer: str, root: Connection) -> None:
    """A terminated backend was taken for a bad event, and a batch of a hundred tried one by one, each waiting anew."""
    inbox = Inbox(room.pool)
    await room.accept(room.inbound(customer))

    async def waiting() -> int | None:
        found: int | None = await root.fetchval(
            "select pid from pg_stat_activity where wait_event_type = 'Lock' and query like '%accept(%'"
        )
        return found

    async with root.transaction():
        await root.execute("select 1 from chat_conversations where tenant_id = $1 for update", room.tenant_id)
        first = asyncio.create_task(inbox.accept(room.inbound(customer, "uno")))
        rest = [asyncio.create_task(inbox.accept(room.inbound(customer, text))) for text in ("dos", "tres")]
        pid = await eventually(waiting, every=0.02, what="the batch to wait")
        await root.execute("select pg_terminate_backend($1)", pid)
        done, _ = await asyncio.wait([first, *rest], timeout=10)
    assert len(done) == 3
    for task in done:
        with pytest.raises(NotStoredError):
            await task
    assert await room.outcomes(room.inbound(customer, "cuatro")) == ["accepted"]
