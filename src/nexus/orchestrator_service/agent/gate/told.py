"""Whether somebody else's sentence bears out what a reply says: the one that speaks most of the same thing."""

import itertools
import re
from collections.abc import Callable, Sequence

from nexus.orchestrator_service.agent.gate.atoms import Atom
from nexus.orchestrator_service.agent.gate.attribution import Reading
from nexus.orchestrator_service.agent.gate.facts import Said, telling

_JOINT = re.compile(r"[,;]|\b(?:y|e|o|u|pero|mientras|aunque)\b")
Fits = Callable[[Atom], bool]


def clause_of(reading: Reading, atom: Atom, rivals: Sequence[Atom]) -> str:
    """The words that go with one of several figures of a sentence: from the joint after the one before to the next."""
    plain = reading.text.plain
    start, end = reading.text.sentence_at(atom.start)
    earlier = [one.end for one in rivals if one.end <= atom.start]
    if earlier:
        start = max(earlier)
        joints = list(_JOINT.finditer(plain, start, atom.start))
        start = joints[-1].end() if joints else start
    later = [one.start for one in rivals if one.start >= atom.end]
    end = min([end, *later])
    joint = _JOINT.search(plain, atom.end, end)
    return plain[start : joint.start() if joint else end]


def borne_out(
    said: Sequence[Said],
    kinds: Sequence[str],
    fits: Fits,
    reading: Reading,
    atom: Atom,
    rivals: Sequence[Atom],
) -> bool:
    """Whether, of the sentences with figures of these kinds, one that shares most words with the reply has this one.

    The clause is compared first; where it shares no word with any, its sentence, then the bubble. The sentences must
    share something: "$ 3.500" of the shipping is no price of a product.
    """
    figured = [(one, [a for a in one.atoms if a.kind in kinds]) for one in said]
    figured = [(one, atoms) for one, atoms in figured if atoms]
    if not any(fits(a) for _, atoms in figured for a in atoms):
        return False
    start, end = reading.text.sentence_at(atom.start)
    plain = reading.text.plain
    scopes = [clause_of(reading, atom, rivals), plain[start:end]]
    if not any(m.start < atom.start for m in reading.mentions):
        scopes.append(plain[max(0, start - 160) : end])
    for words in scopes:
        stems = telling(words)
        scores = [(len(one.stems & stems), atoms) for one, atoms in figured]
        best = max((score for score, _ in scores), default=0)
        if best:
            return any(fits(a) for score, atoms in scores if score == best for a in atoms)
    return False


def split_figures(said: Sequence[Said], kinds: Sequence[str]) -> list[Said]:
    """Sentences with several figures cut so that each has one, every part with the words that all share."""
    parts: list[Said] = []
    for one in said:
        figures = [a for a in one.atoms if a.kind in kinds]
        if len(figures) < 2:
            parts.append(one)
            continue
        parts += _parts(one, figures)
    return parts


def _parts(one: Said, figures: Sequence[Atom]) -> list[Said]:
    offset = one.start
    cuts = [0]
    for earlier, later in itertools.pairwise(figures):
        joints = list(_JOINT.finditer(one.plain, earlier.end - offset, later.start - offset))
        cuts.append(joints[0].end() if joints else later.start - offset)
    cuts.append(len(one.plain))
    pieces = [
        (one.plain[a:b], tuple(x for x in one.atoms if a <= x.start - offset < b)) for a, b in itertools.pairwise(cuts)
    ]
    subject = re.match(r"\W*(?:el|la|los|las|nuestros?|nuestras?)?\s*(\w{4,})", one.plain)
    shared = telling(subject[1]) if subject else frozenset()
    return [Said(atoms, telling(piece) | shared, piece, offset) for piece, atoms in pieces]
