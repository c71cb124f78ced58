"""The shipped scenarios can be played, and the scorer sees what is wrong (contract.md 1, `eval`)."""

from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from nexus.evaluation.check import Truth, failures
from nexus.evaluation.command import FOLDER, failed, line, summary
from nexus.evaluation.play import Score
from nexus.evaluation.scenario import BadScenarioError, Expect, Scenario, Turn, load_scenarios
from nexus.store.evaluation import Happened

TRUTH = Truth(frozenset({Decimal(49900), Decimal("27900.50")}), frozenset({"danza.example"}))
SEEN = Happened(
    state="answered",
    reason=None,
    bubbles=["¡Hola! Las *Giselle* salen $ 49.900,00", "https://www.danza.example/giselle"],
    tools=[{"name": "search_specific_products", "arguments": {"q": "giselle"}, "status": "ok"}],
    tool_texts=[],
    effects=["book_appointment"],
    handoffs=0,
    locked_out=False,
    needs_person=False,
    appointments=1,
    shown=[{"id": 1, "name": "Puntas Giselle"}],
)


def test_at_least_forty_scenarios_are_shipped_and_each_says_what_it_is_about() -> None:
    scenarios = load_scenarios(sorted(FOLDER.glob("*.toml")))
    held_to = [one for one in scenarios if not one.needs_model]
    assert len(held_to) >= 40
    assert len(scenarios) > len(held_to)
    assert all(one.tells for one in scenarios)


def test_what_holds_is_no_failure() -> None:
    expect = Expect(
        says_any=("giselle", "odette"),
        says_all=("re:49\\.900",),
        says_none=("odette",),
        tools=("search_specific_products",),
        arguments={"search_specific_products": "GISELLE"},
        effects=("book_appointment",),
        appointments=1,
        shows=("giselle",),
        handoff=False,
    )
    assert failures(expect, SEEN, TRUTH) == []


@pytest.mark.parametrize(
    ("expect", "changed", "told"),
    [
        (Expect(says_all=("odette",)), {}, "no dice: odette"),
        (Expect(says_none=("giselle",)), {}, "dice: giselle"),
        (Expect(no_tools=("search_specific_products",)), {}, "usó search_specific_products"),
        (Expect(tools=("orders",)), {}, "no usó orders"),
        (Expect(arguments={"orders": "101"}), {}, "orders sin «101»: no la usó"),
        (Expect(effects=()), {}, "hizo ['book_appointment'], y debía nada"),
        (Expect(handoff=True), {}, "no derivó a una persona"),
        (Expect(appointments=0), {}, "1 turnos, y debían ser 0"),
        (Expect(asks=True), {}, "no pregunta"),
        (Expect(status="ignored"), {}, "terminó answered (sin motivo), y debía ignored"),
        (Expect(shows=("odette",)), {}, "no mostró odette: Puntas Giselle"),
        (Expect(), {"bubbles": ["sale $49.901"]}, "un monto que la tienda no tiene: $49.901"),
        (Expect(), {"bubbles": ["sale $ 27.900,05"]}, "un monto que la tienda no tiene: $27.900"),
        (
            Expect(),
            {"bubbles": ["mirá https://danza.example.malo.example/x"]},
            "un link ajeno: danza.example.malo.example",
        ),
        (Expect(), {"bubbles": ["a"] * 5}, "5 burbujas, y son 4 como mucho"),
        (Expect(), {"other_chats": 1}, "1 conversaciones que nadie empezó"),
    ],
)
def test_what_does_not_hold_is_told(expect: Expect, changed: dict[str, Any], told: str) -> None:
    assert failures(expect, replace(SEEN, **changed), TRUTH) == [told]


_TURN = '[[scenario.turn]]\ncustomer="x"\n'
_ONE = '[[scenario]]\nname="a"\ntells="b"\n'


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('[[scenario]]\nname = "a"', "faltan name, tells"),
        (f"{_ONE}nead=1\n{_TURN}", "no existe nead"),
        (f"{_ONE}{_TURN}[scenario.turn.expect]\nsay=1", "no existe say"),
        (f"{_ONE}[[scenario.turn]]", "sin mensaje"),
        (f"{_ONE}{_TURN}{_ONE}{_TURN}", "repetidos: a"),
        ("x = [", "x.toml"),
        ("", "ningún"),
    ],
)
def test_a_file_that_cannot_be_played_says_why(tmp_path: Path, text: str, told: str) -> None:
    file = tmp_path / "x.toml"
    file.write_text(text, "utf-8")
    with pytest.raises(BadScenarioError, match=told):
        load_scenarios([file])


def test_what_needs_a_real_model_counts_only_in_front_of_one() -> None:
    hard = Score(Scenario("a", "b", (Turn(("x",)),), needs_model=True), wrong=["turno 1: no dice: x"])
    assert failed([hard], real=False) == []
    assert failed([hard], real=True) == [hard]
    assert line(hard, real=False).startswith("modelo")
    assert line(hard, real=True).startswith("FALLA")
    assert "0 de 1 pasan (informan" in summary([hard], real=False)
