"""The order of what was found, on words that were looked up before."""

from typing import Any

from nexus.orchestrator_service.catalogue.asked import understand
from nexus.orchestrator_service.catalogue.document import document_of, words_in
from nexus.orchestrator_service.catalogue.ranking import Hit, Vocabulary, matched_options, ranked
from nexus.orchestrator_service.catalogue.words import stem_of

CATEGORIES = {
    1: {"id": 1, "name": "Calzado", "parent": None, "visible": True},
    2: {"id": 2, "name": "Media punta", "parent": 1, "visible": True},
    3: {"id": 3, "name": "Oculta", "parent": None, "visible": False},
}


def product(
    product_id: int, name: str, *, tags: str = "", options: str = "", about: str = "", **more: Any
) -> dict[str, Any]:
    values = [[{"es": part} for part in variant.split("/")] for variant in options.split()] or [[]]
    return {
        "id": product_id,
        "name": {"es": name},
        "tags": tags,
        "description": {"es": about},
        "attributes": [{"es": "Talle"}, {"es": "Color"}][: len(values[0])],
        "variants": [{"id": n, "price": "1.00", "values": value, "stock": 1} for n, value in enumerate(values)],
        **more,
    }


def found(query: str, *products: dict[str, Any]) -> list[Hit]:
    """As the index ranks them, the vocabulary being the products' own words."""
    rows = [{"id": d.id, "words": d.words, "in_stock": True} for d in (document_of(p, CATEGORIES, 1) for p in products)]
    words = {word for row in rows for key in ("name", "labels", "body") for word in row["words"][key]}
    words |= {w for row in rows for variant in row["words"]["variants"] for value in variant for w in words_in(value)}
    asked = understand(query)
    forms = {
        a: {word: 1.0 if word == a else 0.8 for word in words if word == a or stem_of(word) == stem_of(a)}
        for a in asked.words
    }
    return ranked(asked, Vocabulary(forms, dict.fromkeys(words, 1), len(rows)), rows, 10)


def ids(query: str, *products: dict[str, Any]) -> list[int]:
    return [hit.id for hit in found(query, *products)]


def test_the_form_that_was_said_is_not_the_shoe_that_shares_its_stem() -> None:
    tights, shoe = product(1, "Medias convertibles"), product(2, "Media punta de lona")
    assert ids("medias", shoe, tights)[0] == 1
    assert ids("media punta", tights, shoe) == [2]


def test_names_come_before_tags_and_these_before_descriptions() -> None:
    by_name, by_tag = product(1, "Zapatos de jazz"), product(2, "Botita", tags="jazz")
    by_text = product(3, "Polainas", about="<p>Para <b>jazz</b></p>")
    assert ids("jazz", by_text, by_tag, by_name)[:1] == [1]
    assert ids("jazz", by_text, by_tag)[0] == 2


def test_what_a_thing_is_for_counts_less_than_what_it_is() -> None:
    ribbon, shoe = product(1, "Cintas para puntas"), product(2, "Puntas Giselle")
    assert ids("puntas", ribbon, shoe)[0] == 2
    assert ids("cintas para las puntas", shoe, ribbon) == [1]


def test_a_size_and_a_colour_have_to_be_those_of_one_variant() -> None:
    right, crossed = product(1, "Malla", options="S/Negro M/Rosa"), product(2, "Malla", options="M/Negro S/Rosa")
    (hit,) = found("malla negra talle M", right, crossed)
    assert (hit.id, hit.matched) == (2, {"Talle": "M", "Color": "Negro"})


def test_what_lacks_the_colour_is_an_alternative_only_when_nothing_has_it() -> None:
    black, red = product(1, "Malla", options="S/Negro"), product(2, "Malla", options="S/Rojo")
    assert [(hit.id, hit.alternative) for hit in found("malla roja", black, red)] == [(2, False)]
    assert [(hit.id, hit.alternative) for hit in found("malla roja", black)] == [(1, True)]


def test_a_code_leads_to_its_product_alone() -> None:
    coded = product(1, "Puntas Giselle")
    coded["variants"][0]["sku"] = "PUN-GIS-37"
    assert ids("PUN-GIS-37", coded, product(2, "Puntas Odette")) == [1]


def test_the_variants_that_were_asked_for_are_named() -> None:
    variants = [["S", "Negro"], ["M", "Verde militar"]]
    assert matched_options(understand("calza verde"), ["Talle", "Color"], variants) == {"Color": "Verde militar"}
    assert matched_options(understand("calza"), ["Talle", "Color"], variants) == {}


def test_a_product_has_the_words_of_its_categories_and_of_all_above_but_not_of_hidden_ones() -> None:
    made = document_of(product(1, "Lona", categories=[{"id": 2}, 3], tags=["x"], seo_title="y"), CATEGORIES, 7)
    assert {"media", "punta", "calzado"} <= set(made.words["labels"])
    assert "oculta" not in made.words["labels"]
    assert all(mark in made.search for mark in ("'#7'", "'@1'", "'@2'", "'lona':1A"))
    assert "'@3'" not in made.search
