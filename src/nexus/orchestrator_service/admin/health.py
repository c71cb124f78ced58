"""`/admin/health`: how everything is that a shop's answers depend on, each trouble with what to do about it."""

import asyncio
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Depends
from pydantic import BaseModel

from nexus.contracts.errors import errors
from nexus.orchestrator_service.admin.auth import Manager, Scope, reader_if_database
from nexus.orchestrator_service.admin.deps import AdminDeps, Deps
from nexus.orchestrator_service.admin.health_installation import unmigrated
from nexus.orchestrator_service.admin.health_reading import read_platform, read_redis, read_tenant
from nexus.orchestrator_service.admin.health_rows import HealthRow, database_down, worst, worst_first
from nexus.orchestrator_service.admin.live_tests import try_everything
from nexus.orchestrator_service.admin.throttle import refuse_haste
from nexus.store.database import UNREACHABLE, StatementError
from nexus.store.live_tests import note_test
from nexus.store.migrate import schema_is_current

router = APIRouter(prefix="/admin", tags=["salud"])
_PATIENCE_SECONDS = 6.0
_TRIES, _TRIES_PER_SECOND = 3, 1 / 30


class HealthPart(BaseModel):
    """One part; `waiting` is how many people wait because of it, `link` the panel's own address about it.

    `key` stays the same, for programs; `tried_at` is when it was last tried on purpose.
    """

    key: str
    group: Literal["Nexus", "WhatsApp", "Tienda Nube", "Modelo", "Correo"]
    level: Literal["ok", "warn", "error"]
    title: str
    message: str
    fix: str | None
    since: datetime | None
    waiting: int | None
    link: str | None
    tried_at: datetime | None


class HealthReport(BaseModel):
    """The worst first."""

    worst: Literal["ok", "warn", "error"]
    checked_at: datetime
    items: list[HealthPart]


@router.get("/health", summary="Cómo anda todo", responses=errors(400, 401, 404, 422, 503))
async def health(deps: Deps, scope: Annotated[Scope | None, Depends(reader_if_database)]) -> HealthReport:
    """From tables, the process's own connections and the last tries of what lies outside; nobody outside is asked.

    Without a database nobody can be told apart: whoever brings a credential hears what `/ready` tells everybody.
    """
    if scope is None:
        return await _without_database(deps)
    try:
        async with asyncio.timeout(_PATIENCE_SECONDS):  # one that hangs is away, too, and a panel waits 15 s
            return await _read(deps, scope)
    except UNREACHABLE:
        return await _without_database(deps)
    except StatementError:
        if await schema_is_current(deps.pool):
            raise
        return _report([unmigrated(), await read_redis(deps.cache)])


@router.post(
    "/health/tries", summary="Probar ahora todo lo de afuera", responses=errors(400, 401, 403, 404, 413, 422, 429, 503)
)
async def try_now(deps: Deps, scope: Manager) -> HealthReport:
    """YCloud, Tienda Nube, the model's list, the mail's login and our public address, then everything as it is.

    Three in a row and one every half minute; as many seconds as the slowest takes, twelve at most.
    """
    words = "Se acaba de probar; esperá medio minuto."
    await refuse_haste(deps, f"health_tries:{scope.tenant_id}", _TRIES, _TRIES_PER_SECOND, ("too_many_attempts", words))
    for kind, (ok, message) in (await try_everything(deps, scope.tenant_id)).items():
        await note_test(scope.tenant_id, deps.pool, kind, ok, message, scope.caller.name)
    deps.guards.until = 0.0
    return await _read(deps, scope)


async def _read(deps: AdminDeps, scope: Scope) -> HealthReport:
    platform = await read_platform(deps.pool, deps.cache, deps.settings, deps.guards)
    resting = deps.room.shops.upstream.is_resting(scope.tenant_id)
    return _report([*platform, *await read_tenant(scope.tenant_id, deps.pool, deps.settings, shop_resting=resting)])


async def _without_database(deps: AdminDeps) -> HealthReport:
    return _report([database_down("no toma conexiones"), await read_redis(deps.cache)])


def _report(rows: list[HealthRow]) -> HealthReport:
    items = [HealthPart(**asdict(row)) for row in worst_first(rows)]
    return HealthReport(worst=worst(rows), checked_at=datetime.now(UTC), items=items)
