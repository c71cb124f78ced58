"""What the bot would have said in shadow mode, until a person sends it, changes it, or throws it away (issue 6, 8)."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from nexus.store.database import Connection, Pool, Row, records, tenant_transaction
from nexus.store.messages import Outgoing, WindowClosedError, WrongStateError, queue_as_person

NEEDS_HUMAN = "draft"
"""Why such a chat waits for a person, and the reason of the burst."""


@dataclass(frozen=True, slots=True)
class NewDraft:
    """Bubbles {message_type, content, caption}, in order; `promised` are tools whose effect they tell of and which was
    taken back, by name; `shown_products` what the customer will have seen, as JSON.
    """

    bubbles: list[dict[str, Any]]
    promised: list[str] = field(default_factory=list)
    shown_products: str | None = None


async def keep_draft(tenant_id: int, conn: Connection, conversation_id: UUID, burst_id: UUID, draft: NewDraft) -> None:
    """Store it in the burst's transaction and ask for a person; an earlier one of the chat is answered by this one.

    The conversation's row is locked by the caller.
    """
    await conn.execute(
        """update reply_drafts d set state = 'replaced', decided_at = clock_timestamp()
           from bursts b where b.id = d.burst_id and b.conversation_id = $2 and d.tenant_id = $1
             and d.state = 'waiting'""",
        tenant_id,
        conversation_id,
    )
    await conn.execute(
        """insert into reply_drafts (tenant_id, burst_id, bubbles, promised, shown_products)
           values ($1, $2, $3::jsonb, $4::jsonb, $5::jsonb)""",
        tenant_id,
        burst_id,
        json.dumps(draft.bubbles, ensure_ascii=False),
        json.dumps(draft.promised),
        draft.shown_products,
    )
    # The list's poll must see it, also where the chat was waiting for a person already.
    await conn.execute(
        """update chat_conversations
           set needs_human_since = coalesce(needs_human_since, clock_timestamp()),
               needs_human_reason = coalesce(needs_human_reason, $3), changed_xid = pg_current_xact_id()
           where tenant_id = $1 and id = $2""",
        tenant_id,
        conversation_id,
        NEEDS_HUMAN,
    )


async def load_draft(tenant_id: int, pool: Pool, conversation_id: UUID) -> dict[str, Any] | None:
    """The chat's draft {id, burst_id, created_at, bubbles, promised, window_open}; None when there is none to decide.

    One that a person has answered with words of her own meanwhile is none.
    """
    async with tenant_transaction(tenant_id, pool) as conn:
        row = await conn.fetchrow(
            """select d.id, d.burst_id, d.created_at, d.bubbles, d.promised,
                      coalesce(c.last_inbound_at + interval '24 hours' > clock_timestamp(), false) as window_open
               from reply_drafts d join bursts b on b.id = d.burst_id
               join chat_conversations c on c.id = b.conversation_id
               where d.tenant_id = $1 and b.conversation_id = $2 and d.state = 'waiting'
                 and not exists (select 1 from chat_messages m
                                 where m.tenant_id = $1 and m.conversation_id = $2 and m.author = 'human'
                                   and m.created_at > d.created_at)
               order by d.created_at desc limit 1""",
            tenant_id,
            conversation_id,
        )
    return None if row is None else _read(row)


async def send_draft(
    tenant_id: int,
    pool: Pool,
    conversation_id: UUID,
    draft_id: UUID,
    bubbles: Sequence[dict[str, Any]] | None,
    *,
    who: str,
    correlation_id: str | None = None,
) -> list[dict[str, Any]] | None:
    """Queue it, or `bubbles` in its place, as messages of the person: [{id, status}, …], the same ones if repeated.

    Unlike words that she writes herself it does not pause the bot: with the shop in shadow mode the bot goes on
    proposing, and the chat no longer waits for a person. None when the chat has no such draft. Raises
    WindowClosedError, and WrongStateError when it was discarded or replaced.
    """
    async with tenant_transaction(tenant_id, pool) as conn:
        draft = await _locked(tenant_id, conn, conversation_id, draft_id)
        if draft is None:
            return None
        if draft["state"] == "sent":
            return await _sent(tenant_id, conn, draft_id)
        if draft["state"] != "waiting":
            raise WrongStateError(draft["state"])
        if not draft["window_open"]:
            raise WindowClosedError(str(draft_id))
        for number, bubble in enumerate(bubbles if bubbles is not None else json.loads(draft["bubbles"]), start=1):
            caption = {"caption": bubble["caption"]} if bubble.get("caption") else None
            words = Outgoing(bubble["message_type"], bubble["content"], _ref(draft_id, number), caption, correlation_id)
            await queue_as_person(tenant_id, conn, conversation_id, words)
        await conn.execute(
            "update bursts set shown_products = $2::jsonb where id = $1", draft["burst_id"], draft["shown_products"]
        )
        await _decide(tenant_id, conn, draft_id, "sent", who)
        return await _sent(tenant_id, conn, draft_id)


async def discard_draft(tenant_id: int, pool: Pool, conversation_id: UUID, draft_id: UUID, who: str) -> bool | None:
    """Throw it away; the chat waits for a person no longer if it did for the draft's sake. None: no such draft.

    Raises WrongStateError when it was sent.
    """
    async with tenant_transaction(tenant_id, pool) as conn:
        draft = await _locked(tenant_id, conn, conversation_id, draft_id)
        if draft is None:
            return None
        if draft["state"] == "sent":
            raise WrongStateError("sent")
        if draft["state"] == "waiting":
            await _decide(tenant_id, conn, draft_id, "discarded", who)
            await conn.execute(
                """update chat_conversations set needs_human_since = null, needs_human_reason = null,
                       revision = revision + 1
                   where tenant_id = $1 and id = $2 and needs_human_reason = $3""",
                tenant_id,
                conversation_id,
                NEEDS_HUMAN,
            )
    return True


async def _locked(tenant_id: int, conn: Connection, conversation_id: UUID, draft_id: UUID) -> Row | None:
    """The draft as it is once its conversation, always first, is locked."""
    await conn.execute(
        "select 1 from chat_conversations where tenant_id = $1 and id = $2 for update", tenant_id, conversation_id
    )
    return await conn.fetchrow(
        """select d.*, coalesce(c.last_inbound_at + interval '24 hours' > clock_timestamp(), false) as window_open
           from reply_drafts d join bursts b on b.id = d.burst_id join chat_conversations c on c.id = b.conversation_id
           where d.tenant_id = $1 and d.id = $3 and b.conversation_id = $2""",
        tenant_id,
        conversation_id,
        draft_id,
    )


async def _decide(tenant_id: int, conn: Connection, draft_id: UUID, state: str, who: str) -> None:
    await conn.execute(
        """update reply_drafts set state = $3, decided_at = clock_timestamp(), decided_by = $4
           where tenant_id = $1 and id = $2""",
        tenant_id,
        draft_id,
        state,
        who,
    )


async def _sent(tenant_id: int, conn: Connection, draft_id: UUID) -> list[dict[str, Any]]:
    rows = await conn.fetch(
        """select id, provider_status as status from chat_messages
           where tenant_id = $1 and client_ref like $2 order by seq""",
        tenant_id,
        f"panel:draft:{draft_id}:%",
    )
    return records(rows)


def _ref(draft_id: UUID, number: int) -> str:
    return f"draft:{draft_id}:{number}"


def _read(row: Row) -> dict[str, Any]:
    return dict(row) | {"bubbles": json.loads(row["bubbles"]), "promised": json.loads(row["promised"])}
