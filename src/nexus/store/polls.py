"""Whether what people look at is as it was: session, tenant and change in one round trip, without a transaction.

Waiting for a connection has no limit of its own here (setting one costs a tenth of the whole): those who hold one have
theirs.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

import asyncpg

from nexus.store.accounts import session_digest
from nexus.store.chat_list import Seen
from nexus.store.database import Pool


@dataclass(frozen=True, slots=True)
class SeenList:
    """The list of chats as a session was answered it."""

    token: str
    seen: Seen


@dataclass(frozen=True, slots=True)
class SeenThread:
    """One thread as a session was answered it; `opened`: nothing of it may stay unread."""

    token: str
    conversation_id: UUID
    revision: int
    doubtful: int
    opened: bool


async def standing(tenant_id: int, pool: Pool, looks: Sequence[SeenList | SeenThread]) -> set[int]:
    """The places in `looks` of what the session may read and nothing of it has changed since.

    Left out is everything else, also what is wrong: the long way knows what to say.
    """
    lists = [(n, session_digest(look.token), look.seen) for n, look in enumerate(looks) if isinstance(look, SeenList)]
    threads = [(n, session_digest(look.token), look) for n, look in enumerate(looks) if isinstance(look, SeenThread)]
    try:
        async with pool.acquire() as conn:
            places = await conn.fetchval(
                _STANDING,
                tenant_id,
                [n for n, _, _ in lists],
                [digest for _, digest, _ in lists],
                [seen.snapshot for _, _, seen in lists],
                [seen.at for _, _, seen in lists],
                [n for n, _, _ in threads],
                [digest for _, digest, _ in threads],
                [look.conversation_id for _, _, look in threads],
                [look.revision for _, _, look in threads],
                [look.doubtful for _, _, look in threads],
                [look.opened for _, _, look in threads],
            )
    except asyncpg.DataError:  # a snapshot that no server wrote
        return set()
    return set(places)


_STANDING = """
    select array(
        select l.n
        from unnest($2::int[], $3::bytea[], $4::text[], $5::timestamptz[]) as l(n, session, snapshot, at)
        where poll_chats(l.session, $1, l.snapshot::pg_snapshot, l.at)
        union all
        select t.n
        from unnest($6::int[], $7::bytea[], $8::uuid[], $9::bigint[], $10::bigint[], $11::boolean[])
                 as t(n, session, conversation, revision, doubtful, opened)
        where poll_thread(t.session, $1, t.conversation, t.revision, t.doubtful, t.opened))"""
