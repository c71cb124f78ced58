"""A burst seen by the Orchestrator: what it asks, whether it may be answered, and the commit of its answer."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal
from uuid import UUID

from nexus.store.database import Connection, Pool, Row, Store, notify_work, one, tenant_transaction
from nexus.store.drafts import NEEDS_HUMAN, NewDraft, keep_draft
from nexus.store.events import record_event
from nexus.store.memory import SaidMessage, UnknownBurstError, messages_of_burst
from nexus.store.queue import queue_apology
from nexus.store.supersede import SUPERSEDED, supersede
from nexus.store.traces import Spent, note_spent

_STATUS_OF_STATE: dict[str, Literal["ok", "ignored", "error"]] = {
    "answered": "ok",
    "ignored": "ignored",
    "error": "error",
    "parked": "error",
}


UNPROVED = "unproved_reply"
"""Why a person is asked for when the gate blocked a reply."""


class StaleFenceError(RuntimeError):
    """Another claim holds the conversation: this run's result must be thrown away."""


@dataclass(frozen=True, slots=True)
class StoredBubble:
    """One bubble of a stored reply, as `/chat` shows it."""

    part: int
    total: int
    message_type: str
    content: str
    caption: str | None = None


@dataclass(frozen=True, slots=True)
class Result:
    """The stored outcome of a burst: the same burst always gives the same one."""

    status: Literal["ok", "ignored", "error"]
    conversation_id: UUID
    burst_id: UUID
    correlation_id: str | None
    bubbles: list[StoredBubble] = field(default_factory=list)
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Burst:
    """An open burst with its conversation as they are at the start of a run; `shadow`: a person sends the answer."""

    id: UUID
    tenant_id: int
    conversation_id: UUID
    fence: int
    delivery: str
    correlation_id: str
    age_seconds: float
    paused: bool
    external_user_id: str
    display_name: str | None
    wa_address: str | None
    messages: list[SaidMessage]
    shadow: bool = False


@dataclass(frozen=True, slots=True)
class NewBubble:
    """A bubble to store; kind is reply or handoff. A picture's content is its address, `caption` the words under it."""

    message_type: str
    content: str
    kind: str = "reply"
    caption: str | None = None


async def load_burst(tenant_id: int, store: Store, burst_id: UUID, fence: int) -> Burst | Result:
    """The open burst, or its stored result when it has one.

    Raises UnknownBurstError, StaleFenceError.
    """
    async with tenant_transaction(tenant_id, store) as conn:
        row = await conn.fetchrow(
            """select b.*, c.fence as current_fence, c.external_user_id, c.display_name, c.wa_address,
                      extract(epoch from clock_timestamp() - b.first_accepted_at)::float8 as age_seconds,
                      c.human_override_until > clock_timestamp()
                          and c.override_burst_id is distinct from b.id as paused,
                      exists (select 1 from tenant_bot_settings s where s.tenant_id = b.tenant_id and s.shadow_mode)
                          as shadow
               from bursts b join chat_conversations c on c.id = b.conversation_id where b.id = $1""",
            burst_id,
        )
        if row is None:
            raise UnknownBurstError(str(burst_id))
        if row["state"] != "open":
            return await _result(tenant_id, conn, row)
        if row["current_fence"] != fence:
            raise StaleFenceError(str(burst_id))
        messages = await messages_of_burst(tenant_id, conn, burst_id)
    return Burst(
        id=burst_id,
        tenant_id=tenant_id,
        conversation_id=row["conversation_id"],
        fence=fence,
        delivery=row["delivery"],
        correlation_id=row["correlation_id"] or "",
        age_seconds=row["age_seconds"],
        paused=bool(row["paused"]),
        external_user_id=row["external_user_id"],
        display_name=row["display_name"],
        wa_address=row["wa_address"],
        messages=messages,
        shadow=row["shadow"],
    )


async def stored_result(tenant_id: int, pool: Pool, burst_id: UUID) -> Result:
    """The result of a finished burst. Raises UnknownBurstError."""
    async with tenant_transaction(tenant_id, pool) as conn:
        row = await conn.fetchrow("select * from bursts where id = $1 and state <> 'open'", burst_id)
        if row is None:
            raise UnknownBurstError(str(burst_id))
        return await _result(tenant_id, conn, row)


async def _result(tenant_id: int, conn: Connection, burst: Row) -> Result:
    rows = await conn.fetch(
        """select part, total, message_type, content, payload->>'caption' as caption from chat_messages
           where tenant_id = $1 and burst_id = $2 and role = 'assistant' order by part""",
        tenant_id,
        burst["id"],
    )
    status = _STATUS_OF_STATE[burst["state"]]
    bubbles = [StoredBubble(**dict(row)) for row in rows]
    return Result(status, burst["conversation_id"], burst["id"], burst["correlation_id"], bubbles, burst["reason"])


async def commit_reply(
    tenant_id: int,
    pool: Pool,
    burst: Burst,
    bubbles: list[NewBubble],
    shown_products: str | None,
    spent: Spent | None = None,
    *,
    unproved: Mapping[str, int] | None = None,
    needs_person: str | None = None,
) -> Result:
    """Store the answer and what it took: goes on only if the fence is ours, the burst has no reply yet, and no lockout
    has begun other than by this burst, in which case it is stored as ignored; as it is when a newer message supersedes
    it, with reason superseded. `unproved`: the bubbles are a safe text instead of a reply with so many violations of
    each kind; a person is asked for. `needs_person`: so is one, for this reason.

    Raises StaleFenceError.
    """
    async with tenant_transaction(tenant_id, pool) as conn:
        if settled := await _settled(tenant_id, conn, burst, spent):
            return settled
        if unproved:
            await _ask_for_person_to_prove(tenant_id, conn, burst, unproved)
        if needs_person:
            await _ask_for_person(tenant_id, conn, burst, needs_person)
        await _insert_bubbles(tenant_id, conn, burst, bubbles)
        await conn.execute("update bursts set shown_products = $2::jsonb where id = $1", burst.id, shown_products)
        return await _finish(tenant_id, conn, burst, "answered", None)


async def _overtaken(tenant_id: int, conn: Connection, burst: Burst, spent: Spent | None) -> Result | None:
    """What stands instead of anything that this run could say: an answer given before, a lockout that began; else None.

    What the run spent is noted. The conversation stays locked. Raises StaleFenceError.
    """
    row, conversation = await _hold(tenant_id, conn, burst)
    if row["state"] != "open":
        return await _result(tenant_id, conn, row)
    await note_spent(tenant_id, conn, burst.id, spent)
    if conversation["locked_out"]:
        return await _finish(tenant_id, conn, burst, "ignored", "lockout_began")
    return None


async def _settled(tenant_id: int, conn: Connection, burst: Burst, spent: Spent | None) -> Result | None:
    """As `_overtaken`, of an answer: a newer message stands instead of it, too."""
    if overtaken := await _overtaken(tenant_id, conn, burst, spent):
        return overtaken
    if await supersede(tenant_id, conn, burst.conversation_id, burst.id, burst.delivery):
        return await _finish(tenant_id, conn, burst, "ignored", SUPERSEDED)
    return None


async def commit_draft(tenant_id: int, pool: Pool, burst: Burst, draft: NewDraft, spent: Spent | None = None) -> Result:
    """Keep the answer for a person to send, by the rules of `commit_reply`; the burst itself gets none.

    Raises StaleFenceError.
    """
    async with tenant_transaction(tenant_id, pool) as conn:
        if settled := await _settled(tenant_id, conn, burst, spent):
            return settled
        await keep_draft(tenant_id, conn, burst.conversation_id, burst.id, draft)
        return await _finish(tenant_id, conn, burst, "ignored", NEEDS_HUMAN)


async def commit_ignored(tenant_id: int, pool: Pool, burst: Burst, reason: str) -> Result:
    """Store that the burst gets no answer by rule (lockout, bot off). Raises StaleFenceError."""
    async with tenant_transaction(tenant_id, pool) as conn:
        row, _ = await _hold(tenant_id, conn, burst)
        if row["state"] != "open":
            return await _result(tenant_id, conn, row)
        return await _finish(tenant_id, conn, burst, "ignored", reason)


async def commit_error(tenant_id: int, pool: Pool, burst: Burst, reason: str, spent: Spent | None = None) -> Result:
    """The run ended without an answer: a person is asked for, and at most one apology an hour goes out.

    Raises StaleFenceError.
    """
    async with tenant_transaction(tenant_id, pool) as conn:
        if overtaken := await _overtaken(tenant_id, conn, burst, spent):
            return overtaken
        await queue_apology(tenant_id, conn, burst.conversation_id, burst.id, burst.correlation_id)
        if burst.delivery == "caller":
            await conn.execute(
                """update chat_messages set provider_status = 'sent', delivery = 'caller', sent_at = clock_timestamp()
                   where burst_id = $1 and kind = 'apology'""",
                burst.id,
            )
        await _ask_for_person_after_effect(tenant_id, conn, burst)
        await conn.execute(
            """update chat_conversations set needs_human_since = coalesce(needs_human_since, clock_timestamp()),
                   needs_human_reason = coalesce(needs_human_reason, $2) where id = $1""",
            burst.conversation_id,
            reason,
        )
        await record_event(
            tenant_id,
            conn,
            "error",
            "answer_failed",
            "El bot no pudo responder una consulta",
            {"burst_id": burst.id, "conversation_id": burst.conversation_id, "reason": reason},
            burst.correlation_id,
        )
        return await _finish(tenant_id, conn, burst, "error", reason)


async def _hold(tenant_id: int, conn: Connection, burst: Burst) -> tuple[Row, Row]:
    conversation = await conn.fetchrow(
        """select fence, human_override_until > clock_timestamp()
                      and override_burst_id is distinct from $3 as locked_out
           from chat_conversations where tenant_id = $1 and id = $2 for update""",
        tenant_id,
        burst.conversation_id,
        burst.id,
    )
    row = await conn.fetchrow("select * from bursts where id = $1", burst.id)
    if conversation is None or row is None:
        raise StaleFenceError(str(burst.id))
    if row["state"] == "open" and conversation["fence"] != burst.fence:
        raise StaleFenceError(str(burst.id))
    return row, conversation


async def _ask_for_person_after_effect(tenant_id: int, conn: Connection, burst: Burst) -> None:
    """Something was done and the customer will not be told: a person should see to it (architecture.md idea 5)."""
    await conn.execute(
        """update chat_conversations set needs_human_since = coalesce(needs_human_since, clock_timestamp()),
               needs_human_reason = coalesce(needs_human_reason, 'effect_not_told')
           where tenant_id = $1 and id = $2
             and exists (select 1 from tool_effects where burst_id = $3 and tool <> 'derivhumano')""",
        tenant_id,
        burst.conversation_id,
        burst.id,
    )


async def _ask_for_person(tenant_id: int, conn: Connection, burst: Burst, reason: str) -> None:
    """The chat is marked, unless it is already for another reason."""
    await conn.execute(
        """update chat_conversations set needs_human_since = coalesce(needs_human_since, clock_timestamp()),
               needs_human_reason = coalesce(needs_human_reason, $3) where tenant_id = $1 and id = $2""",
        tenant_id,
        burst.conversation_id,
        reason,
    )


async def _ask_for_person_to_prove(tenant_id: int, conn: Connection, burst: Burst, kinds: Mapping[str, int]) -> None:
    """The gate let no reply through: the bot goes on, a person should answer this. No words of the reply are kept."""
    await _ask_for_person(tenant_id, conn, burst, UNPROVED)
    await record_event(
        tenant_id,
        conn,
        "warn",
        "reply_blocked",
        "El bot iba a decir algo que no pudo comprobar: mandó un texto seguro y pidió una persona",
        {"burst_id": burst.id, "conversation_id": burst.conversation_id, "kinds": dict(kinds)},
        burst.correlation_id,
    )


async def _insert_bubbles(tenant_id: int, conn: Connection, burst: Burst, bubbles: list[NewBubble]) -> None:
    status = "pending" if burst.delivery == "outbox" else "sent"
    for part, bubble in enumerate(bubbles, start=1):
        await conn.execute(
            """insert into chat_messages (tenant_id, conversation_id, role, author, kind, message_type, content,
                                          delivery, burst_id, part, total, provider_status, status_at, sent_at,
                                          correlation_id, payload)
               values ($1, $2, 'assistant', 'bot', $3, $4, $5, $6, $7, $8, $9, $10, clock_timestamp(),
                       case when $10 = 'sent' then clock_timestamp() end, $11,
                       case when $12::text is not null then jsonb_build_object('caption', $12::text) end)""",
            tenant_id,
            burst.conversation_id,
            bubble.kind,
            bubble.message_type,
            bubble.content,
            burst.delivery,
            burst.id,
            part,
            len(bubbles),
            status,
            burst.correlation_id,
            bubble.caption,
        )


async def _finish(tenant_id: int, conn: Connection, burst: Burst, state: str, reason: str | None) -> Result:
    """Close the burst and free the conversation for its next one."""
    if state == "ignored":
        await _ask_for_person_after_effect(tenant_id, conn, burst)
    row = await one(
        conn,
        """update bursts set state = $2, reason = $3, in_hand = false, finished_at = clock_timestamp()
           where id = $1 returning *""",
        burst.id,
        state,
        reason,
    )
    preview: Any = await conn.fetchval(
        """select left(case message_type when 'image' then coalesce(payload->>'caption', 'Foto') else content end, 160)
           from chat_messages where burst_id = $1 and role = 'assistant'
           order by part desc limit 1""",
        burst.id,
    )
    await conn.execute(
        """update chat_conversations
           set active_burst_id = case when active_burst_id = $3 then null else active_burst_id end,
               retry_at = case when active_burst_id = $3 then null else retry_at end,
               lease_until = null, lease_owner = null, revision = revision + 1,
               outbox_due_at = case when $4 = 'outbox' and $5::text is not null then clock_timestamp()
                                    else outbox_due_at end,
               last_message_at = case when $5::text is not null then clock_timestamp() else last_message_at end,
               last_message_preview = coalesce($5, last_message_preview)
           where tenant_id = $1 and id = $2""",
        tenant_id,
        burst.conversation_id,
        burst.id,
        burst.delivery,
        preview,
    )
    await notify_work(conn)
    return await _result(tenant_id, conn, row)
