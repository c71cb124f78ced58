"""Roles and database of an embedded PostgreSQL (architecture.md section 5), the same at every start."""

from __future__ import annotations

from collections.abc import Mapping

import asyncpg

_MAKE_ROLE = "do $$ begin if to_regrole('{0}') is null then create role {0}; end if; end $$"


async def make_roles_and_database(superuser_dsn: str, secrets: Mapping[str, str]) -> None:
    """Make or repair the three roles, their passwords and the database `nexus`; harmless when repeated.

    Secrets' values are our own url-safe tokens, so they stand in SQL as they are. Raises
    asyncpg.PostgresError when the server refuses.
    """
    connection = await asyncpg.connect(superuser_dsn)
    try:
        for role in ("nexus_owner", "nexus_app", "nexus_dispatch"):
            await connection.execute(_MAKE_ROLE.format(role))
        owner, app = (secrets[f"POSTGRES_{role}_PASSWORD"] for role in ("OWNER", "APP"))
        plain = "nosuperuser nobypassrls nocreatedb noreplication"
        await connection.execute(f"alter role nexus_owner login createrole {plain} password '{owner}'")
        await connection.execute(f"alter role nexus_app login nocreaterole {plain} password '{app}'")
        await connection.execute(f"alter role nexus_dispatch nologin nocreaterole {plain}")
        # PostgreSQL 15 has no options here: membership alone inherits and lets SET ROLE.
        options = " with inherit true, set true" if connection.get_server_version().major >= 16 else ""
        await connection.execute(f"grant nexus_dispatch to nexus_owner{options}")
        exists = await connection.fetchval("select true from pg_database where datname = 'nexus'")
        if not exists:
            await connection.execute("create database nexus owner nexus_owner")
    finally:
        await connection.close()
