"""What can be checked in a text: amounts, percentages, sizes, counts, links, numbers of orders and persons, each in one
canonical form. Every digit of the text ends up in some atom, if only as a bare number."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from nexus.orchestrator_service.agent.gate.reading import Text
from nexus.orchestrator_service.agent.gate.times import time_atoms

NUMBER = r"\d{1,3}(?:\.\d{3})+(?:,\d{1,2})?(?!\d)|\d{1,3}(?:,\d{3})+(?:\.\d{1,2})?(?!\d)|\d+(?:[.,]\d{1,2})?(?!\d)"
_FOREIGN = {
    "USD": r"u\s?\$\s?s|us\s?\$|u\s?\$\s?d|usd|dolar(?:es)?|verdes",
    "EUR": r"eur(?:os?)?|€",
    "BRL": r"r\s?\$|brl|reales|real",
    "UYU": r"uyu|\$u|pesos?\s+uruguayos?",
    "CLP": r"clp|pesos?\s+chilenos?",
    "MXN": r"mxn|pesos?\s+mexicanos?",
    "GBP": r"gbp|£|libras",
    "PYG": r"guaranies",
    "other": r"bitcoins?|btc|usdt|cripto|yenes|¥|soles|bolivianos|pesos?\s+colombianos",
}
_ABROAD = "|".join(_FOREIGN.values())
_AMOUNT = re.compile(
    rf"(?<![a-z\d.,])(?P<before>(?:{_ABROAD}|ars|ar\$|\$)\s*)(?P<a>{NUMBER})(?P<mil>\s*mil\b)?"
    rf"(?:\s*,-)?(?P<after>\s*(?:de\s+)?(?:{_ABROAD}|pesos|ars)(?!\w))?"
    rf"|(?P<b>{NUMBER})\s*(?P<unit>(?:de\s+)?(?:{_ABROAD}|pesos|ars|mangos|\$)(?![\w]))"
    r"|\b(?P<slang>un|una|medio|media)\s+(?P<of_slang>palos?|lucas?|gambas?|millon)\b(?!\s+(?:de|para|selfie))"
    rf"|(?P<lone>\bmil\b)\s*(?P<of>{_ABROAD}|pesos|mangos)(?!\w)"
)
_SLANG = {"palo": Decimal(1_000_000), "mill": Decimal(1_000_000), "luca": Decimal(1000), "gamb": Decimal(100)}
_PERCENT = re.compile(rf"(?P<a>{NUMBER})\s*(?:%|por\s*(?:100|ciento)\b|porciento\b)")
_LIST = r"\d{1,2}(?:\s*(?:,|y|o|u|/|a|hasta)\s*\d{1,2})*"
_CUOTAS = re.compile(rf"(?P<list>{_LIST})\s*(?:cuotas?\b|cuotitas\b|pagos\b)|\bcuotas?\s*:?\s*(?P<after>{_LIST})\b")
_ORDER = re.compile(
    r"(?:\b(?:pedido|orden|compra|operacion)\s*(?:n(?:ro|umero|um|o|°)?\.?\s*°?\s*)?:?\s*#?\s*|#\s*)(?P<a>\d{1,18})\b"
)
_SIZE = r"(?:\d{1,3}(?:[.,]5)?(?![\d.,]*\d)|\d?x{0,4}[sml]|\d?xl|unico)"
_SIZES = re.compile(
    rf"\b(?:talles?|talla|tall?es|numeros?|nros?|n°|t(?=\d)|sin\s+stock|agotad[oa]s?|no\s+(?:hay|queda\w*))(?![a-z])\.?\s*(?:es\s*)?:?\s*(?:desde\s+)?(?:del?\s+|el\s+|en\s+)?"
    rf"(?P<list>{_SIZE}\b(?:\s*(?:,|/|-|\by\b|\bo\b|\bni\b|\be\b|\bu\b|\bal?\b|\bhasta\b)+\s*(?:(?:el|en|del|talle)\s+)?"
    rf"{_SIZE}\b)*)"
)
_IN_SIZE = re.compile(
    r"\b(?:en|el|la|del|al|los|las|un|y|o|ni|,)\s*(?P<list>(?<![\d$.,/:])\d{2}(?:[.,]5)?)\b"
    r"(?!\s*(?:[%$:/]|[.,]\d|cuotas|pagos|min|hs?\b|hora|dia|semana|mes|anos|pesos|unidad|par(?:es)?\b|de\s+[a-z]+bre|mil\b"
    r"|de\s+(?:enero|febrero|marzo|abril|mayo|junio|julio|agosto|octubre)))"
)
_LETTER = re.compile(r"(?<![\w/.'-])(?:XS/S|S/M|M/L|L/XL|\d?X{1,4}[SL]|[SML])(?![\w'-])")
_COUNT_LEAD = (
    r"(?:quedan?|quedaron|quedaban|hay|habia|tenemos|tengo|contamos con|disponibles?|(?<!sin )stock|existencias?|"
    r"ultim[oa]s|sobran?|restan?|nos quedan?|me quedan?)\b"
)
_COUNT = re.compile(
    rf"{_COUNT_LEAD}\s*:?\s*(?:(?:solo|solamente|unicamente|apenas|todavia|aun|unos|unas|l[oa]s\s+ultim[oa]s|ultim[oa]s|de|stock|"
    r"exactamente|nada mas que|mas de|menos de|como)\s+){0,4}(?P<a>\d{1,5})(?![\d/:%]|[.,]\d)"
    r"(?!\s*(?:(?:,|y|o)\s*\d|cosas?|articul|modelos?|opcion|color|talles?|cuotas|pagos|dias|horas?\b|hs\b|sucursal|local|forma|medios|producto|min|"
    r"anos|meses|semanas|servicio|turno|horario|pesos|mil\b))"
    r"|(?<![\d.,/$])(?P<b>\d{1,5})\s*(?:unidad(?:es)?|u\.|pares|par\b|piezas en|en stock|de stock|disponibles?|"
    r"ejemplar|quedan(?!\s*\d)|prendas)\b"
    r"|\b(?P<one>quedan?\s+(?:solo\s+|solamente\s+|apenas\s+)?(?:un[oa]?|un par)\b|(?:solo|unicamente|apenas)\s+"
    r"(?:hay|queda|tengo|tenemos)\s+un[oa]?\b|(?:hay|tengo|tenemos)\s+un[oa]?\s+sol[oa]\b|"
    r"(?:es|queda|quedo)\s+(?:la|el)\s+ultim[oa]\b|ultima unidad\b|ultimo par\b)"
)
_PHONE = re.compile(r"(?<![\w$.,/])\+?\(?\d{1,5}\)?(?:[ -]+\(?\d{1,5}\)?){0,6}(?![\d/])(?![.,]\d)")
_LONG = re.compile(r"(?<![\w.,])\d{8,}(?![\d.,]*\d)")
_CALLED = re.compile(r"(?:tel|cel|whats|wsp|wp|llam|numero|escrib|comunic|contact|linea)\w*\W*(?:\w+\W+){0,3}$")
_CODE = re.compile(r"(?<![\w-])(?=[\w-]*\d)(?=[\w-]*[a-z])[a-z0-9][\w-]*[a-z0-9](?![\w-])")
_ALIAS = re.compile(r"\balias\s*(?:es|:|de mercado ?pago)*\s*:?\s*(?P<a>[\w-]+(?:\.[\w-]+)+|[\w-]{6,})")
_MEASURE = re.compile(
    rf"(?<![\d.,$])(?P<a>{NUMBER})\s*(?P<unit>cm|mm|mts?|metros?|km|kilometros|cuadras|kg|kilos?|grs?|gramos|g|ml|cc|lts?|"
    r"litros?|l|gb|mb|pulgadas|hojas|vatios|w|puntos|estrellas|sucursales|locales|clientes)\b"
)
_BARE = re.compile(r"(?<![\d.,])(?:" + NUMBER + r")|\d+")


_LINE_END = "\x02"
"""No figure goes on in the next line."""


@dataclass(frozen=True, slots=True)
class Atom:
    """One checkable thing at `start:end` of its text; `extra` is the currency, the unit, or what stands with it."""

    kind: str
    value: Any
    start: int
    end: int
    extra: str = ""


def decimal_of(written: str) -> Decimal:
    """ "49.900,00", "49,900.00", "49900" and "49,9" as Decimal: three digits after a mark are thousands."""
    if re.fullmatch(r"\d{1,3}(?:\.\d{3})+(?:,\d{1,2})?", written):
        written = written.replace(".", "").replace(",", ".")
    elif re.fullmatch(r"\d{1,3}(?:,\d{3})+(?:\.\d{1,2})?", written):
        written = written.replace(",", "")
    return Decimal(written.replace(",", "."))


def atoms_of(text: Text, known: Callable[[str], list[tuple[int, int]]] | None = None) -> list[Atom]:
    """The text's atoms, in order; `known` gives the places that are names (their digits are no claims)."""
    plain = list(text.plain.replace("\n", _LINE_END))
    found: list[Atom] = []

    def take(atoms: Iterator[Atom]) -> None:
        for atom in list(atoms):
            found.append(atom)
            plain[atom.start : atom.end] = "\x00" * (atom.end - atom.start)

    for start, end in known("".join(plain)) if known else ():
        plain[start:end] = "\x01" * (end - start)
    for finder in (_aliases, _phones, _percents, _cuotas, _amounts):
        take(finder("".join(plain), text))
    take(Atom(*one) for one in time_atoms("".join(plain)))
    for finder in (_orders, _counts, _sizes, _coupons, _codes, _measures, _bare):
        take(finder("".join(plain), text))
    return sorted(found, key=lambda atom: atom.start)


def _aliases(plain: str, text: Text) -> Iterator[Atom]:
    for match in _ALIAS.finditer(plain):
        if "." in match["a"] or re.search(r"[A-Z.\d]", text.words[match.start("a") : match.end("a")]):
            yield Atom("account", match["a"], match.start("a"), match.end("a"))


def _phones(plain: str, _: Text) -> Iterator[Atom]:
    for match in _LONG.finditer(plain):
        if "$" not in plain[max(0, match.start() - 3) : match.start()]:
            yield Atom("account", match[0], match.start(), match.end())
    for match in _PHONE.finditer(plain):
        written = match[0].strip()
        groups = re.findall(r"\d+", written)
        digits = "".join(groups)
        called = written.startswith("+") or _CALLED.search(plain[: match.start()])
        if len(digits) < 8 or len(groups) == 1 or (not called and max(map(len, groups)) < 4):
            continue
        if "$" in plain[max(0, match.start() - 3) : match.start()]:
            continue
        yield Atom("account" if len(digits) == 22 else "phone", digits, match.start(), match.end())


def _percents(plain: str, _: Text) -> Iterator[Atom]:
    for match in _PERCENT.finditer(plain):
        yield Atom("percentage", decimal_of(match["a"]), match.start(), match.end())
    for match in re.finditer(r"\b(?:mitad de(?:l)? precio|a (?:la )?mitad|2\s?x\s?1|3\s?x\s?2|4\s?x\s?3)\b", plain):
        yield Atom("promotion", re.sub(r"\s", "", match[0].replace("del", "de")), match.start(), match.end())


def _cuotas(plain: str, _: Text) -> Iterator[Atom]:
    for match in _CUOTAS.finditer(plain):
        group = "list" if match["list"] else "after"
        tail = re.split(r"[,;.\n]|\by\b", plain[match.end() : match.end() + 30])[0]
        interest = "sin" if re.match(r"\W*sin\s+inter", tail) else "con" if re.match(r"\W*con\s+inter", tail) else ""
        for number in re.finditer(r"\d+", match[group]):
            place = match.start(group) + number.start()
            yield Atom("installments", int(number[0]), place, place + len(number[0]), interest)


def _amounts(plain: str, _: Text) -> Iterator[Atom]:
    for match in _AMOUNT.finditer(plain):
        if match["slang"]:
            factor = Decimal("0.5") if match["slang"].startswith("medi") else Decimal(1)
            yield Atom("amount", factor * _SLANG[match["of_slang"][:4]], match.start(), match.end(), "ARS")
            continue
        if match["lone"]:
            yield Atom("amount", Decimal(1000), match.start(), match.end(), _currency(match["of"]))
            continue
        value = decimal_of(match["a"] or match["b"])
        signs = f"{match['before'] or ''} {match['after'] or ''} {match['unit'] or ''}"
        yield Atom("amount", value * 1000 if match["mil"] else value, match.start(), match.end(), _currency(signs))


def _currency(signs: str) -> str:
    for code, words in _FOREIGN.items():
        if re.search(rf"(?<!\w)(?:{words})(?!\w)", signs):
            return code
    return "ARS"


def _orders(plain: str, _: Text) -> Iterator[Atom]:
    for match in _ORDER.finditer(plain):
        yield Atom("order", match["a"].lstrip("0") or "0", match.start("a"), match.end("a"))


def _counts(plain: str, _: Text) -> Iterator[Atom]:
    for match in _COUNT.finditer(plain):
        if match["one"]:
            yield Atom("stock", 1, match.start(), match.end())
        else:
            group = "a" if match["a"] else "b"
            yield Atom("stock", int(match[group]), match.start(group), match.end(group))


def _sizes(plain: str, text: Text) -> Iterator[Atom]:
    taken: set[int] = set()
    for match in (*_SIZES.finditer(plain), *_IN_SIZE.finditer(plain)):
        for size in re.finditer(rf"\b{_SIZE}\b", match["list"]):
            start = match.start("list") + size.start()
            if start in taken:
                continue
            taken.add(start)
            yield Atom("size", size[0].replace(",", "."), start, start + len(size[0]))
    for letter in _LETTER.finditer(text.words):
        place = plain[letter.start() : letter.end()]
        if letter.start() not in taken and not {"\x00", "\x01"} & set(place):
            yield Atom("size", letter[0].lower(), letter.start(), letter.end())


def _coupons(plain: str, text: Text) -> Iterator[Atom]:
    for match in re.finditer(r"\b(?:cupon|codigo|voucher)\b", plain):
        word = re.match(r"[^\n.!?]{0,20}?\b(?P<a>[A-Z][A-Z0-9]{3,})\b", text.words[match.end() : match.end() + 40])
        if word and "\x00" not in plain[match.end() + word.start("a") : match.end() + word.end("a")]:
            yield Atom("code", word["a"].lower(), match.end() + word.start("a"), match.end() + word.end("a"))


def _codes(plain: str, _: Text) -> Iterator[Atom]:
    for match in _CODE.finditer(plain):
        if not re.fullmatch(r"\d{1,2}(?:ro|do|da|ra|to|ta|er|mo|ma|vo|va|no|na|°)", match[0]):
            yield Atom("code", match[0], match.start(), match.end())


def _measures(plain: str, _: Text) -> Iterator[Atom]:
    for match in _MEASURE.finditer(plain):
        yield Atom("quantity", decimal_of(match["a"]), match.start(), match.end(), match["unit"].rstrip("s")[:4])


def _bare(plain: str, _: Text) -> Iterator[Atom]:
    for match in _BARE.finditer(plain):
        before, after = plain[: match.start()], plain[match.end() :]
        if re.match(r"°|(?:ro|do|da|ra|to|ta|er|mo|ma|vo|va)\b", after) or before.endswith(("#",)):
            continue  # an ordinal: it counts nothing
        yield Atom("number", decimal_of(match[0]), match.start(), match.end())
