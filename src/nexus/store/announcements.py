"""What Socket.IO still has to say (S-070 to S-076): rows of the change's transaction, gone once the bus took them."""

import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Literal

from nexus.store.database import Connection, Pool

CHANNEL = "nexus_announcements"
"""NOTIFY channel on which a commit says that there is something to announce."""
Event = Literal["NEW_APPOINTMENT", "APPOINTMENT_UPDATED", "APPOINTMENT_DELETED"]


@dataclass(frozen=True, slots=True)
class Announcement:
    """One event for one tenant's room; `arguments` are what its listeners are called with."""

    tenant_id: int
    id: int
    event: Event
    arguments: list[Any]


async def announce(tenant_id: int, conn: Connection, event: Event, arguments: list[Any]) -> None:
    """Say it once the caller's transaction commits, and not at all if it does not."""
    await conn.execute(
        "insert into announcements (tenant_id, event, arguments) values ($1, $2, $3::jsonb)",
        tenant_id,
        event,
        json.dumps(arguments, default=str),
    )
    await conn.execute("select pg_notify($1, '')", CHANNEL)


async def say_waiting(
    pool: Pool,
    say: Callable[[Announcement], Awaitable[bool]],
    may_speak: Callable[[int], Awaitable[bool]],
    application: str,
    limit: int = 50,
) -> int:
    """Claim what waits for any tenant that nobody else speaks for, `say` it in order, delete it; how much was said.

    `may_speak` is asked before, only when something waits, with the number of processes whose listening connection has
    this `application` name. When it or `say` returns False the bus is not ready: what was said so far is deleted, the
    rest waits. A crash in between says an event once more: views are told the same thing, and put it where it is.
    """
    said: list[Announcement] = []
    async with pool.acquire(timeout=5) as conn, conn.transaction():
        rows = await conn.fetch("select * from claim_announcements($1)", limit)
        if not rows or not await may_speak(await _announcers(conn, application)):
            return 0
        for row in rows:
            announcement = Announcement(row["tenant_id"], row["id"], row["event"], json.loads(row["arguments"]))
            if not await say(announcement):
                break
            said.append(announcement)
        await _forget(conn, said)
    return len(said)


async def _announcers(conn: Connection, application: str) -> int:
    count: int = await conn.fetchval(
        "select count(*) from pg_stat_activity where datname = current_database() and application_name = $1",
        application,
    )
    return count


async def _forget(conn: Connection, said: list[Announcement]) -> None:
    for tenant_id in {announcement.tenant_id for announcement in said}:
        await conn.execute("select set_config('nexus.tenant_id', $1, true)", str(tenant_id))
        await conn.execute(
            "delete from announcements where tenant_id = $1 and id = any($2)",
            tenant_id,
            [announcement.id for announcement in said if announcement.tenant_id == tenant_id],
        )
