"""The WhatsApp Service alone, on its own PostgreSQL, which these tests may stop."""

import asyncio
import secrets
from collections.abc import AsyncIterator

import httpx
import pytest
import uvicorn

from nexus.embedded.postgres import EmbeddedPostgres
from nexus.embedded.valkey import EmbeddedValkey
from nexus.runtime.settings import Settings
from nexus.store.credentials import set_credentials
from nexus.store.database import Pool, open_pool
from nexus.store.migrate import migrate
from nexus.store.secrets import Vault
from nexus.store.tenants import create_tenant
from nexus.whatsapp_service.main import build_app
from tests.conftest import _folder
from tests.integration.webhook.caller import Caller, new_number
from tests.service import NO_TLS, eventually
from tests.system import ENCRYPTION_KEY, INTERNAL_TOKEN, free_port

VAULT = Vault(ENCRYPTION_KEY)


@pytest.fixture(scope="package")
async def own_postgres(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[EmbeddedPostgres]:
    """A migrated PostgreSQL for this folder alone."""
    server = EmbeddedPostgres(_folder(tmp_path_factory, "webhook-postgres"))
    await server.start()
    await migrate(server.owner_dsn)
    yield server
    await server.stop()


@pytest.fixture(scope="package")
async def own_pool(own_postgres: EmbeddedPostgres) -> AsyncIterator[Pool]:
    """As the service connects."""
    opened = await open_pool(own_postgres.app_dsn, "tests")
    yield opened
    await opened.close()


@pytest.fixture(scope="package")
async def client(
    own_postgres: EmbeddedPostgres, valkey: EmbeddedValkey, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[httpx.AsyncClient]:
    """A client of the running service; its relay and outbox find nobody at the other end."""
    port, nobody = free_port(), free_port()
    settings = Settings(
        _env_file=None,
        postgres_dsn=own_postgres.app_dsn,
        redis_url=valkey.url,
        nexus_data_dir=tmp_path_factory.mktemp("data"),
        internal_api_token=INTERNAL_TOKEN,
        encryption_key=ENCRYPTION_KEY,
        orchestrator_service_port=nobody,
        ycloud_base_url=f"http://127.0.0.1:{nobody}",
        whatsapp_debounce_seconds=50,
        whatsapp_debounce_max_seconds=50,
    )
    config = uvicorn.Config(build_app(settings), port=port, log_config=None, access_log=False, http="httptools")
    server = uvicorn.Server(config)
    serving = asyncio.create_task(server.serve())

    async def started() -> bool:
        return server.started or serving.done()

    await eventually(started, what="the service")
    async with httpx.AsyncClient(
        verify=NO_TLS, base_url=f"http://127.0.0.1:{port}", timeout=30, trust_env=False
    ) as opened:
        yield opened
    server.should_exit = True
    await serving


async def new_caller(client: httpx.AsyncClient, pool: Pool, postgres: EmbeddedPostgres) -> Caller:
    """A tenant with its number and webhook secret."""
    number, secret = new_number(), f"whsec_{secrets.token_hex(12)}"
    tenant_id = await create_tenant(pool, "Danza Sur", number)
    await set_credentials(tenant_id, pool, VAULT, "ycloud", {"webhook_secret": secret})
    return Caller(client, postgres.superuser_dsn.rsplit("/", 1)[0] + "/nexus", tenant_id, number, secret)


@pytest.fixture
async def caller(client: httpx.AsyncClient, own_pool: Pool, own_postgres: EmbeddedPostgres) -> AsyncIterator[Caller]:
    """A tenant of this test alone; afterwards the service still takes its messages."""
    made = await new_caller(client, own_pool, own_postgres)
    yield made
    assert (await client.get("/health")).status_code == 200
    assert await made.status(made.text("después de todo")) == "accepted"


@pytest.fixture
async def other(client: httpx.AsyncClient, own_pool: Pool, own_postgres: EmbeddedPostgres) -> Caller:
    """Its neighbour, with another secret."""
    return await new_caller(client, own_pool, own_postgres)
