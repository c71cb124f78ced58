"""Accounts made from the command line, over a pool that lives as long as the command."""

from __future__ import annotations

import asyncpg

from nexus.embedded.errors import EmbeddedError


async def create_account(app_dsn: str, email: str, password: str, tenant_id: int, role: str) -> None:
    """A person's account with a role on one tenant; an account that exists gets this password and role.

    Raises EmbeddedError with the reason in one line.
    """
    from nexus.store.accounts import create_user
    from nexus.store.database import UNREACHABLE, UnsafeRoleError, open_pool

    try:
        pool = await open_pool(app_dsn.replace("postgresql+asyncpg://", "postgresql://"), "nexus", max_size=2)
    except (*UNREACHABLE, UnsafeRoleError, asyncpg.PostgresError) as error:
        raise EmbeddedError(f"no puedo usar PostgreSQL: {error or type(error).__name__}") from error
    try:
        await create_user(pool, email, password, tenant_id=tenant_id, role=role)
    except asyncpg.ForeignKeyViolationError as error:
        raise EmbeddedError(f"no existe la tienda {tenant_id}") from error
    except asyncpg.PostgresError as error:
        raise EmbeddedError(f"no pude crear la cuenta: {error}") from error
    finally:
        await pool.close()


async def tenant_of_number(app_dsn: str, number: str) -> int:
    """The tenant that answers on this E.164 number. Raises EmbeddedError when there is none."""
    from nexus.store.database import open_pool
    from nexus.store.tenants import tenant_by_number

    pool = await open_pool(app_dsn, "nexus", max_size=2)
    try:
        tenant_id = await tenant_by_number(pool, number)
    finally:
        await pool.close()
    if tenant_id is None:
        raise EmbeddedError(f"ninguna tienda atiende el número {number}")
    return tenant_id
