"""A resource's calendar for other calendars: its address is made and revoked here, and read without a session."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any

from fastapi import APIRouter, Request, Response

from nexus.contracts.errors import errors
from nexus.orchestrator_service.admin.agenda import agenda_of
from nexus.orchestrator_service.admin.agenda_shapes import FeedAddress, PathNumber
from nexus.orchestrator_service.admin.appointments import no_such_choice
from nexus.orchestrator_service.admin.auth import Manager, came_by_https, own_host
from nexus.orchestrator_service.admin.deps import AdminDeps, Deps
from nexus.orchestrator_service.appointments.calendar_feed import (
    FeedOf,
    calendar,
    feed_token,
    read_feed_token,
    tenant_named_in,
)
from nexus.runtime.errors import ApiError
from nexus.store.agenda import load_resource, load_settings, set_feed
from nexus.store.appointments import list_appointments
from nexus.store.database import tenant_transaction
from nexus.store.feed_keys import load_feed_keys
from nexus.store.tenants import load_tenant

_BACK, _AHEAD = timedelta(days=90), timedelta(days=365)
_FEED_ANSWERS: dict[int | str, dict[str, Any]] = {200: {"content": {"text/calendar": {}}}}
_PREFIX = re.compile(r"^(/[A-Za-z0-9._~-]+)*$")
_FOR_FIVE_MINUTES = {"Cache-Control": "private, max-age=300", "Referrer-Policy": "no-referrer"}

router = APIRouter(tags=["agenda"])


@router.post(
    "/admin/agenda/resources/{resource_id}/feed",
    summary="Una dirección nueva para el calendario",
    responses=errors(400, 401, 403, 404, 413, 422, 503),
)
async def make_feed(resource_id: PathNumber, request: Request, deps: Deps, scope: Manager) -> FeedAddress:
    """Addresses given out before stop working."""
    async with agenda_of(deps, scope) as conn:
        version = await set_feed(scope.tenant_id, conn, resource_id, on=True)
    if version is None:
        raise no_such_choice("resource")
    token = feed_token(deps.vault, FeedOf(scope.tenant_id, resource_id, version))
    return FeedAddress(url=f"{_base(request, deps)}/agenda/feed/{token}.ics")


@router.delete(
    "/admin/agenda/resources/{resource_id}/feed",
    status_code=204,
    summary="Revocar la dirección del calendario",
    responses=errors(401, 403, 404, 422, 503),
)
async def revoke_feed(resource_id: PathNumber, deps: Deps, scope: Manager) -> None:
    """Nobody reads it any more."""
    async with agenda_of(deps, scope) as conn:
        if await set_feed(scope.tenant_id, conn, resource_id, on=False) is None:
            raise no_such_choice("resource")


@router.get(
    "/agenda/feed/{token}.ics",
    summary="El calendario de un recurso",
    response_class=Response,
    responses=_FEED_ANSWERS | errors(404, 503),
)
async def feed(token: str, deps: Deps) -> Response:
    """iCalendar, for whoever has the address: three months back and a year ahead."""
    signed = await _signed(token, deps)
    if signed is None or await load_tenant(signed.tenant_id, deps.pool) is None:
        raise _no_feed()
    now = datetime.now(UTC)
    async with tenant_transaction(signed.tenant_id, deps.pool) as conn:
        resource = await load_resource(signed.tenant_id, conn, signed.resource_id)
        if resource is None or not resource.feed_on or resource.feed_version != signed.version:
            raise _no_feed()
        zone = (await load_settings(signed.tenant_id, conn)).time_zone
        shown = await list_appointments(
            signed.tenant_id, conn, now - _BACK, now + _AHEAD, resource_id=signed.resource_id
        )
    body = calendar(resource.name, zone, shown)
    return Response(body, media_type="text/calendar; charset=utf-8", headers=_FOR_FIVE_MINUTES)


async def _signed(token: str, deps: AdminDeps) -> FeedOf | None:
    """Which calendar it is, by a key that the process knows or one that a former encryption key left behind."""
    feed, tenant_id = read_feed_token(deps.vault, token), tenant_named_in(token)
    if feed is not None or tenant_id is None:
        return feed
    return read_feed_token(deps.vault, token, await load_feed_keys(tenant_id, deps.pool, deps.vault))


def _base(request: Request, deps: AdminDeps) -> str:
    """Where the caller's calendar finds this API: as configured, else as this very request came."""
    if deps.settings.api_base_url:
        return deps.settings.api_base_url.rstrip("/")
    scheme = "https" if came_by_https(request) else "http"
    prefix = request.headers.get("x-forwarded-prefix", "").rstrip("/")
    return f"{scheme}://{own_host(request)}{prefix if _PREFIX.match(prefix) else ''}"


def _no_feed() -> ApiError:
    return ApiError(404, "feed_not_found", "Este calendario no existe o su dirección fue revocada.")
