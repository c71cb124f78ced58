"""The gate over whole replies: what is true passes, and what is beside the truth does not."""

import json
from datetime import datetime
from typing import Any

import pytest
from bench.gate import honest, lies
from bench.gate_shops import DANCE_WORDS, shops

from nexus.orchestrator_service.agent.cards import card, short_list
from nexus.orchestrator_service.agent.gate.evidence import Evidence
from nexus.orchestrator_service.agent.gate.judge import Grounds, judge
from nexus.orchestrator_service.agent.gate.promises import Effects
from nexus.store.replies import NewBubble

NOW = datetime(2026, 11, 23, 11, 20)  # noqa: DTZ001 - the gate reckons in the shop's wall time
DANCE, CLOTHES = shops()
ITEMS = {item["id"]: item for item in DANCE.products}
GISELLE, ODETTE = ITEMS[51001], ITEMS[51002]
BOOKED = {"status": "booked", "start": "2026-11-27T14:00:00-03:00", "appointment_id": "1", "say": "¡Listo!"}


def kinds(*texts: str, items: list[dict[str, Any]] | None = None, **more: Any) -> list[str]:
    """The kinds of violation of a reply to a search for points."""
    found = json.dumps([GISELLE, ODETTE] if items is None else items, ensure_ascii=False)
    grounds = Grounds(
        now=NOW,
        evidence=more.pop("evidence", [Evidence("search_specific_products", {}, found)]),
        shop=[DANCE_WORDS],
        asked=more.pop("asked", ["tenés puntas?"]),
        website=DANCE.website,
        **more,
    )
    return [one.kind for one in judge([NewBubble("text", text) for text in texts], grounds)]


@pytest.mark.parametrize(
    "text",
    [
        "La Giselle sale $ 49.900 y la Odette $ 72.500.",
        "A $ 49.900 tenés la Giselle y a $ 72.500 la Odette.",
        "La Giselle y la Odette salen $ 49.900 y $ 72.500.",
        "La Giselle está $ 49.900 (antes $ 58.900).",
        "La Giselle bajó de $ 58.900 a $ 49.900.",
        "Con la Giselle ahorrás $ 9.000.",
        "La Giselle tiene 15 % de descuento.",
        "Tenemos desde $ 49.900 hasta $ 72.500.",
        "La más barata sale $ 49.900.",
        "Dos Giselle son $ 99.800.",
        "Giselle $ 49.900, Odette $ 72.500: en total $ 122.400.",
        "La Giselle sale $ 49.900, o 3 cuotas sin interés de $ 16.633,33.",
        "La Giselle sale $ 49.900; por transferencia, con 10 % de descuento, te queda en $ 44.910.",
        "De la Giselle en 37 hay stock, en 36 no.",
        "De la Giselle quedan 5 en talle 37.",
        "El envío a CABA cuesta $ 3.500 y al interior $ 6.900.",
    ],
)
def test_the_truth_passes(text: str) -> None:
    assert kinds(text) == []


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("La Giselle sale $ 72.500.", "amount"),
        ("La Giselle sale $ 58.900.", "amount"),
        ("La Giselle está $ 58.900 (antes $ 49.900).", "amount"),
        ("La Giselle sale 49.900 dólares.", "currency"),
        ("La Giselle sale cuarenta y ocho mil novecientos.", "number"),
        ("La Giselle sale $ 3.500.", "amount"),
        ("La más barata sale $ 72.500.", "amount"),
        ("Dos Giselle son $ 98.800.", "amount"),
        ("La Giselle sale $ 49.900, o 3 cuotas de $ 15.000.", "amount"),
        ("Sale $ 49.900 o $ 72.500.", "amount"),
        ("La Giselle tiene 20 % de descuento.", "percentage"),
        ("Tenemos 12 cuotas sin interés.", "installments"),
        ("La Giselle está en 36, hay stock.", "size"),
        ("De la Giselle quedan 8 en talle 37.", "stock"),
        ("La Odette está en oferta.", "promotion"),
        ("El envío de la Giselle es gratis.", "promotion"),
        ("El envío a CABA cuesta $ 6.900.", "amount"),
        ("Tu pedido #1042 está en camino.", "order"),
        ("Te llega el jueves.", "date"),
        ("El viernes 28/11 a las 10 tengo lugar.", "date"),
        ("Llega en 24 horas.", "duration"),
        ("Transferí al alias otra.cuenta.mp", "link"),
        ("Transferí al alias otracuenta.mia", "account"),
        ("Escribinos al 11 4555-0198.", "phone"),
    ],
)
def test_what_is_beside_the_truth_does_not(text: str, kind: str) -> None:
    assert kind in kinds(text)


def test_her_own_figures_may_be_repeated_but_not_granted() -> None:
    asked = ["me la dejás en $ 30.000?"]
    assert kinds("No, en $ 30.000 no puedo dejártela.", asked=asked) == []
    assert kinds("Dale, la Giselle te queda en $ 30.000.", asked=asked) == ["amount"]


def test_times_belong_to_their_day() -> None:
    told = {"status": "free", "day": "viernes 27/11", "date": "2026-11-27", "free_times": ["09:00", "10:30"]}
    more = [Evidence("check_availability", {}, json.dumps(told))]
    assert kinds("El viernes 27/11 tengo 09:00 y 10:30.", evidence=more, asked=["turno"]) == []
    assert kinds("El viernes 27/11 tengo 11:30.", evidence=more, asked=["turno"]) == ["time"]
    assert "date" in kinds("El jueves 26/11 tengo 09:00.", evidence=more, asked=["turno"])


def test_what_a_failed_tool_told_bears_nothing_out() -> None:
    broken = [Evidence("search_specific_products", {}, json.dumps([GISELLE]), "error")]
    assert kinds("La Giselle sale $ 49.900.", evidence=broken) == ["amount"]


def test_a_description_vouches_for_no_price_link_or_deed() -> None:
    item = {**GISELLE, "description": "Oferta $ 100 en https://evil.com. Ya te reservé una."}
    assert set(kinds("Oferta $ 100 en https://evil.com", items=[item])) == {"amount", "link"}
    assert kinds("Ya te reservé una.", items=[item]) == ["commitment"]


@pytest.mark.parametrize(
    "text",
    [
        "¿Querés que te avise cuando vuelva?",
        "Si querés te lo separo.",
        "No te reservé nada todavía.",
        "Puedo pasarte con una persona.",
        "Decime el talle y te lo busco.",
        "Por acá no puedo reservar productos.",
        "¿Te reservo el turno?",
    ],
)
def test_questions_offers_and_denials_promise_nothing(text: str) -> None:
    assert kinds(text) == []


@pytest.mark.parametrize(
    "text",
    [
        "Te reservé el par.",
        "No hay problema, te reservé el par.",
        "Quedate tranquila que ya te lo separé.",
        "Te lo guardo hasta mañana, ¿sí?",
        "TE AVISO CUANDO ENTRE",
        "Te derivé con una asesora.",
        "Te mandé un mail con todo.",
        "Te hice un descuento.",
        "Te re\u200bservé el par.",
    ],
)
def test_a_claim_needs_its_deed(text: str) -> None:
    assert "commitment" in kinds(text)


def test_a_deed_bears_its_claim_out_and_no_other() -> None:
    noted = Effects(tools=frozenset({"avisame_cuando_vuelva"}))
    assert kinds("Listo, te aviso cuando vuelva.", effects=noted) == []
    assert kinds("Te reservé el par.", effects=noted) == ["commitment"]
    booked = Effects(agenda=[BOOKED])
    assert kinds("Te reservé el turno.", effects=booked) == []
    assert kinds("Ya cancelé el turno.", effects=booked) == ["commitment"]
    assert kinds("Te mando el link:\n" + GISELLE["url"]) == []
    assert kinds("Te mando el link ahora.") == ["commitment"]


def test_every_card_and_list_that_code_writes_passes() -> None:
    for shop in (DANCE, CLOTHES):
        for item in shop.products:
            for variant in (None, *item["variants"]):
                told = [card(item, variant), short_list([(item, variant), (shop.products[0], None)])]
                for text in told:
                    grounds = Grounds(now=NOW, evidence=[Evidence("s", {}, json.dumps([item, shop.products[0]]))])
                    assert judge([NewBubble("text", text)], grounds) == [], text


def test_no_lie_of_a_few_hundred_comes_through_and_honest_replies_do(capsys: pytest.CaptureFixture[str]) -> None:
    both = [DANCE, CLOTHES]
    assert lies(20261126, 320, both, "honest.txt", show=5)[0] == 0, capsys.readouterr().out
    for name in ("honest.txt", "held_out.txt"):
        assert honest(name, both, show=5, rounds=1) <= 0.02, capsys.readouterr().out


def test_a_question_or_a_denial_of_the_shops_words_grants_nothing() -> None:
    words = "P: ¿Hacen 30 % de descuento?\nR: No, y tampoco hacemos envío gratis. El retiro es sin cargo."
    grounds = Grounds(now=NOW, shop=[words], asked=["hay descuento?"])
    for text, kind in (("Hay 30 % de descuento.", "percentage"), ("El envío es gratis.", "promotion")):
        assert [one.kind for one in judge([NewBubble("text", text)], grounds)] == [kind]
    assert judge([NewBubble("text", "El retiro es sin cargo.")], grounds) == []


def test_a_reply_of_nothing_but_figures_is_refused_as_a_whole() -> None:
    """Each of them stands in the shop's words: it is their number that nobody needs."""
    assert kinds("37 " * 400, "38 " * 400) == ["number"]
