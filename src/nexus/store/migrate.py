"""Numbered plain SQL, forward only, under an advisory lock; run by `nexus migrate` and by `up`, never by a service.

A schema serves the program that it was made with and the one before it, so that services change one by one after it
(docs/upgrade.md, decision 0026). A migration that takes away what an older program needs says so in a line of its own,
`-- contract: 0016_privacy: why`: from then on only programs that know 0016_privacy may work, and older ones refuse to.
"""

import asyncio
import hashlib
import re
from collections.abc import Mapping
from importlib import resources

import asyncpg

from nexus.runtime.settings import StartRefusedError
from nexus.store.database import Connection, Pool
from nexus.store.roles import ensure_roles

LOCK = 0x4E455855  # "NEXU"
"""The advisory lock of migrations; a backup shares it, so that the schema stands still meanwhile."""
LOCK_SECONDS = 0.7
"""For all tables of one migration together. Shorter than PostgreSQL's deadlock_timeout (1 s): who waits for us while we
wait for them is let go before PostgreSQL looks for somebody to fail, which was a webhook's 503 in a trial."""
TRIES = 15
_BODIES = re.compile(r"\$(\w*)\$.*?\$\1\$|--[^\n]*", re.DOTALL)
_CONTRACT = re.compile(r"^-- contract: (\d{4}_\w+): \S", re.MULTILINE)


class MigrationError(RuntimeError):
    """The schema cannot become this program's; the message is the one line that the operator reads."""


def migrations() -> list[tuple[str, str]]:
    """(name, sql) of every migration, in order."""
    folder = resources.files("nexus.store") / "migrations"
    files = sorted((f for f in folder.iterdir() if f.name.endswith(".sql")), key=lambda f: f.name)
    return [(f.name.removesuffix(".sql"), f.read_text(encoding="utf-8")) for f in files]


async def migrate(owner_dsn: str, upto: str | None = None, *, lock_seconds: float = LOCK_SECONDS) -> list[str]:
    """Bring the schema up to date, or to the migration `upto`; returns the names that ran now.

    A schema of a later program stays as it is where this one may work with it. Raises MigrationError, MissingRoleError,
    or asyncpg's errors; a failed migration leaves nothing of itself, those before it stay, and running again is safe.
    A table that somebody holds is waited for TRIES times `lock_seconds`, in which others wait behind us.
    """
    conn: Connection = await asyncpg.connect(owner_dsn, timeout=10)
    try:
        await conn.execute("select pg_advisory_lock($1)", LOCK)
        await ensure_roles(conn)
        await _ledger(conn)
        done = {row["name"]: row["sha256"] for row in await conn.fetch("select name, sha256 from schema_migrations")}
        oldest: str | None = await conn.fetchval("select max(oldest) from schema_migrations")
        if refused := _too_new(done, oldest):
            raise MigrationError(refused)
        wanted = [(name, sql) for name, sql in migrations() if upto is None or name <= upto]
        return [name for name, sql in wanted if await _apply(conn, name, sql, done, lock_seconds)]
    finally:
        await conn.close()


async def _ledger(conn: Connection) -> None:
    """What ran, and the oldest program that may work on it: by the name of a migration which that program knows."""
    await conn.execute(
        """create table if not exists schema_migrations (
               name text primary key, sha256 text not null, applied_at timestamptz not null default now())"""
    )
    if not await conn.fetchval(
        "select 1 from pg_attribute where attrelid = 'schema_migrations'::regclass and attname = 'oldest'"
    ):
        await conn.execute("alter table schema_migrations add column oldest text")
    await conn.execute("grant select on schema_migrations to nexus_app")


async def _apply(conn: Connection, name: str, sql: str, done: Mapping[str, str], lock_seconds: float) -> bool:
    digest = hashlib.sha256(sql.encode()).hexdigest()
    if name in done:
        if done[name] != digest:
            raise MigrationError(f"la migración {name} cambió después de aplicarse")
        return False
    for _ in range(TRIES):
        try:
            async with conn.transaction():
                await _take_tables(conn, sql, lock_seconds)
                await conn.execute(sql)
                await conn.execute(
                    "insert into schema_migrations (name, sha256, oldest) values ($1, $2, $3)",
                    name,
                    digest,
                    contract_of(sql),
                )
        except (asyncpg.LockNotAvailableError, _TablesTakenError):
            await asyncio.sleep(lock_seconds / 2)  # whoever waited behind us gets through
        else:
            return True
    raise MigrationError(
        f"{name} no cambió nada: otra sesión (¿una consulta larga?) tiene ocupada una tabla que necesita, y en {TRIES} "
        f"intentos de {lock_seconds:g} s no la soltó; cerrala y volvé a correr ./nexus migrate"
    )


class _TablesTakenError(RuntimeError):
    """Somebody holds a table that the migration needs."""


async def _take_tables(conn: Connection, sql: str, seconds: float) -> None:
    """Lock every table that the migration names, before it changes anything: with some of them changed and others to
    come, it and a service's transaction could wait for each other."""
    words = set(re.findall(r"\w+", _BODIES.sub("", sql)))
    tables = await conn.fetch(
        """select relname from pg_class where relkind = 'r' and relnamespace = 'public'::regnamespace
           and (relname = any ($1) or relname = 'schema_migrations') order by relname""",
        list(words),
    )
    await conn.execute(f"set local statement_timeout = {round(seconds * 1000)}")
    try:
        await conn.execute(f"lock table {', '.join(row['relname'] for row in tables)} in access exclusive mode")
    except asyncpg.QueryCanceledError as error:
        raise _TablesTakenError from error
    await conn.execute("set local statement_timeout = 0")
    await conn.execute("set local lock_timeout = '5s'")  # of what is no table


def contract_of(sql: str) -> str | None:
    """The migration that a program has to know to work on the schema after this one; None where any may."""
    return max(_CONTRACT.findall(sql), default=None)


async def schema_state(pool: Pool) -> str:
    """`ok`, `schema_behind` where a migration of this program has not run, or `schema_ahead` where a later program has
    taken away what this one needs (S-064)."""
    missing, oldest = await _compared(pool)
    if missing:
        return "schema_behind"
    return "schema_ahead" if _is_older_than(oldest) else "ok"


async def schema_is_current(pool: Pool) -> bool:
    """Whether this program may work on the schema."""
    return await schema_state(pool) == "ok"


async def refuse_other_schema(pool: Pool) -> None:
    """Raise StartRefusedError unless the schema is this program's, or that of a later one with which it may work."""
    missing, oldest = await _compared(pool)
    if missing:
        raise StartRefusedError(f"la base de datos está atrasada, le falta {missing[-1]}: corré ./nexus migrate")
    if refused := _too_new({}, oldest):
        raise StartRefusedError(refused)


async def _compared(pool: Pool) -> tuple[list[str], str | None]:
    """Names of ours that have not run, and the oldest that a program has to know."""
    known = [name for name, _ in migrations()]
    async with pool.acquire(timeout=2) as conn:
        if not await conn.fetchval("select to_regclass('public.schema_migrations') is not null"):
            return known, None
        # to_jsonb: before its first migration by this program the table has no such column.
        rows = await conn.fetch("select name, to_jsonb(m) ->> 'oldest' as oldest from schema_migrations m", timeout=2)
    done = {row["name"] for row in rows}
    oldest = max((row["oldest"] for row in rows if row["oldest"]), default=None)
    return [name for name in known if name not in done], oldest


def _is_older_than(oldest: str | None) -> bool:
    """Whether this program does not know the migration `oldest`."""
    return oldest is not None and oldest not in {name for name, _ in migrations()}


def _too_new(done: Mapping[str, str], oldest: str | None) -> str:
    """Why this program may not work on the schema, in a line; empty when it may."""
    if not _is_older_than(oldest):
        return ""
    newest = max(done, default=oldest)
    return f"la base de datos es de un Nexus más nuevo ({newest}) y con éste no sirve: actualizá el programa"
