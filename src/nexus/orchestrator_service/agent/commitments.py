"""What a reply may say was done: only what the agenda holds. The sentence of what was done is code's (idea 7).

Of appointments; what else a reply may claim is judged in `gate/promises.py`. A bubble that claims a booking, a move or
a cancellation which did not happen in this burst, and that no appointment of the customer bears out, is replaced by an
honest sentence.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from nexus.contracts.appointments import Appointment
from nexus.orchestrator_service.appointments.spoken_time import MONTHS, WEEKDAYS
from nexus.store.replies import NewBubble

Kind = Literal["booked", "moved", "cancelled"]
_BOOKED_WORDS = r"(?:reservad|agendad|anotad|confirmad|programad)[oa]s?"
_MOVED_WORDS = r"(?:cambiad|movid|reprogramad|reagendad)[oa]s?"
_CANCELLED_WORDS = r"(?:cancelad|anulad)[oa]s?"
_IS = (
    r"(?:qued[óo]|queda|quedan|quedaste|quedás|quedaron|está|esta|están|estás|tenés|tienes|tengo|dejé|fue|ha sido|"
    r"ya|listo|hecho|perfecto)"
)


def _claims(perfect: str, words: str) -> re.Pattern[str]:
    """First persons in the past, `words` after a verb of being, or `words` with which a sentence begins."""
    return re.compile(
        rf"\b(?:{perfect})\b|\b{_IS}\b\W+(?:\w+\W+){{0,5}}?{words}\b|^\W*(?:\w+\W+){{0,2}}{words}\b|"
        rf"\bh(?:e|emos) {words.replace('[oa]s?', 'o')}\b"
    )


_PATTERNS: dict[Kind, re.Pattern[str]] = {
    "booked": _claims(
        r"reservé|agendé|anoté|programé|confirmé|(?:ya|listo)\W+te (?:reserve|agende|anote)|"
        r"ya te (?:reservamos|agendamos|anotamos)|hice (?:la|tu) reserva|te espero|te esperamos|nos vemos",
        _BOOKED_WORDS,
    ),
    "moved": _claims(
        r"moví|cambié|reprogramé|reagendé|corrí|pasé (?:tu|el) turno|(?:te )?lo pasé|ya te lo (?:cambie|movi)",
        _MOVED_WORDS,
    ),
    "cancelled": _claims(r"cancelé|anulé|di de baja|ya te lo cancele", _CANCELLED_WORDS),
}
_FAREWELLS = re.compile(r"\b(?:te espero|te esperamos|nos vemos)\b")
_DENIED = re.compile(r"\b(?:no|tampoco|todavía|todavia|aún|sin|nunca|ningún|ninguno)\b")
_OF_APPOINTMENTS = re.compile(r"\b(?:turnos?|citas?|horarios?|agenda\w*|reserv\w*|anot\w+)\b")
_OF_OTHER_THINGS = re.compile(r"\b(?:pedidos?|compras?|productos?|env[íi]os?|stock|pagos?|talles?|paquetes?)\b")
_SENTENCE = re.compile(r"[^.!?\n]+(?:[.](?=\d)[^.!?\n]*)*[.!?]*")
_TIME = re.compile(
    r"\b([01]?\d|2[0-3])[:.]([0-5]\d)\b(?![/\d])|\b(?:a las|las) ([01]?\d|2[0-3])\b(?![:./]\d)"
    r"|\b([01]?\d|2[0-3]) ?(?:hs?|horas)\b"
)
_DATE = re.compile(rf"\b([0-3]?\d)[/-]([01]?\d)\b|\b([0-3]?\d) de ({'|'.join(MONTHS)})\b")
_WEEKDAY = re.compile(rf"\b({'|'.join([*WEEKDAYS, 'miercoles', 'sabado'])})\b")
_READY = "¡Listo! "
_HONEST: dict[Kind, str] = {
    "booked": "Todavía no te reservé ningún turno. Decime qué día y a qué hora te queda bien y me fijo si está libre.",
    "moved": "Todavía no cambié tu turno. Decime a qué día y a qué hora lo pasamos y me fijo si está libre.",
    "cancelled": "Todavía no cancelé ningún turno. ¿Querés que lo cancele?",
}


@dataclass(frozen=True, slots=True)
class Facts:
    """What was done in this burst (the tools' answers, in order), and what the customer has in the agenda now.

    `refusal` is the last thing that could not be done, `asked` whether the customer or a tool spoke of appointments.
    """

    done: Sequence[dict[str, Any]]
    standing: Sequence[Appointment]
    refusal: dict[str, Any] | None
    asked: bool


def keep_commitments(bubbles: list[NewBubble], facts: Facts) -> list[NewBubble]:
    """The bubbles without claims that nothing backs, and with code's sentence for all that was done."""
    told = _last_of_each(facts.done)
    kept: list[NewBubble] = []
    corrected = False
    for bubble in bubbles:
        unbacked = _unbacked(bubble.content, facts) if bubble.message_type == "text" else None
        if unbacked is None:
            kept.append(bubble)
        elif not corrected and not told:
            kept.append(NewBubble("text", _honest(unbacked, facts)))
            corrected = True
    for one in reversed([one for one in told if not any(_tells(bubble, one) for bubble in kept)]):
        kept = _put_into(kept, one) or [NewBubble("text", one["say"]), *kept]
    return kept


def sentences_of(done: Sequence[dict[str, Any]]) -> list[NewBubble]:
    """All that has to be said of what was done, when the model says nothing."""
    return [NewBubble("text", one["say"]) for one in _last_of_each(done)]


def claims_something(bubbles: Sequence[NewBubble]) -> bool:
    """Whether any bubble may claim that something was done; cheap, so that most replies ask no database."""
    return any(
        pattern.search(sentence.casefold())
        for bubble in bubbles
        if bubble.message_type == "text"
        for sentence in _SENTENCE.findall(bubble.content)
        for pattern in _PATTERNS.values()
    )


def speaks_of_appointments(texts: Sequence[str]) -> bool:
    """Whether the customer's words are about appointments, or name a time to come."""
    return any(_OF_APPOINTMENTS.search(said) or _TIME.search(said) for said in map(str.casefold, texts))


def _last_of_each(done: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Of an appointment booked and then moved only the latter needs saying."""
    return list({one["appointment_id"]: one for one in done}.values())


def _unbacked(text: str, facts: Facts) -> Kind | None:
    """The first claim of the text that nothing backs."""
    about = facts.asked or _OF_APPOINTMENTS.search(text.casefold())
    for sentence in _SENTENCE.findall(text):
        said = sentence.strip().casefold()
        if not said or said.endswith("?") or not about:
            continue
        if _OF_OTHER_THINGS.search(said) and not _OF_APPOINTMENTS.search(said):
            continue
        for kind in _kinds(said):
            if not _backed(kind, said, text.casefold(), facts):
                return kind
    return None


def _kinds(said: str) -> list[Kind]:
    kinds: list[Kind] = []
    for kind, pattern in _PATTERNS.items():
        for found in pattern.finditer(said):
            if _DENIED.search(said[: found.end()]):
                continue
            if _FAREWELLS.search(found[0]) and not _TIME.search(said):
                continue  # "¡te esperamos!" alone promises nothing
            kinds.append(kind)
            break
    return kinds


def _backed(kind: Kind, said: str, text: str, facts: Facts) -> bool:
    done = [one for one in facts.done if kind in _may_be_told_as(one)]
    moments = [(datetime.fromisoformat(one[key]), one) for one in done for key in ("start", "was") if key in one]
    if done:
        return _mentions_only(said, [moment for moment, _ in moments] + [a.start for a in facts.standing])
    if kind != "booked":
        return False
    exact = [a for a in facts.standing if _names(text, a.start)]
    return bool(exact) and _mentions_only(said, [a.start for a in facts.standing])


def _may_be_told_as(one: dict[str, Any]) -> tuple[Kind, ...]:
    told: dict[str, tuple[Kind, ...]] = {
        "booked": ("booked",),
        "moved": ("moved", "booked", "cancelled"),
        "cancelled": ("cancelled",),
    }
    return told[one["status"]]


def _mentions_only(said: str, moments: Sequence[datetime]) -> bool:
    """Whether every time, date and weekday in the sentence is one of these."""
    return (
        _times(said) <= {(m.hour, m.minute) for m in moments}
        and _dates(said) <= {(m.day, m.month) for m in moments}
        and _weekdays(said) <= {m.weekday() for m in moments}
    )


def _names(text: str, moment: datetime) -> bool:
    """Whether the text names the exact local date and time."""
    return (moment.day, moment.month) in _dates(text) and (moment.hour, moment.minute) in _times(text)


def _tells(bubble: NewBubble, one: dict[str, Any]) -> bool:
    """Whether the bubble says what was done: in code's words, or in its own with the exact date and time."""
    if bubble.message_type != "text":
        return False
    if one["say"] in bubble.content:
        return True
    start = datetime.fromisoformat(one["start"])
    return any(
        _names(said := sentence.casefold(), start) and bool(set(_kinds(said)) & set(_may_be_told_as(one)))
        for sentence in _SENTENCE.findall(bubble.content)
    )


def _put_into(bubbles: list[NewBubble], one: dict[str, Any]) -> list[NewBubble] | None:
    """The bubbles with code's sentence in the place of the first that claims it and names no time."""
    for place, bubble in enumerate(bubbles):
        if bubble.message_type != "text":
            continue
        for sentence in map(str.strip, _SENTENCE.findall(bubble.content)):
            claims = set(_kinds(sentence.casefold())) & set(_may_be_told_as(one))
            if not claims or sentence.endswith("?") or _TIME.search(sentence.casefold()):
                continue
            before, _, after = bubble.content.partition(sentence)
            say = one["say"].removeprefix(_READY) if _READY.strip() in before else one["say"]
            return [*bubbles[:place], NewBubble("text", f"{before}{say}{after}"), *bubbles[place + 1 :]]
    return None


def _honest(kind: Kind, facts: Facts) -> str:
    if facts.refusal is None:
        return _HONEST[kind]
    others = [other["say"] for other in facts.refusal.get("alternatives", [])]
    if not others:
        return _HONEST[kind]
    return "\n".join(["Ese horario no se pudo. Cerca tengo libre:", *(f"• {other}" for other in others)])


def _times(text: str) -> set[tuple[int, int]]:
    found = set()
    for hour, minute, plain, counted in _TIME.findall(text):
        found.add((int(hour or plain or counted), int(minute or 0)))
    return found


def _dates(text: str) -> set[tuple[int, int]]:
    return {
        (int(day or of_day), int(month) if month else MONTHS.index(named) + 1)
        for day, month, of_day, named in _DATE.findall(text)
    }


def _weekdays(text: str) -> set[int]:
    plain = [name.translate(str.maketrans("áé", "ae")) for name in WEEKDAYS]
    return {plain.index(name.translate(str.maketrans("áé", "ae"))) for name in _WEEKDAY.findall(text)}
