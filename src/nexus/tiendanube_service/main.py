"""tiendanube-service (8001): v2's `/tools/*` over the gateway that the Orchestrator uses itself (S-007, S-038)."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI

from nexus.gateways.upstream import Upstream
from nexus.runtime.cache import Cache
from nexus.runtime.serve import run_service
from nexus.runtime.settings import Settings, get_settings
from nexus.runtime.web import create_app
from nexus.store.database import UNREACHABLE, open_pool
from nexus.store.migrate import refuse_other_schema
from nexus.store.readiness import readiness
from nexus.store.secrets import Vault
from nexus.tiendanube_service.asking import Shops
from nexus.tiendanube_service.tools import tools_router

SERVICE = "tiendanube_service"
_DEADLINE_SECONDS = 15.0
"""Two questions to the shop, each asked a second time after a stumble, and a wait for the shop's pace."""


def build_app(settings: Settings, deadline: float = _DEADLINE_SECONDS) -> FastAPI:
    """The service as an ASGI app; `deadline` seconds in all for one call of a tool."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with open_shops(settings, deadline) as shops:
            app.include_router(tools_router(shops))
            app.state.shops = shops
            yield

    async def ready() -> dict[str, str]:
        shops: Shops = app.state.shops
        return await readiness(shops.pool, shops.cache)

    app: FastAPI = create_app(SERVICE, settings, lifespan=lifespan, ready=ready, unreachable=UNREACHABLE)
    return app


@asynccontextmanager
async def open_shops(settings: Settings, deadline: float) -> AsyncIterator[Shops]:
    """Pool and connections; closed in the opposite order."""
    settings.require("postgres_dsn", "internal_api_token", "encryption_key")
    pool = await open_pool(settings.postgres_dsn, SERVICE)
    await refuse_other_schema(pool)
    cache, upstream = Cache(settings.redis_url), Upstream("tiendanube")
    try:
        yield Shops(settings, pool, cache, Vault.of(settings), upstream, deadline)
    finally:
        await upstream.close()
        await cache.close()
        await pool.close()


def serve() -> None:
    """Run the service until SIGTERM."""
    settings = get_settings()
    run_service(SERVICE, build_app(settings), settings, settings.tiendanube_service_port)
