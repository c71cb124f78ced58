"""What a change says: exactly one event, after the commit, to its shop's views alone (S-070 to S-079)."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import httpx

from nexus.store.database import Pool, tenant_transaction
from tests.integration.realtime.conftest import Shop, has_heard
from tests.service import NO_TLS
from tests.sockets import View

Views = Callable[[View], Awaitable[View]]


async def test_each_change_says_exactly_one_thing(alone: str, shop: Shop, views: Views) -> None:
    view = await views(shop.view(alone))
    booked = await shop.booked(alone)
    moved = (await shop.put(alone, booked, start="2031-03-03T12:00:00-03:00")).json()
    confirmed = (await shop.put(alone, booked, "/status", status="confirmed")).json()
    cancelled = (await shop.put(alone, booked, "/status", status="cancelled")).json()
    back = (await shop.put(alone, booked, "/status", status="scheduled")).json()
    attended = (await shop.put(alone, booked, "/status", status="attended")).json()
    assert await has_heard(view, 6) == [
        ("NEW_APPOINTMENT", [booked]),
        ("APPOINTMENT_UPDATED", [moved]),
        ("APPOINTMENT_UPDATED", [confirmed]),
        ("APPOINTMENT_DELETED", [booked["id"], cancelled]),
        ("NEW_APPOINTMENT", [back]),
        ("APPOINTMENT_UPDATED", [attended]),
    ]


async def test_what_changes_nothing_or_is_refused_says_nothing(alone: str, shop: Shop, views: Views) -> None:
    view = await views(shop.view(alone))
    booked = await shop.booked(alone, client_ref="uno")
    for answer in (
        await shop.book(alone, client_ref="uno"),
        await shop.put(alone, booked, "/status", status="scheduled"),
        await shop.put(alone, booked, start=booked["start"], customer_name="Lucía"),
        await shop.put(alone, booked, notes="x", version=7),
        await shop.book(alone),
        await shop.put(alone, booked, "/status", status="lost"),
    ):
        assert answer.status_code in (200, 409, 422)
    await shop.put(alone, booked, "/status", status="cancelled")
    await shop.put(alone, booked, "/status", status="cancelled")
    assert [event for event, _ in await has_heard(view, 2)] == ["NEW_APPOINTMENT", "APPOINTMENT_DELETED"]


async def test_another_shops_views_hear_nothing(alone: str, shop: Shop, neighbour: Shop, views: Views) -> None:
    mine, theirs = await views(shop.view(alone)), await views(neighbour.view(alone))
    item = await shop.booked(alone)
    other = await neighbour.booked(alone)
    assert await has_heard(mine, 1) == [("NEW_APPOINTMENT", [item])]
    assert await has_heard(theirs, 1) == [("NEW_APPOINTMENT", [other])]


async def test_a_client_says_nothing_to_anybody(alone: str, shop: Shop, views: Views) -> None:
    one, other = await views(shop.view(alone)), await views(shop.view(alone))
    await one.emit("NEW_APPOINTMENT", {"id": "falso"})
    await one.emit("enter_room", f"tenant:{shop.id}")
    await asyncio.sleep(0.5)
    assert other.heard == []
    assert one.is_connected


async def test_what_is_rolled_back_is_never_said(alone: str, shop: Shop, views: Views, pool: Pool) -> None:
    view = await views(shop.view(alone))
    item = await shop.booked(alone)
    async with tenant_transaction(shop.id, pool) as conn:
        transaction = conn.transaction()
        await transaction.start()
        await conn.execute(
            "insert into announcements (tenant_id, event, arguments) values ($1, 'NEW_APPOINTMENT', '[1]')", shop.id
        )
        await conn.execute("select pg_notify('nexus_announcements', '')")
        await transaction.rollback()
    assert await has_heard(view, 1) == [("NEW_APPOINTMENT", [item])]
    async with tenant_transaction(shop.id, pool) as conn:
        assert await conn.fetchval("select count(*) from announcements") == 0


async def test_the_routes_are_served_as_before_beside_it(alone: str) -> None:
    async with httpx.AsyncClient(verify=NO_TLS, base_url=alone, trust_env=False) as client:
        assert (await client.get("/health")).json() == {"status": "ok", "service": "orchestrator_service"}
        assert (await client.get("/ready")).json()["database"] == "ok"
        assert "socket_clients" in (await client.get("/metrics")).text
        lost = await client.get("/nowhere", headers={"Origin": "https://agenda.example"})
        assert (lost.status_code, lost.json()["error"]["code"]) == (404, "not_found")
        assert lost.headers["access-control-allow-origin"] == "https://agenda.example"
        described: dict[str, Any] = (await client.get("/openapi.json")).json()
        assert "/admin/appointments" in described["paths"]
