"""Published versions of what a shop's bot is and knows: written once, read by every run (issue 6, Build 4)."""

import json
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any

import asyncpg

from nexus.store.bot_settings import Tone
from nexus.store.database import Pool, Store, records, tenant_transaction


class PublishedMeanwhileError(RuntimeError):
    """Somebody published another version since the caller looked."""


@dataclass(frozen=True, slots=True)
class Content:
    """All of a version that is the shop's; code adds the rules of the trade when it is rendered.

    `facts` are the shop's fields by name, with the week as `hours` in words; `answers` are (question, answer).
    """

    facts: dict[str, str] = field(default_factory=dict)
    sections: dict[str, str] = field(default_factory=dict)
    answers: tuple[tuple[str, str], ...] = ()
    rules: str = ""
    persona_name: str | None = None
    persona_notes: str | None = None
    tone: Tone = field(default_factory=Tone)
    human_topics: tuple[str, ...] = ()

    def as_json(self) -> str:
        """As it is stored; equal contents are equal texts."""
        return json.dumps(asdict(self), ensure_ascii=False, sort_keys=True)

    @classmethod
    def read(cls, stored: str) -> "Content":
        """From as_json()."""
        kept: dict[str, Any] = json.loads(stored)
        kept["answers"] = tuple((question, answer) for question, answer in kept.get("answers", ()))
        kept["human_topics"] = tuple(kept.get("human_topics", ()))
        kept["tone"] = Tone.read(kept.get("tone", {}))
        return cls(**kept)


@dataclass(frozen=True, slots=True)
class Version:
    """One published version; `copy_of` is the number of the one that was gone back to."""

    number: int
    note: str
    copy_of: int | None
    published_by: str
    published_at: datetime
    content: Content


async def newest_content(tenant_id: int, store: Store, known: int | None = None) -> tuple[int, Content | None] | None:
    """(number, content) of the published version; None before the first.

    The content is None when the newest is the `known` one, so that it need not travel again.
    """
    async with tenant_transaction(tenant_id, store) as conn:
        row = await conn.fetchrow(
            """select number, case when number is distinct from $2 then content end as content
               from prompt_versions where tenant_id = $1 order by number desc limit 1""",
            tenant_id,
            known,
        )
    return (row["number"], Content.read(row["content"]) if row["content"] else None) if row else None


async def list_versions(tenant_id: int, pool: Pool, before: int | None, limit: int) -> list[dict[str, Any]]:
    """{number, note, copy_of, published_by, published_at}, newest first, below the number `before`."""
    async with tenant_transaction(tenant_id, pool) as conn:
        rows = await conn.fetch(
            """select number, note, copy_of, published_by, published_at from prompt_versions
               where tenant_id = $1 and ($2::integer is null or number < $2) order by number desc limit $3""",
            tenant_id,
            before,
            limit,
        )
    return records(rows)


async def load_version(tenant_id: int, pool: Pool, number: int | None = None) -> Version | None:
    """The version, the newest without a number; None when there is no such one."""
    async with tenant_transaction(tenant_id, pool) as conn:
        row = await conn.fetchrow(
            """select number, note, copy_of, published_by, published_at, content from prompt_versions
               where tenant_id = $1 and ($2::integer is null or number = $2) order by number desc limit 1""",
            tenant_id,
            number,
        )
    return Version(**(dict(row) | {"content": Content.read(row["content"])})) if row else None


async def publish(
    tenant_id: int,
    pool: Pool,
    content: Content,
    *,
    who: str,
    note: str = "",
    after: int = 0,
    copy_of: int | None = None,
) -> int:
    """Write the version that follows number `after` (0: the first); its number.

    Raises PublishedMeanwhileError when that was not the newest any more.
    """
    try:
        async with tenant_transaction(tenant_id, pool) as conn:
            number: int | None = await conn.fetchval(
                """insert into prompt_versions (tenant_id, number, content, note, copy_of, published_by)
                   select $1, $2 + 1, $3::jsonb, $4, $5, $6
                   where (select coalesce(max(number), 0) from prompt_versions where tenant_id = $1) = $2
                   returning number""",
                tenant_id,
                after,
                content.as_json(),
                note,
                copy_of,
                who,
            )
    except asyncpg.UniqueViolationError:
        number = None
    if number is None:
        raise PublishedMeanwhileError(after)
    return number
