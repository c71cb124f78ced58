"""What a tool did and the customer was not told of waits for a person, whichever way its reply was lost (idea 5)."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from nexus.store.database import Connection
from nexus.store.effects import RunIdentity, effect_once
from nexus.store.lockout import pause_bot
from nexus.store.outbox import claim_outbox, take_bubble
from nexus.store.queue import give_back
from nexus.store.replies import Burst, commit_error, commit_reply
from nexus.store.send_outcomes import mark_unknown
from tests.integration.store.room import Room, an_hour

Loss = Callable[[Room, Burst], Awaitable[None]]


async def _done(room: Room, burst: Burst, tool: str = "book_appointment") -> None:
    async def act(_: Connection) -> dict[str, Any]:
        return {"status": "booked"}

    run = RunIdentity(burst.tenant_id, burst.conversation_id, burst.id, burst.fence)
    await effect_once(room.tenant_id, room.pool, run, tool, 1, {}, act)


async def _paused(room: Room, burst: Burst) -> None:
    await pause_bot(room.tenant_id, room.pool, burst.conversation_id, an_hour("Caro"))
    await room.reply(burst, "Reservado")


async def _failed(room: Room, burst: Burst) -> None:
    await commit_error(room.tenant_id, room.pool, burst, "model_timeout")


async def _parked(room: Room, burst: Burst) -> None:
    await room.root.execute("update bursts set failures = 4 where id = $1", burst.id)
    await room.make_due()
    assert await give_back(room.tenant_id, room.pool, await room.claim(), "orchestrator_500", counted=True) == "parked"


async def _discarded(room: Room, burst: Burst) -> None:
    await room.reply(burst, "Reservado")
    await pause_bot(room.tenant_id, room.pool, burst.conversation_id, an_hour("Caro"))
    await claim_outbox(room.pool, "sender", 10)
    assert await take_bubble(room.tenant_id, room.pool, burst.conversation_id, "sender") is None
    assert await room.statuses() == ["discarded"]


async def _unknown(room: Room, burst: Burst) -> None:
    await room.reply(burst, "Reservado")
    await claim_outbox(room.pool, "sender", 10)
    bubble = await take_bubble(room.tenant_id, room.pool, burst.conversation_id, "sender")
    assert bubble is not None
    await mark_unknown(room.tenant_id, room.pool, bubble, "read_timeout")


@pytest.mark.parametrize("lose", [_paused, _failed, _parked, _discarded, _unknown])
async def test_an_effect_whose_reply_is_lost_waits_for_a_person(room: Room, customer: str, lose: Loss) -> None:
    burst = await room.open_burst(customer)
    await _done(room, burst)
    await lose(room, burst)
    chat = await room.chat(customer)
    assert chat["needs_human_since"] is not None
    assert chat["needs_human_reason"] == "effect_not_told"


@pytest.mark.parametrize("lose", [_paused, _discarded, _unknown])
async def test_a_reply_without_effect_or_one_that_was_a_handoff_asks_for_nobody(
    room: Room, customer: str, lose: Loss
) -> None:
    burst = await room.open_burst(customer)
    await _done(room, burst, "derivhumano")
    await lose(room, burst)
    assert (await room.chat(customer))["needs_human_reason"] is None


async def test_a_reply_that_goes_out_asks_for_nobody(room: Room, customer: str) -> None:
    burst = await room.open_burst(customer)
    await _done(room, burst)
    await commit_reply(room.tenant_id, room.pool, burst, [], None)
    assert (await room.chat(customer))["needs_human_since"] is None
