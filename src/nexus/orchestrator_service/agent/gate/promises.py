"""The commitment gate: what a reply says was done, or will be, only with the tool effect that does it.

Questions, offers and denials claim nothing. What the shop itself says it does ("avisamos por mail al despachar") may
be repeated. Of appointments `commitments.py` speaks first, with code's own sentences.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from nexus.orchestrator_service.agent.gate import promise_words as words
from nexus.orchestrator_service.agent.gate.attribution import Reading
from nexus.orchestrator_service.agent.gate.facts import Facts, telling
from nexus.orchestrator_service.agent.gate.verdict import Violation


@dataclass(frozen=True, slots=True)
class Effects:
    """What was committed in this burst: the agenda's answers, the other tools by name; `standing`: she has turns.

    `shows`: the reply itself carries a link or a picture.
    """

    agenda: Sequence[dict[str, Any]] = ()
    tools: frozenset[str] = frozenset()
    standing: bool = False
    shows: bool = False


@dataclass(frozen=True, slots=True)
class _Promise:
    pattern: re.Pattern[str]
    kept: Callable[[Effects, str], bool]
    policy: str | None
    advice: str


def _never(_: Effects, __: str) -> bool:
    return False


def _booked(effects: Effects, sentence: str) -> bool:
    if not any(one.get("status") in ("booked", "moved", "already_booked") for one in effects.agenda):
        return effects.standing and bool(re.search(r"turno|cita|reserva|agend|confirmad", sentence))
    return not re.search(r"\b(?:zapatill|malla|par\b|prenda|producto|stock)", sentence)


def _cancelled(effects: Effects, sentence: str) -> bool:
    return any(one.get("status") in ("cancelled", "moved") for one in effects.agenda) and "pedido" not in sentence


def _moved(effects: Effects, sentence: str) -> bool:
    return any(one.get("status") == "moved" for one in effects.agenda) and "pedido" not in sentence


def _tool(*parts: str) -> Callable[[Effects, str], bool]:
    return lambda effects, _: any(part in tool for tool in effects.tools for part in parts)


def _shown(effects: Effects, sentence: str) -> bool:
    return effects.shows and not re.search(r"\b(?:mail|e-?mail|correo|sms|casilla|gmail)\b", sentence)


_PROMISES = (
    _Promise(words.HANDED_OVER, _tool("derivhumano"), "respond|contact|escrib|llam",
             "No derivaste ni avisaste a nadie: usá derivhumano o no lo digas."),
    _Promise(words.NOTICE, _tool("stock", "avis", "notice", "notify"),
             "avis|notific|llega|recib|mail|correo|escrib|llam",
             "No hay ningún aviso pedido: usá la herramienta de aviso o no lo prometas."),
    _Promise(words.SENT, _shown, "mand|envi|mail|correo|llega",
             "No mandaste nada: si es un link o una foto, poné el link o la foto; si no, no lo digas."),
    _Promise(words.HELD, _booked, None,
             "No quedó nada reservado, separado ni anotado: usá la herramienta o no lo digas."),
    _Promise(words.CANCELLED, _cancelled, None, "No cancelaste nada: no lo digas."),
    _Promise(words.CHANGED, _moved, "cambi", "No cambiaste nada: no lo digas."),
    _Promise(words.DISCOUNTED, _never, "descuent|bonific|off|cupon|rebaj", "No podés hacer descuentos: quitalo."),
    _Promise(words.ORDERED, _tool("draft", "payable", "link", "pago"), None,
             "No hiciste ningún pedido ni link de pago: usá la herramienta o no lo digas."),
    _Promise(words.REFUNDED, _never, "reembols|reintegr|devol|acredit", "No podés devolver dinero: quitalo."),
    _Promise(words.ASKED_AROUND, _never, "despach|acredit",
             "No hablaste con nadie ni viste ningún pago: no lo digas."),
)  # fmt: skip


def unkept(reading: Reading, facts: Facts, effects: Effects) -> Iterator[Violation]:
    """What the bubble claims without the effect that bears it out; one violation for each sentence and promise."""
    for start, end in reading.text.sentences:
        sentence, written = reading.text.plain[start:end], reading.text.words[start:end]
        for promise in _PROMISES:
            match = next((m for m in promise.pattern.finditer(sentence) if _claims(sentence, written, m)), None)
            if match is None:
                continue
            if (
                facts.is_quoted(sentence)
                or promise.kept(effects, sentence)
                or _told(promise, match[0], sentence, facts)
            ):
                continue
            said = written[match.start() : match.end()].strip(" .,!?¡¿\n(")
            yield Violation("commitment", said, f"«{said}»: {promise.advice}", reading.index)


def _claims(sentence: str, written: str, match: re.Match[str]) -> bool:
    """Whether it is said as done or promised: not asked, offered, wished for or denied."""
    before = sentence[: match.start()]
    matched = match[0].strip()
    past = bool(words.PAST.search(matched))
    accented = bool(re.search(r"[éíóÉÍÓ]\b", written[match.start() : match.end()]))
    if not accented and re.fullmatch(r"[a-zñ]+e", matched):
        return False  # "aparte", "reserve": no first person without its accent or its pronoun
    if _asked(sentence, match, past=past or accented):
        return False
    if words.DENIED.search(before) or words.DENIED.search(before + matched.rsplit(" ", 1)[0] + " "):
        return False
    if not accented and words.WANTED.search(before) and not re.search(r"\bya\b|ad[oa]s?$|\bfue\b", matched):
        return False
    return (past and (accented or not words.OFFERED.search(before))) or not words.OFFERED.search(sentence)


def _asked(sentence: str, match: re.Match[str], *, past: bool) -> bool:
    """Within "¿ … ?"; a sentence that only ends with "?" asks what it will do, not what it did."""
    ends = sentence.rstrip().endswith("?")
    if "¿" in sentence:
        return ends and sentence.rfind("¿", 0, match.start() + 1) >= 0
    return ends and not past


def _told(promise: _Promise, matched: str, sentence: str, facts: Facts) -> bool:
    """The shop says it itself, or it is how the customer's own order stands."""
    if facts.orders and (part := re.search(r"(\w+)ad[oa]s?\b", matched)) and f"{part[1]}ad" in facts.words:
        return True
    if promise.policy is None or re.search(r"\b(?:ya|recien|hice|quedo)\b|[a-z]{3,}e$", matched):
        return False
    if promise.pattern is words.SENT and matched.endswith("amos") and not words.BY_MAIL.search(sentence):
        return any(re.search(r"\benvi|\bmandamos", one.plain) for one in facts.shop)  # it ships, and says so
    stems = telling(sentence)
    return any(re.search(promise.policy, one.plain) and len(one.stems & stems) >= 2 for one in facts.shop)
