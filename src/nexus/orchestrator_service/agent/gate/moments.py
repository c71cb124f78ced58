"""Days and times that belong together: what was said of them, and whether a reply says the same."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from nexus.orchestrator_service.agent.gate.atoms import Atom

_BOTH_WAYS = re.compile(r"\s*(?:a|hasta(?:\s+el)?|al)\s+(?:los\s+)?")


@dataclass(frozen=True, slots=True)
class Moment:
    """A time that is known: a day, a weekday or neither, and a minute of the day or none."""

    day: date | None
    weekday: int | None
    minute: int | None


@dataclass(frozen=True, slots=True)
class DaysAndTimes:
    """The days that a sentence names together, and the times that stand with them; either may be missing."""

    days: tuple[tuple[Atom, date | None, tuple[int, ...]], ...]
    times: tuple[Atom, ...]


def groups_in(atoms: Sequence[Atom], plain: str, today: date) -> Iterator[DaysAndTimes]:
    """ "lunes a viernes de 9 a 18, sábados de 10 a 13" is two groups: times belong to the days named last before them.

    Times before any day belong to the first days that follow.
    """
    days: list[tuple[Atom, date | None, tuple[int, ...]]] = []
    times: list[Atom] = []
    closed = False
    for atom in atoms:
        if atom.kind == "time":
            times.append(atom)
            closed = bool(days)
        elif atom.kind in ("date", "weekday", "relative"):
            if closed:
                yield DaysAndTimes(tuple(days), tuple(times))
                days, times, closed = [], [], False
            _add(days, atom, plain, today)
    if days or times:
        yield DaysAndTimes(tuple(days), tuple(times))


def _add(days: list[tuple[Atom, date | None, tuple[int, ...]]], atom: Atom, plain: str, today: date) -> None:
    day = day_of(atom, today)
    weekdays = (5, 6) if atom.extra == "weekend" else (atom.value,) if atom.kind == "weekday" else ()
    if days and atom.kind == "weekday" and days[-1][0].kind == "weekday":
        first = days[-1][0]
        if _BOTH_WAYS.fullmatch(plain, first.end, atom.start):
            weekdays = tuple((first.value + ahead) % 7 for ahead in range((atom.value - first.value) % 7 + 1))
    days.append((atom, day, weekdays or ((day.weekday(),) if day else ())))


def moments_in(atoms: Sequence[Atom], plain: str, today: date) -> Iterator[Moment]:
    """Every day of a text with every time of its group, and each of them alone."""
    for group in groups_in(atoms, plain, today):
        minutes = [minute for time in group.times for minute in time.value]
        for minute in minutes:
            if not group.days:
                yield Moment(None, None, minute)
        for _, day, weekdays in group.days:
            for weekday in weekdays:
                yield Moment(day, weekday, None)
                yield from (Moment(day, weekday, minute) for minute in minutes)


def day_of(atom: Atom, today: date) -> date | None:
    """The single day that an atom names; None for a weekday, and for what the calendar does not have."""
    if atom.kind == "relative":
        return today + timedelta(days=int(atom.value))
    if atom.kind != "date":
        return None
    day, month, year = atom.value
    found = []
    for each in [year] if year else [today.year - 1, today.year, today.year + 1]:
        try:
            found.append(date(each, month, day))
        except ValueError:
            continue
    return min(found, key=lambda one: abs((one - today).days), default=None)


class KnownMoments:
    """Looks up whether a day, a time, or both together are known."""

    def __init__(self, moments: set[Moment]) -> None:
        self._days = {m.day for m in moments if m.day}
        self._weekdays = {m.weekday for m in moments if m.weekday is not None}
        self._loose_weekdays = {m.weekday for m in moments if m.day is None and m.weekday is not None}
        self._minutes = {m.minute for m in moments if m.minute is not None}
        self._loose_minutes = {m.minute for m in moments if m.minute is not None and m.weekday is None}
        self._on_day = {(m.day, m.minute) for m in moments if m.day and m.minute is not None}
        self._on_weekday = {(m.weekday, m.minute) for m in moments if m.day is None and m.minute is not None}
        self._day_on_weekday = {(m.day.weekday(), m.minute) for m in moments if m.day and m.minute is not None}

    def day(self, day: date | None, weekdays: Sequence[int]) -> bool:
        """A date is known itself, or as a weekday of which the shop speaks in general; a weekday in any way."""
        if day is not None:
            return day in self._days or day.weekday() in self._loose_weekdays
        return bool(weekdays) and all(weekday in self._weekdays for weekday in weekdays)

    def time(self, minutes: Sequence[int]) -> bool:
        """A time without a day: any known time."""
        return any(minute in self._minutes for minute in minutes)

    def on(self, day: date | None, weekdays: Sequence[int], minutes: Sequence[int]) -> bool:
        """A time on a day: known for that very day, for its weekday in general, or for no day in particular."""
        if any(minute in self._loose_minutes for minute in minutes):
            return True
        if day is not None:
            pairs = {(day, minute) for minute in minutes}
            general = {(day.weekday(), minute) for minute in minutes}
            return bool(pairs & self._on_day or general & self._on_weekday)
        known = self._on_weekday | self._day_on_weekday
        return bool(weekdays) and all(any((w, minute) in known for minute in minutes) for w in weekdays)
