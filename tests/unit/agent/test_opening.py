"""Outside its hours the shop says when a person will answer; the clock is the shop's own."""

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from nexus.orchestrator_service.handoff.opening import when_somebody_answers

ZONE = "America/Argentina/Buenos_Aires"
WEEK: list[dict[str, Any]] = [
    *({"day": day, "from": "09:00", "to": "13:00"} for day in range(5)),
    *({"day": day, "from": "16:00", "to": "20:00"} for day in range(5)),
    {"day": 5, "from": "10:00", "to": "14:00"},
]


def said(day: int, hour: int, minute: int = 0, hours: list[dict[str, Any]] | None = None) -> str:
    """At that local time; 23 November 2026 is a Monday."""
    now = datetime(2026, 11, day, hour, minute, tzinfo=ZoneInfo(ZONE)).astimezone(UTC)
    return when_somebody_answers(WEEK if hours is None else hours, ZONE, now)


@pytest.mark.parametrize(("day", "hour", "minute"), [(23, 9, 0), (23, 12, 59), (23, 19, 59), (28, 13, 59)])
def test_while_it_is_open_nothing_is_said(day: int, hour: int, minute: int) -> None:
    assert said(day, hour, minute) == ""


@pytest.mark.parametrize(
    ("day", "hour", "when"),
    [
        (23, 8, "hoy a partir de las 09:00"),
        (23, 13, "hoy a partir de las 16:00"),
        (23, 20, "mañana a partir de las 09:00"),
        (27, 20, "mañana a partir de las 10:00"),
        (28, 14, "el lunes a partir de las 09:00"),
        (29, 12, "mañana a partir de las 09:00"),
    ],
)
def test_closed_it_says_when_it_opens_next(day: int, hour: int, when: str) -> None:
    assert when in said(day, hour)


def test_a_shop_that_opens_once_a_week_waits_for_that_day() -> None:
    assert "el miércoles a partir de las 10:00" in said(25, 13, hours=[{"day": 2, "from": "10:00", "to": "12:00"}])


def test_unknown_hours_promise_nothing() -> None:
    assert said(29, 3, hours=[]) == ""
