"""The orders of the person behind a chat, for the people of the shop (tiendanube.md 4.4).

Tienda Nube has no filter by phone, so the shop's last three months are read and kept for half a minute: whoever goes
through twenty chats asks the shop once, and leaves its rate limit to the bot.
"""

import json
from datetime import datetime, timedelta
from typing import Any

from nexus.gateways.tiendanube.client import ShopClient
from nexus.gateways.tiendanube.order_phones import phones_of, same_phone
from nexus.gateways.tiendanube.parse import Item, localized, money, number
from nexus.orchestrator_service.catalogue.orders import (
    carrier_of,
    fulfillments_of,
    status_text,
    tracking_of,
)

_WINDOW = timedelta(days=90)
_KEPT_SECONDS = 30
_MOST = 10
_PAYMENT = {
    "pending": "pago pendiente",
    "authorized": "pago autorizado",
    "paid": "pagado",
    "partially_paid": "pagado en parte",
    "abandoned": "pago abandonado",
    "refunded": "reintegrado",
    "partially_refunded": "reintegrado en parte",
    "voided": "pago anulado",
}
_SHIPPING = {
    "unpacked": "sin preparar",
    "unshipped": "sin despachar",
    "unfulfilled": "sin preparar",
    "partially_packed": "preparado en parte",
    "partially_fulfilled": "despachado en parte",
    "packed": "listo para despachar",
    "fulfilled": "despachado",
    "shipped": "en camino",
    "delivered": "entregado",
}


async def orders_of_phone(shop: ShopClient, phone: str, now: datetime) -> list[Item]:
    """The newest ten orders on which one of the phones is `phone`, newest first, each as `OrderItem` shows it.

    Raises what ShopClient raises.
    """
    own = [
        order for order in await _recent(shop, now) if any(same_phone(phone, written) for written in order["phones"])
    ]
    return [order["item"] for order in sorted(own, key=lambda order: str(order["made"]), reverse=True)[:_MOST]]


async def _recent(shop: ShopClient, now: datetime) -> list[dict[str, Any]]:
    key = f"cache:orders:{shop.tenant_id}:{shop.store_id}"
    kept = await shop.cache.get(key)
    if kept:
        known: list[dict[str, Any]] = json.loads(kept)
        return known
    listed = [
        {"phones": phones, "made": _moment(order), "item": _item(order)}
        for order in await shop.orders_since(now - _WINDOW)
        if (phones := phones_of(order)) and isinstance(order.get("number"), int)
    ]
    await shop.cache.set(key, json.dumps(listed), _KEPT_SECONDS)
    return listed


def _item(order: Item) -> Item:
    """What the shop's own people need: no DNI, address, e-mail, payment data or note leaves the shop for a panel."""
    fulfillments = fulfillments_of(order)
    carrier = carrier_of(order, fulfillments)
    states = [str(fulfillment.get("status")) for fulfillment in fulfillments]
    payment, shipping = str(order.get("payment_status")), str(order.get("shipping_status"))
    return {
        "number": order["number"],
        "created_at": _moment(order),
        "total": number(money(order.get("total"))),
        "currency": order.get("currency"),
        "status_words": status_text(order, states),
        "payment_words": _PAYMENT.get(payment, payment.replace("_", " ")),
        "shipping_words": _SHIPPING.get(shipping, shipping.replace("_", " ")),
        "tracking": [{**parcel, "carrier": carrier} for parcel in tracking_of(order, fulfillments)],
        "products": [
            {"name": localized(line.get("name")), "quantity": int(line.get("quantity") or 1)}
            for line in order.get("products") or []
            if isinstance(line, dict)
        ],
    }


def _moment(order: Item) -> str | None:
    """When it was made, in UTC; None for what is no time."""
    try:
        return datetime.fromisoformat(str(order.get("created_at"))).isoformat()
    except ValueError:
        return None
