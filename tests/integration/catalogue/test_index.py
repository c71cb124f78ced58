"""Finding products in a shop's own index, on the reference's shop (tiendanube-fixtures.json, cases.search)."""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import pytest

from nexus.orchestrator_service.catalogue.document import tree_of
from nexus.orchestrator_service.catalogue.writing import write_products, write_words
from nexus.sandbox.shop import Shop
from nexus.store.database import Pool, tenant_transaction
from tests.integration.catalogue.conftest import search

REFERENCE = {
    "puntas": [51001, 51002],
    "zapatillas de punta": [51001, 51002],
    "media punta": [51003, 51004],
    "medias": [51005, 51006],
    "tutu": [51010],
    "tutú": [51010],
    "medias nina": [51006],
    "medias niña": [51006],
    "malla bordo": [51008],
    "cancan": [51005],
    "salmon": [51003],
    "mallas negras": [51007],
    "leotardos": [51007, 51008],
    "bolso": [],
    "media punta 35": [51003],
    "PUN-GIS-37": [51001],
    "polleras celestes": [51009],
    "punteras": [51011],
}


@pytest.mark.parametrize("query", REFERENCE)
async def test_the_references_searches_find_first_what_they_are_about(
    dance_tenant: int, pool: Pool, query: str
) -> None:
    hits = (await search(dance_tenant, pool, query)).hits
    expected = REFERENCE[query]
    found = [hit.id for hit in hits if not hit.alternative]
    assert set(found[: len(expected)]) == set(expected)
    assert bool(found) == bool(expected)


async def test_two_who_write_at_once_wait_for_each_other_and_neither_fails(
    tenant_id: int, pool: Pool, dance_shop: Shop
) -> None:
    """A reading of the whole shop and a search that learns of products, in opposite orders."""
    tree = tree_of(dance_shop.categories)
    now = datetime.now(UTC)

    async def write(products: Sequence[Mapping[str, Any]], *, words: bool) -> None:
        async with tenant_transaction(tenant_id, pool) as conn:
            for product in products:  # one by one, so that each holds rows that the other wants
                await write_products(tenant_id, conn, [product], tree, now)
            if words:
                await write_words(tenant_id, conn)

    shown = list(dance_shop.products)
    await asyncio.gather(*(write(shown[::step], words=step > 0) for step in (1, -1) * 3))
    assert (await search(tenant_id, pool, "medias")).hits
