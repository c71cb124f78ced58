"""When nothing moves any more, and how the suite gets there without waiting for a dead process's leases."""

from collections.abc import Sequence
from typing import Protocol

import asyncpg

from tests.system import Shop, System


class Written(Protocol):
    """A customer's message, by the event that brought it."""

    @property
    def event_id(self) -> str: ...


async def at_rest(system: System, shop: Shop, said: Sequence[Written], *, end_leases_of: str = "") -> bool:
    """Whether nothing of the shop will move any more: webhooks taken, bursts closed, bubbles out, files fetched."""
    if end_leases_of:
        await _end_leases(system, end_leases_of)
    quiet = await system.one(
        """select not exists (select 1 from chat_conversations c where c.tenant_id = $1 and c.claim_at is not null)
              and not exists (select 1 from chat_messages m where m.tenant_id = $1
                              and (m.provider_status in ('pending', 'sending') or m.media_due_at is not null
                                   or (m.awaits_answer and m.burst_id is null)))
              and not exists (select 1 from bursts b where b.tenant_id = $1 and b.state = 'open')
              and not exists (select 1 from handoffs h where h.tenant_id = $1 and h.email_state = 'pending') as yes""",
        shop.tenant_id,
    )
    return bool(quiet["yes"]) and await _all_taken(system, shop, said)


async def _all_taken(system: System, shop: Shop, said: Sequence[Written]) -> bool:
    """Whether YCloud has handed over everything: the messages, and three statuses of each send where it reports."""
    log = (await system.sandbox.get("/sandbox/webhook-log", params={"number": shop.number})).json()["attempts"]
    taken = {a["event_id"]: a["type"] for a in log if 200 <= a["status"] < 300}
    numbers = (await system.sandbox.get("/sandbox/numbers")).json()["numbers"]
    reports = next(n["statuses"] for n in numbers if n["phone"] == shop.number)
    sends = (await system.sandbox.get("/sandbox/ledger", params={"number": shop.number})).json()["sends"]
    reported = sum(kind == "whatsapp.message.updated" for kind in taken.values())
    return all(s.event_id in taken for s in said) and (not reports or reported >= 3 * len(sends))


async def end_media_leases(system: System) -> None:
    """While no gateway lives: what the dead one fetched and heard may be taken up at once."""
    await system.one(
        """with ended as (update chat_messages set media_lease_until = clock_timestamp()
                          where media_lease_until > clock_timestamp() returning 1)
           select count(*) from ended"""
    )


async def _end_leases(system: System, owner: str) -> None:
    """End what a dead process still holds, and the wait for statuses; shortens waiting, changes no rule."""
    conn = await asyncpg.connect(system.postgres.superuser_dsn, database="nexus")
    try:
        await conn.execute(
            """update chat_conversations set lease_until = clock_timestamp()
               where lease_owner like $1 and lease_until > clock_timestamp()""",
            owner,
        )
        await conn.execute(
            """update chat_messages set sending_until = clock_timestamp() where provider_status = 'sending'
               and conversation_id in (select id from chat_conversations where outbox_owner like $1)""",
            owner,
        )
        await conn.execute(
            """update chat_conversations set outbox_lease_until = clock_timestamp(), outbox_due_at = clock_timestamp()
               where outbox_owner like $1""",
            owner,
        )
        await conn.execute(
            """with waited as (
                   update chat_messages set status_at = status_at - interval '15 seconds'
                   where provider_status = 'unknown' and status_at between clock_timestamp() - interval '15 seconds'
                         and clock_timestamp() - interval '3 seconds' returning conversation_id)
               update chat_conversations c set outbox_due_at = clock_timestamp() from waited
               where c.id = waited.conversation_id and c.outbox_due_at is not null"""
        )
    finally:
        await conn.close()
