"""The Orchestrator (8000), the brain: /chat, the admin API, and the background jobs in one process."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace

from fastapi import FastAPI
from starlette.middleware import Middleware

from nexus.gateways.upstream import Upstream
from nexus.gateways.ycloud.account import YCloudAccount
from nexus.orchestrator_service.admin.polls import Polls
from nexus.orchestrator_service.admin.polls_remembered import RememberedPolls, hearing
from nexus.orchestrator_service.admin.router import RAW_PATHS, AdminDeps, serve_admin
from nexus.orchestrator_service.agent.room import AgentRoom
from nexus.orchestrator_service.chat.answer import Answering
from nexus.orchestrator_service.chat.door import chat_router
from nexus.orchestrator_service.jobs import run_jobs
from nexus.orchestrator_service.realtime.rooms import Rooms
from nexus.orchestrator_service.realtime.running import announcing
from nexus.orchestrator_service.shop_events import SHOP_EVENTS_PATH, shop_events_router
from nexus.orchestrator_service.shop_privacy import shop_privacy_router
from nexus.runtime.cache import Cache
from nexus.runtime.serve import run_service
from nexus.runtime.settings import Settings, get_settings
from nexus.runtime.web import create_app
from nexus.store.database import UNREACHABLE, Pool, open_pool
from nexus.store.environment import sync_environment
from nexus.store.migrate import refuse_other_schema
from nexus.store.readiness import readiness
from nexus.store.secrets import Vault

SERVICE = "orchestrator_service"
CATALOGUE_BYTES = 64 * 1024 * 1024
"""Of a page of a hundred products, each with up to a thousand variants."""


@dataclass
class Brain:
    """The parts of a running Orchestrator."""

    pool: Pool
    cache: Cache
    vault: Vault
    room: AgentRoom
    account: YCloudAccount
    stop: asyncio.Event = field(default_factory=asyncio.Event)
    """Set: no more jobs are begun."""


def build_app(settings: Settings) -> FastAPI:
    """The service's routes; pool, agent and jobs live as long as their lifespan.

    What answers on the port is `app.state.rooms.wrap(app)`: Socket.IO under its path, the routes elsewhere (S-070).
    """
    rooms, remembered = Rooms(settings), RememberedPolls()

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with (
            open_brain(settings) as brain,
            announcing(rooms, brain.pool, settings.postgres_dsn),
            hearing(remembered, settings.postgres_dsn),
        ):
            answering = Answering(settings, brain.pool, brain.cache, brain.room)
            app.include_router(chat_router(answering, settings))
            deps = AdminDeps(brain.pool, brain.cache, brain.vault, settings, brain.room, brain.account)
            serve_admin(app, deps)
            app.include_router(shop_events_router(brain.pool, brain.cache, brain.vault))
            app.include_router(shop_privacy_router(brain.pool, brain.vault, settings))
            app.state.brain = brain
            yield

    async def ready() -> dict[str, str]:
        brain: Brain = app.state.brain
        return await readiness(brain.pool, brain.cache)

    app: FastAPI = create_app(
        SERVICE,
        settings,
        lifespan=lifespan,
        ready=ready,
        unreachable=UNREACHABLE,
        raw_paths=(*RAW_PATHS, SHOP_EVENTS_PATH),
        before_the_edge=[Middleware(Polls, service=SERVICE, pool=lambda: app.state.brain.pool, remembered=remembered)],
    )
    app.state.rooms = rooms
    return app


@asynccontextmanager
async def open_brain(settings: Settings) -> AsyncIterator[Brain]:
    """Pool, agent room and the job worker; closed in the opposite order."""
    settings.require("postgres_dsn", "internal_api_token", "admin_token", "encryption_key")
    pool = await open_pool(settings.postgres_dsn, SERVICE)
    await refuse_other_schema(pool)
    cache, vault = Cache(settings.redis_url), Vault.of(settings)
    await sync_environment(pool, vault, settings)
    room, account = AgentRoom(settings, pool, cache, vault), YCloudAccount(settings)
    reading = replace(room.shops, upstream=Upstream("tiendanube_catalogue", per_tenant=2, max_body=CATALOGUE_BYTES))
    brain = Brain(pool, cache, vault, room, account)
    jobs = asyncio.create_task(run_jobs(settings.postgres_dsn, settings, pool, vault, account, brain.stop, reading))
    try:
        yield brain
    finally:
        brain.stop.set()
        await asyncio.wait([jobs], timeout=5)
        jobs.cancel()
        await reading.upstream.close()
        await room.close()
        await account.close()
        await cache.close()
        await pool.close()


def serve() -> None:
    """Run the service until SIGTERM."""
    settings = get_settings()
    app = build_app(settings)
    rooms: Rooms = app.state.rooms

    async def leave() -> None:
        app.state.brain.stop.set()  # jobs under way end while the last requests do
        await rooms.leave()

    run_service(SERVICE, rooms.wrap(app), settings, settings.orchestrator_service_port, leave)
