"""system_events: what an operator should know happened (S-069). No message text, no secret, phones masked."""

import json
from typing import Any

from nexus.store.database import Connection, Pool, records, tenant_transaction


async def record_event(
    tenant_id: int | None,
    conn: Connection,
    level: str,
    event_type: str,
    message: str,
    metadata: dict[str, Any] | None = None,
    correlation_id: str | None = None,
) -> None:
    """Add an event inside the caller's transaction; level is info, warn or error."""
    await conn.execute(
        """insert into system_events (tenant_id, level, event_type, message, metadata, correlation_id)
           values ($1, $2, $3, $4, $5::jsonb, $6)""",
        tenant_id,
        level,
        event_type,
        message,
        json.dumps(metadata or {}, default=str),
        correlation_id,
    )


async def add_event(
    tenant_id: int | None,
    pool: Pool,
    level: str,
    event_type: str,
    message: str,
    metadata: dict[str, Any] | None = None,
    correlation_id: str | None = None,
) -> None:
    """Add an event in its own transaction; tenant None is the platform's own."""
    async with pool.acquire(timeout=5) as conn, conn.transaction():
        await conn.execute("select set_config('nexus.tenant_id', $1, true)", str(tenant_id or ""))
        await record_event(tenant_id, conn, level, event_type, message, metadata, correlation_id)


async def list_events(
    tenant_id: int,
    pool: Pool,
    *,
    level: str | None = None,
    event_type: str | None = None,
    correlation_id: str | None = None,
    before: int | None = None,
    limit: int = 50,
) -> list[dict[str, Any]]:
    """Newest first, at most `limit`, older than event id `before`."""
    async with tenant_transaction(tenant_id, pool) as conn:
        rows = await conn.fetch(
            """select id, level, event_type, message, metadata, correlation_id, created_at from system_events
               where tenant_id = $1 and ($2::text is null or level = $2) and ($3::text is null or event_type = $3)
                 and ($4::text is null or correlation_id = $4) and ($5::int is null or id < $5)
               order by id desc limit $6""",
            tenant_id,
            level,
            event_type,
            correlation_id,
            before,
            limit,
        )
    return [row | {"metadata": json.loads(row["metadata"])} for row in records(rows)]
