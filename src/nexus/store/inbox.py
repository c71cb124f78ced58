"""The acknowledging write: whatever webhooks are waiting, in one call of accept() (architecture.md 5)."""

import json
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from nexus.store.database import Pool


@dataclass(frozen=True, slots=True)
class Accepted:
    """What became of one event: accepted, duplicate or ignored, and the conversation it touched."""

    outcome: str
    reason: str | None
    conversation_id: UUID | None


async def accept_events(pool: Pool, events: list[dict[str, Any]]) -> list[Accepted]:
    """Store the events durably (synchronous commit), in one statement; the results in the order of `events`.

    Keys of an event: see accept() in migration 0003. Raises asyncpg's errors; then nothing was stored.
    """
    numbered = [event | {"n": n} for n, event in enumerate(events)]
    async with pool.acquire(timeout=5) as conn:
        rows = await conn.fetch("select * from accept($1::jsonb)", json.dumps(numbered))
    by_number = {row["n"]: Accepted(row["outcome"], row["reason"], row["conversation_id"]) for row in rows}
    return [by_number[n] for n in range(len(events))]
