"""v2's tools as a caller of v2 finds them (S-007)."""

from typing import Any

import httpx
import pytest

from nexus.runtime.settings import Settings
from nexus.store.credentials import set_credentials
from nexus.store.database import Pool
from nexus.store.secrets import Vault
from nexus.tiendanube_service.main import build_app
from tests.integration.tiendanube_service.conftest import Shop, new_shop, running
from tests.system import INTERNAL_TOKEN

TOOLS = ("productsq", "productsq_category", "productsall", "orders", "cupones_list", "sendemail")
HERS = "+5491155500001"
"""On order 101 of the demo's shop, whose internal id is 880000001."""


@pytest.mark.parametrize("tool", TOOLS)
@pytest.mark.parametrize("headers", [{}, {"X-Internal-Token": "otro"}], ids=["none", "wrong"])
async def test_without_the_internal_token_there_is_nothing(
    service: httpx.AsyncClient, shop: Shop, tool: str, headers: dict[str, str]
) -> None:
    said = {**headers, "X-Tenant-ID": str(shop.tenant_id)}
    answer = await service.post(f"/tools/{tool}", json={"q": 1}, headers=said)
    assert (answer.status_code, answer.json()["error"]["code"]) == (401, "unauthorized")


async def test_a_search_gives_products_as_the_bot_sees_them(service: httpx.AsyncClient, shop: Shop) -> None:
    answer = await shop.call(service, "productsq", q="Giselle")
    assert answer.status_code == 200
    told = answer.json()
    [product] = told["data"]
    assert told["ok"] is True
    assert (product["id"], product["name"]) == (51001, "Zapatillas de punta Modelo Giselle")
    assert {"price", "price_text", "image_url", "url", "stock", "variants"} <= set(product)
    assert "cost" not in answer.text
    assert (await shop.call(service, "productsq", q="bicicleta")).json() == {"ok": True, "data": [], "meta": None}


async def test_a_category_and_a_word_are_one_search(service: httpx.AsyncClient, shop: Shop) -> None:
    async def names(**body: str) -> set[str]:
        return {item["name"] for item in (await shop.call(service, "productsq_category", **body)).json()["data"]}

    assert await names(category="Media punta", keyword="cuero") == {"Media punta de cuero"}
    assert await names(category="Media punta") == {"Media punta de lona", "Media punta de cuero"}


async def test_the_whole_catalogue_comes_in_pages_and_without_what_is_not_published(
    service: httpx.AsyncClient, shop: Shop
) -> None:
    headers = {"X-Internal-Token": INTERNAL_TOKEN, "X-Tenant-ID": str(shop.tenant_id)}
    first = (await service.post("/tools/productsall", headers=headers)).json()
    assert (len(first["data"]), first["meta"]) == (11, {"page": 1, "per_page": 30})
    assert 51012 not in {item["id"] for item in first["data"]}
    assert (await shop.call(service, "productsall", page=2)).json()["data"] == []


async def test_each_tenant_sees_its_own_shop_whatever_token_the_body_carries(
    service: httpx.AsyncClient, world: httpx.AsyncClient, pool: Pool, shop: Shop
) -> None:
    only = [{"id": 7, "name": "Yerbera", "variants": [{"id": 70, "price": "900.00"}]}]
    other = await new_shop(world, pool, products=only)
    foreign = {"store_id": other.store_id, "access_token": f"token-of-{shop.store_id}"}
    assert [item["id"] for item in (await other.call(service, "productsall", **foreign)).json()["data"]] == [7]
    refused = await shop.call(service, "productsall", **foreign)
    assert (refused.status_code, refused.json()["error"]["code"]) == (409, "tenant_mismatch")


@pytest.mark.parametrize("asked", ["101", "#101", "mi pedido 101", "880000001"])
async def test_her_order_is_told_to_her_phone(service: httpx.AsyncClient, shop: Shop, asked: str) -> None:
    answer = await shop.call(service, "orders", q=asked, phone=HERS)
    [order] = answer.json()["data"]
    assert (order["id"], order["number"], order["status"]) == (880000001, 101, "open")
    assert order["items"][0]["quantity"] >= 1
    for private in ("5500001", "cliente.uno", "contact", "address", "identification", "note"):
        assert private not in answer.text


@pytest.mark.parametrize("asked", ["102", "880000003", "104", "999", "cliente.dos@example.test", "sin número"])
async def test_another_s_order_and_no_order_are_the_same_nothing(
    service: httpx.AsyncClient, shop: Shop, asked: str
) -> None:
    assert (await shop.call(service, "orders", q=asked, phone=HERS)).json() == {"ok": True, "data": []}


@pytest.mark.parametrize("body", [{}, {"phone": ""}, {"phone": "101"}, {"phone": "cliente.uno@example.test"}])
async def test_without_the_phone_of_who_asks_no_order_is_looked_for(
    service: httpx.AsyncClient, shop: Shop, body: dict[str, str]
) -> None:
    answer = await shop.call(service, "orders", q="101", **body)
    assert (answer.status_code, set(answer.json()["error"]["fields"])) == (422, {"phone"})


@pytest.mark.parametrize("tool", ["cupones_list", "sendemail"])
async def test_what_went_elsewhere_says_where(service: httpx.AsyncClient, shop: Shop, tool: str) -> None:
    answer = await shop.call(service, tool, subject="Hola", text="…")
    error = answer.json()["error"]
    assert (answer.status_code, error["code"], error["retryable"]) == (410, "gone", False)


@pytest.mark.parametrize(
    ("kind", "status", "code", "retryable"),
    [
        ("401", 502, "shop_refuses_credentials", False),
        ("500", 503, "shop_upstream_failed", True),
        ("garbage", 503, "shop_garbage", True),
        ("reset", 504, "shop_no_answer", True),
    ],
)
async def test_a_shop_in_trouble_is_a_typed_error(
    service: httpx.AsyncClient, troubled: Shop, kind: str, status: int, code: str, retryable: bool
) -> None:
    await troubled.fault(kind)
    answer = await troubled.call(service, "productsq", q="puntas")
    error = answer.json()["error"]
    assert (answer.status_code, error["code"], error["retryable"]) == (status, code, retryable)
    assert error["correlation_id"] == answer.headers["x-correlation-id"]
    assert ("retry-after" in answer.headers) == (status == 503)


async def test_a_shop_that_hangs_is_given_up_at_the_deadline(settings: Settings, troubled: Shop) -> None:
    await troubled.fault("hang", seconds=30)
    async with running(build_app(settings, deadline=0.2)) as client:
        answer = await troubled.call(client, "orders", q="101", phone=HERS)
    assert (answer.status_code, answer.json()["error"]["code"]) == (504, "shop_timeout")


async def test_a_tenant_that_cannot_be_served_is_told_why(
    service: httpx.AsyncClient, world: httpx.AsyncClient, pool: Pool
) -> None:
    unconnected = await new_shop(world, pool, connected=False)
    locked = await new_shop(world, pool)
    values = {"store_id": locked.store_id, "access_token": "otro"}
    await set_credentials(locked.tenant_id, pool, Vault("otra clave maestra"), "tiendanube", values)
    for shop, status, code in (
        (unconnected, 409, "shop_not_connected"),
        (locked, 409, "credentials_unreadable"),
        (Shop(2**31 - 1, "1", world), 404, "unknown_tenant"),
    ):
        answer = await shop.call(service, "productsq", q="puntas")
        assert (answer.status_code, answer.json()["error"]["code"]) == (status, code)


@pytest.mark.parametrize("tenant", [None, "", "0", "uno", "1; drop"])
async def test_a_call_of_no_tenant_is_refused(service: httpx.AsyncClient, tenant: str | None) -> None:
    headers = {"X-Internal-Token": INTERNAL_TOKEN} | ({} if tenant is None else {"X-Tenant-ID": tenant})
    answer = await service.post("/tools/productsq", json={"q": "puntas"}, headers=headers)
    assert (answer.status_code, answer.json()["error"]["code"]) == (422, "invalid")


@pytest.mark.parametrize("body", [{}, {"q": " "}, {"q": "x" * 201}, {"q": ["puntas"]}, [], "puntas"])
async def test_a_body_of_another_shape_is_refused(service: httpx.AsyncClient, shop: Shop, body: Any) -> None:
    headers = {"X-Internal-Token": INTERNAL_TOKEN, "X-Tenant-ID": str(shop.tenant_id)}
    assert (await service.post("/tools/productsq", json=body, headers=headers)).status_code == 422
