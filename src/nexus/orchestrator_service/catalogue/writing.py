"""Products as the shop tells them, put into its index."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from nexus.gateways.tiendanube.parse import Item
from nexus.orchestrator_service.catalogue.back_in_stock import note_stock_back
from nexus.orchestrator_service.catalogue.document import document_of
from nexus.orchestrator_service.catalogue.words import sound, stem_of
from nexus.store.catalogue import NewProduct, add_words, drop_products, one_writer, put_products, rewrite_words
from nexus.store.database import Connection


async def write_products(
    tenant_id: int,
    conn: Connection,
    raws: Sequence[Mapping[str, Any]],
    tree: Mapping[int, Item],
    read_at: datetime,
    language: str = "es",
) -> None:
    """Write the vendor's products as they were at `read_at`, and make their words known; one that is not published any
    more is forgotten.

    Whoever waits for one that can be bought is looked after by a job. `tree` are the shop's categories by id. In the
    tenant's transaction.
    """
    shown = {int(raw["id"]): raw for raw in raws if raw.get("published") is not False}
    made = [document_of(raw, tree, tenant_id, language) for raw in shown.values()]
    rows = [NewProduct(one.id, one.item, one.words, one.search, one.updated_at) for one in made]
    await one_writer(tenant_id, conn)
    await put_products(tenant_id, conn, rows, read_at)
    await note_stock_back(tenant_id, conn, [one.id for one in rows if one.item["in_stock"]])
    vocabulary = {word for one in made for word in one.vocabulary}
    await add_words(tenant_id, conn, {word: (stem_of(word), sound(word)) for word in sorted(vocabulary)})
    await drop_products(tenant_id, conn, [int(raw["id"]) for raw in raws if int(raw["id"]) not in shown])


async def write_words(tenant_id: int, conn: Connection) -> None:
    """Count the words of the shop's products anew."""
    await one_writer(tenant_id, conn)
    await rewrite_words(tenant_id, conn, lambda word: (stem_of(word), sound(word)))
