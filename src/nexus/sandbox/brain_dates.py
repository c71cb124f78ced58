"""Days and hours as customers write them, made the tools' "2026-11-27" and "14:00"; what is not said stays unsaid.

A day is not checked against the calendar: that the 30th of February does not exist is for the tools to say.
"""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta

WEEKDAYS = ("lunes", "martes", "miercoles", "jueves", "viernes", "sabado", "domingo")
_MONTHS = (
    "enero", "febrero", "marzo", "abril", "mayo", "junio",
    "julio", "agosto", "septiembre", "octubre", "noviembre", "diciembre",
)  # fmt: skip
_NOW = re.compile(r"Ahora es \w+ (\d{2})/(\d{2})/(\d{4}) (\d{2}):(\d{2})")
_NUMERIC = re.compile(r"\b(\d{1,2})[/-](\d{1,2})(?:[/-](\d{4}))?\b")
_NAMED = re.compile(rf"\b(\d{{1,2}}) de ({'|'.join((*_MONTHS, 'setiembre'))})(?: (?:de |del )?(\d{{4}}))?")
_OF_MONTH = re.compile(r"\b(?:el|dia) (?:dia )?(\d{1,2})\b(?![:/.])")
_MORNING = re.compile(r"\b(?:a|de|por) la manana\b")
_HOURS = {
    "una": 1, "dos": 2, "tres": 3, "cuatro": 4, "cinco": 5, "seis": 6, "siete": 7, "ocho": 8, "nueve": 9, "diez": 10,
    "once": 11, "doce": 12,
}  # fmt: skip
_CLOCK = re.compile(
    rf"\b(?:(?:a )?las? (?P<said>\d{{1,2}}|{'|'.join(_HOURS)})|(?P<bare>\d{{1,2}})(?=[:.]\d\d|\s?hs?\b))"
    r"(?:[:.](?P<minute>\d\d))?(?P<part> y media| y cuarto)?\s?(?:hs?\b)?"
)
_AFTERNOON = re.compile(r"\b(?:de|a|por) la (?:tarde|noche)\b|\bpm\b")
_FIRST_CLEAR_HOUR = 8
"""Shops are not open before: "a las 3" is the afternoon."""


def now_in(text: str) -> datetime | None:
    """What the system's note says that the shop's clock shows."""
    found = _NOW.search(text)
    if not found:
        return None
    day, month, year, hour, minute = (int(part) for part in found.groups())
    return datetime(year, month, day, hour, minute)  # noqa: DTZ001 - the shop's wall clock


def day_in(plain: str, now: datetime) -> str | None:
    """The day that folded words name, "2026-11-27"; None when they name none."""
    if found := _NUMERIC.search(plain):
        return _dated(int(found[1]), int(found[2]), found[3], now)
    if found := _NAMED.search(plain):
        month = _MONTHS.index(found[2].replace("setiembre", "septiembre")) + 1
        return _dated(int(found[1]), month, found[3], now)
    rest = _MORNING.sub(" ", plain)
    for words, ahead in (("pasado manana", 2), ("manana", 1), ("hoy", 0)):
        if re.search(rf"\b{words}\b", rest):
            return str(now.date() + timedelta(days=ahead))
    for index, name in enumerate(WEEKDAYS):
        if re.search(rf"\b{name}s?\b", rest):
            return str(now.date() + timedelta(days=(index - now.weekday() - 1) % 7 + 1))
    if found := _OF_MONTH.search(rest):
        return _this_month_or_next(int(found[1]), now)
    return None


def time_in(plain: str) -> str | None:
    """The time of day that folded words name, "14:00"; None when they name none."""
    if re.search(r"\bmediodia\b", plain):
        return "12:00"
    found = _CLOCK.search(plain)
    if not found:
        return None
    hour = _HOURS.get(found["said"] or "") or int(found["said"] or found["bare"])
    minute = int(found["minute"] or {" y media": 30, " y cuarto": 15}.get(found["part"] or "", 0))
    morning = re.search(r"\b(?:de|a|por) la manana\b|\bam\b", plain)
    if hour < 12 and (_AFTERNOON.search(plain) or (hour < _FIRST_CLEAR_HOUR and not morning)):
        hour += 12
    return f"{hour:02d}:{minute:02d}"


def _dated(day: int, month: int, year: str | None, now: datetime) -> str:
    """Without a year, the next time that the day comes."""
    in_year = int(year) if year else now.year
    if not year and (month, day) < (now.month, now.day):
        in_year += 1
    return f"{in_year:04d}-{month:02d}-{day:02d}"


def _this_month_or_next(day: int, now: datetime) -> str:
    if day >= now.day:
        return f"{now:%Y-%m}-{day:02d}"
    following = date(now.year + now.month // 12, now.month % 12 + 1, 1)
    return f"{following:%Y-%m}-{day:02d}"
