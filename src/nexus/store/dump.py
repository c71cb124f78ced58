"""Every table read out of one snapshot as nexus_owner, whose policies see all tenants (docs/decisions/0020)."""

from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import asyncpg

from nexus.store.database import Connection, one
from nexus.store.migrate import LOCK
from nexus.store.resealing import SEALED, SEALED_UP_TO_0017

MADE_ANEW = ("schema_migrations", "sessions", "password_codes")
"""Not taken along: what the migrations write, and what proves who somebody is; it may have been revoked since."""
# COPY's text must not depend on how somebody set up the role or the database.
_PLAIN = {
    "timezone": "UTC",
    "datestyle": "ISO, YMD",
    "intervalstyle": "postgres",
    "bytea_output": "hex",
    "extra_float_digits": "1",
    "client_encoding": "UTF8",
    "statement_timeout": "0",
    "idle_in_transaction_session_timeout": "0",
}


class DumpRefusedError(RuntimeError):
    """The database cannot be copied whole now; the text says why."""


@dataclass(frozen=True, slots=True)
class TableShape:
    """A table and the columns that hold something of their own."""

    name: str
    columns: tuple[str, ...]


async def connect_plainly(owner_dsn: str, purpose: str) -> Connection:
    """A connection whose text forms are the same everywhere. Raises DumpRefusedError unless it is nexus_owner's."""
    try:
        conn: Connection = await asyncpg.connect(
            owner_dsn, timeout=10, server_settings={"application_name": purpose, **_PLAIN}
        )
    except ValueError as error:  # its text repeats parts of the DSN, where the password is
        raise DumpRefusedError("POSTGRES_OWNER_DSN tiene que ser postgresql://ROL:CLAVE@HOST:PUERTO/BASE") from error
    except (OSError, TimeoutError) as error:
        raise DumpRefusedError("PostgreSQL no responde en POSTGRES_OWNER_DSN") from error
    if (role := await conn.fetchval("select current_user")) != "nexus_owner":
        await conn.close()
        raise DumpRefusedError(f"POSTGRES_OWNER_DSN debe conectarse con el rol nexus_owner, no con {role}")
    return conn


@asynccontextmanager
async def snapshot(owner_dsn: str) -> AsyncIterator[Connection]:
    """A read-only transaction that sees one moment; no migration runs meanwhile, everything else goes on.

    Raises DumpRefusedError, asyncpg's errors.
    """
    conn = await connect_plainly(owner_dsn, "nexus_backup")
    try:
        # Before the snapshot, which must not be older than a migration that we waited for.
        if not await conn.fetchval("select pg_try_advisory_lock_shared($1)", LOCK):
            raise DumpRefusedError("hay una migración en curso: probá de nuevo cuando termine")
        async with conn.transaction(isolation="repeatable_read", readonly=True):
            yield conn
    finally:
        await conn.close()


async def applied_migrations(conn: Connection) -> list[tuple[str, str]]:
    """(name, sha256) of the migrations that ran here, in order; none in a database without any."""
    if not await conn.fetchval("select to_regclass('public.schema_migrations') is not null"):
        return []
    return [tuple(row) for row in await conn.fetch("select name, sha256 from schema_migrations order by name")]


async def table_shapes(conn: Connection) -> list[TableShape]:
    """Every table to be copied. Raises DumpRefusedError for one of which the owner would not see all rows.

    Without generated columns, and without transaction numbers, which mean nothing in another cluster.
    """
    rows = await conn.fetch(
        """select c.relname as name, array_agg(a.attname::text order by a.attnum) as columns,
                  c.relrowsecurity and c.relforcerowsecurity and not exists (
                      select 1 from pg_policies p where p.schemaname = 'public' and p.tablename = c.relname
                        and 'nexus_owner' = any (p.roles) and p.cmd = 'ALL' and p.qual = 'true') as hidden
           from pg_class c join pg_attribute a on a.attrelid = c.oid
           where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p') and not c.relispartition
             and a.attnum > 0 and not a.attisdropped and a.attgenerated = '' and a.atttypid <> 'xid8'::regtype
             and c.relname <> all ($1)
             and not exists (select 1 from pg_depend d
                             where d.classid = 'pg_class'::regclass and d.objid = c.oid and d.deptype = 'e')
           group by c.oid, c.relname order by c.relname""",
        MADE_ANEW,
    )
    if hidden := [row["name"] for row in rows if row["hidden"]]:
        raise DumpRefusedError(f"nexus_owner no ve todas las filas de {', '.join(hidden)}: falta su política")
    return [TableShape(row["name"], tuple(row["columns"])) for row in rows]


async def copy_out(conn: Connection, table: TableShape, write: Callable[[bytes], Coroutine[Any, Any, None]]) -> int:
    """Write a table's rows as COPY text; how many."""
    status = await conn.copy_from_table(
        table.name, schema_name="public", columns=table.columns, output=write, encoding="UTF8"
    )
    return int(status.split()[-1])


async def sequence_values(conn: Connection) -> dict[str, int]:
    """How far each sequence is; never behind the rows of the snapshot, since sequences only grow."""
    rows = await conn.fetch(
        "select sequencename, last_value from pg_sequences where schemaname = 'public' and last_value is not null"
    )
    return {row["sequencename"]: row["last_value"] for row in rows}


async def sealing_keys(conn: Connection) -> dict[str, int]:
    """How many stored secrets each ENCRYPTION_KEY sealed, by its id (store/secrets.py)."""
    current = await conn.fetchval("select to_regclass('public.agenda_feed_keys') is not null")
    rows = await conn.fetch(
        f"""select split_part(sealed, '.', 2) as key_id, count(*) as n
            from ({SEALED if current else SEALED_UP_TO_0017}) s
            where sealed like 'v1.%' group by 1"""  # noqa: S608 - our own text
    )
    return {row["key_id"]: row["n"] for row in rows}


async def files_of_rows(conn: Connection) -> AsyncIterator[tuple[int, UUID]]:
    """(tenant, id) of every customer's file that a row names."""
    async for row in conn.cursor("select tenant_id, id from chat_media order by tenant_id, id", prefetch=1000):
        yield row["tenant_id"], row["id"]


async def size_of(conn: Connection) -> dict[str, Any]:
    """{"bytes", "files"}: about how much there is to copy, for the progress."""
    row = await one(
        conn,
        """select (select coalesce(sum(pg_table_size(oid)), 0)::bigint from pg_class
                   where relnamespace = 'public'::regnamespace and relkind = 'r') as bytes,
                  (select count(*) from chat_media) as files""",
    )
    return dict(row)
