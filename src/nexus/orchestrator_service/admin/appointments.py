"""`/admin/appointments`: what is booked, booking it, moving it, its status (S-077 to S-082)."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, date, datetime, timedelta
from typing import Annotated, Any
from uuid import UUID
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel, model_validator

from nexus.contracts.appointments import Appointment, Status
from nexus.contracts.errors import errors
from nexus.orchestrator_service.admin.agenda_shapes import (
    CONFLICTS,
    AppointmentPage,
    BlockItem,
    HolidayItem,
    Id,
    Moment,
    Notes,
    Phone,
    SlotItem,
)
from nexus.orchestrator_service.admin.auth import Reader, Writer
from nexus.orchestrator_service.admin.deps import Deps
from nexus.orchestrator_service.admin.fields import Line, Reference
from nexus.orchestrator_service.appointments.agenda import (
    Booker,
    Change,
    Offer,
    UnknownChoiceError,
    Wish,
    alternatives,
    book_or_offer,
    move_or_offer,
)
from nexus.orchestrator_service.appointments.free_slots import Length, holidays_between
from nexus.orchestrator_service.appointments.local_time import (
    FIRST_YEAR,
    LAST_YEAR,
    AmbiguousTimeError,
    NoSuchTimeError,
    TooFarError,
    day_bounds,
    elapsed,
    moment_of,
)
from nexus.runtime.errors import ApiError
from nexus.store.agenda import Block, list_blocks, load_settings
from nexus.store.appointments import (
    CancelledAppointmentError,
    SlotTakenError,
    UnknownPartError,
    VersionConflictError,
    list_appointments,
    load_appointment,
    set_status,
)
from nexus.store.database import Connection, tenant_transaction

_LONGEST = timedelta(days=14)
_MOST_DAYS = 400
_READ_ERRORS = errors(400, 401, 404, 422, 503)
_WRITE_ERRORS = errors(400, 401, 403, 404, 413, 422, 503) | CONFLICTS
_REFUSALS = {
    "slot_taken": "Ese horario ya está ocupado.",
    "outside_hours": "Ese horario está fuera del horario de atención.",
    "holiday": "Ese día es feriado y la agenda está cerrada.",
    "blocked": "Ese horario está bloqueado.",
}

router = APIRouter(prefix="/admin/appointments", tags=["turnos"])


class AppointmentFields(BaseModel):
    """Who comes, for what and when; `force` books outside hours and on blocks, never on another appointment."""

    start: Moment | None = None
    end: Moment | None = None
    service_id: Id | None = None
    resource_id: Id | None = None
    title: Line | None = None
    customer_name: Line | None = None
    customer_phone: Phone | None = None
    notes: Notes | None = None
    force: bool = False


class NewAppointment(AppointmentFields):
    """Without `end` it lasts as the service (else the first one); without resource the first that is free has it.

    The same `client_ref` again is answered with the appointment that it made.
    """

    start: Moment
    customer_name: Line
    conversation_id: UUID | None = None
    client_ref: Reference | None = None


class AppointmentChanges(AppointmentFields):
    """Fields that are given change, the others stay; with a `version` it must be the newest."""

    version: int | None = None

    @model_validator(mode="after")
    def _somebody_comes(self) -> "AppointmentChanges":
        if "customer_name" in self.model_fields_set and self.customer_name is None:
            raise ValueError("customer_name no puede quedar vacío")
        return self

    def details(self) -> dict[str, Any]:
        """The columns to write that are neither time nor resource."""
        names = {"title", "customer_name", "customer_phone", "notes"} & self.model_fields_set
        given = {name: getattr(self, name) for name in names}
        forgets_service = "service_id" in self.model_fields_set and self.service_id is None
        return given | {"service_id": None} if forgets_service else given


class StatusChange(BaseModel):
    """What became of it."""

    status: Status


Day = Annotated[date, Query(description="Día local de la tienda")]


@router.get("", summary="Los turnos de unos días, con sus bloqueos y feriados", responses=_READ_ERRORS)
async def list_all(
    deps: Deps,
    scope: Reader,
    start_date: Day,
    end_date: Day,
    resource_id: Annotated[Id | None, Query()] = None,
    include_cancelled: bool = False,
) -> AppointmentPage:
    """From `start_date` until before `end_date`; without the cancelled ones unless they are asked for."""
    check_days(start_date, end_date)
    async with tenant_transaction(scope.tenant_id, deps.pool) as conn:
        settings = await load_settings(scope.tenant_id, conn)
        start, end = day_bounds(start_date, end_date, ZoneInfo(settings.time_zone))
        items = await list_appointments(
            scope.tenant_id, conn, start, end, resource_id=resource_id, include_cancelled=include_cancelled
        )
        blocks = await list_blocks(scope.tenant_id, conn, start, end)
    return AppointmentPage(
        items=items,
        blocks=[
            block_item(block, settings.time_zone)
            for block in blocks
            if resource_id is None or block.resource_id in (None, resource_id)
        ],
        holidays=[HolidayItem(date=day, name=name) for day, name in holidays_between(start_date, end_date).items()],
        time_zone=settings.time_zone,
    )


@router.post("", status_code=201, summary="Reservar un turno", responses=_WRITE_ERRORS | {200: {"model": Appointment}})
async def create(body: NewAppointment, response: Response, deps: Deps, scope: Writer) -> Appointment:
    """201; 200 for a `client_ref` used before; 409 with the nearest free alternatives."""
    booker = Booker(
        body.customer_name,
        "manual",
        body.title,
        body.customer_phone,
        body.conversation_id,
        body.notes,
        scope.caller.name,
        body.client_ref,
    )
    async with tenant_transaction(scope.tenant_id, deps.pool) as conn, _answered():
        start, end = await _range(scope.tenant_id, conn, body.start, body.end)
        wish = Wish(start, end, body.service_id, body.resource_id)
        made = await book_or_offer(scope.tenant_id, conn, wish, booker, now=datetime.now(UTC), force=body.force)
    if isinstance(made, Offer):
        raise _refusal(made)
    appointment, is_new = made
    response.status_code = 201 if is_new else 200
    return appointment


@router.get("/{appointment_id}", summary="Un turno", responses=_READ_ERRORS)
async def show(appointment_id: UUID, deps: Deps, scope: Reader) -> Appointment:
    """The appointment, cancelled or not."""
    async with tenant_transaction(scope.tenant_id, deps.pool) as conn:
        return _found(await load_appointment(scope.tenant_id, conn, appointment_id))


@router.put("/{appointment_id}", summary="Mover o editar un turno", responses=_WRITE_ERRORS)
async def change(appointment_id: UUID, body: AppointmentChanges, deps: Deps, scope: Writer) -> Appointment:
    """The appointment as it is now; 409 with alternatives, or as it is when the version is not the newest."""
    async with tenant_transaction(scope.tenant_id, deps.pool) as conn, _answered():
        current = _found(await load_appointment(scope.tenant_id, conn, appointment_id))
        start, end = await _range(scope.tenant_id, conn, body.start, body.end, current)
        wanted = Change(
            start if body.start else None, end, body.service_id, body.resource_id, body.details(), body.version
        )
        now = datetime.now(UTC)
        moved = await move_or_offer(scope.tenant_id, conn, appointment_id, wanted, now=now, force=body.force)
    if isinstance(moved, Offer):
        raise _refusal(moved)
    return _found(moved)


@router.put("/{appointment_id}/status", summary="Cambiar el estado de un turno", responses=_WRITE_ERRORS)
async def put_status(appointment_id: UUID, body: StatusChange, deps: Deps, scope: Writer) -> Appointment:
    """The same status again changes nothing; one that takes up a taken slot again is 409 with alternatives."""
    async with tenant_transaction(scope.tenant_id, deps.pool) as conn:
        try:
            return _found(await set_status(scope.tenant_id, conn, appointment_id, body.status))
        except SlotTakenError:
            current = _found(await load_appointment(scope.tenant_id, conn, appointment_id))
            length = Length(elapsed(current.start, current.end))
            now = datetime.now(UTC)
            others = await alternatives(
                scope.tenant_id, conn, current.start, length, current.resource_id, now=now, but=appointment_id
            )
    raise _refusal(Offer("slot_taken", others))


@router.patch("/{appointment_id}/status", summary="Como PUT", responses=_WRITE_ERRORS)
async def patch_status(appointment_id: UUID, body: StatusChange, deps: Deps, scope: Writer) -> Appointment:
    """The alias of PUT."""
    return await put_status(appointment_id, body, deps, scope)


def check_days(first: date, end: date) -> None:
    """Raise 422 unless `first` to before `end` is a range of days that can be shown."""
    if not (first.year >= FIRST_YEAR and end.year < LAST_YEAR and first < end <= first + timedelta(days=_MOST_DAYS)):
        raise ApiError(422, "bad_range", "El rango de días no es válido: el final va después, hasta 400 días.")


def day_after(day: date) -> date:
    """The next day; the calendar's last one has none and stays, which no range of days allows."""
    return day + timedelta(days=1) if day < date.max else day


def as_moment(given: datetime, zone: ZoneInfo) -> datetime:
    """The moment that was meant; without offset it is the shop's wall time. Raises 422."""
    try:
        return moment_of(given, zone)
    except NoSuchTimeError as error:
        raise ApiError(422, "no_such_time", "Esa hora no existe: ese día el reloj se adelanta.") from error
    except AmbiguousTimeError as error:
        text = "Esa hora ocurre dos veces ese día porque el reloj se atrasa; indicá cuál con su diferencia horaria."
        raise ApiError(422, "ambiguous_time", text) from error
    except TooFarError as error:
        raise ApiError(422, "time_out_of_range", "Esa fecha está fuera de lo que maneja la agenda.") from error


def block_item(block: Block, time_zone: str) -> BlockItem:
    """As the API shows it."""
    zone = ZoneInfo(time_zone)
    start, end = block.starts_at.astimezone(zone), block.ends_at.astimezone(zone)
    return BlockItem(id=block.id, resource_id=block.resource_id, start=start, end=end, reason=block.reason)


def no_such_choice(what: str) -> ApiError:
    """The 404 of a resource, service or conversation that the shop does not have."""
    name = {"resource": "Ese recurso", "service": "Ese servicio", "conversation": "Esa conversación"}[what]
    return ApiError(404, f"{what}_not_found", f"{name} no existe en esta tienda.")


async def _range(
    tenant_id: int, conn: Connection, start: datetime | None, end: datetime | None, current: Appointment | None = None
) -> tuple[datetime, datetime | None]:
    """The moments meant; what is missing of the beginning is the current one's. Raises 422."""
    zone = ZoneInfo((await load_settings(tenant_id, conn)).time_zone)
    begins = as_moment(start, zone) if start else current.start if current else datetime.now(zone)
    ends = as_moment(end, zone) if end else None
    if ends is not None:
        check_range(begins, ends)
    return begins, ends


def check_range(start: datetime, end: datetime) -> None:
    """Raise 422 unless the end comes after the beginning, and not much later."""
    lasts = elapsed(start, end)
    if lasts <= timedelta(0):
        raise ApiError(422, "end_before_start", "El final tiene que ser después del comienzo.")
    if lasts > _LONGEST:
        raise ApiError(422, "too_long", "Un turno dura como mucho 14 días.")


@asynccontextmanager
async def _answered() -> AsyncIterator[None]:
    """What the agenda refuses, as the API says it."""
    try:
        yield
    except UnknownChoiceError as error:
        raise no_such_choice(str(error)) from error
    except UnknownPartError as error:
        known = [name for name in ("resource", "service") if name in str(error)]
        raise no_such_choice(known[0] if known else "conversation") from error
    except CancelledAppointmentError as error:
        text = "El turno está cancelado; para cambiarlo hay que reactivarlo primero."
        raise ApiError(409, "cancelled", text) from error
    except VersionConflictError as error:
        now = {"appointment": error.current.model_dump(mode="json")}
        text = "Alguien cambió el turno mientras tanto; mirá cómo quedó."
        raise ApiError(409, "version_conflict", text, details=now) from error


def _refusal(offer: Offer) -> ApiError:
    others = [
        SlotItem(start=slot.start, end=slot.end, resource_id=slot.resource_id).model_dump(mode="json")
        for slot in offer.alternatives
    ]
    return ApiError(409, offer.reason, _REFUSALS[offer.reason], details={"alternatives": others})


def _found(appointment: Appointment | None) -> Appointment:
    if appointment is None:
        raise ApiError(404, "appointment_not_found", "Ese turno no existe en esta tienda.")
    return appointment
