"""An order told to the person whose phone stands on it, and to nobody else (tiendanube.md 4.4)."""

import re
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from nexus.contracts.identity import phone_key
from nexus.gateways.tiendanube.client import ShopClient
from nexus.gateways.tiendanube.parse import Item, localized, money, money_text, number

DENIAL = "No encontré un pedido con ese número a nombre de este teléfono."
"""The same words for a wrong number, another's order and a text that is no number: nothing can be guessed from it."""

_STATUS_WORDS = {
    "cancelled": "cancelado",
    "refunded": "reintegrado",
    "voided": "pago anulado",
    "DELIVERED": "entregado",
    "READY_FOR_PICKUP": "listo para retirar",
    "DISPATCHED": "en camino",
    "PACKED": "listo para despachar",
    "delivered": "entregado",
    "shipped": "en camino",
}


async def find_own_order(shop: ShopClient, asked: str, phone: str | None, time_zone: str) -> Item | None:
    """The order of that number ("#123") or internal id when one of its phones is `phone`, else None.

    `phone` is the WhatsApp address from the conversation, never from the model. Shape: `order_item`.
    Raises what ShopClient raises.
    """
    digits = re.search(r"\d{1,18}", asked)
    if digits is None or not phone:
        return None
    wanted = int(digits[0])
    found = [order for order in await shop.find_orders(digits[0]) if order.get("number") == wanted]
    if not found and len(digits[0]) >= 8:
        by_id = await shop.order(wanted)
        found = [by_id] if by_id else []
    own = next((order for order in found if any(same_phone(phone, p) for p in phones_of(order))), None)
    return order_item(own, time_zone) if own else None


def phones_of(order: Item) -> list[str]:
    """Every phone written on an order, as written."""
    customer, address = order.get("customer"), order.get("shipping_address")
    written = [
        order.get("contact_phone"),
        order.get("billing_phone"),
        customer.get("phone") if isinstance(customer, dict) else None,
        address.get("phone") if isinstance(address, dict) else None,
    ]
    return [str(phone) for phone in written if phone]


def same_phone(sender: str, written: str) -> bool:
    """Whether a phone as a shopper wrote it is the WhatsApp address `sender` (international digits)."""
    sender_digits, digits = re.sub(r"\D", "", sender), re.sub(r"\D", "", written)
    international = written.strip().startswith(("+", "00")) or len(digits) >= 11
    if international and len(digits) >= 8 and phone_key(digits.removeprefix("00")) == phone_key(sender_digits):
        return True
    # only an Argentine sender may equal a number written without its country
    return sender_digits.startswith("54") and (mine := national10(sender)) is not None and mine == national10(written)


def national10(written: str) -> str | None:
    """Argentina's ten national digits (area code and number) of any usual spelling, or None.

    Drops +/00, 54, the mobile 9, the trunk 0 and the 15 after the area code.
    """
    digits = re.sub(r"\D", "", written).removeprefix("00")
    foreign = written.strip().startswith(("+", "00")) and not digits.startswith("54")
    if foreign:
        return None
    if digits.startswith("54") and len(digits) > 10:
        digits = digits[2:]
    if digits.startswith("9") and len(digits) == 11:
        digits = digits[1:]
    digits = digits.removeprefix("0")
    if len(digits) == 12:
        area_lengths = (2,) if digits.startswith("11") else (3, 4)
        area = next((n for n in area_lengths if digits[n : n + 2] == "15"), None)
        digits = digits if area is None else digits[:area] + digits[area + 2 :]
    return digits if len(digits) == 10 else None


def order_item(order: Item, time_zone: str) -> Item:
    """What may be told: never DNI, address, e-mail, payment data or the owner's note. Both API versions.

    `{id, number, status, status_text, items:[{name, quantity, price}], total, total_text, created_at (local,
    "12/11/2026 11:05"), tracking:[{code, url}], carrier, pickup}`.
    """
    fulfillments = fulfillments_of(order)
    shippings = [f["shipping"] for f in fulfillments if isinstance(f.get("shipping"), dict)]
    total = money(order.get("total"))
    return {
        "id": order.get("id"),
        "number": order.get("number"),
        "status": order.get("status"),
        "status_text": status_text(order, [str(f.get("status")) for f in fulfillments]),
        "items": [_line(line) for line in order.get("products") or [] if isinstance(line, dict)],
        "total": number(total),
        "total_text": money_text(total) if total is not None else None,
        "created_at": _local(order.get("created_at"), time_zone),
        "tracking": tracking_of(order, fulfillments),
        "carrier": carrier_of(order, fulfillments),
        "pickup": _pickup(order, shippings),
    }


def status_text(order: Item, fulfillment_states: list[str]) -> str:
    """Where the order stands, in the customer's words (tiendanube.md 4.3)."""
    if order.get("status") == "cancelled":
        return _STATUS_WORDS["cancelled"]
    payment = str(order.get("payment_status"))
    if payment in ("refunded", "voided"):
        return _STATUS_WORDS[payment]
    if payment in ("pending", "authorized") and not order.get("paid_at"):
        offline = order.get("gateway") == "offline"
        return "esperando el comprobante de transferencia" if offline else "esperando el pago"
    shipping = str(order.get("shipping_status"))
    told = [_STATUS_WORDS[state] for state in (*fulfillment_states, shipping) if state in _STATUS_WORDS]
    return ", ".join(dict.fromkeys(told)) or "en preparación"


def fulfillments_of(order: Item) -> list[Item]:
    """Documents and samples name the array differently, and it may hold bare ids (section 4.2)."""
    listed = order.get("fulfillments") or order.get("fulfillment_orders") or []
    return [entry for entry in listed if isinstance(entry, dict)]


def tracking_of(order: Item, fulfillments: list[Item]) -> list[Item]:
    """Where each parcel can be followed, `[{code, url}]`."""
    told = [f["tracking_info"] for f in fulfillments if isinstance(f.get("tracking_info"), dict)]
    found = [{"code": info.get("code"), "url": info.get("url")} for info in told]
    if order.get("shipping_tracking_number"):
        code, url = order["shipping_tracking_number"], order.get("shipping_tracking_url")
        found.append({"code": code, "url": url})
    return [entry for entry in found if entry["code"] or entry["url"]]


def carrier_of(order: Item, fulfillments: list[Item]) -> str | None:
    """Who carries it: the carrier's name, else what the customer chose."""
    shippings = [f["shipping"] for f in fulfillments if isinstance(f.get("shipping"), dict)]
    named = next((name for s in shippings if (name := _name(s.get("carrier")))), None)
    chosen: str | None = named or order.get("shipping_option")
    return chosen


def _pickup(order: Item, shippings: list[Item]) -> Item | None:
    """The shop's own branch, when the customer fetches the order: name, address, opening hours as the shop has them."""
    found = [s.get("pickup_details") for s in shippings] + [order.get("shipping_pickup_details")]
    branch = next((details for details in found if isinstance(details, dict)), None)
    if branch is None:
        return None
    written = branch.get("address")
    place: Item = written if isinstance(written, dict) else {}
    street = " ".join(str(place[key]) for key in ("street", "address", "number") if place.get(key))
    address = ", ".join(part for part in (street, place.get("city")) if part)
    return {"name": branch.get("name"), "address": address, "hours": branch.get("pickup_hours")}


def _line(line: Item) -> Item:
    price = money(line.get("price"))
    return {"name": localized(line.get("name")), "quantity": line.get("quantity"), "price": number(price)}


def _name(carrier: Any) -> str | None:
    return carrier.get("name") if isinstance(carrier, dict) else None


def _local(stamp: Any, time_zone: str) -> str | None:
    if not isinstance(stamp, str):
        return None
    return datetime.fromisoformat(stamp).astimezone(ZoneInfo(time_zone)).strftime("%d/%m/%Y %H:%M")
