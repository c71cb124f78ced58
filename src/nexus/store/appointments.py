"""Appointments, never two at once (S-081): book, move, set_status, and what reads them.

Everything runs in the caller's transaction, so that a tool books inside its recorded effect. A change that cannot be
made leaves that transaction usable: it is rolled back to where it began. Lock order: the appointment's row, then the
resource. An advisory lock on (tenant, resource) queues those who want the same slot; the exclusion constraint alone is
safe, too, but answers a crowd with deadlocks. Every change says what Socket.IO has to say (S-078, S-079).
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import asyncpg

from nexus.contracts.appointments import Appointment, Source, Status
from nexus.contracts.identity import phone_key
from nexus.store.announcements import Event, announce
from nexus.store.database import Connection, Row, one
from nexus.store.reminders import schedule_reminders

ACTIVE = ("scheduled", "confirmed")
"""The states that take up the resource."""
_UNTITLED = "Turno"
_DETAILS = ("service_id", "title", "customer_name", "customer_phone", "conversation_id", "notes")
_ITEM = """select a.*, t.time_zone from appointments a join tenants t on t.id = a.tenant_id where a.tenant_id = $1"""


class SlotTakenError(RuntimeError):
    """Another appointment has the resource then."""


class CancelledAppointmentError(RuntimeError):
    """A cancelled appointment is brought back before it is changed."""


class UnknownPartError(RuntimeError):
    """The resource, service or conversation named does not exist in this tenant."""


class VersionConflictError(RuntimeError):
    """Somebody changed the appointment meanwhile; `current` is how it is now."""

    def __init__(self, current: Appointment) -> None:
        super().__init__(str(current.id))
        self.current = current


@dataclass(frozen=True, slots=True)
class NewAppointment:
    """What is booked; the buffers keep the resource busy around it."""

    resource_id: int
    starts_at: datetime
    ends_at: datetime
    customer_name: str
    source: Source
    service_id: int | None = None
    buffer_before: timedelta = timedelta(0)
    buffer_after: timedelta = timedelta(0)
    title: str | None = None
    customer_phone: str | None = None
    conversation_id: UUID | None = None
    notes: str | None = None
    created_by: str | None = None
    client_ref: str | None = None


@dataclass(frozen=True, slots=True)
class Move:
    """Where an appointment goes; what is None stays, and so does the length when only the beginning changes."""

    starts_at: datetime | None = None
    ends_at: datetime | None = None
    resource_id: int | None = None
    buffer_before: timedelta | None = None
    buffer_after: timedelta | None = None


@dataclass(frozen=True, slots=True)
class Busy:
    """A range in which a resource is taken, buffers included."""

    resource_id: int
    start: datetime
    end: datetime


async def book(tenant_id: int, conn: Connection, new: NewAppointment) -> tuple[Appointment, bool]:
    """The appointment, and whether it is new: a `client_ref` used before gives the row that it made.

    Raises SlotTakenError, UnknownPartError.
    """
    if earlier := await _by_ref(tenant_id, conn, new.client_ref):
        return earlier, False
    busy_from = new.starts_at.astimezone(UTC) - new.buffer_before
    busy_to = new.ends_at.astimezone(UTC) + new.buffer_after
    # Looked at before queueing as well: who comes late to a popular slot need not wait for those before.
    if new.client_ref is None:
        await _refuse_taken(tenant_id, conn, new.resource_id, busy_from, busy_to)
    try:
        async with _exclusive(tenant_id, conn, new.resource_id):
            if earlier := await _by_ref(tenant_id, conn, new.client_ref):
                return earlier, False
            await _refuse_taken(tenant_id, conn, new.resource_id, busy_from, busy_to)
            made = await conn.fetchval(
                """insert into appointments (tenant_id, resource_id, service_id, conversation_id, title, customer_name,
                       customer_phone, starts_at, ends_at, busy_from, busy_to, source, notes, created_by, client_ref)
                   values ($1, $2, $3,
                           -- whoever booked knew her phone, not always her chat
                           coalesce($4, (select c.id from chat_conversations c where c.tenant_id = $1
                                         and c.channel = 'whatsapp' and c.external_user_id = $16)),
                           $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15) returning id""",
                tenant_id,
                new.resource_id,
                new.service_id,
                new.conversation_id,
                new.title,
                new.customer_name,
                new.customer_phone,
                new.starts_at,
                new.ends_at,
                busy_from,
                busy_to,
                new.source,
                new.notes,
                new.created_by,
                new.client_ref,
                phone_key(new.customer_phone) if new.customer_phone else None,
            )
            return await _changed(tenant_id, conn, made, "NEW_APPOINTMENT"), True
    except asyncpg.UniqueViolationError:  # the same ref at the same moment, for another resource
        if earlier := await _by_ref(tenant_id, conn, new.client_ref):
            return earlier, False
        raise


async def move(
    tenant_id: int,
    conn: Connection,
    appointment_id: UUID,
    to: Move,
    details: dict[str, Any] | None = None,
    *,
    version: int | None = None,
) -> Appointment | None:
    """Move and edit (`details` are columns of _DETAILS) in one change; None when there is no such appointment.

    Without a difference nothing is written or said. With a `version` it must be the row's.
    Raises SlotTakenError, VersionConflictError, CancelledAppointmentError, UnknownPartError.
    """
    if unknown := set(details or {}) - set(_DETAILS):
        raise KeyError(unknown.pop())
    async with _guarded(conn):
        row = await _locked(tenant_id, conn, appointment_id)
        if row is None:
            return None
        if version is not None and version != row["version"]:
            raise VersionConflictError(_item(row))
        changes = _place(row, to) | (details or {})
        changes = {column: value for column, value in changes.items() if value != row[column]}
        if not changes:
            return _item(row)
        if row["status"] == "cancelled":
            raise CancelledAppointmentError(str(appointment_id))
        after = dict(row) | changes
        if row["status"] in ACTIVE and changes.keys() & {"resource_id", "busy_from", "busy_to"}:
            await _queue_for(tenant_id, conn, after["resource_id"])
            await _refuse_taken(
                tenant_id, conn, after["resource_id"], after["busy_from"], after["busy_to"], but=appointment_id
            )
        if "starts_at" in changes:
            changes["confirmation_asked_at"] = None
        assignments = ", ".join(f"{column} = ${n}" for n, column in enumerate(changes, start=3))
        await conn.execute(
            f"""update appointments set {assignments}, version = version + 1, updated_at = clock_timestamp()
                where tenant_id = $1 and id = $2""",  # noqa: S608 - columns of _place and _DETAILS
            tenant_id,
            appointment_id,
            *changes.values(),
        )
        return await _changed(tenant_id, conn, appointment_id, "APPOINTMENT_UPDATED")


async def set_status(tenant_id: int, conn: Connection, appointment_id: UUID, status: Status) -> Appointment | None:
    """Give it this status; None when there is no such appointment. The status it has changes and says nothing.

    Entering `cancelled` says DELETED, leaving it NEW, anything else UPDATED. Raises SlotTakenError when it would take
    up a resource again that another one has meanwhile.
    """
    async with _guarded(conn):
        row = await _locked(tenant_id, conn, appointment_id)
        if row is None or row["status"] == status:
            return _item(row) if row else None
        if status in ACTIVE and row["status"] not in ACTIVE:
            await _queue_for(tenant_id, conn, row["resource_id"])
            await _refuse_taken(
                tenant_id, conn, row["resource_id"], row["busy_from"], row["busy_to"], but=appointment_id
            )
        await conn.execute(
            """update appointments set status = $3, version = version + 1, updated_at = clock_timestamp()
               where tenant_id = $1 and id = $2""",
            tenant_id,
            appointment_id,
            status,
        )
        return await _changed(tenant_id, conn, appointment_id, _event_of(row["status"], status))


async def load_appointment(tenant_id: int, conn: Connection, appointment_id: UUID) -> Appointment | None:
    """The appointment, cancelled or not."""
    row = await conn.fetchrow(f"{_ITEM} and a.id = $2", tenant_id, appointment_id)
    return _item(row) if row else None


async def list_appointments(
    tenant_id: int,
    conn: Connection,
    start: datetime,
    end: datetime,
    *,
    resource_id: int | None = None,
    include_cancelled: bool = False,
) -> list[Appointment]:
    """Those that touch the range, by beginning."""
    rows = await conn.fetch(
        f"""{_ITEM} and a.ends_at > $2 and a.starts_at < $3 and ($4::int is null or a.resource_id = $4)
            and ($5 or a.status <> 'cancelled') order by a.starts_at, a.id""",
        tenant_id,
        start,
        end,
        resource_id,
        include_cancelled,
    )
    return [_item(row) for row in rows]


async def appointments_of_customer(
    tenant_id: int, conn: Connection, conversation_id: UUID, after: datetime
) -> list[Appointment]:
    """The customer's appointments that stand and end after this moment, the next one first."""
    rows = await conn.fetch(
        f"""{_ITEM} and a.conversation_id = $2 and a.ends_at > $3 and a.status = any($4)
            order by a.starts_at, a.id""",
        tenant_id,
        conversation_id,
        after,
        list(ACTIVE),
    )
    return [_item(row) for row in rows]


async def appointments_beside(
    tenant_id: int, conn: Connection, conversation_id: UUID, phone: str, most: int
) -> list[Appointment]:
    """Those of the customer's chat, or whose number ends as hers: what is to come, the next first, then all others.

    Six digits are the same in every way of writing a number; whether all are is for the caller to see.
    """
    rows = await conn.fetch(
        f"""{_ITEM} and (a.conversation_id = $2 or length($3) > 10 and
                         right(regexp_replace(a.customer_phone, '[^0-9]', '', 'g'), 6) = right($3, 6))
            order by case when a.ends_at > now() and a.status = any($5) then a.starts_at end, a.starts_at desc, a.id
            limit $4""",
        tenant_id,
        conversation_id,
        phone,
        most,
        list(ACTIVE),
    )
    return [_item(row) for row in rows]


async def busy_between(
    tenant_id: int, conn: Connection, start: datetime, end: datetime, *, but: UUID | None = None
) -> list[Busy]:
    """What takes up any resource in the range, one appointment (that which is being moved) left out."""
    rows = await conn.fetch(
        """select resource_id, busy_from, busy_to from appointments
           where tenant_id = $1 and tstzrange(busy_from, busy_to, '[)') && tstzrange($2, $3, '[)')
             and status in ('scheduled', 'confirmed') and id is distinct from $4""",
        tenant_id,
        start,
        end,
        but,
    )
    return [Busy(row["resource_id"], row["busy_from"], row["busy_to"]) for row in rows]


@asynccontextmanager
async def _guarded(conn: Connection) -> AsyncIterator[None]:
    """A savepoint, or a transaction of its own, whose refusals by the database are ours."""
    try:
        async with conn.transaction():
            yield
    except (asyncpg.ExclusionViolationError, asyncpg.DeadlockDetectedError) as error:
        raise SlotTakenError from error
    except asyncpg.ForeignKeyViolationError as error:
        raise UnknownPartError(error.constraint_name or "") from error


@asynccontextmanager
async def _exclusive(tenant_id: int, conn: Connection, resource_id: int) -> AsyncIterator[None]:
    """As _guarded, with the resource's queue behind us."""
    async with _guarded(conn):
        await _queue_for(tenant_id, conn, resource_id)
        yield


async def _queue_for(tenant_id: int, conn: Connection, resource_id: int) -> None:
    await conn.execute("select pg_advisory_xact_lock(hashtextextended($1, 0))", f"agenda:{tenant_id}:{resource_id}")


async def _refuse_taken(
    tenant_id: int,
    conn: Connection,
    resource_id: int,
    busy_from: datetime,
    busy_to: datetime,
    *,
    but: UUID | None = None,
) -> None:
    taken = await conn.fetchval(
        """select 1 from appointments
           where tenant_id = $1 and resource_id = $2 and tstzrange(busy_from, busy_to, '[)') && tstzrange($3, $4, '[)')
             and status in ('scheduled', 'confirmed') and id is distinct from $5 limit 1""",
        tenant_id,
        resource_id,
        busy_from,
        busy_to,
        but,
    )
    if taken:
        raise SlotTakenError


async def _by_ref(tenant_id: int, conn: Connection, client_ref: str | None) -> Appointment | None:
    if client_ref is None:
        return None
    row = await conn.fetchrow(f"{_ITEM} and a.client_ref = $2", tenant_id, client_ref)
    return _item(row) if row else None


async def _locked(tenant_id: int, conn: Connection, appointment_id: UUID) -> Row | None:
    return await conn.fetchrow(f"{_ITEM} and a.id = $2 for no key update of a", tenant_id, appointment_id)


async def _changed(tenant_id: int, conn: Connection, appointment_id: UUID, event: Event) -> Appointment:
    """The appointment as it is now, its reminders planned, told to the tenant's views when the transaction commits."""
    appointment = _item(await one(conn, f"{_ITEM} and a.id = $2", tenant_id, appointment_id))
    told = appointment.model_dump(mode="json")
    deleted = event == "APPOINTMENT_DELETED"
    await announce(tenant_id, conn, event, [told["id"], told] if deleted else [told])
    await schedule_reminders(tenant_id, conn, appointment)
    return appointment


def _place(row: Row, to: Move) -> dict[str, Any]:
    """The columns of time and resource after the move."""
    # In UTC: of two moments in one zone Python adds and compares what their clocks show.
    starts_at = (to.starts_at or row["starts_at"]).astimezone(UTC)
    ends_at = (to.ends_at or starts_at + (row["ends_at"] - row["starts_at"])).astimezone(UTC)
    before = row["starts_at"] - row["busy_from"] if to.buffer_before is None else to.buffer_before
    after = row["busy_to"] - row["ends_at"] if to.buffer_after is None else to.buffer_after
    return {
        "starts_at": starts_at,
        "ends_at": ends_at,
        "busy_from": starts_at - before,
        "busy_to": ends_at + after,
        "resource_id": to.resource_id or row["resource_id"],
    }


def _event_of(old: str, new: str) -> Event:
    if new == "cancelled":
        return "APPOINTMENT_DELETED"
    return "NEW_APPOINTMENT" if old == "cancelled" else "APPOINTMENT_UPDATED"


def _item(row: Row) -> Appointment:
    zone = ZoneInfo(row["time_zone"])
    return Appointment(
        id=row["id"],
        tenant_id=row["tenant_id"],
        title=row["title"] or _UNTITLED,
        start=row["starts_at"].astimezone(zone),
        end=row["ends_at"].astimezone(zone),
        status=row["status"],
        source=row["source"],
        customer_name=row["customer_name"],
        customer_phone=row["customer_phone"],
        conversation_id=row["conversation_id"],
        resource_id=row["resource_id"],
        service_id=row["service_id"],
        notes=row["notes"],
        version=row["version"],
    )
