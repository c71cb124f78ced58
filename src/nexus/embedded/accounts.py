"""Accounts and shops as the command line needs them, over a pool that lives as long as the question."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import asyncpg

from nexus.embedded.errors import EmbeddedError

if TYPE_CHECKING:
    from nexus.store.database import Pool

_ACTOR = "línea de comandos"


async def create_account(
    app_dsn: str, email: str, password: str, tenant_id: int | None, role: str, *, platform_admin: bool = False
) -> None:
    """A person's account with a role on one tenant; an account that exists gets this password and role.

    Raises EmbeddedError with the reason in one line.
    """
    from nexus.store.accounts import create_user

    if "@" not in email.strip("@"):
        raise EmbeddedError(f"{email} no es una dirección de correo")
    _refuse_weak(password, email)
    async with _asking(app_dsn) as pool:
        try:
            await create_user(pool, email, password, tenant_id=tenant_id, role=role, platform_admin=platform_admin)
        except asyncpg.ForeignKeyViolationError as error:
            raise EmbeddedError(f"no existe la tienda {tenant_id}") from error


async def set_password(app_dsn: str, email: str, password: str) -> None:
    """A new password for an account; its sessions end. Raises EmbeddedError, also when there is no such account."""
    from nexus.store.accounts import account_id
    from nexus.store.passwords import change_password

    _refuse_weak(password, email)
    async with _asking(app_dsn) as pool:
        user_id = await account_id(pool, email)
        if user_id is None:
            raise EmbeddedError(f"no hay una cuenta {email} (./nexus user list las muestra)")
        await change_password(pool, user_id, password)


async def accounts(app_dsn: str) -> list[dict[str, Any]]:
    """Every account by e-mail, as `store.accounts.list_users`. Raises EmbeddedError."""
    from nexus.store.accounts import list_users

    async with _asking(app_dsn) as pool:
        return await list_users(pool)


def _refuse_weak(password: str, email: str) -> None:
    from nexus.store.passwords import LEAST, is_weak

    if is_weak(password, email):
        raise EmbeddedError(f"la contraseña necesita {LEAST} caracteres o más, y no puede ser el e-mail")


@asynccontextmanager
async def _asking(app_dsn: str) -> AsyncIterator[Pool]:
    """A pool for one command; what the database refuses is one line."""
    from nexus.runtime.actor import act_as
    from nexus.runtime.settings import StartRefusedError
    from nexus.store.database import UNREACHABLE, open_pool

    try:
        pool = await open_pool(app_dsn, "nexus", max_size=2)
    except (*UNREACHABLE, StartRefusedError, asyncpg.PostgresError) as error:
        raise EmbeddedError(f"no puedo usar PostgreSQL: {error or type(error).__name__}") from error
    act_as(_ACTOR)
    try:
        yield pool
    except (asyncpg.UndefinedFunctionError, asyncpg.UndefinedTableError) as error:
        raise EmbeddedError("a la base de datos le faltan migraciones: ./nexus migrate") from error
    except asyncpg.PostgresError as error:
        raise EmbeddedError(f"no pude trabajar con las cuentas: {error}") from error
    finally:
        act_as("")
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


async def show_commerce(app_dsn: str, tenant_id: int) -> None:
    """Turn links to pay and notices of what is back on, unless somebody has set the shop's bot since."""
    from nexus.store.bot_settings import BotSettings, load_bot_settings, save_bot_settings
    from nexus.store.database import open_pool

    pool = await open_pool(app_dsn, "nexus", max_size=2)
    try:
        if await load_bot_settings(tenant_id, pool) == BotSettings():
            await save_bot_settings(tenant_id, pool, {"draft_orders": "on", "back_in_stock": True})
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
