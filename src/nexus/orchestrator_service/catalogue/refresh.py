"""Keeps a shop's index like the shop: whole at first and each night, what changed in between (tiendanube.md 2.5).

It leaves ten tokens of the shop's bucket to the chats, and asks on a connection of its own: a slow page of two hundred
variants says nothing about whether the shop answers.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from nexus.gateways.errors import PermanentError, RetryableError, UnknownOutcomeError
from nexus.gateways.tiendanube.client import ProductPage, ShopClient, ShopCredentialError, ShopNotConnectedError
from nexus.gateways.tiendanube.parse import Item
from nexus.orchestrator_service.catalogue.shop import REFUSED, ShopDoor
from nexus.orchestrator_service.catalogue.writing import write_products, write_words
from nexus.runtime.logs import get_logger
from nexus.store.catalogue import (
    drop_products,
    forget_catalogue,
    list_categories,
    one_writer,
    replace_categories,
    unread_since,
)
from nexus.store.catalogue_sync import (
    Sync,
    add_changes,
    begin_loading,
    finish_loading,
    load_sync,
    note_change,
    note_failure,
    take_changes,
)
from nexus.store.database import Connection, Pool, tenant_transaction
from nexus.store.events import add_event
from nexus.store.jobs import CATALOGUE_CHANGES, CATALOGUE_REFRESH, enqueue
from nexus.store.secrets import SealBrokenError

Tree = Mapping[int, Item]

_OVERLAP = timedelta(minutes=2)
"""Clocks differ, and a product may be written while it is being read: so much is read twice."""
_STALE = timedelta(hours=24)
_RATHER_STALE = timedelta(hours=12)
_NIGHT = range(3, 6)
_NIGHT_ZONE = ZoneInfo("America/Argentina/Buenos_Aires")
_MOST_PAGES = 1100
_IDS_A_CALL = 30


def job_of(tenant_id: int) -> UUID:
    """The subject of the tenant's catalogue jobs."""
    return UUID(int=tenant_id)


async def wish_refresh(tenant_id: int, pool: Pool, *, full: bool = False, news: bool = False) -> None:
    """Have the catalogue read; wishing it twice at once is wishing it once.

    With `news`, which a reading under way knows nothing of, it is read once more.
    """
    async with tenant_transaction(tenant_id, pool) as conn:
        if news:
            await _enqueue_news(tenant_id, conn, CATALOGUE_REFRESH, {"full": float(full)})
        else:
            await enqueue(tenant_id, conn, CATALOGUE_REFRESH, job_of(tenant_id), numbers={"full": float(full)})


async def wish_changes(tenant_id: int, conn: Connection, product_ids: Sequence[int]) -> None:
    """Have these products read again, at most once a second; in the transaction that learnt of it."""
    if await add_changes(tenant_id, conn, product_ids):
        await _enqueue_news(tenant_id, conn, CATALOGUE_CHANGES, {})
    else:
        await _enqueue_news(tenant_id, conn, CATALOGUE_REFRESH, {"full": 0.0})


async def _enqueue_news(tenant_id: int, conn: Connection, job: str, numbers: dict[str, float]) -> None:
    """One job for all that is told in a second. It begins when the second is over: what comes later gets another."""
    now = datetime.now(UTC).timestamp()
    begins = float(int(now) + 1)
    after = timedelta(seconds=begins - now)
    await enqueue(tenant_id, conn, job, job_of(tenant_id), after=after, numbers={**numbers, "at": begins})


async def refresh(tenant_id: int, door: ShopDoor, *, full: bool = False) -> None:
    """Bring the tenant's index up to date. What goes wrong is noted, and tried again by the next turn of the clock."""
    try:
        shop = (await door.open(tenant_id)).in_background()
        await _refresh(tenant_id, door.pool, shop, full=full)
        await read_changes(tenant_id, door)
    except ShopNotConnectedError:
        return
    except ShopCredentialError as error:
        await _note_refusal(tenant_id, door.pool, error)
    except SealBrokenError:
        await note_failure(
            tenant_id, door.pool, "El token se cifró con otra ENCRYPTION_KEY: hay que volver a cargarlo."
        )
    except PermanentError as error:
        await note_failure(tenant_id, door.pool, f"Tienda Nube contestó {error.status} al leer el catálogo.")
    except (RetryableError, UnknownOutcomeError) as error:
        get_logger().warning("catalogue_not_read", tenant_id=tenant_id, error=type(error).__name__)
        await note_failure(tenant_id, door.pool, "Tienda Nube no contestó; se vuelve a probar en unos minutos.")


async def read_changes(tenant_id: int, door: ShopDoor) -> None:
    """Read again what the shop said has changed, until nothing is left of it. Raises what ShopClient raises."""
    shop = (await door.open(tenant_id)).in_background()
    changed = False
    while ids := await take_changes(tenant_id, door.pool, _IDS_A_CALL):
        try:
            now, page = datetime.now(UTC), await shop.catalogue_of(ids)
            if not page.products:
                await shop.store()  # gone they are only when the shop itself is there
        except (PermanentError, RetryableError, UnknownOutcomeError):
            async with tenant_transaction(tenant_id, door.pool) as conn:
                await add_changes(tenant_id, conn, ids)
            raise
        async with tenant_transaction(tenant_id, door.pool) as conn:
            tree = {category["id"]: category for category in await list_categories(tenant_id, conn)}
        await _write(tenant_id, door.pool, page, now, tree, gone=ids)
        changed = True
    if changed:
        async with tenant_transaction(tenant_id, door.pool) as conn:
            await note_change(tenant_id, conn)


def full_is_due(sync: Sync, store_id: str, now: datetime) -> bool:
    """At first, of another store, by night, and once a day in any case."""
    if sync.full_at is None or sync.store_id != store_id:
        return True
    age = now - sync.full_at
    return age > _STALE or (age > _RATHER_STALE and now.astimezone(_NIGHT_ZONE).hour in _NIGHT)


async def _refresh(tenant_id: int, pool: Pool, shop: ShopClient, *, full: bool) -> None:
    sync, started = await load_sync(tenant_id, pool), datetime.now(UTC)
    async with tenant_transaction(tenant_id, pool) as conn:
        if sync.store_id not in ("", shop.store_id):
            await one_writer(tenant_id, conn)
            await forget_catalogue(tenant_id, conn)
        await begin_loading(tenant_id, conn, shop.store_id)
    categories = await shop.categories()
    async with tenant_transaction(tenant_id, pool) as conn:
        renamed = _rows_of(categories) != _rows_of(await list_categories(tenant_id, conn))
    # products carry the names of their categories: with other names all of them are other products
    full = full or renamed or full_is_due(sync, shop.store_id, started)
    since = None if full or sync.refreshed_at is None else sync.refreshed_at - _OVERLAP
    tree = {category["id"]: category for category in categories}
    changed = await _read_pages(tenant_id, pool, shop, since, tree)
    if full:
        changed = await _drop_gone(tenant_id, pool, shop, started, tree) or changed
    async with tenant_transaction(tenant_id, pool) as conn:
        if renamed:
            await replace_categories(tenant_id, conn, categories)
        if full:
            await write_words(tenant_id, conn)
        await finish_loading(tenant_id, conn, started, full=full, changed=changed, categories=len(categories))


async def _read_pages(tenant_id: int, pool: Pool, shop: ShopClient, since: datetime | None, tree: Tree) -> bool:
    """Whether there was anything to read."""
    found = False
    for number in range(1, _MOST_PAGES + 1):
        now = datetime.now(UTC)
        page = await shop.catalogue_page(number, changed_since=since)
        await _write(tenant_id, pool, page, now, tree)
        found = found or bool(page.products)
        if not page.more:
            break
    return found


async def _drop_gone(tenant_id: int, pool: Pool, shop: ShopClient, started: datetime, tree: Tree) -> bool:
    """Forget what the shop does not have any more: asked for by name, for pages may shift while they are read."""
    async with tenant_transaction(tenant_id, pool) as conn:
        missing = await unread_since(tenant_id, conn, started)
    if missing:
        await shop.store()  # a shop that answers 404 to everything has lost its address, not its products
    for start in range(0, len(missing), _IDS_A_CALL):
        ids = missing[start : start + _IDS_A_CALL]
        now, page = datetime.now(UTC), await shop.catalogue_of(ids)
        await _write(tenant_id, pool, page, now, tree, gone=ids)
    return bool(missing)


async def _write(
    tenant_id: int, pool: Pool, page: ProductPage, read_at: datetime, tree: Tree, gone: Iterable[int] = ()
) -> None:
    """Write a page; of the asked ids in `gone`, those that are not in it are forgotten."""
    there = {int(raw["id"]) for raw in page.products}
    async with tenant_transaction(tenant_id, pool) as conn:
        await write_products(tenant_id, conn, page.products, tree, read_at, page.language)
        await drop_products(tenant_id, conn, [product_id for product_id in gone if product_id not in there])


def _rows_of(categories: Iterable[Item]) -> set[tuple[object, ...]]:
    return {(c["id"], c["name"], c["parent"], c["visible"]) for c in categories}


async def _note_refusal(tenant_id: int, pool: Pool, error: ShopCredentialError) -> None:
    """The client noted that the credential is refused; here the refresh says so, and one event, once."""
    words = REFUSED.get(error.status, "Al token le falta permiso para leer productos.")
    known = (await load_sync(tenant_id, pool)).error
    await note_failure(tenant_id, pool, words)
    if known != words:
        message = "Tienda Nube rechaza las credenciales de la tienda"
        details = {"status": error.status, "while": "catalogue"}
        await add_event(tenant_id, pool, "error", "credential_refused", message, details)
