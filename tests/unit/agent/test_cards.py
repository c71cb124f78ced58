"""A product as the customer sees it: code's words for price, stock, sizes and link."""

from typing import Any

import pytest
from langchain_core.messages import AIMessage

from nexus.gateways.tiendanube.parse import product_item
from nexus.orchestrator_service.agent.bubbles import paragraphs, products_in, to_send
from nexus.orchestrator_service.agent.cards import LONGEST_CAPTION, card, fill_placeholders, short_list
from nexus.orchestrator_service.agent.context import Findings
from nexus.orchestrator_service.agent.ending import said_in
from nexus.orchestrator_service.agent.reply import ModelBubble

SHOP = "https://danza.mitiendanube.com/productos"


def variant(number: int, values: list[str], price: str | None, stock: int | None = 3, promo: str | None = None) -> Any:
    return {
        "id": number,
        "values": [{"es": value} for value in values],
        "price": price,
        "promotional_price": promo,
        "stock_management": stock is not None,
        "stock": stock,
    }


def product(number: int, name: str, attributes: list[str], variants: list[Any], picture: str | None = None) -> Any:
    return product_item(
        {
            "id": number,
            "name": {"es": name},
            "attributes": [{"es": attribute} for attribute in attributes],
            "variants": variants,
            "canonical_url": f"{SHOP}/{number}/",
            "images": [{"src": picture, "position": 1}] if picture else [],
        }
    )


SHOES = product(
    1,
    "Puntas Giselle",
    ["Talle", "Color"],
    [
        variant(11, ["36", "Negro"], "58900.00", 2, "49900.00"),
        variant(12, ["37", "Negro"], "58900.00", 1, "49900.00"),
        variant(13, ["37", "Rosa"], "58900.00", None, "49900.00"),
        variant(14, ["38", "Rosa"], "70000.00", 0),
    ],
    "https://img.example/puntas.jpg",
)
SOCKS = product(2, "Medias", ["Talle"], [variant(21, ["S"], "9000.00"), variant(22, ["M"], "9500.50")])
TUTU = product(3, "Tutú de plato", [], [variant(31, [], None, None)], "https://img.example/tutu.jpg")


def found(*items: Any) -> Findings:
    findings = Findings()
    findings.add_products([dict(item) for item in items or (SHOES, SOCKS, TUTU)])
    return findings


def sent(*said: ModelBubble, findings: Findings | None = None) -> list[tuple[str, str, str | None]]:
    bubbles = to_send(list(said), findings or found(), None)
    return [(b.message_type, b.content, b.caption) for b in bubbles]


def test_a_card_has_the_price_with_the_previous_one_what_is_in_stock_and_the_page() -> None:
    assert card(SHOES) == (
        f"*Puntas Giselle*\n$ 49.900,00 (antes $ 58.900,00)\nTalles en stock:\n• Negro: 36, 37\n• Rosa: 37\n{SHOP}/1/"
    )
    assert card(SOCKS) == f"*Medias*\nDe $ 9.000,00 a $ 9.500,50\nTalles: S, M\n{SHOP}/2/"
    assert card(TUTU) == f"*Tutú de plato*\nPrecio a consultar\nHay stock\n{SHOP}/3/"


def test_a_card_of_a_variant_leads_to_it_and_offers_what_there_is_only_when_it_is_sold_out() -> None:
    assert card(SHOES, SHOES["variants"][1]) == (
        f"*Puntas Giselle*\n$ 49.900,00 (antes $ 58.900,00)\nTalle 37 · Color Negro: queda 1\n{SHOP}/1/?variant=12"
    )
    sold_out = next(one for one in SHOES["variants"] if one["id"] == 14)
    assert card(SHOES, sold_out).splitlines()[1:4] == [
        "$ 70.000,00",
        "Talle 38 · Color Rosa: sin stock por ahora",
        "Talles en stock:",
    ]


def test_a_price_that_could_not_be_read_now_says_of_when_it_is() -> None:
    assert "(precio y stock del 26/11 a las 14:05)" in card({**SOCKS, "as_of_text": "26/11 a las 14:05"})


def test_a_card_never_outgrows_a_caption_and_keeps_its_page() -> None:
    many = product(
        9, "Remera", ["Talle", "Color"], [variant(100 + n, ["M", f"color de nombre muy largo {n}"], "10.00")
                                          for n in range(60)])  # fmt: skip
    assert len(card(many)) <= LONGEST_CAPTION
    assert card(many).splitlines()[-2:] == ["• y más en el link", f"{SHOP}/9/"]


def test_a_bubble_with_a_product_is_its_picture_with_the_card_below_after_the_models_words() -> None:
    assert sent(ModelBubble(text="¡Mirá!", product_id=1, variant_id=12, image_url=SHOES["image_url"])) == [
        ("text", "¡Mirá!", None),
        ("image", SHOES["image_url"], card(SHOES, SHOES["variants"][1])),
    ]
    assert sent(ModelBubble(product_id=2)) == [("text", card(SOCKS), None)]


def test_what_the_query_named_chooses_the_variant_when_it_names_one() -> None:
    [(_, _, one)] = sent(
        ModelBubble(product_id=1),
        findings=found({**SHOES, "matched": {"options": {"Talle": "37", "Color": "Rosa"}}}),
    )
    assert one and "?variant=13" in one
    [(_, _, many)] = sent(ModelBubble(product_id=1), findings=found({**SHOES, "matched": {"options": {"Talle": "37"}}}))
    assert many and "?variant=" not in many


def test_several_products_are_one_card_and_one_short_list() -> None:
    said = [
        ModelBubble(text="Tengo tres:"),
        *(ModelBubble(product_id=n) for n in (1, 2, 3)),
        ModelBubble(text="¿Cuál?"),
    ]
    assert sent(*said) == [
        ("text", "Tengo tres:", None),
        ("image", SHOES["image_url"], card(SHOES)),
        ("text", short_list([(SOCKS, None), (TUTU, None)]), None),
        ("text", "¿Cuál?", None),
    ]
    assert short_list([(SOCKS, None), (TUTU, None)]) == (
        f"Otras opciones:\n• *Medias*: de $ 9.000,00 a $ 9.500,50 (S y M)\n{SHOP}/2/\n"
        f"• *Tutú de plato*: precio a consultar (talle único)\n{SHOP}/3/"
    )


def test_too_many_bubbles_lose_no_card() -> None:
    findings = found()
    said = [
        ModelBubble(text="Uno"),
        ModelBubble(product_id=1),
        ModelBubble(text="dos"),
        ModelBubble(image_url=TUTU["image_url"]),
        ModelBubble(text="tres"),
    ]
    assert [kind for kind, _, _ in sent(*said, findings=findings)] == ["text", "image", "text", "text"]


def test_an_unknown_product_is_no_card_and_is_noted() -> None:
    findings = found()
    assert sent(ModelBubble(text="Tengo esta", product_id=77), findings=findings) == [("text", "Tengo esta", None)]
    assert findings.unfilled == ["{ficha:77}"]


@pytest.mark.parametrize(
    ("text", "filled", "unfilled"),
    [
        ("Sale {precio:1} y {stock:1:12}.", "Sale $ 49.900,00 (antes $ 58.900,00) y queda 1.", []),
        ("Está {precio:3}", "Está precio a consultar", []),
        ("Hay {talles:1}", "Hay 36 y 37 en negro; 37 en rosa", []),
        ("Hay { talle : 2 } acá:\n{link:2}", f"Hay S y M acá:\n{SHOP}/2/", []),
        ("{link:1:13}", f"{SHOP}/1/?variant=13", []),
        ("¡Hola! Sale {precio:99}. ¿Te sirve?", "¡Hola! ¿Te sirve?", ["{precio:99}"]),
        ("Sale {precio:1:999}", "", ["{precio:1:999}"]),
        ("Uno\n{descuento:1}\nDos", "Uno\nDos", ["{descuento:1}"]),
        ("Sin llaves", "Sin llaves", []),
    ],
)
def test_placeholders_are_filled_by_code_or_their_sentence_goes(text: str, filled: str, unfilled: list[str]) -> None:
    findings = found()
    assert fill_placeholders(text, findings) == filled
    assert findings.unfilled == unfilled


def test_a_model_that_answers_in_plain_text_has_cards_and_placeholders_too() -> None:
    said = said_in({"messages": [AIMessage("{ficha:1:12}\n\nSale {precio:1:12}")]})
    assert said == paragraphs("{ficha:1:12}\n\nSale {precio:1:12}")
    assert sent(*said) == [
        ("image", SHOES["image_url"], card(SHOES, SHOES["variants"][1])),
        ("text", "Sale $ 49.900,00 (antes $ 58.900,00)", None),
    ]


def test_shown_products_are_told_in_the_order_in_which_the_customer_sees_them() -> None:
    findings = found()
    bubbles = to_send([ModelBubble(product_id=3), ModelBubble(product_id=1)], findings, None)
    assert [one["id"] for one in products_in(bubbles, findings)] == [3, 1]
