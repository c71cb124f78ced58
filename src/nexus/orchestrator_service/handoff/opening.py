"""When a person will answer: what a handoff outside the shop's hours says."""

from collections.abc import Sequence
from datetime import datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

_DAYS = ("el lunes", "el martes", "el miércoles", "el jueves", "el viernes", "el sábado", "el domingo")


def when_somebody_answers(hours: Sequence[dict[str, Any]], time_zone: str, now: datetime) -> str:
    """A sentence for the customer; "" while the shop is open and where its hours are unknown.

    `hours` are {day 0-6 from Monday, from "09:00", to "18:00"} in the shop's zone, `now` is any aware time.
    """
    local = now.astimezone(ZoneInfo(time_zone))
    if not hours or any(_is_open(span, local) for span in hours):
        return ""
    opening = _next_opening(hours, local)
    if opening is None:
        return ""
    return f"Ahora estamos fuera de horario: te respondemos {_day(opening, local)} a partir de las {opening:%H:%M}."


def _is_open(span: dict[str, Any], local: datetime) -> bool:
    return span["day"] == local.weekday() and _at(span["from"]) <= local.time() < _at(span["to"])


def _next_opening(hours: Sequence[dict[str, Any]], local: datetime) -> datetime | None:
    """Within a week and a day, so that a shop that opens once a week and just closed finds its next time."""
    openings = [
        datetime.combine(local.date() + timedelta(days=ahead), _at(span["from"]), local.tzinfo)
        for ahead in range(8)
        for span in hours
        if span["day"] == (local.weekday() + ahead) % 7
    ]
    return min((opening for opening in openings if opening > local), default=None)


def _day(opening: datetime, local: datetime) -> str:
    days = (opening.date() - local.date()).days
    return {0: "hoy", 1: "mañana"}.get(days, _DAYS[opening.weekday()])


def _at(text: str) -> time:
    return time(23, 59, 59, 999999) if text == "24:00" else time.fromisoformat(text)
