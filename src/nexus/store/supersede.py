"""A newer message during the run: the answer under way is dropped, and one answer is made to both (architecture.md 3).

Decided where the reply is committed and nowhere else: the conversation's row is locked, so that no message is accepted
and no burst claimed between the look and the decision, and what a crash leaves is either all of it or nothing.
"""

from datetime import timedelta
from uuid import UUID

from nexus.store.database import Connection

SUPERSEDED = "superseded"
"""The reason of such a burst; its state is ignored."""
_CALLS_WAIT = timedelta(seconds=20)
"""Less than the answer deadline for which a direct call waits its turn."""


async def supersede(tenant_id: int, conn: Connection, conversation_id: UUID, burst_id: UUID, delivery: str) -> bool:
    """Give the burst's messages to the next one if a newer message waits; False when its own answer is to stand.

    It stands when a tool had an effect in it (that must be told), and when a message of it was in a superseded burst
    before: somebody who never stops writing is answered all the same. Only messages of the burst's own delivery
    count: the gateway's customers and direct callers get their answers by different ways. Conversation row locked.
    """
    if await conn.fetchval(
        """select exists (select 1 from tool_effects where tenant_id = $1 and burst_id = $2)
               or exists (select 1 from chat_messages
                          where tenant_id = $1 and burst_id = $2 and superseded_burst_id is not null)""",
        tenant_id,
        burst_id,
    ):
        return False
    if delivery == "caller":
        return await _with_the_next_call(tenant_id, conn, conversation_id, burst_id)
    return await _with_what_waits(tenant_id, conn, conversation_id, burst_id)


async def _with_what_waits(tenant_id: int, conn: Connection, conversation_id: UUID, burst_id: UUID) -> bool:
    """Back among the waiting messages, all of which the next claim binds at once, when the newest has had its pause."""
    waiting = await conn.fetchval(
        """update chat_conversations
           set due_at = coalesce(due_at, clock_timestamp()), waiting_since = coalesce(waiting_since, clock_timestamp())
           where tenant_id = $1 and id = $2
             and exists (select 1 from chat_messages m where m.conversation_id = $2 and m.awaits_answer
                         and m.burst_id is null and m.delivery = 'outbox')
           returning true""",
        tenant_id,
        conversation_id,
    )
    if waiting:
        await _move(tenant_id, conn, burst_id, None)
    return bool(waiting)


async def _with_the_next_call(tenant_id: int, conn: Connection, conversation_id: UUID, burst_id: UUID) -> bool:
    """Into a burst of the messages of a call that came during the run and waits; it claims it as one of its own.

    Of several waiting calls only the first: each sends what it is answered. One that may have given up by now (it came
    before the run, or longer ago than any call waits) would leave both without an answer, and does not count.
    """
    next_burst: UUID | None = await conn.fetchval(
        """insert into bursts (tenant_id, conversation_id, delivery, correlation_id)
           select tenant_id, conversation_id, 'caller', correlation_id from chat_messages
           where tenant_id = $1 and conversation_id = $2 and awaits_answer and burst_id is null and delivery = 'caller'
             and created_at > clock_timestamp() - $4::interval
             and seq > (select max(seq) from chat_messages where tenant_id = $1 and burst_id = $3 and role = 'user')
           order by seq limit 1 returning id""",
        tenant_id,
        conversation_id,
        burst_id,
        _CALLS_WAIT,
    )
    if next_burst is None:
        return False
    await conn.execute(
        """update chat_messages m set burst_id = b.id from bursts b
           where b.id = $3 and m.tenant_id = $1 and m.conversation_id = $2 and m.awaits_answer and m.burst_id is null
             and m.delivery = 'caller' and m.correlation_id is not distinct from b.correlation_id""",
        tenant_id,
        conversation_id,
        next_burst,
    )
    await _move(tenant_id, conn, burst_id, next_burst)
    return True


async def _move(tenant_id: int, conn: Connection, burst_id: UUID, next_burst: UUID | None) -> None:
    await conn.execute(
        """update chat_messages set burst_id = $3, awaits_answer = true, superseded_burst_id = $2
           where tenant_id = $1 and burst_id = $2 and role = 'user'""",
        tenant_id,
        burst_id,
        next_burst,
    )
