"""Messages that no burst asked for: the panel's and `POST /messages/send`'s bubbles on their way to the outbox."""

import json
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from nexus.store.database import Connection, Pool, notify_work, one, tenant_transaction
from nexus.store.lockout import begin_lockout


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A bubble to queue; `message_type` is text, image (content = URL) or template (payload holds it)."""

    message_type: str
    content: str
    client_ref: str
    payload: dict[str, Any] | None = None
    correlation_id: str | None = None


async def queue_for_address(
    tenant_id: int, pool: Pool, address: str, external_user_id: str, outgoing: Outgoing
) -> tuple[UUID, str]:
    """Queue a bubble of the shop's own systems, once per ref; it neither pauses the bot nor is stopped by a lockout.

    Returns the message id and its state.
    """
    async with tenant_transaction(tenant_id, pool) as conn:
        conversation_id = await conn.fetchval(
            """insert into chat_conversations as c (tenant_id, channel, external_user_id, wa_address)
               values ($1, 'whatsapp', $2, $3)
               on conflict (tenant_id, channel, external_user_id) do update
                   set wa_address = coalesce(c.wa_address, excluded.wa_address)
               returning id""",
            tenant_id,
            external_user_id,
            address,
        )
        return await _queue(tenant_id, conn, conversation_id, outgoing, author="bot", kind="api")


async def queue_reminder(tenant_id: int, conn: Connection, conversation_id: UUID, outgoing: Outgoing) -> UUID:
    """Queue a reminder in the caller's transaction, once per ref; no lockout stops it. Returns its message id."""
    message_id, _ = await _queue(tenant_id, conn, conversation_id, outgoing, author="bot", kind="api")
    return message_id


async def queue_manual(
    tenant_id: int, pool: Pool, conversation_id: UUID, outgoing: Outgoing
) -> tuple[UUID, str] | None:
    """A person's message from the panel: pauses the bot for the tenant's hours (S-086) and clears "needs a person".

    Once per ref, for a repeat neither sends nor pauses again. None when there is no such conversation.
    """
    async with tenant_transaction(tenant_id, pool) as conn:
        if not await conn.fetchval("select 1 from chat_conversations where id = $1 for update", conversation_id):
            return None
        known = await conn.fetchrow(
            "select id, provider_status from chat_messages where client_ref = $1", f"panel:{outgoing.client_ref}"
        )
        if known:
            return known["id"], known["provider_status"]
        hours = await conn.fetchval("select lockout_hours from tenants where id = $1", tenant_id)
        await begin_lockout(tenant_id, conn, conversation_id, "panel_message", hours=hours)
        await conn.execute(
            """update chat_conversations set needs_human_since = null, needs_human_reason = null, unread = 0
               where id = $1""",
            conversation_id,
        )
        return await _queue(tenant_id, conn, conversation_id, outgoing, author="human", kind="manual")


async def _queue(
    tenant_id: int, conn: Connection, conversation_id: UUID, outgoing: Outgoing, *, author: str, kind: str
) -> tuple[UUID, str]:
    prefix = "panel" if kind == "manual" else "api"
    row = await conn.fetchrow(
        """insert into chat_messages as m (tenant_id, conversation_id, role, author, kind, message_type, content,
                                           payload, delivery, client_ref, provider_status, correlation_id)
           values ($1, $2, 'assistant', $3, $4, $5, $6, $7::jsonb, 'outbox', $8, 'pending', $9)
           on conflict (tenant_id, client_ref) do nothing
           returning id, provider_status""",
        tenant_id,
        conversation_id,
        author,
        kind,
        outgoing.message_type,
        outgoing.content,
        json.dumps(outgoing.payload) if outgoing.payload else None,
        f"{prefix}:{outgoing.client_ref}",
        outgoing.correlation_id,
    )
    if row is None:
        row = await one(
            conn,
            "select id, provider_status from chat_messages where client_ref = $1",
            f"{prefix}:{outgoing.client_ref}",
        )
        return row["id"], row["provider_status"]
    await conn.execute(
        """update chat_conversations
           set outbox_due_at = clock_timestamp(), last_message_at = clock_timestamp(),
               last_message_preview = left($2, 160),
               revision = revision + 1
           where id = $1""",
        conversation_id,
        "Foto" if outgoing.message_type == "image" else outgoing.content,
    )
    await notify_work(conn)
    return row["id"], row["provider_status"]
