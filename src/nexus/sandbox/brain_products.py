"""Products as the tools describe them, and the Spanish bubbles the demo brain makes of them.

Nothing is said that the tool result does not hold: no price means "a consultar", no variant of the asked
size means saying so.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from typing import Any

from nexus.sandbox.brain_words import fold, stem

MOST_OTHERS = 2
MOST_OPTIONS = 8
NOTHING_FOUND = re.compile(r"\b(no (encontr|hay|hubo|tenemos|existe)|sin (resultado|producto)|ningun)")


@dataclass(frozen=True, slots=True)
class Variant:
    """One variant: its option values as text; `stock` None means the shop does not count it."""

    values: tuple[str, ...]
    price: str | None
    promotional_price: str | None
    stock: int | None
    id: int | None = None

    @property
    def available(self) -> bool:
        """Uncounted stock is always available (tiendanube.md: stock null)."""
        return self.stock is None or self.stock > 0

    def has(self, wanted: str) -> bool:
        """Whether one of its options is `wanted`."""
        return any(_is(value, wanted) for value in self.values)


@dataclass(frozen=True, slots=True)
class Product:
    """One product of a tool result; prices are amounts or texts exactly as given there."""

    name: str
    price: str | None
    promotional_price: str | None
    price_text: str | None
    image_url: str | None
    url: str | None
    stock: int | None
    variants: list[Variant] = field(default_factory=list)
    id: int | None = None
    only_variant: int | None = None
    """Of a product without options, what stands for it in a cart."""

    @property
    def available(self) -> bool:
        """Whether any of it can be bought."""
        if self.variants:
            return any(variant.available for variant in self.variants)
        return self.stock is None or self.stock > 0


def products_in(text: str) -> list[Product]:
    """The products of a tool's JSON answer, in its order; empty for none, and for sentences."""
    try:
        value = json.loads(text)
    except json.JSONDecodeError:
        return []
    if isinstance(value, dict):
        value = next((value[key] for key in ("products", "results", "items") if key in value), [value])
    if not isinstance(value, list):
        return []
    return [_product(row) for row in value if isinstance(row, dict) and _words(row.get("name"))]


def says_nothing_found(text: str) -> bool:
    """Whether a tool's answer without products means "no match" rather than "could not look"."""
    try:
        value = json.loads(text)
    except json.JSONDecodeError:
        value = text
    if isinstance(value, dict):
        value = value.get("error") or value.get("message")
    return not value or (isinstance(value, str) and NOTHING_FOUND.search(fold(value)) is not None)


def money(amount: str | None) -> str | None:
    """ "49900.00" as "$ 49.900,00"; a text that is already words for people stays as it is."""
    if amount is None or "$" in amount:
        return amount
    try:
        value = Decimal(amount)
    except InvalidOperation:
        return amount
    return "$ " + f"{value:,.2f}".translate(str.maketrans(",.", ".,"))


def price_of(product: Product, variant: Variant | None = None) -> str:
    """What it costs in words: the asked variant's own price, else the tool's price text or the product's.

    The price before a promotion stands in brackets.
    """
    own = variant if variant is not None and variant.price is not None else None
    if own is None and product.price_text:
        return product.price_text.removeprefix("precio ")
    told = own or product
    base, reduced = money(told.price), money(told.promotional_price)
    if reduced and base and reduced != base:
        return f"{reduced} (antes {base})"
    return reduced or base or "a consultar"


@dataclass(frozen=True, slots=True)
class Fit:
    """How a product answers the question: the variants asked for, and what was asked ("" for nothing)."""

    product: Product
    asked: str
    variants: list[Variant]

    @property
    def in_stock(self) -> list[Variant]:
        """The asked variants that can be bought."""
        return [variant for variant in self.variants if variant.available]


def fit(product: Product, words: tuple[str, ...], size: str | None) -> Fit:
    """Narrow to the asked size and to words that name an option of this product, such as a colour."""
    options = {w: v for w in words for variant in product.variants for v in variant.values if _is(v, w)}
    wanted = [*options, *([size] if size else [])]
    variants = [v for v in product.variants if all(v.has(word) for word in wanted)]
    size_words = [f"talle {size}"] if size and product.variants else []
    return Fit(product, ", ".join([*size_words, *options.values()]), variants)


def product_bubbles(found: list[Product], words: tuple[str, ...], size: str | None, hello: str) -> list[dict[str, Any]]:
    """Two or three bubbles on the best match: opening, picture when there is one, then the facts."""
    fits = [fit(product, words, size) for product in found]
    best = next((f for f in fits if f.asked and f.in_stock), fits[0])
    main = best.product
    bubbles: list[dict[str, Any]] = [{"text": hello + _opening(best)}]
    if main.image_url:
        bubbles.append({"image_url": main.image_url})
    chosen = next(iter(best.in_stock or best.variants), None) if best.asked else None
    lines = [f"*{main.name}*", f"Precio: {price_of(main, chosen)}", *_stock_lines(best)]
    others = [f"{p.name} ({price_of(p)})" for p in found if p is not main and p.available]
    if others:
        lines.append("También tenemos: " + " y ".join(others[:MOST_OTHERS]))
    if main.url:
        lines.append(main.url)
    return [*bubbles, {"text": "\n".join(lines)}]


def card_bubbles(
    found: list[Product], words: tuple[str, ...], size: str | None, hello: str, sold_out_words: str
) -> list[dict[str, Any]]:
    """An opening, the best match as a card, and the others for the short list; the cards' words are not ours.

    `sold_out_words` end the opening where what was asked for is sold out.
    """
    fits = [fit(product, words, size) for product in found]
    best = next((f for f in fits if f.asked and f.in_stock), fits[0])
    asked = (best.in_stock or best.variants) if best.asked else []
    main: dict[str, Any] = {"product_id": best.product.id}
    if len(asked) == 1 and asked[0].id is not None:
        main["variant_id"] = asked[0].id
    others = [p for p in found if p is not best.product and p.available][:MOST_OTHERS]
    missing = not best.product.available or (best.asked and best.variants and not best.in_stock)
    opening = f"{hello}{_opening(best)} {sold_out_words if missing else ''}".strip()
    return [{"text": opening}, main, *({"product_id": p.id} for p in others)]


def window_bubbles(found: list[Product], asked: str | None, hello: str) -> list[dict[str, Any]]:
    """A look at the shop window in cards, saying first that what was asked for is not there."""
    opening = f"No encontré {asked}, pero mirá lo que tenemos:" if asked else "Mirá lo que tenemos en la tienda:"
    shown = [p for p in found if p.available][: MOST_OTHERS + 1] or found[: MOST_OTHERS + 1]
    return [{"text": hello + opening}, *({"product_id": p.id} for p in shown)]


def can_be_cards(found: list[Product]) -> bool:
    """Whether every product says its id."""
    return all(product.id is not None for product in found)


def browse_bubbles(found: list[Product], asked: str | None, hello: str) -> list[dict[str, Any]]:
    """A look at the shop window, saying first that what was asked for is not there."""
    opening = f"No encontré {asked}, pero mirá lo que tenemos:" if asked else "Mirá lo que tenemos en la tienda:"
    bubbles: list[dict[str, Any]] = [{"text": hello + opening}]
    shown = [p for p in found if p.available][: MOST_OTHERS + 1] or found[: MOST_OTHERS + 1]
    if shown[0].image_url:
        bubbles.append({"image_url": shown[0].image_url})
    rows = [f"• {p.name}: {price_of(p)}" + (f"\n{p.url}" if p.url else "") for p in shown]
    return [*bubbles, {"text": "\n".join([*rows, "¿Te interesa alguno?"])}]


def _opening(best: Fit) -> str:
    name = best.product.name
    if not best.product.available:
        return f"Tenemos {name}, pero ahora está sin stock."
    if not best.asked:
        return f"Sí, tenemos {name} 😊"
    if best.in_stock:
        return f"Sí, tenemos {name} en {best.asked} 😊"
    return f"Tenemos {name}, pero en {best.asked} no hay stock."


def _stock_lines(best: Fit) -> list[str]:
    if not best.product.available:
        return ["Sin stock por ahora"]
    if best.asked and best.in_stock:
        rest = dict.fromkeys(value for v in best.in_stock for value in v.values if value not in best.asked)
        return [f"{_capital(best.asked)}: hay stock" + (f" ({', '.join(rest)})" if rest else "")]
    lines = []
    if best.asked:
        lines.append(f"{_capital(best.asked)}: {'sin stock' if best.variants else 'no lo tenemos'}")
    options = list(dict.fromkeys(" / ".join(v.values) for v in best.product.variants if v.available))
    if options:
        more = " y más" if len(options) > MOST_OPTIONS else ""
        lines.append("Disponible en: " + ", ".join(options[:MOST_OPTIONS]) + more)
    return lines


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _is(option: str, wanted: str) -> bool:
    """Whether an option is `wanted`: "37", "S/M" or "m" of it, "negras" for Negro."""
    parts = [part for part in (option, *re.split(r"\W+", option)) if part]
    return any(fold(part) == fold(wanted) or stem(part) == stem(wanted) for part in parts)


def _product(row: dict[str, Any]) -> Product:
    variants = [_variant(v) for v in row.get("variants") or [] if isinstance(v, dict)]
    image = row.get("image_url") or row.get("imageUrl")
    return Product(
        name=_words(row.get("name")),
        price=_amount(row.get("price")),
        promotional_price=_amount(row.get("promotional_price")),
        price_text=row.get("price_text") or None,
        image_url=image if isinstance(image, str) else None,
        url=row["url"] if isinstance(row.get("url"), str) else None,
        stock=row["stock"] if isinstance(row.get("stock"), int) else None,
        variants=[v for v in variants if v.values],
        id=row["id"] if isinstance(row.get("id"), int) else None,
        only_variant=variants[0].id if len(variants) == 1 else None,
    )


def _variant(row: dict[str, Any]) -> Variant:
    raw = row.get("values") or row.get("options") or []
    values = raw.values() if isinstance(raw, dict) else raw if isinstance(raw, list) else [raw]
    return Variant(
        values=tuple(text for text in map(_words, values) if text),
        price=_amount(row.get("price")),
        promotional_price=_amount(row.get("promotional_price")),
        stock=row["stock"] if isinstance(row.get("stock"), int) else None,
        id=row["id"] if isinstance(row.get("id"), int) else None,
    )


def _words(value: Any) -> str:
    """A name as text, whether plain or per language ({"es": …}, tiendanube.md)."""
    if isinstance(value, dict):
        value = value.get("es") or next(iter(value.values()), "")
    return "" if value is None else str(value).strip()


def _amount(value: Any) -> str | None:
    return None if value is None or value == "" else str(value)
