"""What `/ready` says (S-064)."""

from nexus.runtime.cache import Cache
from nexus.store.database import UNREACHABLE, Pool, StatementError
from nexus.store.migrate import schema_state


async def readiness(pool: Pool, cache: Cache) -> dict[str, str]:
    """{"database": ok | down | schema_behind | schema_ahead, "redis": ok | degraded}; nothing is lost without Redis."""
    try:
        database = await schema_state(pool)
    except (*UNREACHABLE, StatementError):
        database = "down"
    return {"database": database, "redis": "ok" if await cache.ping() else "degraded"}
