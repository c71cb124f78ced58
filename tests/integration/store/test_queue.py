"""The conversation is the queue: window, claim, fence, lease, backoff and parking (architecture.md 1 and 3)."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from nexus.store.conversations import retry_burst
from nexus.store.questions import load_question
from nexus.store.queue import (
    BACKOFF_SECONDS,
    LEASE,
    PARK_AFTER,
    ClaimedBurst,
    claim_bursts,
    give_back,
    hasten_unreached,
    next_work,
    park_claimed,
    queue_figures,
    renew_lease,
)
from nexus.store.replies import Result, StaleFenceError, load_burst, stored_result
from tests.integration.store.room import Room, new_number


async def _set(room: Room, assignments: str) -> None:
    await room.root.execute(
        f"update chat_conversations set {assignments} where tenant_id = $1",  # noqa: S608 - a test's own words
        room.tenant_id,
    )


async def _window(room: Room, customer: str) -> timedelta:
    chat = await room.chat(customer)
    return timedelta(seconds=round((chat["due_at"] - chat["waiting_since"]).total_seconds(), 1))


async def test_each_message_opens_the_window_anew_up_to_its_cap(room: Room, customer: str) -> None:
    await room.accept(room.inbound(customer))
    assert await _window(room, customer) == timedelta(seconds=2)
    await _set(room, "waiting_since = now() - interval '3 seconds'")
    await room.accept(room.inbound(customer))
    assert await _window(room, customer) == timedelta(seconds=5)
    await _set(room, "waiting_since = now() - interval '5 seconds'")
    await room.accept(room.inbound(customer))
    assert await _window(room, customer) == timedelta(seconds=6)
    await _set(room, "waiting_since = now() - interval '50 seconds'")
    await room.accept(room.inbound(customer))
    assert await _window(room, customer) == timedelta(seconds=6)


async def test_a_burst_is_claimed_when_its_window_is_over_and_not_before(room: Room, customer: str) -> None:
    await room.accept(room.inbound(customer, "uno"), room.inbound(customer, "dos"))
    assert await claim_bursts(room.pool, "worker", 10) == []
    due_in, _ = await next_work(room.pool)
    assert due_in is not None
    assert 0 < due_in <= 2
    await room.make_due()
    claimed = await room.claim()
    assert (claimed.tenant_id, claimed.fence, claimed.failures, claimed.resumed) == (room.tenant_id, 1, 0, False)
    burst = await room.load(claimed)
    assert (room.words(burst), burst.delivery, burst.paused) == (["uno", "dos"], "outbox", False)
    assert await claim_bursts(room.pool, "another", 10) == []
    chat = await room.chat(customer)
    assert (chat["due_at"], chat["waiting_since"], chat["lease_owner"]) == (None, None, "worker")


async def test_a_burst_s_messages_stand_by_the_provider_s_time(room: Room, customer: str) -> None:
    now = datetime.now(UTC)
    await room.accept(
        room.inbound(customer, "segundo", at=now),
        room.inbound(customer, "primero", at=now - timedelta(seconds=9)),
        room.inbound(customer, "también segundo", at=now),
    )
    await room.make_due()
    claimed = await room.claim()
    assert room.words(await room.load(claimed)) == ["primero", "segundo", "también segundo"]
    question = await load_question(room.tenant_id, room.pool, claimed.burst_id)
    assert [message.text for message in question.messages] == ["primero", "segundo", "también segundo"]
    assert (question.from_number, question.to_number) == (customer, room.number)


async def test_many_claimers_never_hold_the_same_conversation(room: Room, other: Room) -> None:
    for shop in (room, other):
        await shop.accept(*(shop.inbound(new_number()) for _ in range(40)))
        await shop.make_due()

    async def work(owner: str) -> list[ClaimedBurst]:
        mine: list[ClaimedBurst] = []
        while fresh := await claim_bursts(room.pool, owner, 3):
            mine += fresh
        return mine

    held = [claimed for mine in await asyncio.gather(*(work(f"w{n}") for n in range(8))) for claimed in mine]
    assert len({claimed.conversation_id for claimed in held}) == len(held) == 80
    assert {claimed.fence for claimed in held} == {1}


async def test_a_message_during_a_run_waits_for_the_burst_after_it(room: Room, customer: str) -> None:
    burst = await room.open_burst(customer, "Hola")
    await room.say(customer, "Otra cosa")
    await _set(room, "lease_until = now() + interval '20 seconds'")
    assert await claim_bursts(room.pool, "another", 10) == []
    await room.reply(burst)
    second = await room.load(await room.claim())
    assert (room.words(second), second.fence) == (["Hola", "Otra cosa"], 2)  # it superseded the answer
    assert second.id != burst.id


async def test_no_burst_is_claimed_while_bubbles_of_its_conversation_wait(room: Room, customer: str) -> None:
    await room.reply(await room.open_burst(customer), "¡Hola!")
    await room.say(customer, "Y otra cosa")
    for status in ("pending", "sending"):
        await room.root.execute("update chat_messages set provider_status = $1 where kind = 'reply'", status)
        assert await claim_bursts(room.pool, "worker", 10) == []
    await room.root.execute("update chat_messages set provider_status = 'sent' where kind = 'reply'")
    assert (await room.claim()).fence == 2


async def test_a_dead_worker_s_burst_is_taken_up_by_another_and_counted(room: Room, customer: str) -> None:
    await room.say(customer)
    dead = await room.claim("dead")
    await room.make_due()
    alive = await room.claim("alive")
    assert (alive.burst_id, alive.fence, alive.resumed, alive.failures) == (dead.burst_id, 2, True, 1)


async def test_what_a_stale_worker_commits_is_refused(room: Room, customer: str) -> None:
    stale = await room.open_burst(customer)
    await room.make_due()
    fresh = await room.load(await room.claim("alive"))
    with pytest.raises(StaleFenceError):
        await room.reply(stale, "de quien ya no tiene el turno")
    with pytest.raises(StaleFenceError):
        await load_burst(room.tenant_id, room.pool, stale.id, stale.fence)
    assert await room.statuses() == []
    first = await room.reply(fresh, "respuesta")
    assert await room.reply(stale, "tarde") == first == await stored_result(room.tenant_id, room.pool, fresh.id)
    assert [row["content"] for row in await room.messages("role = 'assistant'")] == ["respuesta"]


async def test_the_same_burst_always_gives_the_same_stored_result(room: Room, customer: str) -> None:
    burst = await room.open_burst(customer)
    result = await room.reply(burst, "uno", "dos")
    again = await load_burst(room.tenant_id, room.pool, burst.id, 999)
    assert isinstance(again, Result)
    assert again == result
    assert [(b.part, b.total, b.content) for b in again.bubbles] == [(1, 2, "uno"), (2, 2, "dos")]


async def test_a_lease_is_renewed_by_its_holder_alone(room: Room, customer: str) -> None:
    stale = await room.open_burst(customer)
    chat = stale.conversation_id
    await _set(room, "lease_until = now() + interval '1 second'")
    assert await renew_lease(room.tenant_id, room.pool, chat, stale.fence)
    left = (await room.chat(customer))["lease_until"] - datetime.now(UTC)
    assert LEASE - timedelta(seconds=5) < left <= LEASE
    await room.make_due()
    fresh = await room.load(await room.claim("alive"))
    assert not await renew_lease(room.tenant_id, room.pool, chat, stale.fence)
    await room.reply(fresh, "listo")
    assert not await renew_lease(room.tenant_id, room.pool, chat, fresh.fence)


async def test_an_unavailable_orchestrator_costs_backoff_and_no_failure(room: Room, customer: str) -> None:
    await room.say(customer)
    for seconds in (*BACKOFF_SECONDS, 60, 60, 60):
        claimed = await room.claim()
        assert claimed.failures == 0
        assert await give_back(room.tenant_id, room.pool, claimed, "unavailable", counted=False) == "retry"
        chat = await room.chat(customer)
        wait = (chat["retry_at"] - datetime.now(UTC)).total_seconds()
        assert seconds - 2 < wait <= seconds
        assert chat["lease_until"] is None
        assert await claim_bursts(room.pool, "worker", 10) == []
        await room.make_due()


async def test_five_counted_claims_park_the_burst_and_the_conversation_goes_on(room: Room, customer: str) -> None:
    await room.say(customer, "la que falla")
    for n in range(1, PARK_AFTER + 1):
        claimed = await room.claim()
        assert claimed.failures == n - 1
        outcome = await give_back(room.tenant_id, room.pool, claimed, "http_500", counted=True)
        assert outcome == ("parked" if n == PARK_AFTER else "retry")
        await room.make_due()
    burst = await room.root.fetchrow("select * from bursts where id = $1", claimed.burst_id)
    assert burst is not None
    assert (burst["state"], burst["reason"], burst["in_hand"]) == ("parked", "http_500", False)
    chat = await room.chat(customer)
    assert (chat["needs_human_reason"], chat["active_burst_id"]) == ("burst_parked", None)
    assert chat["needs_human_since"] is not None
    assert await room.events("burst_parked") == 1
    assert [(m["kind"], m["provider_status"]) for m in await room.messages("role = 'assistant'")] == [
        ("apology", "pending")
    ]
    await room.root.execute("update chat_messages set provider_status = 'sent' where kind = 'apology'")
    await room.say(customer, "la siguiente")
    assert room.words(await room.load(await room.claim())) == ["la siguiente"]


async def test_five_dead_workers_park_the_burst_too(room: Room, customer: str) -> None:
    await room.say(customer)
    for failures in range(PARK_AFTER + 1):
        claimed = await room.claim()
        assert claimed.failures == failures
        await room.make_due()
    await park_claimed(room.tenant_id, room.pool, claimed)
    assert await room.root.fetchval("select reason from bursts where id = $1", claimed.burst_id) == "worker_died"
    assert await claim_bursts(room.pool, "worker", 10) == []


async def test_a_stale_claim_neither_gives_back_nor_parks(room: Room, customer: str) -> None:
    await room.say(customer)
    stale = await room.claim("dead")
    await room.make_due()
    fresh = await room.claim("alive")
    assert await give_back(room.tenant_id, room.pool, stale, "late", counted=True) == "lost"
    await park_claimed(room.tenant_id, room.pool, stale)
    assert await room.root.fetchval("select state from bursts where id = $1", fresh.burst_id) == "open"
    assert (await room.chat(customer))["lease_owner"] == "alive"


async def test_a_conversation_gets_one_apology_an_hour(room: Room, customer: str) -> None:
    for _ in range(2):
        await room.say(customer)
        claimed = await room.claim()
        await room.root.execute("update bursts set failures = 4 where id = $1", claimed.burst_id)
        assert await give_back(room.tenant_id, room.pool, claimed, "http_500", counted=True) == "parked"
        await room.root.execute("update chat_messages set provider_status = 'sent' where kind = 'apology'")
    assert len(await room.messages("kind = 'apology'")) == 1
    await _set(room, "last_apology_at = now() - interval '61 minutes'")
    await room.say(customer)
    claimed = await room.claim()
    await room.root.execute("update bursts set failures = 4 where id = $1", claimed.burst_id)
    await give_back(room.tenant_id, room.pool, claimed, "http_500", counted=True)
    assert len(await room.messages("kind = 'apology'")) == 2


async def test_figures_count_what_waits_over_all_tenants(room: Room, other: Room, customer: str) -> None:
    before = await queue_figures(room.pool)
    await room.say(customer)
    await other.say(customer)
    await _set(room, "due_at = now() - interval '90 seconds'")
    after = await queue_figures(room.pool)
    assert after["bursts_waiting"] == before["bursts_waiting"] + 2
    assert after["oldest_burst_seconds"] >= 90


async def test_a_claim_given_back_twice_counts_once(room: Room, customer: str) -> None:
    await room.say(customer)
    claimed = await room.claim()
    outcomes = [await give_back(room.tenant_id, room.pool, claimed, "http_500", counted=True) for _ in range(2)]
    assert outcomes == ["retry", "lost"]
    await room.make_due()
    assert (await room.claim()).failures == 1


async def test_when_the_orchestrator_is_back_only_what_it_was_away_for_is_due_at_once(
    room: Room, other: Room, customer: str
) -> None:
    await room.say(customer)
    unreached = await room.claim()
    await give_back(room.tenant_id, room.pool, unreached, "orchestrator_unreachable", counted=False)
    await other.say(customer)
    failed = await other.claim()
    await give_back(other.tenant_id, other.pool, failed, "http_500", counted=True)
    assert await claim_bursts(room.pool, "worker", 10) == []
    await hasten_unreached(room.pool)
    assert (await room.claim()).burst_id == unreached.burst_id


async def test_a_message_is_not_too_old_because_it_waited_for_a_person(room: Room, customer: str) -> None:
    """A parked burst tried again hours later has just begun to wait; its messages' own age is another matter."""
    await room.say(customer)
    claimed = await room.claim()
    await room.root.execute("update bursts set failures = 4 where id = $1", claimed.burst_id)
    await give_back(room.tenant_id, room.pool, claimed, "http_500", counted=True)
    await room.root.execute("update chat_messages set provider_status = 'sent' where kind = 'apology'")
    await room.root.execute(
        "update chat_messages set created_at = now() - interval '3 hours', sent_at = now() - interval '3 hours'"
    )
    await retry_burst(room.tenant_id, room.pool, claimed.burst_id)
    assert (await room.load(await room.claim())).age_seconds < 60


async def test_a_message_that_waited_in_the_queue_is_as_old_as_its_wait(room: Room, customer: str) -> None:
    await room.say(customer)
    await _set(room, "waiting_since = now() - interval '20 minutes'")
    assert (await room.load(await room.claim())).age_seconds > 19 * 60
