"""The products of a shop as they were read last: written by the refresh, looked up by the search (migration 0012)."""

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from nexus.store.database import Connection, Pool, tenant_transaction


@dataclass(frozen=True, slots=True)
class KnownWord:
    """A word of the shop's products; `uses` is how many have it."""

    word: str
    stem: str
    sound: str
    lexeme: str
    uses: int


@dataclass(frozen=True, slots=True)
class NewProduct:
    """A row to write; `search` is a tsvector's text."""

    id: int
    item: dict[str, Any]
    words: dict[str, Any]
    search: str
    updated_at: datetime | None


async def one_writer(tenant_id: int, conn: Connection) -> None:
    """Until the transaction ends nobody else writes the tenant's catalogue: a search that learns of a product and a
    reading of the whole shop would wait for each other's rows. Before any of its rows is touched.
    """
    await conn.execute("select pg_advisory_xact_lock(hashtext('catalogue'), $1)", tenant_id)


async def put_products(tenant_id: int, conn: Connection, products: Sequence[NewProduct], read_at: datetime) -> None:
    """Write what was read of these products at `read_at`, over what was known; a newer reading stays."""
    if not products:
        return
    await conn.execute(
        """insert into catalogue_products as p (tenant_id, id, item, words, search, updated_at, read_at)
           select $1, x.id, x.item::jsonb, x.words::jsonb, x.search::tsvector, x.updated_at, $7
           from unnest($2::bigint[], $3::text[], $4::text[], $5::text[], $6::timestamptz[])
                as x(id, item, words, search, updated_at)
           on conflict (tenant_id, id) do update
           set item = excluded.item, words = excluded.words, search = excluded.search,
               updated_at = excluded.updated_at, read_at = excluded.read_at
           where p.read_at <= excluded.read_at""",
        tenant_id,
        [product.id for product in products],
        [json.dumps(product.item) for product in products],
        [json.dumps(product.words) for product in products],
        [product.search for product in products],
        [product.updated_at for product in products],
        read_at,
    )


async def drop_products(tenant_id: int, conn: Connection, ids: Iterable[int]) -> None:
    """Forget products that the shop does not sell any more."""
    gone = list(ids)
    await conn.execute(
        "delete from catalogue_products where tenant_id = $1 and id = any($2::bigint[])", tenant_id, gone
    )


async def unread_since(tenant_id: int, conn: Connection, moment: datetime) -> list[int]:
    """The products that were not read since: gone from the shop, or overlooked."""
    rows = await conn.fetch(
        "select id from catalogue_products where tenant_id = $1 and read_at < $2 order by id", tenant_id, moment
    )
    return [row["id"] for row in rows]


async def forget_catalogue(tenant_id: int, conn: Connection) -> None:
    """Another shop stands behind the tenant now: nothing of the former one may be found."""
    for table in ("catalogue_products", "catalogue_categories", "catalogue_words", "catalogue_changes"):
        await conn.execute(f"delete from {table} where tenant_id = $1", tenant_id)  # noqa: S608 - four names


async def replace_categories(tenant_id: int, conn: Connection, categories: Sequence[dict[str, Any]]) -> None:
    """Write {id, name, parent, visible} rows in the place of the known ones."""
    await conn.execute("delete from catalogue_categories where tenant_id = $1", tenant_id)
    await conn.execute(
        """insert into catalogue_categories (tenant_id, id, name, parent, visible)
           select $1, * from unnest($2::bigint[], $3::text[], $4::bigint[], $5::boolean[])
           on conflict (tenant_id, id) do nothing""",
        tenant_id,
        [c["id"] for c in categories],
        [c["name"] for c in categories],
        [c["parent"] for c in categories],
        [c["visible"] for c in categories],
    )


async def list_categories(tenant_id: int, conn: Connection) -> list[dict[str, Any]]:
    """Every category, {id, name, parent, visible}, by id."""
    rows = await conn.fetch(
        "select id, name, parent, visible from catalogue_categories where tenant_id = $1 order by id", tenant_id
    )
    return [dict(row) for row in rows]


async def rewrite_words(tenant_id: int, conn: Connection, forms: Callable[[str], tuple[str, str]]) -> None:
    """Count the shop's words anew; `forms` gives a word's stem and sound."""
    rows = await conn.fetch(
        f"select word, ndoc from ts_stat('select search from catalogue_products where tenant_id = {int(tenant_id)}')"  # noqa: S608
    )
    words = [row["word"] for row in rows if row["word"].isalnum()]  # the others are marks: shop, category, code
    uses = {row["word"]: row["ndoc"] for row in rows}
    made = [forms(word) for word in words]
    await conn.execute("delete from catalogue_words where tenant_id = $1", tenant_id)
    await conn.execute(
        """insert into catalogue_words (tenant_id, word, stem, sound, lexeme, uses)
           select $1, x.word, x.stem, x.sound, coalesce((ts_lexize('spanish_stem', x.word))[1], x.word), x.uses
           from unnest($2::text[], $3::text[], $4::text[], $5::integer[]) as x(word, stem, sound, uses)""",
        tenant_id,
        words,
        [stem for stem, _ in made],
        [heard for _, heard in made],
        [uses[word] for word in words],
    )


async def add_words(tenant_id: int, conn: Connection, words: dict[str, tuple[str, str]]) -> None:
    """Make words known, {word: (stem, sound)}, that were not; how often each is used is counted by night."""
    await conn.execute(
        """insert into catalogue_words (tenant_id, word, stem, sound, lexeme, uses)
           select $1, x.word, x.stem, x.sound, coalesce((ts_lexize('spanish_stem', x.word))[1], x.word), 1
           from unnest($2::text[], $3::text[], $4::text[]) as x(word, stem, sound)
           on conflict (tenant_id, word) do nothing""",
        tenant_id,
        list(words),
        [stem for stem, _ in words.values()],
        [heard for _, heard in words.values()],
    )


async def lexemes_of(tenant_id: int, conn: Connection, words: Sequence[str]) -> dict[str, str]:
    """Each word's stem as PostgreSQL's Spanish has it; the same for every tenant."""
    rows = await conn.fetch(
        "select w, coalesce((ts_lexize('spanish_stem', w))[1], w) as lexeme from unnest($1::text[]) as w", list(words)
    )
    return {row["w"]: row["lexeme"] for row in rows}


async def related_words(
    tenant_id: int,
    conn: Connection,
    words: Sequence[str],
    stems: Sequence[str],
    sounds: Sequence[str],
    lexemes: Sequence[str],
) -> list[KnownWord]:
    """The shop's words that are, or stem from, or sound like any of these."""
    rows = await conn.fetch(
        """select word, stem, sound, lexeme, uses from catalogue_words
           where tenant_id = $1 and (word = any($2::text[]) or stem = any($3::text[]) or sound = any($4::text[])
                                     or lexeme = any($5::text[]))""",
        tenant_id,
        list(words),
        list(stems),
        list(sounds),
        list(lexemes),
    )
    return [KnownWord(**dict(row)) for row in rows]


async def similar_words(tenant_id: int, conn: Connection, words: Sequence[str]) -> list[tuple[str, str, int, float]]:
    """For each of these, at most eight of the shop's words that look like it: (asked, word, uses, likeness 0..1)."""
    rows = await conn.fetch("select * from catalogue_similar($1, 8)", list(words))
    return [(row["asked"], row["word"], row["uses"], row["likeness"]) for row in rows]


async def matching_products(tenant_id: int, conn: Connection, query: str, most: int) -> list[dict[str, Any]]:
    """At most `most` {id, words, in_stock} that a tsquery finds, those with it in their names first."""
    rows = await conn.fetch("select * from catalogue_matches($1::text::tsquery, $2)", query, most)
    return [{"id": row["id"], "words": json.loads(row["words"]), "in_stock": row["in_stock"]} for row in rows]


async def known_items(tenant_id: int, pool: Pool, ids: Sequence[int]) -> dict[int, tuple[dict[str, Any], datetime]]:
    """By id: the item as it was read, and when."""
    async with tenant_transaction(tenant_id, pool) as conn:
        rows = await conn.fetch(
            "select id, item, read_at from catalogue_products where tenant_id = $1 and id = any($2::bigint[])",
            tenant_id,
            list(ids),
        )
    return {row["id"]: (json.loads(row["item"]), row["read_at"]) for row in rows}


async def some_items(tenant_id: int, pool: Pool, most: int) -> list[tuple[dict[str, Any], datetime]]:
    """A few products as they were read, and when: what can be bought before what cannot, the newest first."""
    async with tenant_transaction(tenant_id, pool) as conn:
        rows = await conn.fetch(
            """select item, read_at from catalogue_products where tenant_id = $1
               order by (item->>'in_stock')::boolean desc, updated_at desc nulls last, id limit $2""",
            tenant_id,
            most,
        )
    return [(json.loads(row["item"]), row["read_at"]) for row in rows]


async def list_synonyms(tenant_id: int, conn: Connection) -> list[dict[str, Any]]:
    """The shop's own, {words, means}, in its order."""
    rows = await conn.fetch(
        "select words, means from catalogue_synonyms where tenant_id = $1 order by position", tenant_id
    )
    return [dict(row) for row in rows]


async def save_synonyms(tenant_id: int, pool: Pool, items: Sequence[dict[str, Any]]) -> None:
    """Write {words, means} rows in the place of the known ones; what was found before is looked for anew."""
    async with tenant_transaction(tenant_id, pool) as conn:
        known = await list_synonyms(tenant_id, conn)
        for position, (now, was) in enumerate(_pairs(items, known)):
            if now is None:
                await conn.execute(
                    "delete from catalogue_synonyms where tenant_id = $1 and position = $2", tenant_id, position
                )
            elif now != was:
                await conn.execute(
                    """insert into catalogue_synonyms (tenant_id, position, words, means) values ($1, $2, $3, $4)
                       on conflict (tenant_id, position) do update
                       set words = excluded.words, means = excluded.means""",
                    tenant_id,
                    position,
                    now["words"],
                    now["means"],
                )
        await conn.execute(
            """insert into catalogue_syncs (tenant_id, version) values ($1, 1)
               on conflict (tenant_id) do update set version = catalogue_syncs.version + 1""",
            tenant_id,
        )


def _pairs(
    items: Sequence[dict[str, Any]], known: Sequence[dict[str, Any]]
) -> list[tuple[dict[str, Any] | None, dict[str, Any] | None]]:
    longest = max(len(items), len(known))
    return [(items[n] if n < len(items) else None, known[n] if n < len(known) else None) for n in range(longest)]
