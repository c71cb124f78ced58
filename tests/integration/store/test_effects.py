"""What a tool did is done once for its burst, however often the run is repeated (architecture.md 1, idea 5)."""

import asyncio
from typing import Any

import pytest

from nexus.store.database import Connection
from nexus.store.effects import (
    RunIdentity,
    effect_once,
    effects_of,
    hand_off,
    load_handoff,
    load_handoff_config,
    note_handoff_email,
    save_handoff_config,
)
from nexus.store.replies import Burst, StaleFenceError
from nexus.store.secrets import Vault
from tests.integration.store.room import Room

VAULT = Vault("llave maestra de estas pruebas")


def _run(burst: Burst) -> RunIdentity:
    return RunIdentity(burst.tenant_id, burst.conversation_id, burst.id, burst.fence)


async def _count(room: Room, burst: Burst, ordinal: int = 1) -> dict[str, Any]:
    """A tool that leaves a visible mark each time it really runs."""

    async def act(conn: Connection) -> dict[str, Any]:
        await conn.execute("update chat_conversations set unread = unread + 100 where id = $1", burst.conversation_id)
        return {"n": ordinal}

    return await effect_once(room.tenant_id, room.pool, _run(burst), "count", ordinal, {"a": 1}, act)


async def test_a_repeated_call_gets_the_recorded_result_and_does_nothing(room: Room, customer: str) -> None:
    burst = await room.open_burst(customer)
    assert [await _count(room, burst) for _ in range(3)] == [{"n": 1}] * 3
    assert (await room.chat(customer))["unread"] == 101
    assert await _count(room, burst, ordinal=2) == {"n": 2}
    assert (await room.chat(customer))["unread"] == 201
    assert await effects_of(room.tenant_id, room.pool, burst.id) == {"count": {"n": 2}}


async def test_parallel_runs_of_one_burst_act_once(room: Room, customer: str) -> None:
    burst = await room.open_burst(customer)
    assert await asyncio.gather(*(_count(room, burst) for _ in range(8))) == [{"n": 1}] * 8
    assert (await room.chat(customer))["unread"] == 101


async def test_a_second_worker_gets_the_first_one_s_result_and_a_stale_one_starts_nothing(
    room: Room, customer: str
) -> None:
    stale = await room.open_burst(customer)
    await _count(room, stale)
    await room.make_due()
    fresh = await room.load(await room.claim("alive"))
    assert await _count(room, fresh) == {"n": 1}
    with pytest.raises(StaleFenceError):
        await _count(room, stale, ordinal=2)
    assert (await room.chat(customer))["unread"] == 101
    assert await room.root.fetchval("select count(*) from tool_effects where burst_id = $1", fresh.id) == 1


async def test_an_effect_that_fails_leaves_nothing(room: Room, customer: str) -> None:
    burst = await room.open_burst(customer)

    async def act(conn: Connection) -> dict[str, Any]:
        await conn.execute("update chat_conversations set unread = 999 where id = $1", burst.conversation_id)
        raise RuntimeError("no")

    with pytest.raises(RuntimeError):
        await effect_once(room.tenant_id, room.pool, _run(burst), "count", 1, {}, act)
    assert (await room.chat(customer))["unread"] == 1
    assert await _count(room, burst) == {"n": 1}


async def test_a_handoff_is_lockout_email_job_line_and_event_in_one_transaction(room: Room, customer: str) -> None:
    burst = await room.open_burst(customer, "Quiero hablar con una persona")

    async def act(conn: Connection) -> dict[str, Any]:
        return await hand_off(
            room.tenant_id,
            conn,
            burst.conversation_id,
            source="bot",
            reason="pidió una persona",
            details={"pedido": "1"},
            burst_id=burst.id,
        )

    for _ in range(2):
        result = await effect_once(room.tenant_id, room.pool, _run(burst), "derivhumano", 1, {}, act)
    chat = await room.chat(customer)
    assert (chat["override_cause"], chat["override_burst_id"]) == ("derivhumano", burst.id)
    assert chat["human_override_until"].isoformat() == result["until"]
    assert chat["needs_human_reason"] == "derivhumano"
    jobs = await room.root.fetch(
        "select payload from pgqueuer where entrypoint = 'handoff_email' and dedupe_key like '%' || $1",
        result["handoff_id"],
    )
    assert [room.tenant_id] == [int(job["payload"].split(b'"tenant_id": ')[1].split(b",")[0]) for job in jobs]
    assert b"persona" not in jobs[0]["payload"]
    assert await room.events("handoff") == 1
    assert len(await room.messages("kind = 'line'")) == 1


async def test_a_handoff_that_is_rolled_back_leaves_no_job(room: Room, customer: str) -> None:
    burst = await room.open_burst(customer)
    before = await room.root.fetchval("select count(*) from pgqueuer")

    async def act(conn: Connection) -> dict[str, Any]:
        await hand_off(room.tenant_id, conn, burst.conversation_id, source="bot", reason="x", details={})
        raise RuntimeError("después")

    with pytest.raises(RuntimeError):
        await effect_once(room.tenant_id, room.pool, _run(burst), "derivhumano", 1, {}, act)
    assert await room.root.fetchval("select count(*) from pgqueuer") == before
    assert (await room.chat(customer))["human_override_until"] is None


async def test_the_email_has_the_last_ten_messages_and_its_attempts_are_kept(room: Room, customer: str) -> None:
    await room.say(customer, *(f"mensaje {n}" for n in range(12)))
    burst = await room.load(await room.claim())
    async with room.pool.acquire() as conn, conn.transaction():
        await conn.execute("select set_config('nexus.tenant_id', $1, true)", str(room.tenant_id))
        made = await hand_off(room.tenant_id, conn, burst.conversation_id, source="panel", reason="a mano", details={})
    email = await load_handoff(room.tenant_id, room.pool, made["handoff_id"])
    assert email is not None
    assert [text for _, text in email.recent] == [f"mensaje {n}" for n in range(2, 12)]
    assert (email.email_state, email.email_attempts, email.customer_address) == ("pending", 0, customer)
    await note_handoff_email(room.tenant_id, room.pool, email.id, "pending", "connection refused")
    await note_handoff_email(room.tenant_id, room.pool, email.id, "failed", "connection refused")
    again = await load_handoff(room.tenant_id, room.pool, email.id)
    assert again is not None
    assert (again.email_state, again.email_attempts) == ("failed", 2)
    assert await room.events("smtp_failed") == 2


async def test_the_handoff_configuration_keeps_its_password_to_itself(room: Room) -> None:
    changes = {"destination_email": "a@tienda.test", "smtp_port": 465, "smtp_password": "clave-del-correo"}
    await save_handoff_config(room.tenant_id, room.pool, VAULT, changes)
    shown = await load_handoff_config(room.tenant_id, room.pool)
    assert "smtp_password" not in shown
    assert (shown["smtp_password_set"], shown["smtp_port"]) == (True, 465)
    opened = await load_handoff_config(room.tenant_id, room.pool, VAULT)
    assert opened["smtp_password"] == "clave-del-correo"
    await save_handoff_config(room.tenant_id, room.pool, VAULT, {"smtp_password": ""})
    assert (await load_handoff_config(room.tenant_id, room.pool))["smtp_password_set"] is False
