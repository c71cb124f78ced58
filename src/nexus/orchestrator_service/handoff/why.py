"""Why a conversation passed to a person, as one of a few kinds: the model writes its reason in words of its own."""

import re
import unicodedata

LABELS = {
    "asked": "Pidió hablar con una persona",
    "complaint": "Un reclamo",
    "exchange": "Un cambio o una devolución",
    "wholesale": "Una compra por mayor",
    "appointment": "Un turno",
    "payment": "Un pago o una factura",
    "order": "Un pedido o un envío",
    "other": "Otro motivo",
    "panel": "Alguien la derivó desde el panel",
    "failure": "El bot no pudo responder",
}
"""Every kind, as people read it."""
_WORDS = (
    ("wholesale", r"mayor(?:ista|eo)?\b|revend|\bdistribu"),
    ("appointment", r"\bturnos?\b|\breserva|\bcitas?\b"),
    ("exchange", r"\bcambi(?:o|os|ar|arlo|arla)\b|devol|devuelv|garant"),
    ("complaint", r"reclam|\bquej|\bfalla|defect|\brot[oa]s?\b|mal estado|enoj|insult|molest|denunci|estaf"),
    ("payment", r"\bpag[oaóu]|transfer|factur|\bcuotas?\b|reintegr|reembols|\btarjeta"),
    ("order", r"\bpedidos?\b|\benvios?\b|entreg|seguimiento|despach|\bllego\b|\bcompra"),
    ("asked", r"person|human|asesor|vendedor|atencion|alguien|hablar|encargad|duen|operador"),
)
_PATTERNS = [(kind, re.compile(words)) for kind, words in _WORDS]


def why(source: str, reason: str) -> str:
    """The kind: what source panel and failure say themselves, else the first whose words are in the bot's reason."""
    if source in ("panel", "failure"):
        return source
    decomposed = unicodedata.normalize("NFKD", reason.casefold())
    plain = "".join(character for character in decomposed if not unicodedata.combining(character))
    return next((kind for kind, pattern in _PATTERNS if pattern.search(plain)), "other")
