"""Numbered plain SQL, forward only, under an advisory lock; run by `nexus migrate` and by `up`, never by a service."""

import hashlib
from importlib import resources

import asyncpg

from nexus.store.database import Connection, Pool
from nexus.store.roles import ensure_roles

LOCK = 0x4E455855  # "NEXU"
"""The advisory lock of migrations; a backup shares it, so that the schema stands still meanwhile."""


class MigrationError(RuntimeError):
    """A migration that already ran was changed afterwards, or the database is newer than this program."""


def migrations() -> list[tuple[str, str]]:
    """(name, sql) of every migration, in order."""
    folder = resources.files("nexus.store") / "migrations"
    files = sorted((f for f in folder.iterdir() if f.name.endswith(".sql")), key=lambda f: f.name)
    return [(f.name.removesuffix(".sql"), f.read_text(encoding="utf-8")) for f in files]


async def migrate(owner_dsn: str, upto: str | None = None) -> list[str]:
    """Bring the schema up to date, or to the migration `upto`; returns the names that ran now.

    Raises MigrationError, MissingRoleError, or asyncpg's errors; a failed migration leaves nothing of itself.
    """
    conn: Connection = await asyncpg.connect(owner_dsn, timeout=10)
    try:
        await conn.execute("select pg_advisory_lock($1)", LOCK)
        await ensure_roles(conn)
        await conn.execute(
            """create table if not exists schema_migrations (
                   name text primary key, sha256 text not null, applied_at timestamptz not null default now())"""
        )
        await conn.execute("grant select on schema_migrations to nexus_app")
        done = {row["name"]: row["sha256"] for row in await conn.fetch("select name, sha256 from schema_migrations")}
        if unknown := sorted(set(done) - {name for name, _ in migrations()}):
            raise MigrationError(f"la base es de una versión más nueva de Nexus: tiene la migración {unknown[-1]}")
        wanted = [(name, sql) for name, sql in migrations() if upto is None or name <= upto]
        return [name for name, sql in wanted if await _apply(conn, name, sql, done)]
    finally:
        await conn.close()


async def _apply(conn: Connection, name: str, sql: str, done: dict[str, str]) -> bool:
    digest = hashlib.sha256(sql.encode()).hexdigest()
    if name in done:
        if done[name] != digest:
            raise MigrationError(f"la migración {name} cambió después de aplicarse")
        return False
    async with conn.transaction():
        await conn.execute("set local lock_timeout = '5s'")
        await conn.execute(sql)
        await conn.execute("insert into schema_migrations (name, sha256) values ($1, $2)", name, digest)
    return True


async def schema_is_current(pool: Pool) -> bool:
    """Whether every migration of this program has run (S-064)."""
    async with pool.acquire(timeout=2) as conn:
        if not await conn.fetchval("select to_regclass('public.schema_migrations') is not null"):
            return False
        names = await conn.fetch("select name from schema_migrations", timeout=2)
    return {name for name, _ in migrations()} <= {row["name"] for row in names}
