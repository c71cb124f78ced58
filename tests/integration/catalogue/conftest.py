"""A shop's index on a real PostgreSQL, filled as a refresh fills it."""

import itertools
from collections.abc import Awaitable, Callable

import pytest

from nexus.orchestrator_service.catalogue.document import tree_of
from nexus.orchestrator_service.catalogue.index import Found, find
from nexus.orchestrator_service.catalogue.writing import write_products, write_words
from nexus.sandbox.shop import Shop, make_shop
from nexus.store.catalogue import replace_categories
from nexus.store.catalogue_sync import begin_loading, finish_loading, sync_of
from nexus.store.database import Pool, tenant_transaction
from nexus.store.tenants import create_tenant

_numbers = itertools.count(5_491_170_000_000)
Search = Callable[..., Awaitable[Found]]


async def fill(tenant_id: int, pool: Pool, shop: Shop) -> None:
    """All of the shop, at once."""
    tree = tree_of(shop.categories)
    async with tenant_transaction(tenant_id, pool) as conn:
        now = await conn.fetchval("select clock_timestamp()")
        await begin_loading(tenant_id, conn, shop.store_id)
        await replace_categories(tenant_id, conn, list(tree.values()))
        await write_products(tenant_id, conn, shop.products, tree, now)
        await write_words(tenant_id, conn)
        await finish_loading(tenant_id, conn, now, full=True, changed=True, categories=len(tree))


@pytest.fixture(scope="session")
def dance_shop() -> Shop:
    """The reference's shop."""
    return make_shop("7654321", "token")


@pytest.fixture(scope="session")
async def dance_tenant(pool: Pool, dance_shop: Shop) -> int:
    """A tenant with that shop in its index; nobody changes it."""
    tenant_id = await create_tenant(pool, "Danza Sur", f"+{next(_numbers)}")
    await fill(tenant_id, pool, dance_shop)
    return tenant_id


@pytest.fixture
async def tenant_id(pool: Pool) -> int:
    """A tenant of this test alone, with nothing in its index."""
    return await create_tenant(pool, "Otra tienda", f"+{next(_numbers)}")


async def search(tenant_id: int, pool: Pool, query: str, most: int = 10) -> Found:
    """What the index finds."""
    async with tenant_transaction(tenant_id, pool) as conn:
        return await find(tenant_id, conn, query, (await sync_of(tenant_id, conn)).products, most=most)
