"""Messages that no burst asked for: the panel's and `POST /messages/send`'s bubbles on their way to the outbox."""

import json
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from nexus.store.consents import refuse_unwanted
from nexus.store.database import Connection, Pool, Row, notify_work, one, tenant_transaction
from nexus.store.erased_ids import ErasedMessageError, erased_among
from nexus.store.lockout import begin_lockout

_FILES = {"image": "Foto", "video": "Video", "audio": "Audio", "document": "Documento"}


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A bubble to queue; `message_type` is text, template (payload holds it), or a file's: then `media_id` is the file
    and `content` its caption. An image without a file has its address as content, and its caption in `payload`.
    """

    message_type: str
    content: str
    client_ref: str
    payload: dict[str, Any] | None = None
    correlation_id: str | None = None
    media_id: UUID | None = None

    @property
    def preview(self) -> str:
        """How the list of chats shows it."""
        if self.message_type not in _FILES:
            return self.content
        words: str = self.content if self.media_id else (self.payload or {}).get("caption", "")
        return words or _FILES[self.message_type]


class WindowClosedError(RuntimeError):
    """WhatsApp takes only templates: the customer's last message is more than 24 h old, or there is none."""


class WrongStateError(RuntimeError):
    """What was asked is not possible with the message as it is now."""


async def queue_for_address(
    tenant_id: int, pool: Pool, address: str, external_user_id: str, outgoing: Outgoing
) -> tuple[UUID, str]:
    """Queue a bubble of the shop's own systems, once per ref; it neither pauses the bot nor is stopped by a lockout.

    Returns the message id and its state. Raises ConsentWithdrawnError for a template of a campaign, ErasedMessageError
    for the ref of what was sent to somebody who has been erased since.
    """
    async with tenant_transaction(tenant_id, pool) as conn:
        if await erased_among(tenant_id, conn, [f"api:{outgoing.client_ref}"]):
            raise ErasedMessageError(outgoing.client_ref)
        conversation_id = await conn.fetchval(
            """insert into chat_conversations as c (tenant_id, channel, external_user_id, wa_address)
               values ($1, 'whatsapp',
                       -- under an earlier number of hers she is still the same chat
                       coalesce((select k.external_user_id from customer_aliases a
                                 join chat_conversations k on k.id = a.conversation_id
                                 where a.tenant_id = $1 and a.channel = 'whatsapp' and a.external_user_id = $2), $2),
                       $3)
               on conflict (tenant_id, channel, external_user_id) do update
                   set wa_address = coalesce(c.wa_address, excluded.wa_address)
               returning id""",
            tenant_id,
            external_user_id,
            address,
        )
        await _refuse_unwanted(tenant_id, conn, conversation_id, outgoing)
        return await _queue(tenant_id, conn, conversation_id, outgoing, author="bot", kind="api")


async def queue_reminder(tenant_id: int, conn: Connection, conversation_id: UUID, outgoing: Outgoing) -> UUID:
    """Queue a reminder in the caller's transaction, once per ref; no lockout stops it. Returns its message id."""
    message_id, _ = await _queue(tenant_id, conn, conversation_id, outgoing, author="bot", kind="api")
    return message_id


async def queue_manual(
    tenant_id: int, pool: Pool, conversation_id: UUID, outgoing: Outgoing, *, who: str | None = None
) -> tuple[UUID, str] | None:
    """A person's message from the panel: pauses the bot for the tenant's hours (S-086) and clears "needs a person".

    Once per ref, for a repeat neither sends nor pauses again. None when there is no such conversation. Raises
    ConsentWithdrawnError for a template of a campaign to somebody who wants none.
    """
    async with tenant_transaction(tenant_id, pool) as conn:
        if not await conn.fetchval("select 1 from chat_conversations where id = $1 for update", conversation_id):
            return None
        known = await conn.fetchrow(
            "select id, provider_status from chat_messages where client_ref = $1", f"panel:{outgoing.client_ref}"
        )
        if known:
            return known["id"], known["provider_status"]
        return await _queue_by_hand(tenant_id, conn, conversation_id, outgoing, who)


async def resend_message(
    tenant_id: int, pool: Pool, message_id: UUID, *, who: str, correlation_id: str | None = None
) -> tuple[UUID, str, UUID] | None:
    """The same again as a person's message, once: the new id, its state, and the conversation; None if unknown.

    The old one says what stands for it; one whose fate nobody knew is given up. Raises WindowClosedError,
    WrongStateError (it did not fail, or is none of ours), ConsentWithdrawnError.
    """
    async with tenant_transaction(tenant_id, pool) as conn:
        old = await _locked(tenant_id, conn, message_id)
        if old is None:
            return None
        if old["resent_as"] is not None:
            status = await conn.fetchval("select provider_status from chat_messages where id = $1", old["resent_as"])
            return old["resent_as"], status, old["conversation_id"]
        if not _is_ours(old) or old["provider_status"] not in ("failed", "unknown"):
            raise WrongStateError(old["provider_status"])
        if old["message_type"] != "template" and not old["window_open"]:
            raise WindowClosedError(str(message_id))
        again = Outgoing(
            old["message_type"],
            old["content"],
            f"resend:{message_id}",
            json.loads(old["payload"]) if old["payload"] else None,
            correlation_id,
            old["media_id"],
        )
        new_id, status = await _queue_by_hand(tenant_id, conn, old["conversation_id"], again, who)
        await conn.execute(
            """update chat_messages
               set resent_as = $2,
                   status_code = case when provider_status = 'unknown' then 'resent' else status_code end,
                   status_at = case when provider_status = 'unknown' then clock_timestamp() else status_at end,
                   provider_status = case when provider_status = 'unknown' then 'discarded' else provider_status end
               where id = $1""",
            message_id,
            new_id,
        )
    return new_id, status, old["conversation_id"]


async def discard_message(tenant_id: int, pool: Pool, message_id: UUID) -> str | None:
    """Give up a message that waits, whose fate nobody knows, or a person's that failed; its state, None if unknown.

    What it held up goes on. Raises WrongStateError.
    """
    async with tenant_transaction(tenant_id, pool) as conn:
        message = await _locked(tenant_id, conn, message_id)
        if message is None:
            return None
        state: str = message["provider_status"]
        if state == "discarded":
            return state
        by_hand = state == "failed" and message["author"] == "human" and message["resent_as"] is None
        if not _is_ours(message) or not (by_hand or state in ("pending", "unknown")):
            raise WrongStateError(state)
        await conn.execute(
            """update chat_messages set provider_status = 'discarded', status_code = 'by_person',
                   status_at = clock_timestamp() where id = $1""",
            message_id,
        )
        await conn.execute(
            """update chat_conversations c
               set revision = revision + 1, outbox_due_at = clock_timestamp(),
                   needs_human_since = case when x.settled then null else needs_human_since end,
                   needs_human_reason = case when x.settled then null else needs_human_reason end
               from (select needs_human_reason = 'send_failed' and not exists (
                         select 1 from chat_messages m where m.tenant_id = $2 and m.conversation_id = $1
                         and m.provider_status = 'failed' and m.resent_as is null
                         and m.status_at >= k.needs_human_since - interval '1 second') as settled
                     from chat_conversations k where k.id = $1) x
               where c.id = $1""",
            message["conversation_id"],
            tenant_id,
        )
        await notify_work(conn)
    return "discarded"


async def transcribe_again(tenant_id: int, pool: Pool, message_id: UUID) -> bool:
    """Put a stored voice note into words once more, soon; False when there is no such message.

    Raises WrongStateError when it is no audio that somebody sent to us or that we have.
    """
    async with tenant_transaction(tenant_id, pool) as conn:
        message = await _locked(tenant_id, conn, message_id)
        if message is None:
            return False
        foreign = message["role"] == "user" or message["delivery"] is None
        if message["message_type"] != "audio" or message["media_id"] is None or not foreign:
            raise WrongStateError(message["message_type"])
        waits = await conn.fetchval(
            """update chat_messages set words_state = 'waiting', words_problem = null, media_attempts = 0,
                   media_due_at = clock_timestamp()
               where id = $1 and words_state is distinct from 'waiting' returning true""",
            message_id,
        )
        if waits:
            await conn.execute(
                "update chat_conversations set revision = revision + 1 where id = $1", message["conversation_id"]
            )
            await notify_work(conn)
    return True


async def _locked(tenant_id: int, conn: Connection, message_id: UUID) -> Row | None:
    """The message as it is once its conversation, always first, is locked."""
    await conn.execute(
        """select 1 from chat_conversations where tenant_id = $1
             and id = (select conversation_id from chat_messages where id = $2) for update""",
        tenant_id,
        message_id,
    )
    return await conn.fetchrow(
        """select m.*, coalesce(c.last_inbound_at + interval '24 hours' > clock_timestamp(), false) as window_open
           from chat_messages m join chat_conversations c on c.id = m.conversation_id
           where m.tenant_id = $1 and m.id = $2""",
        tenant_id,
        message_id,
    )


def _is_ours(message: Row) -> bool:
    return bool(message["role"] == "assistant" and message["delivery"] == "outbox")


async def _queue_by_hand(
    tenant_id: int, conn: Connection, conversation_id: UUID, outgoing: Outgoing, who: str | None
) -> tuple[UUID, str]:
    await _refuse_unwanted(tenant_id, conn, conversation_id, outgoing)
    hours = await conn.fetchval("select lockout_hours from tenants where id = $1", tenant_id)
    await begin_lockout(tenant_id, conn, conversation_id, "panel_message", hours=hours, who=who)
    return await queue_as_person(tenant_id, conn, conversation_id, outgoing)


async def queue_as_person(
    tenant_id: int, conn: Connection, conversation_id: UUID, outgoing: Outgoing
) -> tuple[UUID, str]:
    """A person's message in the caller's transaction, without a pause; the chat waits for a person no longer."""
    await conn.execute(
        "update chat_conversations set needs_human_since = null, needs_human_reason = null, unread = 0 where id = $1",
        conversation_id,
    )
    return await _queue(tenant_id, conn, conversation_id, outgoing, author="human", kind="manual")


async def _refuse_unwanted(tenant_id: int, conn: Connection, conversation_id: UUID, outgoing: Outgoing) -> None:
    if outgoing.message_type == "template" and outgoing.payload is not None:
        name, language = outgoing.payload["name"], outgoing.payload["language"]
        await refuse_unwanted(tenant_id, conn, conversation_id, name, language)


async def _queue(
    tenant_id: int, conn: Connection, conversation_id: UUID, outgoing: Outgoing, *, author: str, kind: str
) -> tuple[UUID, str]:
    prefix = "panel" if kind == "manual" else "api"
    row = await conn.fetchrow(
        """insert into chat_messages as m (tenant_id, conversation_id, role, author, kind, message_type, content,
                                           payload, delivery, client_ref, provider_status, correlation_id, media_id)
           values ($1, $2, 'assistant', $3, $4, $5, $6, $7::jsonb, 'outbox', $8, 'pending', $9, $10)
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
        outgoing.media_id,
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
        outgoing.preview,
    )
    await notify_work(conn)
    return row["id"], row["provider_status"]
