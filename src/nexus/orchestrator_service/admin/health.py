"""`/admin/health`: how everything is that a shop's answers depend on, each trouble with what to do about it."""

from dataclasses import asdict
from datetime import UTC, datetime
from typing import Literal

from fastapi import APIRouter
from pydantic import BaseModel

from nexus.contracts.errors import errors
from nexus.orchestrator_service.admin.auth import Reader
from nexus.orchestrator_service.admin.deps import Deps
from nexus.orchestrator_service.admin.health_reading import read_platform, read_tenant
from nexus.orchestrator_service.admin.health_rows import worst, worst_first

router = APIRouter(prefix="/admin", tags=["salud"])


class HealthPart(BaseModel):
    """One part; `waiting` is how many people wait because of it, `link` the panel's own address about it."""

    key: str
    group: Literal["Nexus", "WhatsApp", "Tienda Nube", "Modelo", "Correo"]
    level: Literal["ok", "warn", "error"]
    title: str
    message: str
    fix: str | None
    since: datetime | None
    waiting: int | None
    link: str | None


class HealthReport(BaseModel):
    """The worst first."""

    worst: Literal["ok", "warn", "error"]
    checked_at: datetime
    items: list[HealthPart]


@router.get("/health", summary="Cómo anda todo", responses=errors(400, 401, 404, 422, 503))
async def health(deps: Deps, scope: Reader) -> HealthReport:
    """From tables and the process's own connections; the live tests of credentials ask the vendors."""
    platform = await read_platform(deps.pool, deps.cache, deps.settings)
    resting = deps.room.shops.upstream.is_resting(scope.tenant_id)
    own = await read_tenant(scope.tenant_id, deps.pool, deps.settings, shop_resting=resting)
    rows = worst_first([*platform, *own])
    items = [HealthPart(**asdict(row)) for row in rows]
    return HealthReport(worst=worst(rows), checked_at=datetime.now(UTC), items=items)
