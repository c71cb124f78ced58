"""Finding products in a shop's index: what was asked, what the shop calls it, which products have it, in what order."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from nexus.orchestrator_service.catalogue.asked import Asked, Term, understand
from nexus.orchestrator_service.catalogue.ranking import Hit, Vocabulary, ranked
from nexus.orchestrator_service.catalogue.words import sound, stem_of, without_diminutive
from nexus.store.catalogue import (
    KnownWord,
    lexemes_of,
    list_synonyms,
    matching_products,
    related_words,
    similar_words,
)
from nexus.store.database import Connection

_MOST_CANDIDATES = 200
_STEM, _SOUND, _LEXEME, _DIMINUTIVE = 0.8, 0.7, 0.62, 0.75
_LIKE = 0.65
_LIKE_ENOUGH = 0.38


@dataclass(frozen=True, slots=True)
class Found:
    """What was asked and what answers it, best first."""

    asked: Asked
    hits: list[Hit]


async def find(
    tenant_id: int, conn: Connection, query: str, products: int, *, most: int, categories: Sequence[int] = ()
) -> Found:
    """At most `most` products of the tenant's index, of `products` in all; in the tenant's transaction.

    With `categories`, only those of one of them or below it. Nothing asked is nothing found, but in categories all.
    """
    asked = understand(query, await list_synonyms(tenant_id, conn))
    within = "|".join(f"'@{int(i)}'" for i in categories)
    if not asked.terms:
        rows = await matching_products(tenant_id, conn, within, most) if within else []
        rows.sort(key=lambda row: not row["in_stock"])
        return Found(asked, [Hit(row["id"], 0.0, alternative=False) for row in rows])
    vocabulary = await vocabulary_of(tenant_id, conn, asked, products)
    for wanted in queries_for(asked, vocabulary):
        query_text = f"({within})&({wanted})" if within else wanted
        rows = await matching_products(tenant_id, conn, query_text, _MOST_CANDIDATES)
        if rows:
            return Found(asked, ranked(asked, vocabulary, rows, most))
    return Found(asked, [])


def queries_for(asked: Asked, vocabulary: Vocabulary) -> list[str]:
    """The tsqueries to try in turn: all that was asked, all but sizes and colours, anything of it."""
    known = [term for term in asked.terms if term.kind == "size" or vocabulary.knows(term) or term.kind == "code"]
    things = [term for term in known if term.kind in ("word", "code")]
    tries: list[str] = []
    if len(known) == len(asked.terms):
        tries.append("&".join(_query_of(term, vocabulary) for term in known))
    if things:
        tries.append("&".join(_query_of(term, vocabulary) for term in things))
    tries.append("|".join(_query_of(term, vocabulary) for term in known if term.kind != "size"))
    return [text for text in dict.fromkeys(tries) if text]


async def vocabulary_of(tenant_id: int, conn: Connection, asked: Asked, products: int) -> Vocabulary:
    """What the asked words may stand for in this shop. Looks and sounds count only for a word that the shop has not."""
    words = asked.words
    lexemes = await lexemes_of(tenant_id, conn, words)
    small = {word: plain for word in words if (plain := without_diminutive(word))}
    known = await related_words(
        tenant_id,
        conn,
        words,
        [*map(stem_of, words), *small.values()],
        list(map(sound, words)),
        list(lexemes.values()),
    )
    forms = {word: _forms(word, known, lexemes[word], small.get(word)) for word in words}
    uses = {row.word: row.uses for row in known}
    said = {term.ways[0][0] for term in asked.terms if term.ways and len(term.ways[0]) == 1}
    strange = [word for word in words if word in said and not forms[word] and len(word) > 3 and not word.isdecimal()]
    if strange:
        for word, like, count, likeness in await similar_words(tenant_id, conn, strange):
            if likeness >= _LIKE_ENOUGH and _may_be_meant(word, like):
                forms[word][like] = _LIKE * min(1.0, likeness + 0.3)
                uses[like] = count
    return Vocabulary(forms, uses, products)


def _forms(word: str, known: Sequence[KnownWord], lexeme: str, small: str | None) -> dict[str, float]:
    tests: tuple[tuple[float, Callable[[KnownWord], bool]], ...] = (
        (1.0, lambda row: row.word == word),
        (_STEM, lambda row: row.stem == stem_of(word)),
        (_LEXEME, lambda row: row.lexeme == lexeme),
    )
    forms = {row.word: max((quality for quality, is_one in tests if is_one(row)), default=0.0) for row in known}
    forms = {found: quality for found, quality in forms.items() if quality}
    if max(forms.values(), default=0.0) >= _STEM:
        return forms
    guesses = {row.word: _SOUND for row in known if len(word) > 2 and row.sound == sound(word)}
    if small:
        guesses |= {row.word: _DIMINUTIVE for row in known if row.stem == small}
    return {found: max(forms.get(found, 0.0), guesses.get(found, 0.0)) for found in {*forms, *guesses}}


def _may_be_meant(asked: str, word: str) -> bool:
    """Whether a slip of the fingers makes one out of the other: one letter, in long words two."""
    one, other = stem_of(asked), stem_of(word)
    return _distance(one, other, 2) <= (2 if min(len(one), len(other)) >= 8 else 1)


def _distance(one: str, other: str, most: int) -> int:
    """Letters to add, drop, change or swap; more than `most` is `most` + 1."""
    if abs(len(one) - len(other)) > most:
        return most + 1
    before: list[int] = []
    row = list(range(len(other) + 1))
    for i, a in enumerate(one, start=1):
        older, before, row = before, row, [i]
        for j, b in enumerate(other, start=1):
            cost = min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (a != b))
            if older and j > 1 and a == other[j - 2] and one[i - 2] == b:
                cost = min(cost, older[j - 2] + 1)
            row.append(cost)
    return min(row[-1], most + 1)


def _query_of(term: Term, vocabulary: Vocabulary) -> str:
    """One term as a tsquery: any of its ways, each of its words in any form that the shop has."""
    if term.size is not None:
        whole, _, part = term.size.value.partition(".")
        return f"('{whole}'&'{part}')" if part else f"'{whole}'"
    spelled = [[vocabulary.forms.get(word, {}) for word in way] for way in term.ways]
    ways = [
        "&".join("(" + "|".join(f"'{form}'" for form in forms) + ")" for forms in way) for way in spelled if all(way)
    ]
    if term.kind == "code":
        ways = [f"'={term.said}':*", *ways]
    return "(" + "|".join(f"({way})" for way in ways) + ")"
