"""tiendanube-service in this process, on the session's PostgreSQL, before the sandbox's shops."""

import asyncio
import itertools
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from nexus.embedded.postgres import EmbeddedPostgres
from nexus.runtime.settings import Settings
from nexus.sandbox.__main__ import SandboxServer, server_config
from nexus.store.credentials import set_credentials
from nexus.store.database import Pool
from nexus.store.secrets import Vault
from nexus.store.tenants import create_tenant
from nexus.tiendanube_service.main import build_app
from tests.service import NO_TLS
from tests.system import ENCRYPTION_KEY, INTERNAL_TOKEN

VAULT = Vault(ENCRYPTION_KEY)
_numbers = itertools.count(5491160000000)
_stores = itertools.count(8800001)


@pytest.fixture(scope="package")
async def world() -> AsyncIterator[httpx.AsyncClient]:
    """The sandbox's control API."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SANDBOX_SMTP_PORT", "0")
        patch.delenv("SANDBOX_DATA_DIR", raising=False)
        server = SandboxServer(server_config(0))
        listener = socket.create_server(("127.0.0.1", 0))
        serving = asyncio.create_task(server.serve(sockets=[listener]))
        while not server.started:
            await asyncio.sleep(0.01)
    address = f"http://127.0.0.1:{listener.getsockname()[1]}"
    async with httpx.AsyncClient(verify=NO_TLS, base_url=address, timeout=20, trust_env=False) as client:
        yield client
    server.should_exit = True
    await serving


@pytest.fixture(scope="package")
async def settings(world: httpx.AsyncClient, postgres: EmbeddedPostgres) -> Settings:
    """What the service is started with; without Redis, which it can do without."""
    return Settings(
        _env_file=None,
        postgres_dsn=postgres.app_dsn,
        redis_url="",
        internal_api_token=INTERNAL_TOKEN,
        encryption_key=ENCRYPTION_KEY,
        tiendanube_base_url=str(world.base_url).rstrip("/") + "/tiendanube",
    )


@asynccontextmanager
async def running(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    """A client of the app, whose lifespan runs."""
    transport = httpx.ASGITransport(app=app)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=transport, base_url="http://tiendanube-service") as client,
    ):
        yield client


@pytest.fixture(scope="package")
async def service(settings: Settings) -> AsyncIterator[httpx.AsyncClient]:
    """A client of the running service."""
    async with running(build_app(settings)) as client:
        yield client


@dataclass(frozen=True)
class Shop:
    """A tenant and its shop in the sandbox."""

    tenant_id: int
    store_id: str
    world: httpx.AsyncClient

    async def fault(self, kind: str, **more: Any) -> None:
        """The shop misbehaves so until the test is over."""
        body = {"target": "tiendanube", "kind": kind, "times": -1, "match": {"store_id": self.store_id}, **more}
        (await self.world.post("/sandbox/faults", json=body)).raise_for_status()

    async def call(self, client: httpx.AsyncClient, tool: str, **body: Any) -> httpx.Response:
        """As a server of v2 calls the tool."""
        headers = {"X-Internal-Token": INTERNAL_TOKEN, "X-Tenant-ID": str(self.tenant_id)}
        return await client.post(f"/tools/{tool}", json=body, headers=headers)


async def new_shop(world: httpx.AsyncClient, pool: Pool, *, connected: bool = True, **content: Any) -> Shop:
    """A tenant of its own with the demo's catalogue, or with `content`; its token opens its shop and no other."""
    store_id = str(next(_stores))
    token = f"token-of-{store_id}"
    made = await world.post("/sandbox/shops", json={"store_id": store_id, "access_token": token, **content})
    made.raise_for_status()
    tenant_id = await create_tenant(pool, "Danza Sur", f"+{next(_numbers)}")
    if connected:
        await set_credentials(tenant_id, pool, VAULT, "tiendanube", {"store_id": store_id, "access_token": token})
    return Shop(tenant_id, store_id, world)


@pytest.fixture(scope="package")
async def shop(world: httpx.AsyncClient, pool: Pool) -> Shop:
    """A shop that is well."""
    return await new_shop(world, pool)


@pytest.fixture
async def troubled(world: httpx.AsyncClient, pool: Pool) -> AsyncIterator[Shop]:
    """A shop of the test's own; what ails it ends with the test."""
    yield await new_shop(world, pool)
    (await world.delete("/sandbox/faults")).raise_for_status()
