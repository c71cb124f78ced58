"""How a customer's words become searches, and how results and categories are told apart."""

from typing import Any

import pytest

from nexus.orchestrator_service.catalogue.products import attempts, matching_categories, ranked, search_id
from nexus.orchestrator_service.catalogue.words import fold, singular, stem


def test_folding_hides_accents_and_tildes() -> None:
    assert fold("TUTÚ niña") == "tutu nina"


@pytest.mark.parametrize(
    ("word", "one"), [("puntas", "punta"), ("pantalones", "pantalon"), ("más", "más"), ("tutús", "tutú")]
)
def test_plurals(word: str, one: str) -> None:
    assert singular(word) == one


def test_gender_and_number_share_a_stem() -> None:
    assert stem("negras") == stem("Negro") == stem("negra")


def test_attempts_go_from_what_was_asked_to_the_longest_word() -> None:
    tried = attempts("Puntas de danza talle 37")
    assert tried[0] == "Puntas de danza talle 37"
    assert tried[-1] == "punta"
    assert "punta danza" in tried
    assert len(tried) <= 5


def test_a_code_or_a_size_alone_is_still_asked() -> None:
    assert attempts("PUN-GIS-37")[0] == "PUN-GIS-37"
    assert attempts("37") == ["37"]
    assert attempts("   ") == []


def item(name: str, *values: str, in_stock: bool = True) -> dict[str, Any]:
    return {"name": name, "description": "", "in_stock": in_stock, "variants": [{"values": list(values)}]}


def test_names_count_more_than_options_and_stock_breaks_ties() -> None:
    products = [
        item("Malla", "Negro"),
        item("Malla bordó"),
        item("Malla", "Bordó"),
        item("Bordó malla", in_stock=False),
    ]
    order = [products.index(one) for one in ranked(products, "mallas bordo")]
    assert order == [1, 3, 2, 0]


CATEGORIES = [
    {"id": 1, "name": "Calzado", "parent": None, "visible": True},
    {"id": 2, "name": "Zapatillas de punta", "parent": 1, "visible": True},
    {"id": 3, "name": "Niñas", "parent": 2, "visible": True},
    {"id": 4, "name": "Calzado viejo", "parent": None, "visible": True},
    {"id": 5, "name": "Oculta", "parent": 1, "visible": False},
]


def test_a_category_brings_all_that_is_below_it_and_nothing_hidden() -> None:
    assert matching_categories(CATEGORIES, "calzados") == [1, 2, 3]
    assert matching_categories(CATEGORIES, "oculta") == []


def test_a_part_of_a_name_will_do_and_an_empty_name_matches_nothing() -> None:
    assert matching_categories(CATEGORIES, "punta") == [2, 3]
    assert matching_categories(CATEGORIES, "") == []


def test_a_ring_of_categories_ends() -> None:
    ring = [
        {"id": 1, "name": "Uno", "parent": 2, "visible": True},
        {"id": 2, "name": "Dos", "parent": 1, "visible": True},
    ]
    assert matching_categories(ring, "uno") == [1, 2]


def test_the_same_search_of_two_tenants_has_two_keys() -> None:
    assert search_id(1, "t", {"q": "a"}) != search_id(2, "t", {"q": "a"})
    assert search_id(1, "t", {"q": "a"}) == search_id(1, "t", {"q": "a"})
