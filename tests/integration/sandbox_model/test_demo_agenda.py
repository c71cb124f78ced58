"""The demo brain books: it reads day and hour, calls the tool, and repeats what the tool says."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

import pytest

from nexus.sandbox.brain import think
from nexus.sandbox.brain_dates import day_in, time_in
from nexus.sandbox.brain_words import fold
from nexus.sandbox.model_request import Ask, Call, Message

NOW = datetime(2026, 11, 26, 9, 30)  # noqa: DTZ001 - a wall clock, of a Thursday
TOOLS: dict[str, dict[str, Any]] = {
    name: {}
    for name in (
        "search_specific_products",
        "orders",
        "check_availability",
        "book_appointment",
        "reschedule_appointment",
        "cancel_appointment",
        "derivhumano",
    )
}
OWN = "viernes 27/11 a las 14:00 (Turno, a confirmar)"


def ask_of(*texts: str, own: str = "", services: str = "Turno (60 min)") -> Ask:
    """The customer first, then by turns; the last one carries the system's note."""
    note = f"[Ahora es jueves 26/11/2026 09:30. El cliente figura como Lucía. Servicios con turno: {services}."
    note += f" Turnos del cliente: {own}.]" if own else "]"
    messages = [Message("user" if i % 2 == 0 else "assistant", text) for i, text in enumerate(texts)]
    messages[-1].text += f"\n\n{note}"
    return Ask("chat", "m", messages, TOOLS)


def called(ask: Ask) -> tuple[str, dict[str, str]] | None:
    calls = think(ask).calls
    return (calls[0][0], json.loads(calls[0][1])) if calls else None


def said_after(ask: Ask, answer: dict[str, Any] | str) -> str:
    """What it says once the tool that it calls has answered."""
    ((name, arguments),) = think(ask).calls
    text = answer if isinstance(answer, str) else json.dumps(answer, ensure_ascii=False)
    ask.messages += [Message("assistant", "", [Call("c1", name, arguments)]), Message("tool", text, call_id="c1")]
    return think(ask).text


@pytest.mark.parametrize(
    ("words", "day", "time"),
    [
        ("mañana a las 14:00", "2026-11-27", "14:00"),
        ("mañana a la mañana", "2026-11-27", None),
        ("pasado mañana a las 9 de la mañana", "2026-11-28", "09:00"),
        ("el viernes a las 10", "2026-11-27", "10:00"),
        ("el jueves que viene a las diez y media", "2026-12-03", "10:30"),
        ("hoy a las 4 de la tarde", "2026-11-26", "16:00"),
        ("el 27/11 15hs", "2026-11-27", "15:00"),
        ("el 3/2 a las 3", "2027-02-03", "15:00"),
        ("30 de febrero 10:15", "2027-02-30", None),
        ("el 31/12/9999 a las 10", "9999-12-31", "10:00"),
        ("el 5 a las 17:30", "2026-12-05", "17:30"),
        ("el sábado al mediodía", "2026-11-28", "12:00"),
        ("cuánto salen las medias", None, None),
    ],
)
def test_days_and_hours_are_read_as_they_are_said(words: str, day: str | None, time: str | None) -> None:
    assert day_in(fold(words), NOW) == day
    assert time is None or time_in(fold(words)) == time


@pytest.mark.parametrize(
    ("words", "own", "tool", "arguments"),
    [
        ("Quiero agendar mañana a las 14:00", "", "book_appointment", {"date_time": "2026-11-27 14:00"}),
        ("Hola! me das un turno para el lunes a las 10?", "", "book_appointment", {"date_time": "2026-11-30 10:00"}),
        ("quiero un turno pasado mañana 11hs", "", "book_appointment", {"date_time": "2026-11-28 11:00"}),
        ("turno para el 30 de febrero a las 10", "", "book_appointment", {"date_time": "2027-02-30 10:00"}),
        ("¿qué turnos tenés el viernes?", "", "check_availability", {"date": "2026-11-27"}),
        ("hay turno mañana?", "", "check_availability", {"date": "2026-11-27"}),
        ("cambiame el turno al jueves a las 10", OWN, "reschedule_appointment", {"new_date_time": "2026-12-03 10:00"}),
        (
            "pasame el turno del viernes para el sábado a las 11",
            OWN,
            "reschedule_appointment",
            {"new_date_time": "2026-11-28 11:00", "current_date_time": "2026-11-27"},
        ),
        ("cancelá mi turno", OWN, "cancel_appointment", {}),
        ("cancelalo", OWN, "cancel_appointment", {}),
    ],
)
def test_each_wish_calls_its_tool(words: str, own: str, tool: str, arguments: dict[str, str]) -> None:
    found = called(ask_of(words, own=own))
    assert found is not None
    name, given = found
    given.pop("reason", None)
    assert (name, given) == (tool, arguments)


def test_a_day_or_an_hour_alone_is_asked_for_the_other_and_then_booked() -> None:
    first = think(ask_of("Quiero un turno")).text
    assert "día" in first
    assert called(ask_of("Quiero un turno", first, "mañana a las 10")) == (
        "book_appointment",
        {"date_time": "2026-11-27 10:00", "reason": "mañana a las 10"},
    )
    free = {"status": "free", "day": "viernes 27/11", "free_times": ["09:00", "15:00"]}
    offered = said_after(ask_of("Quiero un turno", first, "mañana"), free)
    assert "09:00, 15:00" in offered
    found = called(ask_of("mañana", offered, "a las 15"))
    assert found is not None
    assert found[1]["date_time"] == "2026-11-27 15:00"


def test_the_answer_is_the_tools_sentence_or_its_reason_with_what_is_free() -> None:
    booking = "Quiero agendar mañana a las 14:00"
    say = "¡Listo! Tu turno quedó reservado para el viernes 27/11 a las 14:00."
    assert said_after(ask_of("hola", "¡Hola!", booking), {"status": "booked", "say": say}) == say
    others = [{"date_time": "2026-11-27 15:00", "say": "viernes 27/11 a las 15:00"}]
    refused = {"status": "refused", "reason": "slot_taken", "message": "Ese horario ya está ocupado."}
    told = said_after(ask_of(booking), refused | {"alternatives": others})
    assert "Ese horario ya está ocupado." in told
    assert "• viernes 27/11 a las 15:00" in told
    assert "No puedo consultar" in said_after(ask_of(booking), "No puedo consultar eso en este momento.")


def test_after_a_reminder_answered_with_three_the_new_time_moves_the_appointment() -> None:
    question = "Dale, lo cambiamos. ¿Qué día y a qué hora te queda mejor?"
    assert called(ask_of("3", question, "el sábado a las 11", own=OWN)) == (
        "reschedule_appointment",
        {"new_date_time": "2026-11-28 11:00"},
    )


def test_of_several_services_the_named_one_is_passed_and_an_unnamed_one_asked_for() -> None:
    services = "Corte (30 min), Color (90 min)"
    found = called(ask_of("turno para color mañana a las 10", services=services))
    assert found is not None
    assert found[1]["service"] == "Color"
    asked = said_after(
        ask_of("turno mañana a las 10", services=services),
        {"status": "refused", "reason": "which_service", "message": "x", "services": ["Corte", "Color"]},
    )
    found = called(ask_of("turno mañana a las 10", asked, "corte", services=services))
    assert found is not None
    assert (found[1]["date_time"], found[1]["service"]) == ("2026-11-27 10:00", "Corte")


def test_ones_own_are_told_from_the_note_without_a_tool() -> None:
    said = think(ask_of("¿cuándo es mi turno?", own=OWN))
    assert not said.calls
    assert OWN in said.text


@pytest.mark.parametrize("words", ["Tenés puntas talle 37?", "mi pedido 102", "hola", "Quiero hablar con una persona"])
def test_what_is_no_appointment_goes_its_own_way(words: str) -> None:
    found = called(ask_of(words, own=OWN))
    assert found is None or found[0] not in ("book_appointment", "check_availability", "cancel_appointment")
