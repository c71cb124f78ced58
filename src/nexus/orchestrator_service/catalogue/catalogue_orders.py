"""An order from WhatsApp's catalogue against the shop as it is now: what there is, today's prices, what differs.

The catalogue names a line by a code that the shop chose when it linked it: a SKU, or the id of product or variant.
"""

import asyncio
import re
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from nexus.gateways.tiendanube.client import ShopClient
from nexus.gateways.tiendanube.parse import ON_REQUEST, Item, money, money_text, number
from nexus.store.catalogue_orders import products_of_variants
from nexus.store.database import Pool

MOST_LINES = 15
_IDS = re.compile(r"(\d{1,18})(?:[-_](\d{1,18}))?")
_LONGEST_CODE = 120


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the order; `item` and `variant` are what it stands for now, each None when that is not known."""

    code: str
    quantity: int
    was: Decimal | None
    item: Item | None
    variant: Item | None


async def resolve(shop: ShopClient, pool: Pool, ordered: Sequence[dict[str, Any]]) -> list[Line]:
    """What each line stands for, read live. Raises what ShopClient raises."""
    lines = [line for line in ordered if line.get("product_retailer_id")][:MOST_LINES]
    found = await asyncio.gather(*(_find(shop, pool, str(line["product_retailer_id"])) for line in lines))
    return [
        Line(
            code=str(line["product_retailer_id"])[:_LONGEST_CODE],
            quantity=max(1, int(line.get("quantity") or 1)),
            was=money(line.get("item_price")),
            item=item,
            variant=variant,
        )
        for line, (item, variant) in zip(lines, found, strict=True)
    ]


def told(lines: Sequence[Line]) -> Item:
    """The order for the model: `{lines, total_text, complete, differences}`; the total is of what can be bought now."""
    shown_lines, differences, total = [], [], Decimal(0)
    for line in lines:
        shown, differs = _told_line(line)
        shown_lines.append(shown)
        differences += differs
        if shown["status"] in ("ok", "less_stock") and (price := _price(line)) is not None:
            total += price * shown["available"]
    complete = all(shown["status"] == "ok" for shown in shown_lines)
    words = f"{money_text(total)} más el envío" if total else None
    return {"lines": shown_lines, "total_text": words, "complete": complete, "differences": differences}


async def _find(shop: ShopClient, pool: Pool, code: str) -> tuple[Item | None, Item | None]:
    if by_sku := await shop.product_of_sku(code[:_LONGEST_CODE]):
        item, variant_id = by_sku
        return item, _variant(item, variant_id)
    ids = _IDS.fullmatch(code)
    if ids is None:
        return None, None
    number, second = int(ids[1]), int(ids[2]) if ids[2] else None
    listed = await shop.products_by_ids([number])
    if not listed:
        product_id = (await products_of_variants(shop.tenant_id, pool, [number])).get(number)
        listed, second = await shop.products_by_ids([product_id] if product_id else []), number
    return (listed[0], _variant(listed[0], second)) if listed else (None, None)


def _variant(item: Item, variant_id: int | None) -> Item | None:
    """The variant of that id; the only one of a product that has no other."""
    variants = item["variants"]
    if variant_id is None:
        return variants[0] if len(variants) == 1 else None
    return next((one for one in variants if one["id"] == variant_id), None)


def _told_line(line: Line) -> tuple[Item, list[str]]:
    """The line and in words how it differs from what was ordered."""
    if line.item is None:
        code = {"code": line.code, "quantity": line.quantity, "status": "unknown", "available": 0}
        return code, [f"{line.code}: no lo encontré en la tienda."]
    name, price = _called(line), _price(line)
    shown: Item = {
        "code": line.code,
        "name": name,
        "product_id": line.item["id"],
        "variant_id": line.variant["id"] if line.variant else None,
        "quantity": line.quantity,
        "available": line.quantity,
        "price": number(price),
        "price_text": money_text(price) if price is not None else ON_REQUEST,
        "status": "ok",
    }
    stock = (line.variant or line.item)["stock"]
    if line.variant is None and len(line.item["variants"]) > 1:
        shown |= {"status": "choose", "price_text": line.item["price_text"]}
        return shown, [f"{name}: falta elegir talle o color."]
    if not (line.variant or line.item)["in_stock"]:
        return {**shown, "status": "sold_out", "available": 0}, [f"{name}: sin stock."]
    differences = []
    if price is None:
        shown["status"] = "on_request"
        differences.append(f"{name}: {ON_REQUEST}.")
    if stock is not None and stock < line.quantity:
        shown |= {"status": "less_stock" if price is not None else "on_request", "available": stock}
        differences.append(f"{name}: pidió {line.quantity} y {'queda 1' if stock == 1 else f'quedan {stock}'}.")
    if price is not None and line.was is not None and line.was != price:
        shown["catalogue_price_text"] = money_text(line.was)
        differences.append(f"{name}: en el catálogo figuraba a {money_text(line.was)} y hoy sale {money_text(price)}.")
    return shown, differences


def _price(line: Line) -> Decimal | None:
    of = line.variant or line.item
    value = None if of is None else (of["price"] if of["promotional_price"] is None else of["promotional_price"])
    return None if value is None else Decimal(str(value)).quantize(Decimal("0.01"))


def _called(line: Line) -> str:
    values = ", ".join(line.variant["values"]) if line.variant else ""
    name = str((line.item or {}).get("name"))
    return f"{name} ({values})" if values else name
