"""What a reply may quote, in canonical form: the run's products, orders and times, and what shop and customer said."""

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from typing import Any

from nexus.orchestrator_service.agent.gate.atoms import Atom, atoms_of
from nexus.orchestrator_service.agent.gate.evidence import Evidence
from nexus.orchestrator_service.agent.gate.moments import Moment, moments_in
from nexus.orchestrator_service.agent.gate.reading import Text, fold, read, stem

_WEAK_WORDS = (
    "de del la el los las en con para por y o a un una al su lo que se es modelo talle color tipo linea marca set kit "
    "pack x nro numero"
)
_SHORTEST_QUOTE = 12
WEAK = frozenset(_WEAK_WORDS.split())
"""Words of a product's name that name nothing."""
_WORD = re.compile(r"[a-z0-9ñ]+")


@dataclass(frozen=True, slots=True)
class Variant:
    """One variant: its folded option values, its prices (None: on request) and its counted stock (None: uncounted)."""

    options: frozenset[str]
    price: Decimal | None
    previous: Decimal | None
    stock: int | None
    in_stock: bool
    id: str = ""


@dataclass(frozen=True, slots=True)
class Product:
    """One thing with a name and prices: a product of a search, or a line of the customer's own order."""

    id: str
    name: str
    stems: frozenset[str]
    forms: frozenset[str]
    variants: tuple[Variant, ...]
    texts: str
    url: str | None = None
    image: str | None = None
    variant_ids: tuple[str, ...] = ()
    free_shipping: bool = False
    line: bool = False

    def prices(self) -> set[Decimal]:
        """What it sells for now."""
        return {v.price for v in self.variants if v.price is not None}

    def options(self) -> set[str]:
        """Every option value that any of its variants has."""
        return {option for variant in self.variants for option in variant.options}


@dataclass(frozen=True, slots=True)
class Said:
    """One sentence that somebody else wrote, with its atoms and its telling words."""

    atoms: tuple[Atom, ...]
    stems: frozenset[str]
    plain: str
    start: int = 0
    moments: tuple[Moment, ...] = ()


@dataclass(slots=True)
class Facts:
    """All of it, for one reply."""

    today: date
    products: dict[str, Product] = field(default_factory=dict)
    shop: list[Said] = field(default_factory=list)
    customer: list[Said] = field(default_factory=list)
    other: list[Said] = field(default_factory=list)
    described: list[Said] = field(default_factory=list)
    moments: set[Moment] = field(default_factory=set)
    dated: bool = False
    amounts: set[Decimal] = field(default_factory=set)
    orders: set[str] = field(default_factory=set)
    ordered_on: set[date] = field(default_factory=set)
    words: str = ""
    told: str = ""

    def is_quoted(self, sentence: str) -> bool:
        """Whether a sentence is a tool's own (`say`, `message`), word for word; a product's description is none."""
        plain = " ".join(sentence.split()).strip(" .!¡-")
        return len(plain) > _SHORTEST_QUOTE and plain in self.told


def product_of(item: Mapping[str, Any], key: str, *, line: bool = False) -> Product:
    """A product's item (S-039) or an order's line as something whose prices can be compared."""
    variants = [_variant(one) for one in item.get("variants") or [item]]
    name = fold(str(item.get("name") or ""))
    words = [word for word in _WORD.findall(name) if word not in WEAK and not word.isdecimal()]
    return Product(
        id=key,
        name=name,
        stems=frozenset(map(stem, words)),
        forms=frozenset(words),
        variants=tuple(variants),
        texts=fold(f"{item.get('name')} {item.get('description') or ''}"),
        url=item.get("url"),
        image=item.get("image_url"),
        variant_ids=tuple(str(one["id"]) for one in item.get("variants") or [] if one.get("id") is not None),
        free_shipping=bool(item.get("free_shipping")),
        line=line,
    )


def _variant(raw: Mapping[str, Any]) -> Variant:
    price, promotional = _decimal(raw.get("price")), _decimal(raw.get("promotional_price"))
    stock = raw.get("stock")
    options = frozenset(fold(str(value)) for value in raw.get("values") or [])
    now, before = (promotional, price) if promotional is not None else (price, None)
    return Variant(options, now, before, stock if isinstance(stock, int) else None, bool(raw.get("in_stock", True)),
                   str(raw.get("id") or ""))  # fmt: skip


def _decimal(value: Any) -> Decimal | None:
    if value is None or isinstance(value, bool):
        return None
    try:
        return Decimal(str(value))
    except InvalidOperation:
        return None


def said_by(texts: Iterable[str], today: date) -> list[Said]:
    """Every sentence of these texts, read; a line and the clauses of it are one sentence."""
    return [one for text in texts for one in _sentences(text, today)]


@lru_cache(maxsize=512)
def _sentences(text: str, today: date) -> tuple[Said, ...]:
    """Kept, for a shop's knowledge and descriptions are the same in every reply of a day."""
    found = []
    whole = read(text)
    atoms = atoms_of(whole)
    for start, end in _lines(whole):
        inside = tuple(a for a in atoms if start <= a.start < end)
        moments = tuple(moments_in(inside, whole.plain, today))
        words = whole.plain[start:end]
        found.append(Said(inside, telling(words), words, start, moments))
    return tuple(found)


def _lines(text: Text) -> Iterator[tuple[int, int]]:
    for start, end in text.sentences:
        place = start
        for mark in re.finditer(r"[;•]", text.plain[start:end]):
            yield place, start + mark.start()
            place = start + mark.end()
        yield place, end


def telling(plain: str) -> frozenset[str]:
    """The stems of a text that say what it is about."""
    words = (word for word in _WORD.findall(plain) if len(word) > 3 and word not in _COMMON)
    return frozenset(_SAME.get(word[:4], word[:5]) for word in words)


_SAME = {"envi": "envi", "mand": "envi", "desp": "envi", "aten": "hora", "abri": "hora", "abre": "hora",
         "cier": "hora", "dire": "ubic", "loca": "ubic", "pagá": "pago", "paga": "pago", "pagos": "pago"}  # fmt: skip
"""Words that speak of the same, by their first letters."""


_COMMON_WORDS = (
    "para pero como este esta esto esos esas ese esa hay son con por sin una unos unas todo todos toda todas mas muy "
    "cada desde hasta entre sobre donde cuando cuanto precio precios sale salen cuesta cuestan vale valen pesos total "
    "tenes tenemos tengo tiene tienen quedan queda hola dale claro listo perfecto tambien solo tienda producto "
    "productos nuestro nuestra nuestros nuestras podes puedes puede querer queres cualquier otro otra otros mismo "
    "misma hacer hacemos compra compras comprar llevar llevas lleva"
)
_COMMON = frozenset(_COMMON_WORDS.split())


def facts_of(
    evidence: Sequence[Evidence],
    *,
    now: datetime,
    shop: Iterable[str],
    customer: Iterable[str],
    notes: Iterable[str],
    own: Sequence[datetime] = (),
) -> Facts:
    """`shop` is the tenant's knowledge and what its people wrote, its questions apart; `now` the run's local time."""
    spoken = [one for one in said_by(shop, now.date()) if not one.plain.rstrip().endswith("?")]
    facts = Facts(today=now.date(), shop=spoken, customer=said_by(customer, now.date()))
    texts = []
    for one in evidence:
        if one.status == "error":
            continue
        texts.append(one.text)
        try:
            value = json.loads(one.text)
        except ValueError:
            facts.other += said_by([one.text], facts.today)
            continue
        _gather(value, facts)
    facts.other += said_by(notes, facts.today)
    facts.moments |= {Moment(m.date(), m.weekday(), m.hour * 60 + m.minute) for m in own}
    for said in (*facts.shop, *facts.customer, *facts.other):
        facts.moments |= set(said.moments)
    facts.told = "\n".join(" ".join(one.plain.split()) for one in facts.other)
    facts.dated = bool(own) or any(one.tool in _AGENDA and one.status == "ok" for one in evidence)
    facts.words = fold("\n".join([*texts, *(s.plain for s in (*facts.shop, *facts.customer, *facts.other))]))
    return facts


def _gather(value: Any, facts: Facts) -> None:
    """Products, orders and agenda days out of a tool's JSON, whatever it is wrapped in; else its texts and amounts."""
    if isinstance(value, list):
        for one in value:
            _gather(one, facts)
    elif isinstance(value, dict):
        if "variants" in value and "name" in value:
            key = str(value.get("id"))
            facts.products[key] = product_of(value, key)
            facts.described += said_by([f"{value['name']}: {value.get('description') or ''}"], facts.today)
            facts.other += said_by([str(value.get("as_of_text") or "")], facts.today)
            return
        if "number" in value and "status" in value:
            _order(value, facts)
        for lines in (value.get(key) for key in _LINES):
            _lines_of(lines if isinstance(lines, list) else [], facts)
        if "free_times" in value:
            day = date.fromisoformat(value["date"]) if "date" in value else None
            for clock in value["free_times"]:
                facts.moments.add(_moment(day, clock))
        for key, one in value.items():
            _leaf(key, one, facts)


def _order(order: Mapping[str, Any], facts: Facts) -> None:
    number = str(order["number"])
    facts.orders |= {number, str(order.get("id"))}
    if made := re.match(r"(\d{2})/(\d{2})/(\d{4})", str(order.get("created_at") or "")):
        facts.ordered_on.add(date(int(made[3]), int(made[2]), int(made[1])))


def _lines_of(lines: Sequence[Any], facts: Facts) -> None:
    """The rows of an order or a cart: named things with a price, and how many of each."""
    for line in lines:
        if not isinstance(line, dict):
            continue
        if "variants" in line:
            _gather(line, facts)
            continue
        if line.get("name"):
            key = f"line {len(facts.products)}"
            facts.products[key] = product_of(line, key, line=True)
        counted = " ".join(str(line[key]) for key in ("quantity", "total_text", "price_text") if line.get(key))
        facts.other += said_by([f"{line.get('name') or ''} {counted}"], facts.today)


_AGENDA = ("book_appointment", "reschedule_appointment", "cancel_appointment", "check_availability")
_LINES = ("items", "lines", "products")


def _leaf(key: str, value: Any, facts: Facts) -> None:
    if isinstance(value, dict | list):
        each = value if isinstance(value, list) else [value]
        for one in each if key not in (*_LINES, "free_times") else ():
            if isinstance(one, dict | list):
                _gather(one, facts)
            else:
                _leaf(key, one, facts)
    elif isinstance(value, str):
        stamp = re.fullmatch(r"(\d{4}-\d{2}-\d{2})[T ](\d{2}:\d{2}).*", value)
        if stamp:
            facts.moments.add(_moment(date.fromisoformat(stamp[1]), stamp[2]))
        elif not value.startswith("http"):
            facts.other += said_by([f"{key.replace('_', ' ')}: {value}"], facts.today)
    elif isinstance(value, int | float) and not isinstance(value, bool):
        number = Decimal(str(value))
        facts.amounts |= {number} if re.search(r"total|price|amount|cost|subtotal|discount|unit", key) else set()
        if key in ("minutes", "quantity", "number"):
            facts.other += said_by([f"{value} {'minutos' if key == 'minutes' else key}"], facts.today)


def _moment(day: date | None, clock: str) -> Moment:
    hour, minute = clock.split(":")[:2]
    return Moment(day, day.weekday() if day else None, int(hour) * 60 + int(minute))
