"""A picture with words under it: kept, found, sent, and never lost with a picture that WhatsApp cannot use."""

from uuid import UUID

from nexus.gateways.upstream import Upstream
from nexus.gateways.ycloud.media import YCloudMedia
from nexus.runtime.media_folder import MediaFolder
from nexus.runtime.settings import Settings
from nexus.store.inbox_search import newest_hits, search_inbox
from nexus.store.outbox import claim_outbox, take_bubble
from nexus.store.replies import NewBubble, commit_reply
from nexus.store.send_outcomes import Bubble, mark_picture_lost, mark_sent
from nexus.whatsapp_service.outgoing import OutgoingContent
from tests.integration.store.room import Room

PICTURE = "https://img.example/puntas.jpg"
WORDS = "*Puntas Giselle*\n$ 49.900,00"


async def _card(room: Room, customer: str) -> Bubble:
    """A card on its way to the customer."""
    burst = await room.open_burst(customer)
    result = await commit_reply(
        room.tenant_id, room.pool, burst, [NewBubble("image", PICTURE, caption=WORDS), NewBubble("text", "¿Va?")], None
    )
    assert [bubble.caption for bubble in result.bubbles] == [WORDS, None]
    await room.root.execute("update chat_conversations set outbox_due_at = now() where id = $1", burst.conversation_id)
    await claim_outbox(room.pool, "sender", 10)
    return await _next(room, burst.conversation_id)


async def _next(room: Room, chat: UUID) -> Bubble:
    bubble = await take_bubble(room.tenant_id, room.pool, chat, "sender")
    assert bubble is not None
    return bubble


async def test_it_is_sent_under_its_picture_by_link_or_by_id(room: Room, customer: str) -> None:
    settings = Settings(_env_file=None)
    content = OutgoingContent(
        room.pool, YCloudMedia(settings), MediaFolder(settings), Upstream("pictures"), allow_loopback=False
    )
    bubble = await _card(room, customer)
    assert content.of(bubble) == {"type": "image", "image": {"link": PICTURE, "caption": WORDS}}
    await room.root.execute(
        """update chat_messages set provider_status = 'pending', payload = payload || '{"given_as": "m1"}'
           where id = $1""",
        bubble.id,
    )
    again = await _next(room, bubble.conversation_id)
    assert content.of(again) == {"type": "image", "image": {"id": "m1", "caption": WORDS}}


async def test_it_is_found_by_its_words_and_stands_in_the_list_of_chats(room: Room, customer: str) -> None:
    bubble = await _card(room, customer)
    found = await search_inbox(room.tenant_id, room.pool, "giselle", [])
    hits = await newest_hits(room.tenant_id, room.pool, [bubble.conversation_id], found)
    assert hits == {bubble.conversation_id: (bubble.id, WORDS)}


async def test_a_picture_that_cannot_be_had_leaves_its_words_as_a_text_in_its_place(room: Room, customer: str) -> None:
    bubble = await _card(room, customer)
    await mark_picture_lost(room.tenant_id, room.pool, bubble, "131053")
    again = await _next(room, bubble.conversation_id)
    assert (again.id, again.message_type, again.content, again.caption) == (bubble.id, "text", WORDS, None)


async def test_a_picture_refused_after_the_fact_is_followed_by_its_words_once(room: Room, customer: str) -> None:
    bubble = await _card(room, customer)
    await mark_sent(room.tenant_id, room.pool, bubble, "y1", "wamid.picture")
    failed = room.status(customer, "failed", externalId=bubble.external_id, id="y1", errorCode="131053")
    await room.accept(failed, failed)
    rows = await room.messages("role = 'assistant'")
    assert [(row["message_type"], row["content"], row["provider_status"]) for row in rows] == [
        ("image", PICTURE, "failed"),
        ("text", "¿Va?", "pending"),
        ("text", WORDS, "pending"),
    ]


async def test_other_failures_say_nothing_twice(room: Room, customer: str) -> None:
    bubble = await _card(room, customer)
    await mark_sent(room.tenant_id, room.pool, bubble, "y2", "wamid.other")
    await room.accept(room.status(customer, "failed", externalId=bubble.external_id, id="y2", errorCode="131026"))
    assert len(await room.messages("role = 'assistant'")) == 2
