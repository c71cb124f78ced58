"""What is wrong now, one row each, and who has been told of it (docs/alerts.md)."""

import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from nexus.store.database import Connection, Pool, one, platform_transaction, tenant_transaction
from nexus.store.jobs import ALERT_EMAIL, ALERT_SHOP, ALERT_WEBHOOK, enqueue

Channel = Literal["email", "webhook", "shop"]
_JOBS: dict[Channel, str] = {"email": ALERT_EMAIL, "webhook": ALERT_WEBHOOK, "shop": ALERT_SHOP}


@dataclass(frozen=True, slots=True)
class Fact:
    """Something that is wrong, of a shop or (None) of the whole installation; `amount` of what its kind counts."""

    tenant_id: int | None
    kind: str
    amount: int
    since: datetime | None


@dataclass(frozen=True, slots=True)
class Alert:
    """An alert as one channel has it: `told_at` is when it was told last, None while it was not told of it."""

    id: UUID
    tenant_id: int | None
    store_name: str | None
    kind: str
    amount: int
    since: datetime | None
    opened_at: datetime
    closed_at: datetime | None
    told_at: datetime | None
    is_due: bool


async def alert_facts(pool: Pool, failed_answers: int) -> list[Fact]:
    """What the tables say is wrong, over all shops; so many failed answers in ten minutes are too many."""
    async with platform_transaction(pool) as conn:
        rows = await conn.fetch("select * from alert_facts($1)", failed_answers)
        jobs = await one(
            conn,
            """select count(*) as given_up, min(updated) as since from pgqueuer
               where status = 'failed' and updated > now() - interval '1 day'""",
        )
        backup: Any = await conn.fetchval(
            "select max(created_at) from system_events where tenant_id is null and event_type = 'backup_taken'"
        )
        hours = await conn.fetchval("select extract(epoch from clock_timestamp() - $1::timestamptz) / 3600", backup)
    found = [Fact(**dict(row)) for row in rows]
    if jobs["given_up"]:
        found.append(Fact(None, "jobs_given_up", jobs["given_up"], jobs["since"]))
    if backup is not None:
        found.append(Fact(None, "backup", int(hours), backup))
    return found


async def open_and_close(pool: Pool, facts: Sequence[Fact], channels: Sequence[Channel]) -> int:
    """Bring the open alerts up to what is wrong now and queue what is to be told; how many messages that is.

    Of several Orchestrators one at a time does it, and a message that waits is not queued twice.
    """
    told = json.dumps([asdict(fact) for fact in facts], default=str)
    queued = 0
    async with platform_transaction(pool) as conn:
        for row in await conn.fetch("select * from sync_alerts($1::jsonb)", told):
            for channel in (*channels, "shop"):
                if row[channel]:
                    await enqueue(row["tenant_id"] or 0, conn, _JOBS[channel], row["id"])
                    queued += 1
    return queued


async def load_alert(tenant_id: int | None, pool: Pool, alert_id: UUID, channel: Channel) -> Alert | None:
    """The alert as this channel has it; None when it is gone."""
    async with _entered(tenant_id, pool) as conn:
        row = await conn.fetchrow(
            f"""select a.id, a.tenant_id, t.store_name, a.kind, a.amount, a.since, a.opened_at, a.closed_at,
                       a.told_{channel}_at as told_at,
                       case when a.closed_at is not null then a.told_{channel}_at is not null
                            else coalesce(a.told_{channel}_at < clock_timestamp() - interval '6 hours', true)
                       end as is_due
                from alerts a left join tenants t on t.id = a.tenant_id where a.id = $1""",  # noqa: S608 - three names
            alert_id,
        )
    return Alert(**dict(row)) if row else None


async def note_told(tenant_id: int | None, pool: Pool, alert: Alert, channel: Channel) -> None:
    """The channel has it: told now, or done with for one that is over."""
    async with _entered(tenant_id, pool) as conn:
        await conn.execute(
            f"update alerts set told_{channel}_at = case when $2 then null else clock_timestamp() end "  # noqa: S608
            "where id = $1",
            alert.id,
            alert.closed_at is not None,
        )


@asynccontextmanager
async def _entered(tenant_id: int | None, pool: Pool) -> AsyncIterator[Connection]:
    entering = tenant_transaction(tenant_id, pool) if tenant_id is not None else platform_transaction(pool)
    async with entering as conn:
        yield conn
