"""The ledger of model calls: what each of them took, priced when it was made, and what a month came to."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, Literal
from uuid import UUID
from zoneinfo import ZoneInfo

from nexus.store.database import Connection, Pool, one, records, tenant_transaction
from nexus.store.events import record_event

Purpose = Literal["burst", "test"]
CEILING_REACHED = "monthly_ceiling"
"""The event's type, and the reason of a run that was not made."""


@dataclass(frozen=True, slots=True)
class ModelCall:
    """One call of a model; `tokens_in` includes `cached`, `tokens_out` includes `reasoning` (as providers count).

    Tokens are None where the server told none, `cost_usd` where the model's price is not known; `outcome` is ok or why
    it failed, `api` responses or chat.
    """

    model: str
    tokens_in: int | None
    cached: int | None
    tokens_out: int | None
    reasoning: int | None
    cost_usd: Decimal | None
    seconds: float
    api: str = "chat"
    outcome: str = "ok"

    def as_json(self) -> dict[str, Any]:
        """For the trace of the answer that it was made for."""
        cost = None if self.cost_usd is None else str(self.cost_usd)
        return {**asdict(self), "cost_usd": cost}


@dataclass(frozen=True, slots=True)
class Month:
    """A month of the shop's own days; `since` is its first moment, `until` the next one's."""

    since: datetime
    until: datetime

    @classmethod
    def of(cls, year: int, month: int, zone: str) -> "Month":
        """The given month in an IANA zone."""
        following = (year + month // 12, month % 12 + 1)
        return cls(datetime(year, month, 1, tzinfo=ZoneInfo(zone)), datetime(*following, 1, tzinfo=ZoneInfo(zone)))

    @classmethod
    def around(cls, moment: datetime, zone: str) -> "Month":
        """The month in which the moment lies, there."""
        local = moment.astimezone(ZoneInfo(zone))
        return cls.of(local.year, local.month, zone)


async def add_calls(
    tenant_id: int, pool: Pool, calls: Sequence[ModelCall], purpose: Purpose, burst_id: UUID | None
) -> None:
    """Write one run's calls, whatever becomes of its answer: they are paid for."""
    if not calls:
        return
    async with tenant_transaction(tenant_id, pool) as conn:
        await conn.executemany(
            """insert into llm_calls (tenant_id, purpose, burst_id, model, api, outcome, tokens_in, tokens_cached,
                                      tokens_out, tokens_reasoning, cost_usd, seconds)
               values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)""",
            [
                (tenant_id, purpose, burst_id, call.model, call.api, call.outcome, call.tokens_in, call.cached,
                 call.tokens_out, call.reasoning, call.cost_usd, call.seconds)
                for call in calls
            ],
        )  # fmt: skip


_SUMS = """count(*) as calls, count(*) filter (where outcome <> 'ok') as failed,
           coalesce(sum(tokens_in), 0) as tokens_in, coalesce(sum(tokens_cached), 0) as tokens_cached,
           coalesce(sum(tokens_out), 0) as tokens_out, coalesce(sum(tokens_reasoning), 0) as tokens_reasoning,
           sum(cost_usd) as cost_usd,
           count(*) filter (where cost_usd is null and outcome = 'ok') as unpriced_calls"""


async def usage_by_model(tenant_id: int, pool: Pool, month: Month) -> list[dict[str, Any]]:
    """Of each model, the dearest first: calls, failed, tokens_in, _cached, _out, _reasoning, cost_usd, unpriced_calls.

    `cost_usd` is None where none of the calls has a price.
    """
    async with tenant_transaction(tenant_id, pool) as conn:
        rows = await conn.fetch(
            f"""select model, {_SUMS} from llm_calls
                where tenant_id = $1 and created_at >= $2 and created_at < $3
                group by model order by sum(cost_usd) desc nulls last, model""",  # noqa: S608 - a constant
            tenant_id,
            month.since,
            month.until,
        )
    return records(rows)


async def is_over_ceiling(tenant_id: int, pool: Pool, tokens: int | None, cost: Decimal | None, zone: str) -> bool:
    """Whether this month has used up one of the shop's ceilings (None: there is none); the first time is an event."""
    if tokens is None and cost is None:
        return False
    month = Month.around(datetime.now(UTC), zone)
    async with tenant_transaction(tenant_id, pool) as conn:
        used_tokens, used_cost = await _spent_in(tenant_id, conn, month)
        reached = (tokens is not None and used_tokens >= tokens) or (cost is not None and used_cost >= cost)
        if reached and not await _told(tenant_id, conn, month):
            told = {"tokens": used_tokens, "cost_usd": str(used_cost), "tokens_ceiling": tokens, "cost_ceiling": cost}
            message = "El bot llegó al tope de gasto del mes y no responde más hasta el próximo"
            await record_event(tenant_id, conn, "error", CEILING_REACHED, message, told)
    return reached


async def _spent_in(tenant_id: int, conn: Connection, month: Month) -> tuple[int, Decimal]:
    """Tokens, and the US dollars of those calls whose price is known."""
    row = await one(
        conn,
        """select coalesce(sum(coalesce(tokens_in, 0) + coalesce(tokens_out, 0)), 0)::bigint as tokens,
                  coalesce(sum(cost_usd), 0) as cost from llm_calls
           where tenant_id = $1 and created_at >= $2 and created_at < $3""",
        tenant_id,
        month.since,
        month.until,
    )
    return row["tokens"], row["cost"]


async def _told(tenant_id: int, conn: Connection, month: Month) -> bool:
    told: bool = await conn.fetchval(
        "select exists (select 1 from system_events where tenant_id = $1 and event_type = $2 and created_at >= $3)",
        tenant_id,
        CEILING_REACHED,
        month.since,
    )
    return told
