"""The demo brain: a shop's assistant in Spanish that calls the offered tools and repeats only what they say.

It keeps nothing between calls: what the customer wants is read from the conversation, what was already
tried from the tool results of this run. It knows nine tools by name and leaves any other alone.
"""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

from nexus.sandbox.brain_agenda import agenda_step, agenda_wish
from nexus.sandbox.brain_commerce import (
    CATALOGUE_ORDER,
    OFFER_NOTICE,
    TELL_WHEN_BACK,
    cart_told,
    commerce_step,
    mail_in,
)
from nexus.sandbox.brain_corrected import before_correction, without_unproved
from nexus.sandbox.brain_notes import NOTE, WHAT_TO_SAY
from nexus.sandbox.brain_orders import ASK_FOR_NUMBER, ASKED_FOR_MAIL, lists_orders, number_in, order_bubbles
from nexus.sandbox.brain_products import (
    Product,
    browse_bubbles,
    can_be_cards,
    card_bubbles,
    product_bubbles,
    products_in,
    says_nothing_found,
    window_bubbles,
)
from nexus.sandbox.brain_words import Wish, fold, singular, understand
from nexus.sandbox.model_request import Ask, Message, ToolResult
from nexus.sandbox.model_wire import Said, reply_said

MOST_SEARCHES = 3
"""Searches of one run before the shop window; with it, four tool calls at most."""

Bubbles = list[dict[str, Any]]
ToolCall = tuple[str, dict[str, Any]]

WHAT_I_DO = "Te puedo ayudar con productos y precios, tus pedidos o un turno, o pasarte con una persona del equipo."


def think(ask: Ask) -> Said:
    """What the assistant says next: one tool call or the final bubbles, in the form `ask` can take."""
    ask, unproved = before_correction(ask)
    wish = wish_of(ask)
    first_words = not any(message.role == "assistant" for message in ask.earlier)
    hello = "¡Hola! " if wish.greets or first_words else ""
    appointment = agenda_wish(ask) if wish.intent != "human" else None
    step: ToolCall | Bubbles | None = None
    if appointment:
        step = agenda_step(ask, appointment, hello)
    elif wish.intent not in ("human", "cart"):
        named = wish.complete and not mail_in(ask.burst_texts)
        step = commerce_step(ask, wish if named else _last_product_wish(ask.earlier), hello)
    step = step or _next_step(ask, wish, hello)
    if isinstance(step, tuple):
        name, arguments = step
        return Said(calls=[(name, json.dumps(arguments))])
    return reply_said(without_unproved(step, unproved), ask.reply_tool, ask.reply_as_json)


def wish_of(ask: Ask) -> Wish:
    """What the newest burst asks for; "y en 38?" takes its words from the product asked about before."""
    earlier = ask.earlier
    answered = [message.text for message in earlier if message.role == "assistant"]
    asked_for_number = bool(answered) and ASK_FOR_NUMBER in answered[-1]
    wish = _burst_wish(ask.burst_texts, asked_for_number)
    if answered and ASKED_FOR_MAIL in answered[-1] and mail_in(ask.burst_texts):
        said = [message.text for message in earlier if message.role == "user"]
        return Wish("order", order_number=number_in([*said, *ask.burst_texts]))
    points_back = wish.intent == "product" and not wish.complete and not wish.unseen
    before = _last_product_wish(earlier) if points_back else None
    if before is None:
        return wish
    words = tuple(dict.fromkeys((*before.words, *wish.words)))
    return Wish("product", words, wish.size or before.size, category=before.category, greets=wish.greets)


def _burst_wish(texts: list[str], asked_for_number: bool) -> Wish:
    """The newest message that says all it takes, sharpened by later ones ("en negro", "talle 37").

    Else the burst read as one text: "mi pedido" and "102" make sense only together. Older messages of the
    burst may be leftovers that nobody answered, so the newest complete one wins.
    """
    together = understand("\n".join(texts), asked_for_number)
    sharper: tuple[str, ...] = ()
    for text in reversed(texts):
        wish = understand(text, asked_for_number)
        if wish.complete:
            words = tuple(dict.fromkeys((*wish.words, *sharper)))
            return replace(wish, words=words, size=wish.size or together.size, greets=together.greets)
        if wish.only_narrows:
            sharper = (*wish.words, *sharper)
    return together


def _last_product_wish(earlier: list[Message]) -> Wish | None:
    asked = (understand(message.text) for message in reversed(earlier) if message.role == "user")
    return next((wish for wish in asked if wish.intent == "product" and wish.complete), None)


def _next_step(ask: Ask, wish: Wish, hello: str) -> ToolCall | Bubbles:
    if wish.intent == "human":
        return _hand_over(ask, hello)
    if wish.intent == "order":
        return _look_up_order(ask, wish, hello)
    if wish.intent == "cart":
        return _take_cart(ask, wish, hello)
    if wish.unseen and wish.intent in ("unseen", "product", "greeting", "other") and not wish.complete:
        return _one(f"{hello}{WHAT_TO_SAY[wish.unseen]}")
    if wish.intent in ("product", "catalogue"):
        return _find_product(ask, wish, hello)
    if wish.intent == "greeting":
        return _one("¡Hola! ¿Cómo va? Contame qué estás buscando y lo miramos juntos 😊")
    if wish.intent == "thanks":
        return _one("¡De nada! Cualquier cosa que necesites, acá estoy 💛")
    return _one(f"{hello}{WHAT_I_DO} ¿Qué necesitás?")


def _one(text: str) -> Bubbles:
    return [{"text": text}]


def _results(ask: Ask, name: str) -> list[ToolResult]:
    return [result for result in ask.tool_results if result.name == name]


def _hand_over(ask: Ask, hello: str) -> ToolCall | Bubbles:
    done = _results(ask, "derivhumano")
    if done:
        said = _sentence(done[-1].text)
        return _one(said or "Listo, ya avisé al equipo: una persona te responde por acá.")
    if "derivhumano" not in ask.tools:
        return _one(f"{hello}Ahora no puedo pasarte con una persona, pero el equipo lee este chat.")
    reason = " ".join(NOTE.sub(" ", ask.last_user_text).split())[:200]
    return "derivhumano", {"reason": f"Lo pide el cliente: {reason}"}


def _look_up_order(ask: Ask, wish: Wish, hello: str) -> ToolCall | Bubbles:
    done = _results(ask, "orders")
    knows_phones = "email" in ask.tools.get("orders", {}).get("properties", {})
    if done and (wish.order_number or lists_orders(done[-1].text)):
        return order_bubbles(done[-1].text, hello)
    if done or (wish.order_number is None and not knows_phones):
        return _one(f"{hello}¡Claro, lo miro! {ASK_FOR_NUMBER}")
    if "orders" not in ask.tools:
        return _one(f"{hello}Ahora no puedo consultar pedidos. ¿Querés que te pase con una persona?")
    arguments = {"q": wish.order_number or ""}
    mail = mail_in(ask.burst_texts) if knows_phones else ""
    return "orders", arguments | ({"email": mail} if mail else {})


def _find_product(ask: Ask, wish: Wish, hello: str) -> ToolCall | Bubbles:
    if wish.intent == "product" and not (wish.words or wish.category):
        return _one(f"{hello}¿De qué producto me hablás? Así te paso precio y stock.")
    done = ask.tool_results
    found = products_in(done[-1].text) if done else []
    if found:
        return _show(ask, done[-1], found, wish, hello)
    if done and not says_nothing_found(done[-1].text):
        return _one(f"{hello}{_sentence(done[-1].text)} ¿Querés que te pase con una persona?")
    tried = [(result.name, json.loads(result.arguments or "{}")) for result in done]
    for attempt in _attempts(wish):
        if attempt[0] in ask.tools and attempt not in tried:
            return attempt
    what = " ".join(wish.words) or wish.category or "productos"
    return _one(f"{hello}No encontré {what} en la tienda. ¿Te ayudo a buscar otra cosa?")


def _take_cart(ask: Ask, wish: Wish, hello: str) -> ToolCall | Bubbles:
    """An order made in the catalogue: looks its first product up, then says what came and how it goes on."""
    if CATALOGUE_ORDER in ask.tools:
        told = _results(ask, CATALOGUE_ORDER)
        return cart_told(told[-1].text, hello) if told else (CATALOGUE_ORDER, {})
    done = _results(ask, "search_specific_products")
    if not done and "search_specific_products" in ask.tools:
        return "search_specific_products", {"q": wish.words[0]}
    found = products_in(done[-1].text) if done else []
    what = found[0].name if found else ", ".join(wish.words)
    return _one(f"{hello}¡Gracias! Recibí tu pedido de {what}. ¿Querés que te pase con una persona para cerrarlo?")


def _show(ask: Ask, result: ToolResult, found: list[Product], wish: Wish, hello: str) -> Bubbles:
    cards = ask.cards and can_be_cards(found)
    if result.name == "browse_general_storefront":
        asked = " ".join(wish.words) or wish.category
        return (window_bubbles if cards else browse_bubbles)(found, asked, hello)
    if not cards:
        return product_bubbles(found, wish.words, wish.size, hello)
    offer = OFFER_NOTICE if TELL_WHEN_BACK in ask.tools else ""
    return card_bubbles(found, wish.words, wish.size, hello, offer)


def _attempts(wish: Wish) -> list[ToolCall]:
    """What to try, in order: the words as asked, singular, the last word dropped, then the shop window."""
    searches: list[ToolCall] = []
    if wish.category:
        searches.append(("search_by_category", {"category": wish.category, "keyword": " ".join(wish.words)}))
    base = wish.words or ((wish.category,) if wish.category else ())
    shorter = [base[:length] for length in range(len(base) - 1, 0, -1)]
    for words in (base, tuple(singular(word) for word in base), *shorter[-1:]):
        attempt: ToolCall = ("search_specific_products", {"q": " ".join(words)})
        if words and attempt not in searches:
            searches.append(attempt)
    return [*searches[:MOST_SEARCHES], ("browse_general_storefront", {})]


def _sentence(text: str) -> str:
    """The words for people inside a tool's answer: a plain sentence, or `message` of a JSON object."""
    try:
        value = json.loads(text)
    except json.JSONDecodeError:
        value = text
    if isinstance(value, dict):
        value = next((value[key] for key in ("message", "mensaje", "error") if value.get(key)), "")
    plain = " ".join(str(value or "").split())
    return plain if not plain or fold(plain)[-1] in ".!?)" else f"{plain}."
