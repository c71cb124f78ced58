"""`/admin/agenda`: resources, services, weekly hours, settings, what is free, and the contacts of the booking form."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, date, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Query

from nexus.contracts.errors import errors
from nexus.orchestrator_service.admin.agenda_shapes import (
    Contact,
    ContactList,
    FreeSlots,
    Id,
    Interval,
    NewResource,
    NewService,
    PathNumber,
    ReminderTemplate,
    ResourceChanges,
    ResourceItem,
    ResourceList,
    ServiceChanges,
    ServiceItem,
    ServiceList,
    SettingsChanges,
    SettingsItem,
    SlotItem,
    Week,
    Weeks,
)
from nexus.orchestrator_service.admin.appointments import check_days, day_after, no_such_choice
from nexus.orchestrator_service.admin.auth import Manager, Reader, Scope
from nexus.orchestrator_service.admin.deps import AdminDeps, Deps
from nexus.orchestrator_service.admin.fields import Search
from nexus.orchestrator_service.admin.phone_words import digits_to_find, readable_phone
from nexus.orchestrator_service.appointments.agenda import UnknownChoiceError, free_on
from nexus.runtime.errors import ApiError
from nexus.store import agenda as store
from nexus.store.chat_list import Filters, list_chats
from nexus.store.database import Connection, tenant_transaction
from nexus.store.inbox_search import search_people

_CONTACTS = 10
_READ_ERRORS = errors(400, 401, 404, 422, 503)
_WRITE_ERRORS = errors(400, 401, 403, 404, 409, 413, 422, 503)

router = APIRouter(prefix="/admin/agenda", tags=["agenda"])


@router.get("/resources", summary="Los recursos", responses=_READ_ERRORS)
async def resources(deps: Deps, scope: Reader) -> ResourceList:
    """People, rooms, chairs: by position."""
    async with agenda_of(deps, scope) as conn:
        return ResourceList(items=[_resource(each) for each in await store.list_resources(scope.tenant_id, conn)])


@router.post("/resources", status_code=201, summary="Agregar un recurso", responses=_WRITE_ERRORS)
async def add_resource(body: NewResource, deps: Deps, scope: Manager) -> ResourceItem:
    """It has the default week until that is changed."""
    async with agenda_of(deps, scope) as conn:
        return _resource(await store.add_resource(scope.tenant_id, conn, body.given()))


@router.put("/resources/{resource_id}", summary="Cambiar un recurso", responses=_WRITE_ERRORS)
async def change_resource(resource_id: PathNumber, body: ResourceChanges, deps: Deps, scope: Manager) -> ResourceItem:
    """Retired (`active` false), it keeps its appointments and takes no new ones; 409 for the last one."""
    async with agenda_of(deps, scope) as conn, _needed("recurso"):
        changed = await store.save_resource(scope.tenant_id, conn, resource_id, body.given())
    if changed is None:
        raise no_such_choice("resource")
    return _resource(changed)


@router.delete("/resources/{resource_id}", status_code=204, summary="Quitar un recurso", responses=_WRITE_ERRORS)
async def remove_resource(resource_id: PathNumber, deps: Deps, scope: Manager) -> None:
    """One with past appointments is only retired; 409 with appointments to come, and for the last one."""
    async with agenda_of(deps, scope) as conn, _needed("recurso"):
        if not await store.remove_resource(scope.tenant_id, conn, resource_id):
            raise no_such_choice("resource")


@router.get("/services", summary="Los servicios", responses=_READ_ERRORS)
async def services(deps: Deps, scope: Reader) -> ServiceList:
    """What can be booked: by position, the first one where none is named."""
    async with agenda_of(deps, scope) as conn:
        return ServiceList(items=[_service(each) for each in await store.list_services(scope.tenant_id, conn)])


@router.post("/services", status_code=201, summary="Agregar un servicio", responses=_WRITE_ERRORS)
async def add_service(body: NewService, deps: Deps, scope: Manager) -> ServiceItem:
    """Its minutes are the appointment's own; buffers keep the resource busy around it."""
    async with agenda_of(deps, scope) as conn:
        return _service(await store.add_service(scope.tenant_id, conn, body.given()))


@router.put("/services/{service_id}", summary="Cambiar un servicio", responses=_WRITE_ERRORS)
async def change_service(service_id: PathNumber, body: ServiceChanges, deps: Deps, scope: Manager) -> ServiceItem:
    """Appointments already made stay as long as they are; 409 when it would retire the last one."""
    async with agenda_of(deps, scope) as conn, _needed("servicio"):
        changed = await store.save_service(scope.tenant_id, conn, service_id, body.given())
    if changed is None:
        raise no_such_choice("service")
    return _service(changed)


@router.delete("/services/{service_id}", status_code=204, summary="Quitar un servicio", responses=_WRITE_ERRORS)
async def remove_service(service_id: PathNumber, deps: Deps, scope: Manager) -> None:
    """As with a resource."""
    async with agenda_of(deps, scope) as conn, _needed("servicio"):
        if not await store.remove_service(scope.tenant_id, conn, service_id):
            raise no_such_choice("service")


@router.get("/hours", summary="La semana de cada recurso", responses=_READ_ERRORS)
async def hours(deps: Deps, scope: Reader, resource_id: Annotated[Id | None, Query()] = None) -> Weeks:
    """Every resource has its week, an empty one when it is never open."""
    async with agenda_of(deps, scope) as conn:
        found = await store.list_resources(scope.tenant_id, conn)
        intervals = await store.list_hours(scope.tenant_id, conn, resource_id)
    weeks = [
        Week(resource_id=each.id, hours=[_interval(h) for h in intervals if h.resource_id == each.id])
        for each in found
        if resource_id in (None, each.id)
    ]
    if not weeks:
        raise no_such_choice("resource")
    return Weeks(items=weeks)


@router.put("/hours", summary="Cambiar la semana de un recurso", responses=_WRITE_ERRORS)
async def change_hours(body: Week, deps: Deps, scope: Manager) -> Week:
    """The whole week in the place of the old one; appointments stay where they are."""
    async with agenda_of(deps, scope) as conn:
        if await store.load_resource(scope.tenant_id, conn, body.resource_id) is None:
            raise no_such_choice("resource")
        week = [(interval.weekday, interval.opens, interval.closes) for interval in body.hours]
        await store.save_hours(scope.tenant_id, conn, body.resource_id, week)
    return body


@router.get("/settings", summary="Feriados y recordatorios", responses=_READ_ERRORS)
async def settings(deps: Deps, scope: Reader) -> SettingsItem:
    """How the agenda behaves."""
    async with tenant_transaction(scope.tenant_id, deps.pool) as conn:
        return _settings(await store.load_settings(scope.tenant_id, conn))


@router.put("/settings", summary="Cambiar feriados y recordatorios", responses=_WRITE_ERRORS)
async def change_settings(body: SettingsChanges, deps: Deps, scope: Manager) -> SettingsItem:
    """Reminders already queued are looked at anew when they are due."""
    given: dict[str, Any] = body.model_dump(include={"closes_on_holidays", "reminder_hours"}, exclude_none=True)
    if "reminder_template" in body.model_fields_set:
        template = body.reminder_template
        given["reminder_template_name"] = template.name if template else None
        given["reminder_template_language"] = template.language if template else None
    async with tenant_transaction(scope.tenant_id, deps.pool) as conn:
        await store.save_settings(scope.tenant_id, conn, given)
        return _settings(await store.load_settings(scope.tenant_id, conn))


@router.get("/free", summary="Los horarios libres de un día", responses=_READ_ERRORS)
async def free(
    deps: Deps,
    scope: Reader,
    day: Annotated[date, Query(alias="date", description="Día local de la tienda")],
    service_id: Annotated[Id | None, Query()] = None,
    resource_id: Annotated[Id | None, Query()] = None,
) -> FreeSlots:
    """For the service (else the first one), at one resource or at any, from now on."""
    check_days(day, day_after(day))
    async with tenant_transaction(scope.tenant_id, deps.pool) as conn:
        try:
            found = await free_on(
                scope.tenant_id, conn, day, now=datetime.now(UTC), service_id=service_id, resource_id=resource_id
            )
        except UnknownChoiceError as error:
            raise no_such_choice(str(error)) from error
    items = [SlotItem(start=slot.start, end=slot.end, resource_id=slot.resource_id) for slot in found.slots]
    return FreeSlots(items=items, service_id=found.service.id, time_zone=found.time_zone, holiday=found.holiday)


@router.get("/contacts", summary="Clientes conocidos, para el formulario", responses=_READ_ERRORS)
async def contacts(deps: Deps, scope: Reader, q: Search = "") -> ContactList:
    """`q` is part of a name, or of a number in any form."""
    found = await search_people(scope.tenant_id, deps.pool, q, digits_to_find(q)) if q else None
    rows = await list_chats(scope.tenant_id, deps.pool, limit=_CONTACTS, filters=Filters(found=found))
    return ContactList(items=[_contact(row) for row in rows])


@asynccontextmanager
async def agenda_of(deps: AdminDeps, scope: Scope) -> AsyncIterator[Connection]:
    """A transaction in which the tenant's agenda has its defaults."""
    async with tenant_transaction(scope.tenant_id, deps.pool) as conn:
        await store.load_settings(scope.tenant_id, conn)
        yield conn


@asynccontextmanager
async def _needed(what: str) -> AsyncIterator[None]:
    """409 for what cannot go."""
    try:
        yield
    except store.InUseError as error:
        if str(error) == "last":
            raise ApiError(409, "last_one", f"Es el último {what} activo: la agenda necesita al menos uno.") from error
        raise ApiError(409, "in_use", f"Ese {what} tiene turnos por delante; movelos o cancelalos antes.") from error


def _resource(resource: store.Resource) -> ResourceItem:
    return ResourceItem.model_validate(resource, from_attributes=True)


def _service(service: store.Service) -> ServiceItem:
    return ServiceItem.model_validate(service, from_attributes=True)


def _interval(hours: store.Hours) -> Interval:
    return Interval.model_validate(hours, from_attributes=True)


def _settings(found: store.AgendaSettings) -> SettingsItem:
    name, language = found.reminder_template_name, found.reminder_template_language
    return SettingsItem(
        closes_on_holidays=found.closes_on_holidays,
        reminder_hours=list(found.reminder_hours),
        reminder_template=ReminderTemplate(name=name, language=language) if name and language else None,
        time_zone=found.time_zone,
    )


def _contact(row: dict[str, Any]) -> Contact:
    phone = row["wa_address"]
    name = row["display_name"] or readable_phone(phone or row["external_user_id"])
    return Contact(conversation_id=str(row["id"]), name=name, phone=phone)
