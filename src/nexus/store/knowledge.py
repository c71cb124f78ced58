"""What a shop writes down for its bot: sections, and questions with their answers. Both are the draft of a version."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from nexus.store.database import Pool, records, tenant_transaction

SECTIONS = ("shop", "hours", "shipping", "payments", "exchanges", "sizes")
"""The sections, in the order of the panel and of the prompt."""
MOST_ANSWERS = 300


class TooManyAnswersError(RuntimeError):
    """The shop has MOST_ANSWERS already."""


@dataclass(frozen=True, slots=True)
class Knowledge:
    """`sections` by kind, the written ones alone; `answers` of {id, question, answer, updated_at}, oldest first."""

    sections: dict[str, str] = field(default_factory=dict)
    answers: list[dict[str, Any]] = field(default_factory=list)
    updated_at: datetime | None = None


async def load_knowledge(tenant_id: int, pool: Pool) -> Knowledge:
    """All that is written down; `updated_at` of what was written last, None when nothing is."""
    async with tenant_transaction(tenant_id, pool) as conn:
        sections = await conn.fetch(
            "select kind, text, updated_at from knowledge_sections where tenant_id = $1", tenant_id
        )
        answers = await conn.fetch(
            "select id, question, answer, updated_at from knowledge_answers where tenant_id = $1 order by id", tenant_id
        )
    times = [row["updated_at"] for row in (*sections, *answers)]
    return Knowledge({row["kind"]: row["text"] for row in sections}, records(answers), max(times, default=None))


async def write_sections(tenant_id: int, pool: Pool, texts: dict[str, str]) -> None:
    """Write the given sections; an empty text removes its section. Raises KeyError for a section that there is not."""
    if unknown := set(texts) - set(SECTIONS):
        raise KeyError(unknown.pop())
    written = {kind: text.strip() for kind, text in texts.items() if text.strip()}
    async with tenant_transaction(tenant_id, pool) as conn:
        await conn.execute(
            "delete from knowledge_sections where tenant_id = $1 and kind = any($2)",
            tenant_id,
            [kind for kind in texts if kind not in written],
        )
        await conn.execute(
            """insert into knowledge_sections as s (tenant_id, kind, text)
               select $1, kind, text from unnest($2::text[], $3::text[]) as given (kind, text)
               on conflict (tenant_id, kind) do update set text = excluded.text, updated_at = now()
               where s.text <> excluded.text""",
            tenant_id,
            list(written),
            list(written.values()),
        )


async def add_answer(tenant_id: int, pool: Pool, question: str, answer: str) -> dict[str, Any]:
    """Keep a new pair. Raises TooManyAnswersError."""
    async with tenant_transaction(tenant_id, pool) as conn:
        row = await conn.fetchrow(
            """insert into knowledge_answers (tenant_id, question, answer)
               select $1, $2, $3 where (select count(*) from knowledge_answers where tenant_id = $1) < $4
               returning id, question, answer, updated_at""",
            tenant_id,
            question,
            answer,
            MOST_ANSWERS,
        )
    if row is None:
        raise TooManyAnswersError(tenant_id)
    return dict(row)


async def change_answer(
    tenant_id: int, pool: Pool, answer_id: int, question: str, answer: str
) -> dict[str, Any] | None:
    """The pair as it is now; None when there is no such one."""
    async with tenant_transaction(tenant_id, pool) as conn:
        row = await conn.fetchrow(
            """update knowledge_answers set question = $3, answer = $4, updated_at = clock_timestamp()
               where tenant_id = $1 and id = $2 returning id, question, answer, updated_at""",
            tenant_id,
            answer_id,
            question,
            answer,
        )
    return dict(row) if row else None


async def delete_answer(tenant_id: int, pool: Pool, answer_id: int) -> bool:
    """Forget the pair; False when there is no such one."""
    async with tenant_transaction(tenant_id, pool) as conn:
        gone: bool | None = await conn.fetchval(
            "delete from knowledge_answers where tenant_id = $1 and id = $2 returning true", tenant_id, answer_id
        )
    return bool(gone)
