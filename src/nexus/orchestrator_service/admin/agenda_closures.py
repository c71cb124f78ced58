"""`/admin/agenda/exceptions` and `/admin/agenda/blocks`: days and periods in which the agenda is otherwise."""

from datetime import date, timedelta
from typing import Annotated
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Query

from nexus.contracts.errors import errors
from nexus.orchestrator_service.admin.agenda import agenda_of
from nexus.orchestrator_service.admin.agenda_shapes import (
    BlockItem,
    BlockList,
    ExceptionItem,
    ExceptionList,
    NewBlock,
    NewException,
)
from nexus.orchestrator_service.admin.appointments import as_moment, block_item, check_days, day_after, no_such_choice
from nexus.orchestrator_service.admin.auth import Manager, Reader, Writer
from nexus.orchestrator_service.admin.deps import Deps
from nexus.orchestrator_service.appointments.local_time import day_bounds, elapsed
from nexus.runtime.errors import ApiError
from nexus.store import agenda as store
from nexus.store.database import Connection, tenant_transaction

_READ_ERRORS = errors(400, 401, 404, 422, 503)
_WRITE_ERRORS = errors(400, 401, 403, 404, 413, 422, 503)
_LAST_ID = 2**63 - 1
Day = Annotated[date, Query(description="Día local de la tienda")]

router = APIRouter(prefix="/admin/agenda", tags=["agenda"])


@router.get("/exceptions", summary="Los días distintos", responses=_READ_ERRORS)
async def exceptions(deps: Deps, scope: Reader, start_date: Day, end_date: Day) -> ExceptionList:
    """From `start_date` until before `end_date`."""
    check_days(start_date, end_date)
    async with tenant_transaction(scope.tenant_id, deps.pool) as conn:
        found = await store.list_exceptions(scope.tenant_id, conn, start_date, end_date)
    return ExceptionList(items=[_exception(each) for each in found])


@router.post("/exceptions", status_code=201, summary="Agregar un día distinto", responses=_WRITE_ERRORS)
async def add_exception(body: NewException, deps: Deps, scope: Manager) -> ExceptionItem:
    """Hours of that day instead of its weekday's (a holiday's, too), or closed."""
    check_days(body.date, day_after(body.date))
    async with agenda_of(deps, scope) as conn:
        await _check_resource(scope.tenant_id, conn, body.resource_id)
        fields = body.model_dump(include={"resource_id", "reason"})
        fields |= {"day": body.date, "opens": body.opens, "closes": body.closes}
        return _exception(await store.add_exception(scope.tenant_id, conn, fields))


@router.delete("/exceptions/{exception_id}", status_code=204, summary="Quitarlo", responses=_WRITE_ERRORS)
async def remove_exception(exception_id: int, deps: Deps, scope: Manager) -> None:
    """The day is as its weekday again."""
    async with tenant_transaction(scope.tenant_id, deps.pool) as conn:
        known = 0 < exception_id <= _LAST_ID
        if not known or not await store.remove_exception(scope.tenant_id, conn, exception_id):
            raise ApiError(404, "exception_not_found", "Ese día distinto no existe en esta tienda.")


@router.get("/blocks", summary="Los bloqueos de unos días", responses=_READ_ERRORS)
async def blocks(deps: Deps, scope: Reader, start_date: Day, end_date: Day) -> BlockList:
    """Those that touch the days from `start_date` until before `end_date`."""
    check_days(start_date, end_date)
    async with tenant_transaction(scope.tenant_id, deps.pool) as conn:
        zone = (await store.load_settings(scope.tenant_id, conn)).time_zone
        found = await store.list_blocks(scope.tenant_id, conn, *day_bounds(start_date, end_date, ZoneInfo(zone)))
    return BlockList(items=[block_item(each, zone) for each in found])


@router.post("/blocks", status_code=201, summary="Bloquear un período", responses=_WRITE_ERRORS)
async def add_block(body: NewBlock, deps: Deps, scope: Writer) -> BlockItem:
    """Nobody books into it without `force`; appointments already there stay."""
    async with tenant_transaction(scope.tenant_id, deps.pool) as conn:
        zone = (await store.load_settings(scope.tenant_id, conn)).time_zone
        start, end = (as_moment(given, ZoneInfo(zone)) for given in (body.start, body.end))
        if elapsed(start, end) <= timedelta(0):
            raise ApiError(422, "end_before_start", "El final tiene que ser después del comienzo.")
        await _check_resource(scope.tenant_id, conn, body.resource_id)
        fields = {"resource_id": body.resource_id, "starts_at": start, "ends_at": end, "reason": body.reason}
        made = await store.add_block(scope.tenant_id, conn, fields | {"created_by": scope.caller.name})
    return block_item(made, zone)


@router.delete("/blocks/{block_id}", status_code=204, summary="Desbloquear", responses=_WRITE_ERRORS)
async def remove_block(block_id: int, deps: Deps, scope: Writer) -> None:
    """The period takes appointments again."""
    async with tenant_transaction(scope.tenant_id, deps.pool) as conn:
        known = 0 < block_id <= _LAST_ID
        if not known or not await store.remove_block(scope.tenant_id, conn, block_id):
            raise ApiError(404, "block_not_found", "Ese bloqueo no existe en esta tienda.")


async def _check_resource(tenant_id: int, conn: Connection, resource_id: int | None) -> None:
    if resource_id is not None and await store.load_resource(tenant_id, conn, resource_id) is None:
        raise no_such_choice("resource")


def _exception(found: store.ExceptionDay) -> ExceptionItem:
    return ExceptionItem(
        id=found.id,
        date=found.day,
        resource_id=found.resource_id,
        opens=found.opens,
        closes=found.closes,
        reason=found.reason,
    )
