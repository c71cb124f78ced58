"""What only the sender knows survives a restart of PostgreSQL."""

import asyncio

from nexus.embedded.postgres import EmbeddedPostgres
from nexus.store.database import Pool
from nexus.store.patience import through_restart


async def test_a_write_waits_for_the_database_to_be_back(own_pool: Pool, own_postgres: EmbeddedPostgres) -> None:
    own_postgres.kill()
    await own_postgres.wait()
    writing = asyncio.create_task(through_restart(lambda: own_pool.fetchval("select 'written'")))
    await asyncio.sleep(0.3)
    assert not writing.done()
    await own_postgres.start()
    assert await writing == "written"
