"""The set-up as the panel asks for it: steps from what is there, live tests that last, the light of the webhook."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

import httpx

from nexus.orchestrator_service.admin.deps import AdminDeps
from nexus.store.database import Pool
from nexus.store.webhook_lights import note_refused, note_signed
from tests.integration.admin.conftest import TOKEN, Shop, client_of, edge

HOURS = [{"day": 0, "from": "09:00", "to": "18:00"}]


async def _steps(machine: httpx.AsyncClient, shop: Shop) -> dict[str, str]:
    answer = await machine.get("/admin/setup", headers=shop.headers)
    assert answer.status_code == 200, answer.text
    found = answer.json()
    assert found["of"] == len(found["steps"]) == 6
    assert found["done"] == sum(step["state"] == "done" for step in found["steps"])
    assert all(step["link"].startswith("#/") and step["message"] and step["title"] for step in found["steps"])
    return {step["key"]: step["state"] for step in found["steps"]}


async def test_a_new_shop_is_set_up_step_by_step(machine: httpx.AsyncClient, shop: Shop, pool: Pool) -> None:
    assert set((await _steps(machine, shop)).values()) == {"todo"}
    address = f"/admin/tenants/{shop.id}"
    await machine.put(f"{address}/credentials/ycloud", json={"api_key": "clave", "webhook_secret": "whsec_1"})
    assert (await machine.post(f"{address}/credentials/ycloud/test")).json()["ok"] is False
    assert (await _steps(machine, shop))["whatsapp"] == "problem"
    await machine.put(address, json={"business_hours": HOURS})
    await machine.post(f"{address}/credentials/tiendanube/test")  # nothing is set: that is no problem yet
    states = await _steps(machine, shop)
    assert (states["hours"], states["shop"], states["live"]) == ("done", "todo", "todo")


async def test_a_live_test_is_remembered_until_what_it_tried_changes(
    machine: httpx.AsyncClient, sign_in: Callable[..., Awaitable[httpx.AsyncClient]], shop: Shop
) -> None:
    browser = await sign_in(shop)
    address = f"/admin/tenants/{shop.id}"
    who = (await browser.get("/admin/me")).json()["user"]["email"]

    async def tests() -> dict[str, Any]:
        found: dict[str, Any] = (await machine.get(f"{address}/credentials")).json()["_tests"]
        return found

    untried = {"tested_at": None, "tested_ok": None, "tested_by": None, "tested_message": None}
    assert await tests() == {"tiendanube": untried, "ycloud": untried, "llm": untried, "handoff": untried}
    told = (await browser.post(f"{address}/credentials/tiendanube/test")).json()
    found = (await tests())["tiendanube"]
    assert found["tested_at"] is not None
    assert (found["tested_ok"], found["tested_by"], found["tested_message"]) == (False, who, told["message"])
    await browser.put(f"{address}/credentials/tiendanube", json={"store_id": "7654321"})
    assert (await tests())["tiendanube"] == untried
    fields = (await machine.get(f"{address}/credentials")).json()["tiendanube"]
    assert (fields["store_id"]["updated_by"], fields["access_token"]["updated_by"]) == (who, None)


async def test_the_test_mail_is_remembered_beside_the_handoff(machine: httpx.AsyncClient, shop: Shop) -> None:
    address = f"/admin/tenants/{shop.id}/handoff"
    told = (await machine.post(f"{address}/test")).json()
    found = (await machine.get(address)).json()
    assert (found["tested_ok"], found["tested_message"]) == (False, told["message"])
    changed = await machine.put(address, json={"destination_email": "caro@danza.example"})
    assert changed.json()["tested_at"] is None


async def test_the_webhook_has_an_address_and_a_light(machine: httpx.AsyncClient, shop: Shop, pool: Pool) -> None:
    address = f"/admin/tenants/{shop.id}/webhook"
    assert (await machine.get(address)).json() == {
        "url": f"http://panel.example:8002/webhook/ycloud/{shop.id}",
        "last_signed_at": None,
        "last_refused_at": None,
        "state": "waiting",
    }
    await note_refused(shop.id, pool)
    assert (await machine.get(address)).json()["state"] == "red"
    await note_signed(shop.id, pool)
    assert (await machine.get(address)).json()["state"] == "green"
    for _ in range(3):
        await note_refused(shop.id, pool)
    assert (await machine.get(address)).json()["state"] == "red"


async def test_the_public_address_of_the_webhook_comes_from_its_setting(deps: AdminDeps, shop: Shop) -> None:
    settings = deps.settings.model_copy(update={"whatsapp_public_url": "https://wa.danza.example/"})
    async with client_of(edge(replace(deps, settings=settings)), {"X-Admin-Token": TOKEN}) as machine:
        found = (await machine.get(f"/admin/tenants/{shop.id}/webhook")).json()
    assert found["url"] == f"https://wa.danza.example/webhook/ycloud/{shop.id}"
