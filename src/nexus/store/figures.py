"""What a shop's conversations came to in a period of its own days; docs/figures.md says what each figure is.

A message's time is the provider's, else ours. History of before the number was connected, reactions and what did not
go out count nowhere.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from nexus.store.database import Connection, Pool, Row, records, tenant_transaction

_OUT = "coalesce({0}provider_status, '') not in ('failed', 'discarded')"
_COUNTS = "{0}message_type <> 'reaction' and {0}kind <> 'history' and {0}role <> 'system' and " + _OUT
_ANSWERS = "{0}role = 'assistant' and {0}kind in ('reply', 'handoff', 'manual', 'echo')"
# A message is stored about when it was written: the lower bound lets the index leave out what is older.
_SAID = f"""said as (
    select conversation_id, role, author, kind, coalesce(sent_at, created_at) as at, seq,
           (coalesce(sent_at, created_at) at time zone $4)::date as day
    from chat_messages
    where tenant_id = $1 and created_at >= $2::timestamptz - interval '1 day'
      and coalesce(sent_at, created_at) >= $2 and coalesce(sent_at, created_at) < $3
      and {_COUNTS.format("")})"""  # noqa: S608 - constants
_MESSAGES = f"""with {_SAID}
    select day, count(distinct conversation_id) filter (where role = 'user') as conversations,
           count(distinct conversation_id) filter (where author = 'bot' and kind = 'reply') as answered_by_bot,
           count(*) filter (where role = 'user') as messages_in,
           count(*) filter (where role = 'assistant') as messages_out
    from said group by grouping sets ((day), ())"""  # noqa: S608 - constants
_HOURS = f"""with {_SAID}
    select extract(hour from at at time zone $4)::int as hour, count(*) as messages_in
    from said where role = 'user' group by 1"""  # noqa: S608 - constants
# A wait begins with a customer's message that follows an answer, or nothing; it ends with the next answer.
_WAITS = f"""with {_SAID},
    begun as (
        select s.conversation_id, s.at, s.seq, s.day from said s
        where s.role = 'user' and not coalesce((
            select p.role = 'user' from chat_messages p
            where p.tenant_id = $1 and p.conversation_id = s.conversation_id
              and (coalesce(p.sent_at, p.created_at), p.seq) < (s.at, s.seq)
              and (p.role = 'user' or {_ANSWERS.format("p.")}) and {_COUNTS.format("p.")}
            order by coalesce(p.sent_at, p.created_at) desc, p.seq desc limit 1), false)),
    waited as (
        select b.day, extract(epoch from answer.at - b.at)::float8 as seconds
        from begun b cross join lateral (
            select coalesce(a.sent_at, a.created_at) as at from chat_messages a
            where a.tenant_id = $1 and a.conversation_id = b.conversation_id
              and (coalesce(a.sent_at, a.created_at), a.seq) > (b.at, b.seq)
              and {_ANSWERS.format("a.")} and {_COUNTS.format("a.")}
            order by coalesce(a.sent_at, a.created_at), a.seq limit 1) answer)
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
