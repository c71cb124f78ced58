"""Direct callers of /chat and the gateway never take each other's messages (contract.md 4)."""

from datetime import timedelta

import pytest

from nexus.contracts.identity import phone_key
from nexus.store.callers import CallerBurst, CallerCustomer, CallerMessage, open_caller_burst
from nexus.store.outbox import claim_outbox
from nexus.store.queue import claim_bursts
from nexus.store.replies import Burst, load_burst
from tests.integration.store.room import Room, new_id


async def _call(room: Room, customer: str, *ids: str) -> CallerBurst:
    return await open_caller_burst(
        room.tenant_id,
        room.pool,
        "ycloud",
        CallerCustomer(phone_key(customer), customer, None, "Lucía"),
        [CallerMessage(id_, "text", f"texto de {id_}", None) for id_ in ids],
        correlation_id="corr-1",
        lease=timedelta(seconds=30),
    )


async def _burst(room: Room, called: CallerBurst) -> Burst:
    assert called.burst_id is not None
    burst = await load_burst(room.tenant_id, room.pool, called.burst_id, called.fence)
    assert isinstance(burst, Burst)
    return burst


async def _let_the_lease_end(room: Room) -> None:
    await room.root.execute(
        "update chat_conversations set lease_until = now() - interval '1 s' where tenant_id = $1", room.tenant_id
    )


async def test_new_messages_are_stored_and_claimed(room: Room, customer: str) -> None:
    ids = [new_id("wamid."), new_id("wamid.")]
    called = await _call(room, customer, *ids)
    assert (called.state, called.fence) == ("claimed", 1)
    burst = await _burst(room, called)
    assert (burst.delivery, room.words(burst)) == ("caller", [f"texto de {id_}" for id_ in ids])
    assert (await room.chat(customer))["unread"] == 2
    assert await claim_bursts(room.pool, "worker", 10) == []  # the relay has nothing to do with them


async def test_a_caller_s_bubbles_stand_as_sent_and_the_outbox_never_sees_them(room: Room, customer: str) -> None:
    called = await _call(room, customer, new_id("wamid."))
    result = await room.reply(await _burst(room, called), "uno", "dos")
    assert (result.status, len(result.bubbles)) == ("ok", 2)
    rows = await room.messages("role = 'assistant'")
    assert {(row["delivery"], row["provider_status"]) for row in rows} == {("caller", "sent")}
    assert await claim_outbox(room.pool, "sender", 10) == []


async def test_the_same_ids_answered_already_give_the_stored_burst(room: Room, customer: str) -> None:
    ids = [new_id("wamid."), new_id("wamid.")]
    called = await _call(room, customer, *ids)
    await room.reply(await _burst(room, called), "respuesta")
    assert await _call(room, customer, *ids) == CallerBurst("finished", called.conversation_id, called.burst_id)
    assert (await room.chat(customer))["unread"] == 2


async def test_while_one_call_runs_the_next_one_waits_with_its_message_kept(room: Room, customer: str) -> None:
    earlier, later = new_id("wamid."), new_id("wamid.")
    first = await _call(room, customer, earlier)
    assert (await _call(room, customer, later)).state == "busy"
    assert (await room.reply(await _burst(room, first), "respuesta")).reason == "superseded"
    second = await _call(room, customer, later)
    assert (second.state, second.fence) == ("claimed", 2)
    assert room.words(await _burst(room, second)) == [f"texto de {earlier}", f"texto de {later}"]


async def test_while_the_gateway_holds_the_conversation_a_call_waits(room: Room, customer: str) -> None:
    held = await room.open_burst(customer)
    id_ = new_id("wamid.")
    assert (await _call(room, customer, id_)).state == "busy"
    await room.reply(held)
    assert (await _call(room, customer, id_)).state == "claimed"


async def test_while_a_call_runs_the_gateway_waits(room: Room, customer: str) -> None:
    called = await _call(room, customer, new_id("wamid."))
    await room.accept(room.inbound(customer))
    await room.root.execute("update chat_conversations set due_at = now() where id = $1", called.conversation_id)
    assert await claim_bursts(room.pool, "worker", 10) == []
    await room.reply(await _burst(room, called))
    assert (await room.claim()).fence == 2


@pytest.mark.parametrize("bound", [False, True])
async def test_messages_of_the_gateway_are_its_own(room: Room, customer: str, bound: bool) -> None:
    wamid = new_id("wamid.")
    await room.accept(room.inbound(customer, wamid=wamid))
    burst_id = None
    if bound:
        await room.make_due()
        burst_id = (await room.claim()).burst_id
    called = await _call(room, customer, wamid)
    assert (called.state, called.burst_id) == ("duplicate", burst_id)


async def test_of_known_and_new_ids_only_the_new_ones_are_taken(room: Room, customer: str) -> None:
    of_gateway, answered, new = (new_id("wamid.") for _ in range(3))
    await room.accept(room.inbound(customer, wamid=of_gateway))
    await room.reply(await _burst(room, await _call(room, customer, answered)), "respuesta")
    called = await _call(room, customer, of_gateway, answered, new)
    assert called.state == "claimed"
    assert room.words(await _burst(room, called)) == [f"texto de {new}"]


async def test_an_abandoned_burst_is_resumed_by_the_same_ids_and_by_nobody_else(room: Room, customer: str) -> None:
    id_ = new_id("wamid.")
    abandoned = await _call(room, customer, id_)
    assert (await _call(room, customer, id_)).state == "busy"
    await _let_the_lease_end(room)
    assert await claim_bursts(room.pool, "worker", 10) == []
    stranger = await _call(room, customer, new_id("wamid."))
    assert stranger.state == "claimed"
    assert stranger.burst_id != abandoned.burst_id
    await _let_the_lease_end(room)
    resumed = await _call(room, customer, id_)
    assert (resumed.state, resumed.burst_id, resumed.fence) == ("claimed", abandoned.burst_id, 3)


async def test_the_same_id_of_two_tenants_is_two_messages(room: Room, other: Room, customer: str) -> None:
    id_ = new_id("wamid.")
    called = [await _call(shop, customer, id_) for shop in (room, other)]
    assert [c.state for c in called] == ["claimed", "claimed"]
    assert called[0].burst_id != called[1].burst_id
