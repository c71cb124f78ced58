"""Reminders are planned in the transaction that books, moves or otherwise changes an appointment.

A reminder is of one version of its appointment. Whatever changes the appointment raises the version, and its reminders
are planned anew; those of before find another version when their time comes, and stay unsent.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from nexus.contracts.appointments import Appointment
from nexus.runtime.actor import current_actor
from nexus.store.consents import note_booking
from nexus.store.database import Connection
from nexus.store.jobs import APPOINTMENT_REMINDER, enqueue

_STANDING = ("scheduled", "confirmed")


async def schedule_reminders(tenant_id: int, conn: Connection, appointment: Appointment) -> None:
    """Plan the reminders of this version in the caller's transaction; planned ones stay as they are."""
    if appointment.status not in _STANDING:
        return
    hours: Sequence[float] = await conn.fetchval("select reminder_hours from tenants where id = $1", tenant_id)
    now: datetime = await conn.fetchval("select clock_timestamp()")
    if hours and appointment.conversation_id is not None:
        by_bot = appointment.source == "ai"
        chat = appointment.conversation_id
        await note_booking(tenant_id, conn, chat, by_bot=by_bot, actor=current_actor())
    for lead in sorted(set(hours), reverse=True):
        wait = appointment.start - timedelta(hours=lead) - now
        if wait <= timedelta(0):
            continue
        planned = await conn.fetchval(
            """insert into appointment_reminders (tenant_id, appointment_id, lead_hours, appointment_version)
               values ($1, $2, $3, $4) on conflict do nothing returning true""",
            tenant_id,
            appointment.id,
            lead,
            appointment.version,
        )
        if planned:
            numbers = {"lead_hours": lead, "version": appointment.version}
            await enqueue(tenant_id, conn, APPOINTMENT_REMINDER, appointment.id, after=wait, numbers=numbers)
