"""What the answer to a burst took: written with its outcome, read by whoever asks why the bot said it."""

import json
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from nexus.store.database import Connection, Pool, tenant_transaction

_LARGEST_RECORDING = 512 * 1024


@dataclass(frozen=True, slots=True)
class Recording:
    """What a replay of the run needs: personal data. `run` is what it began with, `tools` every call and result."""

    run: dict[str, Any]
    tools: list[dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Spent:
    """Tokens (None: the model's server told none), seconds of the model, and the tools in order.

    A tool is {name, arguments, status ok | empty | error | refused, milliseconds, found}; `proof` holds prompt_version,
    gate, calls, timings and products. `recording` is None where nothing was asked of the model.
    """

    tokens_in: int | None
    tokens_out: int | None
    model_seconds: float | None
    tools: list[dict[str, Any]]
    proof: dict[str, Any] = field(default_factory=dict)
    recording: Recording | None = None


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
        _as_json({"tools": spent.tools, **spent.proof}),
    )
    if spent.recording is not None:
        await _keep(tenant_id, conn, burst_id, spent.recording)


async def load_trace(tenant_id: int, pool: Pool, burst_id: UUID) -> dict[str, Any] | None:
    """The burst's outcome, what it cost, its `tools` (none: it took no model) and its `proof`; None for no burst.

    `forgotten`: there was more, and it is past the shop's days.
    """
    async with tenant_transaction(tenant_id, pool) as conn:
        row = await conn.fetchrow(
            """select id as burst_id, state, reason, created_at, finished_at, tokens_in, tokens_out, model_seconds,
                      trace from bursts where tenant_id = $1 and id = $2""",
            tenant_id,
            burst_id,
        )
    if row is None:
        return None
    found = dict(row) | {"forgotten": row["trace"] is None and row["model_seconds"] is not None}
    trace = json.loads(found.pop("trace") or "{}")
    return found | {"tools": trace.pop("tools", []), "proof": trace}


@dataclass(frozen=True, slots=True)
class KeptRecording:
    """A recording with whose it is."""

    burst_id: UUID
    conversation_id: UUID
    recording: Recording


async def load_recording(tenant_id: int, pool: Pool, burst_id: UUID) -> KeptRecording | None:
    """What the burst was answered from; None when nothing of it was kept, or no longer is."""
    async with tenant_transaction(tenant_id, pool) as conn:
        row = await conn.fetchrow(
            """select b.conversation_id, r.run, r.tools from burst_recordings r join bursts b on b.id = r.burst_id
               where r.tenant_id = $1 and r.burst_id = $2""",
            tenant_id,
            burst_id,
        )
    if row is None:
        return None
    return KeptRecording(burst_id, row["conversation_id"], Recording(json.loads(row["run"]), json.loads(row["tools"])))


async def _keep(tenant_id: int, conn: Connection, burst_id: UUID, recording: Recording) -> None:
    """One that is too large is not kept at all: half of it would only replay as something else."""
    run, tools = _as_json(recording.run), _as_json(recording.tools)
    if len(run) + len(tools) > _LARGEST_RECORDING:
        return
    await conn.execute(
        """insert into burst_recordings (tenant_id, burst_id, run, tools) values ($1, $2, $3::jsonb, $4::jsonb)
           on conflict (tenant_id, burst_id) do update
           set run = excluded.run, tools = excluded.tools, created_at = now()""",
        tenant_id,
        burst_id,
        run,
        tools,
    )


def _as_json(value: Any) -> str:
    return json.dumps(_without_nul(value), ensure_ascii=False, default=str)


def _without_nul(value: Any) -> Any:
    """PostgreSQL keeps none in jsonb, and a model may write one."""
    if isinstance(value, str):
        return value.replace("\x00", "")
    if isinstance(value, dict):
        return {_without_nul(key): _without_nul(inner) for key, inner in value.items()}
    return [_without_nul(inner) for inner in value] if isinstance(value, list | tuple) else value
