"""Accounts and shops as the command line needs them, over a pool that lives as long as the question."""

from __future__ import annotations

import asyncpg

from nexus.embedded.errors import EmbeddedError

_LEAST_LETTERS = 8  # of a password


async def create_account(app_dsn: str, email: str, password: str, tenant_id: int, role: str) -> None:
    """A person's account with a role on one tenant; an account that exists gets this password and role.

    Raises EmbeddedError with the reason in one line.
    """
    from nexus.runtime.settings import StartRefusedError
    from nexus.store.accounts import create_user
    from nexus.store.database import UNREACHABLE, open_pool

    if "@" not in email.strip("@"):
        raise EmbeddedError(f"{email} no es una dirección de correo")
    if len(password) < _LEAST_LETTERS:
        raise EmbeddedError(f"la contraseña necesita {_LEAST_LETTERS} caracteres o más")
    try:
        pool = await open_pool(app_dsn, "nexus", max_size=2)
    except (*UNREACHABLE, StartRefusedError, asyncpg.PostgresError) as error:
        raise EmbeddedError(f"no puedo usar PostgreSQL: {error or type(error).__name__}") from error
    try:
        await create_user(pool, email, password, tenant_id=tenant_id, role=role)
    except asyncpg.ForeignKeyViolationError as error:
        raise EmbeddedError(f"no existe la tienda {tenant_id}") from error
    except (asyncpg.UndefinedFunctionError, asyncpg.UndefinedTableError) as error:
        raise EmbeddedError("a la base de datos le faltan migraciones: ./nexus migrate") from error
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


async def remind_by_template(app_dsn: str, tenant_id: int, name: str, language: str) -> None:
    """Outside the 24 h window the shop's reminders go by this template."""
    from nexus.store.agenda import save_settings
    from nexus.store.database import open_pool, tenant_transaction

    pool = await open_pool(app_dsn, "nexus", max_size=2)
    try:
        async with tenant_transaction(tenant_id, pool) as conn:
            changes = {"reminder_template_name": name, "reminder_template_language": language}
            await save_settings(tenant_id, conn, changes)
    finally:
        await pool.close()


async def has_tenants(app_dsn: str) -> bool:
    """Whether there is any shop to answer for."""
    from nexus.store.database import open_pool
    from nexus.store.tenants import list_tenants

    pool = await open_pool(app_dsn, "nexus", max_size=2)
    try:
        return bool(await list_tenants(pool))
    finally:
        await pool.close()
