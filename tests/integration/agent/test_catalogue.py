"""The shop's index at work: read, kept up, quoted live, and honest when the shop does not answer."""

import hashlib
import hmac
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from nexus.gateways.errors import RetryableError
from nexus.gateways.tiendanube.client import Pace, ShopCredentialError
from nexus.orchestrator_service.catalogue.products import Catalogue
from nexus.orchestrator_service.catalogue.refresh import read_changes, refresh
from nexus.orchestrator_service.shop_events import SHOP_EVENTS_PATH, shop_events_router
from nexus.runtime.cache import Cache
from nexus.runtime.web import create_app
from nexus.store.catalogue import save_synonyms
from nexus.store.catalogue_sync import load_sync
from nexus.store.credentials import set_credentials
from nexus.store.database import Pool
from nexus.store.health import tenant_facts
from nexus.store.live_tests import load_tests

from .conftest import STORE, TOKEN, MakeShop, Sandbox, Shop

SECRET = "secreto-de-la-app"


async def catalogue_of(shop: Shop) -> Catalogue:
    return Catalogue(await shop.room.shops.open(shop.id), shop.cache, shop.pool)


async def read(shop: Shop, *, full: bool = False) -> Catalogue:
    await refresh(shop.id, shop.room.shops, full=full)
    return await catalogue_of(shop)


def names(items: list[dict[str, Any]]) -> list[str]:
    return [item["name"] for item in items]


async def test_the_index_follows_what_the_shop_changes_hides_and_removes(shop: Shop, sandbox: Sandbox) -> None:
    catalogue = await read(shop)
    sync = await load_sync(shop.id, shop.pool)
    assert (sync.usable, sync.products, sync.categories) == (True, 11, 3)

    renamed = {"name": {"es": "Chatitas Aurora"}, "price": "21999.00"}
    await sandbox.control("PATCH", f"/shops/{STORE}/products/51003", **renamed)
    await sandbox.control("PATCH", f"/shops/{STORE}/products/51011", published=False)
    await refresh(shop.id, shop.room.shops)
    (found,) = await catalogue.search("chatitas")
    assert (found["id"], found["price"]) == (51003, 21999)
    assert await catalogue.search("punteras") == []
    assert (await load_sync(shop.id, shop.pool)).version > sync.version

    fewer = [{"id": 51001, "name": "Zapatillas de punta", "variants": [{"price": "1.00"}]}]
    await sandbox.control("POST", "/shops", store_id=STORE, access_token=TOKEN, products=fewer)
    await refresh(shop.id, shop.room.shops, full=True)
    assert (await load_sync(shop.id, shop.pool)).products == 1


async def test_a_product_that_is_newer_than_the_index_is_found_by_the_shops_own_search(
    shop: Shop, sandbox: Sandbox
) -> None:
    catalogue = await read(shop)
    await sandbox.control("PATCH", f"/shops/{STORE}/products/51004", name={"es": "Escarpines de cuero"})
    assert [item["id"] for item in await catalogue.search("escarpines")] == [51004]


async def test_sizes_and_colours_come_first_and_what_is_not_there_is_an_alternative(shop: Shop) -> None:
    catalogue = await read(shop)
    found = await catalogue.search("media punta salmon 35")
    assert [item["id"] for item in found] == [51003]
    assert found[0]["matched"] == {"options": {"Talle": "35", "Color": "Salmón"}}
    assert found[0]["variants"][0]["options"] == found[0]["matched"]["options"]
    other = await catalogue.search("puntas rojas")
    assert other
    assert all(item["alternative"] for item in other)


async def test_a_category_brings_what_is_below_it(shop: Shop) -> None:
    catalogue = await read(shop)
    below = {item["id"] for item in await catalogue.by_category("Calzado", "")}
    assert {51001, 51003, 51011} <= below
    assert [item["id"] for item in await catalogue.by_category("calzados", "silicona")] == [51011]


async def test_the_shops_own_synonyms_count_from_the_next_search_on(shop: Shop) -> None:
    catalogue = await read(shop)
    assert not [item for item in await catalogue.search("escamosas") if "alternative" not in item]
    await save_synonyms(shop.id, shop.pool, [{"words": ["escamosas"], "means": ["medias convertibles"]}])
    assert [item["id"] for item in await catalogue.search("escamosas")] == [51005]


@pytest.mark.parametrize("kind", ["404", "429", "500", "garbage", "reset", "drip", "hang"])
async def test_a_shop_that_does_not_answer_is_quoted_as_of_when_it_was_read(
    shop: Shop, sandbox: Sandbox, kind: str
) -> None:
    catalogue = await read(shop)
    await sandbox.fault("tiendanube", kind, times=-1, retry_after=1, seconds=6)
    found = await catalogue.search("medias")
    await sandbox.control("DELETE", "/faults")
    assert names(found) == ["Medias convertibles", "Medias con pie niña"]
    assert all(item["as_of"].endswith("+00:00") for item in found)


async def test_a_refused_token_fails_the_search_and_is_seen_until_the_shop_lets_us_in(
    shop: Shop, sandbox: Sandbox
) -> None:
    catalogue = await read(shop)
    await sandbox.fault("tiendanube", "401", times=-1)
    with pytest.raises(ShopCredentialError):
        await catalogue.search("medias")
    await refresh(shop.id, shop.room.shops)
    await refresh(shop.id, shop.room.shops)
    sync = await load_sync(shop.id, shop.pool)
    assert (sync.refused, sync.usable) == (401, True)
    assert (await tenant_facts(shop.id, shop.pool))["shop_refused"] == 401
    assert (await load_tests(shop.id, shop.pool))["tiendanube"]["tested_ok"] is False
    assert [event["event_type"] for event in await shop.events()] == ["credential_refused"]
    await sandbox.control("DELETE", "/faults")
    await refresh(shop.id, shop.room.shops)
    assert (await load_sync(shop.id, shop.pool)).refused is None
    assert "tiendanube" not in await load_tests(shop.id, shop.pool)


async def test_a_shop_that_lost_its_address_keeps_its_index(shop: Shop, sandbox: Sandbox) -> None:
    await read(shop)
    await sandbox.fault("tiendanube", "404", times=-1)
    await refresh(shop.id, shop.room.shops, full=True)
    sync = await load_sync(shop.id, shop.pool)
    assert (sync.products, bool(sync.error)) == (11, True)


async def test_reading_leaves_ten_tokens_to_the_chats(shop: Shop, cache: Cache) -> None:
    live = await shop.room.shops.open(shop.id)
    reading = replace(live, pace=Pace(4.0, 1, live.in_background().pace.headroom, 1.0))
    for _ in range(31):
        assert await cache.take_token(f"rate:tiendanube:{STORE}", 40, 2.0) == 0
    with pytest.raises(RetryableError):
        await reading.catalogue_page(1)
    assert await live.search_products("punta")


@pytest.fixture
async def door(shop: Shop) -> AsyncIterator[httpx.AsyncClient]:
    """The Orchestrator's edge with the shop's door alone."""

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        yield

    async def ready() -> dict[str, str]:
        return {"database": "ok", "redis": "ok"}

    app = create_app(
        "orchestrator_service", shop.settings, lifespan=lifespan, ready=ready, raw_paths=(SHOP_EVENTS_PATH,)
    )
    app.include_router(shop_events_router(shop.pool, shop.cache, shop.vault))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://brain") as client:
        yield client


async def test_what_the_shop_signs_is_read_again_and_nothing_else_gets_in(
    shop: Shop, sandbox: Sandbox, door: httpx.AsyncClient
) -> None:
    await read(shop)
    await set_credentials(shop.id, shop.pool, shop.vault, "tiendanube", {"client_secret": SECRET})
    path = f"{SHOP_EVENTS_PATH}/{shop.id}"
    raw = json.dumps({"store_id": int(STORE), "event": "product/updated", "id": 51003}).encode()
    signed = {"x-linkedstore-hmac-sha256": hmac.new(SECRET.encode(), raw, hashlib.sha256).hexdigest()}
    garbage = b"no es json"
    own = {"x-linkedstore-hmac-sha256": hmac.new(SECRET.encode(), garbage, hashlib.sha256).hexdigest()}
    answers = [
        await door.post(path, content=raw),
        await door.post(path, content=raw, headers={**signed, "x-linkedstore-hmac-sha256": "0" * 64}),
        await door.post(path, content=garbage, headers=own),
        await door.post(path, content=b"x" * 70_000, headers=signed),
        await door.post(f"{SHOP_EVENTS_PATH}/999999", content=raw, headers=signed),
        await door.post(path, content=raw, headers=signed),
    ]
    assert [answer.status_code for answer in answers] == [401, 401, 400, 413, 404, 200]

    await sandbox.control("PATCH", f"/shops/{STORE}/products/51003", name={"es": "Chatitas Aurora"})
    await read_changes(shop.id, shop.room.shops)
    assert names(await (await catalogue_of(shop)).search("chatitas")) == ["Chatitas Aurora"]
    assert (await load_sync(shop.id, shop.pool)).webhooks_at is not None


async def test_without_a_secret_the_shop_can_only_have_itself_looked_at(
    shop: Shop, sandbox: Sandbox, door: httpx.AsyncClient, pool: Pool
) -> None:
    for _ in range(8):
        body = {"store_id": int(STORE), "event": "product/updated", "id": 1}
        assert (await door.post(f"{SHOP_EVENTS_PATH}/{shop.id}", json=body)).json() == {"status": "accepted"}
    other = {"store_id": 1, "event": "product/updated", "id": 1}
    assert (await door.post(f"{SHOP_EVENTS_PATH}/{shop.id}", json=other)).json() == {"status": "ignored"}
    jobs = await pool.fetch(
        "select entrypoint from pgqueuer where convert_from(payload, 'utf8')::jsonb @> $1::jsonb",
        json.dumps({"tenant_id": shop.id}),
    )
    assert [job["entrypoint"] for job in jobs] == ["catalogue_refresh"]


async def test_another_store_behind_the_tenant_takes_the_former_ones_products_away(
    make_shop: MakeShop, sandbox: Sandbox
) -> None:
    shop = await make_shop()
    await read(shop)
    only = [{"id": 1, "name": "Termo", "variants": [{"price": "1.00"}]}]
    await sandbox.control("POST", "/shops", store_id="8800001", access_token=TOKEN, products=only, categories=[])
    await set_credentials(shop.id, shop.pool, shop.vault, "tiendanube", {"store_id": "8800001"})
    await shop.cache.delete("rate:tiendanube:8800001")
    catalogue = await read(shop)
    assert await catalogue.search("medias") == []
    assert names(await catalogue.search("termos")) == ["Termo"]
