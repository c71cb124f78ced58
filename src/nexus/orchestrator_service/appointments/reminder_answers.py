"""1, 2 or 3 in answer to a reminder: confirmed, cancelled, or another time, by code and without the model."""

import re
import unicodedata
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, Literal

from nexus.contracts.appointments import Appointment
from nexus.orchestrator_service.appointments.agenda import UnknownChoiceError, alternatives
from nexus.orchestrator_service.appointments.free_slots import Length
from nexus.orchestrator_service.appointments.spoken_time import spoken
from nexus.runtime.faults import fault_point
from nexus.store.appointments import set_status
from nexus.store.database import Connection, Pool
from nexus.store.effects import RunIdentity, effect_once
from nexus.store.memory import SaidMessage
from nexus.store.reminders_due import ANSWER, asked_reminder

Choice = Literal["confirm", "cancel", "another_time"]
_BARE = re.compile(r"\W*(?:opcion |la |el )?(1|2|3|uno|dos|tres)\W*")
_NUMBERS: dict[str, Choice] = {
    **dict.fromkeys(("1", "uno"), "confirm"),
    **dict.fromkeys(("2", "dos"), "cancel"),
    **dict.fromkeys(("3", "tres"), "another_time"),
}
_WORDS: tuple[tuple[Choice, re.Pattern[str]], ...] = (
    ("confirm", re.compile(r"(si )?(confirmo|confirmar|confirmado|asisto|voy)( (el |mi )?turno)?")),
    ("cancel", re.compile(r"(cancelo|cancelar|cancelarlo|no (puedo|voy a) (ir|asistir))( (el |mi )?turno)?")),
    (
        "another_time",
        re.compile(
            r"((necesito|quiero|prefiero) )?(cambiar|cambiarlo|cambio|reprogramar|reprogramarlo|otro)"
            r"( (el |mi |de |otro )*(turno|horario|dia|hora))?"
        ),
    ),
)
_COURTESY = re.compile(r"\W*((muchas )?gracias|hola|buen dia|buenas( tardes| noches)?|ok|dale|genial|perfecto)?\W*")
_BUTTONS = ("button", "interactive")


async def answer_reminder(pool: Pool, run: RunIdentity, messages: Sequence[SaidMessage]) -> str | None:
    """The sentence for the customer when the burst answers a reminder of hers, else None. Raises StaleFenceError."""
    choice = choice_in(messages)
    if choice is None:
        return None
    by_button = any(message.message_type in _BUTTONS for message in messages)

    async def act(conn: Connection) -> dict[str, Any]:
        asked = await asked_reminder(run.tenant_id, conn, run.conversation_id, run.burst_id)
        if asked is None or asked.quotes_other or not (asked.is_quoted or not asked.spoken_since):
            raise _NotAnsweredError
        return await _answered(run, conn, asked.appointment, choice)

    try:
        told = await effect_once(run.tenant_id, pool, run, ANSWER, 1, {"choice": choice, "button": by_button}, act)
    except _NotAnsweredError:
        return None
    await fault_point("after_tool_effect")
    return str(told["say"])


def choice_in(messages: Sequence[SaidMessage]) -> Choice | None:
    """What the messages choose, when they say one such thing and nothing else but courtesies."""
    chosen = [choice for message in messages if (choice := _choice(message)) is not None]
    others = [message for message in messages if _choice(message) is None]
    courteous = all(
        message.message_type == "text" and _COURTESY.fullmatch(_folded(message.content)) for message in others
    )
    return chosen[0] if len(set(chosen)) == 1 and courteous else None


def _choice(message: SaidMessage) -> Choice | None:
    if message.message_type not in ("text", *_BUTTONS):
        return None
    said = _folded(message.content)
    if bare := _BARE.fullmatch(said):
        return _NUMBERS[bare[1]]
    words = " ".join(re.findall(r"\w+", said))
    return next((choice for choice, pattern in _WORDS if pattern.fullmatch(words)), None)


class _NotAnsweredError(Exception):
    """It answers no reminder: the transaction is taken back, and the model reads it."""


async def _answered(run: RunIdentity, conn: Connection, appointment: Appointment, choice: Choice) -> dict[str, Any]:
    now = datetime.now(UTC)
    when = spoken(appointment.start, now)
    told = {"appointment_id": str(appointment.id), "start": appointment.start.isoformat()}
    if choice == "another_time":
        return {"status": "another_time", "say": await _other_times(run, conn, appointment, now), **told}
    status: Literal["confirmed", "cancelled"] = "confirmed" if choice == "confirm" else "cancelled"
    changed = await set_status(run.tenant_id, conn, appointment.id, status)
    if changed is None or changed.start != appointment.start:
        raise _NotAnsweredError
    words = {
        "confirmed": f"¡Gracias! Tu turno del {when} quedó confirmado. ¡Te esperamos!",
        "cancelled": f"Listo, cancelé tu turno del {when}. Cuando quieras te doy otro.",
    }
    return {"status": status, "say": words[status], **told}


async def _other_times(run: RunIdentity, conn: Connection, appointment: Appointment, now: datetime) -> str:
    question = "Dale, lo cambiamos. ¿Qué día y a qué hora te queda mejor?"
    length = Length(appointment.end - appointment.start)
    try:
        free = await alternatives(
            run.tenant_id, conn, appointment.start, length, appointment.resource_id, now=now, but=appointment.id
        )
    except UnknownChoiceError:
        return question
    others = [f"• {spoken(slot.start, now)}" for slot in free if slot.start != appointment.start]
    return "\n".join([question, "Cerca de ese horario tengo:", *others]) if others else question


def _folded(text: str) -> str:
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    return "".join(c for c in decomposed if not unicodedata.combining(c)).strip()
