"""What does not leave: free text out of the window, more than WhatsApp's pace, two bots at talk (architecture.md 4)."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from nexus.contracts.identity import phone_key
from nexus.store.messages import Outgoing, queue_for_address
from nexus.store.outbox import take_bubble
from nexus.store.send_limits import CONTACT_BUDGET, PAIR_CAPACITY, may_write_to
from nexus.store.send_outcomes import Bubble, mark_link_refused, mark_sent, note_given, postpone
from tests.integration.store.room import Room, new_id, new_number


async def _take(room: Room, chat: UUID, *, ready: bool = True) -> Bubble | None:
    await room.root.execute("update chat_conversations set outbox_owner = 'sender' where id = $1", chat)
    return await take_bubble(room.tenant_id, room.pool, chat, "sender", lambda _: ready)


async def _answered(room: Room, customer: str, *texts: str) -> UUID:
    burst = await room.open_burst(customer)
    await room.reply(burst, *texts)
    return burst.conversation_id


async def _sent(room: Room, bubble: Bubble | None) -> None:
    assert bubble is not None
    await mark_sent(room.tenant_id, room.pool, bubble, new_id("yc"), new_id("wamid."))


async def test_free_text_after_the_window_fails_unsent_and_asks_for_a_person(room: Room, customer: str) -> None:
    chat = await _answered(room, customer, "uno", "dos")
    await room.root.execute(
        "update chat_conversations set last_inbound_at = now() - interval '24 hours 1 second' where id = $1", chat
    )
    assert await _take(room, chat) is None
    rows = await room.messages("role = 'assistant'")
    assert [(row["provider_status"], row["status_code"], row["attempts"]) for row in rows] == [
        ("failed", "window_closed", 0)
    ] * 2
    assert (await room.chat(customer))["needs_human_reason"] == "window_closed"


async def test_a_template_passes_a_closed_window_and_a_customer_who_never_wrote(room: Room) -> None:
    stranger = new_number()
    template = Outgoing("template", "[plantilla hola]", "ref-1", {"name": "hola", "language": "es_AR"})
    await queue_for_address(room.tenant_id, room.pool, stranger, phone_key(stranger), template)
    text = Outgoing("text", "Hola", "ref-2")
    await queue_for_address(room.tenant_id, room.pool, stranger, phone_key(stranger), text)
    chat = (await room.chat(stranger))["id"]
    bubble = await _take(room, chat)
    assert bubble is not None
    assert bubble.message_type == "template"
    await _sent(room, bubble)
    assert await _take(room, chat) is None
    assert await room.statuses() == ["sent", "failed"]


async def test_the_window_of_a_phone_opens_with_a_message_and_a_known_ref_is_let_through(
    room: Room, customer: str
) -> None:
    key = phone_key(customer)
    assert not await may_write_to(room.tenant_id, room.pool, key, "ref")
    await room.say(customer)
    assert await may_write_to(room.tenant_id, room.pool, key, "ref")
    await queue_for_address(room.tenant_id, room.pool, customer, key, Outgoing("text", "Hola", "ref"))
    await room.root.execute("update chat_conversations set last_inbound_at = now() - interval '2 days'")
    assert await may_write_to(room.tenant_id, room.pool, key, "ref")
    assert not await may_write_to(room.tenant_id, room.pool, key, "another")


async def test_past_the_saved_up_messages_one_goes_each_six_seconds(room: Room, customer: str) -> None:
    chat = await _answered(room, customer, "uno", "dos", "tres")
    await room.root.execute("update chat_conversations set pair_tokens = 1.2, pair_at = now() where id = $1", chat)
    await _sent(room, await _take(room, chat))
    assert await _take(room, chat) is None
    due = (await room.chat(customer))["outbox_due_at"]
    assert timedelta(seconds=3) < due - datetime.now(UTC) < timedelta(seconds=6)
    await room.root.execute("update chat_conversations set pair_at = now() - interval '1 hour' where id = $1", chat)
    await _sent(room, await _take(room, chat))
    assert (await room.chat(customer))["pair_tokens"] == pytest.approx(PAIR_CAPACITY - 1)


async def test_a_bot_that_writes_without_end_is_stopped_and_a_person_is_not(room: Room, customer: str) -> None:
    chat = await _answered(room, customer, "la de más")
    await room.root.execute(
        """insert into chat_messages (tenant_id, conversation_id, role, author, kind, message_type, content,
                                      provider_status)
           select $1, $2, 'assistant', 'bot', 'reply', 'text', 'x', 'sent' from generate_series(1, $3)""",
        room.tenant_id,
        chat,
        CONTACT_BUDGET,
    )
    await queue_for_address(room.tenant_id, room.pool, customer, phone_key(customer), Outgoing("text", "Aviso", "ref"))
    bubble = await _take(room, chat)
    assert bubble is not None
    assert bubble.content == "Aviso"
    [stopped] = await room.messages("content = 'la de más'")
    assert (stopped["provider_status"], stopped["status_code"]) == ("discarded", "contact_budget")
    assert (await room.chat(customer))["needs_human_reason"] == "contact_budget"


async def test_a_bubble_that_is_not_ready_stays_pending_until_whatsapp_has_its_file(room: Room, customer: str) -> None:
    chat = await _answered(room, customer, "https://cdn.example/foto.webp")
    waiting = await _take(room, chat, ready=False)
    assert waiting is not None
    assert (waiting.taken, waiting.given_as, await room.statuses()) == (False, None, ["pending"])
    await note_given(room.tenant_id, room.pool, waiting, "media-1")
    taken = await _take(room, chat)
    assert taken is not None
    assert (taken.taken, taken.given_as, await room.statuses()) == (True, "media-1", ["sending"])


async def test_a_refused_link_is_pending_again_and_a_failed_preparation_costs_an_attempt(
    room: Room, customer: str
) -> None:
    chat = await _answered(room, customer, "https://cdn.example/foto")
    taken = await _take(room, chat)
    assert taken is not None
    await mark_link_refused(room.tenant_id, room.pool, taken)
    waiting = await _take(room, chat, ready=False)
    assert waiting is not None
    assert (waiting.refused_link, waiting.attempts, await room.statuses()) == (True, 0, ["pending"])
    await postpone(room.tenant_id, room.pool, waiting, 30, "picture_unavailable")
    assert await _take(room, chat, ready=False) is None
    [row] = await room.messages("role = 'assistant'")
    assert (row["provider_status"], row["attempts"], row["status_code"]) == ("pending", 1, "picture_unavailable")
