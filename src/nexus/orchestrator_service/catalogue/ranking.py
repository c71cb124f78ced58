"""Which products answer what was asked, best first (tiendanube.md 2.5): pure, on words that were looked up before.

A product is measured by the share of what was asked that it has, each word by how rare it is in the shop. Its name
counts more than tags, category and codes, these more than options, and the description least; in a name the words
after "para" or "porta" say what it is for, not what it is. The form that was said counts more than a plural or gender
of it, that more than what only sounds or looks alike.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import pairwise
from typing import Any

from nexus.orchestrator_service.catalogue.asked import Asked, Size, Term, sizes_in
from nexus.orchestrator_service.catalogue.retail_words import PURPOSE
from nexus.orchestrator_service.catalogue.words import fold, stem_of

_NAME, _LABELS, _OPTIONS, _BODY = 1.0, 0.6, 0.5, 0.25
_FIRST, _PURPOSE = 1.2, 0.45
_BODY_SHARE = 0.7
_SYNONYM = 0.92
_ENOUGH = 0.5
"""The share of what was asked below which a product is another one, that may do instead."""
_NEAR_THE_BEST = 0.6
_PHRASE, _STOCK = 0.12, 0.02


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """What each asked word may stand for in this shop: {asked: {shop's word: 0..1}}, and how many products have it."""

    forms: Mapping[str, Mapping[str, float]]
    uses: Mapping[str, int]
    products: int

    def rarity(self, term: Term) -> float:
        """How much a term tells: the fewer products have it, the more."""
        had = sum(
            {word: self.uses.get(word, 0) for way in term.ways for a in way for word in self.forms.get(a, ())}.values()
        )
        return math.log(1 + (self.products + 1) / (min(had, self.products) + 0.5))

    def knows(self, term: Term) -> bool:
        """Whether any product may have it."""
        return any(all(self.forms.get(word) for word in way) for way in term.ways)


@dataclass(frozen=True, slots=True)
class Hit:
    """A product that was found. `matched` are the options that the customer named, as the shop writes them."""

    id: int
    score: float
    alternative: bool
    matched: dict[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class _Product:
    """What is compared, made quick to look up."""

    id: int
    in_stock: bool
    name: dict[str, float]
    order: list[str]
    labels: frozenset[str]
    options: frozenset[str]
    body: frozenset[str]
    codes: list[str]
    sizes: list[Size]
    option_names: list[str]
    variants: list[list[str]]


def ranked(asked: Asked, vocabulary: Vocabulary, rows: Sequence[Mapping[str, Any]], most: int) -> list[Hit]:
    """At most `most` of the found rows {id, words, in_stock}, best first; alternatives only when nothing else is left.

    Products far behind the best one are left out: they share a word with it, not the thing.
    """
    told = _Told(asked.terms, vocabulary)
    judged = [_judged(told, _product(row)) for row in rows]
    judged = sorted((hit for hit in judged if hit.score > 0), key=lambda hit: (-hit.score, hit.id))
    right = [hit for hit in judged if not hit.alternative]
    if not right:
        return judged[: min(most, 3)]
    return [hit for hit in right if hit.score >= right[0].score * _NEAR_THE_BEST][:most]


def matched_options(asked: Asked, option_names: Sequence[str], variants: Sequence[Sequence[str]]) -> dict[str, str]:
    """The options, among those asked for, of the first variant that has most of what was asked."""
    return _best_variant([(term, _stems_said(term)) for term in asked.terms], option_names, variants)[1]


@dataclass(slots=True)
class _Told:
    """What was asked, with what each term weighs and the stems that an option may have for it."""

    terms: Sequence[Term]
    vocabulary: Vocabulary
    rarity: list[float] = field(init=False)
    wanted: list[tuple[Term, frozenset[str]]] = field(init=False)

    def __post_init__(self) -> None:
        self.rarity = [self.vocabulary.rarity(term) for term in self.terms]
        self.wanted = [(term, _stems_meant(term, self.vocabulary)) for term in self.terms]


def _product(row: Mapping[str, Any]) -> _Product:
    words = row["words"]
    name: dict[str, float] = {}
    weight = _FIRST
    for word in words["name"]:
        if word in PURPOSE:
            weight = _PURPOSE
        name[word] = max(name.get(word, 0.0), weight)
        weight = min(weight, 1.0)
    variants = words["variants"]
    options = {word for variant in variants for value in variant for word in _value_words(value)}
    return _Product(
        id=row["id"],
        in_stock=bool(row["in_stock"]),
        name=name,
        order=words["name"],
        labels=frozenset(words["labels"]),
        options=frozenset(options),
        body=frozenset(words["body"]),
        codes=words["codes"],
        sizes=[Size(value, unit) for value, unit in words["sizes"]],
        option_names=words["options"],
        variants=variants,
    )


def _judged(told: _Told, product: _Product) -> Hit:
    total = reached = score = 0.0
    complete, matched = _best_variant(told.wanted, product.option_names, product.variants)
    lacking = not complete
    for term, rarity in zip(told.terms, told.rarity, strict=True):
        if term.kind == "size":
            lacking = lacking or not _has_size(term, product)
            continue
        strength, share = _strength(term, told.vocabulary, product)
        total += rarity
        reached += rarity * share
        score += rarity * strength
        lacking = lacking or (term.kind != "word" and share == 0)
    if not total:  # sizes alone were asked for
        return Hit(product.id, 0.0 if lacking else 1.0, alternative=False, matched=matched)
    share = reached / total
    if score:
        score = score / total + _PHRASE * _adjacent(told, product) + _STOCK * product.in_stock
    return Hit(product.id, score * share * (0.5 if lacking else 1.0), lacking or share < _ENOUGH, matched)


def _strength(term: Term, vocabulary: Vocabulary, product: _Product) -> tuple[float, float]:
    """(how well the product has the term, how much of it counts as had): of its best way."""
    if term.kind == "code" and any(code == term.said or code.startswith(term.said) for code in product.codes):
        return 2.0, 1.0
    best = (0.0, 0.0)
    for place, way in enumerate(term.ways):
        factor = 1.0 if place == 0 else _SYNONYM
        parts = [_word_strength(vocabulary.forms.get(word, {}), product) for word in way]
        if parts and all(strength > 0 for strength, _ in parts):
            strength = factor * sum(part[0] for part in parts) / len(parts)
            best = max(best, (strength, min(part[1] for part in parts)))
    return best


def _word_strength(forms: Mapping[str, float], product: _Product) -> tuple[float, float]:
    name = labels = options = body = plain = 0.0
    for word, quality in forms.items():
        if word in product.name:
            name, plain = max(name, quality * product.name[word]), max(plain, quality)
        if word in product.labels:
            labels = max(labels, quality)
        if word in product.options:
            options = max(options, quality)
        if word in product.body:
            body = max(body, quality)
    strength = name * _NAME + labels * _LABELS + options * _OPTIONS + body * _BODY
    share = 1.0 if max(plain, labels, options) > 0 else _BODY_SHARE if body else 0.0
    return strength, share


def _adjacent(told: _Told, product: _Product) -> float:
    """The share of neighbours in what was asked that are neighbours in the name, small words apart."""
    order = [word for word in product.order if len(word) > 2 and word not in PURPOSE]
    words = [term for term in told.terms if term.kind == "word"]
    if len(words) < 2 or len(order) < 2:
        return 0.0
    forms = told.vocabulary.forms
    places = [
        {n for n, word in enumerate(order) for way in term.ways for a in way if word in forms.get(a, ())}
        for term in words
    ]
    beside = sum(any(n + 1 in after for n in before) for before, after in pairwise(places))
    return beside / (len(words) - 1)


def _best_variant(
    wanted: Sequence[tuple[Term, frozenset[str]]], names: Sequence[str], variants: Sequence[Sequence[str]]
) -> tuple[bool, dict[str, str]]:
    """(whether one variant has every size and colour that some variant has, which of its options were asked for)."""
    fitting: dict[str, frozenset[str]] = {}
    for value in {value for variant in variants for value in variant}:
        if had := frozenset(term.said for term, stems in wanted if _fits(term, stems, value)):
            fitting[value] = had
    if not fitting:
        return True, {}
    strict = {term.said for term, _ in wanted if term.kind in ("size", "colour")}
    reachable = strict & frozenset().union(*fitting.values())

    def has(variant: Sequence[str]) -> frozenset[str]:
        return frozenset().union(*(fitting.get(value, frozenset()) for value in variant))

    best = max(variants, key=lambda variant: (reachable <= has(variant), len(has(variant))))
    named = {name: value for name, value in zip(names, best, strict=False) if value in fitting}
    return reachable <= has(best), named


def _fits(term: Term, stems: frozenset[str], value: str) -> bool:
    if term.size is not None:
        return any(term.size.fits(size) for size in _sizes(value))
    return term.kind != "code" and bool(stems & _value_stems(value))


def _has_size(term: Term, product: _Product) -> bool:
    """In an option, or told by the name."""
    offered = [size for variant in product.variants for value in variant for size in _sizes(value)]
    return term.size is None or any(term.size.fits(size) for size in [*product.sizes, *offered])


def _stems_meant(term: Term, vocabulary: Vocabulary) -> frozenset[str]:
    words = [form for way in term.ways if len(way) == 1 for form in vocabulary.forms.get(way[0], {})]
    return frozenset(stem_of(word) for word in words)


def _stems_said(term: Term) -> frozenset[str]:
    return frozenset(stem_of(way[0]) for way in term.ways if len(way) == 1)


@lru_cache(maxsize=16_384)
def _sizes(value: str) -> tuple[Size, ...]:
    return tuple(sizes_in(value))


@lru_cache(maxsize=16_384)
def _value_words(value: str) -> frozenset[str]:
    return frozenset(fold(value).replace('"', " ").replace(",", " ").split())


@lru_cache(maxsize=16_384)
def _value_stems(value: str) -> frozenset[str]:
    return frozenset(stem_of(word) for word in _value_words(value))
