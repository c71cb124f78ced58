"""Whether a reply is written as the shop writes: voseo, length, emoji and words it never uses. Pure."""

import re
from collections.abc import Iterator, Sequence

from nexus.orchestrator_service.agent.gate.verdict import Violation
from nexus.orchestrator_service.agent.topics import folded
from nexus.store.bot_settings import Tone

_FEW_EMOJI = 3
"""In a whole reply."""
_LINK = re.compile(r"https?://\S+|\b[\w.-]+@[\w.-]+|\{[^{}]*\}")
_PRONOUNS = re.compile(
    r"\btú\b|\b(?:a|para|de|por|en|sobre|sin|hacia) ti\b|\bcontigo\b|\busted\b|\b(?:ud|vd)\."
    r"|\bvosotr[oa]s\b|\bvuestr[oa]s?\b",
    re.IGNORECASE,
)
# Where voseo and tuteo differ and the word is nothing else in Spanish; the advice is the form to use.
_VERBS = {
    "puedes": "podés", "tienes": "tenés", "quieres": "querés", "eres": "sos", "sabes": "sabés",
    "necesitas": "necesitás", "haces": "hacés", "dices": "decís", "vienes": "venís", "prefieres": "preferís",
    "buscas": "buscás", "encuentras": "encontrás", "deseas": "querés", "debes": "tenés que", "conoces": "conocés",
    "crees": "creés", "piensas": "pensás", "sientes": "sentís", "pides": "pedís", "eliges": "elegís",
    "llevas": "llevás", "quedas": "quedás", "recibes": "recibís", "envías": "enviás", "mandas": "mandás",
    "recuerdas": "te acordás", "hablas": "hablás", "entiendes": "entendés", "vuelves": "volvés", "sigues": "seguís",
    "consigues": "conseguís", "agregas": "agregás", "retiras": "retirás", "escribes": "escribís", "indicas": "indicás",
    "confirmas": "confirmás", "avisas": "avisás", "pagas": "pagás", "vives": "vivís",
    "dime": "decime", "ponte": "ponete", "haz": "hacé", "escoge": "elegí",
    "dígame": "decime", "disculpe": "disculpá", "permítame": "dejame", "aguarde": "aguardá",
}  # fmt: skip
_TUTEO = re.compile(rf"\b(?:{'|'.join(_VERBS)})\b", re.IGNORECASE)
# cuéntame, escríbeme, fíjate, quédate: in voseo the accent goes (contame, fijate).
_ENCLITIC = re.compile(r"\b\w*[áéíóú]\w*[ae](?:me(?:l[oa]s?)?|te(?:l[oa]s?)?)\b", re.IGNORECASE)
_EMOJI = re.compile(
    "(?:[\U0001f1e6-\U0001f1ff]{2}|[\U0001f300-\U0001faff\u2600-\u27bf\u2b50\u2b55\u231a\u231b\u2b06])"
    "[\ufe0f\U0001f3fb-\U0001f3ff]*(?:\u200d[\U0001f300-\U0001faff\u2600-\u27bf][\ufe0f\U0001f3fb-\U0001f3ff]*)*"
)


def tone_violations(texts: Sequence[str], tone: Tone) -> list[Violation]:
    """What of these bubbles is not in the shop's tone, in order; links and placeholders are nobody's words."""
    found: list[Violation] = []
    emoji = 0
    for bubble, text in enumerate(texts):
        words = _LINK.sub(" ", text)
        if tone.voseo:
            found += _not_voseo(words, bubble)
        if tone.longest and len(text) > tone.longest:
            advice = f"La burbuja tiene {len(text)} letras y van {tone.longest} como mucho: decilo más corto."
            found.append(Violation("tone", f"{text[:40]}…", advice, bubble))
        found += _forbidden(words, bubble, tone.forbidden)
        signs = _EMOJI.findall(words)
        emoji += len(signs)
        if signs and tone.emoji == "none":
            found.append(Violation("tone", signs[0], "Sin emojis.", bubble))
    if tone.emoji == "few" and emoji > _FEW_EMOJI:
        found.append(Violation("tone", f"{emoji} emojis", "Son muchos emojis: uno alcanza."))
    return found


def _not_voseo(words: str, bubble: int) -> Iterator[Violation]:
    for match in _PRONOUNS.finditer(words):
        yield Violation("tone", match.group(), f"Con vos: «{match.group()}» no.", bubble)
    for match in _TUTEO.finditer(words):
        better = _VERBS[match.group().lower()]
        yield Violation("tone", match.group(), f"Con vos: «{better}» en vez de «{match.group()}».", bubble)
    for match in _ENCLITIC.finditer(words):
        if match.group().lower() not in _VERBS:
            yield Violation("tone", match.group(), f"Con vos: «{match.group()}» se dice sin tuteo.", bubble)


def _forbidden(words: str, bubble: int, forbidden: Sequence[str]) -> Iterator[Violation]:
    plain = folded(words)
    for phrase in forbidden:
        if re.search(rf"(?<!\w){re.escape(folded(phrase))}(?!\w)", plain):
            yield Violation("tone", phrase, f"La tienda nunca dice «{phrase}».", bubble)
