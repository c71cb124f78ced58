"""What the API and the agent's tools do with the agenda: see what is free, book or be offered others, move, cancel.

All of it runs in the caller's transaction. Times that come in have an offset (local_time.moment_of makes them).
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any, Literal
from uuid import UUID
from zoneinfo import ZoneInfo

from nexus.contracts.appointments import Appointment, Source
from nexus.orchestrator_service.appointments.free_slots import (
    Closed,
    Length,
    Rules,
    Slot,
    closed_because,
    free_slots,
    holidays_between,
    nearest,
)
from nexus.orchestrator_service.appointments.local_time import day_bounds, elapsed
from nexus.store.agenda import (
    Resource,
    Service,
    list_blocks,
    list_exceptions,
    list_hours,
    list_resources,
    list_services,
    load_resource,
    load_service,
    load_settings,
)
from nexus.store.appointments import (
    ACTIVE,
    Move,
    NewAppointment,
    SlotTakenError,
    book,
    busy_between,
    load_appointment,
    move,
    set_status,
)
from nexus.store.database import Connection

Refusal = Literal["slot_taken"] | Closed
_NEAR_DAYS, _FAR_DAYS = 7, 45
_MARGIN = timedelta(days=2)


class UnknownChoiceError(LookupError):
    """A resource or service that does not exist here, or that takes no appointments; the argument names which."""


@dataclass(frozen=True, slots=True)
class Wish:
    """When somebody wants to come; without `end` for as long as the service lasts, without resource to any."""

    start: datetime
    end: datetime | None = None
    service_id: int | None = None
    resource_id: int | None = None


@dataclass(frozen=True, slots=True)
class Booker:
    """Who comes, and who wrote it down."""

    customer_name: str
    source: Source
    title: str | None = None
    customer_phone: str | None = None
    conversation_id: UUID | None = None
    notes: str | None = None
    created_by: str | None = None
    client_ref: str | None = None


@dataclass(frozen=True, slots=True)
class Change:
    """What becomes of an appointment; what is None stays, `details` are columns of store/appointments.py."""

    start: datetime | None = None
    end: datetime | None = None
    service_id: int | None = None
    resource_id: int | None = None
    details: dict[str, Any] | None = None
    version: int | None = None


@dataclass(frozen=True, slots=True)
class Offer:
    """It cannot be then, and why; what could be instead, near it."""

    reason: Refusal
    alternatives: list[Slot] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class FreeDay:
    """One day's free slots; `holiday` is its name when the shop is closed for it."""

    slots: list[Slot]
    service: Service
    time_zone: str
    holiday: str | None


async def free_on(
    tenant_id: int,
    conn: Connection,
    day: date,
    *,
    now: datetime,
    service_id: int | None = None,
    resource_id: int | None = None,
) -> FreeDay:
    """What is free for the service (else the first one) that day, at one resource or any. Raises UnknownChoiceError."""
    rules = await load_rules(tenant_id, conn, day, day + timedelta(days=1))
    service = await chosen_service(tenant_id, conn, service_id)
    resources = await _candidates(tenant_id, conn, resource_id)
    slots = [
        slot
        for resource in resources
        for slot in free_slots(rules, resource.id, day, _length_of(service), not_before=now)
    ]
    holiday = (rules.holidays or {}).get(day)
    slots.sort(key=lambda slot: slot.start.astimezone(UTC))
    return FreeDay(slots, service, rules.zone.key, holiday)


async def book_or_offer(
    tenant_id: int, conn: Connection, wish: Wish, booker: Booker, *, now: datetime, force: bool = False
) -> tuple[Appointment, bool] | Offer:
    """The appointment (and whether it is new), or what is free near; `force` books outside hours and on blocks.

    Raises UnknownChoiceError, UnknownPartError.
    """
    start = wish.start.astimezone(UTC)
    rules = await _rules_around(tenant_id, conn, start)
    service = await chosen_service(tenant_id, conn, wish.service_id)
    length = _length_of(service, None if wish.end is None else elapsed(start, wish.end))
    refusals: list[Refusal] = []
    for resource in await _candidates(tenant_id, conn, wish.resource_id):
        closed = None if force else closed_because(rules, resource.id, start, start + length.lasts)
        if closed:
            refusals.append(closed)
            continue
        try:
            return await book(tenant_id, conn, _new(wish, booker, resource, service, length))
        except SlotTakenError:
            refusals.append("slot_taken")
    reason: Refusal = "slot_taken" if "slot_taken" in refusals else refusals[0]
    return Offer(reason, await alternatives(tenant_id, conn, start, length, wish.resource_id, now=now))


async def move_or_offer(
    tenant_id: int, conn: Connection, appointment_id: UUID, change: Change, *, now: datetime, force: bool = False
) -> Appointment | Offer | None:
    """The appointment moved and edited, what is free near instead, or None when there is no such appointment.

    Another service brings its own length and buffers, unless `end` says otherwise. Raises UnknownChoiceError,
    VersionConflictError, CancelledAppointmentError, UnknownPartError.
    """
    current = await load_appointment(tenant_id, conn, appointment_id)
    if current is None:
        return None
    details, service = change.details, None
    if change.service_id not in (None, current.service_id):
        service = await chosen_service(tenant_id, conn, change.service_id)
        details = (details or {}) | {"service_id": service.id}
    at = change.resource_id or current.resource_id
    if at != current.resource_id:
        await _candidates(tenant_id, conn, at)
    length, to = _placed(current, change, service)
    begins = to.starts_at or current.start.astimezone(UTC)
    reason: Refusal | None = None
    old = (current.start.astimezone(UTC), current.end.astimezone(UTC), current.resource_id)
    if not force and (begins, begins + length.lasts, at) != old and current.status in ACTIVE:
        rules = await _rules_around(tenant_id, conn, begins)
        reason = closed_because(rules, at, begins, begins + length.lasts)
    if reason is None:
        try:
            return await move(tenant_id, conn, appointment_id, to, details, version=change.version)
        except SlotTakenError:
            reason = "slot_taken"
    offered = await alternatives(tenant_id, conn, begins, length, at, now=now, but=appointment_id)
    return Offer(reason, offered)


async def cancel(tenant_id: int, conn: Connection, appointment_id: UUID) -> Appointment | None:
    """The appointment, cancelled; None when there is no such appointment."""
    return await set_status(tenant_id, conn, appointment_id, "cancelled")


async def alternatives(
    tenant_id: int,
    conn: Connection,
    wish: datetime,
    length: Length,
    resource_id: int | None,
    *,
    now: datetime,
    but: UUID | None = None,
) -> list[Slot]:
    """The three free slots nearest to the wish, from now on: of its week, else of the weeks after."""
    resources = await _candidates(tenant_id, conn, resource_id, any_if_unknown=True)
    day = max(wish, now).astimezone(UTC).date()
    for reach in (_NEAR_DAYS, _FAR_DAYS):
        days = [day + timedelta(days=n) for n in range(-1, reach)]
        rules = await load_rules(tenant_id, conn, days[0], days[-1] + timedelta(days=1), but=but)
        found = [
            slot
            for each in days
            for resource in resources
            for slot in free_slots(rules, resource.id, each, length, not_before=now)
        ]
        if len({slot.start.astimezone(UTC) for slot in found}) >= 3:
            break
    return nearest(found, wish)


async def load_rules(tenant_id: int, conn: Connection, first: date, end: date, *, but: UUID | None = None) -> Rules:
    """What decides over the days from `first` until before `end`; the appointment `but` takes up nothing."""
    settings = await load_settings(tenant_id, conn)
    zone = ZoneInfo(settings.time_zone)
    from_moment, to_moment = day_bounds(first, end, zone)
    return Rules(
        zone=zone,
        hours=await list_hours(tenant_id, conn),
        exceptions=await list_exceptions(tenant_id, conn, first, end),
        holidays=holidays_between(first, end) if settings.closes_on_holidays else {},
        blocks=await list_blocks(tenant_id, conn, from_moment, to_moment),
        busy=await busy_between(tenant_id, conn, from_moment - _MARGIN, to_moment + _MARGIN, but=but),
    )


async def _rules_around(tenant_id: int, conn: Connection, moment: datetime) -> Rules:
    """The rules of the days around a moment, whichever day it is in the shop's zone."""
    day = moment.astimezone(UTC).date()
    return await load_rules(tenant_id, conn, day - timedelta(days=1), day + timedelta(days=2))


async def chosen_service(tenant_id: int, conn: Connection, service_id: int | None) -> Service:
    """That service, or the first one. Raises UnknownChoiceError."""
    if service_id is None:
        services = await list_services(tenant_id, conn, only_active=True)
    else:
        services = [service for service in [await load_service(tenant_id, conn, service_id)] if service]
    if not services or not services[0].active:
        raise UnknownChoiceError("service")
    return services[0]


async def _candidates(
    tenant_id: int, conn: Connection, resource_id: int | None, *, any_if_unknown: bool = False
) -> Sequence[Resource]:
    """That resource, or every active one by position. Raises UnknownChoiceError."""
    if resource_id is not None:
        resource = await load_resource(tenant_id, conn, resource_id)
        if resource is not None and resource.active:
            return [resource]
        if not any_if_unknown:
            raise UnknownChoiceError("resource")
    found = await list_resources(tenant_id, conn, only_active=True)
    if not found:
        raise UnknownChoiceError("resource")
    return found


def _length_of(service: Service, lasts: timedelta | None = None) -> Length:
    return Length(
        lasts or timedelta(minutes=service.minutes),
        timedelta(minutes=service.buffer_before),
        timedelta(minutes=service.buffer_after),
    )


def _new(wish: Wish, booker: Booker, resource: Resource, service: Service, length: Length) -> NewAppointment:
    start = wish.start.astimezone(UTC)
    return NewAppointment(
        resource_id=resource.id,
        starts_at=start,
        ends_at=start + length.lasts,
        customer_name=booker.customer_name,
        source=booker.source,
        service_id=service.id,
        buffer_before=length.before,
        buffer_after=length.after,
        title=booker.title or service.name,
        customer_phone=booker.customer_phone,
        conversation_id=booker.conversation_id,
        notes=booker.notes,
        created_by=booker.created_by,
        client_ref=booker.client_ref,
    )


def _placed(current: Appointment, change: Change, service: Service | None) -> tuple[Length, Move]:
    """How long it will be, and the move that takes it there; without a new service its buffers stay."""
    begins = (change.start or current.start).astimezone(UTC)
    lasts = elapsed(current.start, current.end)
    if change.end is not None:
        lasts = elapsed(begins, change.end)
    elif service is not None:
        lasts = timedelta(minutes=service.minutes)
    if service is None:
        return Length(lasts), Move(begins, begins + lasts, change.resource_id)
    length = _length_of(service, lasts)
    return length, Move(begins, begins + lasts, change.resource_id, length.before, length.after)
