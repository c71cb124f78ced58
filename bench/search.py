"""How well products are found: Tienda Nube's plain `q`, a plain substring, `q` asked again with fewer and plainer words
(what the bot did before it had an index), and our index, side by side in one run.

Nothing is asked of any shop or model: `q` is the sandbox's, which does what the documents say of it.
"""

import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from bench.search_shops import NAMES, Query, SearchSet, load_set
from bench.setting import percentile
from nexus.embedded.postgres import EmbeddedPostgres
from nexus.gateways.tiendanube.parse import product_item
from nexus.orchestrator_service.catalogue.document import tree_of
from nexus.orchestrator_service.catalogue.index import find
from nexus.orchestrator_service.catalogue.products import attempts
from nexus.orchestrator_service.catalogue.products import ranked as by_words
from nexus.orchestrator_service.catalogue.writing import write_products, write_words
from nexus.sandbox.shop import Shop
from nexus.sandbox.shop_query import select_products
from nexus.store.catalogue import replace_categories
from nexus.store.catalogue_sync import begin_loading, finish_loading, sync_of
from nexus.store.database import Pool, open_pool, tenant_transaction
from nexus.store.migrate import migrate
from nexus.store.tenants import create_tenant

TOP = 3
MOST = 10
LARGE = 5000
TARGET_PRECISION = TARGET_RECALL = 0.75
TARGET_CPU_MS = 30.0
"""Of the Orchestrator, at the 95th percentile: what one core gives up to a search, whoever else computes."""
_ABSENT = "lo que la tienda no tiene (de todas)"
Searcher = Callable[[str], Awaitable[list[int]]]


@dataclass
class Score:
    """Sums of precision and recall over queries."""

    precision: float = 0.0
    recall: float = 0.0
    queries: int = 0
    misses: list[str] = field(default_factory=list)

    def add(self, query: Query, found: list[int]) -> None:
        """One answer. What the shop does not have is right when nothing is shown as if it were that."""
        top = found[:TOP]
        good = len(query.expect.intersection(top))
        precision = good / len(top) if top else float(not query.expect)
        recall = good / min(TOP, len(query.expect)) if query.expect else float(not top)
        self.precision += precision
        self.recall += recall
        self.queries += 1
        if precision < 1 or recall < 1:
            self.misses.append(f"{query.q!r}: {top}, se aceptan {sorted(query.expect)}")

    def means(self) -> tuple[float, float]:
        """Precision and recall at 3, macro averages."""
        return self.precision / max(1, self.queries), self.recall / max(1, self.queries)


async def measure_search(_runs: int) -> dict[str, Any]:
    """Print the table of docs/search.md; `missed` names what is below target."""
    figures: dict[str, Any] = {"missed": []}
    async with _stores() as pool:
        rows: dict[str, dict[str, Score]] = {}
        for name in NAMES:
            one = load_set(name)
            tenant_id = await create_tenant(pool, one.trade, f"+549110000{NAMES.index(name):04d}")
            await fill(tenant_id, pool, one.shop)
            await _score(one, tenant_id, pool, rows)
        _print_table(rows, figures)
        await _measure_cost(pool, figures)
    return figures


@asynccontextmanager
async def _stores() -> AsyncIterator[Pool]:
    with TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)  # noqa: ASYNC240 - PostgreSQL runs as another user when this runs as root
        server = EmbeddedPostgres(folder / "postgres")
        await server.start()
        try:
            await migrate(server.owner_dsn)
            pool = await open_pool(server.app_dsn, "bench")
            yield pool
            await pool.close()
        finally:
            await server.stop()


async def fill(tenant_id: int, pool: Pool, shop: Shop) -> None:
    """The shop's products in the tenant's index, as a full refresh writes them."""
    tree, now = tree_of(shop.categories), datetime.now(UTC)
    async with tenant_transaction(tenant_id, pool) as conn:
        await begin_loading(tenant_id, conn, shop.store_id)
        await replace_categories(tenant_id, conn, list(tree.values()))
        await write_products(tenant_id, conn, shop.products, tree, now)
        await write_words(tenant_id, conn)
        await finish_loading(tenant_id, conn, now, full=True, changed=True, categories=len(tree))


async def _score(one: SearchSet, tenant_id: int, pool: Pool, rows: dict[str, dict[str, Score]]) -> None:
    async def plain(query: str) -> list[int]:
        params = {"q": query, "published": "true", "per_page": str(MOST)}
        return [product["id"] for product in select_products(one.shop.products, params)]

    async def substring(query: str) -> list[int]:
        wanted = query.casefold().strip()
        return [p["id"] for p in one.shop.products if p["published"] and wanted in p["name"]["es"].casefold()]

    async def before(query: str) -> list[int]:
        for attempt in attempts(query):
            params = {"q": attempt, "published": "true", "per_page": str(MOST)}
            if found := [product_item(raw) for raw in select_products(one.shop.products, params)]:
                return [item["id"] for item in by_words(found, query)]
        return []

    async def ours(query: str) -> list[int]:
        async with tenant_transaction(tenant_id, pool) as conn:
            sync = await sync_of(tenant_id, conn)
            found = await find(tenant_id, conn, query, sync.products, most=MOST)
        return [hit.id for hit in found.hits if not hit.alternative]

    ways: dict[str, Searcher] = {"q": plain, "subcadena": substring, "antes": before, "nuestro": ours}
    for query in one.queries:
        half = "aparte" if query.heldout else "ajuste"
        splits = [f"{one.name} {half}", half, *([] if query.expect else [_ABSENT])]
        for split in splits:
            scores = rows.setdefault(split, {way: Score() for way in ways})
            for way, search in ways.items():
                scores[way].add(query, await search(query.q))


def _print_table(rows: dict[str, dict[str, Score]], figures: dict[str, Any]) -> None:
    print("| consultas | n | q: P@3 | R@3 | subcadena: P@3 | R@3 | antes: P@3 | R@3 | nuestro: P@3 | R@3 |")
    print("|---|---|---|---|---|---|---|---|---|---|")
    for split in sorted(rows, key=lambda name: (" " not in name, name)):
        means = {way: score.means() for way, score in rows[split].items()}
        cells = [f"{value:.2f}".replace(".", ",") for pair in means.values() for value in pair]
        shown = f"**todas las de {split}**" if " " not in split else split
        print(f"| {shown} | {rows[split]['nuestro'].queries} | " + " | ".join(cells) + " |")
        figures[split] = {way: {"precision": p, "recall": r} for way, (p, r) in means.items()}
    for split in ("ajuste", "aparte"):
        precision, recall = rows[split]["nuestro"].means()
        if precision < TARGET_PRECISION or recall < TARGET_RECALL:
            figures["missed"].append(f"{split}: P@3 {precision:.2f}, R@3 {recall:.2f}")
    figures["tuned_misses"] = rows["ajuste"]["nuestro"].misses


async def _measure_cost(pool: Pool, figures: dict[str, Any]) -> None:
    """Milliseconds of one search among 5 000 products, PostgreSQL included."""
    tenant_id = await create_tenant(pool, "grande", "+5491100009999")
    sets = [load_set(name) for name in NAMES]
    every = [product for one in sets for product in one.shop.products]
    shop = sets[0].shop
    shop.products = [
        {**every[n % len(every)], "id": 1_000_000 + n, "categories": [], "published": True} for n in range(LARGE)
    ]
    began = time.perf_counter()
    await fill(tenant_id, pool, shop)
    figures["fill_seconds"] = time.perf_counter() - began
    spent: list[float] = []
    computed: list[float] = []
    for query in [query.q for one in sets for query in one.queries]:
        began, busy = time.perf_counter(), time.process_time()
        async with tenant_transaction(tenant_id, pool) as conn:
            sync = await sync_of(tenant_id, conn)
            await find(tenant_id, conn, query, sync.products, most=MOST)
        spent.append((time.perf_counter() - began) * 1000)
        computed.append((time.process_time() - busy) * 1000)
    p50, p95, top = percentile(spent, 50), percentile(spent, 95), max(spent)
    own, most = percentile(computed, 50), percentile(computed, 95)
    figures |= {"search_ms_p50": p50, "search_ms_p95": p95, "search_ms_max": top, "cpu_ms_p50": own, "cpu_ms_p95": most}
    print(f"\nuna búsqueda entre {LARGE} productos: p50 {p50:.0f} ms, p95 {p95:.0f} ms, la peor {top:.0f} ms;")
    print(f"de eso, cómputo nuestro: p50 {own:.1f} ms, p95 {most:.1f} ms")
    print(f"cargar esos {LARGE} en el índice: {figures['fill_seconds']:.1f} s (sin lo que tarde la tienda)")
    if most > TARGET_CPU_MS:
        figures["missed"].append(f"una búsqueda nos cuesta {most:.0f} ms de cómputo (p95)")
