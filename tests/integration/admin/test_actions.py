"""What a person does in a chat, and what it leaves in the stores."""

import asyncio
import json
import uuid
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from nexus.orchestrator_service.admin.router import AdminDeps
from nexus.runtime.cache import Cache
from nexus.store.database import Pool, tenant_transaction
from nexus.store.events import add_event
from tests.integration.admin.conftest import TOKEN, Shop, client_of, edge

Write = Callable[..., Awaitable[uuid.UUID]]
SignIn = Callable[..., Awaitable[httpx.AsyncClient]]


async def _send(
    machine: httpx.AsyncClient, shop: Shop, chat: uuid.UUID, text: str, ref: str | None = None
) -> httpx.Response:
    body = {"conversation_id": str(chat), "text": text, "client_ref": ref or uuid.uuid4().hex}
    return await machine.post("/admin/messages/send", json=body, headers=shop.headers)


async def _chat(machine: httpx.AsyncClient, shop: Shop) -> dict[str, Any]:
    item: dict[str, Any] = (await machine.get("/admin/chats", headers=shop.headers)).json()["items"][0]
    return item


async def _rows(shop: Shop, pool: Pool, query: str, *arguments: object) -> list[Any]:
    async with tenant_transaction(shop.id, pool) as conn:
        return list(await conn.fetch(query, *arguments))


async def test_a_manual_message_waits_in_the_outbox_and_pauses_the_bot(
    machine: httpx.AsyncClient, shop: Shop, customer_writes: Write, cache: Cache
) -> None:
    chat = await customer_writes(shop, "Hola")
    answer = await _send(machine, shop, chat, "Hola, soy Caro 👋 <script>")
    assert answer.status_code == 202
    assert answer.json()["status"] == "pending"
    item = await _chat(machine, shop)
    until = datetime.fromisoformat(item["human_override_until"])
    assert timedelta(hours=23, minutes=59) < until - datetime.now(UTC) <= timedelta(hours=24)
    assert item["unread"] == 0
    assert item["last_message_preview"] == "Hola, soy Caro 👋 <script>"
    thread = (await machine.get(f"/admin/chats/{chat}/messages", headers=shop.headers)).json()["items"]
    assert (thread[-1]["id"], thread[-1]["role"]) == (answer.json()["id"], "human_supervisor")
    assert await cache.get(f"override:chat:{chat}") == until.isoformat()


async def test_the_same_ref_is_the_same_row_however_often_and_at_once(
    machine: httpx.AsyncClient, shop: Shop, customer_writes: Write, pool: Pool
) -> None:
    chat = await customer_writes(shop, "Hola")
    answers = await asyncio.gather(*[_send(machine, shop, chat, "Una vez", "ref-1") for _ in range(8)])
    assert {answer.status_code for answer in answers} == {202}
    assert len({answer.json()["id"] for answer in answers}) == 1
    assert len(await _rows(shop, pool, "select 1 from chat_messages where author = 'human'")) == 1


async def test_past_24_hours_free_text_is_refused_but_a_repeat_still_finds_its_row(
    machine: httpx.AsyncClient, shop: Shop, customer_writes: Write, pool: Pool
) -> None:
    chat = await customer_writes(shop, "Hola")
    sent = await _send(machine, shop, chat, "A tiempo", "ref-a-tiempo")
    async with tenant_transaction(shop.id, pool) as conn:
        await conn.execute("update chat_conversations set last_inbound_at = now() - interval '25 hours'")
    late = await _send(machine, shop, chat, "Tarde")
    assert late.status_code == 409
    assert late.json()["error"]["code"] == "window_closed"
    assert (await _send(machine, shop, chat, "A tiempo", "ref-a-tiempo")).json()["id"] == sent.json()["id"]
    assert len(await _rows(shop, pool, "select 1 from chat_messages where author = 'human'")) == 1


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"text": ""}, 422),
        ({"text": "  \n\t "}, 422),
        ({"text": "\x00"}, 422),
        ({"text": "x" * 4097}, 422),
        ({"text": None}, 422),
        ({"client_ref": ""}, 422),
        ({"client_ref": "x" * 129}, 422),
        ({"client_ref": "con espacio"}, 422),
        ({"conversation_id": "no-uuid"}, 422),
        ({"conversation_id": "00000000-0000-4000-8000-000000000000"}, 404),
        ({"text": "x" * 4096}, 202),
        ({"text": "una\x00dos\ud800tres"}, 202),
        ({"text": "'; drop table chat_messages; --"}, 202),
        ({"de_mas": True}, 202),
    ],
)
async def test_each_odd_message_gets_its_status(
    machine: httpx.AsyncClient, shop: Shop, customer_writes: Write, change: dict[str, Any], status: int
) -> None:
    chat = await customer_writes(shop, "Hola")
    body = {"conversation_id": str(chat), "text": "Hola", "client_ref": "r-1", **change}
    headers = shop.headers | {"Content-Type": "application/json"}
    answer = await machine.post("/admin/messages/send", content=json.dumps(body), headers=headers)
    assert answer.status_code == status
    assert (await machine.get(f"/admin/chats/{chat}/messages", headers=shop.headers)).status_code == 200


@pytest.mark.parametrize(
    ("raw", "status"), [(b"{", 400), (b"\xff\xfe", 400), (b"[" * 5000, 400), (b'"' + b"x" * 1_100_000 + b'"', 413)]
)
async def test_a_body_that_is_no_json_or_too_large_is_refused(
    machine: httpx.AsyncClient, shop: Shop, raw: bytes, status: int
) -> None:
    answer = await machine.post(
        "/admin/messages/send", content=raw, headers=shop.headers | {"Content-Type": "application/json"}
    )
    assert answer.status_code == status
    assert answer.json()["error"]["message"]


async def test_pausing_and_giving_back_shows_in_the_chat_in_redis_and_in_the_thread(
    sign_in: SignIn, shop: Shop, customer_writes: Write, cache: Cache
) -> None:
    chat = await customer_writes(shop, "Hola")
    person = await sign_in(shop, role="agent")
    address = f"/admin/conversations/{chat}/human-override"
    paused = await person.post(address, json={"enabled": True, "hours": 48})
    assert paused.status_code == 200
    until = datetime.fromisoformat(paused.json()["human_override_until"])
    assert timedelta(hours=47, minutes=59) < until - datetime.now(UTC) <= timedelta(hours=48)
    assert (await _chat(person, shop))["human_override_until"] == paused.json()["human_override_until"]
    assert await cache.get(f"override:chat:{chat}") == until.isoformat()
    back = await person.post(address, json={"enabled": False})
    assert back.json() == {"human_override_until": None}
    assert (await _chat(person, shop))["human_override_until"] is None
    assert await cache.get(f"override:chat:{chat}") is None
    lines = [
        item["content"]
        for item in (await person.get(f"/admin/chats/{chat}/messages")).json()["items"]
        if item["role"] == "system"
    ]
    email = (await person.get("/admin/me")).json()["user"]["email"]
    assert lines == [f"{email} pausó el bot", f"{email} devolvió la conversación al bot"]


async def test_without_hours_a_pause_lasts_as_long_as_the_shop_says(
    machine: httpx.AsyncClient, shop: Shop, customer_writes: Write
) -> None:
    await machine.put(f"/admin/tenants/{shop.id}", json={"lockout_hours": 2})
    chat = await customer_writes(shop, "Hola")
    answer = await machine.post(
        f"/admin/conversations/{chat}/human-override", json={"enabled": True}, headers=shop.headers
    )
    until = datetime.fromisoformat(answer.json()["human_override_until"])
    assert timedelta(hours=1, minutes=59) < until - datetime.now(UTC) <= timedelta(hours=2)


@pytest.mark.parametrize(
    "body", [{}, {"enabled": "tal vez"}, {"enabled": True, "hours": 0}, {"enabled": True, "hours": 9999}]
)
async def test_a_pause_that_makes_no_sense_is_422(
    machine: httpx.AsyncClient, shop: Shop, customer_writes: Write, body: dict[str, Any]
) -> None:
    chat = await customer_writes(shop, "Hola")
    answer = await machine.post(f"/admin/conversations/{chat}/human-override", json=body, headers=shop.headers)
    assert answer.status_code == 422


async def test_giving_back_with_what_is_pending_makes_the_messages_wait_again(
    machine: httpx.AsyncClient, shop: Shop, customer_writes: Write, pool: Pool
) -> None:
    chat = await customer_writes(shop, "¿Tenés puntas?")
    async with tenant_transaction(shop.id, pool) as conn:
        burst = await conn.fetchval(
            """insert into bursts (tenant_id, conversation_id, delivery, state) values ($1, $2, 'outbox', 'ignored')
               returning id""",
            shop.id,
            chat,
        )
        await conn.execute("update chat_messages set burst_id = $1, awaits_answer = false", burst)
        await conn.execute("update chat_conversations set due_at = null, waiting_since = null")
    answer = await machine.post(
        f"/admin/conversations/{chat}/human-override",
        json={"enabled": False, "answer_pending": True},
        headers=shop.headers,
    )
    assert answer.status_code == 200
    (message,) = await _rows(shop, pool, "select burst_id, awaits_answer from chat_messages where role = 'user'")
    assert (message["burst_id"], message["awaits_answer"]) == (None, True)
    assert (await _rows(shop, pool, "select due_at from chat_conversations"))[0]["due_at"] is not None


async def test_a_manual_handoff_pauses_and_queues_the_mail_without_a_word_to_the_customer(
    machine: httpx.AsyncClient, shop: Shop, customer_writes: Write, pool: Pool, cache: Cache
) -> None:
    chat = await customer_writes(shop, "Quiero cambiar un pedido")
    answer = await machine.post(
        f"/admin/conversations/{chat}/handoff",
        json={"reason": "Cambio de talle\ncon el pedido pagado"},
        headers=shop.headers,
    )
    assert answer.status_code == 202
    handoff = answer.json()["handoff_id"]
    item = await _chat(machine, shop)
    assert item["human_override_until"] == answer.json()["human_override_until"]
    assert item["needs_human_since"] is not None
    assert await cache.get(f"override:chat:{chat}") is not None
    (row,) = await _rows(shop, pool, "select * from handoffs")
    assert (str(row["id"]), row["source"], row["email_state"]) == (handoff, "panel", "pending")
    assert row["reason"] == "Cambio de talle\ncon el pedido pagado"
    jobs = await _rows(shop, pool, "select 1 from pgqueuer where dedupe_key = $1", f"handoff_email:{handoff}")
    assert len(jobs) == 1
    assert await _rows(shop, pool, "select 1 from chat_messages where role = 'assistant'") == []


async def test_only_a_parked_burst_can_be_retried_and_only_once(
    machine: httpx.AsyncClient, shop: Shop, customer_writes: Write, pool: Pool
) -> None:
    chat = await customer_writes(shop, "Hola")
    async with tenant_transaction(shop.id, pool) as conn:
        burst = await conn.fetchval(
            """insert into bursts (tenant_id, conversation_id, delivery, state) values ($1, $2, 'outbox', 'open')
               returning id""",
            shop.id,
            chat,
        )
        await conn.execute("update chat_messages set burst_id = $1, awaits_answer = false", burst)
    address = f"/admin/bursts/{burst}/retry"
    assert (await machine.post(address, headers=shop.headers)).status_code == 404
    async with tenant_transaction(shop.id, pool) as conn:
        await conn.execute("update bursts set state = 'parked'")
    answer = await machine.post(address, headers=shop.headers)
    assert answer.status_code == 202
    assert answer.json() == {"conversation_id": str(chat)}
    (message,) = await _rows(shop, pool, "select burst_id, awaits_answer from chat_messages")
    assert (message["burst_id"], message["awaits_answer"]) == (None, True)
    assert (await machine.post(address, headers=shop.headers)).status_code == 404
    assert (await machine.post("/admin/bursts/no-uuid/retry", headers=shop.headers)).status_code == 422


async def test_the_log_filters_pages_and_shows_only_the_own_shop(
    machine: httpx.AsyncClient, shop: Shop, make_shop: Callable[..., Awaitable[Shop]], pool: Pool
) -> None:
    other = await make_shop()
    await add_event(other.id, pool, "error", "smtp_failed", "De otra tienda")
    await add_event(None, pool, "error", "smtp_failed", "De la plataforma")
    for n in range(3):
        await add_event(shop.id, pool, "error", "smtp_failed", f"Falla {n}", {"n": n}, f"c-{n}")
    await add_event(shop.id, pool, "info", "handoff", "Derivada")

    async def ask(query: str) -> dict[str, Any]:
        found: dict[str, Any] = (await machine.get(f"/admin/logs{query}", headers=shop.headers)).json()
        return found

    assert [item["message"] for item in (await ask(""))["items"]] == ["Derivada", "Falla 2", "Falla 1", "Falla 0"]
    first = await ask("?level=error&limit=2")
    assert [item["metadata"] for item in first["items"]] == [{"n": 2}, {"n": 1}]
    second = await ask(f"?level=error&limit=2&before={first['next']}")
    assert [item["message"] for item in second["items"]] == ["Falla 0"]
    assert second["next"] is None
    assert [item["event_type"] for item in (await ask("?event_type=handoff"))["items"]] == ["handoff"]
    assert [item["message"] for item in (await ask("?correlation_id=c-1"))["items"]] == ["Falla 1"]


async def test_the_figures_count_the_own_shop_only(
    machine: httpx.AsyncClient, shop: Shop, make_shop: Callable[..., Awaitable[Shop]], customer_writes: Write
) -> None:
    chat = await customer_writes(shop, "Hola")
    await customer_writes(await make_shop(), "Hola")
    await _send(machine, shop, chat, "Hola")
    stats = (await machine.get("/admin/stats", headers=shop.headers)).json()
    assert (stats["conversations"], stats["active_conversations"]) == (1, 1)
    assert (stats["paused"], stats["pending"], stats["failed"]) == (1, 1, 0)


async def test_without_redis_everything_works_from_postgresql(
    shop: Shop, deps: AdminDeps, customer_writes: Write
) -> None:
    chat = await customer_writes(shop, "Hola")
    gone = Cache("redis://127.0.0.1:9/0")
    async with client_of(edge(replace(deps, cache=gone)), {"X-Admin-Token": TOKEN}) as machine:
        answer = await machine.post(
            f"/admin/conversations/{chat}/human-override", json={"enabled": True}, headers=shop.headers
        )
    assert answer.status_code == 200
    assert answer.json()["human_override_until"]
    assert gone.degraded
    await gone.close()


@pytest.mark.parametrize("headers", [{}, {"X-Admin-Token": TOKEN}])
async def test_no_cache_on_the_way_keeps_an_answer_good_or_bad(
    app: FastAPI, shop: Shop, headers: dict[str, str]
) -> None:
    async with client_of(app, headers) as caller:
        answer = await caller.get(f"/admin/tenants/{shop.id}")
    assert answer.is_success == bool(headers)
    assert answer.headers.get_list("cache-control") == ["no-store"]


async def test_metrics_and_openapi_name_the_whole_route(machine: httpx.AsyncClient, shop: Shop) -> None:
    await machine.get(f"/admin/tenants/{shop.id}")
    figures = (await machine.get("/metrics")).text
    assert 'endpoint="/admin/tenants/{tenant_id}"' in figures
    assert f'/admin/tenants/{shop.id}"' not in figures
    assert "/admin/bursts/{burst_id}/retry" in (await machine.get("/openapi.json")).json()["paths"]
