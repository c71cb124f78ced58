"""A notice of what is back: by the customer's own yes, one message, by the window, and never a second."""

import asyncio
import json
from datetime import UTC, datetime
from typing import Any

import pytest

from nexus.orchestrator_service.catalogue.back_in_stock import (
    WITHDRAWN,
    agrees,
    note_stock_back,
    stop_if_asked,
    tell_when_back,
)
from nexus.orchestrator_service.catalogue.writing import write_products
from nexus.store.bot_settings import save_bot_settings
from nexus.store.database import tenant_transaction
from nexus.store.effects import RunIdentity

from .conftest import CUSTOMER, STORE, Sandbox, Shop, tool_texts

DONE = {"reply": {"bubbles": [{"text": "Listo"}]}}
ODETTE = 51002
TEMPLATE = "volvio_el_stock"


async def stock(sandbox: Sandbox, count: int) -> None:
    await sandbox.control("PATCH", f"/shops/{STORE}/products/{ODETTE}", stock=count)


async def asks(shop: Shop, sandbox: Sandbox, text: str, phone: str = CUSTOMER, **more: Any) -> dict[str, Any]:
    """What the tool tells a model that notes the customer's wish after `text`."""
    call = {"name": "avisame_cuando_vuelva", "arguments": {"product_id": ODETTE, **more}}
    await sandbox.script({"tool_calls": [call]}, DONE)
    await shop.ask(text, phone=phone)
    return dict(json.loads(tool_texts(await sandbox.requests())[-1]))


@pytest.fixture
async def offering(shop: Shop, sandbox: Sandbox) -> Shop:
    await save_bot_settings(shop.id, shop.pool, {"back_in_stock": True})
    await stock(sandbox, 0)
    return shop


async def told(shop: Shop) -> list[tuple[str, str, Any]]:
    rows = await shop.rows("select message_type, content, payload from chat_messages where kind = 'api' order by seq")
    return [(row["message_type"], row["content"], row["payload"]) for row in rows]


async def look(shop: Shop) -> None:
    """The jobs of everybody who waits, each worked by two processes at once."""
    async with tenant_transaction(shop.id, shop.pool) as conn:
        await note_stock_back(shop.id, conn, [ODETTE, 1])
    notices = await shop.rows("select id from stock_notices")
    await asyncio.gather(*(tell_when_back(shop.id, row["id"], shop.pool, shop.room.shops) for row in notices * 2))


async def states(shop: Shop) -> list[str]:
    return [row["state"] for row in await shop.rows("select state from stock_notices order by asked_at")]


@pytest.mark.parametrize("text", ["sí", "Dale, avisame!", "si porfa", "ok", "Obvio", "no hay drama, avisame"])
def test_a_yes_is_the_customers_own(text: str) -> None:
    assert agrees([text])


@pytest.mark.parametrize(
    "text",
    [
        "no",
        "no, gracias",
        "no me avises",
        "¿cuánto sale?",
        "No quiero eso, dale",
        "",
        "re caro",
        "bueno, y cuánto sale el envío a Rosario capital?",
        "ok?",
    ],
)
def test_what_is_no_yes(text: str) -> None:
    assert not agrees([text])


async def test_whoever_said_yes_is_told_once_with_the_message_she_said_it_by(offering: Shop, sandbox: Sandbox) -> None:
    assert (await asks(offering, sandbox, "¿tienen las Odette?"))["status"] == "ask"
    assert await states(offering) == []
    assert (await asks(offering, sandbox, "sí, avisame"))["status"] == "noted"
    assert (await asks(offering, sandbox, "sí, dale"))["status"] == "already"
    [consent] = await offering.rows(
        "select m.content from stock_notices n join chat_messages m on m.id = n.consent_message_id"
    )
    assert consent["content"] == "sí, avisame"
    await look(offering)
    assert await told(offering) == []
    await stock(sandbox, 4)
    jobs = await offering.rows("select 1 from pgqueuer where entrypoint = 'back_in_stock'")
    await look(offering)
    await look(offering)
    assert len(jobs) == 1
    [(kind, words, _)] = await told(offering)
    assert kind == "text"
    assert words.startswith("¡Volvió! Hay stock de *Zapatillas de punta Modelo Odette")
    assert await states(offering) == ["told"]
    assert (await asks(offering, sandbox, "sí, avisame"))["status"] == "in_stock"


async def test_two_sizes_that_are_back_are_one_message(offering: Shop, sandbox: Sandbox) -> None:
    variants = await _variants(sandbox)
    for variant in variants[:2]:
        await asks(offering, sandbox, "sí", variant_id=variant)
    await stock(sandbox, 4)
    await look(offering)
    assert len(await told(offering)) == 1
    assert await states(offering) == ["told", "told"]


async def test_after_the_window_the_shops_template_goes_or_nothing(offering: Shop, sandbox: Sandbox) -> None:
    await asks(offering, sandbox, "sí")
    await asks(offering, sandbox, "sí", phone="+5491155559999")
    await offering.rows("update chat_conversations set last_inbound_at = now() - interval '2 days' returning 1")
    await stock(sandbox, 4)
    first, second = await offering.rows("select id from stock_notices order by asked_at")
    await tell_when_back(offering.id, first["id"], offering.pool, offering.room.shops)
    assert (await told(offering), await states(offering)) == ([], ["missed", "waiting"])
    assert "stock_notice_missed" in {event["event_type"] for event in await offering.events()}
    await save_bot_settings(offering.id, offering.pool, {"back_in_stock_template": TEMPLATE})
    components = json.dumps([{"type": "BODY", "text": "¡Volvió {{1}}! Mirá: {{2}}"}])
    await offering.rows(
        """insert into whatsapp_templates (tenant_id, name, language, status, components)
           values (nexus_tenant(), $1, 'es_AR', 'APPROVED', $2) returning 1""",
        TEMPLATE,
        components,
    )
    await tell_when_back(offering.id, second["id"], offering.pool, offering.room.shops)
    [(kind, _, payload)] = await told(offering)
    sent = json.loads(payload)
    assert (kind, sent["name"], sent["language"]) == ("template", TEMPLATE, "es_AR")
    assert sent["parameters"][0] == "Zapatillas de punta Modelo Odette"
    assert sent["parameters"][1].startswith("https://")


async def test_what_is_turned_off_or_taken_back_is_not_told(offering: Shop, sandbox: Sandbox) -> None:
    await asks(offering, sandbox, "sí")
    await stock(sandbox, 4)
    await save_bot_settings(offering.id, offering.pool, {"back_in_stock": False})
    await look(offering)
    burst = await offering.burst("BAJA")
    run = RunIdentity(offering.id, burst.conversation_id, burst.id, burst.fence)
    assert await stop_if_asked(offering.pool, run, (await offering.burst("baja temporada")).messages) is None
    assert await stop_if_asked(offering.pool, run, burst.messages) == WITHDRAWN
    await save_bot_settings(offering.id, offering.pool, {"back_in_stock": True})
    await look(offering)
    assert (await told(offering), await states(offering)) == ([], ["withdrawn"])
    assert await stop_if_asked(offering.pool, run, burst.messages) is None


async def test_products_that_are_read_anew_send_the_job_to_look(offering: Shop, sandbox: Sandbox) -> None:
    await asks(offering, sandbox, "sí")
    queued = []
    for count in (0, 3):
        await stock(sandbox, count)
        async with tenant_transaction(offering.id, offering.pool) as conn:
            await write_products(offering.id, conn, [await _product(sandbox)], {}, datetime.now(UTC))
        jobs = await offering.rows(
            """select 1 from pgqueuer where entrypoint = 'back_in_stock'
               and convert_from(payload, 'utf8')::jsonb->>'tenant_id' = $1""",
            str(offering.id),
        )
        queued.append(len(jobs))
    assert queued == [0, 1]


async def _variants(sandbox: Sandbox) -> list[int]:
    return [variant["id"] for variant in (await _product(sandbox))["variants"]]


async def _product(sandbox: Sandbox) -> dict[str, Any]:
    headers = {"Authorization": "Bearer shop-token", "User-Agent": "tests (a@example.test)"}
    answer = await sandbox.http.get(f"/tiendanube/2025-03/{STORE}/products/{ODETTE}", headers=headers)
    return dict(answer.json())
