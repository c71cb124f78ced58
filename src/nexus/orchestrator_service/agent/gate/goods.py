"""Sizes, stock counts and availability of a reply against the variants of the product they stand beside."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from nexus.orchestrator_service.agent.gate.atoms import Atom
from nexus.orchestrator_service.agent.gate.attribution import Attribution, Reading
from nexus.orchestrator_service.agent.gate.facts import Facts, Product, Variant
from nexus.orchestrator_service.agent.gate.reading import stem
from nexus.orchestrator_service.agent.gate.told import borne_out
from nexus.orchestrator_service.agent.gate.verdict import Violation

_JOINT = re.compile(r"[;:()]|,|\s-\s|\b(?:y|e|pero|aunque|mientras|salvo|excepto|menos)\b")
_STRONG = re.compile(r"[;()]|\b(?:pero|aunque|mientras|salvo|excepto|menos)\b")
_OUT = re.compile(
    r"\b(?:no\s+(?:\w+\s+){0,2}?(?:hay|tenemos|tengo|queda\w*|esta|viene|disponible|trabajamos|lo|la|nos)|sin\s+stock|agotad\w+|"
    r"se\s+(?:\w+\s+)?(?:termin|agot|acab)\w+|fuera\s+de\s+stock|faltan?|no)\b"
)
_IN = re.compile(
    r"\b(?:hay|tenemos|tengo|queda\w*|disponibles?|en\s+stock|conseguis|viene\w*|llego|llegaron|entro|entraron|contamos|"
    r"esta|estan|si)\b"
)
_IF = re.compile(r"\bsi\s+(?:us|quer|necesit|calz|busc|prefer|es|te|lo|la|ten|sos)\w*")
_OFFERED = re.compile(r"\bte\s+(?:sirve|va|iria|interesa|gusta|quedaria)\b")
_THAT_ONE = re.compile(r"\bes[ea]\s+(?:talle|numero|medida|tamano)\b")
_LEFT = re.compile(r"\b(?:qued\w+|hay|stock|disponib\w+|tenemos|tengo)\b[^.!?\n]{0,20}$")
_SPLIT = re.compile(r"[^a-z0-9ñ.]+")


@dataclass(slots=True)
class Goods:
    """Judges sizes and counts of one reply."""

    facts: Facts
    attribution: Attribution
    asked_options: frozenset[str] = frozenset()

    def violations(self, reading: Reading) -> Iterator[Violation]:
        """Of one bubble, in order."""
        for atom in reading.atoms:
            if atom.kind == "size":
                yield from self._size(reading, atom, _later(reading, atom))
            elif atom.kind == "stock":
                yield from self._stock(reading, atom)

    def _products(self, reading: Reading, atom: Atom) -> list[Product]:
        return [self.facts.products[key] for key in self.attribution.of(reading, atom, [atom])]

    def _size(self, reading: Reading, atom: Atom, later: bool | None) -> Iterator[Violation]:
        said = reading.text.words[atom.start : atom.end].strip()
        products = self._products(reading, atom)
        sized = [p for p in products if any(_has(v, atom.value) for v in p.variants)]
        if atom.value == "unico" and any(not p.options() for p in products):
            return
        polarity = _polarity(reading, atom)
        if polarity is None:
            polarity = True if later is None and self._priced(reading, atom) else later
        if (
            atom.value in ("s", "m", "l")
            and not sized
            and not _has_letters(products)
            and not _named_size(reading, atom)
        ):
            return  # a capital letter that is no size here
        if polarity is True:
            good = any(v.in_stock for p in sized for v in _chosen(p, reading, atom))
        elif polarity is False:
            good = not any(v.in_stock for p in sized for v in _chosen(p, reading, atom))
        else:
            good = bool(sized)
        if polarity is not False and not sized and _told_size(self.facts, atom, polarity, has_products=bool(products)):
            good = True
        if not good:
            yield Violation("size", said, _size_advice(said, products, polarity), reading.index)

    @staticmethod
    def _priced(reading: Reading, atom: Atom) -> bool:
        """Told with its price it is for sale, unless the bubble says next that it is not."""
        start, end = reading.text.sentence_at(atom.start)
        plain = reading.text.plain
        if plain[start:end].rstrip().endswith("?") or _OUT.search(plain, end):
            return False
        return any(a.kind == "amount" and start <= a.start < end for a in reading.atoms)

    def _stock(self, reading: Reading, atom: Atom) -> Iterator[Violation]:
        said = reading.text.words[atom.start : atom.end].strip()
        products = self._products(reading, atom)
        if any(self._counts(reading, atom, product) for product in products if len(products) == 1):
            return
        same = {s for p in products for s in _stocks(p)} if len(products) > 1 else set()
        if same == {atom.value}:
            return
        kinds = ("stock", "number")
        left = _LEFT.search(reading.text.plain[: atom.start])  # what is left is no matter of the shop's rules
        if not left and borne_out(self.facts.shop, kinds, lambda a: a.value == atom.value, reading, atom, [atom]):
            return
        stocks = ", ".join(f"{'/'.join(sorted(v.options)) or p.name}: {v.stock}" for p in products for v in p.variants
                           if v.stock is not None and len(products) == 1)  # fmt: skip
        advice = f"«{said}» no es el stock que devolvió la herramienta{f' ({stocks})' if stocks else ''}."
        yield Violation("stock", said, advice, reading.index)

    def _counts(self, reading: Reading, atom: Atom, product: Product) -> bool:
        """The count of the variants that the words name: in the sentence, else just before, else by the customer."""
        start, end = reading.text.sentence_at(atom.start)
        plain = reading.text.plain[: atom.start] + " " * (atom.end - atom.start) + reading.text.plain[atom.end :]
        for words in (plain[start:end], plain[max(0, start - 200) : start]):
            named = _named(product, words)
            if named:
                return _counted(named, atom.value)
        linked = [v for v in product.variants if v.id in reading.variants]
        if linked and _counted(linked, atom.value):
            return True
        asked = [v for v in product.variants if v.options & self.asked_options]
        return _counted(asked or product.variants, atom.value)


def _counted(variants: Sequence[Variant], value: int) -> bool:
    """All of them together, or each of them where they are equally many; uncounted stock is no number."""
    known = [v.stock for v in variants if v.stock is not None]
    return len(known) == len(variants) and (sum(known) == value or set(known) == {value})


def _stocks(product: Product) -> list[int | None]:
    counted = [v.stock for v in product.variants]
    return [None if None in counted else sum(s for s in counted if s)]


def _named(product: Product, words: str) -> list[Variant]:
    """The variants whose options the words name: each kind of option narrows, several of one kind widen."""
    tokens = {t.strip(".") for t in _SPLIT.split(words)}
    stems = {stem(t) for t in tokens if len(t) > 2}
    loose = {o for o in product.options() if o in tokens or (len(o) > 2 and set(map(stem, _SPLIT.split(o))) <= stems)}
    loose |= {o for o in product.options() if re.search(rf"(?<![\w/.,$]){re.escape(o)}(?![\w/]|[.,]\d)", words)}
    if not loose:
        return []
    best = max(len(v.options & loose) for v in product.variants)
    return [v for v in product.variants if len(v.options & loose) == best]


def _has(variant: Variant, size: str) -> bool:
    return any(option == size or size in _SPLIT.split(option) for option in variant.options)


def _chosen(product: Product, reading: Reading, atom: Atom) -> list[Variant]:
    """The variants of that size, and of the colour that the clause names with it."""
    sized = [v for v in product.variants if _has(v, atom.value)]
    others = {o for v in sized for o in v.options if not (o == atom.value or atom.value in _SPLIT.split(o))}
    start, end = _clause(reading, atom)
    tokens = set(_SPLIT.split(reading.text.plain[start:end]))
    stems = tokens | {stem(t) for t in tokens if len(t) > 2}
    named = {o for o in others if o in tokens or set(map(stem, _SPLIT.split(o))) <= stems}
    return [v for v in sized if v.options & named] if named else sized


def _clause(reading: Reading, atom: Atom) -> tuple[int, int]:
    start, end = reading.text.sentence_at(atom.start)
    before = [m.end() for m in _JOINT.finditer(reading.text.plain, start, atom.start)]
    after = _JOINT.search(reading.text.plain, atom.end, end)
    return before[-1] if before else start, after.start() if after else end


def _polarity(reading: Reading, atom: Atom) -> bool | None:
    """Whether the words say that this size is there; None when they say neither, and in questions."""
    start, end = reading.text.sentence_at(atom.start)
    plain = reading.text.plain
    if plain[start:end].rstrip().endswith("?"):
        return True if _OFFERED.search(plain, start, end) else None
    own = _clause(reading, atom)
    said = _said(plain[own[0] : own[1]])
    if said is not None:
        return said
    earlier = [m.end() for m in _STRONG.finditer(plain, start, own[0])]
    said = _said(plain[earlier[-1] if earlier else start : own[0]])
    if said is not None:
        return said
    later = _STRONG.search(plain, own[1], end)
    return _said(plain[own[1] : later.start() if later else end])


def _later(reading: Reading, atom: Atom) -> bool | None:
    """What a later sentence says of "ese talle", where this is the last size named before it."""
    _, end = reading.text.sentence_at(atom.start)
    for start, stop in reading.text.sentences:
        if start < end or not _THAT_ONE.search(reading.text.plain, start, stop):
            continue
        if not any(a.kind == "size" and atom.start < a.start < start for a in reading.atoms):
            return _said(reading.text.plain[start:stop])
    return None


def _said(words: str) -> bool | None:
    if _IF.search(words):
        words = _IF.sub(" ", words)
    outs, ins = list(_OUT.finditer(words)), list(_IN.finditer(words))
    if outs:
        return False
    return True if ins else None


def _has_letters(products: Sequence[Product]) -> bool:
    """Whether sizes here are letters."""
    return any(len(option) < 5 and option.isalpha() for p in products for option in p.options())


def _named_size(reading: Reading, atom: Atom) -> bool:
    return bool(re.search(r"\btalles?\W*(?:\w+\W+){0,3}$", reading.text.plain[: atom.start]))


def _told_size(facts: Facts, atom: Atom, polarity: bool | None, *, has_products: bool) -> bool:
    """The shop's size tables name it; the customer may have, as long as the reply does not say that it is there."""
    said = facts.shop if polarity or has_products else [*facts.shop, *facts.customer]
    said = [*said, *(facts.customer if polarity is None else [])]
    return any(_same_size(a, atom) for one in said for a in one.atoms)


def _same_size(told: Atom, atom: Atom) -> bool:
    return told.kind in ("size", "number") and str(told.value) == atom.value


def _size_advice(said: str, products: Sequence[Product], polarity: bool | None) -> str:
    if len(products) != 1:
        return f"El talle «{said}» no sale de ningún dato: decí de qué producto es."
    there = sorted({"/".join(sorted(v.options)) for v in products[0].variants if v.in_stock})
    what = "no está en stock" if polarity else "sí está en stock" if polarity is False else "no existe"
    return f"En {products[0].name} «{said}» {what}: hay {', '.join(there) or 'nada'}."
