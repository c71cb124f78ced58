"""Draft orders: a cart made by an application, to be paid at its `checkout_url` (tiendanube.md section 5)."""

from __future__ import annotations

import json
import secrets
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from starlette.responses import JSONResponse, Response

from nexus.sandbox.shop import Item, Shop

_FIRST_ID = 39_000_001
_REQUIRED = ("contact_name", "contact_lastname", "contact_email", "payment_status", "products")


def make_draft(shop: Shop, content_type: str, body: bytes) -> Response:
    """201 with the draft order; 415, 400 and 422 as section 6 has them. Making one touches no stock."""
    if "application/json" not in content_type:
        return JSONResponse({"code": 415, "message": "Unsupported Media Type"}, 415)
    try:
        asked = json.loads(body)
    except ValueError:
        return JSONResponse({"error": "Problems parsing JSON"}, 400)
    if wrong := _wrong(shop, asked if isinstance(asked, dict) else {}):
        return JSONResponse(wrong, 422)
    draft = _draft(shop, asked)
    shop.drafts.append(draft)
    return JSONResponse(draft, 201)


def _wrong(shop: Shop, asked: Item) -> dict[str, list[str]]:
    wrong = {field: ["can't be blank"] for field in _REQUIRED if not asked.get(field)}
    if "contact_email" not in wrong and "@" not in str(asked["contact_email"]):
        wrong["contact_email"] = ["is not valid"]
    if "products" not in wrong and not all(_line(shop, line) for line in asked["products"]):
        wrong["products"] = ["is invalid"]
    return wrong


def _line(shop: Shop, asked: Any) -> tuple[Item, Item, int] | None:
    """Product, variant and quantity of a line, or None for one that the shop cannot sell."""
    if not isinstance(asked, dict) or not isinstance(asked.get("quantity"), int) or asked["quantity"] < 1:
        return None
    for product in shop.products:
        for variant in product["variants"]:
            if variant["id"] == asked.get("variant_id") and variant["price"] is not None:
                return product, variant, asked["quantity"]
    return None


def _draft(shop: Shop, asked: Item) -> Item:
    number, token = _FIRST_ID + len(shop.drafts), secrets.token_hex(20)
    address = f"https://{shop.domain}/checkout/v3/order/proxy/{number}/{token}"
    lines = [found for line in asked["products"] if (found := _line(shop, line))]
    total = sum((Decimal(_price(variant)) * quantity for _, variant, quantity in lines), Decimal(0))
    return {
        "id": number,
        "store_id": int(shop.store_id),
        "token": token,
        "abandoned_checkout_url": address,
        "checkout_url": address,
        "contact_name": f"{asked['contact_name']} {asked['contact_lastname']}",
        "contact_email": asked["contact_email"],
        "contact_phone": asked.get("contact_phone"),
        "payment_status": asked["payment_status"],
        "subtotal": f"{total:.2f}",
        "total": f"{total:.2f}",
        "currency": shop.store.get("main_currency", "ARS"),
        "shipping": "draft",
        "note": asked.get("note", ""),
        "products": [_shown(product, variant, quantity) for product, variant, quantity in lines],
        "created_at": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S+0000"),
    }


def _shown(product: Item, variant: Item, quantity: int) -> Item:
    return {
        "name": next(iter(product["name"].values()), ""),
        "price": _price(variant),
        "product_id": product["id"],
        "variant_id": variant["id"],
        "quantity": quantity,
        "sku": variant.get("sku"),
    }


def _price(variant: Item) -> str:
    return str(variant.get("promotional_price") or variant["price"])
