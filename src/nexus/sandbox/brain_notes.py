"""The system's notes around a customer's words, read: what she sent that is no text, what she points at.

Notes stand in square brackets, which nobody else can write: `[Imagen] tienen esta?`, `[Responde a tu mensaje: «…»]
esa, la quiero`. What follows `[Ubicación]` and `[Contacto]` on their line is the place or the person, not a wish.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

NOTE = re.compile(r"\[([^\]]*)\]")
_PLACE_OR_PERSON = re.compile(r"\[(Ubicación|Contacto)\][^\n]*")
_CHOSEN_ROW = re.compile(r"\[Eligió de la lista\]([^\n]*)")
_CART = re.compile(r"\[Pedido del catálogo\]([^\n]*)")
_QUOTED = re.compile(r"\[Responde a [^«\]]*«([^»\]]*)")
_ADVERTISED = re.compile(r"\[Llegó por [^«\]]*«([^»\]]*)")
_CATALOGUED = re.compile(r"\[Pregunta por el producto ([^\]]*?) del catálogo\]")
_MEANT = re.compile(r"el cliente habla de: ([^(\]]+?) \(id")
_BOLD = re.compile(r"\*([^*\n]+)\*")
_CART_ITEM = re.compile(r"[\d.]+ x ([^\s,(]+)")

_UNSEEN = (
    ("Imagen", "picture"),
    ("Video", "picture"),
    ("Documento", "document"),
    ("Sticker", "sticker"),
    ("Audio que no se pudo", "unheard"),
    ("Ubicación", "place"),
    ("Contacto", "contact"),
    ("Mensaje que WhatsApp no deja ver", "hidden"),
)

WHAT_TO_SAY = {
    "picture": "Por ahora no puedo ver fotos ni videos 🙈 ¿Me contás qué estás buscando, con el talle o color?",
    "document": "¡Gracias! Recibí el archivo, pero no puedo abrirlo. ¿Me contás qué necesitás?",
    "sticker": "😊 ¿En qué te puedo ayudar?",
    "unheard": "Perdón, no pude escuchar tu audio 🙈 ¿Me lo escribís?",
    "place": "¡Gracias por la ubicación! ¿Qué estás buscando, o en qué te ayudo?",
    "contact": "¡Gracias por el contacto! ¿En qué te ayudo?",
    "hidden": "No me llegó bien ese mensaje. ¿Me lo escribís con palabras?",
}
"""The kind answer to what cannot be seen, by its kind."""


@dataclass(frozen=True, slots=True)
class Heard:
    """A message without its notes. `pointed` are the words she answers or the advertisement she came by.

    `unseen` is the kind of what she sent that no text holds (a key of `WHAT_TO_SAY`); `cart` the SKUs of an order;
    `meant` the product that the system says she means, of those last shown ("el segundo").
    """

    words: str
    pointed: str = ""
    unseen: str | None = None
    cart: tuple[str, ...] = ()
    meant: str = ""


def heard(text: str) -> Heard:
    """Reads one message of the customer as the system renders it."""
    cart = _CART.search(text)
    items = tuple(_CART_ITEM.findall(cart[1])) if cart else ()
    words = _CART.sub(" ", _PLACE_OR_PERSON.sub(" ", text))
    words = _CHOSEN_ROW.sub(lambda row: row[1].partition(" — ")[0], words)
    unseen = next((kind for note in NOTE.findall(text) for start, kind in _UNSEEN if note.startswith(start)), None)
    meant = _MEANT.search(text)
    return Heard(NOTE.sub(" ", words).strip(), _pointed(text), unseen, items, meant[1] if meant else "")


def _pointed(text: str) -> str:
    """The name in the quoted words when they show one in bold, else all of them; else product or advertisement."""
    for pattern in (_QUOTED, _CATALOGUED, _ADVERTISED):
        found = pattern.search(text)
        if found:
            bold = _BOLD.search(found[1])
            return bold[1] if bold else found[1]
    return ""
