"""What `/ready` says (S-064)."""

from nexus.runtime.cache import Cache
from nexus.store.database import UNREACHABLE, Pool, StatementError
from nexus.store.migrate import schema_is_current


async def readiness(pool: Pool, cache: Cache) -> dict[str, str]:
    """{"database": ok | down | schema_behind, "redis": ok | degraded}; nothing is lost without Redis."""
    try:
        database = "ok" if await schema_is_current(pool) else "schema_behind"
    except (*UNREACHABLE, StatementError):
        database = "down"
    return {"database": database, "redis": "ok" if await cache.ping() else "degraded"}
