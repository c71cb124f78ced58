"""Amounts and percentages of a reply against the prices they claim to be."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal

from nexus.gateways.tiendanube.parse import money_text
from nexus.orchestrator_service.agent.gate.atoms import Atom
from nexus.orchestrator_service.agent.gate.attribution import Attribution, Reading
from nexus.orchestrator_service.agent.gate.facts import Facts, Product, Variant, telling
from nexus.orchestrator_service.agent.gate.told import borne_out, clause_of, split_figures
from nexus.orchestrator_service.agent.gate.verdict import Violation

_PREVIOUS_BEFORE = re.compile(
    r"\b(?:antes(?:\s+(?:de|estaba|estaban|valia|salia|salian|costaba|era|a|por))*|(?:precio\s+)?(?:de\s+lista|original|"
    r"anterior|normal|regular|viejo|tachado|sin\s+descuento)|en\s+(?:vez|lugar)\s+de|valia|salia|salian|costaba|"
    r"estaba|estaban|bajo\s+de|era\s+de|previo|contra\s+los)(?:\s+(?:es|era|de|a|en|los))*\W*$"
)
_PREVIOUS_AFTER = re.compile(
    r"^\W*(?:antes\b(?![^.;)]{0,25}\d)|de\s+lista|sin\s+(?:el\s+)?(?:descuento|promo)|que\s+(?:salia|valia|costaba))"
)
_SAVING = re.compile(r"\b(?:ahorr\w+|descuento\s+de|rebaja\s+de|diferencia\s+de|menos)\W*(?:[a-z]+\W+){0,2}$")
_EACH = re.compile(r"\b(?:cuotas?|pagos)\b[^.$]{0,30}?\b(?:de|a)\s+(?:solo\s+)?$")
_FROM = re.compile(
    r"\b(?:desde|a partir de|arranca\w* (?:en|desde)|minimo|hasta|entre|como mucho|de)\s*(?:los|las)?\s*$"
)
_BETWEEN = re.compile(r"\s*(?:a|y|hasta)\s*(?:los)?\s*")
_TOTAL = re.compile(
    r"\b(?:total\w*|tod[oa]|junt[oa]s|amb[oa]s|(?:l[oa]s)\s+\d+|suman?|sumad\w+|son|serian?|quedaria\w*|combo|\d+\s*x|x\s*\d+|"
    r"por\s+\d+|llev\w+|unidades|pares|par)\b"
)
_CHEAPEST = re.compile(r"\bmas\s+(?:barat|economic|accesib)|\bmenor\s+precio")
_DEAREST = re.compile(r"\bmas\s+car[oa]|\bmayor\s+precio")
_ORDER_TOTAL = re.compile(r"\b(?:total|pedido|compra|pagaste|abonaste|pagar|importe|monto|sena|pago|transferi\w*)\b")
_CLAIMS_PRICE = re.compile(
    r"\b(?:sale[ns]?|cuesta[ns]?|vale[ns]?|precio\w*|queda\w*|dejo|dejamos|total|cobr\w+|descuento|oferta|promo\w*|"
    r"haria|hago|hacemos|aceptamos|acepto|trato|cerramos)\b"
)
_OF_HERS = re.compile(
    r"\b(?:presupuesto|hasta|menos\s+de|decis|dijiste|mencion\w+|contaste|tope|limite|pediste|no\s+(?:puedo|podemos|"
    r"llega\w*|te\s+lo|es|hay|tengo|tenemos|hacemos)|alcanza\w*|debajo\s+de|alrededor\s+de|por\s+encima|rango|buscas|ofreces|ofrecias)\b"
)
_WHOLLY = re.compile(r"\s*(?:segur|recomend|convencid|de\s+acuerdo|tranqui|online|verdad)")
_NOT = re.compile(r"\b(?:no|tampoco|ningun|sin)\b")
_CENT = Decimal("0.01")
_FIGURES = ("amount",)


@dataclass(slots=True)
class Money:
    """Judges the amounts of one reply; what is proved is remembered, for sums of it may follow."""

    facts: Facts
    attribution: Attribution
    _proved: list[tuple[Decimal, int]] = field(default_factory=list)
    _percents: list[Decimal] = field(default_factory=list)

    def violations(self, reading: Reading) -> Iterator[Violation]:
        """Of one bubble, in order."""
        for atom in reading.atoms:
            if atom.kind == "percentage":
                yield from self._percentage(reading, atom)
            elif atom.kind == "amount":
                yield from self._amount(reading, atom)

    def is_amount(self, reading: Reading, atom: Atom) -> bool:
        """Whether a bare number is an amount that holds."""
        return not list(self._amount(reading, Atom("amount", atom.value, atom.start, atom.end, "ARS")))

    def _amount(self, reading: Reading, atom: Atom) -> Iterator[Violation]:
        said = reading.text.words[atom.start : atom.end].strip()
        rivals = _rivals(reading, atom)
        if atom.extra != "ARS":
            if not self._told(reading, atom, rivals):
                advice = f"Los precios son en pesos argentinos: «{said}» no sale de ningún dato."
                yield Violation("currency", said, advice, reading.index)
            return
        ids = self._ids(reading, atom, rivals)
        products = [self.facts.products[key] for key in ids]
        if self._of_products(reading, atom, rivals, products):
            return
        if self._told(reading, atom, rivals) or self._of_orders(reading, atom) or self._of_customer(reading, atom):
            return
        yield Violation("amount", said, _advice(said, products), reading.index)

    def _ids(self, reading: Reading, atom: Atom, rivals: Sequence[Atom]) -> frozenset[str]:
        """A previous price and a saving stand beside the price they belong to, and are no rivals of others."""
        counted = [one for one in rivals if not self._aside(reading, one)] or list(rivals)
        if atom in counted:
            return self.attribution.of(reading, atom, counted)
        return self.attribution.of(reading, atom, [atom])

    def _aside(self, reading: Reading, atom: Atom) -> bool:
        before, after = _around(reading, atom)
        return any(
            (
                _PREVIOUS_BEFORE.search(before),
                _PREVIOUS_AFTER.search(after),
                _SAVING.search(before),
                _EACH.search(before),
            )
        )

    def _of_products(self, reading: Reading, atom: Atom, rivals: Sequence[Atom], products: Sequence[Product]) -> bool:
        before, after = _around(reading, atom)
        value = atom.value
        if len(products) == 1:
            variants = self._variants(reading, atom, products[0])
            prices = {v.price for v in variants if v.price is not None}
            previous = {v.previous for v in variants if v.previous is not None}
            if _EACH.search(before):
                return self._installment(reading, atom, prices)
            if _SAVING.search(before):
                return bool(value in {v.previous - v.price for v in variants if v.previous and v.price})
            if _PREVIOUS_BEFORE.search(before) or _PREVIOUS_AFTER.search(after):
                return value in previous
            if _led_down(reading, atom, rivals) and value in previous:
                return True
            if value in prices:
                self._proved.append((value, _quantity(reading, atom)))
                return True
            if any(value == _less(price, percent) for price in prices for percent in self._percents):
                return True
        elif self._ranged(reading, atom, before, products):
            return True
        return self._is_total(reading, atom, products)

    def _variants(self, reading: Reading, atom: Atom, product: Product) -> Sequence[Variant]:
        """Those of the size or colour that the sentence names, where the product's prices differ."""
        if len(product.prices()) < 2:
            return product.variants
        start, end = reading.text.sentence_at(atom.start)
        words = set(re.findall(r"[\w/]+", reading.text.plain[start:end]))
        named = [v for v in product.variants if v.options & words]
        return named or product.variants

    def _ranged(self, reading: Reading, atom: Atom, before: str, products: Sequence[Product]) -> bool:
        """Of several products: the end of a range, the cheapest, the dearest, or the price that all of them have."""
        prices = {price for product in products for price in product.prices()}
        if not prices:
            return False
        if prices == {atom.value}:
            self._proved.append((atom.value, _quantity(reading, atom)))
            return True
        start, end = reading.text.sentence_at(atom.start)
        sentence = reading.text.plain[start:end]
        if _CHEAPEST.search(sentence):
            return bool(atom.value == min(prices))
        if _DEAREST.search(sentence):
            return bool(atom.value == max(prices))
        led = _FROM.search(before) or any(
            _BETWEEN.fullmatch(reading.text.plain, one.end, atom.start) for one in _rivals(reading, atom)
        )
        return bool(led) and atom.value in (min(prices), max(prices))

    def _installment(self, reading: Reading, atom: Atom, prices: set[Decimal]) -> bool:
        """A price in n equal parts, to the cent or to the peso."""
        counts = [one.value for one in reading.atoms if one.kind == "installments" and one.end <= atom.start]
        if not counts:
            return False
        parts = {(price / counts[-1]).quantize(_CENT, ROUND_HALF_UP) for price in prices}
        return atom.value in parts or atom.value in {part.quantize(Decimal(1), ROUND_HALF_UP) for part in parts}

    def _is_total(self, reading: Reading, atom: Atom, products: Sequence[Product]) -> bool:
        """A price times a number that the reply says, or the sum of all that it quoted before."""
        start, end = reading.text.sentence_at(atom.start)
        sentence = reading.text.plain[max(0, start - 120) : end]
        if not _TOTAL.search(sentence):
            return False
        counts = {int(n) for n in re.findall(r"(?<![\d.,$])\d{1,2}(?![\d.,%]\d|\d)", sentence)}
        counts |= {2} if re.search(r"\b(?:ambas|ambos)\b", sentence) else set()
        prices = {price for product in products for price in product.prices()} if len(products) == 1 else set()
        if any(atom.value == price * count for price in prices for count in counts if count > 1):
            return True
        if len(self._proved) < 2:
            return False
        plain = sum((price for price, _ in self._proved), Decimal(0))
        counted = sum((price * count for price, count in self._proved), Decimal(0))
        return atom.value in (plain, counted)

    def _told(self, reading: Reading, atom: Atom, rivals: Sequence[Atom]) -> bool:
        """The shop says so itself, and the words about it are nearer than a product's name."""
        said = split_figures(self.facts.shop, _FIGURES)
        if not borne_out(
            said, _FIGURES, lambda a: (a.value, a.extra) == (atom.value, atom.extra), reading, atom, rivals
        ):
            return False
        beside = self.attribution.direct(reading, atom)
        if beside is None:
            self._proved.append((atom.value, 1))
            return True
        clause = clause_of(reading, atom, rivals)
        stems = {one for part in said for one in part.stems if any(a.value == atom.value for a in part.atoms)}
        names = {one for key in beside.ids for one in self.facts.products[key].stems}

        return bool((telling(clause) & stems) - names)

    def _of_orders(self, reading: Reading, atom: Atom) -> bool:
        start, end = reading.text.sentence_at(atom.start)
        sentence = reading.text.plain[max(0, start - 80) : end]
        totals = self.facts.amounts | {a.value for one in self.facts.other for a in one.atoms if a.kind == "amount"}
        if atom.value not in totals or not _ORDER_TOTAL.search(sentence):
            return False
        beside = self.attribution.direct(reading, atom)
        word = list(_ORDER_TOTAL.finditer(reading.text.plain, start, end))
        return beside is None or any(abs(m.start() - atom.start) <= abs(beside.end - atom.start) for m in word)

    def _of_customer(self, reading: Reading, atom: Atom, kinds: Sequence[str] = ("amount", "number")) -> bool:
        """Her own figure may be repeated, not granted as a price."""
        if not any(a.kind in kinds and a.value == atom.value for s in self.facts.customer for a in s.atoms):
            return False
        start, end = reading.text.sentence_at(atom.start)
        sentence = reading.text.plain[start:end]
        return bool(_OF_HERS.search(sentence)) or not (_CLAIMS_PRICE.search(sentence) or reading.inside((start, end)))

    def _percentage(self, reading: Reading, atom: Atom) -> Iterator[Violation]:
        said = reading.text.words[atom.start : atom.end].strip()
        rivals = [a for a in reading.atoms if a.kind == "percentage" and _same_sentence(reading, a, atom)]
        spoken = [*self.facts.shop, *self.facts.described]
        kinds = ("percentage",)
        if borne_out(split_figures(spoken, kinds), kinds, lambda a: a.value == atom.value, reading, atom, rivals):
            self._percents.append(atom.value)
            return
        if atom.value == 100 and _WHOLLY.match(_around(reading, atom)[1]):
            return
        ids = self.attribution.of(reading, atom, rivals)
        if len(ids) == 1 and atom.value in _reductions(self.facts.products[next(iter(ids))]):
            return
        if self._of_customer(reading, atom, ("percentage",)) and _NOT.search(_around(reading, atom)[0]):
            return
        yield Violation("percentage", said, f"«{said}» no sale de ningún dato: quitá ese porcentaje.", reading.index)


def _rivals(reading: Reading, atom: Atom) -> list[Atom]:
    kinds = ("amount", atom.kind)
    found = [a for a in reading.atoms if a.kind in kinds and _same_sentence(reading, a, atom)]
    return (
        found if atom in found else sorted([*(a for a in found if a.start != atom.start), atom], key=lambda a: a.start)
    )


def _same_sentence(reading: Reading, one: Atom, other: Atom) -> bool:
    return reading.text.sentence_at(one.start) == reading.text.sentence_at(other.start)


def _around(reading: Reading, atom: Atom) -> tuple[str, str]:
    start, end = reading.text.sentence_at(atom.start)
    return reading.text.plain[start : atom.start], reading.text.plain[atom.end : end]


def _led_down(reading: Reading, atom: Atom, rivals: Sequence[Atom]) -> bool:
    """ "de $ 58.900 a $ 49.900": the first of two joined by "a"."""
    place = list(rivals).index(atom)
    if place + 1 >= len(rivals):
        return False
    before, _ = _around(reading, atom)
    joined = re.fullmatch(
        r"\W*(?:(?:paso|bajo|pasa|baja|quedo|pasaron|bajaron)?\s*a|y ahora|ahora|por)\W*",
        reading.text.plain[atom.end : rivals[place + 1].start],
    )
    return bool(joined) and bool(re.search(r"\b(?:de|bajo de|paso de|bajo)\W*$", before))


def _quantity(reading: Reading, atom: Atom) -> int:
    start, _ = reading.text.sentence_at(atom.start)
    found = re.findall(r"(?<![\d.,$/])\d{1,2}(?![\d.,%/]\d|\d)", reading.text.plain[start : atom.start])
    return int(found[-1]) if found and 0 < int(found[-1]) < 20 else 1


def _less(price: Decimal, percent: Decimal) -> Decimal:
    return (price * (100 - percent) / 100).quantize(_CENT, ROUND_HALF_UP)


def _reductions(product: Product) -> set[Decimal]:
    """The percentages off that its promotional prices are, exact or as whole numbers either way."""
    found: set[Decimal] = set()
    for variant in product.variants:
        if variant.price is not None and variant.previous:
            exact = (variant.previous - variant.price) * 100 / variant.previous
            found |= {Decimal(int(exact)), exact.quantize(Decimal(1), ROUND_HALF_UP), exact.quantize(Decimal("0.1"))}
    return found


def _advice(said: str, products: Sequence[Product]) -> str:
    if len(products) != 1:
        return f"«{said}» no se puede comprobar: decí de qué producto es, con el precio que devolvió la herramienta."
    product = products[0]
    prices = " o ".join(money_text(price) for price in sorted(product.prices())) or "a consultar"
    return f"«{said}» no es el precio de {product.name}: es {prices}."
