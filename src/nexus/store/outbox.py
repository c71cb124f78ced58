"""Bubbles on their way out: one sender per conversation, oldest first, one in flight (architecture.md 4)."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from nexus.store.database import Connection, Pool, Row, tenant_transaction
from nexus.store.events import record_event

LEASE = timedelta(seconds=30)
SENDING_LIMIT = timedelta(seconds=15)
"""Longer than the POST's own deadline (10 s): a row still `sending` past it lost its sender."""
UNKNOWN_WAIT = timedelta(seconds=15)
"""How long later bubbles of a reply wait for a status to settle an `unknown` one."""


@dataclass(frozen=True, slots=True)
class Bubble:
    """One message to send now; its row is `sending` and its external id is reserved."""

    id: UUID
    tenant_id: int
    conversation_id: UUID
    external_id: str
    from_number: str
    to_address: str | None
    to_user_id: str | None
    message_type: str
    content: str
    payload: str | None
    attempts: int
    correlation_id: str | None


async def claim_outbox(pool: Pool, owner: str, limit: int) -> list[tuple[int, UUID]]:
    """Up to `limit` (tenant, conversation) with bubbles due, leased to this sender."""
    async with pool.acquire(timeout=5) as conn:
        rows = await conn.fetch("select * from claim_outbox($1, $2, $3)", owner, limit, LEASE)
    return [(row["tenant_id"], row["conversation_id"]) for row in rows]


async def take_bubble(tenant_id: int, pool: Pool, conversation_id: UUID, owner: str) -> Bubble | None:
    """Mark the next bubble `sending` and return it; None when nothing may go now, and the conversation is let go.

    Rows that a dead sender left `sending` become `unknown`; a bot's bubble is `discarded` when a lockout began after
    it was made and by another cause than its own burst.
    """
    async with tenant_transaction(tenant_id, pool) as conn:
        conversation = await conn.fetchrow(
            """select c.*, t.bot_phone_number from chat_conversations c join tenants t on t.id = c.tenant_id
               where c.id = $1 and c.outbox_owner = $2 for update of c""",
            conversation_id,
            owner,
        )
        if conversation is None:
            return None
        await _settle_expired(tenant_id, conn, conversation_id)
        await _discard_silenced(tenant_id, conn, conversation)
        unsent = await conn.fetch(
            """select *, clock_timestamp() as now from chat_messages
               where conversation_id = $1 and provider_status in ('pending', 'sending', 'unknown') order by seq""",
            conversation_id,
        )
        wait_until = _must_wait_until(unsent)
        pending = next((row for row in unsent if row["provider_status"] == "pending"), None)
        if pending is None or wait_until is not None:
            await _release(tenant_id, conn, conversation_id, wait_until)
            return None
        return await _mark_sending(tenant_id, conn, conversation, pending)


def _must_wait_until(unsent: list[Row]) -> Any:
    """When the oldest pending bubble may go, if not now: after one in flight, an unsettled one, or its own backoff."""
    pending = next((row for row in unsent if row["provider_status"] == "pending"), None)
    for row in unsent:
        if row["provider_status"] == "sending":
            return row["sending_until"]
        if pending is None:
            continue
        same_reply = row["burst_id"] is not None and row["burst_id"] == pending["burst_id"]
        if row["provider_status"] == "unknown" and same_reply and row["status_at"] + UNKNOWN_WAIT > row["now"]:
            return row["status_at"] + UNKNOWN_WAIT
    if pending is not None and pending["next_attempt_at"] and pending["next_attempt_at"] > pending["now"]:
        return pending["next_attempt_at"]
    return None


async def _settle_expired(tenant_id: int, conn: Connection, conversation_id: UUID) -> None:
    lost = await conn.fetch(
        """update chat_messages set provider_status = 'unknown', status_at = clock_timestamp()
           where conversation_id = $1 and provider_status = 'sending' and sending_until < clock_timestamp()
           returning id, correlation_id""",
        conversation_id,
    )
    for row in lost:
        await _record_unknown(tenant_id, conn, row["id"], row["correlation_id"], "sender_died")
    if lost:
        await _touch(tenant_id, conn, conversation_id)


async def _discard_silenced(tenant_id: int, conn: Connection, conversation: Row) -> None:
    silenced = await conn.execute(
        """update chat_messages m set provider_status = 'discarded', status_at = clock_timestamp(),
                                      status_code = 'lockout'
           where m.tenant_id = $1 and m.conversation_id = $2 and m.provider_status = 'pending'
             and m.author = 'bot' and m.kind in ('reply', 'apology')
             and $3::timestamptz > clock_timestamp() and $4::timestamptz > m.created_at
             and $5::uuid is distinct from m.burst_id""",
        tenant_id,
        conversation["id"],
        conversation["human_override_until"],
        conversation["override_since"],
        conversation["override_burst_id"],
    )
    if silenced != "UPDATE 0":
        await _touch(tenant_id, conn, conversation["id"])


async def _mark_sending(tenant_id: int, conn: Connection, conversation: Row, row: Row) -> Bubble:
    external_id = f"nx:{tenant_id}:{row['id']}"
    attempts = await conn.fetchval(
        """update chat_messages set provider_status = 'sending', attempts = attempts + 1, external_id = $2,
               sending_until = clock_timestamp() + $3, status_at = clock_timestamp()
           where id = $1 returning attempts""",
        row["id"],
        external_id,
        SENDING_LIMIT,
    )
    await conn.execute(
        "update chat_conversations set outbox_lease_until = clock_timestamp() + $2 where id = $1",
        conversation["id"],
        LEASE,
    )
    return Bubble(
        id=row["id"],
        tenant_id=tenant_id,
        conversation_id=conversation["id"],
        external_id=external_id,
        from_number=conversation["bot_phone_number"],
        to_address=conversation["wa_address"],
        to_user_id=conversation["user_scoped_id"],
        message_type=row["message_type"],
        content=row["content"],
        payload=row["payload"],
        attempts=attempts,
        correlation_id=row["correlation_id"],
    )


async def _release(tenant_id: int, conn: Connection, conversation_id: UUID, again_at: Any) -> None:
    """Let the conversation's outbox go, due again at `again_at`; the relay may be waiting for exactly this."""
    await conn.execute(
        """update chat_conversations set outbox_owner = null, outbox_lease_until = null, outbox_due_at = $3
           where tenant_id = $1 and id = $2""",
        tenant_id,
        conversation_id,
        again_at,
    )
    if again_at is None:
        await conn.execute("select pg_notify('nexus_work', '')")


async def mark_sent(tenant_id: int, pool: Pool, bubble: Bubble, provider_id: str | None, wamid: str | None) -> None:
    """The provider accepted it. A status event may have moved the row on already: then only the ids are added."""
    async with tenant_transaction(tenant_id, pool) as conn:
        await _touch(tenant_id, conn, bubble.conversation_id)
        await conn.execute(
            """update chat_messages
               set provider_status = case when provider_status in ('sending', 'unknown') then 'sent'
                                          else provider_status end,
                   status_at = clock_timestamp(), sent_at = coalesce(sent_at, clock_timestamp()),
                   provider = 'ycloud', provider_id = coalesce(provider_id, $2),
                   provider_message_id = coalesce(provider_message_id, $3)
               where id = $1""",
            bubble.id,
            provider_id,
            wamid,
        )


async def mark_again(
    tenant_id: int, pool: Pool, bubble: Bubble, after_seconds: float, code: str, *, uses_attempt: bool
) -> None:
    """Known not to have been accepted: back to `pending`, due after the pause."""
    async with tenant_transaction(tenant_id, pool) as conn:
        await _touch(tenant_id, conn, bubble.conversation_id)
        await conn.execute(
            """update chat_messages set provider_status = 'pending', status_at = clock_timestamp(), status_code = $2,
                   next_attempt_at = clock_timestamp() + make_interval(secs => $3),
                   attempts = attempts - $4
               where id = $1 and provider_status = 'sending'""",
            bubble.id,
            code,
            after_seconds,
            0 if uses_attempt else 1,
        )


async def mark_failed(tenant_id: int, pool: Pool, bubble: Bubble, code: str, message: str) -> None:
    """Refused for good: the operator is told, the conversation waits for a person."""
    async with tenant_transaction(tenant_id, pool) as conn:
        await _touch(tenant_id, conn, bubble.conversation_id)
        failed = await conn.fetchval(
            """update chat_messages set provider_status = 'failed', status_at = clock_timestamp(), status_code = $2,
                   status_message = $3
               where id = $1 and provider_status = 'sending' returning true""",
            bubble.id,
            code,
            message,
        )
        if not failed:
            return
        await conn.execute(
            """update chat_conversations set needs_human_since = coalesce(needs_human_since, clock_timestamp()),
                   needs_human_reason = coalesce(needs_human_reason, 'send_failed'), revision = revision + 1
               where id = $1""",
            bubble.conversation_id,
        )
        await record_event(
            tenant_id,
            conn,
            "error",
            "send_failed",
            "WhatsApp no aceptó un mensaje",
            {"message_id": bubble.id, "code": code},
            bubble.correlation_id,
        )


async def mark_unknown(tenant_id: int, pool: Pool, bubble: Bubble, reason: str) -> None:
    """Nobody knows whether it was accepted: never sent again by itself."""
    async with tenant_transaction(tenant_id, pool) as conn:
        await _touch(tenant_id, conn, bubble.conversation_id)
        changed = await conn.fetchval(
            """update chat_messages set provider_status = 'unknown', status_at = clock_timestamp(), status_code = $2
               where id = $1 and provider_status = 'sending' returning true""",
            bubble.id,
            reason,
        )
        if changed:
            await _record_unknown(tenant_id, conn, bubble.id, bubble.correlation_id, reason)


async def _touch(tenant_id: int, conn: Connection, conversation_id: UUID) -> None:
    """Conversation row first, always: writers that lock in another order deadlock. Each call is a change to show."""
    await conn.execute(
        "update chat_conversations set revision = revision + 1 where tenant_id = $1 and id = $2",
        tenant_id,
        conversation_id,
    )


async def _record_unknown(
    tenant_id: int, conn: Connection, message_id: UUID, correlation_id: str | None, reason: str
) -> None:
    await record_event(
        tenant_id,
        conn,
        "warn",
        "send_unknown",
        "No se sabe si WhatsApp aceptó un mensaje; no se reenvía solo",
        {"message_id": message_id, "reason": reason},
        correlation_id,
    )
