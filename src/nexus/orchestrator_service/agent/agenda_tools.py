"""The tools of the agenda (S-037): what is free, and the asking customer's own appointments.

The model passes local wall times and gets answers whose `say` is the sentence for the customer. Changes of one run go
one after the other, so that the n-th change of a re-run is the n-th of the run before.
"""

import json
from datetime import UTC, datetime
from typing import Any

from langchain.tools import ToolRuntime, tool
from langchain_core.tools import BaseTool

from nexus.orchestrator_service.agent import trace
from nexus.orchestrator_service.agent.context import RunContext
from nexus.orchestrator_service.appointments.customer_agenda import (
    DONE,
    Asker,
    Told,
    book,
    call_off,
    reschedule,
    see_free,
)
from nexus.store.database import tenant_transaction

Runtime = ToolRuntime[RunContext, Any]
_STATUSES: dict[str, trace.ToolStatus] = {"refused": "refused", "full": "empty"}


@tool
async def check_availability(date: str, runtime: Runtime, service: str = "") -> str:
    """Horarios libres de un día. `date`: "AAAA-MM-DD", fecha local. `service`: el servicio, si la tienda da varios."""
    context = runtime.context
    async with tenant_transaction(context.tenant.id, context.door.pool) as conn:
        told = await see_free(context.tenant.id, conn, date, service, datetime.now(UTC))
    return _told("check_availability", runtime, told)


@tool
async def book_appointment(date_time: str, reason: str, runtime: Runtime, service: str = "") -> str:
    """Reserva un turno para quien escribe, o devuelve los horarios libres más cercanos si ése no se puede.

    `date_time`: "AAAA-MM-DD HH:MM", hora local; sólo con día y hora que el cliente haya dicho. `reason`: para qué es.
    `service`: el servicio, si la tienda da varios.
    """
    context, now = runtime.context, datetime.now(UTC)
    async with context.findings.agenda.changing:
        ordinal = context.findings.agenda.next_ordinal("book_appointment")
        told = await book(_asker(context), context.door.pool, ordinal, date_time, reason, service, now)
        return _told("book_appointment", runtime, told)


@tool
async def reschedule_appointment(new_date_time: str, runtime: Runtime, current_date_time: str = "") -> str:
    """Cambia de horario un turno de quien escribe. `new_date_time`: "AAAA-MM-DD HH:MM", hora local.

    `current_date_time`: cuál de sus turnos, si tiene más de uno.
    """
    context, now = runtime.context, datetime.now(UTC)
    async with context.findings.agenda.changing:
        ordinal = context.findings.agenda.next_ordinal("reschedule_appointment")
        told = await reschedule(_asker(context), context.door.pool, ordinal, new_date_time, current_date_time, now)
        return _told("reschedule_appointment", runtime, told)


@tool
async def cancel_appointment(runtime: Runtime, date_time: str = "") -> str:
    """Cancela un turno de quien escribe. `date_time`: cuál ("AAAA-MM-DD HH:MM"), si tiene más de uno."""
    context, now = runtime.context, datetime.now(UTC)
    async with context.findings.agenda.changing:
        ordinal = context.findings.agenda.next_ordinal("cancel_appointment")
        told = await call_off(_asker(context), context.door.pool, ordinal, date_time, now)
        return _told("cancel_appointment", runtime, told)


AGENDA_TOOLS: list[BaseTool] = [check_availability, book_appointment, reschedule_appointment, cancel_appointment]


def _asker(context: RunContext) -> Asker:
    return Asker(context.run, context.customer_name, context.phone)


def _told(name: str, runtime: Runtime, told: Told) -> str:
    runtime.context.findings.agenda.note(name, told, done=told["status"] in DONE)
    status = _STATUSES.get(told["status"], "ok")
    trace.told(runtime, name, status, len(told["free_times"]) if "free_times" in told else None)
    shown = {key: value for key, value in told.items() if key not in ("appointment_id", "start", "was")}
    return json.dumps(shown, ensure_ascii=False)
