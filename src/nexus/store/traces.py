"""What the answer to a burst took: written with its outcome, read by whoever asks why the bot said it."""

import json
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from nexus.store.database import Connection, Pool, tenant_transaction


@dataclass(frozen=True, slots=True)
class Spent:
    """Tokens (None: the model's server told none), seconds of the model, and the tools in order.

    A tool is {name, arguments, status ok | empty | error | refused, milliseconds, found}.
    """

    tokens_in: int | None
    tokens_out: int | None
    model_seconds: float | None
    tools: list[dict[str, Any]]


async def note_spent(tenant_id: int, conn: Connection, burst_id: UUID, spent: Spent | None) -> None:
    """In the transaction that stores the burst's outcome; None for an outcome that took no model."""
    if spent is None:
        return
    await conn.execute(
        """update bursts set tokens_in = $3, tokens_out = $4, model_seconds = $5, trace = $6::jsonb
           where tenant_id = $1 and id = $2""",
        tenant_id,
        burst_id,
        spent.tokens_in,
        spent.tokens_out,
        spent.model_seconds,
        json.dumps({"tools": spent.tools}, ensure_ascii=False),
    )


async def load_trace(tenant_id: int, pool: Pool, burst_id: UUID) -> dict[str, Any] | None:
    """The burst's outcome, what it cost and its `tools` (none: it took no model); None when there is no such burst."""
    async with tenant_transaction(tenant_id, pool) as conn:
        row = await conn.fetchrow(
            """select id as burst_id, state, reason, created_at, finished_at, tokens_in, tokens_out, model_seconds,
                      trace from bursts where tenant_id = $1 and id = $2""",
            tenant_id,
            burst_id,
        )
    if row is None:
        return None
    found = dict(row)
    trace = found.pop("trace")
    return found | {"tools": json.loads(trace)["tools"] if trace else []}
