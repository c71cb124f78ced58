"""The jobs that read the shops' catalogues."""

import json
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

from pgqueuer import PgQueuer, RetryRequested
from pgqueuer.models import Job, Schedule

from nexus.gateways.errors import PermanentError, RetryableError, UnknownOutcomeError
from nexus.gateways.tiendanube.client import ShopNotConnectedError
from nexus.orchestrator_service.catalogue.refresh import read_changes, refresh, wish_refresh
from nexus.orchestrator_service.catalogue.shop import ShopDoor
from nexus.runtime.logs import forget_context, get_logger
from nexus.store.catalogue_sync import load_sync
from nexus.store.database import UNREACHABLE
from nexus.store.jobs import CATALOGUE_CHANGES, CATALOGUE_REFRESH
from nexus.store.secrets import SealBrokenError
from nexus.store.tenants import list_tenants

CATALOGUES = "catalogues"
_EVERY_TEN_MINUTES = "*/10 * * * *"
_DATABASE_AWAY = timedelta(seconds=10)


async def register_catalogue(worker: PgQueuer, shops: ShopDoor) -> None:
    """Both jobs, the clock that asks for the first, and a wish for every catalogue that was never read."""

    @worker.entrypoint(CATALOGUE_REFRESH, concurrency_limit=3, on_failure="hold")
    async def catalogue_refresh(job: Job) -> None:
        arguments = _arguments(job)
        full = bool(arguments.get("full"))
        await _patiently(lambda: refresh(arguments["tenant_id"], shops, full=full))

    @worker.entrypoint(CATALOGUE_CHANGES, concurrency_limit=3, on_failure="hold")
    async def catalogue_changes(job: Job) -> None:
        await _patiently(lambda: _changes(_arguments(job)["tenant_id"], shops))

    @worker.schedule(CATALOGUES, _EVERY_TEN_MINUTES)
    async def catalogues(_schedule: Schedule) -> None:
        forget_context()
        try:
            await _wish_all(shops, unread_only=False)
        except UNREACHABLE as error:
            get_logger().warning("catalogues_not_wished", error=type(error).__name__)

    await _wish_all(shops, unread_only=True)


async def _wish_all(shops: ShopDoor, *, unread_only: bool) -> None:
    for tenant in await list_tenants(shops.pool):
        if not unread_only or not (await load_sync(tenant["id"], shops.pool)).usable:
            await wish_refresh(tenant["id"], shops.pool)


async def _changes(tenant_id: int, shops: ShopDoor) -> None:
    """What the shop said has changed; left to the next refresh when the shop does not answer."""
    try:
        await read_changes(tenant_id, shops)
    except (ShopNotConnectedError, SealBrokenError, PermanentError, RetryableError, UnknownOutcomeError) as error:
        get_logger().warning("changes_not_read", tenant_id=tenant_id, error=type(error).__name__)


async def _patiently(work: Callable[[], Awaitable[None]]) -> None:
    forget_context()
    try:
        await work()
    except UNREACHABLE as error:
        raise RetryRequested(_DATABASE_AWAY, type(error).__name__) from error


def _arguments(job: Job) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(job.payload or b"{}")
    return found
