"""What the shop sells, found in its index and quoted from the shop itself; a cached search remembers ids only and is
re-read at each hit (S-105).

A shop whose catalogue was never read is searched live, as well as its own `q` can.
"""

import asyncio
import hashlib
import json
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from nexus.gateways.errors import PermanentError, RetryableError, UnknownOutcomeError
from nexus.gateways.tiendanube.client import ShopClient, ShopCredentialError
from nexus.gateways.tiendanube.parse import Item, localized
from nexus.orchestrator_service.catalogue.asked import Asked, understand
from nexus.orchestrator_service.catalogue.index import Found, find
from nexus.orchestrator_service.catalogue.ranking import matched_options
from nexus.orchestrator_service.catalogue.refresh import wish_refresh
from nexus.orchestrator_service.catalogue.words import fold, singular, stem, stems_in, words_of
from nexus.orchestrator_service.catalogue.writing import write_products
from nexus.runtime.cache import Cache
from nexus.runtime.logs import get_logger
from nexus.store.catalogue import known_items, list_categories, list_synonyms, some_items
from nexus.store.catalogue_sync import Sync, note_change, sync_of
from nexus.store.database import Pool, tenant_transaction

MOST_PRODUCTS = 10
_CACHE_SECONDS = 3600
_MOST_CATEGORIES = 6
_LIVE_SECONDS = 3.0
"""How long an answer waits for the shop's own prices before it quotes those that were read last, and says so."""


@dataclass(frozen=True)
class Catalogue:
    """The product searches of one tenant; items are as `product_item` shows them, and may have beside that:

    `matched` {options: {"Talle": "38"}} what of it was asked for; `alternative` true when it is not what was asked for
    but may do; `as_of` (RFC 3339) when price and stock are those of that moment, for the shop did not answer.
    A shop that refuses its credential raises ShopCredentialError. Before its catalogue was read for the first time
    every method raises what ShopClient raises, and caches no failure.
    """

    shop: ShopClient
    cache: Cache
    pool: Pool

    async def search(self, query: str) -> list[Item]:
        """`search_specific_products`: at most 10 products, best fit first; of those that may do instead at most 3."""
        sync = await self._sync()
        if not sync.usable:
            return await self._remembered("search_specific_products", {"q": fold(query)}, lambda: self._live(query))
        return await self._found("search_specific_products", {"q": fold(query)}, query, sync, [])

    async def by_category(self, category: str, keyword: str) -> list[Item]:
        """`search_by_category`: at most 10 products of the category and those below it that fit the keyword."""
        arguments = {"category": fold(category), "keyword": fold(keyword)}
        sync = await self._sync()
        if not sync.usable:
            return await self._remembered(
                "search_by_category", arguments, lambda: self._live_category(category, keyword)
            )
        async with tenant_transaction(self.shop.tenant_id, self.pool) as conn:
            ids = matching_categories(await list_categories(self.shop.tenant_id, conn), category)
        if not ids:
            return await self.search(f"{category} {keyword}")
        return await self._found("search_by_category", arguments, keyword, sync, ids)

    async def storefront(self) -> list[Item]:
        """`browse_general_storefront`: ten of the best sellers, what can be bought first."""

        async def live() -> list[Item]:
            found = await self.shop.list_products(per_page=MOST_PRODUCTS, sort_by="best-selling")
            return sorted(found, key=lambda item: not item["in_stock"])

        sync = await self._sync()
        if not sync.usable:
            return await self._remembered("browse_general_storefront", {}, live)
        try:
            async with asyncio.timeout(_LIVE_SECONDS):
                return await self._remembered("browse_general_storefront", {}, live)
        except ShopCredentialError:
            raise
        except (PermanentError, RetryableError, UnknownOutcomeError, TimeoutError) as error:
            self._log(error)
            known = await some_items(self.shop.tenant_id, self.pool, MOST_PRODUCTS)
            return [_as_of(item, read_at) for item, read_at in known]

    async def _sync(self) -> Sync:
        """How fresh the index is; one that was never read is wished for."""
        async with tenant_transaction(self.shop.tenant_id, self.pool) as conn:
            sync = await sync_of(self.shop.tenant_id, conn)
        if sync.store_id != self.shop.store_id:
            sync = Sync()
        if not sync.usable:
            await wish_refresh(self.shop.tenant_id, self.pool)
        return sync

    async def _found(
        self, tool: str, arguments: dict[str, Any], query: str, sync: Sync, categories: Sequence[int]
    ) -> list[Item]:
        """What the index finds, with the shop's own prices; remembered until the index changes."""
        key = f"cache:tool:{search_id(self.shop.tenant_id, tool, {**arguments, 'version': sync.version})}"
        known = await self.cache.get(key)
        if known is not None:
            async with tenant_transaction(self.shop.tenant_id, self.pool) as conn:
                asked = understand(query, await list_synonyms(self.shop.tenant_id, conn))
            if fresh := await self._quoted(json.loads(known)):
                return [_matched(item, asked) for item in fresh]
        found = await self._look_up(query, sync, categories)
        if not _right(found):
            found = await self._with_news(query, found, sync, categories)
        other = {hit.id for hit in found.hits if hit.alternative}
        ids = [hit.id for hit in found.hits]
        if ids and not other:
            await self.cache.set(key, json.dumps(ids), _CACHE_SECONDS)
        items = [_matched(item, found.asked) for item in await self._quoted(ids)]
        return [{**item, "alternative": True} if item["id"] in other else item for item in items]

    async def _look_up(self, query: str, sync: Sync, categories: Sequence[int]) -> Found:
        async with tenant_transaction(self.shop.tenant_id, self.pool) as conn:
            return await find(
                self.shop.tenant_id, conn, query, sync.products, most=MOST_PRODUCTS, categories=categories
            )

    async def _with_news(self, query: str, found: Found, sync: Sync, categories: Sequence[int]) -> Found:
        """What the index finds once it knows what the shop's own `q` does: a product may be minutes old."""
        tenant_id, now = self.shop.tenant_id, datetime.now(UTC)
        words = [" ".join(term.said for term in found.asked.terms if term.kind != "size"), _longest(found.asked)]
        try:
            async with asyncio.timeout(_LIVE_SECONDS):
                pages = [await self.shop.in_a_hurry().catalogue_search(text) for text in dict.fromkeys(words) if text]
        except ShopCredentialError:
            raise
        except (PermanentError, RetryableError, UnknownOutcomeError, TimeoutError) as error:
            self._log(error)
            return found
        told = {int(raw["id"]): raw for page in pages for raw in page.products}
        known = await known_items(tenant_id, self.pool, list(told))
        news = [raw for i, raw in told.items() if i not in known or _is_other(raw, known[i][0], pages[0].language)]
        if not news:
            return found
        async with tenant_transaction(tenant_id, self.pool) as conn:
            tree = {category["id"]: category for category in await list_categories(tenant_id, conn)}
            await write_products(tenant_id, conn, news, tree, now, pages[0].language)
            await note_change(tenant_id, conn)
        return await self._look_up(query, sync, categories)

    async def _quoted(self, ids: Sequence[int]) -> list[Item]:
        """The products as the shop has them now, without those it has not; else as they were read last, saying when."""
        if not ids:
            return []
        try:
            async with asyncio.timeout(_LIVE_SECONDS):
                fresh = await self.shop.in_a_hurry().products_by_ids(ids)
                if not fresh:
                    await self.shop.in_a_hurry().store()  # who answers 404 to everything has not sold out of everything
                return fresh
        except ShopCredentialError:
            raise
        except (PermanentError, RetryableError, UnknownOutcomeError, TimeoutError) as error:
            self._log(error)
            known = await known_items(self.shop.tenant_id, self.pool, ids)
            return [_as_of(*known[i]) for i in ids if i in known]

    def _log(self, error: Exception) -> None:
        get_logger().warning("quoted_from_index", tenant_id=self.shop.tenant_id, error=type(error).__name__)

    async def _live(self, query: str) -> list[Item]:
        for attempt in attempts(query):
            found = await self.shop.search_products(attempt, MOST_PRODUCTS)
            if found:
                return ranked(found, query)
        return []

    async def _live_category(self, category: str, keyword: str) -> list[Item]:
        ids = matching_categories(await self.shop.categories(), category)[:_MOST_CATEGORIES]
        pages = await asyncio.gather(*(self.shop.list_products(per_page=50, category_id=i) for i in ids))
        products = {item["id"]: item for page in pages for item in page}
        wanted = {stem(word) for word in words_of(keyword)}
        fitting = [item for item in products.values() if wanted <= stems_in(_said_of(item))]
        return ranked(fitting, keyword)[:MOST_PRODUCTS]

    async def _remembered(
        self, tool: str, arguments: dict[str, Any], live: Callable[[], Awaitable[list[Item]]]
    ) -> list[Item]:
        key = f"cache:tool:{search_id(self.shop.tenant_id, tool, arguments)}"
        known = await self.cache.get(key)
        if known is not None and (fresh := await self.shop.products_by_ids(json.loads(known))):
            return fresh
        found = await live()
        if found:
            await self.cache.set(key, json.dumps([item["id"] for item in found]), _CACHE_SECONDS)
        return found


def search_id(tenant_id: int, tool: str, arguments: dict[str, Any]) -> str:
    """The key of one search of one tenant."""
    written = json.dumps([tenant_id, tool, arguments], sort_keys=True)
    return hashlib.sha256(written.encode()).hexdigest()[:32]


def attempts(query: str) -> list[str]:
    """What to ask Tienda Nube's `q`, at most five: it knows no plurals, and whether accents count is not told."""
    words = words_of(query)
    sizeless = [word for word in words if not word.isdecimal()] or words
    singulars = [singular(word) for word in sizeless]
    longest = max(singulars, key=len, default="")
    tries = [
        query.strip(),
        " ".join(sizeless),
        " ".join(singulars),
        " ".join(fold(word) for word in singulars),
        longest,
    ]
    return [attempt for attempt in dict.fromkeys(tries) if attempt]


def ranked(products: list[Item], query: str) -> list[Item]:
    """Those that share most words with the query first, by name before by options; else the shop's order."""
    wanted = {stem(word) for word in words_of(query)}

    def fit(item: Item) -> tuple[int, int, bool]:
        by_name = len(wanted & stems_in(item["name"]))
        return -by_name, -len(wanted & stems_in(_said_of(item))), not item["in_stock"]

    return sorted(products, key=fit)


def matching_categories(categories: list[Item], name: str) -> list[int]:
    """Ids of the visible categories called like `name` and of all below them; exact names before partial ones."""
    wanted = {stem(word) for word in words_of(name)}
    visible = [category for category in categories if category["visible"]]
    exact = [c for c in visible if wanted and stems_in(c["name"]) == wanted]
    partial = [c for c in visible if wanted and wanted & stems_in(c["name"])]
    ids = [category["id"] for category in exact or partial]
    for parent in ids:  # grows while it is walked: children of children follow
        ids += [c["id"] for c in visible if c["parent"] == parent and c["id"] not in ids]
    return ids


def _said_of(item: Item) -> str:
    options = " ".join(value for variant in item["variants"] for value in variant["values"])
    return f"{item['name']} {item['description']} {options}"


def _right(found: Found) -> bool:
    return any(not hit.alternative for hit in found.hits)


def _longest(asked: Asked) -> str:
    """The word that tells most to a search by letters, in the singular: it finds the plural, too."""
    said = [term.said for term in asked.terms if term.kind == "word"] or [term.said for term in asked.terms]
    return max((singular(word) for word in said), key=len, default="")


def _is_other(raw: Item, known: Item, language: str) -> bool:
    """Whether the product goes by another name now than when it was read."""
    return localized(raw.get("name"), language) != str(known["name"])


def _as_of(item: Item, read_at: datetime) -> Item:
    return {**item, "as_of": read_at.astimezone(UTC).isoformat(timespec="seconds")}


def _matched(item: Item, asked: Asked) -> Item:
    """The item with the options that were asked for, the variants that have them first."""
    variants = item["variants"]
    names = list(variants[0]["options"]) if variants else []
    options = matched_options(asked, names, [variant["values"] for variant in variants])
    if not options:
        return item

    def fits(variant: Item) -> bool:
        return all(variant["options"].get(name) == value for name, value in options.items())

    ordered = sorted(variants, key=lambda variant: not fits(variant))
    return {**item, "variants": ordered, "matched": {"options": options}}
