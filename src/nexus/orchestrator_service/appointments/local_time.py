"""Wall clocks of a zone and the moments they mean: an hour that a time change skips or repeats is no moment yet."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

FIRST_YEAR, LAST_YEAR = 2000, 2100
"""Appointments are within these; further away something was mistyped."""


class WrongTimeError(ValueError):
    """A wall time that names no single moment in which somebody could come."""


class NoSuchTimeError(WrongTimeError):
    """The clocks skip this time: that day they are put forward over it."""


class AmbiguousTimeError(WrongTimeError):
    """The clocks show this time twice that day; `candidates` are the two moments, the earlier one first."""

    def __init__(self, candidates: tuple[datetime, datetime]) -> None:
        super().__init__("ambiguous")
        self.candidates = candidates


class TooFarError(WrongTimeError):
    """Not within FIRST_YEAR and LAST_YEAR."""


def moment_of(wall: datetime, zone: ZoneInfo) -> datetime:
    """The moment at which the zone's clocks show this naive wall time; one that has an offset is taken at its word.

    Raises NoSuchTimeError, AmbiguousTimeError, TooFarError.
    """
    if not FIRST_YEAR <= wall.year < LAST_YEAR:
        raise TooFarError(wall.year)
    if wall.tzinfo is not None:
        return wall.astimezone(zone)
    earlier, later = (wall.replace(tzinfo=zone, fold=fold) for fold in (0, 1))
    if earlier.utcoffset() == later.utcoffset():
        return earlier
    if not _is_shown(earlier):
        raise NoSuchTimeError(str(wall))
    raise AmbiguousTimeError((earlier, later))


def elapsed(start: datetime, end: datetime) -> timedelta:
    """The time between two moments as it passes: of two in one zone Python subtracts what their clocks show."""
    return end.astimezone(UTC) - start.astimezone(UTC)


def opening_moment(day: date, at: time, zone: ZoneInfo) -> datetime:
    """When that day's clocks first reach this time, or pass over it."""
    return _edge(datetime.combine(day, at), zone, fold=0)


def closing_moment(day: date, at: time, zone: ZoneInfo) -> datetime:
    """When that day's clocks last show this time, or pass over it; midnight is the end of the day."""
    wall = datetime.combine(day, at)
    return _edge(wall + timedelta(days=1) if at == time(0) else wall, zone, fold=0 if at == time(0) else 1)


def day_bounds(first: date, end: date, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """From the first moment of one day until that of another."""
    return opening_moment(first, time(0), zone), opening_moment(end, time(0), zone)


def _is_shown(moment: datetime) -> bool:
    """Whether the zone's clocks really show this aware wall time once."""
    back = moment.astimezone(UTC).astimezone(moment.tzinfo)
    return back.replace(tzinfo=None) == moment.replace(tzinfo=None)


def _edge(wall: datetime, zone: ZoneInfo, fold: int) -> datetime:
    """The moment in UTC; for a time that is skipped, that of the change."""
    moment = wall.replace(tzinfo=zone, fold=fold)
    if _is_shown(moment):
        return moment.astimezone(UTC)
    # In a gap, fold 1 reckons with the offset after the change and so comes out before it, fold 0 after it.
    low, high = (wall.replace(tzinfo=zone, fold=side).astimezone(UTC) for side in (1, 0))
    before = low.astimezone(zone).utcoffset()
    while high - low > timedelta(seconds=1):
        middle = low + (high - low) / 2
        low, high = (middle, high) if middle.astimezone(zone).utcoffset() == before else (low, middle)
    return high.replace(microsecond=0)
