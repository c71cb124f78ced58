"""What "el segundo", "ese en negro" and "el de 45 mil" mean: resolved by code over the products shown last (S-107)."""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

from nexus.orchestrator_service.agent.said import one_line
from nexus.orchestrator_service.catalogue.words import fold
from nexus.store.memory import SaidMessage

_ORDINALS = {"primer": 0, "segund": 1, "tercer": 2, "cuart": 3, "quint": 4}
_NOT_IN_A_LIST = (
    r"(?!\s+(?:vez|veces|piso|pedido|compra|dia|semana|mes|cuota|hora|turno|nombre|mano|clase|paso|pago|opinion|lugar))"
)
_ORDINAL = re.compile(
    rf"\b(?:el|la|los|las|del|al|ese|esa|lo)\s+(?P<which>primer|segund|tercer|cuart|quint)(?:[oa]s?)?\b{_NOT_IN_A_LIST}"
    r"|\b(?:opcion|numero|nro\.?)\s+(?P<digit>[1-5])\b"
    rf"|\b(?:el|la|del|al)\s+(?P<last>ultim[oa]){_NOT_IN_A_LIST}\b"
)
_PRICED = re.compile(
    r"\b(?:el|la|los|las|ese|esa)\s+(?:que\s+(?:sale|cuesta|vale|esta)|de)\s+(?:a\s+)?\$?\s*"
    r"(?P<amount>\d{1,3}(?:\.\d{3})+|\d+)(?:,\d{1,2})?(?P<mil>\s*(?:mil|lucas?|k)\b)?"
)
_EXTREME = re.compile(r"\b(?:el|la|los|las)\s+mas\s+(?P<end>barat[oa]s?|economic[oa]s?|car[oa]s?)\b")
_THAT = re.compile(
    r"\b(?:es[ea]|est[ea]|es[oa]s|est[oa]s|eso|aquel|aquella)\b(?!\s+(?:es\b|dia|numero|mail|pedido|caso|direccion|horario))"
    r"|\b(?:lo|la|los|las)\s+(?:quiero|llevo|compro|tenes|tienen|hay|reservo)\b|\bme\s+(?:lo|la)\s+(?:llevo|quedo)\b"
    r"|^\W*y\s+(?:en|de)\s"
)
_MOST_WORDS = 25
"""Longer messages say what they are about."""


@dataclass(frozen=True, slots=True)
class Shown:
    """One product that the customer has seen, in the order in which she saw it; price None when on request."""

    id: Any
    name: str
    price: Decimal | None


def shown_products(copied: str | None) -> list[Shown]:
    """`[{id, name, price}, …]`; a copy that cannot be read is as good as none."""
    try:
        return [
            Shown(one["id"], one_line(str(one["name"]), 80), _amount(one.get("price")))
            for one in json.loads(copied or "[]")
        ]
    except (ValueError, TypeError, KeyError, AttributeError):
        return []


def pointing_note(messages: Sequence[SaidMessage], shown: Sequence[Shown]) -> str:
    """Which product the burst points at, for the notes of the last message; "" when it points at none.

    Where it may be any of several the note says so: then the customer is asked, not guessed.
    """
    words = fold(" \n".join(message.content for message in messages if message.message_type in ("text", "audio")))
    if not shown or not words.strip() or len(words.split()) > _MOST_WORDS:
        return ""
    meant = _by_place(words, shown) or _by_price(words, shown)
    if meant:
        told = " y ".join(f"{one.name} (id {one.id})" for one in meant)
        return f"Por lo último que le mostraste, el cliente habla de: {told}."
    if not _THAT.search(words):
        return ""
    quoted = _quoted(messages, shown)
    if quoted or len(shown) == 1:
        one = quoted or shown[0]
        return f"Por lo último que le mostraste, el cliente habla de: {one.name} (id {one.id})."
    return (
        f'Le mostraste {len(shown)} productos: si no queda claro a cuál se refiere con "ese" o "la", preguntale cuál.'
    )


def _by_place(words: str, shown: Sequence[Shown]) -> list[Shown]:
    meant: list[Shown] = []
    for match in _ORDINAL.finditer(words):
        place = len(shown) - 1
        if match["which"]:
            place = _ORDINALS[match["which"]]
        elif match["digit"]:
            place = int(match["digit"]) - 1
        if place < len(shown) and shown[place] not in meant:
            meant.append(shown[place])
    return meant


def _by_price(words: str, shown: Sequence[Shown]) -> list[Shown]:
    priced = [(one.price, one) for one in shown if one.price is not None]
    if match := _EXTREME.search(words):
        wanted = (min if match["end"][0] in "be" else max)((price for price, _ in priced), default=None)
        meant = [one for price, one in priced if price == wanted]
        return meant if len(meant) == 1 and len(priced) > 1 else []
    if not (match := _PRICED.search(words)):
        return []
    amount = Decimal(match["amount"].replace(".", "")) * (1000 if match["mil"] else 1)
    if amount < 1000 and not match["mil"]:
        return []  # "el de 37" is a size
    exact = [one for price, one in priced if price == amount]
    near = [one for price, one in priced if price // 1000 == amount // 1000]
    meant = exact or near
    return meant if len(meant) == 1 else []


def _quoted(messages: Sequence[SaidMessage], shown: Sequence[Shown]) -> Shown | None:
    """The one product that the message which she answers names."""
    text = fold(" ".join(message.quoted.content for message in messages if message.quoted is not None))
    named = [one for one in shown if fold(one.name) in text]
    return named[0] if len(named) == 1 else None


def _amount(price: Any) -> Decimal | None:
    try:
        return None if price is None else Decimal(str(price))
    except InvalidOperation:
        return None
