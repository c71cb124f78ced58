"""The conversation as a queue: claim, renew, give back, park (architecture.md 1 idea 2, section 3)."""

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from nexus.store.database import Connection, Pool, one, tenant_transaction
from nexus.store.events import record_event

LEASE = timedelta(seconds=30)
PARK_AFTER = 5
"""Counted claims after which a burst waits for a person."""
BACKOFF_SECONDS = (2, 5, 15, 60)


@dataclass(frozen=True, slots=True)
class ClaimedBurst:
    """A burst in our hands until the lease ends; `fence` proves it to whoever commits the work."""

    tenant_id: int
    conversation_id: UUID
    burst_id: UUID
    fence: int
    failures: int
    correlation_id: str
    resumed: bool


async def claim_bursts(pool: Pool, owner: str, limit: int) -> list[ClaimedBurst]:
    """Up to `limit` due conversations of any tenant, each with its burst bound and its fence raised."""
    async with pool.acquire(timeout=5) as conn:
        rows = await conn.fetch("select * from claim_bursts($1, $2, $3)", owner, limit, LEASE)
    return [ClaimedBurst(**dict(row)) for row in rows]


async def hasten_unreached(pool: Pool) -> None:
    """The Orchestrator answers again: what was given back because it did not is due now, for any tenant."""
    async with pool.acquire(timeout=5) as conn:
        await conn.execute("select hasten_unreached()")


async def join_waiting(pool: Pool) -> int:
    """Join chats of one person that something under way kept apart, of any tenant; how many are one now."""
    async with pool.acquire(timeout=5) as conn:
        joined: int = await conn.fetchval("select join_waiting()")
    return joined


async def next_work(pool: Pool) -> tuple[float | None, float | None]:
    """Seconds until the next burst and until the next bubble may be claimed; None where nothing waits."""
    async with pool.acquire(timeout=5) as conn:
        row = await one(conn, "select * from next_work()")
    return row["bursts_in"], row["outbox_in"]


async def queue_figures(pool: Pool) -> dict[str, float]:
    """Counts and ages of what waits over all tenants, for metrics."""
    async with pool.acquire(timeout=5) as conn:
        return dict(await one(conn, "select * from queue_figures()"))


async def renew_lease(tenant_id: int, pool: Pool, conversation_id: UUID, fence: int) -> bool:
    """Hold the conversation for another LEASE; False when the fence has moved on and the work is no longer ours."""
    async with tenant_transaction(tenant_id, pool) as conn:
        return bool(
            await conn.fetchval(
                """update chat_conversations set lease_until = clock_timestamp() + $3
                   where id = $1 and fence = $2 and lease_until is not null returning true""",
                conversation_id,
                fence,
                LEASE,
            )
        )


async def give_back(tenant_id: int, pool: Pool, claimed: ClaimedBurst, reason: str, *, counted: bool) -> str:
    """The claim ended without a result: due again with backoff, or `parked` after PARK_AFTER counted claims.

    Returns `retry`, `parked`, or `lost` when the fence has moved on.
    """
    async with tenant_transaction(tenant_id, pool) as conn:
        held = await conn.fetchval(
            """select b.in_hand from chat_conversations c join bursts b on b.id = c.active_burst_id
               where c.id = $1 and c.fence = $2 and b.id = $3 for update of c""",
            claimed.conversation_id,
            claimed.fence,
            claimed.burst_id,
        )
        if not held:
            return "lost"
        burst = await one(
            conn,
            """update bursts set in_hand = false, failures = failures + $2, retries = retries + 1, reason = $3
               where id = $1 returning failures, retries, correlation_id""",
            claimed.burst_id,
            int(counted),
            reason,
        )
        if burst["failures"] >= PARK_AFTER:
            await park(tenant_id, conn, claimed.conversation_id, claimed.burst_id, reason)
            return "parked"
        delay = BACKOFF_SECONDS[min(burst["retries"], len(BACKOFF_SECONDS)) - 1]
        await conn.execute(
            """update chat_conversations set lease_until = null, lease_owner = null,
                   retry_at = clock_timestamp() + make_interval(secs => $2) where id = $1""",
            claimed.conversation_id,
            float(delay),
        )
    return "retry"


async def park_claimed(tenant_id: int, pool: Pool, claimed: ClaimedBurst) -> None:
    """Park a burst whose claims died often enough, before another worker is spent on it."""
    async with tenant_transaction(tenant_id, pool) as conn:
        held = await conn.fetchval(
            "select true from chat_conversations where id = $1 and fence = $2 and active_burst_id = $3 for update",
            claimed.conversation_id,
            claimed.fence,
            claimed.burst_id,
        )
        if held:
            await park(tenant_id, conn, claimed.conversation_id, claimed.burst_id, "worker_died")


async def park(tenant_id: int, conn: Connection, conversation_id: UUID, burst_id: UUID, reason: str) -> None:
    """Set the burst aside for a person and let the conversation go on with its next one; conversation row locked."""
    correlation_id = await conn.fetchval(
        """update bursts set state = 'parked', reason = $2, in_hand = false, finished_at = clock_timestamp()
           where id = $1 returning correlation_id""",
        burst_id,
        reason,
    )
    await conn.execute(
        """update chat_conversations
           set active_burst_id = null, retry_at = null, lease_until = null, lease_owner = null,
               needs_human_since = coalesce(needs_human_since, clock_timestamp()),
               needs_human_reason = coalesce(needs_human_reason, case when exists (
                   select 1 from tool_effects where burst_id = $2 and tool <> 'derivhumano')
                   then 'effect_not_told' else 'burst_parked' end),
               revision = revision + 1
           where id = $1""",
        conversation_id,
        burst_id,
    )
    await queue_apology(tenant_id, conn, conversation_id, burst_id, correlation_id)
    await record_event(
        tenant_id,
        conn,
        "error",
        "burst_parked",
        "Una consulta quedó sin responder después de varios intentos",
        {"burst_id": burst_id, "conversation_id": conversation_id, "reason": reason},
        correlation_id,
    )


APOLOGY = "Perdón, se me complicó responderte en este momento. Ya le aviso a una persona del equipo para que te ayude."


async def queue_apology(
    tenant_id: int, conn: Connection, conversation_id: UUID, burst_id: UUID, correlation_id: str | None
) -> bool:
    """One apology bubble, at most one per conversation an hour; conversation row locked by the caller.

    None in shadow mode: there the bot says nothing by itself.
    """
    due = await conn.fetchval(
        """update chat_conversations set last_apology_at = clock_timestamp(), outbox_due_at = clock_timestamp()
           where id = $1 and (last_apology_at is null or last_apology_at < clock_timestamp() - interval '1 hour')
             and (human_override_until is null or human_override_until <= clock_timestamp())
             and not exists (select 1 from tenant_bot_settings s where s.tenant_id = $2 and s.shadow_mode)
           returning true""",
        conversation_id,
        tenant_id,
    )
    if due:
        await conn.execute(
            """insert into chat_messages (tenant_id, conversation_id, role, author, kind, message_type, content,
                                          delivery, burst_id, part, total, provider_status, correlation_id)
               values ($1, $2, 'assistant', 'bot', 'apology', 'text', $3, 'outbox', $4, 1, 1, 'pending', $5)""",
            tenant_id,
            conversation_id,
            APOLOGY,
            burst_id,
            correlation_id,
        )
    return bool(due)
