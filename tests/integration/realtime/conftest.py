"""The Orchestrator's app as it is served, in this process or as processes of its own, with views that listen."""

import asyncio
import contextlib
import socket
import uuid
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
import uvicorn

from nexus.embedded.postgres import EmbeddedPostgres
from nexus.embedded.valkey import EmbeddedValkey
from nexus.orchestrator_service.main import build_app
from nexus.orchestrator_service.realtime.rooms import Rooms
from nexus.runtime.serve import Server
from nexus.runtime.settings import Settings
from nexus.store.accounts import create_user
from nexus.store.database import Pool
from nexus.store.tenants import create_tenant
from tests.integration.store.room import new_number
from tests.service import NO_TLS, ROOT, Service, eventually
from tests.sockets import View
from tests.system import ADMIN_TOKEN, ENCRYPTION_KEY, INTERNAL_TOKEN, free_port

PASSWORD = "una contraseña larga"
MONDAY = "2031-03-03"


@dataclass
class Shop:
    """A tenant, and what one does to its agenda at some Orchestrator."""

    id: int

    def machine(self, url: str) -> httpx.AsyncClient:
        headers = {"X-Admin-Token": ADMIN_TOKEN, "X-Tenant-ID": str(self.id)}
        return httpx.AsyncClient(verify=NO_TLS, base_url=url, headers=headers, timeout=30, trust_env=False)

    async def book(self, url: str, clock: str = "10:00", **fields: Any) -> httpx.Response:
        body = {"start": f"{MONDAY}T{clock}:00-03:00", "customer_name": "Lucía"} | fields
        async with self.machine(url) as client:
            return await client.post("/admin/appointments", json=body)

    async def booked(self, url: str, clock: str = "10:00", **fields: Any) -> dict[str, Any]:
        answer = await self.book(url, clock, **fields)
        assert answer.status_code == 201, answer.text
        return dict(answer.json())

    async def put(self, url: str, item: dict[str, Any], path: str = "", **fields: Any) -> httpx.Response:
        async with self.machine(url) as client:
            return await client.put(f"/admin/appointments/{item['id']}{path}", json=fields)

    def view(self, url: str) -> View:
        return View(url, {"token": ADMIN_TOKEN, "tenant_id": self.id})


@pytest.fixture
async def shop(pool: Pool) -> Shop:
    """A shop of this test alone."""
    return Shop(await create_tenant(pool, "Danza Sur", new_number()))


@pytest.fixture
async def neighbour(pool: Pool) -> Shop:
    """Another one."""
    return Shop(await create_tenant(pool, "Patín Norte", new_number()))


@pytest.fixture
async def person(pool: Pool, shop: Shop) -> str:
    """Somebody who works in the shop; her e-mail."""
    email = f"persona-{uuid.uuid4().hex[:10]}@danza.example"
    await create_user(pool, email, PASSWORD, tenant_id=shop.id, role="agent")
    return email


@contextlib.asynccontextmanager
async def serving(settings: Settings) -> AsyncIterator[tuple[str, Rooms]]:
    """The served app on a port of this process, and its rooms."""
    app = build_app(settings)
    rooms: Rooms = app.state.rooms
    with socket.create_server(("127.0.0.1", 0)) as listener:
        config = uvicorn.Config(rooms.wrap(app), log_config=None, access_log=False, timeout_graceful_shutdown=1)
        server = Server(config, rooms.leave)
        running = asyncio.create_task(server.serve([listener]))
        try:
            while not server.started:
                assert not running.done()
                await asyncio.sleep(0.02)
            yield f"http://127.0.0.1:{listener.getsockname()[1]}", rooms
        finally:
            server.should_exit = True
            await running


def settings_for(postgres: EmbeddedPostgres, redis_url: str) -> Settings:
    """What an Orchestrator of these tests runs with."""
    return Settings(
        postgres_dsn=postgres.app_dsn,
        redis_url=redis_url,
        internal_api_token=INTERNAL_TOKEN,
        admin_token=ADMIN_TOKEN,
        encryption_key=ENCRYPTION_KEY,
        cors_allowed_origins="https://agenda.example",
    )


@pytest.fixture
async def alone(postgres: EmbeddedPostgres) -> AsyncIterator[str]:
    """One Orchestrator without Redis."""
    async with serving(settings_for(postgres, "")) as (url, _rooms):
        yield url


@pytest.fixture
async def views() -> AsyncIterator[Callable[[View], Any]]:
    """Opens views and closes them in the end."""
    opened: list[View] = []

    async def open_view(view: View) -> View:
        opened.append(view)
        return await view.open()

    yield open_view
    for view in opened:
        await view.close()


@dataclass
class Pair:
    """Two Orchestrators as processes, on one PostgreSQL and a Valkey of their own."""

    services: list[Service]
    valkey: EmbeddedValkey

    @property
    def urls(self) -> list[str]:
        return [f"http://127.0.0.1:{service.port}" for service in self.services]


@pytest.fixture(scope="module")
async def pair(postgres: EmbeddedPostgres, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Pair]:
    """Both up and ready."""
    folder: Path = tmp_path_factory.mktemp("pair")
    for parent in (folder, *folder.parents[:3]):
        parent.chmod(0o755) if parent.stat().st_uid == 0 and parent.name.startswith("pytest") else None
    valkey = EmbeddedValkey(folder / "valkey")
    await valkey.start()
    services = []
    for n in range(2):
        port = free_port()
        env = {
            "PATH": "/usr/bin:/bin",
            "PYTHONPATH": str(ROOT / "src"),
            "ENV": "test",
            "NEXUS_HOST": "127.0.0.1",
            "ORCHESTRATOR_SERVICE_PORT": str(port),
            "POSTGRES_DSN": postgres.app_dsn,
            "REDIS_URL": valkey.url,
            "INTERNAL_API_TOKEN": INTERNAL_TOKEN,
            "ADMIN_TOKEN": ADMIN_TOKEN,
            "ENCRYPTION_KEY": ENCRYPTION_KEY,
            "NEXUS_DATA_DIR": str(folder),
        }
        services.append(Service("orchestrator-service", port, env, folder / f"orchestrator-{n}.log"))
        services[-1].start()
    try:
        for service in services:
            await service.ready()
        yield Pair(services, valkey)
    finally:
        for service in services:
            service.stop()
        await valkey.stop()


async def has_heard(view: View, count: int, within: float = 10.0) -> list[tuple[str, list[Any]]]:
    """What the view heard, once it is at least so much and nothing more came in the moment after."""

    async def enough() -> bool:
        return len(view.heard) >= count

    await eventually(enough, within=within, every=0.05, what=f"{count} events, heard {view.heard}")
    await asyncio.sleep(0.3)
    return view.heard
