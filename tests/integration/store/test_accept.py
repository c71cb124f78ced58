"""accept(): what webhooks leave behind, each exactly once, whoever brings them in whatever order."""

import asyncio
import random
from datetime import UTC, datetime, timedelta
from typing import Any

import asyncpg
import pytest

from nexus.embedded.postgres import EmbeddedPostgres
from nexus.store.database import Connection
from nexus.store.inbox import accept_events
from nexus.store.queue import join_waiting
from nexus.whatsapp_service.envelope import Arrival, interpret
from tests.integration.store.room import Room, new_id, new_number


async def _lockout(room: Room, customer: str) -> tuple[str | None, bool]:
    chat = await room.chat(customer)
    until = chat["human_override_until"]
    return chat["override_cause"], until is not None and until > datetime.now(UTC)


async def test_a_message_is_stored_and_its_conversation_is_due(room: Room, customer: str) -> None:
    sent = datetime.now(UTC) - timedelta(seconds=5)
    [accepted] = await room.accept(room.inbound(customer, "Tenés puntas?", at=sent))
    chat = await room.chat(customer)
    assert (accepted.outcome, accepted.conversation_id) == ("accepted", chat["id"])
    [message] = await room.messages()
    assert (message["content"], message["role"], message["sent_at"]) == ("Tenés puntas?", "user", sent)
    assert message["awaits_answer"]
    assert (chat["wa_address"], chat["unread"], chat["last_message_preview"]) == (customer, 1, "Tenés puntas?")
    assert chat["last_inbound_at"] == sent
    assert chat["due_at"] - chat["waiting_since"] == timedelta(seconds=2)


async def test_the_same_event_again_changes_nothing(room: Room, customer: str) -> None:
    event = room.inbound(customer)
    assert await room.outcomes(event) == ["accepted"]
    before = await room.chat(customer)
    assert await room.outcomes(event, event) == ["duplicate", "duplicate"]
    assert await room.chat(customer) == before
    assert len(await room.messages()) == 1


async def test_the_same_wamid_under_another_event_id_is_the_same_message(room: Room, customer: str) -> None:
    wamid = new_id("wamid.")
    events = [room.inbound(customer, wamid=wamid) for _ in range(3)]
    assert await room.outcomes(events[0]) == ["accepted"]
    assert await room.outcomes(*events[1:]) == ["duplicate", "duplicate"]
    assert len(await room.messages()) == 1
    assert (await room.chat(customer))["unread"] == 1
    outcomes = await room.root.fetch(
        "select outcome from provider_events where tenant_id = $1 order by id", room.tenant_id
    )
    assert [row["outcome"] for row in outcomes] == ["accepted", "duplicate", "duplicate"]


async def test_twenty_parallel_copies_are_one_message(room: Room, customer: str) -> None:
    event = room.inbound(customer)
    outcomes = await asyncio.gather(*(room.outcomes(event) for _ in range(20)))
    assert sorted(outcome for [outcome] in outcomes) == ["accepted"] + ["duplicate"] * 19
    assert len(await room.messages()) == 1


async def test_twenty_parallel_events_of_one_wamid_are_one_message(room: Room, customer: str) -> None:
    wamid = new_id("wamid.")
    events = [room.inbound(customer, wamid=wamid) for _ in range(20)]
    outcomes = await asyncio.gather(*(room.outcomes(event) for event in events))
    assert sorted(outcome for [outcome] in outcomes) == ["accepted"] + ["duplicate"] * 19
    assert len(await room.messages()) == 1


async def test_two_tenants_may_share_a_wamid_and_an_event_id(room: Room, other: Room, customer: str) -> None:
    wamid, event_id = new_id("wamid."), new_id("evt_")
    for shop in (room, other):
        assert await shop.outcomes(shop.inbound(customer, wamid=wamid, event_id=event_id)) == ["accepted"]
    assert len(await room.messages()) == len(await other.messages()) == 1
    assert (await room.chat(customer))["id"] != (await other.chat(customer))["id"]


async def test_two_first_messages_at_once_make_one_conversation(room: Room, customer: str) -> None:
    events = [room.inbound(customer, f"m{n}") for n in range(6)]
    assert await asyncio.gather(*(room.outcomes(event) for event in events)) == [["accepted"]] * 6
    assert len({message["conversation_id"] for message in await room.messages()}) == 1
    assert (await room.chat(customer))["unread"] == 6


async def test_both_argentine_forms_are_one_conversation_that_answers_the_newest_address(room: Room) -> None:
    with_nine = new_number()
    without = with_nine.replace("+549", "+54")
    await room.accept(room.inbound(without))
    await room.accept(room.inbound(with_nine))
    assert (await room.chat(without))["wa_address"] == with_nine
    assert len({message["conversation_id"] for message in await room.messages()}) == 1


async def test_a_batch_keeps_each_event_s_own_answer_in_its_place(room: Room, other: Room) -> None:
    first = room.inbound(new_number())
    await room.accept(first)
    odd = interpret({"type": "contact.created", "id": new_id("evt_")}, Arrival({}, "", "c", 2, 6))
    batch = [
        other.inbound(new_number()),
        first,
        odd,
        room.status(new_number(), "delivered", id="?"),
        room.inbound("+5491"),
    ]
    answers = await accept_events(room.pool, batch)
    assert [a.outcome for a in answers] == ["accepted", "duplicate", "ignored", "ignored", "ignored"]
    assert [a.reason for a in answers] == [None, None, "type_not_handled", "unknown_message", "no_customer"]


async def test_an_event_of_no_tenant_is_stored_without_one(room: Room, root: Connection) -> None:
    event = interpret([1, 2], Arrival({}, "", "c", 2, 6)) | {"event_id": new_id("evt_")}
    assert await room.outcomes(event, event) == ["ignored", "duplicate"]
    row = await root.fetchrow("select * from provider_events where event_id = $1", event["event_id"])
    assert row is not None
    assert (row["tenant_id"], row["outcome"], row["reason"]) == (None, "ignored", "type_not_handled")


async def test_a_batch_that_fails_leaves_nothing_of_itself(room: Room, customer: str) -> None:
    broken = room.inbound(customer) | {"message_type": None}
    with pytest.raises(asyncpg.NotNullViolationError):
        await room.accept(room.inbound(customer), broken)
    assert await room.messages() == []
    assert await room.root.fetchval("select count(*) from provider_events where tenant_id = $1", room.tenant_id) == 0


async def test_the_same_events_in_any_order_from_two_receivers_never_deadlock(
    room: Room, other: Room, postgres: EmbeddedPostgres
) -> None:
    """Two processes get the same deliveries at once, each in its own order: 2 connections, 200 batches each."""
    chance = random.Random(7)
    customers = [new_number() for _ in range(3)]
    batches = [[_any_event(chance, (room, other), customers) for _ in range(8)] for _ in range(200)]
    pools = [await asyncpg.create_pool(postgres.app_dsn, min_size=1, max_size=1) for _ in range(2)]
    outcomes: list[str] = []
    for batch in batches:
        both = await asyncio.gather(*(accept_events(pool, chance.sample(batch, len(batch))) for pool in pools))
        outcomes += [accepted.outcome for answers in both for accepted in answers]
    for pool in pools:
        await pool.close()
    assert outcomes.count("duplicate") == len(outcomes) / 2
    inbound = {event["provider_message_id"] for batch in batches for event in batch if event["kind"] == "message"}
    stored = [message["provider_message_id"] for shop in (room, other) for message in await shop.messages()]
    assert len(stored) == len(set(stored))
    assert inbound <= set(stored)


def _any_event(chance: random.Random, shops: tuple[Room, ...], customers: list[str]) -> dict[str, Any]:
    shop, customer = chance.choice(shops), chance.choice(customers)
    kinds = [shop.inbound, shop.inbound, shop.echo]
    if chance.random() < 0.25:
        return shop.status(customer, "sent", id=new_id("yc"))
    if chance.random() < 0.1:
        return shop.inbound(customer) | {"kind": "record", "reason": "group", "external_user_id": None}
    return chance.choice(kinds)(customer)


async def test_an_echo_pauses_the_bot_for_the_tenant_s_hours_and_asks_for_nobody(room: Room, customer: str) -> None:
    await room.root.execute("update tenants set lockout_hours = 5 where id = $1", room.tenant_id)
    await room.say(customer)
    await room.root.execute(
        "update chat_conversations set needs_human_since = now(), needs_human_reason = 'x' where tenant_id = $1",
        room.tenant_id,
    )
    assert await room.outcomes(room.echo(customer, "Soy Caro", at=datetime.now(UTC) + timedelta(seconds=10))) == [
        "accepted"
    ]
    chat = await room.chat(customer)
    assert (chat["override_cause"], chat["override_burst_id"]) == ("phone_echo", None)
    assert chat["human_override_until"] - chat["override_since"] == timedelta(hours=5)
    assert (chat["needs_human_since"], chat["unread"]) == (None, 0)
    [echo] = await room.messages("kind = 'echo'")
    assert (echo["author"], echo["content"], echo["provider_status"]) == ("human", "Soy Caro", "sent")


async def test_an_echo_again_does_not_begin_the_pause_anew(room: Room, customer: str) -> None:
    echo = room.echo(customer)
    await room.accept(echo)
    before = await room.chat(customer)
    assert await room.outcomes(echo, room.echo(customer) | {"provider_message_id": echo["provider_message_id"]}) == [
        "duplicate",
        "duplicate",
    ]
    assert (await room.chat(customer))["human_override_until"] == before["human_override_until"]


@pytest.mark.parametrize(
    ("seconds", "switched_on", "paused"), [(0, True, False), (3, True, False), (4, True, True), (1, False, True)]
)
async def test_the_app_s_own_greeting_within_three_seconds_of_a_first_message_pauses_nothing(
    room: Room, customer: str, seconds: int, switched_on: bool, paused: bool
) -> None:
    await room.root.execute("update tenants set ignore_app_greeting = $2 where id = $1", room.tenant_id, switched_on)
    first = datetime.now(UTC) - timedelta(minutes=1)
    await room.accept(room.inbound(customer, at=first))
    await room.accept(room.echo(customer, "¡Hola! Gracias por escribir", at=first + timedelta(seconds=seconds)))
    assert await _lockout(room, customer) == (("phone_echo", True) if paused else (None, False))
    assert len(await room.messages("kind = 'echo'")) == 1


async def test_only_the_first_message_has_a_greeting(room: Room, customer: str) -> None:
    first = datetime.now(UTC) - timedelta(minutes=5)
    await room.accept(room.inbound(customer, at=first))
    await room.accept(room.inbound(customer, at=first + timedelta(minutes=2)))
    await room.accept(room.echo(customer, at=first + timedelta(minutes=2, seconds=1)))
    assert await _lockout(room, customer) == ("phone_echo", True)


async def test_a_second_echo_within_the_three_seconds_is_a_person(room: Room, customer: str) -> None:
    first = datetime.now(UTC) - timedelta(minutes=1)
    await room.accept(room.inbound(customer, at=first))
    await room.accept(room.echo(customer, "¡Hola! Gracias por escribir", at=first + timedelta(seconds=1)))
    await room.accept(room.echo(customer, "Te atiendo yo", at=first + timedelta(seconds=2)))
    assert await _lockout(room, customer) == ("phone_echo", True)


async def test_a_chat_begun_by_the_shop_has_no_greeting(room: Room, customer: str) -> None:
    await room.accept(room.echo(customer, "Hola Lucía, llegó tu pedido"))
    assert await _lockout(room, customer) == ("phone_echo", True)


async def test_an_echo_of_both_argentine_forms_pauses_the_same_conversation(room: Room, customer: str) -> None:
    await room.accept(room.inbound(customer, at=datetime.now(UTC) - timedelta(minutes=9)))
    await room.accept(room.echo(customer.replace("+549", "+54")))
    assert await _lockout(room, customer) == ("phone_echo", True)
    assert (await room.chat(customer))["wa_address"] == customer  # the echo's form is not the one replied to


def _by_username(room: Room, customer: str, username: str, *, phone: bool) -> dict[str, Any]:
    event = room.inbound(customer) | {"user_scoped_id": username}
    return event if phone else event | {"external_user_id": username, "wa_address": None}


async def test_a_phone_that_appears_later_is_the_same_person(room: Room, customer: str) -> None:
    username = new_id("AR.")
    for phone in (False, True, False, True):
        assert await room.outcomes(_by_username(room, customer, username, phone=phone)) == ["accepted"]
    chat = await room.chat(customer)
    assert (chat["wa_address"], chat["user_scoped_id"], chat["unread"]) == (customer, username, 4)
    assert {message["conversation_id"] for message in await room.messages()} == {chat["id"]}


async def test_two_chats_of_one_person_become_one_and_nothing_is_lost(room: Room, customer: str) -> None:
    username = new_id("AR.")
    events = [
        room.inbound(customer),
        _by_username(room, customer, username, phone=False),
        _by_username(room, customer, username, phone=True),
        _by_username(room, customer, username, phone=False),
    ]
    for event in events:
        assert await room.outcomes(event) == ["accepted"]
    chat = await room.chat(customer)
    messages = await room.messages("role = 'user'")
    assert {message["conversation_id"] for message in messages} == {chat["id"]}
    assert (len(messages), chat["unread"], chat["user_scoped_id"]) == (4, 4, username)


async def test_a_chat_with_a_burst_under_way_is_joined_when_it_is_over(room: Room, customer: str) -> None:
    username = new_id("AR.")
    await room.accept(_by_username(room, customer, username, phone=False))
    await room.make_due()
    burst = await room.load(await room.claim())
    await room.accept(room.inbound(customer, "desde el teléfono"))
    await room.accept(_by_username(room, customer, username, phone=True))
    assert len({message["conversation_id"] for message in await room.messages("role = 'user'")}) == 2

    await room.reply(burst, "para el nombre de usuario")
    assert await join_waiting(room.pool) == 0  # its bubble is still on its way
    await room.root.execute("update chat_messages set provider_status = 'sent' where tenant_id = $1", room.tenant_id)
    assert await join_waiting(room.pool) == 1

    chat = await room.chat(customer)
    assert {message["conversation_id"] for message in await room.messages()} == {chat["id"]}
    assert await room.outcomes(_by_username(room, customer, username, phone=False)) == ["accepted"]
    assert {message["conversation_id"] for message in await room.messages()} == {chat["id"]}


async def test_a_clock_ahead_of_ours_does_not_keep_a_message_the_newest(room: Room, customer: str) -> None:
    await room.accept(room.inbound(customer, "del futuro", at=datetime.now(UTC) + timedelta(hours=20)))
    await room.accept(room.inbound(customer, "de ahora"))
    first, second = await room.messages()
    assert first["sent_at"] < second["sent_at"]
    assert (await room.chat(customer))["last_message_at"] == second["sent_at"]
