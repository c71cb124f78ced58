"""What changes in the shop is found by what it is called now, because the shop says so at once."""

import secrets
from typing import Any

from tests.journeys.scripts import reply, scenario
from tests.system import Shop, System, eventually


async def test_a_product_that_the_shop_renames_is_found_by_its_new_name_at_once(system: System) -> None:
    shop = await system.new_shop()
    token, secret = secrets.token_hex(8), secrets.token_hex(8)
    door = f"{system.url('brain')}/webhook/tiendanube/{shop.tenant_id}"
    opened = {"store_id": shop.store_id, "access_token": token, "webhook_url": door, "webhook_secret": secret}
    (await system.sandbox.post("/sandbox/shops", json=opened)).raise_for_status()
    values = {"access_token": token, "client_secret": secret}
    admin = system.admin(shop.tenant_id)
    (await admin.put(f"/admin/tenants/{shop.tenant_id}/credentials/tiendanube", json=values)).raise_for_status()
    await eventually(lambda: _is(shop, "ready"), what="the catalogue read")

    changes: dict[str, Any] = {"name": {"es": "Chatitas Aurora"}, "price": "21999.00"}
    await system.sandbox.patch(f"/sandbox/shops/{shop.store_id}/products/51003", json=changes)
    await eventually(lambda: _knows(shop, "Chatitas Aurora"), what="the shop's word, and the product read")
    search = {"tool_calls": [{"name": "search_specific_products", "arguments": {"q": "chatitas"}}]}
    await system.script([scenario("chatitas", search, reply("Sí, tenemos."))])
    customer = shop.customer()
    await shop.say(customer, "tienen chatitas?")
    await shop.answers(customer)

    told = str([request["body"]["messages"][-1]["content"] for request in await system.model_runs("chatitas")])
    assert "Chatitas Aurora" in told
    assert "21.999,00" in told


async def _state(shop: Shop) -> dict[str, Any]:
    return dict((await shop.system.admin(shop.tenant_id).get("/admin/catalogue")).json())


async def _is(shop: Shop, state: str) -> bool:
    found = await _state(shop)
    return found["state"] == state and found["products"] > 0


async def _knows(shop: Shop, name: str) -> bool:
    found = await shop.system.one(
        "select 1 from catalogue_products where tenant_id = $1 and item->>'name' = $2", shop.tenant_id, name
    )
    return found is not None and (await _state(shop))["webhooks_at"] is not None
