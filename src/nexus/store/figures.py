"""What a shop's conversations came to in a period of its own days; docs/figures.md says what each figure is.

A message's time is the provider's, else ours. History of before the number was connected, reactions and what did not
go out count nowhere.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from nexus.store.database import Connection, Pool, Row, records, tenant_transaction

_COUNTS = """message_type <> 'reaction' and kind <> 'history' and role <> 'system'
      and coalesce(provider_status, '') not in ('failed', 'discarded')"""
_ANSWERS = "role = 'assistant' and kind in ('reply', 'handoff', 'manual', 'echo')"
# A message is stored about when it was written: the lower bound lets the index leave out what is older.
_SAID = f"""said as (
    select conversation_id, role, author, kind, coalesce(sent_at, created_at) as at, seq,
           (coalesce(sent_at, created_at) at time zone $4)::date as day
    from chat_messages
    where tenant_id = $1 and created_at >= $2::timestamptz - interval '1 day'
      and coalesce(sent_at, created_at) >= $2 and coalesce(sent_at, created_at) < $3
      and {_COUNTS})"""  # noqa: S608 - constants
_MESSAGES = f"""with {_SAID}
    select day, count(distinct conversation_id) filter (where role = 'user') as conversations,
           count(distinct conversation_id) filter (where author = 'bot' and kind = 'reply') as answered_by_bot,
           count(*) filter (where role = 'user') as messages_in,
           count(*) filter (where role = 'assistant') as messages_out
    from said group by grouping sets ((day), ())"""  # noqa: S608 - constants
_HOURS = f"""with {_SAID}
    select extract(hour from at at time zone $4)::int as hour, count(*) as messages_in
    from said where role = 'user' group by 1"""  # noqa: S608 - constants
# A wait begins with a customer's message that follows an answer, nothing, or a week without either, and ends with the
# next answer of that week. So a week on either side of the period tells all, in one pass over the messages.
_WAITS = f"""with around as (
        select conversation_id, role = 'user' as hers, coalesce(sent_at, created_at) as at, seq
        from chat_messages
        where tenant_id = $1 and created_at >= $2::timestamptz - interval '8 days'
          and coalesce(sent_at, created_at) >= $2 - interval '7 days'
          and coalesce(sent_at, created_at) < $3::timestamptz + interval '7 days'
          and (role = 'user' or {_ANSWERS}) and {_COUNTS}),
    marked as (
        select *, hers and (lag(hers) over said is distinct from true
                            or at - lag(at) over said > interval '7 days') as begins
        from around window said as (partition by conversation_id order by at, seq)),
    numbered as (
        select *, sum(begins::int) over (partition by conversation_id order by at, seq) as wait from marked),
    waits as (
        select min(at) as begun, min(at) filter (where not hers) as answered
        from numbered where wait > 0 group by conversation_id, wait),
    waited as (
        select (begun at time zone $4)::date as day, extract(epoch from answered - begun)::float8 as seconds
        from waits where begun >= $2 and begun < $3 and answered <= begun + interval '7 days')
    select day, percentile_cont(0.5) within group (order by seconds) as first_response_p50_seconds,
           percentile_cont(0.9) within group (order by seconds) as first_response_p90_seconds
    from waited group by grouping sets ((day), ())"""  # noqa: S608 - constants
_PASSED_ON = """passed as (
    select conversation_id, created_at as at, source, reason from handoffs
    where tenant_id = $1 and created_at >= $2 and created_at < $3
    union all
    select conversation_id, created_at, 'failure', coalesce(reason, '') from bursts
    where tenant_id = $1 and created_at >= $2 and created_at < $3 and state in ('error', 'parked'))"""
_HANDED_OVER = f"""with {_PASSED_ON}
    select (at at time zone $4)::date as day, count(distinct conversation_id) as handed_over
    from passed group by grouping sets ((1), ())"""  # noqa: S608 - constants
_REASONS = f"""with {_PASSED_ON}
    select source, reason, count(*) as count from passed group by source, reason"""  # noqa: S608 - constants
_TOKENS = """
    select (created_at at time zone $4)::date as day, coalesce(sum(tokens_in), 0) as tokens_in,
           coalesce(sum(tokens_out), 0) as tokens_out
    from bursts where tenant_id = $1 and created_at >= $2 and created_at < $3 group by grouping sets ((1), ())"""
_BY_DAY = (_MESSAGES, _HANDED_OVER, _WAITS, _TOKENS)


@dataclass(frozen=True, slots=True)
class Period:
    """From `since` up to but not including `until`; days and hours are those of the IANA `zone`."""

    since: datetime
    until: datetime
    zone: str


async def period_figures(
    tenant_id: int, pool: Pool, period: Period, before: Period
) -> tuple[dict[str, Any], dict[str, Any], dict[Any, dict[str, Any]]]:
    """The sums of the period, those of the one before, and the period's figures by local day (days with any)."""
    async with tenant_transaction(tenant_id, pool) as conn:
        now = await _figures(tenant_id, conn, period)
        then = await _figures(tenant_id, conn, before)
    return now.pop(None, {}), then.pop(None, {}), now


async def handover_reasons(tenant_id: int, pool: Pool, period: Period) -> list[dict[str, Any]]:
    """Why conversations passed to people: {source bot | panel | failure, reason as it was written, count}."""
    async with tenant_transaction(tenant_id, pool) as conn:
        return records(await conn.fetch(_REASONS, tenant_id, period.since, period.until))


async def messages_by_hour(tenant_id: int, pool: Pool, period: Period) -> dict[int, int]:
    """Customers' messages by the local hour of the day in which they were written."""
    async with tenant_transaction(tenant_id, pool) as conn:
        rows = await conn.fetch(_HOURS, tenant_id, period.since, period.until, period.zone)
    return {row["hour"]: row["messages_in"] for row in rows}


async def _figures(tenant_id: int, conn: Connection, period: Period) -> dict[Any, dict[str, Any]]:
    """By day; the sum of all stands under None."""
    found: dict[Any, dict[str, Any]] = {}
    for query in _BY_DAY:
        rows: list[Row] = await conn.fetch(query, tenant_id, period.since, period.until, period.zone)
        for row in rows:
            figures = dict(row)
            found.setdefault(figures.pop("day"), {}).update(figures)
    return found
