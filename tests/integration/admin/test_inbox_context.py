"""What stands beside a thread: numbers in every form, appointments, orders of the chat's phone and of nobody else."""

import json
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

import nexus.sandbox
from nexus.orchestrator_service.admin.deps import AdminDeps
from nexus.orchestrator_service.agent.room import AgentRoom
from nexus.store.database import Pool, tenant_transaction
from tests.integration.admin.conftest import TOKEN, Shop, client_of, edge

Write = Callable[..., Awaitable[uuid.UUID]]
STORE = {"store_id": "7654321", "access_token": "shop-token"}
OWNER_OF_102 = "+5491155500002"
_ORDERS = json.loads((Path(nexus.sandbox.__file__).parent / "data" / "shop.json").read_text(encoding="utf-8"))["orders"]


def _order(n: int, days_ago: float, **fields: Any) -> dict[str, Any]:
    """The order of the owner of 102 again, under another number and of another day."""
    made = datetime.now(UTC) - timedelta(days=days_ago)
    model: dict[str, Any] = _ORDERS[1]
    return model | {"id": 880_000_100 + n, "number": n, "created_at": f"{made:%Y-%m-%dT%H:%M:%S}+0000"} | fields


@pytest.fixture
async def room(deps: AdminDeps, sandbox: httpx.AsyncClient) -> AsyncIterator[httpx.AsyncClient]:
    """A machine before the admin routes, with the sandbox's shop behind them."""
    settings = deps.settings.model_copy(update={"tiendanube_base_url": f"{sandbox.base_url}/tiendanube"})
    agent = AgentRoom(settings, deps.pool, deps.cache, deps.vault)
    await deps.cache.delete(f"rate:tiendanube:{STORE['store_id']}")
    async with client_of(edge(replace(deps, settings=settings, room=agent)), {"X-Admin-Token": TOKEN}) as client:
        yield client
    await agent.close()


@pytest.fixture
async def connected(room: httpx.AsyncClient, shop: Shop) -> Shop:
    """The shop with its Tienda Nube."""
    answer = await room.put(f"/admin/tenants/{shop.id}/credentials/tiendanube", json=STORE)
    assert answer.status_code == 200, answer.text
    return shop


async def _orders(room: httpx.AsyncClient, shop: Shop, chat: uuid.UUID) -> dict[str, Any]:
    answer = await room.get(f"/admin/conversations/{chat}/orders", headers=shop.headers)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def test_the_orders_of_the_chats_phone_come_newest_first_and_nobody_elses(
    room: httpx.AsyncClient, connected: Shop, sandbox: httpx.AsyncClient, customer_writes: Write
) -> None:
    own = [_order(n, days_ago=n) for n in range(1, 13)]
    others = [
        _order(500, 1, contact_phone="+5491100000000", billing_phone=None, customer=None, shipping_address=None),
        _order(501, 1, contact_phone=None, billing_phone=None, customer=None, shipping_address=None),
        _order(502, 120),
    ]
    shop = STORE | {"orders": [*own[6:], *others, *own[:6]]}
    (await sandbox.post("/sandbox/shops", json=shop)).raise_for_status()
    found = await _orders(room, connected, await customer_writes(connected, "Hola", phone=OWNER_OF_102))
    assert (found["state"], found["message"]) == ("ok", None)
    assert [order["number"] for order in found["items"]] == list(range(1, 11))
    order = found["items"][0]
    assert (order["total"], order["currency"]) == (43022, "ARS")
    words = ("status_words", "payment_words", "shipping_words")
    assert [order[name] for name in words] == ["en camino", "pagado", "en camino"]
    (parcel,) = order["tracking"]
    assert (parcel["code"], parcel["url"]) == ("DEMO0000002AR", "https://tracking.example.test/DEMO0000002AR")
    assert len(order["products"]) == 2
    assert not {"30000002", "cliente.dos@example.test", "Palermo"} & set(json.dumps(found).split('"'))
    stranger = await customer_writes(connected, "Hola", phone="+5491155599999")
    assert (await _orders(room, connected, stranger))["items"] == []


async def test_a_shop_that_cannot_tell_says_why_in_words(
    room: httpx.AsyncClient, shop: Shop, sandbox: httpx.AsyncClient, customer_writes: Write
) -> None:
    chat = await customer_writes(shop, "Hola", phone=OWNER_OF_102)
    found = await _orders(room, shop, chat)
    assert (found["state"], found["items"]) == ("not_connected", [])
    assert "Conectá Tienda Nube" in found["message"]
    await room.put(f"/admin/tenants/{shop.id}/credentials/tiendanube", json=STORE)
    (await sandbox.post("/sandbox/shops", json=STORE)).raise_for_status()
    for kind, words in (("401", "rechaza las credenciales"), ("500", "no responde")):
        fault = {"target": "tiendanube", "kind": kind, "times": -1}
        (await sandbox.post("/sandbox/faults", json=fault)).raise_for_status()
        found = await _orders(room, shop, chat)
        assert found["state"] == "unavailable"
        assert words in found["message"]
        await sandbox.delete("/sandbox/faults")
    unknown = await room.get(f"/admin/conversations/{uuid.uuid4()}/orders", headers=shop.headers)
    assert unknown.status_code == 404


async def test_the_customer_stands_there_with_both_forms_of_each_number_and_her_appointments(
    machine: httpx.AsyncClient, shop: Shop, customer_writes: Write, pool: Pool
) -> None:
    first = datetime.now(UTC).replace(microsecond=0) - timedelta(days=3)
    chat = await customer_writes(shop, "Hola", phone="+5491155550123", name="Lucía", at=first)
    await customer_writes(shop, "¿Tenés puntas?", phone="+5491155550123")
    async with tenant_transaction(shop.id, pool) as conn:
        await conn.execute(
            """insert into customer_aliases (tenant_id, external_user_id, conversation_id)
               values ($1, '543515550009', $2), ($1, 'AR.lucia', $2)""",
            shop.id, chat,
        )  # fmt: skip
        await conn.execute("update chat_conversations set user_scoped_id = 'AR.lucia' where id = $1", chat)
    for days, phone, more in (
        (9, None, {"conversation_id": str(chat)}), (2, "011 15 5555-0123", {}), (-5, "+54 11 5555 0123", {}),
        (1, "+5491155559999", {}),
    ):  # fmt: skip
        start = (datetime.now(UTC) + timedelta(days=days)).isoformat()
        body = {"start": start, "customer_name": "Lucía", "title": f"A {days}", "customer_phone": phone, "force": True}
        made = await machine.post("/admin/appointments", json=body | more, headers=shop.headers)
        assert made.status_code == 201, made.text
    found = (await machine.get(f"/admin/conversations/{chat}/context", headers=shop.headers)).json()
    customer = found["customer"]
    assert customer["numbers"] == [
        {
            "e164": "+5491155550123",
            "with_nine": "+5491155550123",
            "without_nine": "+541155550123",
            "readable": "+54 9 11 5555-0123",
        }
    ]
    assert [number["readable"] for number in customer["earlier_numbers"]] == ["+54 9 351 555-0009"]
    assert (customer["display_name"], customer["user_scoped_id"]) == ("Lucía", "AR.lucia")
    assert (customer["messages_in"], customer["messages_out"]) == (2, 0)
    assert datetime.fromisoformat(customer["first_seen_at"]) == first
    assert [appointment["title"] for appointment in found["appointments"]] == ["A 2", "A 9", "A -5"]
    unknown = await machine.get(f"/admin/conversations/{uuid.uuid4()}/context", headers=shop.headers)
    assert unknown.status_code == 404
