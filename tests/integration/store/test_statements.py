"""The customer's older words and her pictures, as the run reads them (S-031)."""

from datetime import UTC, datetime
from uuid import UUID, uuid4

from nexus.orchestrator_service.agent.facts import HINTS, facts_note, older_facts
from nexus.store.memory import load_memory, load_statements
from tests.integration.store.room import Room


async def _put(room: Room, chat: UUID, text: str, author: str = "customer", **columns: object) -> UUID:
    message_id: UUID = await room.root.fetchval(
        """insert into chat_messages (tenant_id, conversation_id, role, author, message_type, content, payload,
                                      media_id)
           values ($1, $2, $3, $4, $5, $6, $7::jsonb, $8) returning id""",
        room.tenant_id,
        chat,
        "user" if author == "customer" else "assistant",
        author,
        columns.get("kind", "text"),
        text,
        columns.get("payload"),
        columns.get("media_id"),
    )
    return message_id


async def test_only_the_customers_own_words_of_this_chat_are_read_for_facts_however_long_ago(
    room: Room, other: Room, customer: str
) -> None:
    burst = await room.open_burst(customer, "y en ese talle?")
    chat = burst.conversation_id
    await _put(room, chat, "Me llamo Lucía y calzo 37")
    await _put(room, chat, "me llamo Nexus", "bot")
    await _put(room, chat, "soy Ana", "human")
    for n in range(30):
        await _put(room, chat, f"mensaje {n}")
    await _put(room, await room.say("+5491140000001", "x"), "calzo 44")
    await _put(other, await other.say(customer, "x"), "calzo 45")

    history = await load_memory(room.tenant_id, room.pool, chat, burst.id, 20)
    statements = await load_statements(room.tenant_id, room.pool, chat, HINTS)

    assert [one.content for one in statements] == ["y en ese talle?", "Me llamo Lucía y calzo 37"]
    told = facts_note(older_facts(statements, [*history, *burst.messages]))
    assert told == "Datos que el cliente dijo antes: se llama Lucía; calza 37."


async def test_a_sent_picture_brings_its_caption_and_a_received_one_our_copy(room: Room, customer: str) -> None:
    burst = await room.open_burst(customer)
    media_id = uuid4()
    await room.root.execute(
        """insert into chat_media (id, tenant_id, storage_url, media_type, mime_type, byte_size)
           values ($1, $2, 'media/x', 'image', 'image/jpeg', 123)""",
        media_id,
        room.tenant_id,
    )
    await _put(room, burst.conversation_id, "mirá", kind="image", media_id=media_id)
    await _put(room, burst.conversation_id, "https://x/y.png", "bot", kind="image", payload='{"caption": "*Giselle*"}')
    seen, shown = await load_memory(room.tenant_id, room.pool, burst.conversation_id, burst.id, 20)
    assert seen.picture is not None
    assert (seen.picture.media_id, seen.picture.mime_type, seen.picture.byte_size) == (media_id, "image/jpeg", 123)
    assert (shown.caption, shown.picture) == ("*Giselle*", None)
    assert seen.at <= datetime.now(UTC)
