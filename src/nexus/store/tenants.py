"""The tenant family: shops, their settings, and how one is found (S-093, S-050)."""

import json
from dataclasses import dataclass
from typing import Any

import asyncpg

from nexus.store.database import Pool, Store, platform_transaction, tenant_transaction
from nexus.store.events import record_event

EDITABLE = (
    "store_name",
    "bot_phone_number",
    "store_website",
    "store_description",
    "store_catalog_knowledge",
    "store_location",
    "store_address",
    "shipping_partners",
    "system_prompt",
    "time_zone",
    "lockout_hours",
    "bot_enabled",
    "inbox_replies_pause",
    "ignore_app_greeting",
    "voice_vocabulary",
    "business_hours",
    "keep_messages_days",
    "keep_traces_days",
    "keep_events_days",
    "keep_audit_days",
    "alert_emails",
)
"""Columns that the panel may write."""
_DELETE_ATTEMPTS = 5
_DELETE_SECONDS = 300.0  # a large shop has hundreds of thousands of rows


@dataclass(frozen=True, slots=True)
class Tenant:
    """One shop as the services see it; no secret in it.

    `business_hours` is a list of {day 0-6 from Monday, from "09:00", to "18:00"} in its own time zone; empty: unknown.
    `keep_*_days`: None is for ever.
    """

    id: int
    store_name: str
    bot_phone_number: str
    tiendanube_store_id: str | None
    store_website: str | None
    store_description: str | None
    store_catalog_knowledge: str | None
    store_location: str | None
    store_address: str | None
    shipping_partners: str | None
    system_prompt: str | None
    time_zone: str
    lockout_hours: float
    bot_enabled: bool
    inbox_replies_pause: bool
    ignore_app_greeting: bool
    voice_vocabulary: str | None
    business_hours: list[dict[str, Any]]
    keep_messages_days: int | None
    keep_traces_days: int | None
    keep_events_days: int | None
    keep_audit_days: int | None
    alert_emails: bool
    created_at: Any
    updated_at: Any


class DuplicateNumberError(RuntimeError):
    """Another tenant answers on that WhatsApp number."""


_COLUMNS = ", ".join(Tenant.__slots__)


async def tenant_by_number(pool: Pool, number: str) -> int | None:
    """The tenant that answers on this E.164 number, if any."""
    async with pool.acquire(timeout=5) as conn:
        found: int | None = await conn.fetchval("select tenant_by_number($1)", number)
        return found


async def tenants_of_store(pool: Pool, store_id: str) -> list[int]:
    """The tenants that are connected to this Tienda Nube shop, by id."""
    async with pool.acquire(timeout=5) as conn:
        return [row[0] for row in await conn.fetch("select tenants_of_store($1)", store_id)]


async def list_tenants(pool: Pool) -> list[dict[str, Any]]:
    """Id, name and number of every tenant, by id; for platform admins and background work."""
    async with pool.acquire(timeout=5) as conn:
        return [dict(row) for row in await conn.fetch("select * from list_tenants()")]


async def create_tenant(pool: Pool, store_name: str, bot_phone_number: str) -> int:
    """A new shop's id. Raises DuplicateNumberError."""
    async with platform_transaction(pool) as conn:
        try:
            created: int = await conn.fetchval("select create_tenant($1, $2)", store_name, bot_phone_number)
        except asyncpg.UniqueViolationError as error:
            raise DuplicateNumberError(bot_phone_number) from error
        return created


async def load_tenant(tenant_id: int, store: Store) -> Tenant | None:
    """The shop, or None when no such tenant exists."""
    async with tenant_transaction(tenant_id, store) as conn:
        row = await conn.fetchrow(f"select {_COLUMNS} from tenants where id = $1", tenant_id)  # noqa: S608
    return Tenant(**(dict(row) | {"business_hours": json.loads(row["business_hours"])})) if row else None


async def update_tenant(tenant_id: int, pool: Pool, changes: dict[str, Any]) -> None:
    """Write the given columns of EDITABLE. Raises DuplicateNumberError, KeyError for another column."""
    if unknown := set(changes) - set(EDITABLE):
        raise KeyError(unknown.pop())
    if not changes:
        return
    assignments = ", ".join(
        f"{column} = ${n}::jsonb" if column == "business_hours" else f"{column} = ${n}"
        for n, column in enumerate(changes, start=2)
    )
    values = [json.dumps(value) if column == "business_hours" else value for column, value in changes.items()]
    async with tenant_transaction(tenant_id, pool) as conn:
        try:
            await conn.execute(
                f"update tenants set {assignments}, updated_at = now() where id = $1",  # noqa: S608 - columns of EDITABLE
                tenant_id,
                *values,
            )
        except asyncpg.UniqueViolationError as error:
            raise DuplicateNumberError(str(changes.get("bot_phone_number"))) from error


async def delete_tenant(tenant_id: int, pool: Pool) -> bool:
    """Remove the shop with everything it owns, its jobs and the accounts of people of no other shop included.

    False when it did not exist. Its folder of files stands in `erased_files` from the same moment on.
    """
    for _ in range(_DELETE_ATTEMPTS - 1):
        try:
            return await _delete_tenant(tenant_id, pool)
        except asyncpg.DeadlockDetectedError:  # its bursts were running: they hold rows that we want, and want ours
            continue
    return await _delete_tenant(tenant_id, pool)


async def _delete_tenant(tenant_id: int, pool: Pool) -> bool:
    async with tenant_transaction(tenant_id, pool) as conn:
        people = await conn.fetchval("select erase_people()")
        statement = "delete from tenants where id = $1 returning true"
        if not await conn.fetchval(statement, tenant_id, timeout=_DELETE_SECONDS):
            return False
        await conn.execute(
            """with gone as (delete from pgqueuer where status <> 'picked'
                             and convert_from(payload, 'UTF8')::jsonb->>'tenant_id' = $1 returning id)
               update pgqueuer_log set traceback = null
               where traceback is not null and job_id in (select id from gone)""",
            str(tenant_id),
        )
        await conn.execute(
            "insert into erased_files (tenant_id, media_id) values ($1, null) on conflict do nothing", tenant_id
        )
        await conn.execute("select set_config('nexus.tenant_id', '', true)")
        told = {"tenant_id": tenant_id, "accounts": people}
        await record_event(None, conn, "warn", "shop_erased", "Se borró una tienda con todo lo suyo", told)
    return True
