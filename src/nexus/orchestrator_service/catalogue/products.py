"""What the shop sells, read live; a cached search remembers ids only and is re-read at each hit (S-105)."""

import asyncio
import hashlib
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from nexus.gateways.tiendanube.client import ShopClient
from nexus.gateways.tiendanube.parse import Item
from nexus.orchestrator_service.catalogue.words import fold, singular, stem, stems_in, words_of
from nexus.runtime.cache import Cache

MOST_PRODUCTS = 10
_CACHE_SECONDS = 3600
_MOST_CATEGORIES = 6


@dataclass(frozen=True)
class Catalogue:
    """The product searches of one tenant; every method raises what ShopClient raises, and caches no failure."""

    shop: ShopClient
    cache: Cache

    async def search(self, query: str) -> list[Item]:
        """`search_specific_products`: at most 10 products, best fit first; tries fewer and plainer words in turn."""

        async def live() -> list[Item]:
            for attempt in attempts(query):
                found = await self.shop.search_products(attempt, MOST_PRODUCTS)
                if found:
                    return ranked(found, query)
            return []

        return await self._remembered("search_specific_products", {"q": fold(query)}, live)

    async def by_category(self, category: str, keyword: str) -> list[Item]:
        """`search_by_category`: at most 10 products of the category and those below it that fit the keyword."""

        async def live() -> list[Item]:
            ids = matching_categories(await self.shop.categories(), category)[:_MOST_CATEGORIES]
            pages = await asyncio.gather(*(self.shop.list_products(per_page=50, category_id=i) for i in ids))
            products = {item["id"]: item for page in pages for item in page}
            wanted = {stem(word) for word in words_of(keyword)}
            fitting = [item for item in products.values() if wanted <= stems_in(_said_of(item))]
            return ranked(fitting, keyword)[:MOST_PRODUCTS]

        arguments = {"category": fold(category), "keyword": fold(keyword)}
        return await self._remembered("search_by_category", arguments, live)

    async def storefront(self) -> list[Item]:
        """`browse_general_storefront`: ten of the best sellers, what can be bought first."""

        async def live() -> list[Item]:
            found = await self.shop.list_products(per_page=MOST_PRODUCTS, sort_by="best-selling")
            return sorted(found, key=lambda item: not item["in_stock"])

        return await self._remembered("browse_general_storefront", {}, live)

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
