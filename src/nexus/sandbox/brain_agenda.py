"""Appointments: what the customer wants of the agenda, which tool that takes, and its answer told to her.

The demo brain repeats the sentence that the tool gives (`say`) and never says by itself that something is booked.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any, Literal

from nexus.sandbox.brain_dates import day_in, now_in, time_in
from nexus.sandbox.brain_notes import heard
from nexus.sandbox.brain_words import fold
from nexus.sandbox.model_request import Ask, ToolResult

Kind = Literal["book", "move", "cancel", "look", "mine"]
Step = tuple[str, dict[str, str]] | list[dict[str, Any]]

_APPOINTMENT = re.compile(r"\b(turnos?|citas?|agend(ar\w*|ame|a|o|es)|sacar hora)\b")
_RESERVE = re.compile(r"\breserv\w+\b")
_CANCEL = re.compile(r"\b(cancel\w+|anul\w+|dar de baja|no (puedo|voy a|vamos a) (ir|asistir))\b")
_MOVE = re.compile(
    r"\b(cambi\w+|reprogram\w+|mov(er|e|eme|elo|erlo|ermelo)|pas(ar|arlo|armelo|alo|ame|amelo)|corre\w*|adelant\w+|"
    r"postergar?)\b"
)
_FROM_TO = re.compile(r"\bdel? (?P<old>.+?) (?:al?|para) (?P<new>.+)$")
_MINE = re.compile(r"\b(cuando (es|era|tengo)|que dia (es|tengo)|a que hora (es|tengo)|tengo (un |algun )?turnos?)\b")
_LOOK = re.compile(r"\b(que|hay|ten[eg]\w*|tien\w+|disponib\w+|libres?|cuales|horarios?|lugar)\b")
_OWN = re.compile(r"Turnos del cliente: ([^\]]*?)\.[ \]]")
_SERVICES = re.compile(r"Servicios con turno: ([^\]]*?)\.[ \]]")
_LAST_DATE = re.compile(r"\b(\d{1,2}/\d{1,2}(?:/\d{4})?)\b")

ASK_WHEN = "¿Para qué día y a qué hora lo querés?"
ASK_DAY = "¿Para qué día?"
ASK_HOUR = "¿Cuál te queda bien?"
ASK_SERVICE = "¿Para qué servicio"
ASK_NEW_TIME = "¿A qué día y a qué hora lo pasamos?"
_ASKED_TO_BOOK = (ASK_WHEN, ASK_DAY, ASK_HOUR, ASK_SERVICE)
_ASKED_TO_MOVE = (ASK_NEW_TIME, "lo cambiamos. ¿Qué día")
_TOOLS: dict[Kind, str] = {
    "book": "book_appointment",
    "move": "reschedule_appointment",
    "cancel": "cancel_appointment",
    "look": "check_availability",
}


@dataclass(frozen=True, slots=True)
class AgendaWish:
    """What is wanted; day, time and service as far as they were said, also in the messages before.

    `old` is the day of the appointment that is to be moved, where it was named.
    """

    kind: Kind
    words: str
    day: str | None = None
    time: str | None = None
    service: str = ""
    old: str = ""


def agenda_wish(ask: Ask) -> AgendaWish | None:
    """What the newest burst wants of the agenda; None when it is about something else."""
    now = now_in(ask.last_user_text)
    if now is None:
        return None
    words = " ".join(heard(text).words for text in ask.burst_texts).strip()
    plain = fold(words)
    day, time = day_in(plain, now), time_in(plain)
    before = next((m.text for m in reversed(ask.earlier) if m.role == "assistant"), "")
    kind = _kind(plain, day, time, before, has_own=_OWN.search(ask.last_user_text) is not None)
    if kind is None:
        return None
    old = ""
    if kind == "move" and (parts := _FROM_TO.search(plain)) and day_in(parts["old"], now):
        old = day_in(parts["old"], now) or ""
        day, time = day_in(parts["new"], now), time_in(parts["new"])
    if kind in ("book", "move") and before and _follows(before):
        told = _LAST_DATE.search(before)
        earlier = next((fold(heard(m.text).words) for m in reversed(ask.earlier) if m.role == "user"), "")
        day = day or (day_in(told[1], now) if told else None) or day_in(earlier, now)
        time = time or (time_in(earlier) if ASK_SERVICE in before else None)
    return AgendaWish(kind, words, day, time, _service(plain, ask.last_user_text), old)


def _follows(before: str) -> bool:
    return any(question in before for question in (*_ASKED_TO_BOOK, *_ASKED_TO_MOVE))


def _kind(plain: str, day: str | None, time: str | None, before: str, *, has_own: bool) -> Kind | None:
    speaks = _APPOINTMENT.search(plain) or (_RESERVE.search(plain) and (day or time))
    about_own = speaks or (has_own and len(plain.split()) <= 8 and re.search(r"\b\w+(lo|la|melo)\b", plain))
    if about_own and _CANCEL.search(plain):
        return "cancel"
    if about_own and _MOVE.search(plain):
        return "move"
    if speaks and not time and (_MINE.search(plain) or re.search(r"\bmis? turnos?\b", plain)):
        return "mine"
    if speaks and not time and _LOOK.search(plain):
        return "look"
    if speaks:
        return "book"
    if day or time or (ASK_SERVICE in before and plain):
        if any(question in before for question in _ASKED_TO_MOVE):
            return "move"
        if any(question in before for question in _ASKED_TO_BOOK):
            return "look" if not time and ASK_HOUR in before else "book"
    return None


def agenda_step(ask: Ask, wish: AgendaWish, hello: str) -> Step:
    """The tool to call, or what to say."""
    if wish.kind == "mine":
        own = _OWN.search(ask.last_user_text)
        return _one(f"{hello}Tus turnos: {own[1]}." if own else f"{hello}No tenés turnos. ¿Querés que te busque uno?")
    done = [result for result in ask.tool_results if result.name in _TOOLS.values()]
    if done:
        return _one(hello + _told(done[-1], wish))
    if wish.kind in ("book", "move") and wish.day and not wish.time:
        return _call(ask, hello, "check_availability", {"date": wish.day}, wish.service)
    if wish.kind == "look":
        if not wish.day:
            return _one(f"{hello}¡Dale! {ASK_DAY}")
        return _call(ask, hello, "check_availability", {"date": wish.day}, wish.service)
    if wish.kind == "cancel":
        named = {"date_time": f"{wish.day} {wish.time or ''}".strip()} if wish.day else {}
        return _call(ask, hello, "cancel_appointment", named)
    if not (wish.day and wish.time):
        if wish.kind == "move":
            return _one(f"{hello}Dale. {ASK_NEW_TIME}")
        return _one(f"{hello}¡Dale! {ASK_DAY if wish.time else ASK_WHEN}")
    when = f"{wish.day} {wish.time}"
    if wish.kind == "move":
        named = {"current_date_time": wish.old} if wish.old else {}
        return _call(ask, hello, "reschedule_appointment", {"new_date_time": when, **named})
    return _call(ask, hello, "book_appointment", {"date_time": when, "reason": wish.words[:200]}, wish.service)


def _call(ask: Ask, hello: str, name: str, arguments: dict[str, str], service: str = "") -> Step:
    if name not in ask.tools:
        return _one(f"{hello}Ahora no puedo ver la agenda. ¿Querés que te pase con una persona?")
    return name, arguments | ({"service": service} if service else {})


def _told(result: ToolResult, wish: AgendaWish) -> str:
    """The tool's answer in words; its `say` as it is."""
    try:
        answer = json.loads(result.text)
    except json.JSONDecodeError:
        return f"{result.text} ¿Querés que te pase con una persona?"
    if say := answer.get("say"):
        return str(say)
    if answer.get("status") == "free":
        return f"El {answer['day']} tengo libre: {', '.join(answer['free_times'])}. {_question(wish)}"
    if answer.get("reason") == "which_service":
        return f"{ASK_SERVICE} es? Tenemos: {', '.join(answer['services'])}."
    if answer.get("own"):
        return f"¿Cuál de tus turnos? {'; '.join(one['say'] for one in answer['own'])}."
    if answer.get("reason") == "none_of_yours":
        return "No encuentro ningún turno tuyo a futuro. ¿Querés que te busque uno?"
    others = [f"• {one['say']}" for one in answer.get("alternatives", [])]
    why = str(answer.get("message", "No se pudo.")).split(" Confirmá con")[0].split(" Pedí ")[0].split(" Ofrecé ")[0]
    if others:
        return "\n".join([f"{why} Lo más cerca que tengo:", *others, _question(wish)])
    return f"{why} {ASK_NEW_TIME if wish.kind == 'move' else ASK_WHEN}"


def _question(wish: AgendaWish) -> str:
    return ASK_NEW_TIME if wish.kind == "move" else ASK_HOUR


def _service(plain: str, note: str) -> str:
    """The service of the shop that the words name."""
    listed = _SERVICES.search(note)
    names = re.findall(r"(?:^|, )([^,]+?) \(\d+ min\)", listed[1]) if listed else []
    return next((name for name in names if len(names) > 1 and fold(name) in plain), "")


def _one(text: str) -> list[dict[str, Any]]:
    return [{"text": text}]
