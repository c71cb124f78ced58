"""The three database roles: owner of the tables, application, and the owner of the cross-tenant functions."""

from nexus.store.database import Connection


class MissingRoleError(RuntimeError):
    """A role is missing and the owner may not create it."""


async def ensure_roles(conn: Connection) -> None:
    """Make `nexus_app` and `nexus_dispatch` where the owner may (CREATEROLE), and give the owner the latter.

    Raises MissingRoleError with the statement to run when it may not (managed PostgreSQL with a fixed set of roles).
    """
    for role in ("nexus_app", "nexus_dispatch"):
        if await conn.fetchval("select 1 from pg_roles where rolname = $1", role):
            continue
        if not await conn.fetchval("select rolcreaterole or rolsuper from pg_roles where rolname = current_user"):
            raise MissingRoleError(f"falta el rol {role}: ejecutá como administrador «create role {role} nologin»")
        await conn.execute(f"create role {role} nologin")
    if await conn.fetchval("select current_user <> 'nexus_owner'"):
        raise MissingRoleError("POSTGRES_OWNER_DSN debe conectarse con el rol nexus_owner")
    if not await conn.fetchval("select pg_has_role(current_user, 'nexus_dispatch', 'usage')"):
        await conn.execute("grant nexus_dispatch to nexus_owner")
    await conn.execute("grant create on schema public to nexus_dispatch")
