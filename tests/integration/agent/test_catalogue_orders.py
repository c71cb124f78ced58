"""An order from WhatsApp's catalogue, told as the shop is now."""

import json
from typing import Any

from .conftest import STORE, Sandbox, Shop, tool_texts

DONE = {"reply": {"bubbles": [{"text": "Listo"}]}}
LOOK = {"tool_calls": [{"name": "catalogue_order", "arguments": {}}]}


def line(code: str, quantity: int = 1, price: float | None = None) -> dict[str, Any]:
    return {"product_retailer_id": code, "quantity": quantity, "item_price": price, "currency": "ARS"}


async def told(shop: Shop, sandbox: Sandbox, *lines: dict[str, Any]) -> dict[str, Any]:
    """What the model is told of an order with these lines."""
    await sandbox.script(LOOK, DONE)
    burst = await shop.burst("quiero esto")
    await shop.rows(
        "update chat_messages set message_type = 'order', payload = $2::jsonb where burst_id = $1 returning 1",
        burst.id,
        json.dumps({"details": {"items": list(lines)}}),
    )
    await shop.answer(burst)
    return dict(json.loads(tool_texts(await sandbox.requests())[-1]))


async def test_lines_are_found_by_sku_or_id_with_todays_price_and_stock(shop: Shop, sandbox: Sandbox) -> None:
    await shop.rows(
        """insert into catalogue_products (tenant_id, id, item, words, search, read_at)
           values (nexus_tenant(), 51001, '{"variants": [{"id": 900003}]}', '{}', '', now()) returning 1"""
    )
    order = await told(
        shop, sandbox, line("PUN-GIS-37", 1, 49900), line("51001_900003"), line("900003", 2), line("NO-HAY", 3)
    )
    items = order["lines"]
    assert [(item.get("variant_id"), item["status"], item["available"]) for item in items] == [
        (900003, "ok", 1), (900003, "ok", 1), (900003, "ok", 2), (None, "unknown", 0),
    ]  # fmt: skip
    assert order["total_text"] == "$ 199.600,00 más el envío"
    assert (order["complete"], order["differences"]) == (False, ["NO-HAY: no lo encontré en la tienda."])


async def test_every_difference_is_named(shop: Shop, sandbox: Sandbox) -> None:
    patch = {"variants": [{"id": 900003, "stock": 1, "promotional_price": None, "price": "60000.00"}]}
    await sandbox.control("PATCH", f"/shops/{STORE}/products/51001", **patch)
    order = await told(shop, sandbox, line("PUN-GIS-37", 2, 49900), line("51001"))
    assert [item["status"] for item in order["lines"]] == ["less_stock", "choose"]
    assert order["total_text"] == "$ 60.000,00 más el envío"
    name = "Zapatillas de punta Modelo Giselle"
    assert order["differences"] == [
        f"{name} (37): pidió 2 y queda 1.",
        f"{name} (37): en el catálogo figuraba a $ 49.900,00 y hoy sale $ 60.000,00.",
        f"{name}: falta elegir talle o color.",
    ]
    await sandbox.control("PATCH", f"/shops/{STORE}/products/51001", stock=0)
    order = await told(shop, sandbox, line("PUN-GIS-37"))
    assert (order["lines"][0]["status"], order["total_text"]) == ("sold_out", None)


async def test_without_an_order_there_is_nothing_to_read(shop: Shop, sandbox: Sandbox) -> None:
    await sandbox.script(LOOK, DONE)
    await shop.ask("hola")
    assert json.loads(tool_texts(await sandbox.requests())[-1]) == {"message": "No hay un pedido del catálogo."}
