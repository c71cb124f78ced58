"""A message of any type as the model is told of it: the sender's words, and around them the system's notes in [ ].

Square brackets are the system's: whatever comes from outside gets round ones, so that nobody can pose as it.
"""

from collections.abc import Callable
from typing import Any

from nexus.store.memory import QuotedMessage, SaidMessage

LONGEST_MESSAGE = 4096
_LONGEST_QUOTE = 300
_PICTURES = {"image": "Imagen", "video": "Video", "sticker": "Sticker"}
_QUOTED_FILES = {"image": "una foto", "video": "un video", "audio": "un audio", "document": "un documento"}


def words_of(message: SaidMessage) -> str:
    """The customer's message in words; never empty."""
    told = _TOLD.get(message.message_type, _text)(message)
    notes = [_advertisement(message.referral), _product(message.product)]
    if message.quoted is not None:
        told = f"{_quote(message.quoted)} {told}"
    return "\n".join([*(note for note in notes if note), told.strip()])


def as_data(text: str) -> str:
    """Words from outside: bounded, and without the system's brackets."""
    return text[:LONGEST_MESSAGE].translate(str.maketrans("[]", "()"))


def one_line(text: str, limit: int) -> str:
    """Words from outside within a note."""
    return " ".join(as_data(text).split())[:limit]


def _text(message: SaidMessage) -> str:
    return as_data(message.content) or f"[Mensaje de tipo {one_line(message.message_type, 32)}]"


def _picture(message: SaidMessage) -> str:
    name = _PICTURES[message.message_type]
    if message.message_type == "sticker":
        return f"[{name}]"
    return f"[{name}] {as_data(message.content)}" if message.content else f"[{name} sin texto]"


def _audio(message: SaidMessage) -> str:
    if message.words_state == "done" and message.content:
        return f"[Audio transcripto] {as_data(message.content)}"
    return "[Audio que no se pudo escuchar]"


def _document(message: SaidMessage) -> str:
    return f"[Documento {one_line(message.file_name or '', 120)}".strip() + f"] {as_data(message.content)}"


def _location(message: SaidMessage) -> str:
    place = message.details
    point = f" ({place['latitude']}, {place['longitude']})" if {"latitude", "longitude"} <= place.keys() else ""
    return f"[Ubicación] {one_line(message.content, 500)}{point if place.get('name') or place.get('address') else ''}"


def _contacts(message: SaidMessage) -> str:
    return f"[Contacto] {as_data(message.content)}"


def _choice(message: SaidMessage) -> str:
    chosen, words = message.details, one_line(message.content, 500)
    if chosen.get("kind") == "list_reply":
        more = one_line(str(chosen.get("description", "")), 300)
        return f"[Eligió de la lista] {words}{f' — {more}' if more else ''}"
    if chosen.get("kind") == "nfm_reply":
        return f"[Completó un formulario] {words}: {one_line(str(chosen.get('response_json', '')), 1000)}"
    return f"[Tocó el botón] {words}"


def _order(message: SaidMessage) -> str:
    items = message.details.get("items", [])
    return f"[Pedido del catálogo] {', '.join(_item(item) for item in items)}\n{as_data(message.content)}"


def _item(item: dict[str, Any]) -> str:
    quantity, price = item.get("quantity"), item.get("item_price")
    told = f"{quantity or 1:g} x {one_line(str(item.get('product_retailer_id', '')), 120)}"
    return f"{told} ({pesos(price)})" if price is not None else told


def pesos(amount: float) -> str:
    """Money as people here write it: $ 18.999,00."""
    return "$ " + f"{amount:,.2f}".translate(str.maketrans(",.", ".,"))


def _unsupported(_: SaidMessage) -> str:
    return "[Mensaje que WhatsApp no deja ver]"


def _quote(quoted: QuotedMessage) -> str:
    whose = "su propio mensaje" if quoted.author == "customer" else "tu mensaje"
    shown = _QUOTED_FILES.get(quoted.message_type)
    words = "" if quoted.content.startswith("http") and shown else one_line(quoted.content, _LONGEST_QUOTE)
    return f"[Responde a {whose}: «{words or shown or 'un mensaje'}»]"


def _advertisement(referral: dict[str, Any]) -> str:
    if not referral:
        return ""
    headline, body = (one_line(str(referral.get(part, "")), 200) for part in ("headline", "body"))
    kind = "la publicación" if referral.get("source_type") == "post" else "el anuncio"
    return f"[Llegó por {kind} «{headline}»{f': {body}' if body else ''}]"


def _product(product: dict[str, Any]) -> str:
    if not product:
        return ""
    return f"[Pregunta por el producto {one_line(str(product.get('product_retailer_id', '')), 120)} del catálogo]"


_TOLD: dict[str, Callable[[SaidMessage], str]] = {
    **dict.fromkeys(_PICTURES, _picture),
    "audio": _audio,
    "document": _document,
    "location": _location,
    "contacts": _contacts,
    "interactive": _choice,
    "button": _choice,
    "order": _order,
    "unsupported": _unsupported,
}
