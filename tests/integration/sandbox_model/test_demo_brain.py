"""The demo brain through a real agent, over both APIs: it calls the tools and repeats what they say."""

from __future__ import annotations

import json
from typing import Any

import pytest

from .conftest import Ask, ModelRoom, Shop, bubbles_of


async def test_a_product_question_is_answered_with_the_results_price_picture_and_link(ask: Ask, shop: Shop) -> None:
    opening, picture, facts = bubbles_of(await ask("Tenés puntas de danza talle 37?"))
    giselle = shop.products[0]
    assert shop.calls == [("search_specific_products", "puntas")]
    assert opening["text"].startswith("¡Hola! Sí, tenemos ")
    assert picture == {"image_url": giselle["image_url"]}
    assert giselle["name"] in facts["text"]
    assert "$ 49.900,00 (antes $ 58.900,00)" in facts["text"]
    assert "Talle 37: hay stock" in facts["text"]
    assert giselle["url"] in facts["text"].splitlines()


async def test_the_answer_follows_a_changed_name_and_price(ask: Ask, shop: Shop) -> None:
    shop.products[0]["name"] = "Puntas Copelia"
    for variant in shop.products[0]["variants"]:
        variant.update(price="61000.50", promotional_price=None)
    shop.products[0].update(price="61000.50", promotional_price=None)
    facts = bubbles_of(await ask("cuánto salen las puntas?"))[-1]["text"]
    assert "Puntas Copelia" in facts
    assert "Precio: $ 61.000,50" in facts
    assert "antes" not in facts


async def test_a_price_text_of_the_tool_is_used_as_given(ask: Ask, shop: Shop) -> None:
    shop.products[-1]["price_text"] = "$ 12.500 final"
    facts = bubbles_of(await ask("precio de las punteras"))[-1]["text"]
    assert "Precio: $ 12.500 final" in facts


async def test_an_asked_size_is_told_its_own_price_and_no_size_the_range(ask: Ask, shop: Shop) -> None:
    giselle = shop.products[0]
    giselle["price_text"] = "de $ 49.900,00 a $ 70.000,00"
    giselle["variants"][2].update(price=70000, promotional_price=None)
    assert "Precio: $ 70.000,00" in bubbles_of(await ask("puntas talle 37"))[-1]["text"]
    assert "Precio: de $ 49.900,00 a $ 70.000,00" in bubbles_of(await ask("precio de las puntas"))[-1]["text"]


async def test_a_size_without_stock_is_said_and_the_others_offered(ask: Ask) -> None:
    facts = bubbles_of(await ask("Hay malla negra en talle 10?"))[-1]["text"]
    assert "Talle 10, Negro: sin stock" in facts
    assert "12 / Negro" in facts


async def test_a_product_without_price_is_a_consultar(ask: Ask) -> None:
    assert "Precio: a consultar" in bubbles_of(await ask("cuánto cuesta el tutú?"))[-1]["text"]


async def test_an_empty_search_is_tried_shorter_and_ends_at_the_shop_window(ask: Ask, shop: Shop) -> None:
    opening, *_ = bubbles_of(await ask("Busco paraguas violetas"))
    assert [name for name, _ in shop.calls][-1] == "browse_general_storefront"
    assert len(shop.calls) == 4
    assert "No encontré paraguas violetas" in opening["text"]


async def test_a_size_alone_repeats_the_last_product_question(ask: Ask, shop: Shop) -> None:
    state = await ask("Tenés puntas talle 37?", "Sí, hay stock.", "y en 39?")
    assert shop.calls == [("search_specific_products", "puntas")]
    opening, *_, facts = bubbles_of(state)
    assert not opening["text"].startswith("¡Hola!")
    assert "Talle 39: sin stock" in facts["text"]


async def test_an_order_is_told_from_the_tools_answer(ask: Ask, shop: Shop) -> None:
    (told,) = bubbles_of(await ask("Hola! cómo viene mi pedido #102?"))
    assert shop.calls == [("orders", "102")]
    for part in ("#102", "enviado", "2 × Medias convertibles", "$ 43.022,00", "DEMO0000002AR"):
        assert part in told["text"]


async def test_a_denied_order_is_passed_on_in_the_tools_words(ask: Ask) -> None:
    (told,) = bubbles_of(await ask("mi pedido 999"))
    assert told["text"].endswith("No encuentro un pedido con ese número a tu nombre.")


async def test_the_order_number_is_asked_for_and_then_used(ask: Ask, shop: Shop) -> None:
    (question,) = bubbles_of(await ask("dónde está mi pedido?"))
    assert shop.calls == []
    await ask("dónde está mi pedido?", question["text"], "es el 102")
    assert shop.calls == [("orders", "102")]


async def test_asking_for_a_person_hands_over_with_one_model_call(ask: Ask, shop: Shop, room: ModelRoom) -> None:
    await ask("Quiero hablar con una persona")
    assert [name for name, _ in shop.calls] == ["derivhumano"]
    assert len(room.world.model.requests) == 1


async def test_a_tools_error_sentence_is_passed_on_without_more_searches(ask: Ask, shop: Shop) -> None:
    shop.broken = True
    (told,) = bubbles_of(await ask("tenés medias?"))
    assert "La tienda no responde en este momento" in told["text"]
    assert len(shop.calls) == 1


async def test_without_a_reply_tool_the_bubbles_are_parted_by_blank_lines(ask: Ask, shop: Shop) -> None:
    state = await ask("Tenés puntas de danza talle 37?", final="text")
    opening, picture, facts = state["messages"][-1].text.split("\n\n")
    assert "tenemos" in opening
    assert picture == shop.products[0]["image_url"]
    assert "$ 49.900,00" in facts


@pytest.mark.parametrize("text", ["[Imagen sin texto]", "[Imagen] tienen esta?", "[Video sin texto]"])
async def test_a_picture_without_words_is_kindly_asked_about(ask: Ask, shop: Shop, text: str) -> None:
    (told,) = bubbles_of(await ask("tenés puntas?", "Sí, tenemos.", text))
    assert "no puedo ver fotos" in told["text"]
    assert "qué estás buscando" in told["text"]
    assert shop.calls == []


async def test_a_picture_in_a_burst_with_a_question_leaves_the_question(ask: Ask, shop: Shop) -> None:
    await ask("[Imagen sin texto]\ntenés puntas talle 37?")
    assert shop.calls == [("search_specific_products", "puntas")]


async def test_a_tapped_button_hands_over_and_a_quote_is_searched_for(ask: Ask, shop: Shop) -> None:
    await ask("[Tocó el botón] Hablar con alguien")
    assert shop.calls.pop() == ("derivhumano", "Lo pide el cliente: Hablar con alguien")
    *_, facts = bubbles_of(await ask("[Responde a tu mensaje: «*Puntas Giselle*»] esa, la quiero"))
    assert shop.calls == [("search_specific_products", "puntas giselle")]
    assert "$ 49.900,00" in facts["text"]


async def test_a_catalogue_order_is_looked_up_and_taken(ask: Ask, shop: Shop) -> None:
    (told,) = bubbles_of(await ask("[Pedido del catálogo] 2 x SKU-REM-NEG-M ($ 18.999,00)\nMe lo mandan?"))
    assert shop.calls == [("search_specific_products", "SKU-REM-NEG-M")]
    assert "Recibí tu pedido de SKU-REM-NEG-M" in told["text"]


@pytest.mark.parametrize("greeting", ["hola", "Buenas tardes! cómo va?", "muchas gracias, chau", "sos un robot?"])
async def test_small_talk_calls_no_tool(ask: Ask, shop: Shop, greeting: str) -> None:
    (told,) = bubbles_of(await ask(greeting))
    assert told["text"]
    assert shop.calls == []


async def test_a_schema_reply_is_json_with_every_property(room: ModelRoom) -> None:
    schema: dict[str, Any] = {"type": "json_schema", "json_schema": {"name": "Reply", "schema": {}}}
    body = {
        "model": "m",
        "messages": [{"role": "user", "content": "hola"}],
        "response_format": schema,
    }
    answer = await room.http.post("/openai/v1/chat/completions", json=body)
    content = answer.json()["choices"][0]["message"]["content"]
    (bubble,) = json.loads(content)["bubbles"]
    assert set(bubble) == {"text", "image_url"}
