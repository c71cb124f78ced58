"""One bounded pool per process, and the helper that puts a transaction inside one tenant (S-011)."""

from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from typing import TYPE_CHECKING, Any

import asyncpg

from nexus.runtime.actor import current_actor
from nexus.runtime.logs import current_correlation_id
from nexus.runtime.settings import StartRefusedError

if TYPE_CHECKING:
    from asyncpg.pool import PoolConnectionProxy

    Connection = asyncpg.Connection[asyncpg.Record] | PoolConnectionProxy[asyncpg.Record]
    Pool = asyncpg.Pool[asyncpg.Record]
else:
    Connection = asyncpg.Connection
    Pool = asyncpg.Pool
Store = Pool | Connection
"""What a function reads by: a pool, or a connection inside the tenant's transaction, as `tenant_transaction` says."""
Row = asyncpg.Record

UNREACHABLE = (
    OSError,
    asyncpg.PostgresConnectionError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,  # a connection that broke in the middle of a rollback
    asyncpg.CannotConnectNowError,
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
    asyncpg.TooManyConnectionsError,
    TimeoutError,
)
"""What a statement raises when PostgreSQL is away rather than wrong."""

StatementError = asyncpg.PostgresError
"""What a statement raises when PostgreSQL refuses it."""


class UnsafeRoleError(StartRefusedError):
    """The DSN's role could look past row-level security."""


async def open_pool(dsn: str, service: str, *, max_size: int = 6) -> Pool:
    """Open the process's pool as the application role.

    Few connections serve a rush sooner than many: each new one reads catalogue and plans all its statements first.

    Raises UnsafeRoleError for a superuser, BYPASSRLS role or the owner of the tables, StartRefusedError when the
    database is away.
    """
    try:
        pool = await asyncpg.create_pool(
            dsn,
            min_size=2,
            max_size=max_size,
            timeout=5,
            command_timeout=15,
            reset=_leave_as_it_is,
            server_settings={"application_name": service, "timezone": "UTC"},
        )
    except ValueError as error:  # its text repeats parts of the DSN, where the password is
        raise StartRefusedError("POSTGRES_DSN no sirve: es postgresql://ROL:CLAVE@HOST:PUERTO/BASE") from error
    except (asyncpg.InvalidAuthorizationSpecificationError, asyncpg.InvalidCatalogNameError) as error:
        raise StartRefusedError(f"POSTGRES_DSN no sirve: {error}") from error
    except UNREACHABLE as error:
        raise StartRefusedError(f"PostgreSQL no responde en POSTGRES_DSN ({type(error).__name__})") from error
    async with AsyncExitStack() as closing:
        closing.push_async_callback(pool.close)
        await refuse_unsafe_role(pool)
        closing.pop_all()
    return pool


async def _leave_as_it_is(_conn: Connection) -> None:
    """asyncpg's own reset asks the server once more after each use; all that we set ends with its transaction."""


async def refuse_unsafe_role(pool: Pool) -> None:
    """Raise UnsafeRoleError unless the pool's role is bound by row-level security (architecture.md 5)."""
    async with pool.acquire() as conn:
        role = await one(
            conn,
            """select current_user as name, r.rolsuper, r.rolbypassrls,
                      exists (select 1 from pg_class c join pg_namespace n on n.oid = c.relnamespace
                              where n.nspname = 'public' and c.relkind = 'r'
                                and pg_has_role(current_user, c.relowner, 'member')) as owns
               from pg_roles r where r.rolname = current_user""",
        )
    if role["rolsuper"] or role["rolbypassrls"] or role["owns"]:
        raise UnsafeRoleError(
            f"POSTGRES_DSN usa el rol «{role['name']}», que puede saltear el aislamiento entre tiendas; usá nexus_app"
        )


@asynccontextmanager
async def tenant_transaction(tenant_id: int, store: Store) -> AsyncIterator[Connection]:
    """One transaction that sees only this tenant's rows; the setting ends with the transaction.

    A connection is already inside of one of this tenant and is used as it is: what several functions read then travels
    in one transaction. What is written for a person or a machine is audited by the triggers of migration 0008.
    """
    if not isinstance(store, asyncpg.Pool):
        yield store
        return
    async with store.acquire(timeout=5) as conn, conn.transaction():
        await _enter(conn, str(tenant_id))
        yield conn


@asynccontextmanager
async def platform_transaction(pool: Pool) -> AsyncIterator[Connection]:
    """One transaction of no tenant: for the functions that look across them, audited as tenant_transaction."""
    async with pool.acquire(timeout=5) as conn, conn.transaction():
        await _enter(conn, "")
        yield conn


async def _enter(conn: Connection, tenant: str) -> None:
    if actor := current_actor():
        await conn.execute(
            """select set_config('nexus.tenant_id', $1, true), set_config('nexus.actor', $2, true),
                      set_config('nexus.correlation_id', $3, true)""",
            tenant,
            actor,
            current_correlation_id(),
        )
    else:
        await conn.execute("select set_config('nexus.tenant_id', $1, true)", tenant)


async def notify_work(conn: Connection) -> None:
    """Wake relays and outboxes when the transaction commits."""
    await conn.execute("select pg_notify('nexus_work', '')")


async def one(conn: Connection, query: str, *arguments: Any, timeout: float | None = None) -> Row:  # noqa: ASYNC109
    """The row that a query is known to return; `timeout` in seconds, where the pool's is too short."""
    row = await conn.fetchrow(query, *arguments, timeout=timeout)
    if row is None:
        raise LookupError(query)
    return row


def records(rows: Sequence[Row]) -> list[dict[str, Any]]:
    """Rows as plain dictionaries, in order."""
    return [dict(row) for row in rows]
