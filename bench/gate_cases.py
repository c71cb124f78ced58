"""Honest replies made of the written ones: each {slot} is filled with a fact of a shop, as people write it."""

import json
import random
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from bench.gate_shops import ZONE, Shop
from bench.gate_words import in_words
from nexus.orchestrator_service.agent.gate.evidence import Evidence
from nexus.orchestrator_service.agent.gate.judge import Grounds
from nexus.orchestrator_service.agent.gate.promises import Effects
from nexus.orchestrator_service.appointments.spoken_time import MONTHS, WEEKDAYS, spoken, spoken_day
from nexus.store.replies import NewBubble

SETS = Path(__file__).with_name("gate_sets")
NOW = datetime(2026, 11, 23, 11, 20, tzinfo=ZoneInfo(ZONE))
_NICKNAMES = {
    51001: ("Zapatillas Giselle", "las Giselle", "zapatillas de punta Giselle"),
    51002: ("Odette", "las Odette", "zapatillas Odette"),
    51003: ("media punta de lona", "las de lona"),
    51004: ("media punta de cuero", "las de cuero"),
    51005: ("medias convertibles", "las convertibles"),
    51006: ("medias con pie", "medias con pie de niña"),
    51007: ("malla manga corta", "la de manga corta"),
    51008: ("malla breteles finos", "malla de breteles"),
    51009: ("pollera de gasa", "pollera"),
    51011: ("punteras", "punteras de silicona"),
    51012: ("bolso porta puntas", "bolso"),
}


@dataclass(frozen=True)
class Piece:
    """A filled slot: its name, its text, and `true`: whether another value would be true in its place."""

    slot: str
    text: str
    value: Any = None
    true: Callable[[Any], bool] = lambda _: False


@dataclass
class Case:
    """One honest reply: its parts in order (words and pieces; "||" parts bubbles) and what it rests on."""

    parts: list[str | Piece]
    grounds: Grounds
    shop: Shop
    others: list[dict[str, Any]] = field(default_factory=list)
    pictures: set[str] = field(default_factory=set)
    item: dict[str, Any] | None = None

    def bubbles(self, parts: list[str | Piece] | None = None) -> list[NewBubble]:
        """As they would be sent."""
        text = "".join(part if isinstance(part, str) else part.text for part in (parts or self.parts))
        blocks = [block.strip() for block in text.split("||") if block.strip()]
        return [NewBubble("image" if block in self.pictures else "text", block) for block in blocks]


def templates(name: str) -> list[tuple[str, str, str]]:
    """(case, asked, reply) of honest.txt or held_out.txt."""
    lines = (SETS / name).read_text(encoding="utf-8").splitlines()
    rows = [line.split(" | ") for line in lines if line.strip() and not line.startswith("#")]
    return [(row[0], row[1], " | ".join(row[2:]).replace("\\n", "\n")) for row in rows]


def make_case(template: tuple[str, str, str], shop: Shop, rng: random.Random) -> Case | None:
    """The reply filled from the shop; None where the shop has no product or order that fits it."""
    kind, asked, reply = template
    maker: Callable[..., Any] = _MAKERS.get(kind, _plain)
    made = maker(kind, shop, rng)
    if made is None:
        return None
    slots, evidence, extra = made
    parts: list[str | Piece] = []
    for index, part in enumerate(_split(reply)):
        parts.append(part if index % 2 == 0 else _piece(part, slots, shop, rng, reply))
    asked_text = "".join(
        p if i % 2 == 0 else _piece(p, slots, shop, rng, reply).text for i, p in enumerate(_split(asked))
    )
    grounds = Grounds(
        now=NOW.replace(tzinfo=None),
        evidence=evidence,
        shop=[shop.words],
        asked=[asked_text.lower() if rng.random() < 0.5 else asked_text],
        notes=extra.get("notes", []),
        own=extra.get("own", []),
        website=shop.website,
        links=[one["url"] for one in extra.get("tracking", []) if one.get("url")],
        effects=extra.get("effects", Effects()),
    )
    pictures = {item["image_url"] for item in slots.get("_items", []) if item.get("image_url")}
    return Case(parts, grounds, shop, slots.get("_others", []), pictures, slots.get("_item"))


def _split(text: str) -> list[str]:
    return re.split(r"\{(\w+)\}", text)


def _plain(kind: str, shop: Shop, rng: random.Random) -> Any:
    return {}, [], {}


def _products(kind: str, shop: Shop, rng: random.Random) -> Any:
    """The product spoken of, another, and more that the search found beside them."""
    flat = [p for p in shop.products if p["price"] is not None and p["price_to"] is None]
    fits: dict[str, Callable[[dict[str, Any]], bool]] = {
        "promo": lambda p: p["promotional_price"] is not None,
        "sized": lambda p: (
            bool(_in(p)) and bool(_out(p)) and all(s.isdecimal() or s.isupper() for s in [*_in(p), *_out(p)])
        ),
        "onrequest": lambda p: p["price"] is None,
    }
    pool = [p for p in (shop.products if kind == "onrequest" else flat) if kind not in fits or fits[kind](p)]
    if not pool:
        return None
    item = rng.choice(pool)
    others = rng.sample([p for p in flat if p is not item], rng.randint(1, 4))
    found = [item, *others]
    rng.shuffle(found)
    slots = {"_item": item, "_other": others[0], "_others": others, "_items": found}
    if kind == "none":
        return slots, [Evidence("search_specific_products", {"q": "x"}, "[]", "empty")], {}
    text = json.dumps(found, ensure_ascii=False)
    return slots, [Evidence("search_specific_products", {"q": item["name"]}, text, "ok")], {}


def _orders(kind: str, shop: Shop, rng: random.Random) -> Any:
    if kind == "denied":
        message = {"message": "No encontré un pedido con ese número a nombre de este teléfono."}
        return {}, [Evidence("orders", {"q": "1"}, json.dumps(message, ensure_ascii=False), "refused")], {}
    order = rng.choice([one for one in shop.orders if one.get("tracking") and one.get("total")])
    text = json.dumps(order, ensure_ascii=False)
    return {"_order": order}, [Evidence("orders", {"q": str(order["number"])}, text)], {"tracking": order["tracking"]}


def _agenda(kind: str, shop: Shop, rng: random.Random) -> Any:
    ahead = rng.randint(1, 9)
    day = (NOW + timedelta(days=ahead)).replace(hour=0, minute=0)
    times = sorted(rng.sample([f"{h:02d}:{m:02d}" for h in range(9, 20) for m in (0, 30)], 4))
    slots: dict[str, Any] = {"_day": day, "_times": times}
    named = spoken_day(day.date(), NOW.date())
    if kind == "slots":
        told = {"status": "free", "day": named, "service": "Turno", "minutes": 30, "date": f"{day:%Y-%m-%d}",
                "free_times": times}  # fmt: skip
        return slots, [Evidence("check_availability", {}, json.dumps(told, ensure_ascii=False))], {}
    if kind == "full":
        near = (day + timedelta(days=1)).replace(hour=rng.randint(9, 18), minute=30)
        say = spoken(near, NOW)
        told = {"status": "full", "day": named, "message": f"El {named} no queda lugar.",
                "alternatives": [{"date_time": f"{near:%Y-%m-%d %H:%M}", "say": say}]}  # fmt: skip
        return slots | {"_alt": (near, say)}, [Evidence("check_availability", {}, json.dumps(told))], {}
    start = day.replace(hour=int(times[0][:2]), minute=int(times[0][3:]))
    if kind == "booked":
        said = f"¡Listo! Tu turno quedó reservado para el {spoken(start, NOW)}."
        told = {"status": "booked", "say": said, "date_time": f"{start:%Y-%m-%d %H:%M}"}
        done = {**told, "start": start.isoformat()}
        effects = Effects(agenda=[done], standing=True)
        return slots, [Evidence("book_appointment", {}, json.dumps(told, ensure_ascii=False))], {
            "effects": effects, "own": [start.replace(tzinfo=None)]}  # fmt: skip
    notes = [f"Turnos del cliente: {spoken(start, NOW)} (Turno, a confirmar)."]
    return slots, [], {"own": [start.replace(tzinfo=None)], "notes": notes, "effects": Effects(standing=True)}


_MAKERS: dict[str, Callable[..., Any]] = {
    **dict.fromkeys(("product", "promo", "sized", "two", "couple", "none", "onrequest"), _products),
    **dict.fromkeys(("order", "denied"), _orders),
    **dict.fromkeys(("slots", "full", "booked", "own"), _agenda),
}


def _in(item: dict[str, Any]) -> dict[str, int]:
    """Its first option's values that are in stock, with how many there are."""
    found: dict[str, int] = {}
    for variant in item["variants"]:
        if variant["values"] and variant["stock"]:
            found[variant["values"][0]] = found.get(variant["values"][0], 0) + variant["stock"]
    return found


def _out(item: dict[str, Any]) -> list[str]:
    return sorted({v["values"][0] for v in item["variants"] if v["values"]} - set(_in(item)))


def effective(item: dict[str, Any]) -> Decimal:
    """What it sells for."""
    return Decimal(str(item["promotional_price"] or item["price"]))


def amount_text(value: Decimal, rng: random.Random) -> str:
    """An amount as people write it here."""
    whole = value == value.to_integral_value()
    grouped = f"{value:,.2f}".translate(str.maketrans(",.", ".,"))
    short = grouped.removesuffix(",00")
    forms = [f"$ {grouped}", f"${short}", f"$ {short}", f"{short} pesos", f"$ {short}"]
    if whole:
        forms += [f"{in_words(int(value))} pesos", f"${int(value)}"]
        if value % 1000 == 0:
            forms.append(f"{int(value) // 1000} mil pesos")
    return rng.choice(forms)


def _piece(name: str, slots: dict[str, Any], shop: Shop, rng: random.Random, reply: str) -> Piece:
    if name in _NAMED:
        return _NAMED[name](slots, shop, rng, reply)
    value = shop.told[name]
    if name in ("ship", "ship2", "freefrom"):
        return Piece("price_told", amount_text(Decimal(value), rng), Decimal(value), lambda v: v == value)
    if name == "transfer":
        return Piece("percent", rng.choice([f"{value}%", f"{value} %", f"{in_words(value)} por ciento"]), value,
                     lambda v: v == value)  # fmt: skip
    if name in ("cuotas", "wholesale"):
        text = str(value) if rng.random() < 0.7 else in_words(value)
        return Piece("cuotas" if name == "cuotas" else "count", text, value, lambda v: v == value)
    kinds = {"changedays": "days", "cabadays": "days", "interiordays": "days", "phone": "phone", "mail": "mail",
             "alias": "alias", "open": "clock", "close": "clock", "satopen": "clock", "satclose": "clock"}  # fmt: skip
    return Piece(kinds.get(name, "words"), str(value), value, lambda v: v == value)


def _name(key: str, *, short: bool) -> Callable[..., Piece]:
    def fill(slots: dict[str, Any], shop: Shop, rng: random.Random, reply: str) -> Piece:
        item = slots[key]
        names = _NICKNAMES.get(item["id"], (item["name"].lower(),))
        return Piece("name", rng.choice(names) if short else item["name"])

    return fill


def _price(key: str) -> Callable[..., Piece]:
    def fill(slots: dict[str, Any], shop: Shop, rng: random.Random, reply: str) -> Piece:
        value = effective(slots[key])
        return Piece("price", amount_text(value, rng), value, lambda v: v == value)

    return fill


def _figure(compute: Callable[[dict[str, Any]], Decimal], slot: str = "amount") -> Callable[..., Piece]:
    def fill(slots: dict[str, Any], shop: Shop, rng: random.Random, reply: str) -> Piece:
        value = compute(slots)
        return Piece(slot, amount_text(value, rng), value, lambda v: v == value)

    return fill


def _off(slots: dict[str, Any], shop: Shop, rng: random.Random, reply: str) -> Piece:
    item = slots["_item"]
    before, now = Decimal(str(item["price"])), effective(item)
    exact = (before - now) * 100 / before
    value = int(exact.quantize(Decimal(1), ROUND_HALF_UP))
    text = rng.choice([f"{value}%", f"{value} %", f"{in_words(value)} por ciento"])
    return Piece("percent", text, value, lambda v: v in (int(exact), value))


def _size(slots: dict[str, Any], shop: Shop, rng: random.Random, reply: str) -> Piece:
    item = slots["_item"]
    there = _in(item)
    size = slots.setdefault("_size", rng.choice(sorted(there)))
    counted = "{stock}" in reply
    return Piece("size", _sized(size, rng), size,
                 lambda v: v in there and (not counted or there[v] == there[size]))  # fmt: skip


def _gone(slots: dict[str, Any], shop: Shop, rng: random.Random, reply: str) -> Piece:
    item = slots["_item"]
    there = _in(item)
    size = slots.setdefault("_gone", rng.choice(_out(item)))
    return Piece("gone", _sized(size, rng), size, lambda v: v not in there)


def _sized(size: str, rng: random.Random) -> str:
    return in_words(int(size)) if size.isdecimal() and int(size) > 20 and rng.random() < 0.2 else size


def _sizes(slots: dict[str, Any], shop: Shop, rng: random.Random, reply: str) -> Piece:
    there = sorted(_in(slots["_item"]))
    text = " y ".join([", ".join(there[:-1]), there[-1]]) if len(there) > 1 else there[0]
    return Piece("sizes", text, there)


def _stock(slots: dict[str, Any], shop: Shop, rng: random.Random, reply: str) -> Piece:
    there = _in(slots["_item"])
    size = slots.setdefault("_size", rng.choice(sorted(there)))
    value = there[size]
    return Piece(
        "stock", str(value) if rng.random() < 0.7 or value < 2 else in_words(value), value, lambda v: v == value
    )


def _url(key: str) -> Callable[..., Piece]:
    def fill(slots: dict[str, Any], shop: Shop, rng: random.Random, reply: str) -> Piece:
        item = slots[key]
        variant = rng.choice(item["variants"])["id"]
        return Piece("url", item["url"] if rng.random() < 0.7 else f"{item['url']}?variant={variant}", item["url"])

    return fill


def _day_asked(slots: dict[str, Any], shop: Shop, rng: random.Random, reply: str) -> Piece:
    day = slots["_day"]
    return Piece(
        "words", rng.choice([WEEKDAYS[day.weekday()], f"{day:%d/%m}", f"{day.day} de {MONTHS[day.month - 1]}"])
    )


def _day_said(slots: dict[str, Any], shop: Shop, rng: random.Random, reply: str) -> Piece:
    day = slots["_day"]
    text = rng.choice(
        [f"{WEEKDAYS[day.weekday()]} {day:%d/%m}", f"{WEEKDAYS[day.weekday()]} {day.day} de {MONTHS[day.month - 1]}",
         f"{WEEKDAYS[day.weekday()]} {day.day}/{day.month}"]
    )  # fmt: skip
    return Piece("date", text, day)


def _time(place: int) -> Callable[..., Piece]:
    def fill(slots: dict[str, Any], shop: Shop, rng: random.Random, reply: str) -> Piece:
        times = slots["_times"]
        clock = times[place]
        forms = [clock, clock.lstrip("0")]
        return Piece("clock", rng.choice(forms), clock, lambda v: v in times)

    return fill


def _order_slot(value: Callable[[dict[str, Any]], Any], slot: str) -> Callable[..., Piece]:
    def fill(slots: dict[str, Any], shop: Shop, rng: random.Random, reply: str) -> Piece:
        found = value(slots["_order"])
        text = amount_text(Decimal(str(found)), rng) if slot == "amount" else str(found)
        return Piece(slot, text, Decimal(str(found)) if slot == "amount" else found, lambda v: v == found)

    return fill


_NAMED: dict[str, Callable[..., Piece]] = {
    "P": _name("_item", short=False), "p": _name("_item", short=True),
    "Pr": _name("_item", short=False), "pr": _name("_item", short=True),
    "P2": _name("_other", short=False), "p2": _name("_other", short=True),
    "price": _price("_item"), "price2": _price("_other"),
    "prev": _figure(lambda s: Decimal(str(s["_item"]["price"])), "previous"),
    "saving": _figure(lambda s: Decimal(str(s["_item"]["price"])) - effective(s["_item"])),
    "sum": _figure(lambda s: effective(s["_item"]) + effective(s["_other"])),
    "double": _figure(lambda s: 2 * effective(s["_item"])),
    "off": _off, "size": _size, "gone": _gone, "sizes": _sizes, "stock": _stock,
    "url": _url("_item"), "url2": _url("_other"), "urlr": _url("_item"),
    "site": lambda s, shop, rng, reply: Piece("url", shop.website, shop.website),
    "img": lambda s, shop, rng, reply: Piece("words", s["_item"]["image_url"] or ""),
    "day": _day_asked, "dayw": _day_said, "time": _time(0), "time2": _time(1),
    "alt": lambda s, shop, rng, reply: Piece("moment", s["_alt"][1], s["_alt"][0]),
    "owday": _day_said, "owtime": _time(0),
    "order": _order_slot(lambda o: o["number"], "order"), "ostatus": _order_slot(lambda o: o["status_text"], "words"),
    "ototal": _order_slot(lambda o: o["total"], "amount"),
    "code": _order_slot(lambda o: o["tracking"][0]["code"], "code"),
    "turl": _order_slot(lambda o: o["tracking"][0]["url"], "url"),
    "odate": _order_slot(lambda o: o["created_at"][:10], "stamp"),
}  # fmt: skip
