"""Labels of a shop, and which chats have them."""

from typing import Any
from uuid import UUID

import asyncpg

from nexus.store.database import Pool, records, tenant_transaction


class LabelExistsError(RuntimeError):
    """The shop has a label of that name, whatever its case."""


class UnknownLabelError(RuntimeError):
    """One of the labels is none of the shop's."""


async def list_labels(tenant_id: int, pool: Pool) -> list[dict[str, Any]]:
    """{id, name, chats}: by name, with how many chats have it."""
    async with tenant_transaction(tenant_id, pool) as conn:
        rows = await conn.fetch(
            """select l.id, l.name, (select count(*) from conversation_labels x
                                     where x.tenant_id = l.tenant_id and x.label_id = l.id) as chats
               from labels l order by lower(l.name)"""
        )
    return records(rows)


async def add_label(tenant_id: int, pool: Pool, name: str) -> dict[str, Any]:
    """Make a label. Raises LabelExistsError."""
    try:
        async with tenant_transaction(tenant_id, pool) as conn:
            row = await conn.fetchrow(
                "insert into labels (tenant_id, name) values ($1, $2) returning id, name, 0 as chats", tenant_id, name
            )
    except asyncpg.UniqueViolationError as error:
        raise LabelExistsError(name) from error
    return dict(row) if row else {}


async def rename_label(tenant_id: int, pool: Pool, label_id: int, name: str) -> dict[str, Any] | None:
    """The label under its new name; None when there is no such label. Raises LabelExistsError."""
    try:
        async with tenant_transaction(tenant_id, pool) as conn:
            row = await conn.fetchrow(
                """update labels l set name = $2 where l.id = $1
                   returning l.id, l.name, (select count(*) from conversation_labels x
                                            where x.tenant_id = l.tenant_id and x.label_id = l.id) as chats""",
                label_id,
                name,
            )
            await conn.execute(_LIST_CHANGED, label_id)
    except asyncpg.UniqueViolationError as error:
        raise LabelExistsError(name) from error
    return dict(row) if row else None


async def delete_label(tenant_id: int, pool: Pool, label_id: int) -> bool:
    """Take the label from every chat and forget it; False when there is no such label."""
    async with tenant_transaction(tenant_id, pool) as conn:
        await conn.execute(_LIST_CHANGED, label_id)
        gone: bool | None = await conn.fetchval("delete from labels where id = $1 returning true", label_id)
    return bool(gone)


async def set_labels(tenant_id: int, pool: Pool, conversation_id: UUID, label_ids: list[int]) -> bool:
    """Give the chat exactly these labels; False when there is no such conversation. Raises UnknownLabelError."""
    try:
        async with tenant_transaction(tenant_id, pool) as conn:
            known = await conn.fetchval(
                """update chat_conversations set changed_xid = pg_current_xact_id(), revision = revision + 1
                   where id = $1 returning true""",
                conversation_id,
            )
            if not known:
                return False
            await conn.execute(
                "delete from conversation_labels where conversation_id = $1 and label_id <> all($2::integer[])",
                conversation_id,
                label_ids,
            )
            await conn.execute(
                """insert into conversation_labels (tenant_id, conversation_id, label_id)
                   select $1, $2, unnest($3::integer[]) on conflict do nothing""",
                tenant_id,
                conversation_id,
                label_ids,
            )
    except asyncpg.ForeignKeyViolationError as error:
        raise UnknownLabelError from error
    return True


# One chat that changed makes the whole list another.
_LIST_CHANGED = """update chat_conversations set changed_xid = pg_current_xact_id()
    where id = (select conversation_id from conversation_labels where label_id = $1 limit 1)"""
