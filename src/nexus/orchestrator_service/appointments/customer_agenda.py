"""What a customer's run may do with the agenda: see what is free, book, and move or cancel her own appointments.

Each answer is a dictionary for the model: `status`, and for what was done `say`, the sentence for the customer, which
is code's. What was done is a recorded effect of the burst: a re-run gets the recorded answer (architecture.md idea 5).
What was refused leaves no trace.
"""

import unicodedata
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from nexus.contracts.appointments import Appointment
from nexus.orchestrator_service.appointments.agenda import (
    Booker,
    Change,
    Offer,
    UnknownChoiceError,
    Wish,
    alternatives,
    book_or_offer,
    cancel,
    free_on,
    move_or_offer,
)
from nexus.orchestrator_service.appointments.free_slots import Length, Slot
from nexus.orchestrator_service.appointments.spoken_time import (
    RefusedTimeError,
    read_day,
    read_moment,
    spoken,
    spoken_day,
    written,
)
from nexus.runtime.faults import fault_point
from nexus.store.agenda import DEFAULT_SERVICE, Service, list_services, load_settings
from nexus.store.appointments import CancelledAppointmentError, appointments_of_customer
from nexus.store.database import Connection, Pool, Store, tenant_transaction
from nexus.store.effects import Rehearsal, RunIdentity, effect_once, effects_in_order

Told = dict[str, Any]
DONE = ("booked", "moved", "cancelled")
"""The states of an answer that changed something."""
TOOLS = ("book_appointment", "reschedule_appointment", "cancel_appointment")
"""The tools whose recorded effects are appointments."""
_REASONS = {
    "slot_taken": "Ese horario ya está ocupado.",
    "outside_hours": "Ese horario está fuera del horario de atención.",
    "holiday": "Ese día es feriado y no se atiende.",
    "blocked": "Ese horario está bloqueado en la agenda.",
}
_LONGEST_REASON = 500


@dataclass(frozen=True, slots=True)
class Asker:
    """Who is writing, from the server's context."""

    run: RunIdentity
    name: str | None
    phone: str | None


class RefusedError(Exception):
    """It is not done; `told` says why."""

    def __init__(self, reason: str, message: str, **more: Any) -> None:
        super().__init__(message)
        self.told: Told = {"status": "refused", "reason": reason, "message": message, **more}


async def see_free(tenant_id: int, conn: Connection, day_text: str, service_name: str, now: datetime) -> Told:
    """What is free that day, in local times; where nothing is, the nearest times instead."""
    try:
        zone = await _zone(tenant_id, conn)
        service = await _service(tenant_id, conn, service_name, "", or_first=True)
        day = await _readable(tenant_id, conn, lambda: read_day(day_text, zone, now), service, now)
        free = await free_on(tenant_id, conn, day, now=now, service_id=service.id)
    except RefusedError as refused:
        return refused.told
    except UnknownChoiceError:
        return _no_agenda().told
    named = spoken_day(day, now.astimezone(zone).date())
    told: Told = {"day": named, "service": service.name, "minutes": service.minutes}
    times = list(dict.fromkeys(f"{slot.start:%H:%M}" for slot in free.slots))
    if times:
        return {"status": "free", **told, "date": f"{day:%Y-%m-%d}", "free_times": times}
    why = f"El {named} es feriado ({free.holiday}) y no se atiende." if free.holiday else f"El {named} no queda lugar."
    noon = datetime(day.year, day.month, day.day, 12, tzinfo=zone)
    offered = await alternatives(tenant_id, conn, noon, _length(service), None, now=now)
    return {"status": "full", **told, "message": why, "alternatives": _shown(offered, now)}


async def book(
    asker: Asker, pool: Pool, ordinal: int, when: str, reason: str, service_name: str, now: datetime
) -> Told:
    """Book it for the asking customer, or say why not and what is free near."""
    tenant_id, run = asker.run.tenant_id, asker.run

    async def act(conn: Connection) -> Told:
        zone = await _zone(tenant_id, conn)
        service = await _service(tenant_id, conn, service_name, reason)
        start = await _readable(tenant_id, conn, lambda: read_moment(when, zone, now), service, now)
        for own in await upcoming(tenant_id, conn, run, now):
            if own.start == start:
                say = f"Ese turno ya lo tenés reservado: {spoken(own.start, now)}."
                return {"status": "already_booked", "say": say, "start": own.start.isoformat()}
        booker = Booker(
            asker.name or asker.phone or "Cliente de WhatsApp",
            "ai",
            customer_phone=asker.phone,
            conversation_id=run.conversation_id,
            notes=reason.strip()[:_LONGEST_REASON] or None,
            created_by="bot",
        )
        made = await book_or_offer(tenant_id, conn, Wish(start, service_id=service.id), booker, now=now)
        if isinstance(made, Offer):
            raise _offered(made, now)
        appointment, _ = made
        what = "Tu turno quedó reservado" if service.name == DEFAULT_SERVICE else f"Te reservé {service.name}"
        return _done("booked", f"¡Listo! {what} para el {spoken(appointment.start, now)}.", appointment)

    return await _once(pool, run, "book_appointment", ordinal, {"date_time": when, "reason": reason}, act)


async def reschedule(asker: Asker, pool: Pool, ordinal: int, to: str, which: str, now: datetime) -> Told:
    """Move the customer's own appointment, or say why not and what is free near."""
    tenant_id, run = asker.run.tenant_id, asker.run

    async def act(conn: Connection) -> Told:
        zone = await _zone(tenant_id, conn)
        own = await _own(tenant_id, conn, run, which, now)
        length = Length(own.end - own.start)
        start = await _readable(tenant_id, conn, lambda: read_moment(to, zone, now), length, now)
        if start == own.start:
            say = f"Tu turno ya es el {spoken(own.start, now)}."
            return {"status": "already_booked", "say": say, "start": own.start.isoformat()}
        try:
            moved = await move_or_offer(tenant_id, conn, own.id, Change(start=start), now=now)
        except CancelledAppointmentError as error:
            raise _not_found([], now) from error
        if isinstance(moved, Offer):
            raise _offered(moved, now)
        if moved is None:
            raise _not_found([], now)
        say = f"¡Listo! Cambié tu turno del {spoken(own.start, now)}: ahora es el {spoken(moved.start, now)}."
        return _done("moved", say, moved, was=own.start)

    arguments = {"new_date_time": to, "current_date_time": which}
    return await _once(pool, run, "reschedule_appointment", ordinal, arguments, act)


async def call_off(asker: Asker, pool: Pool, ordinal: int, which: str, now: datetime) -> Told:
    """Cancel the customer's own appointment."""
    tenant_id, run = asker.run.tenant_id, asker.run

    async def act(conn: Connection) -> Told:
        own = await _own(tenant_id, conn, run, which, now)
        cancelled = await cancel(tenant_id, conn, own.id)
        if cancelled is None:
            raise _not_found([], now)
        say = f"Listo, cancelé tu turno del {spoken(own.start, now)}. Cuando quieras te doy otro."
        return _done("cancelled", say, cancelled)

    return await _once(pool, run, "cancel_appointment", ordinal, {"date_time": which}, act)


async def upcoming(tenant_id: int, conn: Connection, run: RunIdentity, now: datetime) -> list[Appointment]:
    """The customer's own appointments that stand and have not begun, the next one first."""
    found = await appointments_of_customer(tenant_id, conn, run.conversation_id, now)
    return [appointment for appointment in found if appointment.start > now]


async def known_agenda(store: Store, run: RunIdentity, now: datetime) -> tuple[list[Service], list[Appointment]]:
    """What can be booked (the tenant's defaults exist from here on), and the customer's own appointments to come."""
    async with tenant_transaction(run.tenant_id, store) as conn:
        await load_settings(run.tenant_id, conn)
        services = await list_services(run.tenant_id, conn, only_active=True)
        return services, await upcoming(run.tenant_id, conn, run, now)


async def done_in(pool: Pool, run: RunIdentity) -> list[Told]:
    """What the burst did with the agenda so far, in whichever run, in order."""
    if isinstance(run, Rehearsal):
        return run.results(*TOOLS)
    return await effects_in_order(run.tenant_id, pool, run.burst_id, TOOLS)


async def _once(
    pool: Pool,
    run: RunIdentity,
    tool: str,
    ordinal: int,
    arguments: Told,
    act: Callable[[Connection], Awaitable[Told]],
) -> Told:
    """The recorded effect; an answer that did nothing is taken back with its transaction and is not recorded."""

    async def effect(conn: Connection) -> Told:
        told = await act(conn)
        if told["status"] not in DONE:
            raise _NothingDoneError(told)
        return told

    try:
        told = await effect_once(run.tenant_id, pool, run, tool, ordinal, arguments, effect)
    except RefusedError as refused:
        return refused.told
    except _NothingDoneError as nothing:
        return nothing.told
    except UnknownChoiceError:
        return _no_agenda().told
    await fault_point("after_tool_effect")
    return told


class _NothingDoneError(Exception):
    """Nothing to record."""

    def __init__(self, told: Told) -> None:
        super().__init__(told["status"])
        self.told = told


async def _zone(tenant_id: int, conn: Connection) -> ZoneInfo:
    return ZoneInfo((await load_settings(tenant_id, conn)).time_zone)


async def _readable(
    tenant_id: int, conn: Connection, read: Callable[[], Any], what: Service | Length, now: datetime
) -> Any:
    """What was read; a time that cannot be is refused together with free times near it."""
    try:
        return read()
    except RefusedTimeError as error:
        offered: list[Slot] = []
        if error.near is not None:
            length = _length(what) if isinstance(what, Service) else what
            offered = await alternatives(tenant_id, conn, error.near, length, None, now=now)
        raise RefusedError(error.reason, str(error), **_alternatives(offered, now)) from error


async def _service(tenant_id: int, conn: Connection, named: str, reason: str, *, or_first: bool = False) -> Service:
    """The service that was named, or that the reason names, or the only one. Raises RefusedError."""
    services = await list_services(tenant_id, conn, only_active=True)
    if not services:
        raise _no_agenda()
    only_default = len(services) == 1 and services[0].name == DEFAULT_SERVICE
    if only_default or (or_first and not named.strip()):
        return services[0]
    if wanted := _folded(named):
        found = [s for s in services if _folded(s.name) == wanted]
        found = found or [s for s in services if wanted in _folded(s.name) or _folded(s.name) in wanted]
    else:
        said = _folded(reason)
        found = [s for s in services if _folded(s.name) in said] or (services if len(services) == 1 else [])
    if len(found) == 1:
        return found[0]
    names = [service.name for service in services]
    if wanted and not found:
        raise RefusedError("unknown_service", f"Ese servicio no existe. Los que hay: {', '.join(names)}.")
    raise RefusedError("which_service", f"Preguntale para qué servicio es: {', '.join(names)}.", services=names)


async def _own(tenant_id: int, conn: Connection, run: RunIdentity, which: str, now: datetime) -> Appointment:
    """The one of the customer's appointments to come that is meant. Raises RefusedError."""
    own = await upcoming(tenant_id, conn, run, now)
    if not own:
        raise _not_found(own, now)
    if which.strip():
        day, _, time = which.strip().replace("T", " ").partition(" ")
        meant = [a for a in own if f"{a.start:%Y-%m-%d}" == day and time.strip()[:5] in ("", f"{a.start:%H:%M}")]
        if len(meant) != 1:
            raise _not_found(own, now)
        return meant[0]
    if len(own) > 1:
        listed = "; ".join(spoken(a.start, now) for a in own)
        raise RefusedError("which_one", f"Tiene varios turnos: {listed}. Preguntale cuál.", own=_listed(own, now))
    return own[0]


def _not_found(own: Sequence[Appointment], now: datetime) -> RefusedError:
    if not own:
        return RefusedError("none_of_yours", "El cliente no tiene ningún turno a futuro en esta conversación.")
    listed = "; ".join(spoken(a.start, now) for a in own)
    message = f"El cliente no tiene un turno en esa fecha. Los suyos: {listed}."
    return RefusedError("none_of_yours", message, own=_listed(own, now))


def _no_agenda() -> RefusedError:
    return RefusedError("no_service", "Por acá no se pueden dar turnos: la agenda no tiene servicios.")


def _offered(offer: Offer, now: datetime) -> RefusedError:
    return RefusedError(offer.reason, _REASONS[offer.reason], **_alternatives(offer.alternatives, now))


def _alternatives(slots: Sequence[Slot], now: datetime) -> Told:
    return {"alternatives": _shown(slots, now)} if slots else {}


def _shown(slots: Sequence[Slot], now: datetime) -> list[dict[str, str]]:
    return [{"date_time": written(slot.start), "say": spoken(slot.start, now)} for slot in slots]


def _listed(own: Sequence[Appointment], now: datetime) -> list[dict[str, str]]:
    return [{"date_time": written(a.start), "say": spoken(a.start, now)} for a in own]


def _done(status: str, say: str, appointment: Appointment, was: datetime | None = None) -> Told:
    told = {
        "status": status,
        "say": say,
        "appointment_id": str(appointment.id),
        "start": appointment.start.isoformat(),
        "date_time": written(appointment.start),
        "service": appointment.title,
        "awaiting_confirmation": appointment.status == "scheduled",
    }
    return told | ({"was": was.isoformat()} if was else {})


def _length(service: Service) -> Length:
    return Length(
        timedelta(minutes=service.minutes),
        timedelta(minutes=service.buffer_before),
        timedelta(minutes=service.buffer_after),
    )


def _folded(text: str) -> str:
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    return " ".join("".join(c for c in decomposed if not unicodedata.combining(c)).split())
