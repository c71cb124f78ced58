"""Who wants to hear that something is back, and that she was told once (issue 6, back in stock)."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from nexus.store.consents import may_write, note_said
from nexus.store.database import Connection, Pool, tenant_transaction
from nexus.store.effects import RunIdentity
from nexus.store.events import record_event
from nexus.store.jobs import BACK_IN_STOCK, enqueue
from nexus.store.messages import Outgoing, queue_reminder
from nexus.store.send_limits import WINDOW

_WINDOW_MARGIN = timedelta(minutes=5)
"""A free text queued in the last minutes of the window might leave after it."""


@dataclass(frozen=True, slots=True)
class Notice:
    """A waiting notice with its conversation; without `variant_id` any variant will do."""

    id: UUID
    conversation_id: UUID
    product_id: int
    variant_id: int | None
    product_name: str


@dataclass(frozen=True, slots=True)
class HeldChat:
    """The conversation of a notice, locked, with every notice of it that waits for the same product."""

    notices: list[Notice]
    window_is_open: bool


async def keep_notice(
    tenant_id: int, conn: Connection, run: RunIdentity, product_id: int, variant_id: int | None, name: str
) -> bool:
    """Remember whom to tell, with the message by which she agreed; False when it was remembered before."""
    await note_said(tenant_id, conn, run.burst_id, "stock_notices", "given")
    return bool(
        await conn.fetchval(
            """insert into stock_notices (tenant_id, conversation_id, product_id, variant_id, product_name,
                                          consent_message_id)
               values ($1, $2, $3, $4, $5,
                       (select id from chat_messages where tenant_id = $1 and burst_id = $6 and role = 'user'
                        order by seq desc limit 1))
               on conflict do nothing returning true""",
            tenant_id,
            run.conversation_id,
            product_id,
            variant_id,
            name,
            run.burst_id,
        )
    )


async def queue_stock_jobs(tenant_id: int, conn: Connection, product_ids: Sequence[int]) -> int:
    """Queue a look for every notice that waits for one of these products, in the caller's transaction; how many."""
    waiting = await conn.fetch(
        "select id from stock_notices where tenant_id = $1 and state = 'waiting' and product_id = any($2::bigint[])",
        tenant_id,
        list(product_ids),
    )
    for row in waiting:
        await enqueue(tenant_id, conn, BACK_IN_STOCK, row["id"])
    return len(waiting)


async def load_notice(tenant_id: int, pool: Pool, notice_id: UUID) -> Notice | None:
    """The notice while it waits, else None."""
    async with tenant_transaction(tenant_id, pool) as conn:
        row = await conn.fetchrow(
            """select id, conversation_id, product_id, variant_id, product_name from stock_notices
               where tenant_id = $1 and id = $2 and state = 'waiting'""",
            tenant_id,
            notice_id,
        )
    return Notice(**dict(row)) if row else None


async def hold_chat(tenant_id: int, conn: Connection, notice: Notice) -> HeldChat:
    """Lock the conversation, then its notices of that product, as they are now: none is told twice, and none to
    somebody who took her consent back, whose notices end here.
    """
    open_window = await conn.fetchval(
        """select last_inbound_at + $3 > clock_timestamp() from chat_conversations
           where tenant_id = $1 and id = $2 for no key update""",
        tenant_id,
        notice.conversation_id,
        WINDOW - _WINDOW_MARGIN,
    )
    rows = await conn.fetch(
        """select id, conversation_id, product_id, variant_id, product_name from stock_notices
           where tenant_id = $1 and conversation_id = $2 and product_id = $3 and state = 'waiting'
           order by asked_at for update""",
        tenant_id,
        notice.conversation_id,
        notice.product_id,
    )
    notices = [Notice(**dict(row)) for row in rows]
    if not await may_write(tenant_id, conn, notice.conversation_id, "stock_notices"):
        await _settle(tenant_id, conn, notices, "withdrawn", None, None)
        notices = []
    return HeldChat(notices, bool(open_window))


async def tell_once(tenant_id: int, conn: Connection, notices: Sequence[Notice], outgoing: Outgoing) -> None:
    """Queue the one message and mark its notices told, in the caller's transaction: both or neither."""
    message_id = await queue_reminder(tenant_id, conn, notices[0].conversation_id, outgoing)
    await _settle(tenant_id, conn, notices, "told", None, message_id)


async def miss(tenant_id: int, conn: Connection, notices: Sequence[Notice], reason: str) -> None:
    """It may not be told: WhatsApp takes no free text any more, and there is no template that fits."""
    await _settle(tenant_id, conn, notices, "missed", reason, None)
    await record_event(
        tenant_id,
        conn,
        "warn",
        "stock_notice_missed",
        "Un aviso de reposición no salió: pasaron más de 24 h y la tienda no tiene una plantilla que sirva",
        {"conversation_id": notices[0].conversation_id, "product_id": notices[0].product_id, "reason": reason},
    )


async def withdraw(tenant_id: int, conn: Connection, conversation_id: UUID, burst_id: UUID) -> int:
    """She wants no notice any more, by the burst's words; how many were waiting or had been told in the last week."""
    withdrawn: int = await conn.fetchval(
        """with gone as (
               update stock_notices set state = 'withdrawn', settled_at = clock_timestamp()
               where tenant_id = $1 and conversation_id = $2 and state = 'waiting' returning 1)
           select (select count(*) from gone) + (
               select count(*) from stock_notices where tenant_id = $1 and conversation_id = $2
                 and state = 'told' and settled_at > clock_timestamp() - interval '7 days')""",
        tenant_id,
        conversation_id,
    )
    if withdrawn:
        await note_said(tenant_id, conn, burst_id, "stock_notices", "withdrawn")
    return withdrawn


async def template_for(tenant_id: int, conn: Connection, name: str) -> tuple[str, list[dict[str, Any]]] | None:
    """Language and components of the shop's approved template of that name, Spanish of here before any other."""
    row = await conn.fetchrow(
        """select language, components from whatsapp_templates
           where tenant_id = $1 and name = $2 and status = 'APPROVED'
           order by language = 'es_AR' desc, language like 'es%' desc, language limit 1""",
        tenant_id,
        name,
    )
    return (row["language"], json.loads(row["components"])) if row else None


async def _settle(
    tenant_id: int,
    conn: Connection,
    notices: Sequence[Notice],
    state: str,
    reason: str | None,
    message_id: UUID | None,
) -> None:
    await conn.execute(
        """update stock_notices set state = $3, reason = $4, message_id = $5, settled_at = clock_timestamp()
           where tenant_id = $1 and id = any($2::uuid[]) and state = 'waiting'""",
        tenant_id,
        [notice.id for notice in notices],
        state,
        reason,
        message_id,
    )
