"""Tienda Nube's traps, one by one (reference/tiendanube.md sections 0, 2 and 7)."""

import json
from pathlib import Path
from typing import Any

import pytest

from nexus.gateways.tiendanube.parse import (
    localized,
    money,
    money_text,
    plain_text,
    product_item,
    web_address,
)

SHOP = Path(__file__).parents[3] / "src" / "nexus" / "sandbox" / "data" / "shop.json"


def variant(**changes: Any) -> dict[str, Any]:
    base = {
        "id": 1, "values": [{"es": "37"}], "price": "100.00", "promotional_price": None,
        "stock_management": True, "stock": 2, "cost": "40.00", "sku": "X",
    }  # fmt: skip
    return base | changes


def product(*variants: dict[str, Any], **changes: Any) -> dict[str, Any]:
    base = {
        "id": 7, "name": {"es": "Punta"}, "description": {"es": "<p>Raso &amp; cuero</p>"},
        "attributes": [{"es": "Talle"}], "canonical_url": "http://t.example/p/", "variants": list(variants),
        "images": [{"src": "http://i.example/2.webp", "position": 2}, {"src": "//i.example/1.webp", "position": 1}],
    }  # fmt: skip
    return base | changes


@pytest.mark.parametrize(
    ("api", "text"),
    [
        ("2500.00", "$ 2.500,00"), ("49900.00", "$ 49.900,00"), ("1250000.00", "$ 1.250.000,00"),
        ("27900.50", "$ 27.900,50"), ("0.00", "$ 0,00"), ("999.90", "$ 999,90"),
    ],
)  # fmt: skip
def test_amounts_are_written_as_in_argentina(api: str, text: str) -> None:
    amount = money(api)
    assert amount is not None
    assert money_text(amount) == text


@pytest.mark.parametrize("nothing", [None, "", "consultar", "NaN", "Infinity", True, {}])
def test_what_is_no_amount_is_none_and_never_zero(nothing: object) -> None:
    assert money(nothing) is None


def test_a_name_is_read_in_the_shops_language_else_in_any() -> None:
    assert localized({"pt": "Sapatilha", "es": "Zapatilla"}, "pt") == "Sapatilha"
    assert localized({"pt": "Sapatilha", "es": "Zapatilla"}, "en") == "Zapatilla"
    assert localized({"pt": "Sapatilha", "en": ""}) == "Sapatilha"
    assert localized("llano") == "llano"
    assert localized(None) == localized({}) == ""


def test_prices_come_from_the_variants_and_the_item_has_every_field_of_the_ruling() -> None:
    item = product_item(product(variant(promotional_price="80.50")))
    assert item["price"] == 100
    assert item["promotional_price"] == 80.5
    assert item["price_to"] is None
    assert item["price_text"] == "$ 80,50 (antes $ 100,00)"
    assert item["description"] == "Raso & cuero"
    assert item["url"] == "https://t.example/p/"
    assert item["image_url"] == "https://i.example/1.webp"
    assert item["variants"][0]["options"] == {"Talle": "37"}
    assert item["variants"][0]["values"] == ["37"]


def test_the_owners_cost_is_dropped() -> None:
    assert "40.00" not in json.dumps(product_item(product(variant(), owner_note="pagar al proveedor")))
    assert "proveedor" not in json.dumps(product_item(product(variant(), owner_note="pagar al proveedor")))


def test_variants_of_different_prices_make_a_range() -> None:
    item = product_item(product(variant(price="300.00", promotional_price="250.00"), variant(price="100.00")))
    assert (item["price"], item["price_to"]) == (100, 250)
    assert item["price_text"] == "de $ 100,00 a $ 250,00"


def test_a_null_price_is_on_request() -> None:
    item = product_item(product(variant(price=None, promotional_price="5.00")))
    assert item["price"] is None
    assert item["price_text"] == "precio a consultar"
    assert item["variants"][0]["promotional_price"] is None


def test_a_promotion_that_is_no_reduction_is_ignored() -> None:
    assert product_item(product(variant(promotional_price="120.00")))["promotional_price"] is None
    assert product_item(product(variant(promotional_price="0.00")))["promotional_price"] is None


def test_uncounted_stock_is_unlimited_and_zero_is_sold_out() -> None:
    unlimited = product_item(product(variant(stock_management=False, stock=None), variant(stock=0)))
    assert (unlimited["stock"], unlimited["in_stock"]) == (None, True)
    sold_out = product_item(product(variant(stock=0), variant(stock=0)))
    assert (sold_out["stock"], sold_out["in_stock"]) == (0, False)
    assert product_item(product(variant(stock=2), variant(stock=3)))["stock"] == 5


def test_of_many_variants_those_in_stock_are_told_first() -> None:
    many = [variant(id=i, stock=0) for i in range(70)] + [variant(id=99, stock=1)]
    told = product_item(product(*many))["variants"]
    assert told[0]["id"] == 99
    assert len(told) == 60


def test_a_product_without_images_or_options_is_fine() -> None:
    item = product_item(product(variant(values=[]), images=[], attributes=[], canonical_url=None))
    assert (item["image_url"], item["url"], item["variants"][0]["options"]) == (None, None, {})


@pytest.mark.parametrize(
    ("written", "address"),
    [
        ("http://x.example/a.webp", "https://x.example/a.webp"),
        ("http://127.0.0.1:8900/images/1.png", "http://127.0.0.1:8900/images/1.png"),
        ("http://localhost/1.png", "http://localhost/1.png"),
        ("javascript:alert(1)", None), ("ftp://x.example/a", None), ("https://", None), ("http://[", None),
        ("https://x.example/a b", None), (None, None), (5, None),
    ],
)  # fmt: skip
def test_addresses_become_https_and_only_the_sandbox_keeps_http(written: object, address: str | None) -> None:
    assert web_address(written) == address


def test_a_description_is_cut_at_a_word() -> None:
    told = plain_text("<ul><li>" + "palabra " * 100 + "</li></ul>")
    assert len(told) <= 300
    assert told.endswith("palabra…")


def test_every_product_of_the_fixture_shop_is_read() -> None:
    for raw in json.loads(SHOP.read_text(encoding="utf-8"))["products"]:
        item = product_item(raw)
        assert item["name"]
        assert "<" not in item["description"]
        assert len(item["variants"]) == len(raw["variants"])
