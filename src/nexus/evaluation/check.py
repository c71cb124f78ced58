"""From what happened to what was expected: a list of what is not as it should be, empty when all is."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from urllib.parse import urlsplit

from nexus.evaluation.scenario import Expect
from nexus.orchestrator_service.catalogue.words import fold
from nexus.store.evaluation import Happened

_AMOUNT = re.compile(r"\$\s*(\d{1,3}(?:\.\d{3})+|\d+)(?:,(\d{1,2}))?")
_LINK = re.compile(r"https?://[^\s<>()*]+|\bwww\.[^\s<>()*]+")
_STATES = {"answered": "ok", "ignored": "ignored", "error": "error", "parked": "error"}


@dataclass(frozen=True, slots=True)
class Truth:
    """What the shop really has, read apart from the agent: amounts of its catalogue and of the asker's own orders."""

    amounts: frozenset[Decimal]
    hosts: frozenset[str]


def failures(expect: Expect, seen: Happened, truth: Truth) -> list[str]:
    """What is wrong with a turn, in words; the rules that hold for every turn first."""
    return [
        *_always(seen, truth, expect.bubbles_at_most),
        *_words(expect, seen),
        *_actions(expect, seen),
        *_state(expect, seen),
    ]


def _always(seen: Happened, truth: Truth, most: int) -> Iterable[str]:
    said = "\n".join(seen.bubbles)
    if len(seen.bubbles) > most:
        yield f"{len(seen.bubbles)} burbujas, y son {most} como mucho"
    yield from (
        f"un monto que la tienda no tiene: ${told}" for told, amount in amounts_in(said) if amount not in truth.amounts
    )
    for link in _LINK.findall(said):
        host = urlsplit(link if "://" in link else f"https://{link}").hostname or ""
        if host.removeprefix("www.") not in truth.hosts:
            yield f"un link ajeno: {host}"
    if seen.other_chats:
        yield f"{seen.other_chats} conversaciones que nadie empezó"


def amounts_in(text: str) -> list[tuple[str, Decimal]]:
    """Every amount with a $ in the text, as written before its cents and as a number."""
    return [(whole, Decimal(f"{whole.replace('.', '')}.{cents or '0'}")) for whole, cents in _AMOUNT.findall(text)]


def _words(expect: Expect, seen: Happened) -> Iterable[str]:
    said = "\n".join(seen.bubbles)
    if expect.says_any and not any(holds(said, one) for one in expect.says_any):
        yield f"no dice nada de: {' | '.join(expect.says_any)}"
    yield from (f"no dice: {one}" for one in expect.says_all if not holds(said, one))
    yield from (f"dice: {one}" for one in expect.says_none if holds(said, one))
    if expect.asks is not None and ("?" in said) != expect.asks:
        yield "no pregunta" if expect.asks else "pregunta"
    shown = [str(product["name"]) for product in seen.shown]
    if expect.shows and not all(any(holds(name, one) for name in shown) for one in expect.shows):
        yield f"no mostró {', '.join(expect.shows)}: {', '.join(shown) or 'nada'}"


def _actions(expect: Expect, seen: Happened) -> Iterable[str]:
    called = {tool["name"] for tool in seen.tools}
    yield from (f"no usó {tool}" for tool in expect.tools if tool not in called)
    yield from (f"usó {tool}" for tool in expect.no_tools if tool in called)
    if expect.tools_any and not called & set(expect.tools_any):
        yield f"no usó ninguna de {', '.join(expect.tools_any)}"
    for name, piece in expect.arguments.items():
        given = [str(tool["arguments"]) for tool in seen.tools if tool["name"] == name]
        if not any(holds(one, piece) for one in given):
            yield f"{name} sin «{piece}»: {given or 'no la usó'}"
    if expect.effects is not None and sorted(seen.effects) != sorted(expect.effects):
        yield f"hizo {seen.effects or 'nada'}, y debía {list(expect.effects) or 'nada'}"


def _state(expect: Expect, seen: Happened) -> Iterable[str]:
    if _STATES.get(seen.state, seen.state) != expect.status:
        yield f"terminó {seen.state} ({seen.reason or 'sin motivo'}), y debía {expect.status}"
    if expect.reason is not None and seen.reason != expect.reason:
        yield f"motivo {seen.reason}, y debía {expect.reason}"
    if expect.handoff is not None and (bool(seen.handoffs) and seen.locked_out) != expect.handoff:
        yield "no derivó a una persona" if expect.handoff else "derivó a una persona"
    if expect.needs_person is not None and (seen.needs_person or seen.locked_out) != expect.needs_person:
        yield "no pide una persona" if expect.needs_person else "pide una persona"
    if expect.appointments is not None and seen.appointments != expect.appointments:
        yield f"{seen.appointments} turnos, y debían ser {expect.appointments}"


def holds(text: str, wanted: str) -> bool:
    """Whether the text holds the wanted words, without regard to accents and case; `re:` begins an expression."""
    plain = fold(text)
    if wanted.startswith("re:"):
        return re.search(wanted.removeprefix("re:"), plain) is not None
    return fold(wanted) in plain
