"""Bubbles on their way out: one sender per conversation, oldest first, one in flight (architecture.md 4)."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

from nexus.store.database import Connection, Pool, Row, tenant_transaction
from nexus.store.send_limits import Allowance, is_over_budget, use_up
from nexus.store.send_outcomes import Bubble, OutgoingFile, record_unknown, touch

LEASE = timedelta(seconds=30)
SENDING_LIMIT = timedelta(seconds=15)
"""Longer than the POST's own deadline (10 s): a row still `sending` past it lost its sender."""
UNKNOWN_WAIT = timedelta(seconds=15)
"""How long later bubbles of a reply wait for a status to settle an `unknown` one."""


UPLOAD_LIVES = timedelta(days=29)
"""WhatsApp keeps what we gave it for 30 days (ycloud.md 5)."""


async def claim_outbox(pool: Pool, owner: str, limit: int) -> list[tuple[int, UUID]]:
    """Up to `limit` (tenant, conversation) with bubbles due, leased to this sender."""
    async with pool.acquire(timeout=5) as conn:
        rows = await conn.fetch("select * from claim_outbox($1, $2, $3)", owner, limit, LEASE)
    return [(row["tenant_id"], row["conversation_id"]) for row in rows]


async def take_bubble(
    tenant_id: int, pool: Pool, conversation_id: UUID, owner: str, is_ready: Callable[[Bubble], bool] = lambda _: True
) -> Bubble | None:
    """Mark the next bubble `sending` and return it; None when nothing may go now, and the conversation is let go.

    One that is not ready (its file has to be given to WhatsApp first) comes back as it is, not taken. Rows that a dead
    sender left `sending` become `unknown`; a bot's bubble is `discarded` when a lockout began after it was made and by
    another cause than its own burst, or when it passes the contact's budget; free text outside the 24 h window is
    `failed` unsent.
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
        while True:
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
            allowance = Allowance.of(conversation, pending["now"])
            if await _refused_by_rule(tenant_id, conn, conversation, pending, allowance):
                continue
            if allowance.wait:
                await _release(tenant_id, conn, conversation_id, pending["now"] + allowance.wait)
                return None
            bubble = await _as_bubble(tenant_id, conn, conversation, pending)
            if not is_ready(bubble):
                await _hold_on(tenant_id, conn, conversation_id)
                return bubble
            await use_up(tenant_id, conn, conversation_id, allowance)
            return await _mark_sending(tenant_id, conn, bubble)


async def _refused_by_rule(
    tenant_id: int, conn: Connection, conversation: Row, pending: Row, allowance: Allowance
) -> bool:
    """Settle a bubble that no rule lets go, without asking WhatsApp, and mark the chat for a person."""
    if pending["message_type"] != "template" and not allowance.window_is_open:
        state, code = "failed", "window_closed"
    elif await is_over_budget(tenant_id, conn, conversation, pending):
        state, code = "discarded", "contact_budget"
    else:
        return False
    await conn.execute(
        """update chat_messages set provider_status = $2, status_code = $3, status_at = clock_timestamp()
           where id = $1""",
        pending["id"],
        state,
        code,
    )
    await conn.execute(
        """update chat_conversations set needs_human_since = coalesce(needs_human_since, clock_timestamp()),
               needs_human_reason = coalesce(needs_human_reason, $3), revision = revision + 1
           where tenant_id = $1 and id = $2""",
        tenant_id,
        conversation["id"],
        code,
    )
    return True


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
        await record_unknown(tenant_id, conn, row["id"], row["correlation_id"], "sender_died")
    if lost:
        await touch(tenant_id, conn, conversation_id)


async def _discard_silenced(tenant_id: int, conn: Connection, conversation: Row) -> None:
    silenced = await conn.fetch(
        """update chat_messages m set provider_status = 'discarded', status_at = clock_timestamp(),
                                      status_code = 'lockout'
           where m.tenant_id = $1 and m.conversation_id = $2 and m.provider_status = 'pending'
             and m.author = 'bot' and m.kind in ('reply', 'apology')
             and $3::timestamptz > clock_timestamp() and $4::timestamptz > m.created_at
             and $5::uuid is distinct from m.burst_id
           returning m.burst_id""",
        tenant_id,
        conversation["id"],
        conversation["human_override_until"],
        conversation["override_since"],
        conversation["override_burst_id"],
    )
    if silenced:
        await touch(tenant_id, conn, conversation["id"])
        await conn.execute(
            """update chat_conversations set needs_human_since = coalesce(needs_human_since, clock_timestamp()),
                   needs_human_reason = coalesce(needs_human_reason, 'effect_not_told')
               where tenant_id = $1 and id = $2
                 and exists (select 1 from tool_effects where burst_id = any($3) and tool <> 'derivhumano')""",
            tenant_id,
            conversation["id"],
            [row["burst_id"] for row in silenced],
        )


async def _as_bubble(tenant_id: int, conn: Connection, conversation: Row, row: Row) -> Bubble:
    payload = json.loads(row["payload"] or "{}")
    file, given_as = None, payload.get("given_as")
    if row["media_id"] is not None:
        file, given_as = await _file_of(tenant_id, conn, row["media_id"])
    return Bubble(
        id=row["id"],
        tenant_id=tenant_id,
        conversation_id=conversation["id"],
        external_id=f"nx:{tenant_id}:{row['id']}",
        from_number=conversation["bot_phone_number"],
        to_address=conversation["wa_address"],
        to_user_id=conversation["user_scoped_id"],
        message_type=row["message_type"],
        content=row["content"],
        payload=row["payload"],
        attempts=row["attempts"],
        correlation_id=row["correlation_id"],
        taken=False,
        file=file,
        given_as=given_as,
        refused_link=bool(payload.get("refused_link")),
        caption=payload.get("caption"),
    )


async def _mark_sending(tenant_id: int, conn: Connection, bubble: Bubble) -> Bubble:
    attempts = await conn.fetchval(
        """update chat_messages set provider_status = 'sending', attempts = attempts + 1, external_id = $2,
               sending_until = clock_timestamp() + $3, status_at = clock_timestamp()
           where id = $1 returning attempts""",
        bubble.id,
        bubble.external_id,
        SENDING_LIMIT,
    )
    await _hold_on(tenant_id, conn, bubble.conversation_id)
    return replace(bubble, attempts=attempts, taken=True)


async def _hold_on(tenant_id: int, conn: Connection, conversation_id: UUID) -> None:
    await conn.execute(
        "update chat_conversations set outbox_lease_until = clock_timestamp() + $3 where tenant_id = $1 and id = $2",
        tenant_id,
        conversation_id,
        LEASE,
    )


async def _file_of(tenant_id: int, conn: Connection, media_id: UUID) -> tuple[OutgoingFile | None, str | None]:
    row = await conn.fetchrow(
        """select id, mime_type, file_name,
                  case when provider_media_at > clock_timestamp() - $3::interval then provider_media_id end as given_as
           from chat_media where tenant_id = $1 and id = $2""",
        tenant_id,
        media_id,
        UPLOAD_LIVES,
    )
    if row is None:
        return None, None
    return OutgoingFile(row["id"], row["mime_type"] or "", row["file_name"]), row["given_as"]


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
