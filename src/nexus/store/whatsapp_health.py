"""What is known of the number, its account, its templates, its webhook and the key to them (whatsapp_health)."""

import json
from typing import Any

from nexus.store.database import Connection, Pool, Row, records, tenant_transaction
from nexus.store.events import record_event


async def list_health(tenant_id: int, pool: Pool) -> list[dict[str, Any]]:
    """Every state that was ever told, the worst and then the newest first."""
    async with tenant_transaction(tenant_id, pool) as conn:
        rows = await conn.fetch(
            """select subject, key, level, code, details, since, updated_at from whatsapp_health
               order by case level when 'error' then 0 when 'warn' then 1 else 2 end, since desc, subject, key"""
        )
    return [row | {"details": json.loads(row["details"])} for row in records(rows)]


async def note_health(
    tenant_id: int,
    pool: Pool,
    subject: str,
    key: str,
    level: str,
    code: str,
    details: dict[str, Any] | None = None,
    *,
    over: tuple[str, ...] | None = None,
) -> bool:
    """Write a state; whether it is another than before. With `over` it is written only over nothing or these codes.

    A change for the worse is one event of the log, however many find it out at once.
    """
    async with tenant_transaction(tenant_id, pool) as conn:
        if _says(await _known(tenant_id, conn, subject, key), level, code):
            await _touch(tenant_id, conn, subject, key)
            return False
        lock = f"health:{tenant_id}:{subject}:{key}"
        await conn.execute("select pg_advisory_xact_lock(hashtextextended($1, 0))", lock)
        before = await _known(tenant_id, conn, subject, key)
        stays = before is not None and over is not None and before["code"] not in over
        if stays or _says(before, level, code):
            return False
        await conn.execute(
            """insert into whatsapp_health as h (tenant_id, subject, key, level, code, details)
               values ($1, $2, $3, $4, $5, $6::jsonb)
               on conflict (tenant_id, subject, key) do update
                   set level = excluded.level, code = excluded.code, details = excluded.details,
                       since = clock_timestamp(), updated_at = clock_timestamp()""",
            tenant_id,
            subject,
            key,
            level,
            code,
            json.dumps(details or {}, default=str),
        )
        if level != "ok":
            text = "WhatsApp o YCloud no andan como deberían"
            await record_event(
                tenant_id, conn, level, "whatsapp_health", text, {"subject": subject, "key": key, "code": code}
            )
    return True


async def _known(tenant_id: int, conn: Connection, subject: str, key: str) -> Row | None:
    return await conn.fetchrow(
        "select level, code from whatsapp_health where tenant_id = $1 and subject = $2 and key = $3",
        tenant_id,
        subject,
        key,
    )


def _says(known: Row | None, level: str, code: str) -> bool:
    return known is not None and (known["level"], known["code"]) == (level, code)


async def _touch(tenant_id: int, conn: Connection, subject: str, key: str) -> None:
    """Seen again; once a minute is enough to know, however often it is said."""
    await conn.execute(
        """update whatsapp_health set updated_at = clock_timestamp()
           where tenant_id = $1 and subject = $2 and key = $3
             and updated_at < clock_timestamp() - interval '1 minute'""",
        tenant_id,
        subject,
        key,
    )
