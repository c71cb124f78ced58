"""What each step of the set-up says, for every state that the facts can be in."""

from datetime import UTC, datetime
from typing import Any

import pytest

from nexus.orchestrator_service.admin.setup_words import Light, light_of, steps_of

NOW = datetime.now(UTC)
NOTHING: dict[str, Any] = {
    "bot_enabled": True,
    "business_hours": False,
    "agenda_hours": False,
    "shop_set": False,
    "key_set": False,
    "secret_set": False,
    "key_level": None,
    "answered": False,
    "mail_set": False,
}
ALL = NOTHING | dict.fromkeys(("business_hours", "shop_set", "key_set", "secret_set", "answered", "mail_set"), True)
WORKED, FAILED = {"tested_ok": True, "tested_message": "Anduvo."}, {"tested_ok": False, "tested_message": "No anduvo."}
TESTED = {"tiendanube": WORKED, "ycloud": WORKED, "handoff": WORKED}


def _states(facts: dict[str, Any], tests: dict[str, Any], light: Light) -> dict[str, str]:
    return {step.key: step.state for step in steps_of(facts, tests, light)}


def test_a_new_shop_has_everything_to_do() -> None:
    assert set(_states(NOTHING, {}, "waiting").values()) == {"todo"}


def test_a_shop_with_all_of_it_is_live() -> None:
    assert set(_states(ALL, TESTED, "green").values()) == {"done"}


@pytest.mark.parametrize(
    ("change", "tests", "light", "expected"),
    [
        ({}, {"tiendanube": FAILED}, "green", {"shop": "problem", "live": "todo"}),
        ({}, {"ycloud": FAILED}, "green", {"whatsapp": "problem"}),
        ({"key_level": "error"}, {}, "green", {"whatsapp": "problem"}),
        ({"key_level": "ok"}, {"ycloud": FAILED}, "green", {"whatsapp": "done"}),
        ({}, {}, "red", {"whatsapp": "problem"}),
        ({}, {}, "waiting", {"whatsapp": "todo", "live": "todo"}),
        ({"secret_set": False}, {}, "waiting", {"whatsapp": "todo"}),
        ({"answered": False}, {"test_chat": WORKED}, "green", {"ask": "done", "live": "done"}),
        ({"answered": False}, {"test_chat": FAILED}, "green", {"ask": "problem"}),
        ({"business_hours": False, "agenda_hours": True}, {}, "green", {"hours": "done"}),
        ({}, {"handoff": FAILED}, "green", {"handoff": "problem"}),
        ({"mail_set": False}, {}, "green", {"handoff": "todo"}),
        ({"bot_enabled": False}, {}, "green", {"live": "todo"}),
    ],
)
def test_each_step_follows_what_is_really_there(
    change: dict[str, Any], tests: dict[str, Any], light: Light, expected: dict[str, str]
) -> None:
    states = _states(ALL | change, TESTED | tests, light)
    assert {key: states[key] for key in expected} == expected


def test_credentials_that_nobody_tried_are_to_be_tried() -> None:
    states = _states(ALL, {}, "green")
    assert (states["shop"], states["whatsapp"], states["handoff"]) == ("todo", "todo", "todo")


@pytest.mark.parametrize(
    ("signed", "refused", "refusals", "light"),
    [
        (None, None, 0, "waiting"),
        (NOW, None, 0, "green"),
        (None, NOW, 1, "red"),
        (NOW, NOW, 0, "green"),
        (NOW, NOW, 2, "green"),
        (NOW, NOW, 3, "red"),
    ],
)
def test_the_light(signed: datetime | None, refused: datetime | None, refusals: int, light: str) -> None:
    assert light_of({"last_signed_at": signed, "last_refused_at": refused, "refusals": refusals}) == light
