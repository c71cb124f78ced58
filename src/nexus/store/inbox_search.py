"""What the inbox's search finds: names, numbers however they are written, and all messages."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from nexus.store.database import Connection, Pool, tenant_transaction

_SHORTEST = 3
"""Characters below which a word has no trigram: such a one alone is looked for in names and numbers only."""
_MOST = 2000
"""Messages with a word beyond which it is common: then the list is walked until its page is full, which is soon."""


@dataclass(frozen=True, slots=True)
class Found:
    """The chats found, and the patterns that a message was searched for.

    `everywhere`: too many messages have them for `chats` to hold all; whether one of them is a chat's is seen in it.
    """

    chats: list[UUID]
    patterns: list[str]
    everywhere: bool = False


async def search_inbox(tenant_id: int, pool: Pool, words: str, digits: Sequence[str]) -> Found:
    """The chats whose name has all the words, whose number has some of the `digits`, or with a message that has all the
    words. Case and accents count for nothing, and no character is a pattern.
    """
    async with tenant_transaction(tenant_id, pool) as conn:
        patterns = await _patterns(tenant_id, conn, words.split())
        chats = await _people(tenant_id, conn, patterns, digits)
        # The longest word is looked up, the others are compared: it has to have trigrams between its two "%".
        if not patterns or len(patterns[0]) < _SHORTEST + 2:
            return Found(list(chats), [])
        hits = await conn.fetch("select * from chats_with($1, $2)", patterns, _MOST)
    everywhere = sum(row["hits"] for row in hits) >= _MOST
    return Found(list(chats | {row["conversation_id"] for row in hits}), patterns, everywhere)


async def search_people(tenant_id: int, pool: Pool, words: str, digits: Sequence[str]) -> Found:
    """As `search_inbox`, in names and numbers alone."""
    async with tenant_transaction(tenant_id, pool) as conn:
        patterns = await _patterns(tenant_id, conn, words.split())
        return Found(list(await _people(tenant_id, conn, patterns, digits)), [])


async def newest_hits(tenant_id: int, pool: Pool, chats: Sequence[UUID], found: Found) -> dict[UUID, tuple[UUID, str]]:
    """Of each of these chats, the newest message that was searched for: its id and what it says."""
    if not found.patterns:
        return {}
    async with tenant_transaction(tenant_id, pool) as conn:
        rows = await conn.fetch(
            """select distinct on (m.conversation_id) m.conversation_id, m.id,
                      coalesce(m.payload->>'caption', m.content) as content
               from chat_messages m join message_words w on w.message_id = m.id
               where m.tenant_id = $1 and m.conversation_id = any($2::uuid[]) and w.words like all ($3)
               order by m.conversation_id, coalesce(m.sent_at, m.created_at) desc, m.seq desc""",
            tenant_id,
            chats,
            found.patterns,
        )
    return {row["conversation_id"]: (row["id"], row["content"]) for row in rows}


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
