"""Tienda Nube's objects made small and honest: Decimal money, one language, no cost and no owner's notes."""

import html
import re
from decimal import Decimal, InvalidOperation
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit

Item = dict[str, Any]

DESCRIPTION_LENGTH = 300
MOST_VARIANTS = 60
ON_REQUEST = "precio a consultar"

_TAG = re.compile(r"<[^>]*>")
_CENT = Decimal("0.01")


def localized(value: Any, language: str = "es") -> str:
    """A text per language (`{"es": …}`) or a plain one, as plain text; another language when ours is missing."""
    if isinstance(value, dict):
        wanted = value.get(language) or value.get("es")
        value = wanted or next((text for text in value.values() if text), "")
    return "" if value is None else str(value).strip()


def money(value: Any) -> Decimal | None:
    """A decimal string ("49900.00") as Decimal; None for null and for what is no amount."""
    if value is None or isinstance(value, bool):
        return None
    try:
        amount = Decimal(str(value).strip())
    except InvalidOperation:
        return None
    return amount.quantize(_CENT) if amount.is_finite() else None


def money_text(amount: Decimal) -> str:
    """Decimal("49900") as "$ 49.900,00" (es-AR)."""
    return "$ " + f"{amount:,.2f}".translate(str.maketrans(",.", ".,"))


def number(amount: Decimal | None) -> float | int | None:
    """The amount as a JSON number (S-059); computing stops being exact here, so only for what is shown."""
    if amount is None:
        return None
    return int(amount) if amount == amount.to_integral_value() else float(amount)


def plain_text(markup: str, limit: int = DESCRIPTION_LENGTH) -> str:
    """HTML as one line of text of at most `limit` characters, cut at a word."""
    text = " ".join(html.unescape(_TAG.sub(" ", markup)).split())
    return text if len(text) <= limit else text[: limit - 1].rsplit(" ", 1)[0] + "…"


def web_address(value: Any) -> str | None:
    """An http(s) address raised to https, since WhatsApp takes no other; loopback, our sandbox, keeps http."""
    if not isinstance(value, str):
        return None
    address = "https:" + value if value.startswith("//") else value.strip()
    try:
        parts = urlsplit(address)
        host = parts.hostname
    except ValueError:
        return None
    if parts.scheme not in ("http", "https") or not host or any(c.isspace() for c in address):
        return None
    return address if parts.scheme == "https" or _loopback(host) else "https" + address[4:]


def product_item(raw: Item, language: str = "es") -> Item:
    """A product in the shape of S-039's ruling.

    `{id, name, price, price_text, promotional_price, price_to, image_url, description, url, stock, in_stock,
    free_shipping, variants}`. `price` is the list price of the cheapest variant, null when the shop shows none;
    `price_to` the dearest effective price when variants differ; `stock` null means not counted (unlimited).
    """
    names = [localized(attribute, language) for attribute in raw.get("attributes") or []]
    variants = [variant_item(variant, names, language) for variant in raw.get("variants") or []]
    priced = sorted((v for v in variants if v["_effective"] is not None), key=lambda v: v["_effective"])
    low, high = (priced[0], priced[-1]) if priced else (None, None)
    varies = low is not None and high is not None and high["_effective"] > low["_effective"]
    item = {
        "id": raw["id"],
        "name": localized(raw.get("name"), language),
        "price": low["price"] if low else None,
        "promotional_price": low["promotional_price"] if low else None,
        "price_to": number(high["_effective"]) if varies and high else None,
        "price_text": _price_text(low, high if varies else None),
        "image_url": _first_image(raw),
        "description": plain_text(localized(raw.get("description"), language)),
        "url": web_address(raw.get("canonical_url")),
        "stock": _total_stock(variants),
        "in_stock": any(variant["in_stock"] for variant in variants),
        "free_shipping": bool(raw.get("free_shipping")),
    }
    shown = sorted(variants, key=lambda v: not v["in_stock"])[:MOST_VARIANTS]
    item["variants"] = [{k: v for k, v in variant.items() if k != "_effective"} for variant in shown]
    return item


def variant_item(raw: Item, option_names: list[str], language: str) -> Item:
    """One variant; `values[i]` belongs to the product's attribute i. `_effective` is the Decimal to sort by."""
    values = [localized(value, language) for value in raw.get("values") or []]
    price, promotional = money(raw.get("price")), money(raw.get("promotional_price"))
    if price is not None and promotional is not None and not 0 < promotional < price:
        promotional = None
    counted = raw.get("stock_management", raw.get("stock") is not None)
    stock = int(raw.get("stock") or 0) if counted else None
    return {
        "id": raw.get("id"),
        "values": values,
        "options": dict(zip(option_names, values, strict=False)),
        "price": number(price),
        "promotional_price": number(promotional) if price is not None else None,
        "stock": stock,
        "in_stock": stock is None or stock > 0,
        "_effective": promotional if price is not None and promotional is not None else price,
    }


def category_item(raw: Item, language: str = "es") -> Item:
    """`{id, name, parent, visible}`; parent None is a root (null and 0 both are)."""
    return {
        "id": raw["id"],
        "name": localized(raw.get("name"), language),
        "parent": raw.get("parent") or None,
        "visible": raw.get("visibility", "visible") == "visible",
    }


def _price_text(low: Item | None, high: Item | None) -> str:
    if low is None:
        return ON_REQUEST
    if high is not None:
        return f"de {money_text(low['_effective'])} a {money_text(high['_effective'])}"
    text = money_text(low["_effective"])
    if low["promotional_price"] is None:
        return text
    return f"{text} (antes {money_text(Decimal(str(low['price'])))})"


def _total_stock(variants: list[Item]) -> int | None:
    counted = [variant["stock"] for variant in variants]
    return None if None in counted else sum(counted)


def _first_image(raw: Item) -> str | None:
    images = [image for image in raw.get("images") or [] if isinstance(image, dict)]
    images.sort(key=lambda image: image.get("position") or 0)
    return next((address for image in images if (address := web_address(image.get("src")))), None)


def _loopback(host: str) -> bool:
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False
