"""What a run remembers, and what becomes of its answer when somebody else took over meanwhile."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from nexus.store.conversations import retry_burst
from nexus.store.lockout import lockout_until, pause_bot, resume_bot
from nexus.store.memory import UnknownBurstError, last_shown_products, load_memory
from nexus.store.messages import Outgoing, queue_manual
from nexus.store.queue import claim_bursts, give_back
from nexus.store.replies import (
    Burst,
    commit_error,
    commit_ignored,
    load_burst,
    stored_result,
)
from tests.integration.store.room import Room, an_hour, new_id

NOW = datetime.now(UTC).replace(microsecond=0)


async def _past(room: Room, chat: UUID, minutes_ago: float, text: str, **columns: str) -> None:
    """A message of the past; columns are role, author, provider_status."""
    role = columns.get("role", "user")
    author = columns.get("author", {"user": "customer", "system": "system"}.get(role, "bot"))
    await room.root.execute(
        """insert into chat_messages (tenant_id, conversation_id, role, author, message_type, content,
                                      provider_status, sent_at)
           values ($1, $2, $3, $4, 'text', $5, $6, $7)""",
        room.tenant_id,
        chat,
        role,
        author,
        text,
        columns.get("provider_status"),
        NOW - timedelta(minutes=minutes_ago),
    )


async def _remembered(room: Room, burst: Burst, window: int = 20) -> list[str]:
    return [
        message.content
        for message in await load_memory(room.tenant_id, room.pool, burst.conversation_id, burst.id, window)
    ]


async def test_memory_is_the_newest_twenty_before_the_burst_by_the_provider_s_time(room: Room, customer: str) -> None:
    burst = await room.open_burst(customer, "la pregunta")
    for n in range(30):  # stored newest first: the order of arrival does not count
        await _past(room, burst.conversation_id, n + 1, f"m{n}", role="assistant" if n % 2 else "user")
    assert await _remembered(room, burst) == [f"m{n}" for n in reversed(range(20))]
    await _past(room, burst.conversation_id, 5_000, "tarde y viejo")
    assert await _remembered(room, burst) == [f"m{n}" for n in reversed(range(20))]
    await _past(room, burst.conversation_id, 1.5, "tarde y nuevo")
    assert await _remembered(room, burst) == [*(f"m{n}" for n in reversed(range(1, 19))), "tarde y nuevo", "m0"]
    assert await _remembered(room, burst, window=1) == ["m0"]


async def test_messages_of_the_same_time_stand_as_they_arrived(room: Room, customer: str) -> None:
    burst = await room.open_burst(customer)
    for text in ("a", "b", "c"):
        await _past(room, burst.conversation_id, 3, text)
    assert await _remembered(room, burst) == ["a", "b", "c"]


async def test_what_never_reached_the_customer_and_panel_lines_are_not_remembered(room: Room, customer: str) -> None:
    burst = await room.open_burst(customer)
    for status in ("discarded", "failed", "pending", "sending", "unknown", "sent", "delivered", "read"):
        await _past(room, burst.conversation_id, 2, status, role="assistant", provider_status=status)
    await _past(room, burst.conversation_id, 1, "pausó el bot", role="system")
    await _past(room, burst.conversation_id, 1, "de una persona", role="assistant", author="human")
    assert set(await _remembered(room, burst)) == {
        "pending", "sending", "unknown", "sent", "delivered", "read", "de una persona",
    }  # fmt: skip


async def test_neither_the_burst_nor_what_waits_for_the_next_one_is_memory(room: Room, customer: str) -> None:
    first = await room.open_burst(customer, "primera")
    await room.reply(first, "respuesta")
    await room.root.execute("update chat_messages set provider_status = 'sent' where role = 'assistant'")
    second = await room.open_burst(customer, "segunda")
    await room.accept(room.inbound(customer, "tercera"))
    assert await _remembered(room, second) == ["primera", "respuesta"]


async def test_memory_is_one_conversation_s(room: Room, other: Room, customer: str) -> None:
    burst = await room.open_burst(customer)
    await _past(room, await room.say("+5491140000001", "de otra persona"), 1, "de otra persona")
    await _past(other, await other.say(customer, "de otra tienda"), 1, "de otra tienda")
    assert await _remembered(room, burst) == []


@pytest.mark.parametrize("cause", ["echo", "manual", "pause"])
async def test_an_answer_that_comes_after_a_person_took_over_is_stored_as_ignored(
    room: Room, customer: str, cause: str
) -> None:
    burst = await room.open_burst(customer)
    chat = burst.conversation_id
    if cause == "echo":
        await room.accept(room.echo(customer, at=datetime.now(UTC) + timedelta(minutes=1)))
    elif cause == "manual":
        await queue_manual(room.tenant_id, room.pool, chat, Outgoing("text", "Te atiendo yo", new_id("ref")))
    else:
        await pause_bot(room.tenant_id, room.pool, chat, an_hour("Caro"))
    result = await room.reply(burst, "del bot")
    assert (result.status, result.bubbles) == ("ignored", [])
    assert await room.messages("author = 'bot'") == []
    assert (await stored_result(room.tenant_id, room.pool, burst.id)).status == "ignored"
    assert (await room.chat(customer))["active_burst_id"] is None


async def test_the_burst_that_caused_the_lockout_may_still_reply(room: Room, customer: str) -> None:
    burst = await room.open_burst(customer, "Quiero hablar con alguien")
    await room.root.execute(
        """update chat_conversations set human_override_until = now() + interval '1 day', override_since = now(),
               override_cause = 'derivhumano', override_burst_id = $2 where id = $1""",
        burst.conversation_id,
        burst.id,
    )
    assert (await room.reply(burst, "Ya le avisé a alguien", kind="handoff")).status == "ok"
    await room.root.execute("update chat_messages set provider_status = 'sent' where kind = 'handoff'")
    later = await room.open_burst(customer, "¿Hola?")
    assert later.paused
    assert (await room.reply(later, "del bot")).status == "ignored"


async def test_a_lockout_that_is_over_silences_nothing_and_reopens_nothing(room: Room, customer: str) -> None:
    burst = await room.open_burst(customer)
    await pause_bot(room.tenant_id, room.pool, burst.conversation_id, an_hour("Caro"))
    assert await lockout_until(room.tenant_id, room.pool, burst.conversation_id) is not None
    await commit_ignored(room.tenant_id, room.pool, burst, "lockout")
    await room.root.execute(
        "update chat_conversations set human_override_until = now() - interval '1 s' where id = $1",
        burst.conversation_id,
    )
    assert await lockout_until(room.tenant_id, room.pool, burst.conversation_id) is None
    assert await claim_bursts(room.pool, "worker", 10) == []
    assert (await room.reply(await room.open_burst(customer), "hola")).status == "ok"


async def test_given_back_with_the_pending_ones_the_unanswered_messages_make_a_new_burst(
    room: Room, customer: str
) -> None:
    await room.reply(await room.open_burst(customer, "vieja"), "respondida")
    await room.root.execute("update chat_messages set provider_status = 'sent' where kind = 'reply'")
    burst = await room.open_burst(customer, "pendiente uno")
    chat = burst.conversation_id
    await pause_bot(room.tenant_id, room.pool, chat, an_hour("Caro"))
    await commit_ignored(room.tenant_id, room.pool, burst, "lockout")
    await room.reply(await room.open_burst(customer, "pendiente dos"))
    assert await resume_bot(room.tenant_id, room.pool, chat, answer_pending=True, debounce=0, who="Caro")
    await room.make_due()
    assert room.words(await room.load(await room.claim())) == ["pendiente uno", "pendiente dos"]


async def test_given_back_without_the_pending_ones_the_bot_waits_for_the_next_message(
    room: Room, customer: str
) -> None:
    burst = await room.open_burst(customer)
    await pause_bot(room.tenant_id, room.pool, burst.conversation_id, an_hour("Caro"))
    await commit_ignored(room.tenant_id, room.pool, burst, "lockout")
    await resume_bot(room.tenant_id, room.pool, burst.conversation_id, answer_pending=False, debounce=0, who="Caro")
    chat = await room.chat(customer)
    assert (chat["human_override_until"], chat["override_cause"], chat["claim_at"]) == (None, None, None)
    assert [row["content"] for row in await room.messages("role = 'system'")] == [
        "Caro pausó el bot",
        "Caro devolvió la conversación al bot",
    ]


async def test_a_run_without_an_answer_apologises_once_an_hour_and_asks_for_a_person(room: Room, customer: str) -> None:
    results = []
    for _ in range(2):
        burst = await room.open_burst(customer)
        results.append(await commit_error(room.tenant_id, room.pool, burst, "model_timeout"))
        await room.root.execute("update chat_messages set provider_status = 'sent' where kind = 'apology'")
    assert [(result.status, len(result.bubbles)) for result in results] == [("error", 1), ("error", 0)]
    assert (await room.chat(customer))["needs_human_reason"] == "model_timeout"
    assert await room.events("answer_failed") == 2


async def test_a_parked_burst_comes_again_once(room: Room, customer: str) -> None:
    await room.say(customer, "la parada")
    claimed = await room.claim()
    await room.root.execute("update bursts set failures = 4 where id = $1", claimed.burst_id)
    await give_back(room.tenant_id, room.pool, claimed, "http_500", counted=True)
    await room.root.execute("update chat_messages set provider_status = 'sent' where kind = 'apology'")
    assert await retry_burst(room.tenant_id, room.pool, claimed.burst_id) == claimed.conversation_id
    again = await room.claim()
    assert again.burst_id != claimed.burst_id
    assert room.words(await room.load(again)) == ["la parada"]
    assert await retry_burst(room.tenant_id, room.pool, claimed.burst_id) is None


async def test_the_products_shown_last_are_kept_with_their_burst(room: Room, customer: str) -> None:
    burst = await room.open_burst(customer)
    assert await last_shown_products(room.tenant_id, room.pool, burst.conversation_id) is None
    await room.root.execute("update bursts set shown_products = '[1]' where id = $1", burst.id)
    assert await last_shown_products(room.tenant_id, room.pool, burst.conversation_id) == "[1]"


async def test_a_burst_of_another_tenant_does_not_exist(room: Room, other: Room, customer: str) -> None:
    burst = await room.open_burst(customer)
    for look in (load_burst(other.tenant_id, other.pool, burst.id, burst.fence), stored_result(other.tenant_id, other.pool, burst.id)):  # fmt: skip # noqa: E501
        with pytest.raises(UnknownBurstError):
            await look
    assert await retry_burst(other.tenant_id, other.pool, burst.id) is None
