"""Every migration after the first release lets the program before it go on, or says what it takes away."""

import re
from collections.abc import AsyncIterator

import asyncpg
import pytest

from nexus.embedded.postgres import EmbeddedPostgres
from nexus.store.database import Connection
from nexus.store.migrate import contract_of, migrate, migrations
from tests.integration.store.neighbours import Schema, breaks, holds_up
from tests.integration.store.room import new_id

LAST_OF_FIRST_RELEASE = "0015_memory"
JUDGED = [(name, sql) for name, sql in migrations() if name > LAST_OF_FIRST_RELEASE]


@pytest.fixture
async def owner(postgres: EmbeddedPostgres, root: Connection) -> AsyncIterator[tuple[str, Connection]]:
    """A database at the first release: its owner's DSN, and a connection."""
    name = new_id("neighbours_")
    await root.execute(f"create database {name} owner nexus_owner")
    dsn = postgres.owner_dsn.rsplit("/", 1)[0] + f"/{name}"
    await migrate(dsn, LAST_OF_FIRST_RELEASE)
    conn = await asyncpg.connect(dsn)
    yield dsn, conn
    await conn.close()
    await root.execute(f"drop database {name} with (force)")


async def test_each_migration_keeps_what_the_release_before_needs_or_says_so(owner: tuple[str, Connection]) -> None:
    dsn, conn = owner
    before = await Schema.read(conn)
    problems: list[str] = []
    for name, sql in JUDGED:
        await migrate(dsn, name)
        after = await Schema.read(conn)
        broken, named = breaks(before, after), contract_of(sql)
        problems += [f"{name}: {what}" for what in broken if named is None]
        problems += [f"{name}: says `contract` and takes nothing away"] if named and not broken else []
        problems += [f"{name}: its contract names {named}, not an earlier one"] if named and named >= name else []
        told = set(re.findall(r"^-- locks: (\w+): \S", sql, re.MULTILINE))
        slow = holds_up(before, after, sql)
        problems += [f"{name}: {what}" for what in slow if what.split(":")[0] not in told]
        problems += [f"{name}: says `locks` of {t} and does not" for t in told - {what.split(":")[0] for what in slow}]
        before = after
    assert not problems, "\n".join(problems)


SEEN = {
    "alter table tenants drop column store_name": "tenants.store_name is gone",
    "alter table tenants rename column store_name to shop_name": "tenants.store_name is gone",
    "drop table labels cascade": "labels.name is gone",
    "alter table labels add column shade text not null": "labels.shade is new, not null and without default",
    "alter table tenants alter column store_website set not null": "tenants.store_website may no longer be null",
    "alter table tenants alter column store_name type varchar(9)": "tenants.store_name was text and is",
    "drop function tenant_by_number(text)": "tenant_by_number(text) is gone",
    "alter table tenants add check (store_name <> 'x')": "tenants: tenants_store_name_check1 is new or narrower",
    "create unique index one_name on tenants (store_name)": "tenants: one_name allows each only once",
    "revoke insert on labels from nexus_app": "nexus_app may no longer insert labels",
    "create index slow on chat_messages (content)": "chat_messages: index slow is built",
    "alter table chat_messages add column token uuid not null default gen_random_uuid()": "chat_messages: written anew",
    "update chat_messages set content = ''": "chat_messages: its rows are written",
}
UNSEEN = (
    "alter table labels add column shade text",
    "alter table labels add column shade text not null default 'plain' check (shade in ('plain', 'dark'))",
    "create table shades (name text primary key)",
    "create index quick on tenants (store_name)",
)


async def test_what_breaks_the_release_before_or_holds_writers_up_is_seen(owner: tuple[str, Connection]) -> None:
    _, conn = owner
    before = await Schema.read(conn)
    for sql in (*SEEN, *UNSEEN):
        change = conn.transaction()
        await change.start()
        await conn.execute(sql)
        after = await Schema.read(conn)
        await change.rollback()
        found = [*breaks(before, after), *holds_up(before, after, sql)]
        assert any(line.startswith(SEEN[sql]) for line in found) if sql in SEEN else not found, (sql, found)
