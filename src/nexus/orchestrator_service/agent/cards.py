"""Products as the customer sees them, written by code from what this run's tools returned (tiendanube.md 2.3, 2.4).

The model names a product; price, stock, sizes and link are never its words.
"""

import re
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from nexus.gateways.tiendanube.parse import ON_REQUEST, Item, money_text
from nexus.orchestrator_service.agent.context import Findings
from nexus.orchestrator_service.catalogue.words import fold

LONGEST_CAPTION = 1024
"""What WhatsApp lets stand under a picture (ycloud.md 4.2)."""
MOST_LISTED = 4
SOLD_OUT = "sin stock por ahora"

_SIZE_NAMES = {"talle", "talles", "talla", "tallas", "numero", "tamano", "size", "medida", "medidas"}
_PLURALS = {"Talle": "Talles", "Color": "Colores", "Número": "Números", "Talla": "Tallas", "Medida": "Medidas"}
_ID = r"\s*:\s*(?P<id>\d+)\s*(?::\s*(?P<variant>\d+)\s*)?"
_PLACEHOLDER = re.compile(r"\{\s*(?P<what>precio|stock|talles?|link|ficha)" + _ID + r"\}")
_ANY_PLACEHOLDER = re.compile(r"\{\s*[^\W\d][\w ]*:[^{}\n]*\}")
_CARD_ALONE = re.compile(r"\s*\{\s*ficha" + _ID + r"\}\s*")
_SENTENCE_END = re.compile(r"(?<=[.!?…])\s+")
_LONGEST_NAME = 120


def starts_with_placeholder(text: str) -> bool:
    """Whether a text begins with a placeholder, and so is no JSON though it opens with a brace."""
    return _PLACEHOLDER.match(text) is not None


def card_alone(line: str) -> tuple[int, int | None] | None:
    """Product and variant of a line that is nothing but `{ficha:ID}` or `{ficha:ID:VARIANT}`."""
    found = _CARD_ALONE.fullmatch(line)
    return (int(found["id"]), int(found["variant"]) if found["variant"] else None) if found else None


def found_product(
    findings: Findings, product_id: int | str | None, variant_id: int | str | None = None
) -> tuple[Item, Item | None] | None:
    """A product of this run and which of its variants is meant, or None for what no tool returned.

    Without a variant the one that the customer's words named (`matched`) is meant, where they name exactly one.
    """
    item = next((one for known, one in findings.products.items() if str(known) == str(product_id)), None)
    if item is None:
        return None
    variants = item.get("variants") or []
    if variant_id is not None:
        variant = next((one for one in variants if str(one.get("id")) == str(variant_id)), None)
        return (item, variant) if variant else None
    named = (item.get("matched") or {}).get("options") or {}
    fitting = [one for one in variants if named and named.items() <= (one.get("options") or {}).items()]
    return item, fitting[0] if len(fitting) == 1 else None


def price_words(item: Item, variant: Item | None = None) -> str:
    """ "$ 49.900,00 (antes $ 58.900,00)", "de … a …" over what is in stock, or "precio a consultar"."""
    variants = [variant] if variant else item.get("variants") or []
    if not variants:
        return str(item.get("price_text") or ON_REQUEST)
    buyable = [one for one in variants if one.get("in_stock")] or variants
    priced = sorted((one for one in buyable if _effective(one) is not None), key=lambda one: _effective(one) or 0)
    if not priced:
        return ON_REQUEST
    low, high = priced[0], priced[-1]
    if _effective(low) == _effective(high):
        words = _with_previous(low)
    else:
        words = f"de {_with_previous(low)} a {_with_previous(high)}"
    return words if len(priced) == len(buyable) else f"{words}; otras opciones, {ON_REQUEST}"


def effective_price(item: Item) -> float | int | None:
    """What the product costs, or its cheapest variant; None on request. As a number: it is shown, not computed with."""
    value: float | int | None = item.get("promotional_price")
    return item.get("price") if value is None else value


def stock_words(item: Item, variant: Item | None = None) -> str:
    """ "hay stock", "queda 1", "quedan 3" (of one variant only) or "sin stock por ahora"."""
    if variant is None:
        return "hay stock" if item.get("in_stock") else SOLD_OUT
    if not variant.get("in_stock"):
        return SOLD_OUT
    count = variant.get("stock")
    if count is None:
        return "hay stock"
    return "queda 1" if count == 1 else f"quedan {count}"


def sizes_words(item: Item) -> str:
    """What is in stock, within a sentence: "36, 37 y 38", "36 y 37 en negro; 38 en rosa", "talle único"."""
    groups = _in_stock(item)
    if not groups:
        return SOLD_OUT if not item.get("in_stock") else "talle único"
    return "; ".join(f"{_joined(values)}{_beside(other, item)}" for other, values in groups)


def deep_link(item: Item, variant: Item | None = None) -> str | None:
    """The product's page, opened on the variant (2.2)."""
    url = item.get("url")
    if not url or variant is None or variant.get("id") is None:
        return url or None
    return f"{url}{'&' if '?' in url else '?'}variant={variant['id']}"


def card(item: Item, variant: Item | None = None) -> str:
    """Name, price with the previous one, what is in stock, when that was read if not now, and the page; for a caption.

    Lists of sizes are cut so that the whole has at most LONGEST_CAPTION characters.
    """
    sizes = _variant_lines(item, variant) if variant else _size_lines(item)
    after = []
    if item.get("free_shipping"):
        after.append("Envío gratis")
    if item.get("as_of_text"):
        after.append(f"(precio y stock del {item['as_of_text']})")
    after += [deep_link(item, variant) or ""]
    before = [f"*{_name(item)}*", _sentence(price_words(item, variant))]
    while len("\n".join([*before, *sizes, *after])) > LONGEST_CAPTION and sizes:
        sizes = [*sizes[:-2], "• y más en el link"] if len(sizes) > 2 else []
    return "\n".join(line for line in [*before, *sizes, *after] if line)[:LONGEST_CAPTION]


def short_list(products: Sequence[tuple[Item, Item | None]]) -> str:
    """Further products in one bubble: a line of name, price and sizes each, and its page."""
    told = []
    for item, variant in products[:MOST_LISTED]:
        stock = stock_words(item, variant) if variant else sizes_words(item)
        line = f"• *{_name(item)}*: {price_words(item, variant)} ({stock})"
        told.append("\n".join(part for part in (line, deep_link(item, variant)) if part))
    return "Otras opciones:\n" + "\n".join(told)


def fill_placeholders(text: str, findings: Findings) -> str:
    """The text with `{precio:ID}`, `{stock:ID}`, `{talles:ID}` and `{link:ID}` filled; ID: product or product:variant.

    A sentence with one that nothing of this run can fill is dropped, and the placeholder noted in `findings.unfilled`.
    """
    if "{" not in text:
        return text
    lines = [_filled_line(line, findings) if "{" in line else line for line in text.split("\n")]
    return "\n".join(line for line in lines if line is not None)


def _filled_line(line: str, findings: Findings) -> str | None:
    kept = []
    for sentence in _SENTENCE_END.split(line):
        filled = _PLACEHOLDER.sub(lambda match: _value(match, findings) or match[0], sentence)
        unknown = _ANY_PLACEHOLDER.findall(filled)
        findings.unfilled += unknown
        if not unknown:
            kept.append(filled)
    return " ".join(kept) if kept else None


def _value(match: re.Match[str], findings: Findings) -> str | None:
    found = found_product(findings, match["id"], match["variant"])
    if found is None:
        return None
    item, variant = found
    what = match["what"]
    if what == "precio":
        return price_words(item, variant)
    if what == "stock":
        return stock_words(item, variant)
    if what.startswith("talle"):
        return sizes_words(item)
    return deep_link(item, variant) if what == "link" else f"*{_name(item)}*: {price_words(item, variant)}"


def _effective(variant: Item) -> Decimal | None:
    value = variant.get("promotional_price")
    value = variant.get("price") if value is None else value
    return None if value is None else Decimal(str(value))


def _with_previous(variant: Item) -> str:
    effective = _effective(variant)
    if effective is None:
        return ON_REQUEST
    text = money_text(effective)
    if variant.get("promotional_price") is None or variant.get("price") is None:
        return text
    return f"{text} (antes {money_text(Decimal(str(variant['price'])))})"


def _in_stock(item: Item) -> list[tuple[str, list[str]]]:
    """Sizes in stock by the other options ("Negro"), in the shop's order; without other options under ""."""
    groups: dict[str, list[str]] = {}
    for variant in item.get("variants") or []:
        options: dict[str, Any] = variant.get("options") or {}
        if not variant.get("in_stock") or not options:
            continue
        size = _size_name(options)
        other = " ".join(str(value) for name, value in options.items() if name != size)
        values = groups.setdefault(other, [])
        if options[size] not in values:
            values.append(str(options[size]))
    return list(groups.items())


def _size_name(options: dict[str, Any]) -> str:
    return next((name for name in options if fold(name) in _SIZE_NAMES), next(iter(options)))


def _beside(other: str, item: Item) -> str:
    """The other options of a size within a sentence: " en negro", " (X)"."""
    if not other:
        return ""
    options = next(v["options"] for v in item["variants"] if v.get("options"))
    names = [fold(name) for name in options if name != _size_name(options)]
    return f" en {other.lower()}" if names == ["color"] else f" ({other})"


def _size_lines(item: Item) -> list[str]:
    groups = _in_stock(item)
    if not groups:
        return ["Hay stock" if item.get("in_stock") else "Sin stock por ahora"]
    name = next(_size_name(v["options"]) for v in item["variants"] if v.get("options"))
    title = _PLURALS.get(name, name)
    if len(groups) == 1:
        other, values = groups[0]
        return [f"{title}{_beside(other, item)}: {', '.join(values)}"]
    return [f"{title} en stock:", *(f"• {other}: {', '.join(values)}" for other, values in groups)]


def _variant_lines(item: Item, variant: Item) -> list[str]:
    """How the asked variant stands; what else there is only when it is sold out."""
    named = " · ".join(f"{name} {value}" for name, value in (variant.get("options") or {}).items())
    first = f"{named}: {stock_words(item, variant)}" if named else _sentence(stock_words(item, variant))
    others = _size_lines(item) if not variant.get("in_stock") and item.get("in_stock") else []
    return [first, *others]


def _name(item: Item) -> str:
    return " ".join(str(item.get("name") or "").replace("*", "").split())[:_LONGEST_NAME]


def _joined(values: Sequence[str]) -> str:
    return values[0] if len(values) == 1 else f"{', '.join(values[:-1])} y {values[-1]}"


def _sentence(words: str) -> str:
    return words[:1].upper() + words[1:]
