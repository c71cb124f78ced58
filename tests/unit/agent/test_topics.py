"""What a customer asks about, by the words: each topic's own, and none for what is none."""

import pytest

from nexus.orchestrator_service.agent.topics import refused_tool, topic_notes, topics_in

ASKED = {
    "exchanges": ["Quiero cambiar el talle, me quedó chico", "¿Puedo devolverlo?", "hacen cambios?", "llegó fallada"],
    "shipping_policy": [
        "cuanto sale el envio a rosario?",
        "¿Mandan a Salta?",
        "cuánto tarda en llegar",
        "CP? Andreani",
    ],
    "custom_orders": ["¿Hacen a medida?", "lo pueden personalizar", "puedo encargar bordado con mi nombre"],
    "wholesale": ["precios x mayor", "Soy revendedora", "venden al por mayor?"],
    "order_changes": ["quiero cancelar mi pedido", "me equivoqué de dirección", "puedo agregar algo a la compra"],
    "order_status": ["dónde está mi pedido", "mi paquete no me llegó", "pedido 1023", "código de seguimiento?"],
}


@pytest.mark.parametrize(("topic", "text"), [(topic, text) for topic, texts in ASKED.items() for text in texts])
def test_each_topic_is_known_by_its_words(topic: str, text: str) -> None:
    assert topic in topics_in([text])


@pytest.mark.parametrize(
    "text",
    [
        "Hola, ¿tenés puntas talle 37?",
        "¿Cuánto sale la malla negra?",
        "Me podés mandar una foto",
        "quiero cambiar el turno del jueves",
        "¿Atienden los sábados?",
        "gracias!",
    ],
)
def test_what_is_none_of_them_is_none(text: str) -> None:
    assert topics_in([text]) == []


def test_only_a_topic_that_people_keep_is_told_to_the_model() -> None:
    texts = ["Hola", "precio por mayor? y hacen cambios?"]
    assert topic_notes(texts, frozenset()) == []
    assert topic_notes(texts, {"order_status"}) == []
    (note,) = topic_notes(texts, {"wholesale", "exchanges"})
    assert "cambios y devoluciones y compras por mayor" in note


def test_the_orders_tool_rests_where_people_alone_tell_of_orders() -> None:
    assert refused_tool("orders", {"order_status"})
    assert not refused_tool("orders", {"wholesale"})
    assert not refused_tool("search_specific_products", {"order_status"})
