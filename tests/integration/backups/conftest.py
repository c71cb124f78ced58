"""Databases beside the tests' own, in the same server, and the admin API over any of them."""

from __future__ import annotations

import itertools
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import asyncpg
import httpx
import pytest

from nexus.embedded.postgres import EmbeddedPostgres
from nexus.gateways.ycloud.account import YCloudAccount
from nexus.orchestrator_service.admin.router import AdminDeps
from nexus.orchestrator_service.agent.room import AgentRoom
from nexus.runtime.cache import Cache
from nexus.runtime.settings import Settings
from nexus.store.database import Pool, open_pool
from nexus.store.secrets import Vault
from tests.integration.admin.conftest import TOKEN, client_of, edge

MASTER = "master-key-of-these-tests"
_numbers = itertools.count(1)


@dataclass(frozen=True)
class Dsns:
    """How services and migrations reach one database."""

    app: str
    owner: str


@dataclass(frozen=True)
class Room:
    """The admin API over one database and one folder of files."""

    machine: httpx.AsyncClient
    pool: Pool


@pytest.fixture
async def new_database(postgres: EmbeddedPostgres) -> AsyncIterator[Callable[[], Awaitable[Dsns]]]:
    """Makes an empty database of nexus_owner, as a managed PostgreSQL hands one out."""
    admin = await asyncpg.connect(postgres.superuser_dsn)

    async def make() -> Dsns:
        name = f"backups_{next(_numbers)}"
        await admin.execute(f"create database {name} owner nexus_owner")
        return Dsns(*(f"{dsn.rsplit('/', 1)[0]}/{name}" for dsn in (postgres.app_dsn, postgres.owner_dsn)))

    yield make
    # Never dropped: that costs a checkpoint each, and the server ends with the tests.
    await admin.close()


@asynccontextmanager
async def room_over(app_dsn: str, media: Path, cache: Cache) -> AsyncIterator[Room]:
    """Serve the admin API."""
    settings = Settings(_env_file=None, admin_token=TOKEN, nexus_media_dir=media, encryption_key=MASTER)
    pool = await open_pool(app_dsn, "tests", max_size=4)
    agent = AgentRoom(settings, pool, cache, Vault(MASTER))
    account = YCloudAccount(settings)
    app = edge(AdminDeps(pool, cache, Vault(MASTER), settings, agent, account))
    try:
        async with client_of(app, {"X-Admin-Token": TOKEN}) as machine:
            yield Room(machine, pool)
    finally:
        await account.close()
        await agent.close()
        await pool.close()


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Sets what the commands read; None unsets."""

    def put(**given: str | None) -> None:
        for name, value in given.items():
            monkeypatch.delenv(name, raising=False) if value is None else monkeypatch.setenv(name, value)

    put(POSTGRES_DSN=None, POSTGRES_OWNER_DSN=None, NEXUS_MEDIA_DIR=None, NEXUS_BACKUP_KEY=None, ENCRYPTION_KEY=MASTER)
    return put
