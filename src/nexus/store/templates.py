"""Message templates as WhatsApp last listed them; webhooks move their state in between (0006, accept_health)."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from nexus.store.database import Pool, Row, tenant_transaction


@dataclass(frozen=True, slots=True)
class Template:
    """One template in one language; `components` as WhatsApp names them, empty until the list was fetched."""

    name: str
    language: str
    category: str | None
    status: str
    components: list[dict[str, Any]]


async def list_templates(tenant_id: int, pool: Pool) -> tuple[list[Template], datetime | None]:
    """Every template by name and language, and since when the list stands; None when it was never fetched."""
    async with tenant_transaction(tenant_id, pool) as conn:
        rows = await conn.fetch(
            """select name, language, category, status, components, synced_at from whatsapp_templates
               order by name, language"""
        )
    # A webhook brings a template of which nothing but its state is known.
    listed = [row["synced_at"] for row in rows if row["components"] != "[]"]
    return [_template(row) for row in rows], min(listed, default=None)


async def load_template(tenant_id: int, pool: Pool, name: str, language: str) -> Template | None:
    """One template, or None when none of this name and language was ever heard of."""
    async with tenant_transaction(tenant_id, pool) as conn:
        row = await conn.fetchrow(
            "select name, language, category, status, components from whatsapp_templates "
            "where name = $1 and language = $2",
            name,
            language,
        )
    return _template(row) if row else None


def _template(row: Row) -> Template:
    return Template(row["name"], row["language"], row["category"], row["status"], json.loads(row["components"]))


async def replace_templates(tenant_id: int, pool: Pool, templates: Sequence[Template]) -> None:
    """Put the list just fetched in the place of what was known; what is not on it is gone."""
    rows = [(t.name, t.language, t.category, t.status, json.dumps(t.components)) for t in templates]
    async with tenant_transaction(tenant_id, pool) as conn:
        # Two people press the button at once: the second list takes the whole place of the first.
        await conn.execute("select pg_advisory_xact_lock(hashtextextended($1, 0))", f"templates:{tenant_id}")
        await conn.execute("delete from whatsapp_templates where tenant_id = $1", tenant_id)
        if templates:
            await conn.execute(
                """insert into whatsapp_templates (tenant_id, name, language, category, status, components)
                   select $1, * from unnest($2::text[], $3::text[], $4::text[], $5::text[], $6::jsonb[])
                   on conflict do nothing""",
                tenant_id,
                *([row[n] for row in rows] for n in range(5)),
            )
