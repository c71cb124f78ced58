"""Answers that the team writes again and again, by their shortcut."""

from typing import Any

import asyncpg

from nexus.store.database import Pool, records, tenant_transaction


class ShortcutExistsError(RuntimeError):
    """The shop has a canned reply of that shortcut."""


async def list_replies(tenant_id: int, pool: Pool) -> list[dict[str, Any]]:
    """{id, shortcut, text}, by shortcut."""
    async with tenant_transaction(tenant_id, pool) as conn:
        rows = await conn.fetch('select id, shortcut, text from canned_replies order by shortcut collate "C"')
    return records(rows)


async def add_reply(tenant_id: int, pool: Pool, shortcut: str, text: str) -> dict[str, Any]:
    """Keep a new one. Raises ShortcutExistsError."""
    try:
        async with tenant_transaction(tenant_id, pool) as conn:
            row = await conn.fetchrow(
                """insert into canned_replies (tenant_id, shortcut, text) values ($1, $2, $3)
                   returning id, shortcut, text""",
                tenant_id,
                shortcut,
                text,
            )
    except asyncpg.UniqueViolationError as error:
        raise ShortcutExistsError(shortcut) from error
    return dict(row) if row else {}


async def change_reply(tenant_id: int, pool: Pool, reply_id: int, shortcut: str, text: str) -> dict[str, Any] | None:
    """The reply as it is now; None when there is no such one. Raises ShortcutExistsError."""
    try:
        async with tenant_transaction(tenant_id, pool) as conn:
            row = await conn.fetchrow(
                """update canned_replies set shortcut = $2, text = $3, updated_at = clock_timestamp() where id = $1
                   returning id, shortcut, text""",
                reply_id,
                shortcut,
                text,
            )
    except asyncpg.UniqueViolationError as error:
        raise ShortcutExistsError(shortcut) from error
    return dict(row) if row else None


async def delete_reply(tenant_id: int, pool: Pool, reply_id: int) -> bool:
    """Forget it; False when there is no such one."""
    async with tenant_transaction(tenant_id, pool) as conn:
        gone: bool | None = await conn.fetchval("delete from canned_replies where id = $1 returning true", reply_id)
    return bool(gone)
