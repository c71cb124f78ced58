"""After `restore --discard-waiting` nothing of the backup's moment goes out by itself."""

import asyncpg

from nexus.embedded.postgres import EmbeddedPostgres
from nexus.store.chat_list import load_chat
from nexus.store.conversations import retry_burst
from nexus.store.queue import claim_bursts
from nexus.store.refill import Refill, Waiting
from tests.integration.store.room import Room, new_number


async def _discard(postgres: EmbeddedPostgres) -> Waiting:
    owner = await asyncpg.connect(postgres.owner_dsn)
    async with owner.transaction():
        found = await Refill(owner).discard_waiting()
    await owner.close()
    return found


async def test_what_waited_is_discarded_or_parked_and_can_be_tried_again(
    room: Room, postgres: EmbeddedPostgres
) -> None:
    await _discard(postgres)  # what other tests left
    answered, in_hand, asked, quiet = [new_number() for _ in range(4)]
    await room.reply(await room.open_burst(answered, "Hola"), "Sí", "Te paso el link")
    burst = await room.open_burst(in_hand, "¿Hay talle 37?")
    waiting = await room.say(asked, "¿Y en negro?", "¿Hola?")
    await room.accept(room.echo(quiet))
    chat_id = (await room.chat(answered))["id"]  # each next one's helper made it due again
    await room.root.execute("update chat_conversations set due_at = null where id = $1", chat_id)
    found = await _discard(postgres)
    assert (found.bubbles, found.chats) == (2, 2)
    assert await room.statuses() == ["discarded", "discarded", "sent"]
    assert await claim_bursts(room.pool, "worker", 10) == []
    parked = await room.root.fetch(
        "select id, conversation_id, reason from bursts where state = 'parked' and tenant_id = $1", room.tenant_id
    )
    assert {row["conversation_id"] for row in parked} == {burst.conversation_id, waiting}
    assert {row["reason"] for row in parked} == {"restored"}
    chat = await load_chat(room.tenant_id, room.pool, waiting)
    assert chat is not None
    assert (chat["needs_human_reason"], chat["unread"]) == ("burst_parked", 2)
    assert await room.events("restore_discarded") == 1
    again = next(row["id"] for row in parked if row["conversation_id"] == waiting)
    await retry_burst(room.tenant_id, room.pool, again)
    await room.make_due()
    claimed = await claim_bursts(room.pool, "worker", 10)
    words = [room.words(await room.load(one)) for one in claimed if one.conversation_id == waiting]
    assert words == [["¿Y en negro?", "¿Hola?"]]
