"""What is left of a reply's figures: instalments, orders, codes, spans of time, measures, and bare numbers."""

import re
from collections.abc import Iterator, Sequence
from decimal import Decimal

from nexus.orchestrator_service.agent.gate.atoms import Atom
from nexus.orchestrator_service.agent.gate.attribution import Attribution, Reading
from nexus.orchestrator_service.agent.gate.facts import Facts, Said
from nexus.orchestrator_service.agent.gate.money import Money
from nexus.orchestrator_service.agent.gate.told import borne_out, split_figures
from nexus.orchestrator_service.agent.gate.verdict import Violation

_PRICED = re.compile(
    r"(?:\$|\b(?:sale[ns]?|cuesta[ns]?|vale[ns]?|precio\w*|queda(?:ria)?n?|total|son|por|a|desde|antes|ahora|cobr\w+))"
    r"\W*(?:(?:de|en|es|a|solo|los|las|era|unos)\W+){0,2}$"
)
_HARMLESS = re.compile(
    r"\s*(?:opcion|modelo|alternativa|color|variante|version|estilo|foto|idea|pregunta|dato|cosa|producto|link|articulo|"
    r"tipo|forma|manera|detalle|consulta|caso|paso|lado|mensaje|renglon|segundo|ratito|toque|persona|mano|nena|nene|hij|"
    r"chic|prenda|lind|dispon|mas\b|de\s+(?:ell|est|es[ao]s|l[oa]s)|que\b|te\b|me\b|son\b|esta|tal|turno|horario|servicio)"
)
_PRONOUN = re.compile(
    r"\b(?:l[oa]s|est[oa]s|es[oa]s|tus|mis|sus|nuestr[oa]s|otr[oa]s|est[eo]s|es[eo]s|entre|de\s+a)\s*$"
)
_COUNTED = re.compile(r"(?:\b(?:opcion|paso|bloque|punto|parte|nivel|caso|linea|foto)\s*|(?:^|\n)\s*)$")
_MOST_HARMLESS = 12
_INSTALLMENTS = ("installments",)
_FREE = re.compile(
    r"\b(?:gratis|gratuit\w+|sin\s+(?:cargo|costo)|bonificad\w+|de\s+regalo|por\s+nuestra\s+cuenta|no\s+pagas\s+(?:el\s+)?envio|envio\s+incluido|inclu\w+\s+(?:el\s+)?envio|regalamos|te\s+regalo)\b"
)
_REDUCED = re.compile(
    r"\b(?:en\s+(?:oferta|promo(?:cion)?|liquidacion|rebaja)|rebajad[oa]s?|de\s+oferta|con\s+descuento)\b"
)
_NOT_SO = re.compile(r"\b(?:no|ningun[oa]?|tampoco|nunca)\b")


class Numbers:
    """Judges the rest of one reply."""

    def __init__(self, facts: Facts, attribution: Attribution, money: Money) -> None:
        self._facts = facts
        self._attribution = attribution
        self._money = money
        self._spoken: Sequence[Said] = [*facts.shop, *facts.other, *facts.customer]
        self._numbers = _numbers_in([*self._spoken, *facts.described])
        self._options = {
            part for p in facts.products.values() for o in p.options() for part in re.findall(r"\d+(?:[.,]\d+)?", o)
        }
        self._digits = {a.value for one in self._spoken for a in one.atoms if a.kind in ("account", "phone", "order")}

    def violations(self, reading: Reading) -> Iterator[Violation]:
        """Of one bubble, in order."""
        checks = {
            "installments": self._installments,
            "order": self._order,
            "code": self._code,
            "account": self._account,
            "phone": self._account,
            "duration": self._measure,
            "quantity": self._measure,
            "number": self._number,
            "promotion": self._promotion,
        }
        for atom in reading.atoms:
            check = checks.get(atom.kind)
            if check is not None and not check(reading, atom):
                said = reading.text.words[atom.start : atom.end].strip()
                yield Violation(
                    atom.kind, said, f"«{said}» no sale de ningún dato: quitalo o confirmalo.", reading.index
                )
        yield from self._promised(reading)

    def _installments(self, reading: Reading, atom: Atom) -> bool:
        rivals = [a for a in reading.atoms if a.kind == "installments"]

        def fits(told: Atom) -> bool:
            return told.value == atom.value and atom.extra in ("", told.extra)

        said = split_figures(self._facts.shop, _INSTALLMENTS)
        return borne_out(said, _INSTALLMENTS, fits, reading, atom, rivals)

    def _order(self, reading: Reading, atom: Atom) -> bool:
        return (
            atom.value in self._facts.orders
            or atom.value in self._digits
            or Decimal(atom.value) in _numbers_in(self._facts.customer)
        )

    def _code(self, reading: Reading, atom: Atom) -> bool:
        return re.search(rf"(?<![\w-]){re.escape(atom.value)}(?![\w-])", self._facts.words) is not None

    def _account(self, reading: Reading, atom: Atom) -> bool:
        value = str(atom.value)
        known = {str(one) for one in self._digits} | self._facts.orders | set(re.findall(r"\d{8,}", self._facts.words))
        return any(
            value == one
            or (len(value) >= 8 and one.endswith(value))
            or (len(one) >= 10 <= len(value) and value[-10:] == one[-10:])
            for one in known
        )

    def _measure(self, reading: Reading, atom: Atom) -> bool:
        rivals = [a for a in reading.atoms if a.kind == atom.kind]
        said = [*self._spoken, *self._facts.described]
        kinds = (atom.kind,)
        if borne_out(said, kinds, lambda a: _same_measure(a, atom), reading, atom, rivals):
            return True
        if atom.kind == "duration" and atom.value[1] == "an" and str(atom.value[0]) in self._options:
            return True
        others = [*self._facts.other, *self._facts.customer]
        return any(_same_measure(a, atom) for one in others for a in one.atoms)

    def _number(self, reading: Reading, atom: Atom) -> bool:
        before, after = reading.text.plain[: atom.start], reading.text.plain[atom.end :]
        value: Decimal = atom.value
        if value >= 100 and (_PRICED.search(before[-40:]) or value >= 1000):
            if self._money.is_amount(reading, atom):
                return True
            if _PRICED.search(before[-40:]):
                return False
        if value in self._numbers or str(value) in self._options:
            return True
        if value <= _MOST_HARMLESS and value == value.to_integral_value():
            if any(0 <= m.start - atom.end <= 3 for m in reading.mentions):
                return True  # "dos mallas": how many she wants
            return bool(_HARMLESS.match(after) or _PRONOUN.search(before) or _is_counter(reading, atom))
        return False

    def _promotion(self, reading: Reading, atom: Atom) -> bool:
        return any(a.kind == "promotion" and a.value == atom.value for one in self._facts.shop for a in one.atoms)

    def _promised(self, reading: Reading) -> Iterator[Violation]:
        """What is free, and what is reduced: of a product that is, or as the shop says it."""
        for start, end in reading.text.sentences:
            plain = reading.text.plain[start:end]
            if plain.rstrip().endswith("?"):
                continue
            for pattern in (_FREE, _REDUCED):
                match = pattern.search(plain)
                if not match or _NOT_SO.search(plain[max(0, match.start() - 25) : match.start()]):
                    continue
                place = Atom("promotion", match[0], start + match.start(), start + match.end())
                if not self._is_offered(reading, place, pattern):
                    said = reading.text.words[place.start : place.end]
                    yield Violation("promotion", said, f"«{said}» no sale de ningún dato: quitalo.", reading.index)

    def _is_offered(self, reading: Reading, place: Atom, pattern: re.Pattern[str]) -> bool:
        ids = self._attribution.of(reading, place, [place])
        products = [self._facts.products[key] for key in ids]
        if pattern is _REDUCED and any(v.previous for p in products for v in p.variants):
            return True
        start, end = reading.text.sentence_at(place.start)
        sentence = reading.text.plain[start:end]
        if pattern is _FREE and "env" in sentence and products and all(p.free_shipping for p in products):
            return True
        quoted = {a.value for a in reading.atoms if a.kind == "amount"}
        from_shop = [
            Said((place,), one.stems, one.plain)
            for one in self._facts.shop
            if _says(pattern, one.plain) and _condition(one) <= quoted
        ]
        return borne_out(from_shop, ("promotion",), lambda _: True, reading, place, [place])


def _says(pattern: re.Pattern[str], plain: str) -> bool:
    """Whether a sentence has it, and not that it is not so."""
    match = pattern.search(plain)
    return match is not None and _NOT_SO.search(plain[max(0, match.start() - 25) : match.start()]) is None


def _condition(said: Said) -> set[Decimal]:
    """From what amount on something is free: who says that it is says that too."""
    return {a.value for a in said.atoms if a.kind == "amount"}


def _is_counter(reading: Reading, atom: Atom) -> bool:
    """ "opción 2", the "2." that begins a line, or the "2" of lines that begin with 1, 2, 3."""
    plain = reading.text.plain
    found = _COUNTED.search(plain[: atom.start])
    if found is None:
        return False
    if found[0].strip() or re.match(r"\s*[.)°-]", plain[atom.end :]):
        return True
    beside = (int(atom.value) - 1, int(atom.value) + 1)
    return any(re.search(rf"(?:^|\n)\s*{number}\b(?![.,]?\d)", plain) for number in beside)


def _same_measure(told: Atom, atom: Atom) -> bool:
    return (told.kind, told.value) == (atom.kind, atom.value) and (atom.kind != "quantity" or told.extra == atom.extra)


def _numbers_in(said: Sequence[Said]) -> set[Decimal]:
    found: set[Decimal] = set()
    for atom in (a for one in said for a in one.atoms):
        if atom.kind in ("number", "quantity", "stock"):
            found.add(Decimal(atom.value))
        elif atom.kind == "duration":
            found.add(Decimal(atom.value[0]))
        elif atom.kind in ("order", "size") and re.fullmatch(r"\d+", str(atom.value)):
            found.add(Decimal(atom.value))
    return found
