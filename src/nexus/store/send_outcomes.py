"""What came of a bubble: every state a send can end in, written by whoever holds the outbox (architecture.md 4)."""

from dataclasses import dataclass
from uuid import UUID

from nexus.store.database import Connection, Pool, tenant_transaction
from nexus.store.events import record_event


@dataclass(frozen=True, slots=True)
class OutgoingFile:
    """The file of a bubble: our copy."""

    id: UUID
    mime_type: str
    name: str | None


@dataclass(frozen=True, slots=True)
class Bubble:
    """One message to send now. Taken, its row is `sending` and its external id is reserved; not taken, it is pending.

    `given_as` is WhatsApp's id of its file or picture once it was given to it; `refused_link` says that WhatsApp did
    not take the picture by its link; `caption` are the words under a picture whose content is its address.
    """

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
    taken: bool
    file: OutgoingFile | None = None
    given_as: str | None = None
    refused_link: bool = False
    caption: str | None = None


async def note_given(tenant_id: int, pool: Pool, bubble: Bubble, given_as: str) -> None:
    """WhatsApp has the bubble's file or picture under this id from now on: sending it again uploads nothing."""
    async with tenant_transaction(tenant_id, pool) as conn:
        await touch(tenant_id, conn, bubble.conversation_id)
        if bubble.file is not None:
            await conn.execute(
                """update chat_media set provider_media_id = $3, provider_media_at = clock_timestamp()
                   where tenant_id = $1 and id = $2""",
                tenant_id,
                bubble.file.id,
                given_as,
            )
            return
        await conn.execute(
            """update chat_messages set payload = coalesce(payload, '{}') || jsonb_build_object('given_as', $2::text)
               where id = $1""",
            bubble.id,
            given_as,
        )


async def mark_sent(tenant_id: int, pool: Pool, bubble: Bubble, provider_id: str | None, wamid: str | None) -> None:
    """The provider accepted it. A status event may have moved the row on already: then only the ids are added."""
    async with tenant_transaction(tenant_id, pool) as conn:
        await touch(tenant_id, conn, bubble.conversation_id)
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
        await touch(tenant_id, conn, bubble.conversation_id)
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


async def mark_link_refused(tenant_id: int, pool: Pool, bubble: Bubble) -> None:
    """WhatsApp refused the picture behind the link, so nothing was sent: pending again, to be given to it first."""
    async with tenant_transaction(tenant_id, pool) as conn:
        await touch(tenant_id, conn, bubble.conversation_id)
        await conn.execute(
            """update chat_messages set provider_status = 'pending', status_at = clock_timestamp(),
                   attempts = attempts - 1, payload = coalesce(payload, '{}') || '{"refused_link": true}'
               where id = $1 and provider_status = 'sending'""",
            bubble.id,
        )


async def mark_picture_lost(tenant_id: int, pool: Pool, bubble: Bubble, code: str) -> None:
    """WhatsApp cannot have the picture, so nothing was sent: the words under it go as a text, with the same id."""
    async with tenant_transaction(tenant_id, pool) as conn:
        await touch(tenant_id, conn, bubble.conversation_id)
        await conn.execute(
            """update chat_messages set provider_status = 'pending', status_at = clock_timestamp(), status_code = $2,
                   attempts = 0, next_attempt_at = null, message_type = 'text', content = payload->>'caption',
                   payload = payload - 'caption' || jsonb_build_object('picture', content)
               where id = $1 and provider_status in ('sending', 'pending') and payload ? 'caption'""",
            bubble.id,
            code,
        )


async def postpone(tenant_id: int, pool: Pool, bubble: Bubble, after_seconds: float, code: str) -> None:
    """What has to be done before sending did not succeed: a pending bubble waits, one attempt poorer."""
    async with tenant_transaction(tenant_id, pool) as conn:
        await touch(tenant_id, conn, bubble.conversation_id)
        await conn.execute(
            """update chat_messages set attempts = attempts + 1, status_code = $2, status_at = clock_timestamp(),
                   next_attempt_at = clock_timestamp() + make_interval(secs => $3)
               where id = $1 and provider_status = 'pending'""",
            bubble.id,
            code,
            after_seconds,
        )


async def mark_failed(
    tenant_id: int, pool: Pool, bubble: Bubble, code: str, message: str, *, told: bool = False
) -> None:
    """Refused for good: the conversation waits for a person, and the log has an event, unless the cause is `told`."""
    async with tenant_transaction(tenant_id, pool) as conn:
        await touch(tenant_id, conn, bubble.conversation_id)
        failed = await conn.fetchval(
            """update chat_messages set provider_status = 'failed', status_at = clock_timestamp(), status_code = $2,
                   status_message = $3
               where id = $1 and provider_status in ('sending', 'pending') returning true""",
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
        if told:
            return
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
        await touch(tenant_id, conn, bubble.conversation_id)
        changed = await conn.fetchval(
            """update chat_messages set provider_status = 'unknown', status_at = clock_timestamp(), status_code = $2
               where id = $1 and provider_status = 'sending' returning true""",
            bubble.id,
            reason,
        )
        if changed:
            await record_unknown(tenant_id, conn, bubble.id, bubble.correlation_id, reason)


async def touch(tenant_id: int, conn: Connection, conversation_id: UUID) -> None:
    """Conversation row first, always: writers that lock in another order deadlock. Each call is a change to show."""
    await conn.execute(
        "update chat_conversations set revision = revision + 1 where tenant_id = $1 and id = $2",
        tenant_id,
        conversation_id,
    )


async def record_unknown(
    tenant_id: int, conn: Connection, message_id: UUID, correlation_id: str | None, reason: str
) -> None:
    """Leave word of a send whose outcome nobody knows, in the caller's transaction.

    Where it was to tell of something done, a person is asked to see that the customer knows (idea 5).
    """
    await conn.execute(
        """update chat_conversations set needs_human_since = coalesce(needs_human_since, clock_timestamp()),
               needs_human_reason = coalesce(needs_human_reason, 'effect_not_told')
           where tenant_id = $1 and id = (
               select m.conversation_id from chat_messages m
               join tool_effects e on e.tenant_id = m.tenant_id and e.burst_id = m.burst_id
               where m.tenant_id = $1 and m.id = $2 and e.tool <> 'derivhumano' limit 1)""",
        tenant_id,
        message_id,
    )
    await record_event(
        tenant_id,
        conn,
        "warn",
        "send_unknown",
        "No se sabe si WhatsApp aceptó un mensaje; no se reenvía solo",
        {"message_id": message_id, "reason": reason},
        correlation_id,
    )
