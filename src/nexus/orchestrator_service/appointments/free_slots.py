"""What is free, from what is known: pure functions over hours, exceptions, holidays, blocks and busy ranges."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import Literal
from zoneinfo import ZoneInfo

import holidays

from nexus.orchestrator_service.appointments.local_time import closing_moment, elapsed, opening_moment
from nexus.store.agenda import Block, ExceptionDay, Hours
from nexus.store.appointments import Busy

Closed = Literal["outside_hours", "holiday", "blocked"]
_COUNTRY, _LANGUAGE = "AR", "es"
_STEP, _FINE_STEP = timedelta(minutes=30), timedelta(minutes=15)


@dataclass(frozen=True, slots=True)
class Slot:
    """A range that a resource has free, in the shop's zone (local_time.elapsed tells its length)."""

    start: datetime
    end: datetime
    resource_id: int


@dataclass(frozen=True, slots=True)
class Length:
    """How long an appointment lasts, and for how long around it the resource is busy."""

    lasts: timedelta
    before: timedelta = timedelta(0)
    after: timedelta = timedelta(0)

    @property
    def step(self) -> timedelta:
        """Between offered beginnings: half hours, quarters where the length is not made of half hours."""
        return _FINE_STEP if self.lasts % _STEP else _STEP


@dataclass(frozen=True, slots=True)
class Rules:
    """All that decides whether a resource takes an appointment; `holidays` is empty where holidays are worked."""

    zone: ZoneInfo
    hours: Sequence[Hours] = ()
    exceptions: Sequence[ExceptionDay] = ()
    holidays: Mapping[date, str] | None = None
    blocks: Sequence[Block] = ()
    busy: Sequence[Busy] = ()


def holidays_between(first: date, end: date) -> dict[date, str]:
    """Argentina's holidays from `first` until before `end`, by day, in Spanish."""
    years = range(first.year, end.year + 1)
    return {day: name for year in years for day, name in _holidays_of(year) if first <= day < end}


@lru_cache(maxsize=200)
def _holidays_of(year: int) -> tuple[tuple[date, str], ...]:
    return tuple(sorted(holidays.country_holidays(_COUNTRY, years=year, language=_LANGUAGE).items()))


def openings(rules: Rules, resource_id: int, day: date) -> list[tuple[datetime, datetime]]:
    """The ranges of the day in which the resource takes appointments, in order, those that touch joined."""
    exceptions = _exceptions_of(rules, resource_id, day)
    if exceptions:
        closed = any(exception.closes is None for exception in exceptions)
        walls = [] if closed else [(e.opens, e.closes) for e in exceptions]
    elif day in (rules.holidays or {}):
        walls = []
    else:
        week = [h for h in rules.hours if h.resource_id == resource_id and h.weekday == day.weekday()]
        walls = [(h.opens, h.closes) for h in week]
    ranges = [
        (opening_moment(day, opens, rules.zone), closing_moment(day, closes, rules.zone))
        for opens, closes in walls
        if opens is not None and closes is not None
    ]
    return _joined((start, end) for start, end in ranges if start < end)


def closed_because(rules: Rules, resource_id: int, start: datetime, end: datetime) -> Closed | None:
    """Why the resource does not take an appointment then, other appointments apart; None when it does."""
    start, end = start.astimezone(UTC), end.astimezone(UTC)
    if any(b.starts_at < end and b.ends_at > start for b in rules.blocks if b.resource_id in (None, resource_id)):
        return "blocked"
    day = start.astimezone(rules.zone).date()
    if any(opens <= start and end <= closes for opens, closes in openings(rules, resource_id, day)):
        return None
    is_holiday = day in (rules.holidays or {}) and not _exceptions_of(rules, resource_id, day)
    return "holiday" if is_holiday else "outside_hours"


def free_slots(rules: Rules, resource_id: int, day: date, length: Length, *, not_before: datetime) -> list[Slot]:
    """The beginnings of that day at which an appointment of this length fits, from `not_before` on.

    The appointment lies within one opening and touches no block; its buffers may reach beyond both, but not into
    another appointment's.
    """
    blocks = [(b.starts_at, b.ends_at) for b in rules.blocks if b.resource_id in (None, resource_id)]
    busy = [(b.start, b.end) for b in rules.busy if b.resource_id == resource_id]
    found = []
    for opens, closes in openings(rules, resource_id, day):
        start = opens  # in UTC: an hour is an hour on the day of a time change, too
        while start + length.lasts <= closes:
            end = start + length.lasts
            fits = not _touches(blocks, start, end) and not _touches(busy, start - length.before, end + length.after)
            if fits and start >= not_before:
                found.append(Slot(start.astimezone(rules.zone), end.astimezone(rules.zone), resource_id))
            start += length.step
    return found


def nearest(slots: Iterable[Slot], wish: datetime, count: int = 3) -> list[Slot]:
    """The `count` slots that begin nearest to the wish, in order of time; one for each beginning."""
    by_start: dict[datetime, Slot] = {}
    for slot in slots:
        by_start.setdefault(slot.start.astimezone(UTC), slot)
    near = sorted(by_start.values(), key=lambda slot: (abs(elapsed(wish, slot.start)), slot.start.astimezone(UTC)))
    return sorted(near[:count], key=lambda slot: slot.start.astimezone(UTC))


def _exceptions_of(rules: Rules, resource_id: int, day: date) -> list[ExceptionDay]:
    """The resource's own exceptions of the day, else those of all resources."""
    own = [e for e in rules.exceptions if e.day == day and e.resource_id == resource_id]
    return own or [e for e in rules.exceptions if e.day == day and e.resource_id is None]


def _joined(ranges: Iterable[tuple[datetime, datetime]]) -> list[tuple[datetime, datetime]]:
    joined: list[tuple[datetime, datetime]] = []
    for start, end in sorted(ranges):
        if joined and start <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((start, end))
    return joined


def _touches(ranges: Iterable[tuple[datetime, datetime]], start: datetime, end: datetime) -> bool:
    return any(taken_from < end and start < taken_to for taken_from, taken_to in ranges)
