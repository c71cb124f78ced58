"""What a customer's words ask for: things, colours, sizes, codes, and other ways of saying them."""

import pytest

from nexus.orchestrator_service.catalogue.asked import Size, sizes_in, understand
from nexus.orchestrator_service.catalogue.words import singular, sound, stem, without_diminutive


def said(query: str) -> list[tuple[str, str]]:
    return [(term.kind, term.said) for term in understand(query).terms]


@pytest.mark.parametrize(
    ("query", "terms"),
    [
        ("Hola! tenés mallas negras?", [("word", "mallas"), ("colour", "negras")]),
        ("media punta talle 36", [("word", "media"), ("word", "punta"), ("size", "36")]),
        ("calza talle M", [("word", "calza"), ("size", "m")]),
        ("remera XL", [("word", "remera"), ("size", "xl")]),
        ("PUN-GIS-37", [("code", "pun-gis-37")]),
        ("pintura 20 litros", [("word", "pintura"), ("size", "20")]),
        ("medias sin pie", [("word", "medias"), ("word", "sin"), ("word", "pie")]),
        ("¿qué tal, cómo va?", []),
        ("", []),
    ],
)
def test_words_of_talking_are_left_out_and_sizes_colours_and_codes_are_told_apart(
    query: str, terms: list[tuple[str, str]]
) -> None:
    assert said(query) == terms


@pytest.mark.parametrize(
    ("asked", "offered", "fits"),
    [
        ("36", "36", True),
        ("36", "35-38", True),
        ("39", "35-38", False),
        ("20 litros", "20 l", True),
        ("20 litros", "20 kg", False),
        ("8", "8 mm", True),
        ("2.5", "2,5 mm", True),
        ("25 mts", "25 m", True),
        ("6 años", "6", True),
        ('10"', "10 pulgadas", True),
        ("xl", "XL", True),
    ],
)
def test_sizes_are_compared_as_people_mean_them(asked: str, offered: str, fits: bool) -> None:
    (size,) = sizes_in(asked)
    assert any(size.fits(other) for other in sizes_in(offered)) is fits


def test_an_age_is_a_size_and_a_number_of_a_name_has_its_unit() -> None:
    assert sizes_in("Cable unipolar 2,5 mm") == [Size("2.5", "mm")]
    assert [term.size for term in understand("malla nena 6 años").terms if term.size] == [Size("6")]


def test_the_shops_own_synonyms_count_beside_those_of_any_shop() -> None:
    own = [{"words": ["zapas de baile"], "means": ["media punta", "zapatillas"]}]
    (term,) = [t for t in understand("zapas de baile", own).terms if t.kind == "word"]
    assert term.ways == (("zapas", "baile"), ("media", "punta"), ("zapatillas",))
    (falda,) = understand("falda").terms
    assert ("pollera",) in falda.ways


def test_an_endless_question_stays_short() -> None:
    assert len(understand("zapatilla " * 500).terms) <= 12


@pytest.mark.parametrize(
    ("slip", "word"),
    [("sapatillas", "zapatilla"), ("buso", "buzo"), ("pinseles", "pincel"), ("maseta", "maceta"), ("jaz", "jazz")],
)
def test_what_sounds_alike_is_written_alike(slip: str, word: str) -> None:
    assert sound(slip) == sound(word)


def test_small_words_and_plurals_lead_to_their_word() -> None:
    assert without_diminutive("mallitas") == "mall"
    assert without_diminutive("malla") is None
    assert singular("luces") == "luz"
    assert stem("negras") == stem("negro")
