"""When a shop's webhook was last heard, rightly signed and not."""

from typing import Any

from nexus.store.database import Pool, tenant_transaction


async def note_signed(tenant_id: int, pool: Pool) -> None:
    """An event that the shop's secret signed has come."""
    async with tenant_transaction(tenant_id, pool) as conn:
        await conn.execute(
            """insert into webhook_lights as l (tenant_id, last_signed_at)
               select id, clock_timestamp() from tenants where id = $1
               on conflict (tenant_id) do update set last_signed_at = excluded.last_signed_at, refusals = 0""",
            tenant_id,
        )


async def note_refused(tenant_id: int, pool: Pool) -> None:
    """A delivery meant for the shop had another signature; nothing for a tenant that does not exist."""
    async with tenant_transaction(tenant_id, pool) as conn:
        await conn.execute(
            """insert into webhook_lights as l (tenant_id, last_refused_at, refusals)
               select id, clock_timestamp(), 1 from tenants where id = $1
               on conflict (tenant_id) do update
               set last_refused_at = excluded.last_refused_at, refusals = l.refusals + 1""",
            tenant_id,
        )


async def note_previous(tenant_id: int, pool: Pool) -> None:
    """A delivery was taken that the shop's former secret signed."""
    await _note_former(tenant_id, pool, "previous_signed_at")


async def note_previous_refused(tenant_id: int, pool: Pool) -> None:
    """A delivery that the former secret signed was refused: its time is over."""
    await _note_former(tenant_id, pool, "previous_refused_at")


async def _note_former(tenant_id: int, pool: Pool, column: str) -> None:
    async with tenant_transaction(tenant_id, pool) as conn:
        await conn.execute(
            f"""insert into webhook_lights as l (tenant_id, {column})
                select id, clock_timestamp() from tenants where id = $1
                on conflict (tenant_id) do update set {column} = excluded.{column}""",  # noqa: S608 - two columns
            tenant_id,
        )


async def webhook_light(tenant_id: int, pool: Pool) -> dict[str, Any]:
    """{last_signed_at, last_refused_at, refusals}: minutes with a refusal since the last good signature."""
    async with tenant_transaction(tenant_id, pool) as conn:
        row = await conn.fetchrow(
            "select last_signed_at, last_refused_at, refusals from webhook_lights where tenant_id = $1", tenant_id
        )
    return dict(row) if row else {"last_signed_at": None, "last_refused_at": None, "refusals": 0}
