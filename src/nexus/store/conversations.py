"""A thread as the panel reads it, and what opens, marks and hands over its chat (contract.md 4)."""

import json
from datetime import datetime
from typing import Any
from uuid import UUID

from nexus.store.database import Connection, Pool, one, records, tenant_transaction
from nexus.store.effects import hand_off
from nexus.store.lockout import add_line

# A file's row is looked up by its tenant, too: a message never shows what is another shop's.
_ITEM = """m.id, m.seq, m.role, m.author, m.kind, m.message_type, m.content, m.payload, m.created_at, m.sent_at,
    coalesce(m.sent_at, m.created_at) as at, m.delivery, m.provider_message_id, m.provider_status, m.status_code,
    m.status_message, m.burst_id, m.quoted_id, m.resent_as, m.media_state, m.media_problem, m.words_state,
    m.words_problem, f.id as file_id, f.media_type, f.mime_type, f.file_name, f.byte_size, f.seconds,
    m.provider_status = 'unknown' and m.status_at < clock_timestamp() - interval '10 minutes' as doubtful"""


async def thread_revision(tenant_id: int, pool: Pool, conversation_id: UUID) -> dict[str, Any] | None:
    """What tells whether a thread is another than before: `revision`, and `doubtful`, sends that nobody confirmed in
    10 min; with `last_seq`, its newest arrival. None when there is no such conversation.
    """
    async with tenant_transaction(tenant_id, pool) as conn:
        row = await conn.fetchrow(
            """select revision,
                      (select max(seq) from chat_messages where tenant_id = $2 and conversation_id = $1) as last_seq,
                      (select count(*) from chat_messages
                       where conversation_id = $1 and provider_status = 'unknown'
                         and status_at < clock_timestamp() - interval '10 minutes') as doubtful
               from chat_conversations where id = $1""",
            conversation_id,
            tenant_id,
        )
    return dict(row) if row else None


async def list_thread(
    tenant_id: int,
    pool: Pool,
    conversation_id: UUID,
    *,
    limit: int,
    after: int | None = None,
    before: tuple[datetime, int] | None = None,
) -> list[dict[str, Any]]:
    """Messages with their file, `quoted` row and `reactions`, oldest first, at most `limit`.

    The newest ones by the time they were written (history that came late stands in its place), or those before the
    (time, seq) of one of them; with `after` what arrived since that seq, in the order it came. Reactions are no
    messages of their own.
    """
    at, seq = before or (None, None)
    # Each written out: the index gives a page wherever it is, which it would not behind an "or".
    if after is not None:
        page = "and m.seq > $2::bigint and $3::bigint is null order by m.seq"
    else:
        page = "and (coalesce(m.sent_at, m.created_at), m.seq) < ($2::timestamptz, $3::bigint)"
        page = page if before else "and $2::timestamptz is null and $3::bigint is null"
        page += " order by coalesce(m.sent_at, m.created_at) desc, m.seq desc"
    async with tenant_transaction(tenant_id, pool) as conn:
        rows = await conn.fetch(
            f"""select {_ITEM} from chat_messages m
                left join chat_media f on f.tenant_id = m.tenant_id and f.id = m.media_id
                where m.tenant_id = $5 and m.conversation_id = $1 and m.message_type <> 'reaction'
                  {page} limit $4""",  # noqa: S608 - constants
            conversation_id,
            at if after is None else after,
            seq,
            limit,
            tenant_id,
        )
        found = records(rows if after is not None else rows[::-1])
        quoted = await _quoted(tenant_id, conn, conversation_id, found)
        reactions = await _reactions(tenant_id, conn, conversation_id, found)
    for row in found:
        row["payload"] = json.loads(row["payload"]) if row["payload"] else {}
        row["quoted"] = quoted.get(row["quoted_id"])
        row["reactions"] = reactions.get(row["provider_message_id"], [])
    return found


async def place_after(
    tenant_id: int, pool: Pool, conversation_id: UUID, message_id: UUID, later: int
) -> tuple[datetime, int] | None:
    """Before which (time, seq) a page ends that has the message and `later` ones after it; None: it is not there."""
    async with tenant_transaction(tenant_id, pool) as conn:
        rows = await conn.fetch(
            """select coalesce(m.sent_at, m.created_at) as at, m.seq from chat_messages m, chat_messages hit
               where hit.id = $3 and hit.tenant_id = $1 and hit.conversation_id = $2
                 and m.tenant_id = $1 and m.conversation_id = $2 and m.message_type <> 'reaction'
                 and (coalesce(m.sent_at, m.created_at), m.seq) >= (coalesce(hit.sent_at, hit.created_at), hit.seq)
               order by coalesce(m.sent_at, m.created_at), m.seq limit $4""",
            tenant_id,
            conversation_id,
            message_id,
            later + 1,
        )
    return (rows[-1]["at"], rows[-1]["seq"] + 1) if rows else None


async def _quoted(
    tenant_id: int, conn: Connection, conversation_id: UUID, rows: list[dict[str, Any]]
) -> dict[str, dict[str, Any]]:
    """The messages that these answer, by wamid; what is not of this chat is none."""
    wamids = [row["quoted_id"] for row in rows if row["quoted_id"]]
    found = await conn.fetch(
        """select id, provider_message_id, author, message_type, content, payload from chat_messages
           where tenant_id = $1 and provider = 'ycloud' and provider_message_id = any($3::text[])
             and conversation_id = $2""",
        tenant_id,
        conversation_id,
        wamids,
    )
    return {
        row["provider_message_id"]: row | {"payload": json.loads(row["payload"]) if row["payload"] else {}}
        for row in records(found)
    }


async def _reactions(
    tenant_id: int, conn: Connection, conversation_id: UUID, rows: list[dict[str, Any]]
) -> dict[str, list[dict[str, Any]]]:
    """What each side last reacted to each of these with, by wamid; an empty one takes the reaction back."""
    found = await conn.fetch(
        """select distinct on (quoted_id, author) quoted_id, author, content from chat_messages
           where tenant_id = $1 and conversation_id = $2 and message_type = 'reaction' and quoted_id = any($3::text[])
             and provider_status is distinct from 'failed' and provider_status is distinct from 'discarded'
           order by quoted_id, author, coalesce(sent_at, created_at) desc, seq desc""",
        tenant_id,
        conversation_id,
        [row["provider_message_id"] for row in rows if row["provider_message_id"]],
    )
    by_message: dict[str, list[dict[str, Any]]] = {}
    for row in found:
        if row["content"]:
            by_message.setdefault(row["quoted_id"], []).append({"author": row["author"], "emoji": row["content"]})
    return by_message


async def open_conversation(
    tenant_id: int, pool: Pool, address: str, external_user_id: str, display_name: str | None
) -> tuple[UUID, bool]:
    """The chat with a number, made when nobody of it ever wrote; its id, and whether it is new.

    A number that a customer had before is hers. A name is kept only where there is none.
    """
    async with tenant_transaction(tenant_id, pool) as conn:
        # The same lock that the acknowledgement takes: her first message may be on its way.
        await conn.execute(
            "select pg_advisory_xact_lock(hashtextextended(concat($1::text, ':', $2::text), 0))",
            str(tenant_id),
            external_user_id,
        )
        known: UUID | None = await conn.fetchval(
            """select id from chat_conversations where tenant_id = $1 and channel = 'whatsapp' and external_user_id = $2
               union all select conversation_id from customer_aliases
               where tenant_id = $1 and channel = 'whatsapp' and external_user_id = $2 limit 1""",
            tenant_id,
            external_user_id,
        )
        if known is not None:
            await conn.execute(
                """update chat_conversations set display_name = coalesce(display_name, $2),
                       wa_address = coalesce(wa_address, $3), revision = revision + 1
                   where id = $1 and (display_name is null and $2::text is not null or wa_address is null)""",
                known,
                display_name,
                address,
            )
            return known, False
        made: UUID = await conn.fetchval(
            """insert into chat_conversations (tenant_id, channel, external_user_id, display_name, wa_address)
               values ($1, 'whatsapp', $2, $3, $4) returning id""",
            tenant_id,
            external_user_id,
            display_name,
            address,
        )
    return made, True


class UnknownPersonError(RuntimeError):
    """The account belongs to nobody of the shop."""


async def assign_chat(tenant_id: int, pool: Pool, conversation_id: UUID, user_id: int | None, who: str) -> bool:
    """Put the chat into a person's hands, or into nobody's; False when there is no such conversation.

    Raises UnknownPersonError.
    """
    async with tenant_transaction(tenant_id, pool) as conn:
        before = await conn.fetchrow(
            "select assigned_to from chat_conversations where id = $1 for update", conversation_id
        )
        if before is None or before["assigned_to"] == user_id:
            return before is not None
        name: str | None = await conn.fetchval(
            "select coalesce(name, email) from tenant_people() where user_id = $1", user_id
        )
        if user_id is not None and name is None:
            raise UnknownPersonError(str(user_id))
        await conn.execute(
            "update chat_conversations set assigned_to = $2, revision = revision + 1 where id = $1",
            conversation_id,
            user_id,
        )
        line = f"{who} asignó la conversación a {name}" if name else f"{who} dejó la conversación sin asignar"
        await add_line(tenant_id, conn, conversation_id, line)
    return True


async def mark_seen(tenant_id: int, pool: Pool, conversation_id: UUID) -> None:
    """An operator opened the thread: nothing is unread any more."""
    async with tenant_transaction(tenant_id, pool) as conn:
        await conn.execute(
            "update chat_conversations set unread = 0, revision = revision + 1 where id = $1 and unread > 0",
            conversation_id,
        )


async def window_allows(tenant_id: int, pool: Pool, conversation_id: UUID, client_ref: str) -> bool | None:
    """Whether free text may go to the customer now: 24 h from the provider's time of the newest inbound.

    True, too, for the ref of a message that the panel has queued already. None when there is no such conversation.
    """
    async with tenant_transaction(tenant_id, pool) as conn:
        allowed: bool | None = await conn.fetchval(
            """select coalesce(last_inbound_at + interval '24 hours' > clock_timestamp(), false)
                      or exists (select 1 from chat_messages where client_ref = 'panel:' || $2)
               from chat_conversations where id = $1""",
            conversation_id,
            client_ref,
        )
    return allowed


async def hand_off_by_person(
    tenant_id: int, pool: Pool, conversation_id: UUID, *, reason: str, who: str, correlation_id: str
) -> UUID | None:
    """A manual handoff (S-090): lockout and e-mail, no message to the customer. Its id; None without conversation."""
    async with tenant_transaction(tenant_id, pool) as conn:
        if not await conn.fetchval("select 1 from chat_conversations where id = $1 for update", conversation_id):
            return None
        made = await hand_off(
            tenant_id,
            conn,
            conversation_id,
            source="panel",
            reason=reason,
            details={"requested_by": who},
            correlation_id=correlation_id,
        )
        await conn.execute(
            "update chat_conversations set override_author = $2 where id = $1 and not is_off(human_override_until)",
            conversation_id,
            who,
        )
    return UUID(made["handoff_id"])


async def retry_burst(tenant_id: int, pool: Pool, burst_id: UUID) -> UUID | None:
    """A parked burst again: its messages wait for a new one, due now. None if it is not parked."""
    async with tenant_transaction(tenant_id, pool) as conn:
        conversation_id: UUID | None = await conn.fetchval(
            "select conversation_id from bursts where id = $1 and state = 'parked'", burst_id
        )
        if conversation_id is None:
            return None
        await conn.execute("select 1 from chat_conversations where id = $1 for update", conversation_id)
        freed = await conn.execute(
            "update chat_messages set burst_id = null, awaits_answer = true where burst_id = $1 and role = 'user'",
            burst_id,
        )
        if freed == "UPDATE 0":
            return None
        await conn.execute(
            """update chat_conversations set waiting_since = coalesce(waiting_since, clock_timestamp()),
                   due_at = clock_timestamp(), needs_human_since = null, needs_human_reason = null,
                   revision = revision + 1 where id = $1""",
            conversation_id,
        )
        await conn.execute("select pg_notify('nexus_work', '')")
    return conversation_id


async def figures(tenant_id: int, pool: Pool) -> dict[str, Any]:
    """Counts of the last 24 hours and of what waits now, for the stats page."""
    async with tenant_transaction(tenant_id, pool) as conn:
        row = await one(
            conn,
            """with recent as (select * from bursts where created_at > now() - interval '24 hours'),
                    sends as (select provider_status from chat_messages
                              where role = 'assistant' and created_at > now() - interval '24 hours')
               select (select count(*) from chat_conversations) as conversations,
                      (select count(*) from chat_conversations
                       where last_message_at > now() - interval '24 hours') as active_conversations,
                      (select count(*) from chat_conversations where needs_human_since is not null) as needs_human,
                      (select count(*) from chat_conversations where human_override_until > now()) as paused,
                      (select count(*) from recent) as bursts,
                      (select count(*) from recent where state = 'answered') as answered,
                      (select count(*) from recent where state = 'ignored') as ignored,
                      (select count(*) from recent where state = 'error') as errors,
                      (select count(*) from recent where state = 'parked') as parked,
                      (select count(*) from handoffs where created_at > now() - interval '24 hours') as handoffs,
                      (select count(*) from sends where provider_status in ('sent', 'delivered', 'read')) as sent,
                      (select count(*) from sends where provider_status = 'failed') as failed,
                      (select count(*) from chat_messages where provider_status = 'unknown') as unknown,
                      (select count(*) from chat_messages
                       where provider_status in ('pending', 'sending')) as pending""",
        )
    return dict(row)
