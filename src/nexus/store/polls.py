"""Whether what somebody looks at is as it was: session, tenant and change in one round trip, without a transaction.

Waiting for a connection has no limit of its own here (setting one costs a tenth of the whole): those who hold one have
theirs.
"""

from uuid import UUID

import asyncpg

from nexus.store.accounts import session_digest
from nexus.store.chat_list import Seen
from nexus.store.database import Pool


async def list_stands(tenant_id: int, pool: Pool, token: str, seen: Seen) -> bool:
    """Whether the session may read the shop's list and nothing of it has changed since.

    False for everything else, also for what is wrong: the long way knows what to say.
    """
    try:
        async with pool.acquire() as conn:
            stands: bool = await conn.fetchval(
                "select poll_chats($1, $2, $3::text::pg_snapshot, $4)",
                session_digest(token),
                tenant_id,
                seen.snapshot,
                seen.at,
            )
    except asyncpg.DataError:  # a snapshot that no server wrote
        return False
    return stands


async def thread_stands(
    tenant_id: int, pool: Pool, token: str, conversation_id: UUID, revision: int, doubtful: int, *, opened: bool
) -> bool:
    """As `list_stands`, of one thread; `opened`: nothing of it may stay unread."""
    async with pool.acquire() as conn:
        stands: bool = await conn.fetchval(
            "select poll_thread($1, $2, $3, $4, $5, $6)",
            session_digest(token),
            tenant_id,
            conversation_id,
            revision,
            doubtful,
            opened,
        )
    return stands
