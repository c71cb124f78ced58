"""Who changed what in a shop; the rows are written by the triggers of migration 0008, and only read here."""

import json
from typing import Any

from nexus.store.database import Pool, records, tenant_transaction


async def list_changes(
    tenant_id: int,
    pool: Pool,
    *,
    before: int | None = None,
    actor: str | None = None,
    subject: str | None = None,
    limit: int = 50,
) -> list[dict[str, Any]]:
    """Newest first, at most `limit`, older than row id `before`; `actor` and `subject` are whole words."""
    async with tenant_transaction(tenant_id, pool) as conn:
        rows = await conn.fetch(
            """select id, created_at, actor, action, subject, subject_id, changes, correlation_id from audit_log
               where tenant_id = $1 and ($2::bigint is null or id < $2) and ($3::text is null or actor = $3)
                 and ($4::text is null or subject = $4)
               order by id desc limit $5""",
            tenant_id,
            before,
            actor,
            subject,
            limit,
        )
    return [row | {"changes": json.loads(row["changes"])} for row in records(rows)]
