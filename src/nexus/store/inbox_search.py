"""What the inbox's search finds: names, numbers however they are written, and all messages."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from uuid import UUID

from nexus.store.database import Connection, Pool, tenant_transaction

_SHORTEST = 3
"""Characters below which a word has no trigram: such a one alone is looked for in names and numbers only."""


@dataclass(frozen=True, slots=True)
class Found:
    """The chats found, and of those found by a message the newest such one."""

    chats: list[UUID]
    messages: dict[UUID, UUID] = field(default_factory=dict)


async def search_inbox(tenant_id: int, pool: Pool, words: str, digits: Sequence[str]) -> Found:
    """The chats whose name has all the words, whose number has some of the `digits`, or with a message that has all the
    words. Case and accents count for nothing, and no character is a pattern.
    """
    async with tenant_transaction(tenant_id, pool) as conn:
        patterns = await _patterns(tenant_id, conn, words.split())
        messages: dict[UUID, UUID] = {}
        # The longest word is looked up, the others are compared: it has to have trigrams between its two "%".
        if patterns and len(patterns[0]) >= _SHORTEST + 2:
            hits = await conn.fetch("select * from messages_with($1)", patterns)
            messages = {row["conversation_id"]: row["message_id"] for row in hits}
        chats = await _people(tenant_id, conn, patterns, digits)
    return Found(list(chats | set(messages)), messages)


async def search_people(tenant_id: int, pool: Pool, words: str, digits: Sequence[str]) -> Found:
    """As `search_inbox`, in names and numbers alone."""
    async with tenant_transaction(tenant_id, pool) as conn:
        return Found(list(await _people(tenant_id, conn, await _patterns(tenant_id, conn, words.split()), digits)))


async def _people(tenant_id: int, conn: Connection, patterns: list[str], digits: Sequence[str]) -> set[UUID]:
    if not patterns:
        return set()
    rows = await conn.fetch(
        """select c.id from chat_conversations c
           where c.tenant_id = $3 and (
               plain(c.display_name) like all ($1) or lower(c.external_user_id) like all ($1)
               or c.external_user_id like any ($2) or c.wa_address like any ($2)
               or c.id in (select a.conversation_id from customer_aliases a where a.external_user_id like any ($2)))""",
        patterns,
        [f"%{some}%" for some in digits],
        tenant_id,
    )
    return {row["id"] for row in rows}


async def _patterns(tenant_id: int, conn: Connection, words: Sequence[str]) -> list[str]:
    """Each word as a LIKE pattern of itself anywhere, the longest first."""
    rows = await conn.fetch(
        r"""select '%' || regexp_replace(plain(w), '([\\%_])', '\\\1', 'g') || '%' as pattern
            from unnest($1::text[]) w where plain(w) <> '' order by length(plain(w)) desc, w""",
        words,
    )
    return [row["pattern"] for row in rows]


async def texts_of(tenant_id: int, pool: Pool, messages: Sequence[UUID]) -> dict[UUID, str]:
    """What these messages say."""
    async with tenant_transaction(tenant_id, pool) as conn:
        rows = await conn.fetch("select id, content from chat_messages where id = any($1::uuid[])", messages)
    return {row["id"]: row["content"] for row in rows}
