"""What a customer looks for, out of the words that she used: things, colours, sizes, codes."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from nexus.orchestrator_service.catalogue.retail_words import (
    COLOURS,
    FILLER,
    SIZE_CUES,
    SIZE_LETTERS,
    SYNONYMS,
    UNITS,
)
from nexus.orchestrator_service.catalogue.words import fold, stem_of

Kind = Literal["word", "colour", "size", "code"]
Way = tuple[str, ...]

MOST_TERMS = 12
_MOST_WAYS = 12
_TOKEN = re.compile(r'\d+(?:[.,]\d+)?"|[a-z0-9]+(?:[.,/_-][a-z0-9]+)*')
_MEASURE = re.compile(r'(\d+(?:[.,]\d+)?)([a-z]*|")')
_RANGE = re.compile(r"(\d+)-(\d+)")


@dataclass(frozen=True, slots=True)
class Size:
    """A number with its unit ("" when none was said), or a letter; `upto` ends a range of numbers."""

    value: str
    unit: str = ""
    upto: str = ""

    def fits(self, offered: "Size") -> bool:
        """Whether a product that offers that size has this one."""
        if self.unit and offered.unit and self.unit != offered.unit:
            return False
        if offered.upto and self.value.isdecimal():
            return int(offered.value) <= int(self.value) <= int(offered.upto)
        return self.value == offered.value


@dataclass(frozen=True, slots=True)
class Term:
    """One thing asked for: what was said, and all the ways of saying it, the customer's own first."""

    kind: Kind
    said: str
    ways: tuple[Way, ...] = ()
    size: Size | None = None


@dataclass(frozen=True, slots=True)
class Asked:
    """The terms of a search, in order, without what says nothing."""

    terms: tuple[Term, ...]

    @property
    def words(self) -> list[str]:
        """Every single word of every way, once."""
        return list(dict.fromkeys(word for term in self.terms for way in term.ways for word in way))


def understand(query: str, synonyms: Iterable[Mapping[str, Any]] = ()) -> Asked:
    """The terms of what was asked. `synonyms` are the shop's own: {words: [...], means: [...]}."""
    tokens = _TOKEN.findall(fold(query[:400]))
    letters = set(re.findall(r"\b[XSML]{1,4}\b", query[:400]))
    terms: list[Term] = []
    place = 0
    while place < len(tokens) and len(terms) < MOST_TERMS:
        term, place = _term_at(tokens, place, {letter.lower() for letter in letters})
        if term is not None:
            terms.append(term)
    return Asked(tuple(_with_synonyms(terms, list(synonyms))))


def sizes_in(text: str) -> list[Size]:
    """Every size that a value or a name tells: "35-38", "20 l", "2,5 mm", "XL"."""
    tokens = _TOKEN.findall(fold(text))
    found: list[Size] = []
    for place, token in enumerate(tokens):
        if ranged := _RANGE.fullmatch(token):
            found.append(Size(ranged[1], upto=ranged[2]))
        elif measure := _MEASURE.fullmatch(token):
            unit = measure[2] or (tokens[place + 1] if place + 1 < len(tokens) else "")
            found.append(Size(_number(measure[1]), UNITS.get(unit, "")))
        elif token in SIZE_LETTERS:
            found.append(Size(token))
    return found


def _term_at(tokens: Sequence[str], place: int, letters: set[str]) -> tuple[Term | None, int]:
    """What begins at `place`, and where the next one does."""
    token = tokens[place]
    before = tokens[place - 1] if place else ""
    after = tokens[place + 1] if place + 1 < len(tokens) else ""
    if measure := _MEASURE.fullmatch(token):
        written = measure[2] or (after if after in UNITS else "")
        if not measure[2] or measure[2] in UNITS:
            size = Size(_number(measure[1]), UNITS.get(written, ""))
            return Term("size", token, size=size), place + (2 if written and not measure[2] else 1)
    if token in SIZE_LETTERS and (before in SIZE_CUES or token in letters or len(token) > 1):
        return Term("size", token, size=Size(token)), place + 1
    if token in SIZE_CUES or token in FILLER or len(token) < 2:
        return None, place + 1
    if any(c.isdigit() for c in token) or "-" in token or "_" in token:
        parts = tuple(part for part in re.split(r"[-_/.,]", token) if part)
        return Term("code", token, (parts,)), place + 1
    kind: Kind = "colour" if stem_of(token) in COLOURS else "word"
    return Term(kind, token, ((token,),)), place + 1


def _number(written: str) -> str:
    whole, _, part = written.replace(",", ".").partition(".")
    part = part.rstrip("0")
    return f"{int(whole)}.{part}" if part else str(int(whole))


def _with_synonyms(terms: list[Term], own: list[Mapping[str, Any]]) -> list[Term]:
    """Terms with the other ways of saying them; a phrase of the shop's own that was said becomes one term."""
    for entry in own:
        means = [way for phrase in entry["means"] if (way := _plain(phrase))]
        for phrase in entry["words"]:
            terms = _replaced(terms, _plain(phrase), means)
    return [_spoken_otherwise(term) for term in terms]


def _replaced(terms: list[Term], phrase: Way, means: list[Way]) -> list[Term]:
    wanted = [stem_of(word) for word in phrase]
    stems = [stem_of(term.said) for term in terms]
    for start in range(len(terms) - len(wanted) + 1 if wanted else 0):
        if stems[start : start + len(wanted)] == wanted:
            end = start + len(wanted)
            said = tuple(term.said for term in terms[start:end])
            known = terms[start].ways if len(wanted) == 1 else (said,)
            merged = Term("word", " ".join(said), tuple(dict.fromkeys([*known, *means]))[:_MOST_WAYS])
            return [*terms[:start], merged, *terms[end:]]
    return terms


def _spoken_otherwise(term: Term) -> Term:
    if term.kind not in ("word", "colour") or len(term.ways[0]) != 1:
        return term
    stem = stem_of(term.ways[0][0])
    others = [(word,) for group in _GROUPS.get(stem, ()) for word in group if stem_of(word) != stem]
    return Term(term.kind, term.said, tuple(dict.fromkeys([*term.ways, *others]))[:_MOST_WAYS])


def _plain(phrase: str) -> Way:
    return tuple(word for word in _TOKEN.findall(fold(phrase)) if word not in FILLER)


_GROUPS: dict[str, list[tuple[str, ...]]] = {}
for _group in SYNONYMS:
    for _word in _group:
        _GROUPS.setdefault(stem_of(_word), []).append(_group)
