"""How the database itself stands: schema, roles, row security, what it logs, its clock; all as nexus_app sees it."""

import time
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import asyncpg

from nexus.store.database import UNREACHABLE, Connection, Pool, Row, one
from nexus.store.events import record_event
from nexus.store.migrate import migrations

BACKUP_TAKEN = "backup_taken"
"""The platform's event by which the age of the last backup is known."""
_KEPT_SECONDS = 600.0


@dataclass(slots=True)
class Guards:
    """What one process saw last of role, row security and logging: trying each table costs more than a whole page."""

    facts: dict[str, Any] = field(default_factory=dict)
    until: float = 0.0

    async def seen(self, conn: Connection) -> dict[str, Any]:
        """Of at most ten minutes ago."""
        if self.until < time.monotonic():
            self.facts = await _look_at_guards(conn)
            self.until = time.monotonic() + _KEPT_SECONDS
        return self.facts


async def installation_facts(pool: Pool, guards: Guards | None = None) -> dict[str, Any]:
    """`missing` and `unknown` migrations, `role`, `loose` and `shown` tables, `logging`, `ahead`, `backup_at`.

    `loose` are tenant tables without forced row security or its policies, `shown` those of which a row of some tenant
    was seen outside of every tenant, `ahead` how much the database's clock is ahead of this machine's. Without `guards`
    all is looked at now. Raises asyncpg.UndefinedTableError where nothing was ever migrated.
    """
    async with pool.acquire(timeout=5) as conn:
        applied = {row["name"] for row in await conn.fetch("select name from schema_migrations")}
        known = {name for name, _ in migrations()}
        return {
            "missing": sorted(known - applied),
            "unknown": sorted(applied - known),
            "ahead": await _ahead(conn),
            "backup_at": await conn.fetchval(_BACKUP_AT, BACKUP_TAKEN),
            **await (guards or Guards()).seen(conn),
        }


async def _look_at_guards(conn: Connection) -> dict[str, Any]:
    tables = await conn.fetch(_TENANT_TABLES)
    return {
        "role": dict(await one(conn, _ROLE)),
        "loose": [table["name"] for table in tables if not table["guarded"]],
        "shown": await _shown_without_tenant(conn, [table for table in tables if table["readable"]]),
        "logging": dict(await one(conn, _LOGGING)),
        "data_directory": await conn.fetchval(_DATA_DIRECTORY),
    }


async def zone_of_database(pool: Pool, zone: str, at: datetime) -> timedelta | None:
    """How much PostgreSQL's clocks of `zone` are ahead of UTC at `at` (UTC); None for a zone that it does not know."""
    async with pool.acquire(timeout=5) as conn:
        try:
            local: datetime = await conn.fetchval("select $1::timestamptz at time zone $2", at, zone)
        except asyncpg.InvalidParameterValueError:
            return None
    return local - at.replace(tzinfo=None)


async def note_backup(owner_dsn: str, made_at: datetime) -> bool:
    """Leave the event that tells how old the last backup is; False where that failed, which harms no backup."""
    try:
        conn: Connection = await asyncpg.connect(owner_dsn, timeout=10)
    except (*UNREACHABLE, asyncpg.PostgresError):
        return False
    try:
        await record_event(None, conn, "info", BACKUP_TAKEN, "Se hizo un backup", {"of": made_at.isoformat()})
    except (*UNREACHABLE, asyncpg.PostgresError):
        return False
    finally:
        await conn.close()
    return True


async def _shown_without_tenant(conn: Connection, tables: list[Row]) -> list[str]:
    """Tables of which this role sees a row of a tenant while it is in none: tried, not read in the catalogue."""
    asked = " union all ".join(
        f"select '{table['name']}' as name where exists "  # noqa: S608 - names out of PostgreSQL's own catalogue
        f'(select 1 from public."{table["name"]}" where {table["owner_column"]} is not null)'
        for table in tables
    )
    if not asked:
        return []
    async with conn.transaction(readonly=True):
        # By the index that begins with the tenant: no large table is read from end to end for an answer of none.
        await conn.execute("select set_config('enable_seqscan', 'off', true), set_config('nexus.tenant_id', '', true)")
        return [row["name"] for row in await conn.fetch(asked)]


async def _ahead(conn: Connection) -> timedelta:
    sent = time.time()
    now: datetime = await conn.fetchval("select clock_timestamp()")
    return timedelta(seconds=now.timestamp() - (sent + time.time()) / 2)


# Owner and dispatch pass by a policy of their own (architecture 5); any other way past the tenant is a hole.
_TENANT_TABLES = """
    select c.relname as name, case c.relname when 'tenants' then 'id' else 'tenant_id' end as owner_column,
           has_table_privilege(current_user, c.oid, 'select') as readable,
           c.relrowsecurity and c.relforcerowsecurity
           and exists (select 1 from pg_policies p where p.schemaname = 'public' and p.tablename = c.relname
                       and p.roles = array['nexus_app']::name[] and p.qual like '%nexus_tenant()%')
           and not exists (select 1 from pg_policies p where p.schemaname = 'public' and p.tablename = c.relname
                           and p.permissive = 'PERMISSIVE'
                           and not p.roles <@ array['nexus_owner', 'nexus_dispatch']::name[]
                           and coalesce(p.qual, p.with_check) not like '%nexus_tenant()%') as guarded
    from pg_class c where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p')
      and (c.relname = 'tenants' or exists (select 1 from pg_attribute a where a.attrelid = c.oid
                                            and a.attname = 'tenant_id' and not a.attisdropped))
    order by 1"""
_ROLE = """
    select current_user as name, r.rolsuper as superuser, r.rolbypassrls as bypasses,
           exists (select 1 from pg_class c where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p')
                   and pg_has_role(current_user, c.relowner, 'member')) as owns,
           exists (select 1 from pg_roles d where d.rolname = 'nexus_dispatch'
                   and pg_has_role(current_user, d.oid, 'member')) as dispatches,
           coalesce((select d.rolcanlogin or d.rolsuper or d.rolbypassrls from pg_roles d
                     where d.rolname = 'nexus_dispatch'), false) as loose_dispatch,
           coalesce((select o.rolsuper from pg_roles o where o.rolname = 'nexus_owner'), false) as super_owner
    from pg_roles r where r.rolname = current_user"""
# Parameters carry messages and secrets; they reach the log with each statement that does, unless the length is 0.
_LOGGING = """
    select current_setting('log_statement') in ('mod', 'all') as statements,
           (select setting::integer >= 0 from pg_settings where name = 'log_min_duration_statement')
           or (select setting::integer >= 0 from pg_settings where name = 'log_min_duration_sample')
              and current_setting('log_statement_sample_rate')::float > 0
           or current_setting('log_transaction_sample_rate')::float > 0 as slow_ones,
           current_setting('log_parameter_max_length') <> '0' as parameters,
           current_setting('log_parameter_max_length_on_error') <> '0' as parameters_on_error,
           coalesce(current_setting('auto_explain.log_min_duration', true), '-1') not like '-1%'
           and coalesce(current_setting('auto_explain.log_parameter_max_length', true), '-1') <> '0' as explained,
           coalesce(nullif(current_setting('pgaudit.log', true), ''), 'none') <> 'none'
           and coalesce(current_setting('pgaudit.log_parameter', true), 'off') = 'on' as audited"""
_BACKUP_AT = "select max(created_at) from system_events where tenant_id is null and event_type = $1"
# Readable only for who may read all settings: the disk behind it is judged where it is of this machine.
_DATA_DIRECTORY = """
    select case when pg_has_role(current_user, 'pg_read_all_settings', 'usage')
                then current_setting('data_directory') end"""
