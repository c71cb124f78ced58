"""How fresh a shop's catalogue is, what of it is to be read again, and whether the shop still lets us in."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from nexus.store.database import Connection, Pool, tenant_transaction
from nexus.store.live_tests import OURSELVES

_MOST_CHANGES = 3000
"""Products that wait to be read one by one; beyond it the whole catalogue is."""


@dataclass(frozen=True, slots=True)
class Sync:
    """One row of catalogue_syncs; all empty for a shop that was never read."""

    store_id: str = ""
    version: int = 0
    products: int = 0
    categories: int = 0
    loading_since: datetime | None = None
    refreshed_at: datetime | None = None
    full_at: datetime | None = None
    webhooks_at: datetime | None = None
    error: str | None = None
    refused: int | None = None
    refused_at: datetime | None = None

    @property
    def usable(self) -> bool:
        """Whether the whole catalogue was read at least once."""
        return self.full_at is not None


_COLUMNS = ", ".join(Sync.__slots__)


async def load_sync(tenant_id: int, pool: Pool) -> Sync:
    """How fresh the shop's catalogue is."""
    async with tenant_transaction(tenant_id, pool) as conn:
        return await sync_of(tenant_id, conn)


async def sync_of(tenant_id: int, conn: Connection) -> Sync:
    """As `load_sync`, in the tenant's transaction."""
    row = await conn.fetchrow(f"select {_COLUMNS} from catalogue_syncs where tenant_id = $1", tenant_id)  # noqa: S608
    return Sync(**dict(row)) if row else Sync()


async def shop_connected(tenant_id: int, conn: Connection) -> bool:
    """Whether the tenant has a store and a token."""
    return bool(
        await conn.fetchval(
            """select coalesce(tiendanube_store_id, '') <> '' and tiendanube_access_token is not null
               from tenants where id = $1""",
            tenant_id,
        )
    )


async def begin_loading(tenant_id: int, conn: Connection, store_id: str) -> None:
    """A refresh of that store begins; what another store left behind counts for nothing."""
    await conn.execute(
        """insert into catalogue_syncs as s (tenant_id, store_id, loading_since)
           select id, $2, clock_timestamp() from tenants where id = $1
           on conflict (tenant_id) do update
           set loading_since = clock_timestamp(),
               refreshed_at = case when s.store_id = $2 then s.refreshed_at end,
               full_at = case when s.store_id = $2 then s.full_at end,
               store_id = $2""",
        tenant_id,
        store_id,
    )


async def finish_loading(
    tenant_id: int, conn: Connection, as_of: datetime, *, full: bool, changed: bool, categories: int
) -> None:
    """The catalogue is as the shop was at `as_of`, and the shop lets us in."""
    await forget_refusal(tenant_id, conn)
    await conn.execute(
        """update catalogue_syncs
           set refreshed_at = greatest(refreshed_at, $2), loading_since = null, error = null, categories = $5,
               full_at = case when $3 then greatest(full_at, $2) else full_at end,
               version = version + $4::boolean::integer,
               products = (select count(*) from catalogue_products where tenant_id = $1)
           where tenant_id = $1""",
        tenant_id,
        as_of,
        full,
        changed,
        categories,
    )


async def note_failure(tenant_id: int, pool: Pool, words: str) -> None:
    """A refresh did not come to its end; what was known stays."""
    async with tenant_transaction(tenant_id, pool) as conn:
        await conn.execute(
            """insert into catalogue_syncs (tenant_id, error) select id, $2 from tenants where id = $1
               on conflict (tenant_id) do update set loading_since = null, error = excluded.error""",
            tenant_id,
            words,
        )


async def note_change(tenant_id: int, conn: Connection) -> None:
    """Something of the catalogue is another now: what was found before is looked for anew."""
    await conn.execute(
        """update catalogue_syncs
           set version = version + 1, products = (select count(*) from catalogue_products where tenant_id = $1)
           where tenant_id = $1""",
        tenant_id,
    )


async def note_webhook(tenant_id: int, conn: Connection) -> None:
    """The shop told us something; written at most once in ten seconds."""
    await conn.execute(
        """insert into catalogue_syncs as s (tenant_id, webhooks_at)
           select id, clock_timestamp() from tenants where id = $1
           on conflict (tenant_id) do update set webhooks_at = excluded.webhooks_at
           where s.webhooks_at is null or s.webhooks_at < clock_timestamp() - interval '10 seconds'""",
        tenant_id,
    )


async def add_changes(tenant_id: int, conn: Connection, product_ids: Sequence[int]) -> bool:
    """Remember to read these products again; False when so many wait that the whole catalogue had better be read."""
    waiting = await conn.fetchval("select count(*) from catalogue_changes where tenant_id = $1", tenant_id)
    if (waiting or 0) + len(product_ids) > _MOST_CHANGES:
        await conn.execute("delete from catalogue_changes where tenant_id = $1", tenant_id)
        return False
    await conn.execute(
        """insert into catalogue_changes (tenant_id, product_id) select $1, unnest($2::bigint[])
           on conflict (tenant_id, product_id) do nothing""",
        tenant_id,
        list(product_ids),
    )
    return True


async def take_changes(tenant_id: int, pool: Pool, most: int) -> list[int]:
    """At most `most` products to read again, taken off the list: what changes from now on is put on it anew."""
    async with tenant_transaction(tenant_id, pool) as conn:
        rows = await conn.fetch(
            """delete from catalogue_changes where tenant_id = $1 and product_id in (
                   select product_id from catalogue_changes where tenant_id = $1 order by product_id limit $2
                   for update skip locked)
               returning product_id""",
            tenant_id,
            most,
        )
    return [row["product_id"] for row in rows]


async def note_refusal(tenant_id: int, pool: Pool, status: int) -> bool:
    """The shop refuses its credential (401, 402, 403); True when that is news."""
    async with tenant_transaction(tenant_id, pool) as conn:
        return bool(
            await conn.fetchval(
                """insert into catalogue_syncs as s (tenant_id, refused, refused_at)
                   select id, $2, clock_timestamp() from tenants where id = $1
                   on conflict (tenant_id) do update set refused = $2, refused_at = clock_timestamp()
                   where s.refused is distinct from $2
                   returning true""",
                tenant_id,
                status,
            )
        )


async def forget_refusal(tenant_id: int, conn: Connection) -> None:
    """The credential is another, or the shop took it."""
    await conn.execute(
        "update catalogue_syncs set refused = null, refused_at = null where tenant_id = $1 and refused is not null",
        tenant_id,
    )
    await conn.execute(
        "delete from live_tests where tenant_id = $1 and kind = 'tiendanube' and not ok and tested_by = $2",
        tenant_id,
        OURSELVES,
    )
