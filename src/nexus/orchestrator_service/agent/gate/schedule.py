"""Dates, weekdays and times of a reply: each must be known, and known together."""

import re
from collections.abc import Iterator
from datetime import date
from itertools import pairwise

from nexus.orchestrator_service.agent.gate.atoms import Atom
from nexus.orchestrator_service.agent.gate.attribution import Reading
from nexus.orchestrator_service.agent.gate.facts import Facts
from nexus.orchestrator_service.agent.gate.moments import DaysAndTimes, KnownMoments, groups_in
from nexus.orchestrator_service.agent.gate.verdict import Violation

_OF_HERS = re.compile(
    r"\bte\s+esper|\bnos\s+vemos|\b(?:tu|el)\s+turno\s+(?:es|era|sigue|queda|quedo|esta)\b|\btenes\s+(?:un\s+|el\s+)?turno|"
    r"\bqued\w+\s+(?:reservad|agendad|confirmad|anotad)|\bte\s+(?:reserve|agende|anote|confirme)\b"
)
_ARRIVES = re.compile(
    r"\b(?:lleg(?:a|an|ara|aria|ando)|te\s+lo\s+(?:entreg|llev)\w+|entregamos|recib(?:is|iras|ilo)|despach\w+)\b"
)
_NOW = re.compile(r"\bhoy\b")
_ORDERED = re.compile(
    r"\b(?:pedido|compra|orden)\b[^.!?\n]{0,24}?\b(?:del|de|es\s+del|fue\s+el|hech[oa]\s+el|realizad[oa]\s+el)\s+(?:dia\s+)?$"
)


class Schedule:
    """Judges the days and times of one reply, bubble by bubble, in order: a list under a day is of that day."""

    def __init__(self, facts: Facts) -> None:
        self._facts = facts
        self._known = KnownMoments(facts.moments)
        self._dated = KnownMoments({m for m in facts.moments if m.day is not None})
        spoken = [*facts.other, *facts.customer, *(one for one in facts.shop if _ARRIVES.search(one.plain))]
        self._arriving = KnownMoments({moment for one in spoken for moment in one.moments})
        self._last: DaysAndTimes | None = None

    def violations(self, reading: Reading) -> Iterator[Violation]:
        """Of one bubble."""
        for start, end in reading.text.sentences:
            atoms = [a for a in reading.atoms if start <= a.start < end]
            sentence = reading.text.plain[start:end]
            for group in groups_in(atoms, reading.text.plain, self._facts.today):
                yield from self._group(reading, group, strict=_OF_HERS.search(sentence) is not None)
                if group.days:
                    self._last = group

    def _group(self, reading: Reading, group: DaysAndTimes, *, strict: bool) -> Iterator[Violation]:
        """`strict`: it speaks of her own appointment, to which opening hours say nothing."""
        known = self._dated if strict and self._facts.dated else self._known
        if group.days and _ARRIVES.search(_sentence_of(reading, group.days[0][0])):
            known = self._arriving
            strict = True
        for atom, day, weekdays in group.days:
            if atom.kind == "date" and self._misdates(reading, atom, day):
                yield self._violation(reading, "date", atom, "no es la fecha de ese pedido")
            elif (
                known is self._arriving
                and atom.value != 0
                and not (known.day(day, ()) if day else known.day(None, weekdays))
            ):
                yield self._violation(reading, "date", atom, "no se sabe cuándo llega")
            elif not self._day(atom, day, weekdays, today=_NOW.search(reading.text.plain) is not None):
                yield self._violation(reading, "date", atom, "esa fecha o día no sale de ningún dato")
        if _contradicts(group):
            yield self._violation(reading, "date", group.days[0][0], "el día de la semana no es el de esa fecha")
        days = group.days or (self._last.days if self._last else ())
        for time in group.times:
            if not self._known.time(time.value):
                yield self._violation(reading, "time", time, "esa hora no sale de ningún dato")
            elif not all(known.on(day, weekdays, time.value) for _, day, weekdays in _specific(days)):
                yield self._violation(reading, "time", time, "esa hora no es de ese día")

    def _day(self, atom: Atom, day: date | None, weekdays: tuple[int, ...], *, today: bool) -> bool:
        if atom.kind == "relative" and atom.value == 0:
            return True
        if atom.kind == "date" and day is None:
            return False
        if atom.kind == "date":
            return day in self._known_days() or (day == self._facts.today and today)
        if atom.kind == "relative" and day is not None:
            return self._known.day(day, weekdays)
        return self._known.day(None, weekdays)

    def _misdates(self, reading: Reading, atom: Atom, day: date | None) -> bool:
        """ "El pedido 102 del …": of an order's dates only the one of the purchase."""
        made = self._facts.ordered_on
        return bool(made) and day not in made and _ORDERED.search(reading.text.plain[: atom.start]) is not None

    def _known_days(self) -> set[date]:
        return {m.day for m in self._facts.moments if m.day}

    @staticmethod
    def _violation(reading: Reading, kind: str, atom: Atom, why: str) -> Violation:
        said = reading.text.words[atom.start : atom.end].strip()
        return Violation(
            kind, said, f"«{said}»: {why}. Usá los que devolvió la herramienta, o preguntá.", reading.index
        )


def _sentence_of(reading: Reading, atom: Atom) -> str:
    start, end = reading.text.sentence_at(atom.start)
    return reading.text.plain[start:end]


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
