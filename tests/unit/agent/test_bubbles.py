"""What the model said against what may be sent (architecture.md section 6)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from langchain_core.messages import AIMessage

from nexus.orchestrator_service.agent.bubbles import paragraphs, pieces, plain, products_in, to_send
from nexus.orchestrator_service.agent.context import Findings
from nexus.orchestrator_service.agent.ending import said_in
from nexus.orchestrator_service.agent.links import keep_allowed
from nexus.orchestrator_service.agent.reply import ModelBubble, Reply

PAGE = "https://tienda.mitiendanube.com/productos/giselle/"
PICTURE = "https://img.example/51001.webp"
PRODUCT = {"id": 51001, "name": "Modelo Giselle", "url": PAGE, "image_url": PICTURE}
SITE = "https://www.danzasur.com.ar"


def found() -> Findings:
    findings = Findings()
    findings.add_products([PRODUCT])
    return findings


def sent(*said: ModelBubble | str, website: str | None = SITE) -> list[tuple[str, str]]:
    bubbles = [ModelBubble(text=part) if isinstance(part, str) else part for part in said]
    return [(b.message_type, b.content) for b in to_send(bubbles, found(), website)]


def image(url: str) -> ModelBubble:
    return ModelBubble(image_url=url)


@pytest.mark.parametrize(
    "link",
    [PAGE, PAGE.rstrip("/"), PAGE + "?variant=9", "https://www.danzasur.com.ar/envios", "danzasur.com.ar",
     "http://blog.danzasur.com.ar/x"],
)  # fmt: skip
def test_links_of_this_run_and_of_the_shops_own_site_stay(link: str) -> None:
    assert sent(f"Mirá:\n{link}") == [("text", f"Mirá:\n{link}")]


@pytest.mark.parametrize(
    ("said", "left"),
    [
        ("Comprá acá: https://evil.example/x", "Comprá"),
        ("Mirá más en https://evil.example/x.", "Mirá más."),
        ("Te paso esto (https://evil.example) y listo.", "Te paso esto y listo."),
        ("Precio $ 10\nhttps://evil.example/a\nChau", "Precio $ 10\nChau"),
        ("Entrá a danza-trucha.com.ar ya", "Entrá ya"),
        ("Escribinos a wa.me/5491100000000", "Escribinos"),
        (f"{PAGE[:-1]}.evil.com es mala", "es mala"),
        ("https://www.danzasur.com.ar@evil.example/x no", "no"),
        ("https://danzasur.com.ar.evil.example no", "no"),
        ("https://notdanzasur.com.ar no", "no"),
        ("https://danzasur.com y https://danzasur.com.ar/a", "y https://danzasur.com.ar/a"),
        ("https://tienda.mitiendanube.com/productos/otro/ no", "no"),
    ],
)
def test_any_other_link_goes_and_its_sentence_stays_readable(said: str, left: str) -> None:
    assert sent(said) == [("text", left)]


@pytest.mark.parametrize("text", ["hola@danza.com", "Hay stock.Tenés 2", "a las 14.30", "etc.", "$ 49.900,00", "1.5"])
def test_what_only_looks_like_a_link_stays(text: str) -> None:
    assert sent(text) == [("text", text)]


def test_without_a_website_only_the_runs_links_stay() -> None:
    assert sent(f"Uno {SITE} dos\n{PAGE}", website=None) == [("text", f"Uno dos\n{PAGE}")]


def test_only_pictures_of_this_run_are_sent() -> None:
    assert sent(image(PICTURE), image("https://img.example/otra.webp"), "Hola") == [
        ("image", PICTURE),
        ("text", "Hola"),
    ]


def test_a_line_that_is_a_picture_of_this_run_becomes_one() -> None:
    assert sent(f"Mirá\n{PICTURE}\n¿Te gusta?") == [("text", "Mirá"), ("image", PICTURE), ("text", "¿Te gusta?")]


def test_a_picture_is_sent_once_and_before_the_text_of_its_bubble() -> None:
    both = ModelBubble(text="Giselle", image_url=PICTURE)
    assert sent(both, image(PICTURE)) == [("image", PICTURE), ("text", "Giselle")]


def test_nothing_allowed_means_nothing_sent() -> None:
    assert sent("https://evil.example", image("https://evil.example/a.png"), "  \n ") == []


@pytest.mark.parametrize(
    ("markdown", "text"),
    [
        ("**Giselle** y **Odette**", "*Giselle* y *Odette*"),
        ("__fuerte__ snake__case__no", "_fuerte_ snake__case__no"),
        ("# Título\n## Otro", "Título\nOtro"),
        ("[Giselle](https://x.example/a)", "Giselle: https://x.example/a"),
        ("![foto](https://x.example/a)", "foto: https://x.example/a"),
        ("[https://x.example/a](https://x.example/a)", "https://x.example/a"),
        ("2 ** 3 y 5*3", "2 ** 3 y 5*3"),
    ],
)
def test_markdown_becomes_what_whatsapp_writes(markdown: str, text: str) -> None:
    assert plain(markdown) == text


def test_more_than_four_bubbles_are_joined_without_losing_text() -> None:
    bubbles = sent("uno", "dos", image(PICTURE), "tres", "cuatro", "cinco")
    assert len(bubbles) == 4
    assert " ".join(content for _, content in bubbles).split() == ["uno", "dos", PICTURE, "tres", "cuatro", "cinco"]


def test_a_long_text_is_cut_at_its_ends_and_nothing_is_lost() -> None:
    text = "\n\n".join(f"Párrafo {n}. " + "palabra " * 150 for n in range(8))
    parts = pieces(text.strip())
    assert all(0 < len(part) <= 4096 for part in parts)
    assert " ".join(parts).split() == text.split()
    assert all(part.startswith("Párrafo") for part in parts)


@given(st.lists(st.tuples(st.text(max_size=9000), st.sampled_from([None, PICTURE, "x"])), max_size=7))
def test_whatever_is_said_at_most_four_sendable_bubbles_come_out(said: list[tuple[str, str | None]]) -> None:
    bubbles = to_send([ModelBubble(text=t, image_url=u) for t, u in said], found(), SITE)
    assert len(bubbles) <= 4
    for bubble in bubbles:
        assert bubble.content.strip()
        assert len(bubble.content) <= 4096
        assert bubble.message_type == "text" or bubble.content == PICTURE


def test_the_products_that_the_customer_sees_are_remembered() -> None:
    findings = found()
    findings.add_products([{"id": 2, "name": "Odette", "url": None, "image_url": None}])
    bubbles = to_send([ModelBubble(text="La *Odette* sale $ 10")], findings, None)
    assert products_in(bubbles, findings) == [{"id": 2, "name": "Odette", "price": None}]


def test_a_plain_text_answer_has_a_bubble_for_each_block() -> None:
    assert [part.text for part in paragraphs("Hola\nqué tal\n\n \n\nChau")] == ["Hola\nqué tal", "Chau"]


def state(*messages: AIMessage, reply: Reply | None = None) -> dict[str, object]:
    return {"messages": list(messages), "structured_response": reply}


def test_the_reply_tool_wins_over_the_text_beside_it() -> None:
    reply = Reply(bubbles=[ModelBubble(text="Hola")])
    assert said_in(state(AIMessage("otra cosa"), reply=reply)) == reply.bubbles


def test_the_reply_written_as_json_text_is_read_and_other_json_never_reaches_a_customer() -> None:
    assert said_in(state(AIMessage('{"bubbles":[{"text":"Hola"}]}'))) == [ModelBubble(text="Hola")]
    assert said_in(state(AIMessage('{"error": 1}'))) == []


@pytest.mark.parametrize(
    "message",
    [
        AIMessage(""),
        AIMessage("Hola, te cuen", response_metadata={"finish_reason": "length"}),
        AIMessage("Hola, te cuen", response_metadata={"status": "incomplete"}),
        AIMessage("Busco", invalid_tool_calls=[{"name": "orders", "args": "{", "id": "1", "error": "x"}]),
    ],
)
def test_an_empty_cut_or_broken_ending_says_nothing(message: AIMessage) -> None:
    assert said_in(state(message)) == []


def test_links_are_judged_whatever_their_case() -> None:
    assert keep_allowed("HTTPS://TIENDA.mitiendanube.com/productos/giselle", {PAGE}, None).startswith("HTTPS")
    assert keep_allowed("ver HTTPS://EVIL.example", {PAGE}, None).strip() == "ver"
