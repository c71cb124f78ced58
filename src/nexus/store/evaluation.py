"""What an evaluation puts into its store beside a customer's messages, and what it reads when she has her answer."""

import json
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from nexus.store.database import Pool, one, tenant_transaction


@dataclass(frozen=True, slots=True)
class Happened:
    """The stored outcome of one burst: tools as the trace shows them, effects, and the conversation's state."""

    state: str
    reason: str | None
    bubbles: list[str]
    tools: list[dict[str, Any]]
    tool_texts: list[str]
    effects: list[str]
    handoffs: int
    locked_out: bool
    needs_person: bool
    appointments: int
    shown: list[dict[str, Any]] = field(default_factory=list)
    other_chats: int = 0


async def put_past(
    tenant_id: int, pool: Pool, conversation_id: UUID, said: list[tuple[str, str]], until: datetime
) -> None:
    """Messages of (customer | bot | human, text) in the minutes before `until`, oldest first."""
    async with tenant_transaction(tenant_id, pool) as conn:
        for n, (author, text) in enumerate(said):
            await conn.execute(
                """insert into chat_messages (tenant_id, conversation_id, role, author, message_type, content, sent_at,
                                              provider_status)
                   values ($1, $2, $3, $4, 'text', $5, $6::timestamptz - make_interval(mins => $7),
                           case when $3 = 'assistant' then 'read' end)""",
                tenant_id,
                conversation_id,
                "user" if author == "customer" else "assistant",
                author,
                text,
                until,
                len(said) - n,
            )


async def dress_burst(tenant_id: int, pool: Pool, burst_id: UUID, *, quotes_last: bool) -> None:
    """What only the gateway writes: the words of voice notes were heard, and which message is answered."""
    async with tenant_transaction(tenant_id, pool) as conn:
        await conn.execute(
            "update chat_messages set words_state = 'done' where burst_id = $1 and message_type = 'audio'", burst_id
        )
        if quotes_last:
            await conn.execute(
                """with shown as (select m.id from chat_messages m join bursts b on b.id = $1
                                  where m.conversation_id = b.conversation_id and m.role = 'assistant'
                                  order by m.seq desc limit 1),
                        named as (update chat_messages set provider = 'ycloud', provider_message_id = 'wamid.' || id
                                  where id in (select id from shown) returning provider_message_id)
                   update chat_messages set quoted_id = named.provider_message_id from named where burst_id = $1""",
                burst_id,
            )


async def happened(tenant_id: int, pool: Pool, burst_id: UUID) -> Happened:
    """All that an assertion may look at, of one finished burst."""
    async with tenant_transaction(tenant_id, pool) as conn:
        burst = await one(conn, "select * from bursts where id = $1", burst_id)
        bubbles = await conn.fetch(
            """select content, payload->>'caption' as caption from chat_messages
               where burst_id = $1 and role = 'assistant' order by part""",
            burst_id,
        )
        chat = await one(
            conn,
            """select coalesce(human_override_until > clock_timestamp(), false) as locked_out,
                      needs_human_since is not null as needs_person,
                      (select count(*) from handoffs where conversation_id = c.id) as handoffs,
                      (select count(*) from appointments where conversation_id = c.id
                       and status in ('scheduled', 'confirmed')) as appointments,
                      (select count(*) from chat_conversations) - 1 as other_chats
               from chat_conversations c where id = $1""",
            burst["conversation_id"],
        )
        effects = await conn.fetch("select tool from tool_effects where burst_id = $1 order by created_at", burst_id)
        heard = await conn.fetchval("select tools from burst_recordings where burst_id = $1", burst_id)
    return Happened(
        state=burst["state"],
        reason=burst["reason"],
        bubbles=["\n".join(part for part in (row["content"], row["caption"]) if part) for row in bubbles],
        tools=json.loads(burst["trace"] or "{}").get("tools", []),
        tool_texts=[json.dumps(call, ensure_ascii=False) for call in json.loads(heard or "[]")],
        effects=[row["tool"] for row in effects],
        shown=json.loads(burst["shown_products"] or "[]"),
        **dict(chat),
    )
