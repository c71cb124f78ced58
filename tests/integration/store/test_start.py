"""Who may connect, and how a database gets its schema: forward, once, and never by a service."""

import asyncio
import json
import os
from collections.abc import AsyncIterator
from pathlib import Path
from uuid import uuid4

import asyncpg
import pytest

from nexus.embedded.postgres import EmbeddedPostgres
from nexus.runtime.settings import StartRefusedError
from nexus.store.database import Connection, UnsafeRoleError, open_pool
from nexus.store.migrate import MigrationError, migrate, migrations, refuse_other_schema, schema_state
from nexus.store.roles import MissingRoleError
from tests.integration.store.room import new_id
from tests.nursery import ROOT, run

NAMES = [name for name, _ in migrations()]


@pytest.fixture
async def empty(postgres: EmbeddedPostgres, root: Connection) -> AsyncIterator[str]:
    """The owner's DSN of a database of this test alone, without a schema."""
    name = new_id("fresh_")
    await root.execute(f"create database {name} owner nexus_owner")
    yield postgres.owner_dsn.rsplit("/", 1)[0] + f"/{name}"
    await root.execute(f"drop database {name} with (force)")


async def test_a_superuser_the_owner_and_whoever_bypasses_are_refused(
    postgres: EmbeddedPostgres, root: Connection, root_dsn: str
) -> None:
    for dsn in (root_dsn, postgres.owner_dsn):
        with pytest.raises(UnsafeRoleError, match="nexus_app"):
            await open_pool(dsn, "tests")
    await root.execute("create role bypassing login bypassrls password 'x'")
    await root.execute("create role owning login password 'x' in role nexus_owner")
    for role in ("bypassing", "owning"):
        with pytest.raises(UnsafeRoleError, match=role):
            await open_pool(f"postgresql://{role}:x@{root_dsn.split('@')[1]}", "tests")
        await root.execute(f"drop role {role}")
    pool = await open_pool(postgres.app_dsn, "tests")
    await pool.close()


@pytest.mark.parametrize("service", ["whatsapp-service", "orchestrator-service"])
async def test_a_service_refuses_such_a_dsn_with_one_clear_line(
    postgres: EmbeddedPostgres, root_dsn: str, service: str, tmp_path: Path
) -> None:
    for dsn, role in ((root_dsn, "postgres"), (postgres.owner_dsn, "nexus_owner")):
        code, said_lines = await asyncio.to_thread(_run_service, tmp_path, service, POSTGRES_DSN=dsn)
        assert code == 1
        [line] = said_lines.splitlines()
        said = json.loads(line)
        assert (said["event"], said["level"]) == ("service_not_started", "error")
        assert role in said["reason"]
        assert dsn not in line


async def test_a_wrong_password_a_missing_database_and_no_dsn_at_all_are_refused_with_a_reason(
    postgres: EmbeddedPostgres,
) -> None:
    address = postgres.app_dsn.split("@")[1]
    for dsn in (f"postgresql://nexus_app:wrong@{address}", f"{postgres.app_dsn}_not_there", "mysql://x/y"):
        with pytest.raises(StartRefusedError, match="POSTGRES_DSN no sirve"):
            await open_pool(dsn, "tests")


async def test_a_service_without_its_secrets_says_which(postgres: EmbeddedPostgres, tmp_path: Path) -> None:
    environment = {"POSTGRES_DSN": postgres.app_dsn, "ENCRYPTION_KEY": ""}
    code, said = await asyncio.to_thread(_run_service, tmp_path, "whatsapp-service", **environment)
    assert code == 1
    assert "ENCRYPTION_KEY" in said
    assert "Traceback" not in said


def _run_service(folder: Path, service: str, **environment: str) -> tuple[int, str]:
    """Its exit code and all that it said."""
    keep = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    secrets = {"INTERNAL_API_TOKEN": "a", "ADMIN_TOKEN": "b", "ENCRYPTION_KEY": "c"}
    env = keep | {"PYTHONPATH": str(ROOT / "src")} | secrets | environment
    log = folder / f"{uuid4()}.log"
    code = run(["run", service], env=env, cwd=ROOT / "tests", log=log).wait(60)
    return code, log.read_text()


async def test_migrations_run_in_order_once(empty: str) -> None:
    assert await migrate(empty) == NAMES
    assert await migrate(empty) == []


async def test_two_migrates_at_once_run_each_migration_once(empty: str) -> None:
    ran = await asyncio.gather(*(migrate(empty) for _ in range(3)))
    assert sorted(ran) == [[], [], NAMES]


async def test_a_migration_that_was_changed_afterwards_is_refused(empty: str) -> None:
    await migrate(empty)
    conn = await asyncpg.connect(empty)
    await conn.execute("update schema_migrations set sha256 = 'other' where name = $1", NAMES[1])
    await conn.close()
    with pytest.raises(MigrationError, match=NAMES[1]):
        await migrate(empty)


async def test_a_later_schema_serves_this_program_until_it_takes_away_what_it_needs(empty: str) -> None:
    await migrate(empty)
    pool = await asyncpg.create_pool(empty, min_size=1, max_size=1)
    add = "insert into schema_migrations (name, sha256, oldest) values ($1, 'x', $2)"
    await pool.execute(add, "9998_soon", NAMES[-1])
    assert await schema_state(pool) == "ok"
    await refuse_other_schema(pool)
    assert await migrate(empty) == []
    await pool.execute(add, "9999_tomorrow", "9998_soon")
    assert await schema_state(pool) == "schema_ahead"
    with pytest.raises(StartRefusedError, match="9998_soon"):
        await refuse_other_schema(pool)
    with pytest.raises(MigrationError, match="9999_tomorrow"):
        await migrate(empty)
    await pool.close()


async def test_a_table_that_stays_occupied_ends_a_migration_with_one_line_and_nothing_changed(empty: str) -> None:
    await migrate(empty, NAMES[-2])
    conn = await asyncpg.connect(empty)
    async with conn.transaction():
        await conn.execute("lock table schema_migrations in share mode")  # read, but not written, as by a dump
        with pytest.raises(MigrationError, match=rf"{NAMES[-1]} no cambió nada.*nexus migrate"):
            await migrate(empty, lock_seconds=0.05)
    assert await migrate(empty) == NAMES[-1:]
    await conn.close()


async def test_a_migration_that_fails_leaves_nothing_of_itself(empty: str) -> None:
    conn = await asyncpg.connect(empty)
    await conn.execute("create table users (id integer)")  # 0001 makes it near its end
    with pytest.raises(asyncpg.DuplicateTableError):
        await migrate(empty)
    assert await conn.fetchval("select to_regclass('tenants') is null")
    assert await conn.fetchval("select count(*) from schema_migrations") == 0
    await conn.execute("drop table users")
    await conn.close()
    assert await migrate(empty) == NAMES


async def test_only_the_owner_migrates(postgres: EmbeddedPostgres, root_dsn: str) -> None:
    with pytest.raises(MissingRoleError, match="nexus_owner"):
        await migrate(root_dsn)
    with pytest.raises((MissingRoleError, asyncpg.InsufficientPrivilegeError)):
        await migrate(postgres.app_dsn)


async def test_a_schema_that_lacks_a_migration_is_behind_and_no_service_starts_on_it(empty: str) -> None:
    pool = await asyncpg.create_pool(empty, min_size=1, max_size=1)
    assert await schema_state(pool) == "schema_behind"
    await migrate(empty)
    assert await schema_state(pool) == "ok"
    await pool.execute("delete from schema_migrations where name = $1", NAMES[-1])
    assert await schema_state(pool) == "schema_behind"
    with pytest.raises(StartRefusedError, match=f"{NAMES[-1]}.*nexus migrate"):
        await refuse_other_schema(pool)
    await pool.close()


def test_migrations_are_numbered_without_a_gap() -> None:
    assert [int(name.split("_")[0]) for name in NAMES] == list(range(1, len(NAMES) + 1))
