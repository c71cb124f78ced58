"""`/admin/logs` and `/admin/stats`: what happened, and how much of it (S-088)."""

from typing import Annotated, Literal

from fastapi import APIRouter, Query

from nexus.contracts.errors import errors
from nexus.orchestrator_service.admin.auth import Reader
from nexus.orchestrator_service.admin.deps import Deps
from nexus.orchestrator_service.admin.fields import Filter
from nexus.orchestrator_service.admin.pages import Cursor, Limit, read_number_cursor
from nexus.orchestrator_service.admin.shapes import LogItem, LogPage, Stats
from nexus.store.conversations import figures
from nexus.store.events import list_events

_MAX_EVENT = 2**31 - 1

router = APIRouter(prefix="/admin", tags=["registro y cifras"], responses=errors(400, 401, 404, 422, 503))


@router.get("/logs", summary="El registro de la tienda")
async def logs(
    deps: Deps,
    scope: Reader,
    level: Annotated[Literal["info", "warn", "error"] | None, Query()] = None,
    event_type: Filter | None = None,
    correlation_id: Filter | None = None,
    before: Cursor = None,
    limit: Limit = 50,
) -> LogPage:
    """Newest first, with any of the filters."""
    rows = await list_events(
        scope.tenant_id,
        deps.pool,
        level=level,
        event_type=event_type,
        correlation_id=correlation_id,
        before=read_number_cursor(before, _MAX_EVENT),
        limit=limit + 1,
    )
    shown = [LogItem.model_validate(row) for row in rows[:limit]]
    return LogPage(items=shown, next=str(shown[-1].id) if len(rows) > limit else None)


@router.get("/stats", summary="Las cifras de la tienda")
async def stats(deps: Deps, scope: Reader) -> Stats:
    """Counts of the last 24 hours and of what waits now."""
    return Stats.model_validate(await figures(scope.tenant_id, deps.pool))
