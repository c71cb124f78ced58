"""What somebody does not want stays known: told by WhatsApp itself, and when two chats of hers become one."""

from nexus.contracts.identity import phone_key
from nexus.store.consents import list_consents, note_by_hand
from nexus.store.messages import Outgoing, queue_for_address
from tests.integration.store.room import Room, new_id


async def test_who_stopped_marketing_at_whatsapp_is_known_and_a_join_keeps_what_both_chats_know(
    room: Room, customer: str
) -> None:
    username = new_id("AR.")
    nameless = room.inbound(customer) | {"external_user_id": username, "wa_address": None, "user_scoped_id": username}
    (made,) = await room.accept(nameless)
    kept = await room.say(customer)
    assert made.conversation_id is not None
    await note_by_hand(room.tenant_id, room.pool, made.conversation_id, "reminders", "withdrawn", "caro@tienda.test")
    offer = Outgoing("text", "¡Oferta!", new_id("ref"))
    sent, _ = await queue_for_address(room.tenant_id, room.pool, customer, phone_key(customer), offer)
    external_id = f"nx:{room.tenant_id}:{sent}"
    await room.root.execute(
        "update chat_messages set provider_status = 'sent', attempts = 1, external_id = $2 where id = $1",
        sent,
        external_id,
    )
    error = {"errorCode": "131050", "whatsappApiError": {"code": "131050"}}
    await room.accept(room.status(customer, "failed", externalId=external_id, **error))
    await room.accept(room.inbound(customer) | {"user_scoped_id": username})
    said = await list_consents(room.tenant_id, room.pool, kept)
    assert [(one["purpose"], one["state"], one["source"], one["message_id"]) for one in said or []] == [
        ("marketing", "withdrawn", "webhook", sent),
        ("reminders", "withdrawn", "panel", None),
    ]
    assert await list_consents(room.tenant_id, room.pool, made.conversation_id) is None
