"""An order as the `orders` tool describes it, told to the customer in Spanish."""

from __future__ import annotations

import json
import re
from typing import Any

from nexus.sandbox.brain_notes import NOTE
from nexus.sandbox.brain_products import money

ASK_FOR_NUMBER = "¿Me pasás el número de pedido? Es el que figura en el mail de la compra."
ASKED_FOR_MAIL = "e-mail de la compra"
"""In the tool's own sentence, which is passed on as it is."""
_NUMBER = re.compile(r"(?<![\w@.])#?(\d{3,12})\b(?!@)")
STATUS_WORDS = {
    "open": "en preparación",
    "pending": "pendiente de pago",
    "paid": "pagado",
    "shipped": "enviado",
    "delivered": "entregado",
    "closed": "cerrado",
    "cancelled": "cancelado",
}


def number_in(texts: list[str]) -> str | None:
    """The last order number that was written."""
    found = _NUMBER.findall("\n".join(NOTE.sub(" ", text) for text in texts))
    return str(found[-1]) if found else None


def lists_orders(text: str) -> bool:
    """Whether the tool listed the sender's own orders."""
    try:
        value = json.loads(text)
    except json.JSONDecodeError:
        return False
    return isinstance(value, dict) and bool(value.get("orders"))


def order_bubbles(text: str, hello: str) -> list[dict[str, Any]]:
    """One bubble with status, items, total and tracking; sentences of the tool are passed on as they are."""
    try:
        value = json.loads(text)
    except json.JSONDecodeError:
        value = text
    if isinstance(value, dict) and isinstance(value.get("orders"), list):
        value = value["orders"]
        if len(value) > 1:
            rows = [f"• #{order['number']}: {order.get('status_text') or ''}" for order in value]
            return [{"text": "\n".join([f"{hello}Estos son tus pedidos:", *rows, "¿De cuál querés saber más?"])}]
    if isinstance(value, list):
        value = value[0] if value else ""
    if isinstance(value, dict) and not value.get("message") and ("id" in value or "number" in value):
        return [{"text": hello + _told(value)}]
    if isinstance(value, dict):
        value = value.get("message") or value.get("error")
    said = str(value or "No encontré un pedido con ese número.")
    return [{"text": hello + said}]


def _told(order: dict[str, Any]) -> str:
    number = order.get("number") or order["id"]
    raw = str(order.get("status") or "")
    status = order.get("status_text") or STATUS_WORDS.get(raw, raw)
    lines = [f"Tu pedido #{number}" + (f": {status}" if status else "")]
    lines += [f"• {item}" for item in map(_item, order.get("items") or []) if item]
    if total := order.get("total_text") or order.get("total"):
        lines.append(f"Total: {money(str(total))}")
    lines += [f"Seguimiento: {parcel}" for parcel in _tracking(order)]
    if order.get("delivery"):
        lines.append(f"Llega {order['delivery']}")
    if pickup := order.get("pickup"):
        lines.append(_pickup(pickup))
    return "\n".join(lines)


def _item(item: Any) -> str:
    if isinstance(item, dict):
        quantity = item.get("quantity")
        return f"{quantity} × {item.get('name', '')}" if quantity else str(item.get("name", ""))
    return str(item)


def _tracking(order: dict[str, Any]) -> list[str]:
    """Number and link of each parcel, whichever are there: one field, objects, or `tracking_number`/`tracking_url`."""
    tracking = order.get("tracking")
    parcels = tracking if isinstance(tracking, list) else [tracking]
    told = []
    for parcel in parcels:
        if isinstance(parcel, dict):
            parts = [parcel.get(key) for key in ("company", "carrier", "code", "number", "url")]
        else:
            parts = [parcel, order.get("tracking_number"), order.get("tracking_url")]
        told.append(" ".join(str(part) for part in parts if part))
    return [words for words in told if words]


def _pickup(branch: dict[str, Any]) -> str:
    place = ", ".join(str(branch[key]) for key in ("name", "address") if branch.get(key))
    hours = "; ".join(branch.get("hours") or [])
    return f"Se retira en {place}" + (f" ({hours})" if hours else "")
