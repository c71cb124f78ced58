"""What a customer's Spanish message asks for, by plain rules: intent, search words, sizes, order number."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, replace
from typing import Literal

from nexus.sandbox.brain_notes import Heard, heard
from nexus.sandbox.brain_numbers import in_digits
from nexus.sandbox.brain_vocabulary import COLOURS, STOP, WEAK

Intent = Literal["greeting", "product", "catalogue", "order", "cart", "human", "thanks", "unseen", "other"]

ORDINAL = re.compile(r"(?:primer|segund|tercer|cuart|quint|ultim)[oa]?")
HUMAN = re.compile(
    r"\b(humano|asesor\w*|vendedor\w*|encargad[oa]|duen[oa]|operador\w*|reclamo\w*|quej\w+|denuncia\w*|"
    r"estaf\w+|devolver\w*|indignad\w+|enojad\w+|vergonzos\w+|defectuos\w+|fallad[oa]s?)\b"
    r"|\b(hablar|comunicar\w*|atienda|atenderme|pasa\w*|contacto) (con )?(una |un |alguna |algun |la |el )?"
    r"(persona|alguien|gente|responsable)\b"
    r"|\b(persona real|mal servicio|pesimo|llego (rot\w+|mal|equivocad\w+|otr\w+)|devuelvan (la|mi) plata)\b"
)
PLACING_ORDER = re.compile(r"\b(hacer|quiero|quisiera|armar|realizar) (un |una )?(pedido|compra)\b")
ORDER = re.compile(
    r"\b(pedidos?|orden|seguimiento|tracking|mi (compra|paquete|envio)|numero de compra|"
    r"no (me )?llego|cuando (me )?llega)\b"
)
ORDER_NUMBER = re.compile(r"#\s*(\d{1,12})|\b(\d{3,12})\b")
NEAR_ORDER_NUMBER = re.compile(r"\b(?:pedido|orden|compra)\s*(?:numero|nro\.?|n[°º]|n)?\s*#?\s*(\d{1,12})\b")
SHOPPING = re.compile(
    r"\b(ten[eg]\w*|tien\w+|hay|busc\w+|quier\w+|quisiera|necesit\w+|precios?|cuant\w+|sale[n]?|vale[n]?|"
    r"cuesta[n]?|vend\w+|stock|talles?|mostra\w+|interesa\w*|gustaria|comprar\w*|links?|fotos?|color\w*)\b"
)
MOST_BARE_WORDS = 3
THANKS = re.compile(r"\b(gracias|chau|adios|hasta (luego|manana|pronto)|nos vemos|saludos|buenisimo|genial)\b")
GREETING = re.compile(r"\b(hola+|holis|buenas|buenos dias|buen dia|que tal|como (estas|va|andas))\b")
CATALOGUE = re.compile(
    r"\b(catalogo|que (venden|vendes|tienen|tenes|productos|cosas|hay)( en (venta|la tienda))?|novedades|"
    r"todo lo que tienen)\b"
)
NOT_A_PRODUCT = re.compile(
    r"\b(envios?|envian|mandan|horarios?|abren|cierran|direccion|ubicacion|ubicados|donde (estan|quedan)|"
    r"local|sucursal\w*|retir\w+|pagos?|pagar|cuotas?|tarjetas?|transferencia|efectivo|mercado pago|"
    r"cambios?|devolucion\w*|factura\w*|mayorista\w*|robot|bot|ia|turnos?)\b"
)
CATEGORY = re.compile(r"\b(?:categoria|seccion|rubro)(?: de| d)? ([a-z]+)")
SIZE = re.compile(r"\b(?:talles?|talla|numero|nro|n)\s*[°º.:]?\s*(\d{1,2}|x{0,3}l|x{0,3}s|m)\b")
SIZE_PAIR = re.compile(r"\b(x{0,3}[sml]/x{0,3}[sml])\b")
BARE_NUMBER = re.compile(r"(?<![#\d$.,])\b(\d{2})\b(?!\s*(?:pares|unidades|pesos|cuotas|%|hs|horas|de \w+bre))")
CAPITAL_SIZE = re.compile(r"\b(X{0,3}S|M|X{0,3}L)\b")
WORD = re.compile(r"[a-záéíóúüñ]+")
MOST_POINTING_WORDS = 6
MOST_POINTED_WORDS = 3


@dataclass(frozen=True, slots=True)
class Wish:
    """What one message wants; `words` are lower case and keep their accents, in the customer's order."""

    intent: Intent
    words: tuple[str, ...] = ()
    size: str | None = None
    order_number: str | None = None
    category: str | None = None
    greets: bool = False
    unseen: str | None = None
    """What came with it that cannot be seen: a key of `brain_notes.WHAT_TO_SAY`."""

    @property
    def only_narrows(self) -> bool:
        """A size or a colour and nothing to search for: "y en 38?", "la tenés en negro?"."""
        strong = [word for word in self.words if stem(word) not in COLOURS]
        return not strong and (self.size is not None or bool(self.words))

    @property
    def complete(self) -> bool:
        """Whether it can be acted upon without knowing what was said before."""
        if self.intent == "product":
            return self.category is not None or any(
                stem(word) not in COLOURS and fold(word) not in WEAK for word in self.words
            )
        return self.intent in ("human", "catalogue", "cart") or self.order_number is not None


def fold(text: str) -> str:
    """Lower case without accents; ñ becomes n, as shops' searches do."""
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    return "".join(c for c in decomposed if not unicodedata.combining(c))


def singular(word: str) -> str:
    """A Spanish word's likely singular: mallas to malla, pantalones to pantalón's stem; short words stay."""
    if len(word) > 5 and word.endswith("es") and word[-3] in "lnrdj":
        return word[:-2]
    return word[:-1] if len(word) > 3 and word.endswith("s") else word


def stem(word: str) -> str:
    """Folded, singular and without its final vowel, so that negra, negro and negras are one."""
    base = singular(fold(word))
    return base[:-1] if len(base) > 3 and base[-1] in "aeo" else base


def understand(text: str, asked_for_number: bool = False) -> Wish:
    """Read one message (a burst's lines joined). `asked_for_number`: we just asked for an order number.

    What stands in square brackets is the system's note: it tells what came beside the words, and what they point
    at. The words decide; only where they name nothing ("esa, la quiero") what they point at is looked for.
    """
    message = heard(text)
    wish = _wish_of_words(in_digits(message.words), asked_for_number)
    if wish.intent == "human":
        return wish
    if message.cart:
        return Wish("cart", message.cart, greets=wish.greets)
    if message.unseen and (not message.words or (message.unseen == "document" and not _asks(message.words))):
        return Wish("unseen", greets=wish.greets, unseen=message.unseen)
    if message.meant and wish.words and all(ORDINAL.fullmatch(fold(word)) for word in wish.words):
        shown = in_digits(message.meant)
        words = tuple(search_words(shown)[:MOST_POINTED_WORDS])
        return Wish("product", words, wish.size or find_size(shown), greets=wish.greets)
    if message.pointed and _points(wish, message):
        shown = in_digits(message.pointed)
        words = tuple(dict.fromkeys((*search_words(shown)[:MOST_POINTED_WORDS], *wish.words)))
        return Wish("product", words, wish.size or find_size(shown), greets=wish.greets, unseen=message.unseen)
    return replace(wish, unseen=message.unseen)


def _asks(words: str) -> bool:
    plain = fold(words)
    return SHOPPING.search(plain) is not None or ORDER.search(plain) is not None


def _points(wish: Wish, message: Heard) -> bool:
    """Whether the words are about what she answers, and name nothing themselves."""
    if wish.intent == "product":
        return not wish.complete
    short = len(message.words.split()) <= MOST_POINTING_WORDS
    return wish.intent in ("other", "greeting") and short and not NOT_A_PRODUCT.search(fold(message.words))


def _wish_of_words(text: str, asked_for_number: bool) -> Wish:
    plain = fold(text)
    greets = GREETING.search(plain) is not None
    if HUMAN.search(plain):
        return Wish("human", greets=greets)
    if order := _order(plain, asked_for_number, greets):
        return order
    size, words = find_size(text), search_words(text)
    category = CATEGORY.search(plain)
    if category:
        words = tuple(w for w in words if fold(w) != category[1])
        return Wish("product", words, size, category=category[1], greets=greets)
    if NOT_A_PRODUCT.search(plain):
        return Wish("other", greets=greets)
    if CATALOGUE.search(plain) and not words and size is None:
        return Wish("catalogue", greets=greets)
    shopping = SHOPPING.search(plain) is not None
    if THANKS.search(plain) and not shopping:
        return Wish("thanks", greets=greets)
    if shopping or size or 0 < len(words) <= MOST_BARE_WORDS:
        return Wish("product", words, size, greets=greets)
    return Wish("greeting" if greets else "other", greets=greets)


def _order(plain: str, asked_for_number: bool, greets: bool) -> Wish | None:
    hashed = re.search(r"#\s*\d", plain)
    near = NEAR_ORDER_NUMBER.search(plain)
    speaks_of_it = near or (ORDER.search(plain) and not PLACING_ORDER.search(plain))
    number = near or ORDER_NUMBER.search(plain)
    if not (speaks_of_it or hashed or (asked_for_number and number)):
        return None
    found = next((group for group in number.groups() if group), None) if number else None
    return Wish("order", order_number=found, greets=greets)


def find_size(text: str) -> str | None:
    """The asked size as written in shops: "37", "XL"; None when the message names none."""
    plain = fold(text)
    found = SIZE_PAIR.search(plain) or SIZE.search(plain) or BARE_NUMBER.search(plain)
    if found:
        return found[1].upper()
    capital = CAPITAL_SIZE.search(text) if not text.isupper() else None
    return capital[1] if capital else None


def search_words(text: str) -> tuple[str, ...]:
    """The words worth searching for; weak ones (danza, ballet) only when nothing else is left."""
    words = [word for word in WORD.findall(text.lower()) if fold(word) not in STOP and len(word) > 1]
    strong = [word for word in words if fold(word) not in WEAK]
    return tuple(dict.fromkeys(strong or words))
