"""As nexus_app no query crosses from one tenant to another, even where nobody wrote the tenant's filter (S-011)."""
# ruff: noqa: S608 - tables and rows are this file's own

import itertools
from collections.abc import AsyncIterator
from typing import Any

import asyncpg
import pytest

from nexus.store.database import Connection, Pool, tenant_transaction
from nexus.store.tenants import create_tenant
from tests.integration.store.conftest import leave_nothing_due
from tests.integration.store.room import Room, new_id, new_number

SET_TENANT = "select set_config('nexus.tenant_id', $1, true)"

# A row of each tenant table, of `tenant`, with a fresh text and where need be its conversation, burst and person.
ROWS = {
    "tenants": "(id, store_name, bot_phone_number) values ({tenant} + 1000000, '{text}', '+1555000{tenant}')",
    "tenant_credentials": "(tenant_id, kind, name, value) values ({tenant}, 'llm', '{text}', 'x')",
    "agenda_feed_keys": "(tenant_id, key_id, sealed) values ({tenant}, '{text}', 'v1.x.00')",
    "tenant_human_handoff_config": "(tenant_id, smtp_host) values ({tenant}, '{text}')",
    "chat_conversations": "(tenant_id, external_user_id) values ({tenant}, '{text}')",
    "bursts": "(tenant_id, conversation_id, delivery) values ({tenant}, '{chat}', 'outbox')",
    "chat_media": "(tenant_id, storage_url, media_type) values ({tenant}, '{text}', 'image')",
    "chat_messages": """(tenant_id, conversation_id, role, author, message_type, content)
                        values ({tenant}, '{chat}', 'user', 'customer', 'text', '{text}')""",
    "tool_effects": """(tenant_id, conversation_id, burst_id, tool, ordinal, arguments)
                       values ({tenant}, '{chat}', '{burst}', '{text}', 1, '[]')""",
    "handoffs": "(tenant_id, conversation_id, source, reason) values ({tenant}, '{chat}', 'bot', '{text}')",
    "agenda_resources": "(tenant_id, name) values ({tenant}, '{text}')",
    "agenda_services": "(tenant_id, name, minutes) values ({tenant}, '{text}', 30)",
    "agenda_hours": """(tenant_id, resource_id, weekday, opens, closes)
                       values ({tenant}, {resource}, 0, '{hour}:{minute}', '23:59:30')""",
    "agenda_exceptions": "(tenant_id, day, reason) values ({tenant}, current_date, '{text}')",
    "agenda_blocks": """(tenant_id, starts_at, ends_at, reason)
                        values ({tenant}, now(), now() + interval '1 hour', '{text}')""",
    "appointments": """(tenant_id, resource_id, customer_name, starts_at, ends_at, busy_from, busy_to, status)
                       values ({tenant}, {resource}, '{text}', now(), now() + interval '1 hour', now(),
                               now() + interval '1 hour', 'attended')""",
    "appointment_reminders": """(tenant_id, appointment_id, lead_hours, appointment_version)
                                values ({tenant}, '{appointment}', 24, {hour}{minute})""",
    "announcements": "(tenant_id, event, arguments) values ({tenant}, 'NEW_APPOINTMENT', '[\"{text}\"]')",
    "system_events": "(tenant_id, level, event_type, message) values ({tenant}, 'info', 't', '{text}')",
    "audit_log": "(tenant_id, actor, action, subject) values ({tenant}, '{text}', 'tenant.update', 'tenant')",
    "provider_events": """(tenant_id, provider, event_id, event_type, outcome, body)
                          values ({tenant}, 'ycloud', '{text}', 't', 'ignored', '[]')""",
    "customer_aliases": """(tenant_id, external_user_id, conversation_id) values ({tenant}, '{text}', '{chat}')""",
    "whatsapp_health": """(tenant_id, subject, key, level, code)
                          values ({tenant}, 'number', '{text}', 'ok', 'quality_green')""",
    "whatsapp_templates": "(tenant_id, name, language, status) values ({tenant}, '{text}', 'es_AR', 'APPROVED')",
    "message_words": """(tenant_id, message_id, words) values ({tenant}, (select id from chat_messages
                        where conversation_id = '{chat}' and tenant_id = {tenant} limit 1), '{text}')
                        on conflict (message_id) do update set words = excluded.words""",
    "labels": "(tenant_id, name) values ({tenant}, '{text}')",
    "conversation_labels": "(tenant_id, conversation_id, label_id) values ({tenant}, '{chat}', {label})",
    "conversation_notes": """(tenant_id, conversation_id, text, author)
                             values ({tenant}, '{chat}', '{text}', 'Caro')""",
    "order_tries": "(tenant_id, conversation_id, asked, by_mail) values ({tenant}, '{chat}', '{text}', true)",
    "draft_carts": """(tenant_id, conversation_id, cart, state, burst_id, lines)
                      values ({tenant}, '{chat}', '{text}', 'intended', '{burst}', '[]')""",
    "stock_notices": """(tenant_id, conversation_id, product_id, product_name)
                        values ({tenant}, '{chat}', {hour}{minute}, '{text}')""",
    "consents": """(tenant_id, conversation_id, purpose, state, source, author)
                   values ({tenant}, '{chat}', 'marketing', 'given', 'panel', '{text}')""",
    "alerts": "(tenant_id, kind) values ({tenant}, '{text}')",
    "catalogue_products": """(tenant_id, id, item, words, search, read_at)
                             values ({tenant}, {hour}{minute}, '{{}}', '{{}}', '', now())""",
    "catalogue_categories": "(tenant_id, id, name, visible) values ({tenant}, {hour}{minute}, '{text}', true)",
    "catalogue_words": """(tenant_id, word, stem, sound, lexeme, uses)
                          values ({tenant}, '{text}', 'x', 'x', 'x', 1)""",
    "catalogue_synonyms": """(tenant_id, position, words, means)
                             values ({tenant}, {hour}{minute}, array['{text}'], array['x'])""",
    "catalogue_syncs": """(tenant_id, error) values ({tenant}, '{text}')
                          on conflict (tenant_id) do update set error = excluded.error""",
    "catalogue_changes": "(tenant_id, product_id) values ({tenant}, {hour}{minute})",
    "canned_replies": "(tenant_id, shortcut, text) values ({tenant}, '{hour}-{minute}', '{text}')",
    "live_tests": "(tenant_id, kind, ok, message, tested_by) values ({tenant}, 'llm', true, '{text}', 'x')",
    "webhook_lights": "(tenant_id, last_signed_at) values ({tenant}, now())",
    "tenant_bot_settings": "(tenant_id, persona_name) values ({tenant}, '{text}')",
    "knowledge_sections": "(tenant_id, kind, text) values ({tenant}, 'hours', '{text}')",
    "knowledge_answers": "(tenant_id, question, answer) values ({tenant}, '{text}', '{text}')",
    "prompt_versions": """(tenant_id, number, content, published_by)
                          values ({tenant}, {hour}{minute} + 1, '[]', '{text}')""",
    "llm_calls": """(tenant_id, purpose, model, api, outcome, seconds)
                    values ({tenant}, 'test', '{text}', 'chat', 'ok', 1)""",
    "burst_recordings": """(tenant_id, burst_id, run, tools) values ({tenant}, '{burst}', '[]', '[]')
                           on conflict (tenant_id, burst_id) do update set created_at = now()""",
    "reply_drafts": """(tenant_id, burst_id, bubbles) values ({tenant}, '{burst}', '["{text}"]')
                       on conflict (tenant_id, burst_id) do update set created_at = now()""",
    "privacy_requests": """(tenant_id, kind, source, asked_by) values ({tenant}, 'export', 'panel', '{text}')""",
    "erased_ids": "(tenant_id, id_hash) values ({tenant}, erased_hash('event', '{text}'))",
    "erased_files": "(tenant_id, media_id) values ({tenant}, gen_random_uuid())",
    "tenant_members": "(tenant_id, user_id, role) values ({tenant}, {person}, 'agent')",
}
_fresh = itertools.count(60)
IMMUTABLE = ("prompt_versions", "llm_calls", "consents")  # written once
READ_ONLY = ("system_events", "provider_events", "audit_log")  # a service changes nothing of them
TABLES = sorted(ROWS)


def owner_column(table: str) -> str:
    """The column that says whose row it is."""
    return "id" if table == "tenants" else "tenant_id"


async def _owned_by(shop: Room) -> dict[str, Any]:
    """What rows of this shop point at."""
    person = await shop.root.fetchval(
        "insert into users (email, password_hash) values ($1, 'x') returning id", new_id("p") + "@t.test"
    )
    chat = await shop.say(new_number())
    burst = await shop.claim()
    resource = await shop.root.fetchval(
        "insert into agenda_resources (tenant_id, name) values ($1, 'Ana') returning id", shop.tenant_id
    )
    appointment = await shop.root.fetchval(
        """insert into appointments (tenant_id, resource_id, customer_name, starts_at, ends_at, busy_from, busy_to)
           values ($1, $2, 'Caro', now(), now() + interval '1 hour', now(), now() + interval '1 hour') returning id""",
        shop.tenant_id,
        resource,
    )
    label = await shop.root.fetchval(
        "insert into labels (tenant_id, name) values ($1, $2) returning id", shop.tenant_id, new_id("l")
    )
    made = {"resource": resource, "appointment": appointment, "label": label}
    return {"tenant": shop.tenant_id, "chat": chat, "burst": burst.burst_id, "person": person} | made


def _insert(table: str, owned: dict[str, Any]) -> str:
    n = next(_fresh)
    return f"insert into {table} " + ROWS[table].format(
        text=new_id("x"), hour=f"{n // 60 % 24:02}", minute=f"{n % 60:02}", **owned
    )


async def _new_shop(pool: Pool, root: Connection) -> Room:
    number = new_number()
    return Room(await create_tenant(pool, "Danza Sur", number), number, pool, root)


@pytest.fixture(scope="module")
async def owned(pool: Pool, root_dsn: str) -> AsyncIterator[list[dict[str, Any]]]:
    """What two shops own; nothing in this file changes it."""
    root = await asyncpg.connect(root_dsn)
    await leave_nothing_due(root)
    yield [await _owned_by(await _new_shop(pool, root)) for _ in range(2)]
    await root.close()


@pytest.fixture(scope="module")
async def filled(owned: list[dict[str, Any]], root_dsn: str) -> list[int]:
    """A row in every tenant table for both shops, and the platform's own where there are such; the tenants."""
    root = await asyncpg.connect(root_dsn)
    for shop in owned:
        for table in TABLES:
            if table != "tenants":
                await root.execute(_insert(table, shop))
    for table in READ_ONLY:
        await root.execute(_insert(table, {"tenant": "null"}))
    await root.close()
    return [shop["tenant"] for shop in owned]


async def test_every_table_with_a_tenant_has_its_row_in_these_tests(root: Connection) -> None:
    tables = await root.fetch(
        """select c.relname from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attname = 'tenant_id'
           where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p')"""
    )
    assert {row["relname"] for row in tables} | {"tenants"} == set(ROWS)


@pytest.mark.parametrize("table", TABLES)
async def test_a_query_without_a_filter_sees_its_tenant_alone(table: str, filled: list[int], pool: Pool) -> None:
    for tenant_id in filled:
        async with tenant_transaction(tenant_id, pool) as conn:
            rows = await conn.fetch(f"select {owner_column(table)} as owner from {table}")
        assert rows
        assert {row["owner"] for row in rows} == {tenant_id}


@pytest.mark.parametrize("table", TABLES)
async def test_without_a_tenant_nothing_of_any_tenant_shows(table: str, filled: list[int], pool: Pool) -> None:
    async with pool.acquire() as conn:
        rows = await conn.fetch(f"select {owner_column(table)} as owner from {table}")
    owners = {row["owner"] for row in rows}
    if table != "alerts" or owners:  # the platform's own there are of alerts only now and then
        assert owners == ({None} if table in (*READ_ONLY, "alerts") else set())


@pytest.mark.parametrize("table", TABLES)
async def test_a_row_for_another_tenant_is_refused(table: str, owned: list[dict[str, Any]], pool: Pool) -> None:
    mine, theirs = owned
    for tenant in (str(mine["tenant"]), ""):
        async with pool.acquire() as conn:
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                async with conn.transaction():
                    await conn.execute(SET_TENANT, tenant)
                    await conn.execute(_insert(table, theirs))


@pytest.mark.parametrize("table", TABLES)
async def test_a_change_without_a_filter_touches_its_tenant_alone(
    table: str, filled: list[int], pool: Pool, root: Connection
) -> None:
    mine, theirs = filled
    column = owner_column(table)
    before = await root.fetchval(f"select count(*) from {table} where {column} = $1", theirs)
    async with pool.acquire() as conn:
        for statement in (f"update {table} set {column} = {column}", f"delete from {table}"):
            transaction = conn.transaction()
            await transaction.start()
            await conn.execute(SET_TENANT, str(mine))
            if table == "agenda_resources":  # no resource goes while an appointment names it
                await conn.execute("delete from appointments")
            try:
                touched = int((await conn.execute(statement)).split()[-1])
                assert touched == await root.fetchval(f"select count(*) from {table} where {column} = $1", mine)
                assert table not in (*READ_ONLY, *IMMUTABLE)
            except asyncpg.InsufficientPrivilegeError:
                assert table in (*READ_ONLY, *IMMUTABLE)
            finally:
                await transaction.rollback()
    assert await root.fetchval(f"select count(*) from {table} where {column} = $1", theirs) == before


@pytest.mark.parametrize("table", [table for table in TABLES if table != "tenants"])
async def test_a_row_cannot_be_given_to_another_tenant(table: str, filled: list[int], pool: Pool) -> None:
    mine, theirs = filled
    with pytest.raises((asyncpg.InsufficientPrivilegeError, asyncpg.ForeignKeyViolationError)) as refused:
        async with tenant_transaction(mine, pool) as conn:
            await conn.execute(f"update {table} set tenant_id = $1", theirs)
    assert isinstance(refused.value, asyncpg.InsufficientPrivilegeError)


async def test_the_tenant_ends_with_its_transaction(filled: list[int], pool: Pool) -> None:
    mine = filled[0]
    async with pool.acquire() as conn:
        async with conn.transaction():
            await conn.execute(SET_TENANT, str(mine))
            assert await conn.fetchval("select count(*) from bursts") > 0
        assert await conn.fetchval("select count(*) from bursts") == 0


async def test_people_and_sessions_are_closed_to_the_application(pool: Pool) -> None:
    for table in ("users", "sessions", "password_codes"):
        async with pool.acquire() as conn:
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await conn.fetch(f"select * from {table}")
