"""What arrives in the middle of an erasure is a new person's, whichever of her numbers it comes from."""

import asyncio
from uuid import UUID

import pytest

from nexus.contracts.identity import phone_key
from nexus.gateways.tiendanube.order_phones import same_phone
from nexus.store.database import Connection
from nexus.store.erasure import erase_person, erase_traces
from nexus.store.inbox import Accepted
from nexus.store.person import Person, Sought
from tests.integration.store.room import Room, new_number
from tests.service import eventually


@pytest.mark.parametrize("from_her_earlier_number", [False, True])
async def test_a_message_that_comes_while_its_writer_is_erased_waits_and_begins_a_new_chat(
    room: Room, customer: str, root: Connection, from_her_earlier_number: bool
) -> None:
    earlier = new_number()
    chat = await room.say(customer, "lo de antes")
    await root.execute(
        "insert into customer_aliases (tenant_id, external_user_id, conversation_id) values ($1, $2, $3)",
        room.tenant_id,
        phone_key(earlier),
        chat,
    )
    writes_from = earlier if from_her_earlier_number else customer
    arriving: list[asyncio.Task[list[Accepted]]] = []

    async def waits() -> bool:
        query = "select 1 from pg_stat_activity where wait_event_type = 'Lock' and query like '%accept(%'"
        return bool(await root.fetchval(query))

    async def settle(_conn: Connection, _person: Person, counts: dict[str, int]) -> None:
        assert (counts["chats"], counts["messages"], counts["events"]) == (1, 1, 1)
        arriving.append(asyncio.create_task(room.accept(room.inbound(writes_from, "soy yo de nuevo"))))
        await eventually(waits, every=0.02, what="the webhook to wait")

    sought = Sought(phone=earlier)
    traces = await erase_traces(room.tenant_id, room.pool, sought, same_phone)
    assert await erase_person(room.tenant_id, room.pool, sought, same_phone, traces, settle) is not None
    [accepted] = await arriving[0]

    assert accepted.outcome == "accepted"
    assert accepted.conversation_id not in (None, chat)
    assert [row["content"] for row in await room.messages()] == ["soy yo de nuevo"]
    assert await _keys(root, room, accepted.conversation_id) == [phone_key(writes_from)]


async def _keys(root: Connection, room: Room, chat: UUID | None) -> list[str]:
    rows = await root.fetch(
        """select external_user_id from chat_conversations where tenant_id = $1 and id = $2
           union all select external_user_id from customer_aliases where tenant_id = $1""",
        room.tenant_id,
        chat,
    )
    return [row["external_user_id"] for row in rows]
