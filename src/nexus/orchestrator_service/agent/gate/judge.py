"""The grounded reply gate: everything checkable in a reply, against what this run knows. Pure: no input, no output."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Protocol

from nexus.orchestrator_service.agent.gate.addresses import (
    VARIANT,
    KnownAddresses,
    addresses_in,
    known_addresses,
    name_of,
)
from nexus.orchestrator_service.agent.gate.atoms import atoms_of
from nexus.orchestrator_service.agent.gate.attribution import Attribution, Reading
from nexus.orchestrator_service.agent.gate.evidence import Evidence
from nexus.orchestrator_service.agent.gate.facts import Facts, facts_of
from nexus.orchestrator_service.agent.gate.goods import Goods
from nexus.orchestrator_service.agent.gate.mentions import Mention, Naming
from nexus.orchestrator_service.agent.gate.money import Money
from nexus.orchestrator_service.agent.gate.numbers import Numbers
from nexus.orchestrator_service.agent.gate.promises import Effects, unkept
from nexus.orchestrator_service.agent.gate.reading import fold, normal, read
from nexus.orchestrator_service.agent.gate.schedule import Schedule
from nexus.orchestrator_service.agent.gate.verdict import Violation

_MOST_FIGURES = 300
"""In one reply. Nobody writes as many, and judging them takes time that grows with their square."""


class Bubble(Protocol):
    """What is about to be sent."""

    @property
    def message_type(self) -> str:
        """text or image."""

    @property
    def content(self) -> str:
        """The text, or the picture's address."""


@dataclass(frozen=True, slots=True)
class Grounds:
    """What a reply may rest on. `now` is local; `customer` her own words, oldest first, the burst last (`asked`).

    `shop` is the tenant's knowledge and what its people wrote; `notes` the system's notes beside the last message;
    `links` further addresses of this run's results; `own` the starts of her own appointments, local.
    """

    now: datetime
    evidence: Sequence[Evidence] = ()
    shop: Sequence[str] = ()
    customer: Sequence[str] = ()
    asked: Sequence[str] = ()
    notes: Sequence[str] = ()
    own: Sequence[datetime] = ()
    website: str | None = None
    links: Sequence[str] = ()
    shown: frozenset[str] = frozenset()
    effects: Effects = field(default_factory=Effects)


def judge(bubbles: Sequence[Bubble], grounds: Grounds) -> list[Violation]:
    """What in the reply nothing bears out, in order of the bubbles; empty for an honest reply."""
    facts = facts_of(
        grounds.evidence,
        now=grounds.now,
        shop=grounds.shop,
        customer=[*grounds.customer, *grounds.asked],
        notes=grounds.notes,
        own=grounds.own,
    )
    pages = [(p.url, p.variant_ids) for p in facts.products.values() if p.url]
    addresses = known_addresses([*pages, *((link, ()) for link in grounds.links)], grounds.website, grounds.shop)
    naming = Naming(facts.products)
    shows = any(bubble.message_type == "image" or "://" in bubble.content for bubble in bubbles)
    grounds = replace(grounds, effects=replace(grounds.effects, shows=shows))
    readings, pictures, found = _read_all(bubbles, naming, addresses, grounds)
    readings = [_without_quotations(reading, facts) for reading in readings]
    if sum(len(reading.atoms) for reading in readings) > _MOST_FIGURES:
        return [*found, Violation("number", "", "Son demasiadas cifras para un mensaje: contalo con menos.")]
    asked = naming.ids_in(read("\n".join(grounds.asked)))
    attribution = Attribution(readings, pictures, frozenset(facts.products), asked, grounds.shown)
    found += _judged(readings, facts, attribution, grounds)
    return sorted(found, key=lambda one: one.bubble)


def _read_all(
    bubbles: Sequence[Bubble], naming: Naming, addresses: KnownAddresses, grounds: Grounds
) -> tuple[list[Reading], list[Mention], list[Violation]]:
    """The text bubbles read, with their addresses taken out, for their letters and digits are no words."""
    readings: list[Reading] = []
    pictures: list[Mention] = []
    found: list[Violation] = []
    for index, bubble in enumerate(bubbles):
        if bubble.message_type != "text":
            pictures += naming.picture(index, bubble.content)
            continue
        words, pages, variants = normal(bubble.content), [], set[str]()
        for address in list(addresses_in(words)):
            pages += naming.page(index, address.written, address.start, address.end)
            variants |= set(VARIANT.findall(address.written))
            words = words[: address.start] + " " * (address.end - address.start) + words[address.end :]
            if not addresses.allow(address, bubble.content) and not _hers(address.written, address.kind, grounds):
                found.append(_foreign(address.kind, address.written, index))
        text = read(words)
        atoms = [naming.as_size(atom, text) for atom in atoms_of(text, naming.full_names)]
        mentions = sorted([*naming.mentions(index, text), *pages], key=lambda one: one.start)
        readings.append(Reading(index, text, atoms, mentions, frozenset(variants)))
    return readings, pictures, found


def _without_quotations(reading: Reading, facts: Facts) -> Reading:
    """A tool's own sentence may be repeated word for word, with all that is in it."""
    told = [span for span in reading.text.sentences if facts.is_quoted(reading.text.plain[span[0] : span[1]])]
    atoms = [a for a in reading.atoms if not any(start <= a.start < end for start, end in told)]
    return replace(reading, atoms=atoms) if told else reading


def _hers(written: str, kind: str, grounds: Grounds) -> bool:
    """The customer's own mail address may be repeated to her."""
    if kind != "mail":
        return False
    told = fold(normal("\n".join([*grounds.customer, *grounds.asked])))
    return any(name_of(a) == fold(written).replace(" ", "") for a in addresses_in(told))


def _foreign(kind: str, written: str, index: int) -> Violation:
    if kind == "mail":
        return Violation("mail", written, f"La dirección «{written}» no es de la tienda: quitala.", index)
    advice = f"El link «{written}» no salió de ninguna herramienta ni es de la tienda: quitalo o usá {{link:ID}}."
    return Violation("link", written, advice, index)


def _judged(
    readings: Sequence[Reading], facts: Facts, attribution: Attribution, grounds: Grounds
) -> Iterator[Violation]:
    money, schedule = Money(facts, attribution), Schedule(facts)
    goods = Goods(facts, attribution, _options(facts, grounds.asked))
    numbers = Numbers(facts, attribution, money)
    for reading in readings:
        yield from money.violations(reading)
        yield from goods.violations(reading)
        yield from schedule.violations(reading)
        yield from numbers.violations(reading)
        yield from unkept(reading, facts, grounds.effects)


def _options(facts: Facts, asked: Sequence[str]) -> frozenset[str]:
    """The option values that the customer's newest words name."""
    tokens = {t for text in asked for t in re.split(r"[^a-z0-9ñ/]+", read(text).plain)}
    return frozenset(o for p in facts.products.values() for o in p.options() if o in tokens)
