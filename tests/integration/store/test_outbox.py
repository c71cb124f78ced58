"""Bubbles on their way out: one sender, oldest first, one in flight, and never a second time by guess (section 4)."""

import asyncio
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from nexus.contracts.identity import phone_key
from nexus.gateways.upstream import Upstream
from nexus.gateways.ycloud.client import YCloud
from nexus.gateways.ycloud.media import YCloudMedia
from nexus.runtime.media_folder import MediaFolder
from nexus.runtime.settings import Settings
from nexus.store.credentials import set_credentials
from nexus.store.lockout import pause_bot
from nexus.store.messages import Outgoing, queue_for_address, queue_manual
from nexus.store.outbox import claim_outbox, take_bubble
from nexus.store.queue import next_work
from nexus.store.secrets import SealBrokenError, Vault
from nexus.store.send_outcomes import (
    Bubble,
    mark_again,
    mark_failed,
    mark_sent,
    mark_unknown,
)
from nexus.whatsapp_service.keys import YCloudKeys
from nexus.whatsapp_service.outbox import Outbox
from nexus.whatsapp_service.outgoing import OutgoingContent
from tests.integration.store.room import Room, an_hour, new_id, new_number


async def _answered(room: Room, customer: str, *texts: str, kind: str = "reply") -> UUID:
    burst = await room.open_burst(customer)
    await room.reply(burst, *texts, kind=kind)
    return burst.conversation_id


async def _take(room: Room, chat: UUID, owner: str = "sender") -> Bubble | None:
    return await take_bubble(room.tenant_id, room.pool, chat, owner)


async def _claim_and_take(room: Room, chat: UUID) -> Bubble | None:
    await room.root.execute("update chat_conversations set outbox_due_at = now() where id = $1", chat)
    [(tenant_id, claimed)] = await claim_outbox(room.pool, "sender", 10)
    assert (tenant_id, claimed) == (room.tenant_id, chat)
    return await _take(room, chat)


async def _taken(room: Room, chat: UUID) -> Bubble:
    bubble = await _claim_and_take(room, chat)
    assert bubble is not None
    return bubble


def _outbox(room: Room) -> Outbox:
    settings = Settings(_env_file=None)
    content = OutgoingContent(
        room.pool, YCloudMedia(settings), MediaFolder(settings), Upstream("pictures"), allow_loopback=False
    )
    return Outbox(room.pool, YCloudKeys(room.pool, Vault("clave")), YCloud(settings), content, "sender")


async def _due_in(room: Room, customer: str) -> float | None:
    due = (await room.chat(customer))["outbox_due_at"]
    return (due - datetime.now(UTC)).total_seconds() if due else None


async def test_bubbles_go_in_order_one_at_a_time_with_their_external_id_reserved(room: Room, customer: str) -> None:
    chat = await _answered(room, customer, "uno", "dos", "tres")
    sent = []
    bubble: Bubble | None = await _taken(room, chat)
    while bubble:
        [row] = await room.messages("id = $1", bubble.id)
        assert (row["provider_status"], row["external_id"]) == ("sending", f"nx:{room.tenant_id}:{bubble.id}")
        assert (bubble.external_id, bubble.from_number, bubble.to_address) == (
            row["external_id"],
            room.number,
            customer,
        )
        sent.append(bubble.content)
        await mark_sent(room.tenant_id, room.pool, bubble, new_id("yc"), new_id("wamid."))
        bubble = await _take(room, chat)
    assert sent == ["uno", "dos", "tres"]
    assert await room.statuses() == ["sent"] * 3
    assert (await room.chat(customer))["outbox_due_at"] is None


async def test_while_one_bubble_is_in_flight_no_other_goes(room: Room, customer: str) -> None:
    chat = await _answered(room, customer, "uno", "dos")
    await _taken(room, chat)
    assert await _claim_soon(room) == []  # its sender holds the lease
    assert await _take(room, chat) is None
    assert await room.statuses() == ["sending", "pending"]
    due = await _due_in(room, customer)
    assert due is not None
    assert 10 < due <= 15


async def _claim_soon(room: Room) -> list[tuple[int, UUID]]:
    return await claim_outbox(room.pool, "another", 10)


async def test_two_senders_never_hold_the_same_conversation(room: Room) -> None:
    chats = [await _answered(room, new_number(), "hola") for _ in range(12)]

    async def work(owner: str) -> list[UUID]:
        mine = []
        while claimed := await claim_outbox(room.pool, owner, 2):
            mine += [chat for _, chat in claimed]
        return mine

    held = [chat for mine in await asyncio.gather(*(work(f"s{n}") for n in range(6))) for chat in mine]
    assert sorted(held) == sorted(chats)


async def test_a_sender_that_lost_its_claim_takes_nothing(room: Room, customer: str) -> None:
    chat = await _answered(room, customer, "uno")
    await claim_outbox(room.pool, "slow", 10)
    await room.root.execute(
        "update chat_conversations set outbox_lease_until = now() - interval '1 s' where id = $1", chat
    )
    await claim_outbox(room.pool, "quick", 10)
    assert await _take(room, chat, "slow") is None
    assert (await _take(room, chat, "quick")) is not None


async def test_what_a_dead_sender_left_becomes_unknown_and_holds_the_rest_up_for_15_seconds(
    room: Room, customer: str
) -> None:
    chat = await _answered(room, customer, "uno", "dos")
    await _taken(room, chat)
    await room.root.execute(
        "update chat_messages set sending_until = now() - interval '1 s' where conversation_id = $1", chat
    )
    await room.root.execute("update chat_conversations set outbox_lease_until = null where id = $1", chat)
    assert await _claim_and_take(room, chat) is None
    assert await room.statuses() == ["unknown", "pending"]
    assert await room.events("send_unknown") == 1
    due = await _due_in(room, customer)
    assert due is not None
    assert 10 < due <= 15
    await room.root.execute(
        "update chat_messages set status_at = now() - interval '16 s' where provider_status = 'unknown'"
    )
    assert (await _taken(room, chat)).content == "dos"
    assert await room.statuses() == ["unknown", "sending"]


async def test_a_status_that_settles_the_unknown_one_lets_the_rest_go_at_once(room: Room, customer: str) -> None:
    chat = await _answered(room, customer, "uno", "dos")
    bubble = await _taken(room, chat)
    await mark_unknown(room.tenant_id, room.pool, bubble, "read_timeout")
    assert await _take(room, chat) is None
    await room.accept(room.status(customer, "delivered", externalId=bubble.external_id))
    due = await _due_in(room, customer)
    assert due is not None
    assert due <= 0
    assert (await _taken(room, chat)).content == "dos"


async def test_an_unknown_bubble_of_another_reply_holds_nobody_up(room: Room, customer: str) -> None:
    chat = await _answered(room, customer, "uno")
    await mark_unknown(room.tenant_id, room.pool, await _taken(room, chat), "read_timeout")
    await _take(room, chat)
    await _answered(room, customer, "dos")
    assert (await _taken(room, chat)).content == "dos"


async def test_an_unknown_bubble_is_never_taken_again(room: Room, customer: str) -> None:
    chat = await _answered(room, customer, "uno")
    await mark_unknown(room.tenant_id, room.pool, await _taken(room, chat), "reset")
    await room.root.execute(
        "update chat_messages set status_at = now() - interval '1 day' where conversation_id = $1", chat
    )
    assert await _take(room, chat) is None
    assert await _claim_and_take(room, chat) is None
    assert await room.statuses() == ["unknown"]


async def test_a_bubble_known_not_accepted_waits_its_pause_and_counts_its_attempts(room: Room, customer: str) -> None:
    chat = await _answered(room, customer, "uno", "dos")
    for attempt in (1, 2, 3):
        bubble = await _taken(room, chat)
        assert (bubble.content, bubble.attempts) == ("uno", attempt)
        await mark_again(room.tenant_id, room.pool, bubble, 7, "429", uses_attempt=True)
        assert await _take(room, chat) is None
        due = await _due_in(room, customer)
        assert due is not None
        assert 5 < due <= 7
        await room.root.execute("update chat_messages set next_attempt_at = now() where conversation_id = $1", chat)
    await mark_failed(room.tenant_id, room.pool, await _taken(room, chat), "429", "demasiados")
    assert (await _take(room, chat)) is not None
    assert await room.statuses() == ["failed", "sending"]
    assert (await room.chat(customer))["needs_human_reason"] == "send_failed"
    assert await room.events("send_failed") == 1


async def test_an_open_breaker_costs_no_attempt(room: Room, customer: str) -> None:
    chat = await _answered(room, customer, "uno")
    for _ in range(5):
        bubble = await _taken(room, chat)
        assert bubble.attempts == 1
        await mark_again(room.tenant_id, room.pool, bubble, 5, "breaker_open", uses_attempt=False)
        assert await _take(room, chat) is None
        await room.root.execute("update chat_messages set next_attempt_at = now() where conversation_id = $1", chat)
    assert await room.statuses() == ["pending"]


@pytest.mark.parametrize("status", ["sent", "delivered", "read", "failed"])
async def test_a_status_that_overtakes_the_answer_of_the_post_is_not_undone_by_it(
    room: Room, customer: str, status: str
) -> None:
    bubble = await _taken(room, await _answered(room, customer, "uno"))
    await room.accept(room.status(customer, status, externalId=bubble.external_id))
    await mark_sent(room.tenant_id, room.pool, bubble, "yc1", new_id("wamid."))
    await mark_again(room.tenant_id, room.pool, bubble, 1, "429", uses_attempt=True)
    await mark_failed(room.tenant_id, room.pool, bubble, "400", "no")
    await mark_unknown(room.tenant_id, room.pool, bubble, "late")
    [row] = await room.messages("id = $1", bubble.id)
    assert (row["provider_status"], row["provider_id"]) == (status, "yc1")


async def test_a_lockout_that_began_later_discards_the_bot_s_bubbles_and_no_others(room: Room, customer: str) -> None:
    chat = await _answered(room, customer, "del bot", "del bot también")
    await room.root.execute(
        """insert into chat_messages (tenant_id, conversation_id, role, author, kind, message_type, content,
                                      delivery, provider_status, burst_id)
           select $1, $2, 'assistant', 'bot', kind, 'text', kind, 'outbox', 'pending', $3
           from unnest(array['apology', 'handoff']) kind""",
        room.tenant_id,
        chat,
        (await room.messages("kind = 'reply'"))[0]["burst_id"],
    )
    await queue_for_address(
        room.tenant_id, room.pool, customer, phone_key(customer), Outgoing("text", "api", new_id("ref"))
    )
    await queue_manual(room.tenant_id, room.pool, chat, Outgoing("text", "manual", new_id("ref")))
    going = []
    bubble: Bubble | None = await _taken(room, chat)
    while bubble:
        going.append(bubble.content)
        await mark_sent(room.tenant_id, room.pool, bubble, None, None)
        bubble = await _take(room, chat)
    assert going == ["handoff", "api", "manual"]
    discarded = await room.messages("provider_status = 'discarded'")
    assert [row["kind"] for row in discarded] == ["reply", "reply", "apology"]
    assert {row["status_code"] for row in discarded} == {"lockout"}


@pytest.mark.parametrize(
    ("until", "since", "own"), [("1 hour", "1 second", True), ("1 hour", "-1 hour", False), ("-1 second", "1 s", False)]
)
async def test_a_lockout_of_its_own_burst_or_of_before_or_over_discards_nothing(
    room: Room, customer: str, until: str, since: str, own: bool
) -> None:
    chat = await _answered(room, customer, "uno")
    await room.root.execute(
        """update chat_conversations set human_override_until = now() + $2::text::interval,
               override_since = now() + $3::text::interval, override_burst_id = $4 where id = $1""",
        chat,
        until,
        since,
        (await room.messages("kind = 'reply'"))[0]["burst_id"] if own else None,
    )
    assert (await _taken(room, chat)).content == "uno"


async def test_a_pause_between_two_bubbles_stops_the_second(room: Room, customer: str) -> None:
    chat = await _answered(room, customer, "uno", "dos")
    await mark_sent(room.tenant_id, room.pool, await _taken(room, chat), None, None)
    await pause_bot(room.tenant_id, room.pool, chat, an_hour("Caro"))
    assert await _take(room, chat) is None
    assert await room.statuses() == ["sent", "discarded"]


async def test_a_ref_is_one_bubble_and_pauses_once(room: Room, customer: str) -> None:
    chat = await room.say(customer)
    outgoing = Outgoing("text", "Hola", "ref-1")
    first = await queue_manual(room.tenant_id, room.pool, chat, outgoing)
    paused = (await room.chat(customer))["override_since"]
    assert await queue_manual(room.tenant_id, room.pool, chat, outgoing) == first
    assert (await room.chat(customer))["override_since"] == paused
    both = await asyncio.gather(
        *(queue_for_address(room.tenant_id, room.pool, customer, phone_key(customer), outgoing) for _ in range(8))
    )
    assert len(set(both)) == 1
    assert len(await room.messages("role = 'assistant'")) == 2  # the panel's ref and the API's are two


async def test_a_chat_of_another_tenant_takes_no_manual_message(room: Room, other: Room, customer: str) -> None:
    chat = await room.say(customer)
    assert await queue_manual(other.tenant_id, other.pool, chat, Outgoing("text", "Hola", "ref")) is None
    assert await room.statuses() == []


async def test_a_message_of_the_shop_s_systems_neither_pauses_nor_is_stopped(room: Room, customer: str) -> None:
    chat = await room.say(customer)
    await pause_bot(room.tenant_id, room.pool, chat, an_hour("Caro"))
    before = (await room.chat(customer))["override_since"]
    await queue_for_address(
        room.tenant_id, room.pool, customer, phone_key(customer), Outgoing("text", "Tu pedido salió", "ref")
    )
    assert (await room.chat(customer))["override_since"] == before
    assert (await _taken(room, chat)).content == "Tu pedido salió"


async def test_the_next_bubble_s_time_is_known(room: Room, customer: str) -> None:
    chat = await _answered(room, customer, "uno")
    _, due = await next_work(room.pool)
    assert due is not None
    assert due <= 0
    bubble = await _taken(room, chat)
    await mark_again(room.tenant_id, room.pool, bubble, 50, "429", uses_attempt=True)
    await _take(room, chat)
    _, due = await next_work(room.pool)
    assert due is not None
    assert timedelta(seconds=45) < timedelta(seconds=due) <= timedelta(seconds=50)


async def test_a_key_that_cannot_be_read_leaves_the_bubble_pending_and_not_unclear(room: Room, customer: str) -> None:
    """Read after the mark, a failure at that moment made `unknown` of a bubble that never left."""
    chat = await _answered(room, customer, "uno")
    await set_credentials(room.tenant_id, room.pool, Vault("otra clave"), "ycloud", {"api_key": "k"})
    outbox = _outbox(room)
    [claimed] = await outbox.claim(10)
    with pytest.raises(SealBrokenError):
        await outbox.send_bubbles(claimed)
    assert await room.statuses() == ["pending"]
    assert claimed[1] == chat


async def test_a_sender_that_slept_through_its_lease_does_not_take_the_next_one_s_bubbles(
    room: Room, customer: str
) -> None:
    """The same process claims again what it lost while it was stopped (SIGSTOP)."""
    chat = await _answered(room, customer, "uno", "dos")
    outbox = _outbox(room)
    [(_, _, slept)] = await outbox.claim(10)
    await room.root.execute(
        "update chat_conversations set outbox_lease_until = now() - interval '1 second' where id = $1", chat
    )
    [(_, _, awake)] = await outbox.claim(10)
    assert await _take(room, chat, slept) is None
    bubble = await _take(room, chat, awake)
    assert bubble is not None
    assert bubble.content == "uno"
