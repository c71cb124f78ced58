"""docs/schema.sql is what the migrations make, so that it can be read instead of them."""

import asyncio

import pytest

from nexus.embedded.postgres import EmbeddedPostgres
from nexus.store.database import Connection
from tests.schema_dump import COMMAND, DUMPED_BY, SCHEMA_FILE, dump_schema, dumped_here

pytestmark = pytest.mark.skipif(not dumped_here(), reason=f"docs/schema.sql is PostgreSQL {DUMPED_BY}'s wording")


async def test_the_file_is_what_the_migrations_make(postgres: EmbeddedPostgres) -> None:
    made = await asyncio.to_thread(dump_schema, postgres.owner_dsn)
    assert SCHEMA_FILE.read_text(encoding="utf-8") == made, f"docs/schema.sql is behind; make it anew: {COMMAND}"


async def test_a_changed_column_policy_or_function_changes_the_dump(
    postgres: EmbeddedPostgres, root: Connection
) -> None:
    before = await asyncio.to_thread(dump_schema, postgres.owner_dsn)
    for change, back in (
        ("alter table handoffs add column extra text", "alter table handoffs drop column extra"),
        ("create policy extra on handoffs using (false)", "drop policy extra on handoffs"),
        ("grant execute on function accept(jsonb) to public", "revoke execute on function accept(jsonb) from public"),
    ):
        await root.execute(change)
        changed = await asyncio.to_thread(dump_schema, postgres.owner_dsn)
        await root.execute(back)
        assert changed != before
    assert await asyncio.to_thread(dump_schema, postgres.owner_dsn) == before
