""" "El segundo", "ese en negro" and "el de 45 mil" over what was shown last (issue 6, build 5)."""

import json
from datetime import UTC, datetime

import pytest

from nexus.orchestrator_service.agent.pointing import pointing_note, shown_products
from nexus.store.memory import QuotedMessage, SaidMessage

THREE = shown_products(
    json.dumps(
        [
            {"id": 1, "name": "Puntas Giselle", "price": 58900},
            {"id": 2, "name": "Puntas Kitri", "price": 45250.5},
            {"id": 3, "name": "Media punta", "price": None},
        ]
    )
)
ONE = THREE[:1]


def said(text: str, quoted: str | None = None) -> SaidMessage:
    answered = QuotedMessage("bot", "text", quoted) if quoted else None
    return SaidMessage("user", "customer", "text", text, datetime(2026, 11, 23, tzinfo=UTC), quoted=answered)


@pytest.mark.parametrize(
    ("text", "product"),
    [
        ("el segundo", 2),
        ("me gusta la primera, la tenés en 37?", 1),
        ("del tercero hay stock?", 3),
        ("el último", 3),
        ("quiero la opción 2", 2),
        ("el de 45 mil", 2),
        ("la de $58.900", 1),
        ("el que sale 58900", 1),
        ("la más barata", 2),
        ("el mas caro en negro", 1),
    ],
)
def test_a_place_or_a_price_names_the_product(text: str, product: int) -> None:
    told = pointing_note([said(text)], THREE)
    assert told.startswith("Por lo último que le mostraste, el cliente habla de:")
    assert f"(id {product})" in told
    assert told.count("(id") == 1


def test_two_places_name_two_products_in_the_order_said() -> None:
    told = pointing_note([said("la segunda y la primera")], THREE)
    assert told.index("(id 2)") < told.index("(id 1)")


@pytest.mark.parametrize("text", ["ese en negro?", "la quiero", "y en 38?", "me la llevo", "esas las tenés en rosa?"])
def test_that_one_is_the_only_one_shown_and_of_several_the_customer_is_asked(text: str) -> None:
    assert "(id 1)" in pointing_note([said(text)], ONE)
    assert "preguntale cuál" in pointing_note([said(text)], THREE)


def test_that_one_is_the_product_of_the_message_that_she_answers() -> None:
    assert "(id 2)" in pointing_note([said("ese en negro?", quoted="*Puntas Kitri*\n$ 45.250,50")], THREE)


@pytest.mark.parametrize(
    "text",
    ["hola", "es la primera vez que compro", "el segundo piso", "el de 37 hay?", "el quinto", "el de 99 mil",
     "calzo 37", "el 2 de diciembre quiero un turno"],
)  # fmt: skip
def test_what_points_at_nothing_gets_no_note(text: str) -> None:
    assert pointing_note([said(text)], THREE) == ""


def test_without_products_shown_nothing_is_pointed_at() -> None:
    assert pointing_note([said("el segundo")], []) == ""
    for copy in ("{", "null", '[{"id": 1}]', "[1]", '{"a": 1}', None):
        assert shown_products(copy) == []
