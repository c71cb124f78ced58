"""Dates, weekdays and times of a reply: each must be known, and known together."""

from collections.abc import Iterator
from datetime import date
from itertools import pairwise

from nexus.orchestrator_service.agent.gate.atoms import Atom
from nexus.orchestrator_service.agent.gate.attribution import Reading
from nexus.orchestrator_service.agent.gate.facts import Facts
from nexus.orchestrator_service.agent.gate.moments import DaysAndTimes, KnownMoments, groups_in
from nexus.orchestrator_service.agent.gate.verdict import Violation


class Schedule:
    """Judges the days and times of one reply, bubble by bubble, in order: a list under a day is of that day."""

    def __init__(self, facts: Facts) -> None:
        self._facts = facts
        self._known = KnownMoments(facts.moments)
        self._last: DaysAndTimes | None = None

    def violations(self, reading: Reading) -> Iterator[Violation]:
        """Of one bubble."""
        for start, end in reading.text.sentences:
            atoms = [a for a in reading.atoms if start <= a.start < end]
            for group in groups_in(atoms, reading.text.plain, self._facts.today):
                yield from self._group(reading, group)
                if group.days:
                    self._last = group

    def _group(self, reading: Reading, group: DaysAndTimes) -> Iterator[Violation]:
        for atom, day, weekdays in group.days:
            if not self._day(atom, day, weekdays):
                yield self._violation(reading, "date", atom, "esa fecha o día no sale de ningún dato")
        if _contradicts(group):
            yield self._violation(reading, "date", group.days[0][0], "el día de la semana no es el de esa fecha")
        days = group.days or (self._last.days if self._last else ())
        for time in group.times:
            if not self._known.time(time.value):
                yield self._violation(reading, "time", time, "esa hora no sale de ningún dato")
            elif not all(self._known.on(day, weekdays, time.value) for _, day, weekdays in _specific(days)):
                yield self._violation(reading, "time", time, "esa hora no es de ese día")

    def _day(self, atom: Atom, day: date | None, weekdays: tuple[int, ...]) -> bool:
        if atom.kind == "relative" and atom.value == 0:
            return True
        if atom.kind == "date" and day is None:
            return False
        if atom.kind == "date":
            return self._known.day(day, ()) if day in self._known_days() else False
        if atom.kind == "relative" and day is not None:
            return self._known.day(day, weekdays)
        return self._known.day(None, weekdays)

    def _known_days(self) -> set[date]:
        return {m.day for m in self._facts.moments if m.day}

    @staticmethod
    def _violation(reading: Reading, kind: str, atom: Atom, why: str) -> Violation:
        said = reading.text.words[atom.start : atom.end].strip()
        return Violation(
            kind, said, f"«{said}»: {why}. Usá los que devolvió la herramienta, o preguntá.", reading.index
        )


def _contradicts(group: DaysAndTimes) -> bool:
    """ "viernes 28/11" when the 28th is a Saturday: a weekday right beside a date must be its own."""
    for (one, day, weekdays), (other, other_day, other_weekdays) in pairwise(group.days):
        if other.start - one.end > 5:
            continue
        if one.kind in ("weekday", "relative") and other.kind == "date" and other_day is not None:
            if other_day.weekday() not in weekdays or day not in (None, other_day):
                return True
        elif one.kind == "relative" and other.kind == "weekday" and not set(weekdays) & set(other_weekdays):
            return True
    return False


def _specific(
    days: tuple[tuple[Atom, date | None, tuple[int, ...]], ...],
) -> list[tuple[Atom, date | None, tuple[int, ...]]]:
    """Where a date is named, its weekday says nothing more."""
    dated = [one for one in days if one[1] is not None]
    if dated and len(dated) < len(days):
        covered = {day.weekday() for _, day, _ in dated if day}
        return [*dated, *(one for one in days if one[1] is None and not set(one[2]) <= covered)]
    return list(days)
