"""A published version brought back to be edited."""

import json
from dataclasses import asdict

from nexus.store.bot_settings import HUMAN_TOPICS
from nexus.store.database import Pool, tenant_transaction
from nexus.store.prompt_versions import Content

_FIELDS = ("store_description", "store_catalog_knowledge", "shipping_partners")
"""Of the shop's fields those that are only said to its bot; its name, site, address and hours are its own business."""


async def put_in_draft(tenant_id: int, pool: Pool, content: Content) -> None:
    """Sections, answers, persona, tone, topics, rules and _FIELDS as they are in the content; all or nothing."""
    facts = [content.facts.get(name) for name in _FIELDS]
    async with tenant_transaction(tenant_id, pool) as conn:
        await conn.execute(
            """update tenants set system_prompt = $2, store_description = $3, store_catalog_knowledge = $4,
                      shipping_partners = $5, updated_at = now() where id = $1""",
            tenant_id,
            content.rules or None,
            *facts,
        )
        await conn.execute("delete from knowledge_sections where tenant_id = $1", tenant_id)
        await conn.execute(
            "insert into knowledge_sections (tenant_id, kind, text) select $1, * from unnest($2::text[], $3::text[])",
            tenant_id,
            list(content.sections),
            list(content.sections.values()),
        )
        await conn.execute("delete from knowledge_answers where tenant_id = $1", tenant_id)
        await conn.execute(
            """insert into knowledge_answers (tenant_id, question, answer)
               select $1, question, answer from unnest($2::text[], $3::text[]) with ordinality
                   as pair (question, answer, place) order by place""",
            tenant_id,
            [question for question, _ in content.answers],
            [answer for _, answer in content.answers],
        )
        await conn.execute(
            """insert into tenant_bot_settings (tenant_id, persona_name, persona_notes, tone, human_topics)
               values ($1, $2, $3, $4::jsonb, $5::jsonb)
               on conflict (tenant_id) do update set persona_name = excluded.persona_name,
                   persona_notes = excluded.persona_notes, tone = excluded.tone,
                   human_topics = excluded.human_topics, updated_at = now()""",
            tenant_id,
            content.persona_name,
            content.persona_notes,
            json.dumps(asdict(content.tone)),
            json.dumps({topic: topic in content.human_topics for topic in HUMAN_TOPICS}),
        )
