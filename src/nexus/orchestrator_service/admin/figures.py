"""`/admin/logs` and `/admin/stats`: what happened, and how much of it (S-088)."""

from datetime import date
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel

from nexus.contracts.errors import errors
from nexus.orchestrator_service.admin.auth import Reader
from nexus.orchestrator_service.admin.deps import AdminDeps, Deps
from nexus.orchestrator_service.admin.fields import Filter, Search
from nexus.orchestrator_service.admin.local_days import midnight
from nexus.orchestrator_service.admin.log_words import label_of
from nexus.orchestrator_service.admin.pages import Cursor, Limit, read_number_cursor
from nexus.orchestrator_service.admin.shapes import LogItem, LogPage, Stats
from nexus.store.conversations import figures
from nexus.store.events import EventFilter, count_event_types, list_events
from nexus.store.tenants import load_tenant

_MAX_EVENT = 2**31 - 1

router = APIRouter(prefix="/admin", tags=["registro y cifras"], responses=errors(400, 401, 404, 422, 503))


class LogType(BaseModel):
    """A type of event, as people call it, and how many there are."""

    event_type: str
    label: str
    count: int


class LogTypes(BaseModel):
    """The most frequent first."""

    items: list[LogType]


async def events_asked(
    deps: Deps,
    scope: Reader,
    level: Annotated[list[Literal["info", "warn", "error"]] | None, Query(max_length=3)] = None,
    event_type: Annotated[list[Filter] | None, Query(max_length=50)] = None,
    correlation_id: Filter | None = None,
    since: Annotated[date | None, Query(alias="from", description="El primer día, local")] = None,
    to: Annotated[date | None, Query(description="El día siguiente al último")] = None,
    q: Search = "",
) -> EventFilter:
    """The filters of a request; level and event_type may be given several times."""
    zone = await _zone(deps, scope.tenant_id) if since or to else ""
    return EventFilter(
        levels=level or (),
        event_types=event_type or (),
        correlation_id=correlation_id,
        since=midnight(since, zone) if since else None,
        until=midnight(to, zone) if to else None,
        text=q,
    )


@router.get("/logs", summary="El registro de la tienda")
async def logs(
    deps: Deps,
    scope: Reader,
    wanted: Annotated[EventFilter, Depends(events_asked)],
    before: Cursor = None,
    limit: Limit = 50,
) -> LogPage:
    """Newest first, with any of the filters."""
    before_id = read_number_cursor(before, _MAX_EVENT)
    rows = await list_events(scope.tenant_id, deps.pool, wanted, before=before_id, limit=limit + 1)
    shown = [LogItem.model_validate(row | {"label": label_of(row["event_type"])}) for row in rows[:limit]]
    return LogPage(items=shown, next=str(shown[-1].id) if len(rows) > limit else None)


@router.get("/logs/types", summary="Los tipos de evento que hay en el registro")
async def log_types(deps: Deps, scope: Reader) -> LogTypes:
    """What `event_type` of /logs can be."""
    rows = await count_event_types(scope.tenant_id, deps.pool)
    return LogTypes(items=[LogType(label=label_of(row["event_type"]), **row) for row in rows])


@router.get("/stats", summary="Las cifras de la tienda")
async def stats(deps: Deps, scope: Reader) -> Stats:
    """Counts of the last 24 hours and of what waits now."""
    return Stats.model_validate(await figures(scope.tenant_id, deps.pool))


async def _zone(deps: AdminDeps, tenant_id: int) -> str:
    tenant = await load_tenant(tenant_id, deps.pool)
    return tenant.time_zone if tenant else "UTC"
