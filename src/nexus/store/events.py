"""system_events: what an operator should know happened (S-069). No message text, no secret, phones masked."""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
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


@dataclass(frozen=True, slots=True)
class EventFilter:
    """Which events are asked for; what is empty or None asks for all.

    `until` is not included; `text` is a part of the message or of the metadata, whatever the case.
    """

    levels: Sequence[str] = ()
    event_types: Sequence[str] = ()
    correlation_id: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    text: str = ""


async def list_events(
    tenant_id: int,
    pool: Pool,
    wanted: EventFilter | None = None,
    *,
    before: int | None = None,
    limit: int = 50,
) -> list[dict[str, Any]]:
    """Newest first, at most `limit`, older than event id `before`."""
    wanted = wanted or EventFilter()
    async with tenant_transaction(tenant_id, pool) as conn:
        rows = await conn.fetch(
            """select id, level, event_type, message, metadata, correlation_id, created_at from system_events
               where tenant_id = $1 and ($2::text[] = '{}' or level = any($2))
                 and ($3::text[] = '{}' or event_type = any($3)) and ($4::text is null or correlation_id = $4)
                 and ($5::timestamptz is null or created_at >= $5) and ($6::timestamptz is null or created_at < $6)
                 and ($7 = '' or message ilike $7 or metadata::text ilike $7) and ($8::int is null or id < $8)
               order by id desc limit $9""",
            tenant_id,
            list(wanted.levels),
            list(wanted.event_types),
            wanted.correlation_id,
            wanted.since,
            wanted.until,
            f"%{_as_itself(wanted.text)}%" if wanted.text else "",
            before,
            limit,
        )
    return [row | {"metadata": json.loads(row["metadata"])} for row in records(rows)]


async def count_event_types(tenant_id: int, pool: Pool) -> list[dict[str, Any]]:
    """{event_type, count} of every type that the tenant has, the most frequent first."""
    async with tenant_transaction(tenant_id, pool) as conn:
        rows = await conn.fetch(
            """select event_type, count(*) as count from system_events where tenant_id = $1
               group by event_type order by count desc, event_type""",
            tenant_id,
        )
    return records(rows)


def _as_itself(text: str) -> str:
    """The text as itself inside a LIKE pattern."""
    return re.sub(r"([\\%_])", r"\\\1", text)
