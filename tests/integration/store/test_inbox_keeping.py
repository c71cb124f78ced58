"""What the inbox keeps of a chat: labels, notes, whose it is, a bot that is off; it survives a join and is audited."""

from uuid import UUID

import pytest

from nexus.runtime.actor import act_as
from nexus.runtime.logs import forget_context
from nexus.store.audit import list_changes
from nexus.store.canned_replies import add_reply
from nexus.store.chat_list import Filters, list_chats, list_is_as_seen, list_moment, load_chat
from nexus.store.database import tenant_transaction
from nexus.store.effects import hand_off
from nexus.store.labels import add_label, delete_label, set_labels
from nexus.store.lockout import OFF_UNTIL, Pause, begin_lockout, pause_bot
from nexus.store.notes import Writer, add_note, change_note, list_notes
from tests.integration.store.room import Room, new_id

WHO = Writer("caro@tienda.test", None, manages=True)


async def _labelled(room: Room, chat: UUID, *names: str) -> list[int]:
    ids = [(await add_label(room.tenant_id, room.pool, name))["id"] for name in names]
    assert await set_labels(room.tenant_id, room.pool, chat, ids)
    return ids


async def test_two_chats_of_one_person_keep_both_their_labels_and_notes_and_the_bot_stays_off(
    room: Room, customer: str
) -> None:
    username = new_id("AR.")
    nameless = room.inbound(customer) | {"external_user_id": username, "wa_address": None, "user_scoped_id": username}
    (made,) = await room.accept(nameless)
    kept = await room.say(customer)
    assert made.conversation_id is not None
    assert made.conversation_id != kept
    both, extra = await _labelled(room, made.conversation_id, "Mayorista", "Reclamo")
    await set_labels(room.tenant_id, room.pool, kept, [both])
    for chat, text in ((made.conversation_id, "De la cuenta"), (kept, "Del teléfono")):
        await add_note(room.tenant_id, room.pool, chat, text, WHO)
    await pause_bot(room.tenant_id, room.pool, made.conversation_id, Pause(OFF_UNTIL, "Caro", "Proveedor"))
    await room.accept(room.inbound(customer) | {"user_scoped_id": username})
    one = await load_chat(room.tenant_id, room.pool, kept)
    assert one is not None
    assert await load_chat(room.tenant_id, room.pool, made.conversation_id) is None
    assert [label["id"] for label in one["labels"]] == [both, extra]
    assert (one["bot"], one["override_reason"], one["override_author"]) == ("off", "Proveedor", "Caro")
    notes = await list_notes(room.tenant_id, room.pool, kept)
    assert {note["text"] for note in notes or []} == {"De la cuenta", "Del teléfono"}


async def test_nothing_shortens_a_bot_that_is_off(room: Room, customer: str) -> None:
    chat = await room.say(customer)
    await pause_bot(room.tenant_id, room.pool, chat, Pause(OFF_UNTIL, "Caro"))
    await room.accept(room.echo(customer))
    async with tenant_transaction(room.tenant_id, room.pool) as conn:
        assert await begin_lockout(room.tenant_id, conn, chat, "derivhumano", hours=1) == OFF_UNTIL
        made = await hand_off(room.tenant_id, conn, chat, source="bot", reason="x", details={})
    assert made["until"] == OFF_UNTIL.isoformat()
    row = await room.chat(customer)
    assert (row["human_override_until"], row["override_cause"]) == (OFF_UNTIL, "panel_off")
    assert row["needs_human_reason"] == "derivhumano"


async def test_a_label_that_is_gone_changes_the_list_and_a_busy_queue_does_not(room: Room, customer: str) -> None:
    chat = await room.say(customer)
    (label,) = await _labelled(room, chat, "Mayorista")
    seen = await list_moment(room.tenant_id, room.pool)
    await room.make_due()
    await room.claim()
    assert await list_is_as_seen(room.tenant_id, room.pool, seen)
    assert await delete_label(room.tenant_id, room.pool, label)
    assert not await list_is_as_seen(room.tenant_id, room.pool, seen)
    assert await list_chats(room.tenant_id, room.pool, limit=5, filters=Filters(label=label)) == []


async def test_it_is_written_down_who_labelled_noted_and_saved_but_not_what_the_note_says(
    room: Room, customer: str
) -> None:
    chat = await room.say(customer)
    act_as("caro@tienda.test")
    (label,) = await _labelled(room, chat, "Mayorista")
    note = await add_note(room.tenant_id, room.pool, chat, "Es mi cuñada", WHO)
    assert note is not None
    await change_note(room.tenant_id, room.pool, note["id"], "Es mi prima", WHO)
    reply = await add_reply(room.tenant_id, room.pool, "hola", "¡Hola!")
    forget_context()
    told = [
        (row["action"], row["subject_id"], {c["field"]: c["after"] for c in row["changes"]})
        for row in reversed(await list_changes(room.tenant_id, room.pool, limit=20))
    ]
    changed = {"text": "•••• cambió"}
    assert told == [
        ("label.create", str(label), {"name": "Mayorista"}),
        ("conversation.create", str(chat), {"label_id": label}),
        ("note.create", str(chat), changed),
        ("note.update", str(chat), changed),
        ("canned_reply.create", str(reply["id"]), {"shortcut": "hola", "text": "¡Hola!"}),
    ]


@pytest.fixture(autouse=True)
def nobody_acts() -> None:
    """Each test says itself who acts."""
    forget_context()
