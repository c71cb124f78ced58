"""Tries at orders that are not the sender's by her phone: how many stand, kept in the database (tiendanube.md 4.4).

What was asked is a digest: nobody reads a number or an e-mail out of it.
"""

from typing import Literal
from uuid import UUID

from nexus.store.database import Connection, Pool, tenant_transaction
from nexus.store.effects import RunIdentity
from nexus.store.events import record_event

MOST_TRIES = 2
"""E-mails that a chat may try; a right one counts for nothing."""
_FORGOTTEN_AFTER_DAYS = 30
_ALARMS = (3, 10, 30, 100)
"""At so many order numbers asked in vain within a day, people are told."""


async def wrote(tenant_id: int, pool: Pool, run: RunIdentity, words: str) -> bool:
    """Whether the customer herself wrote these words in the chat: what a model read elsewhere is not hers."""
    async with tenant_transaction(tenant_id, pool) as conn:
        found: bool = await conn.fetchval(
            """select exists (select 1 from chat_messages where tenant_id = $1 and conversation_id = $2
                              and role = 'user' and position(lower($3) in lower(content)) > 0)""",
            tenant_id,
            run.conversation_id,
            words,
        )
    return found


async def use_try(tenant_id: int, pool: Pool, run: RunIdentity, asked: str) -> Literal["use", "used_up"]:
    """Take one of the chat's tries, before anything is looked up; what was tried before is no new one.

    So a re-run of the burst uses none, and of calls at the same moment no more get through than there are tries.
    """
    async with tenant_transaction(tenant_id, pool) as conn:
        await conn.execute("select 1 from chat_conversations where id = $1 for no key update", run.conversation_id)
        if await conn.fetchval(
            "select 1 from order_tries where tenant_id = $1 and conversation_id = $2 and asked = $3",
            tenant_id,
            run.conversation_id,
            asked,
        ):
            return "use"
        if await _used(tenant_id, conn, run.conversation_id) >= MOST_TRIES:
            return "used_up"
        await _keep(tenant_id, conn, run.conversation_id, asked, by_mail=True)
    return "use"


async def note_proved(tenant_id: int, pool: Pool, run: RunIdentity, asked: str) -> None:
    """The e-mail was the order's: this try counts for nothing."""
    async with tenant_transaction(tenant_id, pool) as conn:
        await conn.execute(
            "update order_tries set proved = true where tenant_id = $1 and conversation_id = $2 and asked = $3",
            tenant_id,
            run.conversation_id,
            asked,
        )


async def note_denied(tenant_id: int, pool: Pool, run: RunIdentity, asked: str | None, correlation_id: str) -> bool:
    """Remember that a number was asked in vain, tell people at the third, tenth… of a day; whether no try is left.

    Without a number (`asked` None) nothing is remembered.
    """
    async with tenant_transaction(tenant_id, pool) as conn:
        if asked and await _keep(tenant_id, conn, run.conversation_id, asked, by_mail=False):
            numbers = await conn.fetchval(
                """select count(*) from order_tries where tenant_id = $1 and conversation_id = $2 and not by_mail
                   and tried_at > clock_timestamp() - interval '1 day'""",
                tenant_id,
                run.conversation_id,
            )
            if numbers in _ALARMS:
                await record_event(
                    tenant_id,
                    conn,
                    "warn",
                    "order_enumeration",
                    "Alguien pregunta por números de pedido que no son suyos",
                    {"conversation_id": run.conversation_id, "numbers": numbers},
                    correlation_id,
                )
        return await _used(tenant_id, conn, run.conversation_id) >= MOST_TRIES


async def _used(tenant_id: int, conn: Connection, conversation_id: UUID) -> int:
    used: int = await conn.fetchval(
        """select count(*) from order_tries where tenant_id = $1 and conversation_id = $2 and by_mail and not proved
           and tried_at > clock_timestamp() - make_interval(days => $3)""",
        tenant_id,
        conversation_id,
        _FORGOTTEN_AFTER_DAYS,
    )
    return used


async def _keep(tenant_id: int, conn: Connection, conversation_id: UUID, asked: str, *, by_mail: bool) -> bool:
    """Whether it was new."""
    return bool(
        await conn.fetchval(
            """insert into order_tries (tenant_id, conversation_id, asked, by_mail, tried_at)
               values ($1, $2, $3, $4, clock_timestamp()) on conflict do nothing returning true""",
            tenant_id,
            conversation_id,
            asked,
            by_mail,
        )
    )
