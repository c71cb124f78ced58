"""Tienda Nube as it really behaves: limits, 5xx, revoked tokens, silence (reference/tiendanube.md section 6)."""

import asyncio

import pytest

from nexus.gateways.errors import RetryableError, UnknownOutcomeError
from nexus.gateways.tiendanube.client import ShopCredentialError
from nexus.orchestrator_service.agent.guard import FAILED_SENTENCE
from nexus.orchestrator_service.agent.outcome import Answered
from nexus.runtime.cache import Cache

from .conftest import STORE, TOKEN, MakeShop, Sandbox, Shop, tool_texts

SEARCH = {"tool_calls": [{"name": "search_specific_products", "arguments": {"q": "puntas"}}]}
DONE = {"reply": {"bubbles": [{"text": "Ahora no puedo"}]}}


@pytest.mark.parametrize("kind", ["500", "503", "reset", "garbage", "429"])
async def test_one_hiccup_is_survived(shop: Shop, sandbox: Sandbox, kind: str) -> None:
    await sandbox.fault("tiendanube", kind, times=1, retry_after=1)
    assert isinstance(await shop.ask("Tenés puntas?"), Answered)
    assert await shop.events() == []


@pytest.mark.parametrize(
    ("kind", "event"), [("500", "tool_execution"), ("garbage", "tool_execution"), ("401", "credential_refused")]
)
async def test_a_shop_that_stays_down_gives_the_model_one_sentence_and_us_the_truth(
    shop: Shop, sandbox: Sandbox, kind: str, event: str
) -> None:
    await sandbox.fault("tiendanube", kind, times=-1)
    await sandbox.script(SEARCH, DONE)
    assert isinstance(await shop.ask("puntas?"), Answered)
    assert tool_texts(await sandbox.requests()) == [FAILED_SENTENCE]
    assert shop.last is not None
    (told,) = await shop.events()
    assert (told["event_type"], told["correlation_id"]) == (event, shop.last.correlation_id)
    assert told["metadata"]["tool"] == "search_specific_products"


async def test_a_failure_is_not_remembered(shop: Shop, sandbox: Sandbox) -> None:
    await sandbox.script(SEARCH, DONE)
    await sandbox.fault("tiendanube", "500", times=2)
    await shop.ask("puntas?")
    await shop.ask("puntas?")
    assert "Giselle" in tool_texts(await sandbox.requests())[0]


async def test_a_shop_without_credentials_is_a_sentence_too(make_shop: MakeShop, sandbox: Sandbox) -> None:
    shop = await make_shop(token="")
    await sandbox.script(SEARCH, DONE)
    assert isinstance(await shop.ask("puntas?"), Answered)
    assert [event["event_type"] for event in await shop.events()] == ["credential_refused"]


async def test_a_refused_token_is_a_credential_error_and_not_tried_again(shop: Shop, sandbox: Sandbox) -> None:
    client = shop.room.shops.with_credentials(shop.id, {"store_id": STORE, "access_token": "vencido"})
    with pytest.raises(ShopCredentialError) as refused:
        await client.search_products("puntas")
    assert refused.value.status == 401


@pytest.mark.parametrize("headers", ["both", "authorization", "authentication"])
@pytest.mark.parametrize("version", ["v1", "2025-03"])
async def test_either_token_header_opens_either_version(make_shop: MakeShop, headers: str, version: str) -> None:
    shop = await make_shop(TIENDANUBE_AUTH_HEADERS=headers, TIENDANUBE_API_VERSION=version)
    client = await shop.room.shops.open(shop.id)
    assert len(await client.search_products("punta")) >= 2
    assert await client.search_products("bicicleta") == []
    assert await client.find_orders("9999") == []
    assert await client.order(1) is None


async def test_an_empty_bucket_makes_some_wait_and_refuses_the_rest_before_the_shop_does(
    shop: Shop, cache: Cache
) -> None:
    client = await shop.room.shops.open(shop.id)
    for _ in range(40):
        assert await cache.take_token(f"rate:tiendanube:{STORE}", 40, 2.0) == 0
    answers = await asyncio.gather(*(client.search_products("punta") for _ in range(12)), return_exceptions=True)
    refused = [answer for answer in answers if isinstance(answer, RetryableError)]
    assert {error.code for error in refused} == {"rate_limited"}
    assert 0 < len(refused) < 12
    assert all(answer for answer in answers if not isinstance(answer, RetryableError))


async def test_a_hanging_shop_is_given_up(shop: Shop, sandbox: Sandbox) -> None:
    await sandbox.fault("tiendanube", "hang", times=-1, seconds=30)
    client = await shop.room.shops.open(shop.id)
    with pytest.raises(UnknownOutcomeError):
        await client.search_products("punta")
    await sandbox.control("DELETE", "/faults")


async def test_every_page_of_a_list_is_read(shop: Shop, sandbox: Sandbox) -> None:
    rows = [{"id": n, "name": {"es": f"C{n}"}, "parent": None} for n in range(1, 251)]
    await sandbox.control("POST", "/shops", store_id=STORE, access_token=TOKEN, categories=rows)
    client = await shop.room.shops.open(shop.id)
    assert [category["id"] for category in await client.categories()] == list(range(1, 251))


async def test_products_by_ids_come_in_the_asked_order_and_missing_ones_are_left_out(shop: Shop) -> None:
    client = await shop.room.shops.open(shop.id)
    found = await client.products_by_ids([51003, 1, 51001])
    assert [item["id"] for item in found] == [51003, 51001]
    assert await client.products_by_ids([1]) == await client.products_by_ids([]) == []


async def test_the_panels_tests_say_what_they_found(shop: Shop, make_shop: MakeShop, sandbox: Sandbox) -> None:
    ok, sentence = await shop.room.test_tiendanube(shop.id)
    assert (ok, sentence.startswith("Leí 3 productos de ")) == (True, True)
    assert (await shop.room.test_llm(shop.id))[0]
    unknown = await make_shop(LLM_MODEL="no-existe")
    assert "no-existe" in (await unknown.room.test_llm(unknown.id))[1]
    bad = await make_shop(token="vencido")
    assert await bad.room.test_tiendanube(bad.id) == (
        False,
        "Tienda Nube rechaza el token: puede que la app se haya reinstalado.",
    )
    none = await make_shop(token="", LLM_BASE_URL="http://127.0.0.1:9/v1")
    assert (await none.room.test_tiendanube(none.id))[0] is False
    assert (await none.room.test_llm(none.id))[0] is False
