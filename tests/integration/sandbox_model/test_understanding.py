"""What the demo brain understands of a customer's Spanish."""

from __future__ import annotations

import pytest

from nexus.sandbox.brain import wish_of
from nexus.sandbox.brain_words import search_words, understand
from nexus.sandbox.model_request import Ask, read_ask


@pytest.mark.parametrize(
    ("text", "intent"),
    [
        ("hola", "greeting"),
        ("Buenas, buen día!", "greeting"),
        ("gracias!", "thanks"),
        ("hasta luego", "thanks"),
        ("Tenés puntas de danza talle 37?", "product"),
        ("cuánto salen las medias?", "product"),
        ("tutú", "product"),
        ("y en 38?", "product"),
        ("me pasás el link?", "product"),
        ("Quiero hacer un pedido de 3 mallas", "product"),
        ("Buenísimo, y la malla cuánto sale?", "product"),
        ("qué venden?", "catalogue"),
        ("tenés catálogo?", "catalogue"),
        ("dónde está mi pedido", "order"),
        ("Compré el lunes y no me llegó nada", "order"),
        ("quiero hablar con una persona", "human"),
        ("Pasame con un asesor", "human"),
        ("me llegó rota la malla", "human"),
        ("esto es una estafa", "human"),
        ("hacen envíos a Córdoba?", "other"),
        ("sos un robot?", "other"),
        ("", "other"),
    ],
)
def test_a_message_has_its_intent(text: str, intent: str) -> None:
    assert understand(text).intent == intent


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Tenés puntas de danza talle 37?", ("puntas",)),
        ("Hola! quería saber cuánto salen las medias de red", ("medias", "red")),
        ("algo para ballet", ("ballet",)),
        ("[Hoy es domingo 23. Cliente: Lucía]\nBusco una malla", ("malla",)),
    ],
)
def test_only_words_worth_searching_for_are_kept(text: str, words: tuple[str, ...]) -> None:
    assert understand(text).words == words


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("puntas talle 37", "37"),
        ("puntas nro 36", "36"),
        ("y en 38?", "38"),
        ("malla en XL", "XL"),
        ("malla talle m", "M"),
        ("medias S/M", "S/M"),
        ("2 pares de medias", None),
        ("en 12 cuotas las puntas", None),
        ("una malla linda", None),
    ],
)
def test_the_asked_size_is_found(text: str, size: str | None) -> None:
    assert understand(text).size == size


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("mi pedido 101", "101"),
        ("#1023", "1023"),
        ("pedido nro 7", "7"),
        ("cuando llega mi pedido?", None),
    ],
)
def test_the_order_number_is_found(text: str, number: str | None) -> None:
    wish = understand(text)
    assert (wish.intent, wish.order_number) == ("order", number)


@pytest.mark.parametrize(
    ("burst", "words", "size"),
    [
        (["Hola", "Tenés", "puntas", "de danza", "talle 37?"], ("puntas",), "37"),
        (["tenés mallas?", "en negro", "gracias!"], ("mallas", "negro"), None),
        (["tenés mallas?", "y medias?"], ("medias",), None),
    ],
)
def test_a_burst_is_read_as_a_whole(burst: list[str], words: tuple[str, ...], size: str | None) -> None:
    wish = wish_of(_heard(*burst))
    assert (wish.intent, wish.words, wish.size) == ("product", words, size)


def test_an_order_number_in_a_message_of_its_own_belongs_to_the_order() -> None:
    assert wish_of(_heard("hola, mi pedido", "102")).order_number == "102"


QUOTE = "[Responde a tu mensaje: «{}»] "
ADVERTISED = "[Llegó por el anuncio «Puntas de verano»: Envio gratis en 48 h]\n"


@pytest.mark.parametrize(
    ("text", "words", "size"),
    [
        ("[Audio transcripto] Tenés puntas de danza talle 37?", ("puntas",), "37"),
        ("[Audio transcripto] Hola, ¿tenés puntas de danza talle treinta y siete?", ("puntas",), "37"),
        ("[Imagen] tienen puntas rosas?", ("puntas", "rosas"), None),
        ("[Eligió de la lista] Remeras — 32 productos", ("remeras",), None),
        (QUOTE.format("*Puntas Giselle* Precio: $ 49.900,00") + "esa, la quiero", ("puntas", "giselle"), None),
        (QUOTE.format("Sí, tenemos Puntas Giselle en talle 37 😊") + "y en 38?", ("puntas", "giselle"), "38"),
        (QUOTE.format("Sí, tenemos Mallas 😊") + "la tenés en negro?", ("mallas", "negro"), None),
        (QUOTE.format("Sí, tenemos Mallas 😊") + "y medias?", ("medias",), None),
        (QUOTE.format("una foto") + "[Audio transcripto] cuánto salen las medias?", ("medias",), None),
        (ADVERTISED + "Hola, quiero mas info", ("puntas", "verano"), None),
        (ADVERTISED + "tenés mallas?", ("mallas",), None),
        ("[Pregunta por el producto SKUREM del catálogo]\nla tenés?", ("skurem",), None),
    ],
)
def test_the_words_after_a_note_decide_and_else_what_they_point_at(
    text: str, words: tuple[str, ...], size: str | None
) -> None:
    wish = wish_of(_heard(f"{text}\n\n[Ahora es lunes 23/11/2026 14:05.]"))
    assert (wish.intent, wish.words, wish.size) == ("product", words, size)


@pytest.mark.parametrize(
    ("text", "intent"),
    [
        ("[Tocó el botón] Hablar con alguien", "human"),
        ("[Audio transcripto] Quiero hablar con una persona.", "human"),
        ("[Tocó el botón] Confirmo", "other"),
        ("[Pedido del catálogo] 2 x SKU-REM-NEG-M ($ 18.999,00)\nMe lo mandan a Cordoba?", "cart"),
        (QUOTE.format("Puntas Giselle") + "gracias!", "thanks"),
        (QUOTE.format("Puntas Giselle") + "hacen envíos?", "other"),
        ("[Audio transcripto] mi pedido es el ciento dos", "order"),
        ("[Imagen sin texto]", "unseen"),
        ("[Documento comprobante.pdf] te paso el comprobante", "unseen"),
        ("[Ubicación] Obelisco, Av. 9 de Julio s/n, CABA (-34.6037, -58.3816)", "unseen"),
        ("[Contacto] Juan Mallas: +54 9 11 5555-0123", "unseen"),
    ],
)
def test_a_noted_message_has_its_intent(text: str, intent: str) -> None:
    assert wish_of(_heard(text)).intent == intent


def _heard(*texts: str) -> Ask:
    messages = [{"role": "user", "content": text} for text in texts]
    return read_ask("chat", {"model": "m", "messages": messages})


def test_hostile_text_is_only_words() -> None:
    assert isinstance(search_words("'; DROP TABLE --\x00 😀" * 200), tuple)


def test_the_second_one_is_what_the_systems_note_says_it_is() -> None:
    note = "Por lo último que le mostraste, el cliente habla de: Zapatillas de punta Modelo Odette (id 51002)."
    wish = understand(f"y el segundo cuánto sale?\n\n[Ahora es lunes. {note}]")
    assert (wish.intent, wish.words) == ("product", ("zapatillas", "punta", "odette"))
