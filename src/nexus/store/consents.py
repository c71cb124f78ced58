"""Who agreed to be written to for what, or took it back, and by which words: asked before anything goes out unasked.

Nothing is rewritten; the newest row of a chat and a purpose counts. Only a withdrawal forbids (docs/decisions/0023).
"""

from typing import Any, Literal
from uuid import UUID

from nexus.store.database import Connection, Pool, records, tenant_transaction

Purpose = Literal["reminders", "stock_notices", "marketing"]
PURPOSES: tuple[Purpose, ...] = ("reminders", "stock_notices", "marketing")
State = Literal["given", "withdrawn"]
_FOLLOWS = "7 days"
"""So long after a message of a campaign "BAJA" is an answer to it."""


# Said twice (a burst that is worked again) is said once.
_IS_NEW = """$4 is distinct from (select c.state from consents c where c.tenant_id = $1 and c.conversation_id = {chat}
                                 and c.purpose = $3 order by c.id desc limit 1)"""


class ConsentWithdrawnError(RuntimeError):
    """She does not want to be written to for that."""


async def may_write(tenant_id: int, conn: Connection, conversation_id: UUID, purpose: Purpose) -> bool:
    """Whether the person of this chat may be written to for this purpose: she did not take it back."""
    return await _state(tenant_id, conn, conversation_id, purpose) != "withdrawn"


async def refuse_unwanted(tenant_id: int, conn: Connection, conversation_id: UUID, name: str, language: str) -> None:
    """Raise ConsentWithdrawnError for a template that WhatsApp calls marketing, to somebody who wants none."""
    advertises = await conn.fetchval(
        "select category = 'MARKETING' from whatsapp_templates where tenant_id = $1 and name = $2 and language = $3",
        tenant_id,
        name,
        language,
    )
    if advertises and not await may_write(tenant_id, conn, conversation_id, "marketing"):
        raise ConsentWithdrawnError(str(conversation_id))


async def note_said(tenant_id: int, conn: Connection, burst_id: UUID, purpose: Purpose, state: State) -> None:
    """By her own words: the last message of the burst."""
    await conn.execute(
        f"""insert into consents (tenant_id, conversation_id, purpose, state, source, message_id)
            select b.tenant_id, b.conversation_id, $3, $4, 'message',
                   (select m.id from chat_messages m where m.tenant_id = $1 and m.burst_id = $2 and m.role = 'user'
                    order by m.seq desc limit 1)
            from bursts b where b.tenant_id = $1 and b.id = $2
              and {_IS_NEW.format(chat="b.conversation_id")}""",  # noqa: S608 - constants
        tenant_id,
        burst_id,
        purpose,
        state,
    )


async def note_booking(tenant_id: int, conn: Connection, conversation_id: UUID, *, by_bot: bool, actor: str) -> None:
    """Who books is reminded, unless something was said before: by her newest message, or by whoever wrote it down."""
    await conn.execute(
        """insert into consents (tenant_id, conversation_id, purpose, state, source, message_id, author)
           select $1, $2, 'reminders', 'given', case when $3 then 'message' else 'panel' end,
                  case when $3 then (select m.id from chat_messages m where m.tenant_id = $1 and m.conversation_id = $2
                                     and m.role = 'user' order by m.seq desc limit 1) end,
                  case when not $3 then nullif($4, '') end
           where not exists (select 1 from consents c where c.tenant_id = $1 and c.conversation_id = $2
                             and c.purpose = 'reminders')""",
        tenant_id,
        conversation_id,
        by_bot,
        actor,
    )


async def note_by_hand(
    tenant_id: int, pool: Pool, conversation_id: UUID, purpose: Purpose, state: State, author: str
) -> bool:
    """What she told somebody of the shop, who notes it; False when there is no such chat. Notices that wait end too."""
    async with tenant_transaction(tenant_id, pool) as conn:
        if not await conn.fetchval(
            "select 1 from chat_conversations where tenant_id = $1 and id = $2 for no key update",
            tenant_id,
            conversation_id,
        ):
            return False
        await conn.execute(
            f"""insert into consents (tenant_id, conversation_id, purpose, state, source, author)
                select $1, $2, $3, $4, 'panel', $5 where {_IS_NEW.format(chat="$2")}""",
            tenant_id,
            conversation_id,
            purpose,
            state,
            author,
        )
        if purpose == "stock_notices" and state == "withdrawn":
            await conn.execute(
                """update stock_notices set state = 'withdrawn', settled_at = clock_timestamp()
                   where tenant_id = $1 and conversation_id = $2 and state = 'waiting'""",
                tenant_id,
                conversation_id,
            )
    return True


async def stop_marketing(tenant_id: int, conn: Connection, conversation_id: UUID, burst_id: UUID) -> bool:
    """She answered a campaign with "BAJA": no more of it. False when none reached her in the last week."""
    campaign: bool = await conn.fetchval(
        f"""select exists (
                select 1 from chat_messages m
                join whatsapp_templates t on t.tenant_id = m.tenant_id and t.name = m.payload->>'name'
                     and t.language = m.payload->>'language'
                where m.tenant_id = $1 and m.conversation_id = $2 and m.message_type = 'template'
                  and t.category = 'MARKETING' and m.created_at > now() - interval '{_FOLLOWS}'
                  and m.provider_status not in ('failed', 'discarded')
                  and m.client_ref not like 'api:back_in_stock:%' and m.client_ref not like 'api:reminder:%')""",  # noqa: S608 - a constant
        tenant_id,
        conversation_id,
    )
    if campaign:
        await note_said(tenant_id, conn, burst_id, "marketing", "withdrawn")
    return campaign


async def list_consents(tenant_id: int, pool: Pool, conversation_id: UUID) -> list[dict[str, Any]] | None:
    """All that was said, newest first, {purpose, state, at, source, message_id, author}; None for no such chat."""
    async with tenant_transaction(tenant_id, pool) as conn:
        if not await conn.fetchval(
            "select 1 from chat_conversations where tenant_id = $1 and id = $2", tenant_id, conversation_id
        ):
            return None
        rows = await conn.fetch(
            """select purpose, state, at, source, message_id, author from consents
               where tenant_id = $1 and conversation_id = $2 order by id desc""",
            tenant_id,
            conversation_id,
        )
    return records(rows)


async def _state(tenant_id: int, conn: Connection, conversation_id: UUID, purpose: Purpose) -> str | None:
    state: str | None = await conn.fetchval(
        """select state from consents where tenant_id = $1 and conversation_id = $2 and purpose = $3
           order by id desc limit 1""",
        tenant_id,
        conversation_id,
        purpose,
    )
    return state
