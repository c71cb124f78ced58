"""Who answers: the bot, or a person until human_override_until (S-043 to S-046)."""

from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from nexus.store.database import Connection, Pool, notify_work, tenant_transaction

OFF_UNTIL = datetime(9999, 12, 31, tzinfo=UTC)
"""The end of a pause that has none: the bot is off in this chat until a person gives it back."""


async def begin_lockout(
    tenant_id: int,
    conn: Connection,
    conversation_id: UUID,
    cause: str,
    *,
    hours: float,
    burst_id: UUID | None = None,
    who: str | None = None,
) -> datetime:
    """Silence the bot for `hours` from now, in the caller's transaction; a new cause overwrites all that is kept of it.

    `burst_id` is the only burst that may still reply, `who` the person of the panel that did it. Where a person turned
    the bot off, off it stays. Returns the end.
    """
    until: datetime = await conn.fetchval(
        """with begun as (
               update chat_conversations
               set human_override_until = clock_timestamp() + make_interval(secs => $3::float8 * 3600),
                   override_since = clock_timestamp(), override_cause = $4, override_burst_id = $5,
                   override_author = $6, override_reason = null, revision = revision + 1
               where tenant_id = $1 and id = $2 and not is_off(human_override_until) returning human_override_until)
           select human_override_until from begun
           union all select $7::timestamptz limit 1""",
        tenant_id,
        conversation_id,
        hours,
        cause,
        burst_id,
        who,
        OFF_UNTIL,
    )
    return until


async def add_line(tenant_id: int, conn: Connection, conversation_id: UUID, text: str) -> None:
    """A panel line in the thread (role system): never remembered by the bot, never sent."""
    await conn.execute(
        """insert into chat_messages (tenant_id, conversation_id, role, author, kind, message_type, content)
           values ($1, $2, 'system', 'system', 'line', 'text', $3)""",
        tenant_id,
        conversation_id,
        text,
    )


async def lockout_until(tenant_id: int, pool: Pool, conversation_id: UUID) -> datetime | None:
    """The end of the current lockout, or None; what the Redis mirror is rebuilt from."""
    async with tenant_transaction(tenant_id, pool) as conn:
        until: datetime | None = await conn.fetchval(
            """select human_override_until from chat_conversations
               where id = $1 and human_override_until > clock_timestamp()""",
            conversation_id,
        )
    return until


@dataclass(frozen=True, slots=True)
class Pause:
    """A person's own pause: until then (OFF_UNTIL: off), by whom, and why if she says so."""

    until: datetime
    who: str
    reason: str | None = None

    @property
    def line(self) -> str:
        """What the thread says of it."""
        did = "apagó el bot en esta conversación" if self.until == OFF_UNTIL else "pausó el bot"
        return f"{self.who} {did}{f': {self.reason}' if self.reason else ''}"


async def pause_bot(tenant_id: int, pool: Pool, conversation_id: UUID, pause: Pause) -> bool:
    """Pause by hand from the panel, whatever was there before; False when there is no such conversation."""
    async with tenant_transaction(tenant_id, pool) as conn:
        known = await conn.fetchval(
            """update chat_conversations
               set human_override_until = $3, override_since = clock_timestamp(), override_cause = $4,
                   override_burst_id = null, override_author = $5, override_reason = $6, revision = revision + 1
               where tenant_id = $1 and id = $2 returning true""",
            tenant_id,
            conversation_id,
            pause.until,
            "panel_off" if pause.until == OFF_UNTIL else "panel_pause",
            pause.who,
            pause.reason,
        )
        if known:
            await add_line(tenant_id, conn, conversation_id, pause.line)
    return bool(known)


async def resume_bot(
    tenant_id: int, pool: Pool, conversation_id: UUID, *, answer_pending: bool, debounce: float, who: str
) -> bool:
    """ "Devolver al bot"; with `answer_pending` the customer's messages since anyone's last reply become a new burst.

    Returns False when there is no such conversation.
    """
    async with tenant_transaction(tenant_id, pool) as conn:
        if not await conn.fetchval("select 1 from chat_conversations where id = $1 for update", conversation_id):
            return False
        await conn.execute(
            """update chat_conversations
               set human_override_until = null, override_since = null, override_cause = null, override_burst_id = null,
                   override_author = null, override_reason = null, needs_human_since = null,
                   needs_human_reason = null, revision = revision + 1
               where id = $1""",
            conversation_id,
        )
        await add_line(tenant_id, conn, conversation_id, f"{who} devolvió la conversación al bot")
        if answer_pending:
            await _unbind_unanswered(tenant_id, conn, conversation_id, debounce)
        await notify_work(conn)
    return True


async def _unbind_unanswered(tenant_id: int, conn: Connection, conversation_id: UUID, debounce: float) -> None:
    """Messages after the last one that anybody wrote to the customer, of bursts already closed, wait again."""
    freed = await conn.fetch(
        """update chat_messages m set burst_id = null, awaits_answer = true, delivery = 'outbox'
           where m.tenant_id = $1 and m.conversation_id = $2 and m.role = 'user'
             and m.seq > coalesce((select max(a.seq) from chat_messages a
                                   where a.conversation_id = $2 and a.role = 'assistant'
                                     and a.provider_status not in ('discarded', 'failed')), 0)
             and (m.burst_id is null or exists (select 1 from bursts b where b.id = m.burst_id and b.state <> 'open'))
           returning m.id""",
        tenant_id,
        conversation_id,
    )
    if freed:
        await conn.execute(
            """update chat_conversations set waiting_since = coalesce(waiting_since, clock_timestamp()),
                   due_at = clock_timestamp() + make_interval(secs => $2) where id = $1""",
            conversation_id,
            debounce,
        )
