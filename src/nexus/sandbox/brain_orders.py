"""An order as the `orders` tool describes it, told to the customer in Spanish."""

from __future__ import annotations

import json
from typing import Any

from nexus.sandbox.brain_products import money

ASK_FOR_NUMBER = "¿Me pasás el número de pedido? Es el que figura en el mail de la compra."
STATUS_WORDS = {
    "open": "en preparación",
    "pending": "pendiente de pago",
    "paid": "pagado",
    "shipped": "enviado",
    "delivered": "entregado",
    "closed": "cerrado",
    "cancelled": "cancelado",
}


def order_bubbles(text: str, hello: str) -> list[dict[str, Any]]:
    """One bubble with status, items, total and tracking; sentences of the tool are passed on as they are."""
    try:
        value = json.loads(text)
    except json.JSONDecodeError:
        value = text
    if isinstance(value, dict) and isinstance(value.get("orders"), list):
        value = value["orders"]
    if isinstance(value, list):
        value = value[0] if value else ""
    if isinstance(value, dict) and ("id" in value or "number" in value):
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
    if tracking := _tracking(order):
        lines.append(f"Seguimiento: {tracking}")
    return "\n".join(lines)


def _item(item: Any) -> str:
    if isinstance(item, dict):
        quantity = item.get("quantity")
        return f"{quantity} × {item.get('name', '')}" if quantity else str(item.get("name", ""))
    return str(item)


def _tracking(order: dict[str, Any]) -> str:
    """Number and link, whichever are there: one field, an object, or `tracking_number`/`tracking_url`."""
    tracking = order.get("tracking")
    if isinstance(tracking, list):
        tracking = tracking[0] if tracking else None
    if isinstance(tracking, dict):
        parts = [tracking.get(key) for key in ("company", "code", "number", "url")]
    else:
        parts = [tracking, order.get("tracking_number"), order.get("tracking_url")]
    return " ".join(str(part) for part in parts if part)
