"""One shop's rows out of one snapshot, and into a new tenant: as nexus_app, so that row security binds both."""

import json
from collections.abc import AsyncIterator, Iterable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID, uuid4, uuid5

import asyncpg

from nexus.store.database import Connection, Pool
from nexus.store.events import record_event
from nexus.store.migrate import LOCK
from nexus.store.tenant_tables import ShopTable

_BATCH = 500
Row = dict[str, Any]


class ShopFileError(RuntimeError):
    """The shop cannot be copied, or what is to be taken in is not one; the text is the line a person sees."""


class IdsTakenError(RuntimeError):
    """Rows with these ids are here already; they have to be given others."""


@asynccontextmanager
async def shop_snapshot(tenant_id: int, pool: Pool) -> AsyncIterator[Connection]:
    """A read-only transaction of this shop that sees one moment, while everything goes on. Raises ShopFileError."""
    async with pool.acquire(timeout=5) as conn:
        if not await conn.fetchval("select pg_try_advisory_lock_shared($1)", LOCK):
            raise ShopFileError("hay una migración en curso: probá de nuevo cuando termine")
        try:
            async with conn.transaction(isolation="repeatable_read", readonly=True):
                await conn.execute("select set_config('nexus.tenant_id', $1, true)", str(tenant_id))
                yield conn
        finally:
            await conn.fetchval("select pg_advisory_unlock_shared($1)", LOCK)


async def rows_of(tenant_id: int, conn: Connection, table: ShopTable) -> AsyncIterator[str]:
    """The table's rows of the shop as JSON objects, one text each, in the table's order."""
    key = "id" if table.name == "tenants" else "tenant_id"
    columns = ", ".join(f'x."{column}"' for column in table.columns)
    query = f"""select to_jsonb(r)::text from (select {columns} from {table.name} x
                where x.{key} = $1 order by {table.order}) r"""  # noqa: S608 - names of TABLES
    async for row in conn.cursor(query, tenant_id, prefetch=_BATCH, timeout=300):
        yield row[0]


async def files_of_shop(tenant_id: int, conn: Connection) -> list[UUID]:
    """The ids of its customers' files."""
    return [
        row["id"] for row in await conn.fetch("select id from chat_media where tenant_id = $1 order by 1", tenant_id)
    ]


@dataclass
class Arrival:
    """A shop on its way in: which new id each row of the file has. With `renew` no row keeps its own."""

    tenant_id: int
    renew: bool
    media: dict[UUID, UUID] = field(default_factory=dict)
    _ids: dict[str, dict[object, Any]] = field(default_factory=dict)
    _ahead: set[UUID] = field(default_factory=set)
    _anew: UUID = field(default_factory=uuid4)

    def own(self, table: ShopTable, old: object) -> UUID | None:
        """The id that a row is to have; None where the database gives it."""
        known = self._ids.setdefault(str(table.own), {})
        if not isinstance(old, int if table.numbered else str) or old in known:
            raise ShopFileError(f"el archivo no se entiende: un id de {table.name} está repetido o no es uno")
        if table.numbered:
            return None
        given = _uuid(table, old)
        known[old] = new = self._new(given)
        if table.own == "media":
            self.media[given] = new
        self._ahead.discard(given)
        return new

    def numbered(self, table: ShopTable, old: object, new: int) -> None:
        """Remember what the database gave."""
        self._ids.setdefault(str(table.own), {})[old] = new

    def ahead(self, table: ShopTable, old: object) -> UUID | None:
        """The new id of a row of the table that is still to come; `all_came` sees that it did."""
        if old is None:
            return None
        given = _uuid(table, old)
        if old not in self._ids.get(str(table.own), {}):
            self._ahead.add(given)
        return self._new(given)

    def all_came(self, table: ShopTable) -> None:
        """Raise ShopFileError when a row named one that the file does not have."""
        if self._ahead:
            raise ShopFileError(f"el archivo no se entiende: {table.name} nombra filas que no están en él")

    def _new(self, given: UUID) -> UUID:
        return uuid5(self._anew, str(given)) if self.renew else given

    def named(self, table: ShopTable, column: str, old: object) -> Any:
        """The new id of what a column names; only rows of the same file can be named."""
        if old is None:
            return None
        kind = table.refers[column]
        known = self._ids.get(kind, {})
        if isinstance(old, int | str) and old in known:
            return known[old]
        raise ShopFileError(f"el archivo no se entiende: {table.name}.{column} nombra algo que no está en él")


def _uuid(table: ShopTable, text: object) -> UUID:
    try:
        return UUID(str(text))
    except ValueError as error:
        raise ShopFileError(f"el archivo no se entiende: un id de {table.name} no es uno") from error


@asynccontextmanager
async def shop_arriving(
    pool: Pool, store_name: str, number: str, *, renew: bool
) -> AsyncIterator[tuple[Connection, Arrival]]:
    """A transaction with a new tenant in it; nothing of it is left unless it ends well.

    Raises ShopFileError when the number is another shop's or a row does not fit, IdsTakenError unless `renew`.
    """
    try:
        async with pool.acquire(timeout=5) as conn, conn.transaction():
            await conn.execute("select set_config('nexus.tenant_id', '', true)")
            if await conn.fetchval("select tenant_by_number($1)", number) is not None:
                raise ShopFileError(f"el número {number} ya es de otra tienda de esta instalación")
            tenant_id: int = await conn.fetchval("select create_tenant($1, $2)", store_name, number)
            await conn.execute("select set_config('nexus.tenant_id', $1, true)", str(tenant_id))
            yield conn, Arrival(tenant_id, renew)
            message = "La tienda se importó de un archivo."
            await record_event(tenant_id, conn, "info", "tenant_imported", message)
    except asyncpg.UniqueViolationError as error:
        if renew:
            raise ShopFileError(f"el archivo no se entiende: hay filas repetidas ({error.constraint_name})") from error
        raise IdsTakenError from error
    except (asyncpg.IntegrityConstraintViolationError, asyncpg.DataError) as error:
        where = error.constraint_name or error.column_name or error.table_name or type(error).__name__
        raise ShopFileError(f"el archivo no se entiende: una fila no entra en la base ({where})") from error


async def take_rows(tenant_id: int, conn: Connection, arrival: Arrival, table: ShopTable, rows: Iterable[Row]) -> int:
    """Write a table's rows under the new tenant, in their order; how many. Raises ShopFileError, asyncpg's errors."""
    written = 0
    for batch in _batches(rows, 1 if table.numbered or table.name == "tenants" else _BATCH):
        fitting = [_fitting(tenant_id, arrival, table, row) for row in batch]
        if table.name == "tenants":
            await _fill_tenant(tenant_id, conn, table, fitting[0])
        elif table.numbered:
            new = await conn.fetchval(_insert(table, "returning id"), json.dumps(fitting, default=str), tenant_id)
            arrival.numbered(table, batch[0]["id"], new)
        else:
            await conn.execute(_insert(table), json.dumps(fitting, default=str), tenant_id)
        written += len(batch)
    arrival.all_came(table)
    return written


def _fitting(tenant_id: int, arrival: Arrival, table: ShopTable, row: Row) -> Row:
    if set(row) != set(table.columns):
        odd = min(set(row) ^ set(table.columns))
        raise ShopFileError(f"el archivo no se entiende: {table.name} tiene otras columnas ({odd[:40]})")
    fit = dict(row)
    if table.own:
        fit["id"] = arrival.own(table, row["id"])
    for column in table.refers:
        fit[column] = arrival.named(table, column, row[column])
    for column in table.ahead:
        fit[column] = arrival.ahead(table, row[column])
    for column, becomes in table.settled.items():
        fit[column] = becomes.get(row[column], row[column]) if isinstance(row[column], str) else row[column]
    if table.name == "chat_media":
        fit["storage_url"] = f"media/{tenant_id}/{fit['id']}"
    return fit


def _insert(table: ShopTable, tail: str = "") -> str:
    columns = [column for column in table.columns if not (table.numbered and column == "id")]
    columns += ["storage_url"] if table.name == "chat_media" else []
    named = ", ".join(f'"{column}"' for column in columns)
    return f"""insert into {table.name} (tenant_id, {named})
               select $2, {named} from jsonb_populate_recordset(null::{table.name}, $1::jsonb) {tail}"""  # noqa: S608


async def _fill_tenant(tenant_id: int, conn: Connection, table: ShopTable, row: Row) -> None:
    named = ", ".join(f'"{column}"' for column in table.columns)
    await conn.execute(
        f"""update tenants set ({named}) = (select {named} from jsonb_populate_record(null::tenants, $1::jsonb))
            where id = $2""",  # noqa: S608 - names of TABLES
        json.dumps(row),
        tenant_id,
    )


def _batches(rows: Iterable[Row], size: int) -> Iterator[list[Row]]:
    batch: list[Row] = []
    for row in rows:
        batch.append(row)
        if len(batch) == size:
            yield batch
            batch = []
    if batch:
        yield batch


async def shop_named(tenant_id: int, conn: Connection) -> tuple[str, str]:
    """(name, number) of the snapshot's shop. Raises ShopFileError when there is none."""
    row = await conn.fetchrow("select store_name, bot_phone_number from tenants where id = $1", tenant_id)
    if row is None:
        raise ShopFileError(f"no hay una tienda {tenant_id} en esta instalación")
    return row["store_name"], row["bot_phone_number"]


async def migrations_here(pool: Pool) -> list[list[str]]:
    """[name, sha256] of what ran on this database, in order."""
    async with pool.acquire(timeout=5) as conn:
        rows = await conn.fetch("select name, sha256 from schema_migrations order by name")
    return [[row["name"], row["sha256"]] for row in rows]
