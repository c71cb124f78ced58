"""One order for the person whose phone stands on it, and what is told of it."""

import re
from typing import Any

from nexus.gateways.tiendanube.client import ShopClient
from nexus.gateways.tiendanube.order_phones import is_of_phone
from nexus.gateways.tiendanube.parse import Item, localized, money, number

_SHORTEST_ID = 8


async def own_orders(shop: ShopClient, asked: str, phone: str) -> list[Item]:
    """The order of that number ("#123") or internal id when `phone` stands on it; else nothing, whatever the reason.

    Raises what ShopClient raises.
    """
    digits = re.search(r"\d{1,18}", asked)
    if digits is None:
        return []
    wanted = int(digits[0])
    found = [order for order in await shop.find_orders(digits[0]) if order.get("number") == wanted]
    if not found and len(digits[0]) >= _SHORTEST_ID:
        by_id = await shop.order(wanted)
        found = [by_id] if by_id else []
    return [order_item(order) for order in found if is_of_phone(order, phone)]


def order_item(order: Item) -> Item:
    """S-040's shape. No name, DNI, address, e-mail, phone, payment data or note of anybody leaves through here."""
    return {
        **{name: order.get(name) for name in ("id", "number", "status", "payment_status", "shipping_status")},
        "created_at": order.get("created_at"),
        "currency": order.get("currency"),
        "total": number(money(order.get("total"))),
        "items": [_line(line) for line in order.get("products") or [] if isinstance(line, dict)],
        "tracking": [parcel for parcel in _parcels(order) if parcel["code"] or parcel["url"]],
    }


def _line(line: Item) -> Item:
    return {
        "name": localized(line.get("name")),
        "quantity": int(line.get("quantity") or 1),
        "price": number(money(line.get("price"))),
    }


def _parcels(order: Item) -> list[Item]:
    """Both API versions; the array has two names, and may hold bare ids (tiendanube.md 4.2)."""
    listed: list[Any] = order.get("fulfillments") or order.get("fulfillment_orders") or []
    told = [entry["tracking_info"] for entry in listed if isinstance(entry, dict) and entry.get("tracking_info")]
    parcels = [{"code": info.get("code"), "url": info.get("url")} for info in told if isinstance(info, dict)]
    flat = {"code": order.get("shipping_tracking_number"), "url": order.get("shipping_tracking_url")}
    return parcels if flat["code"] in {parcel["code"] for parcel in parcels} else [*parcels, flat]
