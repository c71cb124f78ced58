"""Two shops on a real PostgreSQL, entered as the services enter it, watched by a superuser."""

from collections.abc import AsyncIterator

import asyncpg
import pytest

from nexus.embedded.postgres import EmbeddedPostgres
from nexus.store.database import Connection, Pool
from nexus.store.tenants import create_tenant
from tests.integration.store.room import Room, new_number


@pytest.fixture(scope="session")
def root_dsn(postgres: EmbeddedPostgres) -> str:
    """The superuser in our own database."""
    return postgres.superuser_dsn.rsplit("/", 1)[0] + "/nexus"


@pytest.fixture
async def root(root_dsn: str) -> AsyncIterator[Connection]:
    """A superuser's connection; row-level security does not bind it."""
    conn = await asyncpg.connect(root_dsn)
    yield conn
    await conn.close()


@pytest.fixture(autouse=True)
async def nothing_due(root: Connection) -> None:
    """Claims look across tenants: what earlier tests left due is not this one's."""
    await leave_nothing_due(root)


async def leave_nothing_due(root: Connection) -> None:
    await root.execute(
        """update chat_conversations set due_at = null, waiting_since = null, active_burst_id = null, retry_at = null,
               lease_until = null, outbox_due_at = null, outbox_owner = null, outbox_lease_until = null
           where num_nonnulls(due_at, waiting_since, active_burst_id, retry_at, lease_until, outbox_due_at,
                              outbox_owner, outbox_lease_until) > 0"""
    )


@pytest.fixture
async def room(pool: Pool, root: Connection) -> Room:
    """A shop of this test alone."""
    number = new_number()
    return Room(await create_tenant(pool, "Danza Sur", number), number, pool, root)


@pytest.fixture
async def other(pool: Pool, root: Connection) -> Room:
    """Its neighbour."""
    number = new_number()
    return Room(await create_tenant(pool, "Patín Norte", number), number, pool, root)


@pytest.fixture
def customer() -> str:
    """A customer of this test alone."""
    return new_number()
