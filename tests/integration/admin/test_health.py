"""The health page: what waits, what failed last, and what to do, from real tables."""

import json
from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

import asyncpg
import httpx
import pytest

from nexus.embedded.postgres import EmbeddedPostgres
from nexus.gateways.errors import NotAcceptedError
from nexus.orchestrator_service.admin.deps import AdminDeps
from nexus.store.database import Pool
from nexus.store.live_tests import note_test
from nexus.store.webhook_lights import note_signed
from nexus.store.whatsapp_health import note_health
from tests.integration.admin.conftest import Shop


async def _rows(machine: httpx.AsyncClient, shop: Shop) -> dict[str, dict[str, Any]]:
    answer = await machine.get("/admin/health", headers=shop.headers)
    assert answer.status_code == 200, answer.text
    found = answer.json()
    order = {"error": 0, "warn": 1, "ok": 2}
    levels = [order[item["level"]] for item in found["items"]]
    assert levels == sorted(levels)
    assert found["worst"] == found["items"][0]["level"]
    assert all(item["fix"] for item in found["items"] if item["level"] != "ok"), "each trouble has its remedy"
    assert all(item["title"] and item["message"] for item in found["items"])
    return {item["key"]: item for item in found["items"]}


async def _as_root(postgres: EmbeddedPostgres, statement: str, *arguments: Any) -> None:
    conn = await asyncpg.connect(postgres.superuser_dsn.rsplit("/", 1)[0] + "/nexus")
    try:
        await conn.execute(statement, *arguments)
    finally:
        await conn.close()


async def test_a_new_shop_is_told_what_is_missing(machine: httpx.AsyncClient, shop: Shop) -> None:
    rows = await _rows(machine, shop)
    well = ("database", "schema", "roles", "row_security", "parameter_logging", "clock", "redis", "zone", "bursts")
    assert {key: rows[key]["level"] for key in (*well, "bubbles", "doubtful", "public_url")} == dict.fromkeys(
        (*well, "bubbles", "doubtful", "public_url"), "ok"
    )
    assert rows["whatsapp_service"]["level"] == "error"  # no gateway is connected in these tests
    assert {key: rows[key]["link"] for key in ("shop", "sends", "model", "mail")} == {
        "shop": "#/ajustes/tiendanube",
        "sends": "#/ajustes/ycloud",
        "model": "#/ajustes/llm",
        "mail": "#/ajustes/handoff",
    }
    assert {key: rows[key]["level"] for key in ("shop", "sends", "model", "mail")} == {
        "shop": "warn",
        "sends": "warn",
        "model": "error",
        "mail": "warn",
    }


async def test_a_program_before_its_schema_says_so_instead_of_failing(
    machine: httpx.AsyncClient, shop: Shop, postgres: EmbeddedPostgres
) -> None:
    await _as_root(
        postgres,
        """update schema_migrations set name = '0000_' || name
           where name = (select max(name) from schema_migrations)""",
    )
    try:
        assert (await _rows(machine, shop))["schema"]["level"] == "error"
        await _as_root(postgres, "alter table catalogue_syncs rename to not_yet")
        assert set(await _rows(machine, shop)) == {"schema", "redis"}
    finally:
        await _as_root(postgres, "alter table if exists not_yet rename to catalogue_syncs")
        await _as_root(postgres, "update schema_migrations set name = substr(name, 6) where name like '0000_00%'")
    assert (await _rows(machine, shop))["schema"]["level"] == "ok"


async def test_people_who_wait_are_counted_with_since_when(
    machine: httpx.AsyncClient,
    shop: Shop,
    customer_writes: Callable[..., Awaitable[UUID]],
    postgres: EmbeddedPostgres,
) -> None:
    await customer_writes(shop, "Hola")
    await customer_writes(shop, "¿Hay alguien?", phone="+5491155550124")
    assert (await _rows(machine, shop))["bursts"]["level"] == "ok"  # they have only just written
    for age, level in ((2, "warn"), (10, "error")):
        await _as_root(
            postgres,
            "update chat_conversations set waiting_since = now() - make_interval(mins => $2) where tenant_id = $1",
            shop.id,
            age,
        )
        row = (await _rows(machine, shop))["bursts"]
        assert (row["level"], row["waiting"]) == (level, 2)
        assert row["since"] is not None


@pytest.mark.parametrize(("reason", "words"), [("model_auth", "clave"), ("model_quota", "saldo")])
async def test_a_model_that_failed_last_is_red_until_it_answers_or_is_tested(
    machine: httpx.AsyncClient,
    shop: Shop,
    customer_writes: Callable[..., Awaitable[UUID]],
    postgres: EmbeddedPostgres,
    pool: Pool,
    reason: str,
    words: str,
) -> None:
    chat = await customer_writes(shop, "Hola")
    await machine.put(f"/admin/tenants/{shop.id}/credentials/llm", json={"api_key": "k"})
    burst = """insert into bursts (tenant_id, conversation_id, delivery, state, reason, finished_at)
               values ($1, $2, 'outbox', $3, $4, clock_timestamp())"""
    await _as_root(postgres, burst, shop.id, chat, "error", reason)
    await _as_root(
        postgres,
        "update chat_conversations set needs_human_since = now(), needs_human_reason = $2 where tenant_id = $1",
        shop.id,
        reason,
    )
    row = (await _rows(machine, shop))["model"]
    assert (row["level"], row["waiting"]) == ("error", 1)
    assert words in row["fix"]
    await note_test(shop.id, pool, "llm", True, "Leí la lista de modelos.", "yo")
    assert (await _rows(machine, shop))["model"]["message"] == "Leí la lista de modelos."
    await _as_root(postgres, burst, shop.id, chat, "error", reason)
    assert (await _rows(machine, shop))["model"]["level"] == "error"
    await _as_root(postgres, burst, shop.id, chat, "answered", None)
    assert (await _rows(machine, shop))["model"]["level"] == "ok"


async def test_the_shop_is_as_the_bots_last_question_went(
    machine: httpx.AsyncClient, shop: Shop, customer_writes: Callable[..., Awaitable[UUID]], postgres: EmbeddedPostgres
) -> None:
    chat = await customer_writes(shop, "Hola")
    credentials = {"store_id": "1234", "access_token": "token"}
    await machine.put(f"/admin/tenants/{shop.id}/credentials/tiendanube", json=credentials)
    for status, level in (("ok", "ok"), ("error", "error"), ("empty", "ok")):
        trace = {"tools": [{"name": "search_specific_products", "status": status}, {"name": "derivhumano"}]}
        await _as_root(
            postgres,
            """insert into bursts (tenant_id, conversation_id, delivery, state, trace, finished_at)
               values ($1, $2, 'outbox', 'answered', $3::jsonb, clock_timestamp())""",
            shop.id,
            chat,
            json.dumps(trace),
        )
        assert (await _rows(machine, shop))["shop"]["level"] == level, status


async def test_a_shop_that_fails_again_and_again_is_told_to_be_resting(
    machine: httpx.AsyncClient, shop: Shop, deps: AdminDeps
) -> None:
    credentials = {"store_id": "1234", "access_token": "token"}
    await machine.put(f"/admin/tenants/{shop.id}/credentials/tiendanube", json=credentials)
    for _ in range(5):
        with pytest.raises(NotAcceptedError):
            await deps.room.shops.upstream.request(shop.id, "GET", "http://127.0.0.1:1/", deadline=2)
    row = (await _rows(machine, shop))["shop"]
    assert (row["level"], row["message"].split(";")[0]) == ("error", "Viene fallando seguido")


async def test_what_whatsapp_told_and_the_webhook_are_among_the_rows(
    machine: httpx.AsyncClient, shop: Shop, pool: Pool
) -> None:
    await note_health(shop.id, pool, "number", "quality", "error", "quality_red")
    await note_signed(shop.id, pool)
    rows = await _rows(machine, shop)
    assert rows["whatsapp:number:quality"]["group"] == "WhatsApp"
    assert rows["whatsapp:number:quality"]["title"] == "Calidad del número: baja"
    assert rows["webhook"]["level"] == "ok"


async def test_jobs_that_gave_up_or_wait_are_seen(
    machine: httpx.AsyncClient, shop: Shop, postgres: EmbeddedPostgres
) -> None:
    add = """insert into pgqueuer (priority, status, entrypoint, execute_after)
             values (0, $1::text::pgqueuer_status, 'of_this_test', now() - make_interval(mins => $2))"""
    try:
        await _as_root(postgres, add, "failed", 0)
        assert (await _rows(machine, shop))["jobs"]["level"] == "warn"
        await _as_root(postgres, add, "queued", 5)
        assert (await _rows(machine, shop))["jobs"]["level"] == "warn"
        await _as_root(postgres, add, "queued", 15)
        assert (await _rows(machine, shop))["jobs"]["level"] == "error"
    finally:
        await _as_root(postgres, "delete from pgqueuer where entrypoint = 'of_this_test'")
