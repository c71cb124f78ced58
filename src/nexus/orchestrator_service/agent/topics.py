"""What a customer asks about, by the words used: for the topics that a shop keeps for its people (tiendanube.md 9).

A match is a hint for the model, which has derivhumano; where code can decide it does: a tool that serves a kept topic
alone is refused.
"""

import re
from collections.abc import Collection, Iterable
from unicodedata import combining, normalize

from nexus.store.bot_settings import HUMAN_TOPICS

TOPIC_WORDS = {
    "exchanges": "cambios y devoluciones",
    "shipping_policy": "envíos: costos, plazos y zonas",
    "custom_orders": "pedidos personalizados o a medida",
    "wholesale": "compras por mayor",
    "order_changes": "cambiar o cancelar un pedido ya hecho",
    "order_status": "el estado de un pedido",
}
"""How the prompt and the notes call them."""
REFUSED_TOOLS = {"orders": "order_status"}
"""Tool to the topic that it serves; it is not run where people alone answer that."""
REFUSED_SENTENCE = "En esta tienda eso lo contesta sólo una persona: usá derivhumano."

_ORDER = r"(?:pedido|compra|orden|paquete|encomienda)s?"
_PATTERNS = {
    "exchanges": (
        r"\b(?:cambi(?:o|os|ar|arl[oa]s?|arme|amos)|canje\w*)\b(?!.{0,25}\b(?:turno|hora|cita|direccion|pedido|compra)\b)",
        r"\bdev(?:olver|uelv|oluci)\w*",
        r"\breembols\w*",
        r"\b(?:me|le) (?:qued[oa]|va|fue|anda|calza)\w* (?:muy |re |medio )?(?:chic|grand|larg|cort|apretad|anch)\w*",
        r"\b(?:vino|llego|esta) (?:fallad|rot|manchad|con falla)\w*",
    ),
    "shipping_policy": (
        r"\benvi(?:o|os|an|ar|as|ame)\b(?!.{0,15}\b(?:foto|imagen|video|audio|link|catalogo)s?\b)",
        r"\b(?:mandan|llegan|despachan|entregan)\b.{0,15}\b(?:a|al|en|hasta)\b",
        r"\b(?:cuanto|que) (?:tarda|demora)\w*",
        r"\b(?:correo|andreani|oca|moto ?mensajeria|cadeteria|codigo postal)\b",
    ),
    "custom_orders": (
        r"\bpersonaliz\w*",
        r"\ba (?:mi |su )?medida\b",
        r"\bpor encargo\b|\bencarg(?:o|ar|arte|arles|amos)\b",
        r"\b(?:bord|estamp|grab)(?:ad[oa]s?|arl[eo]s?|ar)\b.{0,25}\b(?:nombre|logo|frase|iniciales)\b",
        r"\bcon (?:mi|el|nuestro|un) (?:nombre|logo)\b",
    ),
    "wholesale": (
        r"\b(?:al|por|x) mayor\b",
        r"\bmayorist\w*",
        r"\brevend\w*|\breventa\b",
        r"\bprecios? (?:por|x) (?:cantidad|docena|bulto)\b",
    ),
    "order_changes": (
        rf"\b(?:cambi|modific|agreg|sum|sac|quit|cancel|anul|correg|edit)\w*.{{0,40}}\b{_ORDER}\b",
        rf"\b(?:arrepent|equivoqu)\w*.{{0,60}}\b(?:{_ORDER}|compre|direccion|talle|pedi)\b",
        r"\bcambi\w*.{0,20}\bdireccion\b",
    ),
    "order_status": (
        rf"\b(?:donde|cuando|como|estado|seguimiento|rastre\w*|saber|segui[mr]\w*)\b.{{0,40}}\b{_ORDER}\b",
        rf"\b{_ORDER}\b.{{0,40}}\b(?:no (?:me )?lleg\w*|llega|llego|despach\w*|salio|en camino|demorad\w*|listo)\b",
        r"\b(?:pedido|orden|compra) ?(?:n(?:ro|umero|°)?\.? ?|#)?\d{3,}\b|#\d{3,}\b",
        r"\bcodigo de seguimiento\b|\btodavia no me llego\b",
    ),
}
_COMPILED = {topic: re.compile("|".join(patterns)) for topic, patterns in _PATTERNS.items()}


def folded(text: str) -> str:
    """In lower case, without accents (ñ stays), with single spaces."""
    plain = "".join(
        sign for sign in normalize("NFD", text.lower().replace("ñ", "\0")) if not combining(sign)
    )  # fmt: skip
    return " ".join(plain.replace("\0", "ñ").split())


def topics_in(texts: Iterable[str]) -> list[str]:
    """The topics that these messages speak of, in the order of HUMAN_TOPICS."""
    asked = [folded(text) for text in texts]
    return [topic for topic in HUMAN_TOPICS if any(_COMPILED[topic].search(text) for text in asked)]


def topic_notes(texts: Iterable[str], kept: Collection[str]) -> list[str]:
    """The note for the model when these messages speak of what the shop keeps for its people; none otherwise."""
    found = [TOPIC_WORDS[topic] for topic in topics_in(texts) if topic in kept] if kept else []
    return (
        [f"Parece preguntar por {' y '.join(found)}: lo contesta sólo una persona, usá derivhumano."] if found else []
    )


def refused_tool(tool: str, kept: Collection[str]) -> bool:
    """Whether the shop's people alone do what this tool does."""
    return REFUSED_TOOLS.get(tool) in kept
