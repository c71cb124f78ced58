"""Buying by a link, hearing of what is back, and an order from the catalogue, in the demo brain's words.

What was wanted is read from the conversation and the products from this run's search; what came of it is the tool's
own sentence.
"""

from __future__ import annotations

import json
import re
from typing import Any

from nexus.sandbox.brain_products import Fit, Product, Variant, fit, products_in
from nexus.sandbox.brain_words import Wish, fold
from nexus.sandbox.model_request import Ask, ToolResult

Step = tuple[str, dict[str, Any]] | list[dict[str, Any]]

PAYABLE_LINK, TELL_WHEN_BACK, CATALOGUE_ORDER = "payable_link", "avisame_cuando_vuelva", "catalogue_order"
SEARCH = "search_specific_products"
OFFER_NOTICE = "¿Querés que te avise por acá cuando vuelva?"
ASK_MAIL = "¿Cuál es tu e-mail? Va en el link de pago."
MAIL = re.compile(r"[^\s@<>,;:]+@[^\s@<>,;:]+\.[A-Za-z]{2,}")
_BUY = re.compile(r"\b(link de pago|l[oa]s? compro|comprarl[oa]s?|quiero comprar|pagarl[oa]s?)\b")
_YES = re.compile(r"^\W*(si+|sisi|dale|ok|bueno|claro|obvio|porfa|por favor|avisa\w*|genial|joya)\b")
_NAME = re.compile(r"El cliente figura como ([^\].]+)\.")


def mail_in(texts: list[str]) -> str:
    """The last e-mail address that was written, "" for none."""
    found = MAIL.findall("\n".join(texts))
    return str(found[-1]).rstrip(".") if found else ""


def commerce_step(ask: Ask, wish: Wish | None, hello: str) -> Step | None:
    """The next step of a notice or a link, or None when this burst is about neither; `wish` is the product meant."""
    before = _our_last_words(ask)
    burst = fold(" ".join(ask.burst_texts))
    if wish is None:
        return None
    if TELL_WHEN_BACK in ask.tools and OFFER_NOTICE in before and _YES.search(burst):
        return _with_product(ask, wish, TELL_WHEN_BACK, hello, _notice_of)
    mail = mail_in([message.text for message in ask.messages if message.role == "user"])
    answers = ASK_MAIL in before and mail_in(ask.burst_texts)
    if PAYABLE_LINK not in ask.tools or not (answers or _BUY.search(burst)):
        return None
    if not mail:
        return [{"text": f"{hello}¡Buenísimo! {ASK_MAIL}"}]
    return _with_product(ask, wish, PAYABLE_LINK, hello, lambda found, meant: _cart_of(ask, found, meant, mail))


def _our_last_words(ask: Ask) -> str:
    """Everything that was said since the customer last spoke."""
    said: list[str] = []
    for message in reversed(ask.earlier):
        if message.role != "assistant":
            break
        said.append(message.text)
    return "\n".join(reversed(said))


def cart_told(text: str, hello: str) -> list[dict[str, Any]]:
    """An order from the catalogue as the tool told it: what there is, the total, what differs."""
    order = json.loads(text)
    lines = [
        f"• {item['quantity']} × {item['name']}: {item['price_text']}" for item in order["lines"] if item.get("name")
    ]
    if order.get("total_text"):
        lines.append(f"Total de hoy: {order['total_text']}")
    told = [f"{hello}¡Gracias! Recibí tu pedido del catálogo.", *lines, *order["differences"]]
    return [{"text": "\n".join(told)}]


def _with_product(ask: Ask, wish: Wish, tool: str, hello: str, arguments_of: Any) -> Step:
    """Search, then act on what was found, then say what the tool said."""
    if done := _result(ask, tool):
        said = json.loads(done.text) if done.text.startswith("{") else {"say": done.text}
        return [{"text": hello + str(said.get("say") or "Listo.")}]
    searched = _result(ask, SEARCH)
    if searched is None:
        return SEARCH, {"q": " ".join(wish.words) or (wish.category or "")}
    found = products_in(searched.text)
    arguments = arguments_of(found, wish) if found else None
    if arguments is None:
        return [{"text": f"{hello}No encontré ese producto. ¿Cuál era?"}]
    return tool, arguments


def _result(ask: Ask, tool: str) -> ToolResult | None:
    return next((result for result in reversed(ask.tool_results) if result.name == tool), None)


def _meant(found: list[Product], wish: Wish) -> Fit:
    fits = [fit(product, wish.words, wish.size) for product in found]
    return next((one for one in fits if one.asked and one.in_stock), fits[0])


def _notice_of(found: list[Product], wish: Wish) -> dict[str, Any]:
    meant = _meant(found, wish)
    sold_out = [variant for variant in meant.variants if not variant.available] if meant.asked else []
    arguments: dict[str, Any] = {"product_id": meant.product.id}
    return arguments | ({"variant_id": sold_out[0].id} if sold_out else {})


def _cart_of(ask: Ask, found: list[Product], wish: Wish, mail: str) -> dict[str, Any] | None:
    meant = _meant(found, wish)
    there: list[Variant] = meant.in_stock or [one for one in meant.product.variants if one.available]
    variant_id = there[0].id if there else meant.product.only_variant
    if variant_id is None:
        return None
    name = _NAME.search(ask.last_user_text)
    line = {"product_id": meant.product.id, "variant_id": variant_id, "quantity": 1}
    return {"items": [line], "contact_name": name[1] if name else "Cliente", "contact_email": mail}
