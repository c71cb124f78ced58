"""Times between the model and the agenda: local wall times as it writes them, and as people of the shop say them."""

import re
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from nexus.orchestrator_service.appointments.local_time import (
    AmbiguousTimeError,
    NoSuchTimeError,
    TooFarError,
    moment_of,
)

WEEKDAYS = ("lunes", "martes", "miércoles", "jueves", "viernes", "sábado", "domingo")
MONTHS = (
    "enero", "febrero", "marzo", "abril", "mayo", "junio",
    "julio", "agosto", "septiembre", "octubre", "noviembre", "diciembre",
)  # fmt: skip
_DATE = r"(\d{4})-(\d{1,2})-(\d{1,2})"
_DAY = re.compile(_DATE)
_WALL = re.compile(_DATE + r"[T ]\s*(\d{1,2}):(\d{2})(?::00(?:\.0+)?)?")
_HORIZON = timedelta(days=731)


class RefusedTimeError(ValueError):
    """No single moment at which somebody could come. `reason` is a code, the text says why in Spanish, for the model;
    `near` is a moment close to what was meant, where there is one.
    """

    def __init__(self, reason: str, said: str, near: datetime | None = None) -> None:
        super().__init__(said)
        self.reason = reason
        self.near = near


def read_moment(text: str, zone: ZoneInfo, now: datetime) -> datetime:
    """The moment to come that "2026-11-27 14:00" is in the shop's zone; nothing is guessed. Raises RefusedTimeError."""
    found = _WALL.fullmatch(text.strip())
    if found is None:
        raise RefusedTimeError("unreadable", _unreadable("AAAA-MM-DD HH:MM", zone, now))
    year, month, day, hour, minute = (int(part) for part in found.groups())
    try:
        wall = datetime(year, month, day, hour, minute)  # noqa: DTZ001 - a wall time until the zone says when that is
    except ValueError as error:
        said = f"Esa fecha u hora no existe en el calendario: {text.strip()}. Confirmá con el cliente cuál quiso decir."
        raise RefusedTimeError("impossible_date", said) from error
    moment = _moment(wall, zone, now)
    if moment <= now:
        said = f"Ese momento ya pasó: ahora es {spoken(now.astimezone(zone), now)}. Pedí una fecha a futuro."
        raise RefusedTimeError("past", said, now.astimezone(zone))
    _refuse_far(moment.date(), zone, now)
    return moment


def read_day(text: str, zone: ZoneInfo, now: datetime) -> date:
    """The day, today or later, that "2026-11-27" names; a time after it is ignored. Raises RefusedTimeError."""
    found = _DAY.match(text.strip())
    if found is None or text.strip()[found.end() : found.end() + 1].isdigit():
        raise RefusedTimeError("unreadable", _unreadable("AAAA-MM-DD", zone, now))
    try:
        day = date(*(int(part) for part in found.groups()))
    except ValueError as error:
        said = f"Esa fecha no existe en el calendario: {found[0]}. Confirmá con el cliente cuál quiso decir."
        raise RefusedTimeError("impossible_date", said) from error
    today = now.astimezone(zone).date()
    if day < today:
        said = f"Ese día ya pasó: hoy es {WEEKDAYS[today.weekday()]} {today:%d/%m/%Y}. Pedí una fecha a futuro."
        raise RefusedTimeError("past", said, now.astimezone(zone))
    _refuse_far(day, zone, now)
    return day


def spoken(moment: datetime, now: datetime) -> str:
    """ "viernes 27/11 a las 14:00", with the year when it is not this one; `moment` is local."""
    return f"{spoken_day(moment.date(), now.astimezone(moment.tzinfo).date())} a las {moment:%H:%M}"


def spoken_day(day: date, today: date) -> str:
    """ "viernes 27/11", with the year when it is not this one."""
    year = "" if day.year == today.year else f"/{day.year}"
    return f"{WEEKDAYS[day.weekday()]} {day:%d/%m}{year}"


def written(moment: datetime) -> str:
    """As the tools take it: "2026-11-27 14:00"."""
    return f"{moment:%Y-%m-%d %H:%M}"


def _moment(wall: datetime, zone: ZoneInfo, now: datetime) -> datetime:
    try:
        return moment_of(wall, zone)
    except TooFarError as error:
        raise _far(zone, now) from error
    except NoSuchTimeError as error:
        said = "Ese día el reloj se adelanta y esa hora no existe. Ofrecé otra hora."
        raise RefusedTimeError("skipped_hour", said, wall.replace(tzinfo=zone)) from error
    except AmbiguousTimeError as error:
        said = "Ese día el reloj se atrasa y esa hora pasa dos veces: no se puede saber cuál. Ofrecé otra hora."
        raise RefusedTimeError("ambiguous_hour", said, error.candidates[0]) from error


def _refuse_far(day: date, zone: ZoneInfo, now: datetime) -> None:
    if day > (now + _HORIZON).date():
        raise _far(zone, now)


def _far(zone: ZoneInfo, now: datetime) -> RefusedTimeError:
    today = now.astimezone(zone)
    said = f"Esa fecha no está en la agenda: hoy es {today:%d/%m/%Y} y se agenda hasta dos años adelante."
    return RefusedTimeError("too_far", said)


def _unreadable(form: str, zone: ZoneInfo, now: datetime) -> str:
    local = now.astimezone(zone)
    return (
        f"No se entiende la fecha. Va como {form}, hora local y sin zona; hoy es {WEEKDAYS[local.weekday()]} "
        f"{local:%Y-%m-%d}. Si el cliente no dijo día u hora, preguntáselos."
    )
