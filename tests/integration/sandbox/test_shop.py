"""The sandbox's Tienda Nube: credentials, lists, search, paging, limits and faults."""

from __future__ import annotations

import struct
import zlib

import httpx
import pytest

from .conftest import Sandbox

AGENT = {"User-Agent": "Nexus (soporte@example.test)"}


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({**AGENT, "Authorization": "Bearer shop-token"}, 200),
        ({**AGENT, "Authentication": "bearer shop-token"}, 200),
        ({**AGENT, "Authorization": "Bearer wrong"}, 401),
        (AGENT, 401),
        ({"User-Agent": "", "Authorization": "Bearer shop-token"}, 400),
    ],
)
async def test_either_auth_header_opens_the_shop_and_a_user_agent_is_needed(
    sandbox: Sandbox, headers: dict[str, str], status: int
) -> None:
    response = await sandbox.http.get("/tiendanube/2025-03/7654321/store", headers=headers)
    assert response.status_code == status
    if status == 401:
        expected = {"code": 401, "message": "Unauthorized", "description": "Invalid access token"}
        assert response.json() == expected


@pytest.mark.parametrize(
    ("query", "ids"),
    [
        ("PUNTA", {51001, 51002, 51003, 51004, 51012}),
        ("malla finos", {51008}),
        ("PUN-GIS-37", {51001}),
        ("tutú", {51010}),
        ("tutus", None),
    ],
)
async def test_search_covers_names_tags_and_skus_and_knows_no_plurals(
    sandbox: Sandbox, query: str, ids: set[int] | None
) -> None:
    response = await sandbox.shop("/products", q=query)
    if ids is None:
        assert response.status_code == 404
        assert response.json() == {"code": 404, "message": "Not Found", "description": "Last page is 0"}
    else:
        assert {product["id"] for product in response.json()} == ids


async def test_pages_have_links_counts_and_an_end(sandbox: Sandbox) -> None:
    first = await sandbox.shop("/products", per_page=5, fields="id,name")
    assert first.headers["x-total-count"] == "12"
    assert first.headers["x-main-language"] == "es"
    assert set(first.json()[0]) == {"id", "name"}
    following = first.links["next"]["url"]
    second = await sandbox.http.get(following, headers={**AGENT, "Authorization": "Bearer shop-token"})
    assert len(second.json()) == 5
    assert "page=3" in first.links["last"]["url"]
    past = await sandbox.shop("/products", per_page=5, page=4)
    assert (past.status_code, past.json()["description"]) == (404, "Last page is 3")


async def test_products_sort_by_price_and_filter_by_category(sandbox: Sandbox) -> None:
    response = await sandbox.shop("/products", category_id=41002, sort_by="price-descending")
    assert [product["id"] for product in response.json()] == [51002, 51001]
    one = await sandbox.shop("/products/sku/PUN-GIS-37")
    assert one.json()["id"] == 51001


async def test_a_product_can_be_changed_while_the_shop_is_open(sandbox: Sandbox) -> None:
    variant = (await sandbox.shop("/products/51001")).json()["variants"][1]
    changes = {"name": {"es": "Puntas Nuevas"}, "variants": [{"id": variant["id"], "stock": 9}]}
    await sandbox.control("PATCH", "/shops/7654321/products/51001", price="1234.00", **changes)
    product = (await sandbox.shop("/products/51001")).json()
    assert product["name"] == {"es": "Puntas Nuevas"}
    assert {v["price"] for v in product["variants"]} == {"1234.00"}
    assert product["variants"][1]["stock"] == 9
    assert product["variants"][1]["sku"] == variant["sku"]


async def test_orders_are_found_by_number_or_person_and_differ_between_versions(sandbox: Sandbox) -> None:
    [order] = (await sandbox.shop("/orders", q="102", aggregates="fulfillment_orders")).json()
    assert order["number"] == 102
    assert order["fulfillments"][0]["tracking_info"]["code"]
    assert "_legacy_v1_fields" not in order
    headers = {**AGENT, "Authorization": "Bearer shop-token"}
    old = (await sandbox.http.get(f"/tiendanube/v1/7654321/orders/{order['id']}", headers=headers)).json()
    assert old["shipping_tracking_number"] == order["fulfillments"][0]["tracking_info"]["code"]
    assert "fulfillments" not in old
    by_person = (await sandbox.shop("/orders", q="cliente.dos@")).json()
    assert [found["number"] for found in by_person] == [102]
    assert (await sandbox.shop("/orders", q="1155500002")).status_code == 404


async def test_the_bucket_holds_forty_requests(sandbox: Sandbox) -> None:
    answers = [await sandbox.shop("/store", fields="id") for _ in range(60)]
    limited = [answer for answer in answers if answer.status_code == 429]
    assert answers[0].headers["x-rate-limit-remaining"] == "39"
    assert limited
    assert 0 < int(limited[0].headers["x-rate-limit-reset"]) <= 20_000


async def test_two_shops_have_their_own_content_and_tokens(sandbox: Sandbox) -> None:
    guitar = {"id": 1, "name": "Guitarra criolla", "variants": [{"price": "99000.00", "stock": 2}]}
    await sandbox.control(
        "POST",
        "/shops",
        store_id="222",
        access_token="second",
        domain="musica.example.test",
        products=[guitar],
        categories=[],
        orders=[],
    )
    url = "/tiendanube/2025-03/222/products"
    mine = await sandbox.http.get(url, headers={**AGENT, "Authorization": "Bearer second"})
    [product] = mine.json()
    assert product["name"] == {"es": "Guitarra criolla"}
    assert product["canonical_url"] == "https://musica.example.test/productos/guitarra-criolla/"
    foreign = await sandbox.http.get(url, headers={**AGENT, "Authorization": "Bearer shop-token"})
    assert foreign.status_code == 401


async def test_product_pictures_are_real_pngs_of_this_host(sandbox: Sandbox) -> None:
    product = (await sandbox.shop("/products/51001")).json()
    source = product["images"][0]["src"]
    assert source.startswith(str(sandbox.http.base_url))
    picture = await sandbox.http.get(source)
    assert picture.headers["content-type"] == "image/png"
    assert picture.content.startswith(b"\x89PNG\r\n\x1a\n")
    width, height = struct.unpack(">II", picture.content[16:24])
    start = picture.content.index(b"IDAT")
    length = struct.unpack(">I", picture.content[start - 4 : start])[0]
    pixels = zlib.decompress(picture.content[start + 4 : start + 4 + length])
    assert len(pixels) == (width + 1) * height


@pytest.mark.parametrize(("kind", "status"), [("401", 401), ("429", 429), ("500", 500), ("503", 503)])
async def test_shop_faults_show_once_and_only_where_they_match(sandbox: Sandbox, kind: str, status: int) -> None:
    fault = {"target": "tiendanube", "kind": kind, "match": {"path_contains": "orders"}}
    await sandbox.control("POST", "/faults", **fault)
    assert (await sandbox.shop("/store")).status_code == 200
    assert (await sandbox.shop("/orders")).status_code == status
    assert (await sandbox.shop("/orders")).status_code == 200


async def test_a_shop_can_cut_the_connection(sandbox: Sandbox) -> None:
    await sandbox.control("POST", "/faults", target="tiendanube", kind="reset")
    with pytest.raises(httpx.TransportError):
        await sandbox.shop("/products")
