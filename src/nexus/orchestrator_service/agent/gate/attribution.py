"""To which product an amount, a size or a count of a reply belongs: the one it stands beside."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from nexus.orchestrator_service.agent.gate.atoms import Atom
from nexus.orchestrator_service.agent.gate.mentions import Mention
from nexus.orchestrator_service.agent.gate.reading import Text


@dataclass(frozen=True, slots=True)
class Reading:
    """One text bubble read: its text, atoms and mentions; `index` is its place in the reply.

    `variants` are the ids of those that its links open.
    """

    index: int
    text: Text
    atoms: list[Atom]
    mentions: list[Mention]
    variants: frozenset[str] = frozenset()

    def inside(self, span: tuple[int, int]) -> list[Mention]:
        """The mentions within a sentence."""
        return [m for m in self.mentions if span[0] <= m.start < span[1]]


@dataclass(slots=True)
class Attribution:
    """Answers for the whole reply; `asked` are the products of the customer's words, `shown` of those shown before."""

    readings: Sequence[Reading]
    pictures: Sequence[Mention]
    every: frozenset[str]
    asked: frozenset[str] = frozenset()
    shown: frozenset[str] = frozenset()
    _focus: frozenset[str] = field(default=frozenset(), init=False)

    def __post_init__(self) -> None:
        """What the whole reply speaks of, where it is one product."""
        single = {m.ids for r in self.readings for m in r.mentions if len(m.ids) == 1}
        single |= {m.ids for m in self.pictures}
        self._focus = next(iter(single)) if len(single) == 1 else frozenset()

    def of(self, reading: Reading, atom: Atom, rivals: Sequence[Atom]) -> frozenset[str]:
        """The ids that the atom may belong to; `rivals` are the atoms of its kind in the same sentence, with it."""
        span = reading.text.sentence_at(atom.start)
        inside = reading.inside(span)
        if inside:
            return self._narrowed(_beside(inside, atom, rivals))
        before = self._before(reading, span[0])
        if before:
            groups = list(dict.fromkeys(m.ids for m in before))
            if len(groups) == len(rivals) > 1:
                return self._narrowed(groups[list(rivals).index(atom)])
            return self._narrowed(groups[0] if len(groups) == 1 else frozenset().union(*groups))
        after = self._after(reading, span[1])
        if after:
            return self._narrowed(after[0].ids)
        return self._otherwise()

    def direct(self, reading: Reading, atom: Atom) -> Mention | None:
        """The nearest mention in the atom's own sentence."""
        inside = reading.inside(reading.text.sentence_at(atom.start))
        return min(inside, key=lambda m: _distance(m, atom), default=None)

    def _narrowed(self, ids: frozenset[str]) -> frozenset[str]:
        """A word that fits several products means the one that the reply, or the customer, speaks of."""
        if len(ids) < 2:
            return ids
        for meant in (self._focus, self.asked):
            if len(meant & ids) == 1:
                return meant & ids
        return ids

    def _before(self, reading: Reading, place: int) -> list[Mention]:
        earlier = [m for m in reading.mentions if m.start < place]
        if earlier:
            span = reading.text.sentence_at(earlier[-1].start)
            return [m for m in earlier if m.start >= span[0]]
        for other in reversed([r for r in self.readings if r.index < reading.index]):
            pictures = [m for m in self.pictures if other.index < m.bubble < reading.index]
            if pictures:
                return pictures[-1:]
            if other.mentions:
                return other.inside(other.text.sentence_at(other.mentions[-1].start))
        return [m for m in self.pictures if m.bubble < reading.index][-1:]

    def _after(self, reading: Reading, place: int) -> list[Mention]:
        later = [m for m in reading.mentions if m.start >= place]
        pictures = [m for m in self.pictures if m.bubble > reading.index]
        others = [m for r in self.readings if r.index > reading.index for m in r.mentions]
        return later or pictures[:1] or others

    def _otherwise(self) -> frozenset[str]:
        """Nothing in the reply says it: what the customer asked about, or the only thing there is."""
        if self.asked:
            return self._narrowed(self.asked)
        if len(self.every) > 1 and len(self.shown & self.every) == 1:
            return self.shown & self.every
        return self.every


def _beside(inside: Sequence[Mention], atom: Atom, rivals: Sequence[Atom]) -> frozenset[str]:
    """In "la Giselle sale … y la Odette …" the name stands before, in "a … la Giselle y a … la Odette" behind."""
    groups = list(dict.fromkeys(m.ids for m in inside))
    first = min(rivals, key=lambda one: one.start) if rivals else atom
    if len(groups) == len(rivals) > 1 and inside[-1].end <= first.start:
        return groups[list(rivals).index(atom)]
    before = [m for m in inside if m.end <= atom.start]
    after = [m for m in inside if m.start >= atom.end]
    names_follow = first.start < inside[0].start and len(after) > 0
    if before and not names_follow:
        return before[-1].ids
    return (after or before)[0].ids


def _distance(mention: Mention, atom: Atom) -> int:
    return mention.start - atom.end if mention.start >= atom.end else atom.start - mention.end
