"""Finding products in a shop's own index, on the reference's shop (tiendanube-fixtures.json, cases.search)."""

import pytest

from nexus.store.database import Pool
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
