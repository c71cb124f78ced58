"""Direct callers of `/chat`: their messages, their bursts, and who may take one up again (contract.md 4)."""

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from nexus.store.database import Connection, Pool, Row, one, tenant_transaction
from nexus.store.erased_ids import ErasedMessageError, erased_among


class ForeignMessageError(RuntimeError):
    """One of the ids is that of another customer's message; nothing was stored."""


@dataclass(frozen=True, slots=True)
class CallerMessage:
    """One message of a direct call."""

    provider_message_id: str
    message_type: str
    text: str
    sent_at: datetime | None
    file: dict[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class CallerCustomer:
    """Who wrote, as the caller tells it."""

    external_user_id: str
    wa_address: str | None
    user_scoped_id: str | None
    display_name: str | None


@dataclass(frozen=True, slots=True)
class CallerBurst:
    """What a direct call meets: `claimed` (fence is ours), `finished`, `duplicate` (the gateway has it) or `busy`."""

    state: str
    conversation_id: UUID
    burst_id: UUID | None = None
    fence: int = 0


async def open_caller_burst(
    tenant_id: int,
    pool: Pool,
    provider: str,
    customer: CallerCustomer,
    messages: list[CallerMessage],
    *,
    correlation_id: str,
    lease: timedelta,
) -> CallerBurst:
    """Store the messages once and claim their burst, unless somebody is at work in the conversation.

    Of known and new ids only the new ones are taken; all known ones give the burst that they belong to. What was
    superseded belongs to its first burst for whoever asked it: the answer goes to the caller of the newer message.
    What was erased with its customer is taken no more. Raises ForeignMessageError, ErasedMessageError.
    """
    async with tenant_transaction(tenant_id, pool) as conn:
        messages = await _not_erased(tenant_id, conn, messages)
        conversation_id = await _conversation(tenant_id, conn, customer)
        for message in messages:
            await _store(tenant_id, conn, conversation_id, provider, message, correlation_id)
        known = await conn.fetch(
            """select m.id, m.conversation_id, m.delivery, b.id as burst_id, b.state
               from chat_messages m left join bursts b on b.id = coalesce(m.superseded_burst_id, m.burst_id)
               where m.provider = $1 and m.provider_message_id = any($2::text[])
               order by m.superseded_burst_id nulls first""",
            provider,
            [message.provider_message_id for message in messages],
        )
        if any(row["conversation_id"] != conversation_id for row in known):
            raise ForeignMessageError(provider)
        head = await one(
            conn,
            """select fence, coalesce(lease_until > clock_timestamp(), false) as held
               from chat_conversations where id = $1""",
            conversation_id,
        )
        unbound = [row["id"] for row in known if row["delivery"] == "caller" and row["burst_id"] is None]
        mine = next((row for row in known if row["delivery"] == "caller" and row["burst_id"]), None)
        if not unbound and mine is None:
            burst_id = next((row["burst_id"] for row in known if row["burst_id"]), None)
            return CallerBurst("duplicate", conversation_id, burst_id)
        if not unbound and mine is not None and mine["state"] != "open":
            return CallerBurst("finished", conversation_id, mine["burst_id"])
        if head["held"]:
            return CallerBurst("busy", conversation_id)
        burst_id = await _bind(tenant_id, conn, conversation_id, unbound, mine, correlation_id)
        return await _claim(tenant_id, conn, conversation_id, burst_id, head["fence"] + 1, lease)


async def _not_erased(tenant_id: int, conn: Connection, messages: list[CallerMessage]) -> list[CallerMessage]:
    erased = await erased_among(tenant_id, conn, [message.provider_message_id for message in messages])
    left = [message for message in messages if message.provider_message_id not in erased]
    if messages and not left:
        raise ErasedMessageError(str(tenant_id))
    return left


async def _conversation(tenant_id: int, conn: Connection, customer: CallerCustomer) -> UUID:
    conversation_id: UUID = await conn.fetchval(
        """insert into chat_conversations as c (tenant_id, channel, external_user_id, wa_address, user_scoped_id,
                                               display_name)
           values ($1, 'whatsapp',
                   -- under an earlier number of hers she is still the same chat
                   coalesce((select k.external_user_id from customer_aliases a
                             join chat_conversations k on k.id = a.conversation_id
                             where a.tenant_id = $1 and a.channel = 'whatsapp' and a.external_user_id = $2), $2),
                   $3, $4, $5)
           on conflict (tenant_id, channel, external_user_id) do update
               set display_name = coalesce(excluded.display_name, c.display_name),
                   wa_address = coalesce(c.wa_address, excluded.wa_address)
           returning id""",
        tenant_id,
        customer.external_user_id,
        customer.wa_address,
        customer.user_scoped_id,
        customer.display_name,
    )
    return conversation_id


async def _store(
    tenant_id: int, conn: Connection, conversation_id: UUID, provider: str, message: CallerMessage, correlation_id: str
) -> None:
    fresh = await conn.fetchval(
        """insert into chat_messages (tenant_id, conversation_id, role, author, message_type, content, provider,
                                      provider_message_id, correlation_id, delivery, awaits_answer, sent_at,
                                      payload)
           values ($1, $2, 'user', 'customer', $3, $4, $5, $6, $7, 'caller', true, coalesce($8, clock_timestamp()),
                   $9::jsonb)
           on conflict (tenant_id, provider, provider_message_id) do nothing returning true""",
        tenant_id,
        conversation_id,
        message.message_type,
        message.text,
        provider,
        message.provider_message_id,
        correlation_id,
        message.sent_at,
        json.dumps({"media": message.file}) if message.file else None,
    )
    if fresh:
        await conn.execute(
            """update chat_conversations
               set last_message_at = clock_timestamp(), last_message_preview = left($2, 160), unread = unread + 1,
                   last_inbound_at = greatest(last_inbound_at, least($3, clock_timestamp())), revision = revision + 1,
                   status = 'open'
               where id = $1""",
            conversation_id,
            message.text or f"Mensaje de tipo {message.message_type}",
            message.sent_at,
        )


async def _bind(
    tenant_id: int, conn: Connection, conversation_id: UUID, unbound: list[UUID], mine: Row | None, correlation_id: str
) -> UUID:
    """A new burst of the new messages, or the caller's own abandoned one."""
    if not unbound and mine is not None:
        abandoned: UUID = mine["burst_id"]
        return abandoned
    burst_id: UUID = await conn.fetchval(
        """insert into bursts (tenant_id, conversation_id, delivery, correlation_id) values ($1, $2, 'caller', $3)
           returning id""",
        tenant_id,
        conversation_id,
        correlation_id,
    )
    await conn.execute("update chat_messages set burst_id = $1 where id = any($2::uuid[])", burst_id, unbound)
    return burst_id


async def _claim(
    tenant_id: int, conn: Connection, conversation_id: UUID, burst_id: UUID, fence: int, lease: timedelta
) -> CallerBurst:
    await conn.execute(
        """update chat_conversations
           set fence = $3, lease_until = clock_timestamp() + $4, lease_owner = 'caller'
           where tenant_id = $1 and id = $2""",
        tenant_id,
        conversation_id,
        fence,
        lease,
    )
    await conn.execute(
        "update bursts set fence = $2, claims = claims + 1, claimed_at = clock_timestamp() where id = $1",
        burst_id,
        fence,
    )
    return CallerBurst("claimed", conversation_id, burst_id, fence)
