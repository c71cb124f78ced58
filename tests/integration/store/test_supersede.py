"""A newer message during the run: one answer to both, never two, never none (architecture.md 3)."""

from datetime import timedelta
from uuid import uuid4

import pytest

from nexus.contracts.identity import phone_key
from nexus.store.callers import CallerBurst, CallerCustomer, CallerMessage, open_caller_burst
from nexus.store.effects import RunIdentity, effect_once
from nexus.store.replies import Burst, StaleFenceError, load_burst, stored_result
from tests.integration.store.room import Room


async def _done() -> dict[str, str]:
    return {"status": "done"}


async def _call(room: Room, customer: str, *ids: str) -> CallerBurst:
    """A direct caller hands over its messages; each is a call of its own."""
    return await open_caller_burst(
        room.tenant_id,
        room.pool,
        "crm",
        CallerCustomer(phone_key(customer), customer, None, None),
        [CallerMessage(one, "text", f"texto {one}", None) for one in ids],
        correlation_id=f"corr-{ids[-1]}",
        lease=timedelta(seconds=30),
    )


async def _held(room: Room, opened: CallerBurst) -> Burst:
    assert opened.burst_id is not None
    burst = await load_burst(room.tenant_id, room.pool, opened.burst_id, opened.fence)
    assert isinstance(burst, Burst)
    return burst


async def test_a_message_during_the_run_makes_one_burst_of_both_and_that_one_is_answered(
    room: Room, customer: str
) -> None:
    first = await room.open_burst(customer, "tenés puntas?")
    await room.accept(room.inbound(customer, "talle 37"))

    dropped = await room.reply(first, "¿Qué talle?")

    assert (dropped.status, dropped.reason, dropped.bubbles) == ("ignored", "superseded", [])
    assert await room.messages("role = 'assistant'") == []
    assert await stored_result(room.tenant_id, room.pool, first.id) == dropped
    chat = await room.chat(customer)
    assert chat["due_at"] is not None
    assert (chat["active_burst_id"], chat["lease_until"]) == (None, None)

    await room.make_due()
    second = await room.load(await room.claim())
    assert room.words(second) == ["tenés puntas?", "talle 37"]
    await room.accept(room.inbound(customer, "y media punta?"))  # she never stops: answered all the same
    assert (await room.reply(second, "Sí, en 37")).status == "ok"
    await room.root.execute("update chat_messages set provider_status = 'sent' where kind = 'reply'")
    await room.make_due()
    assert room.words(await room.load(await room.claim())) == ["y media punta?"]


async def test_an_answer_with_a_tools_effect_stands(room: Room, customer: str) -> None:
    burst = await room.open_burst(customer, "reservame el martes a las 10")
    run = RunIdentity(room.tenant_id, burst.conversation_id, burst.id, burst.fence)
    await effect_once(room.tenant_id, room.pool, run, "book_appointment", 1, {}, lambda _: _done())
    await room.accept(room.inbound(customer, "gracias"))
    assert (await room.reply(burst, "¡Listo!")).status == "ok"


async def test_a_run_that_lost_its_claim_supersedes_nothing(room: Room, customer: str) -> None:
    burst = await room.open_burst(customer, "uno")
    await room.accept(room.inbound(customer, "dos"))
    await room.make_due()
    again = await room.load(await room.claim("otro"))  # the first worker was thought dead
    with pytest.raises(StaleFenceError):
        await room.reply(burst, "tarde")
    assert (await room.messages("superseded_burst_id is not null")) == []
    assert (await room.reply(again, "ahora")).reason == "superseded"


async def test_the_gateways_customers_and_direct_callers_do_not_supersede_each_other(room: Room, customer: str) -> None:
    gateway = await room.open_burst(customer, "por WhatsApp")
    assert (await _call(room, customer, f"m-{uuid4()}")).state == "busy"
    assert (await room.reply(gateway, "al de WhatsApp")).status == "ok"


async def test_of_two_direct_calls_the_newer_gets_the_answer_and_the_older_stays_ignored(
    room: Room, customer: str
) -> None:
    one, two, three = (f"m-{uuid4()}" for _ in range(3))
    first = await _held(room, await _call(room, customer, one))
    assert (await _call(room, customer, two)).state == "busy"
    assert (await _call(room, customer, three)).state == "busy"

    assert (await room.reply(first, "a la primera")).reason == "superseded"

    again = await _call(room, customer, one)
    assert (again.state, again.burst_id) == ("finished", first.id)
    assert (await stored_result(room.tenant_id, room.pool, first.id)).status == "ignored"
    second = await _held(room, await _call(room, customer, two))
    assert room.words(second) == [f"texto {one}", f"texto {two}"]
    answered = await room.reply(second, "a las dos")  # though a third call waits
    assert [bubble.content for bubble in answered.bubbles] == ["a las dos"]
    assert room.words(await _held(room, await _call(room, customer, three))) == [f"texto {three}"]
    assert (await _call(room, customer, one, two)).burst_id == second.id


async def test_a_call_that_gave_up_before_takes_nobody_with_it(room: Room, customer: str) -> None:
    gone, own, late = (f"m-{uuid4()}" for _ in range(3))
    await room.open_burst(customer, "por WhatsApp")
    assert (await _call(room, customer, gone)).state == "busy"  # and its caller hangs up
    await room.make_due()

    burst = await _held(room, await _call(room, customer, own))
    assert (await room.reply(burst, "a la segunda llamada")).status == "ok"

    burst = await _held(room, await _call(room, customer, f"m-{uuid4()}"))
    assert (await _call(room, customer, late)).state == "busy"
    await room.root.execute(
        "update chat_messages set created_at = now() - interval '1 minute' where provider_message_id = $1", late
    )
    assert (await room.reply(burst, "a la tercera")).status == "ok"  # a run taken up again long after its death
