"""A scenario file: what a customer writes, and what must be true afterwards. TOML; every key is checked."""

import tomllib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, TypeVar

T = TypeVar("T")


class BadScenarioError(ValueError):
    """A file that cannot be played; the text says where and why."""


@dataclass(frozen=True, slots=True)
class Expect:
    """What is asserted of one turn. Texts are compared folded (no accents, no case); `re:` begins an expression.

    `says_*` look at all bubbles, captions included; `tools` must each be called, `tools_any` one of them, `no_tools`
    none; `arguments` are pieces of a tool's arguments. `effects` is the exact list of what was done in the turn.
    `judge` are criteria for a model; they only inform.
    """

    status: str = "ok"
    reason: str | None = None
    says_any: tuple[str, ...] = ()
    says_all: tuple[str, ...] = ()
    says_none: tuple[str, ...] = ()
    tools: tuple[str, ...] = ()
    tools_any: tuple[str, ...] = ()
    no_tools: tuple[str, ...] = ()
    arguments: dict[str, str] = field(default_factory=dict)
    effects: tuple[str, ...] | None = None
    handoff: bool | None = None
    needs_person: bool | None = None
    appointments: int | None = None
    shows: tuple[str, ...] = ()
    told_the_model: tuple[str, ...] = ()
    asks: bool | None = None
    bubbles_at_most: int = 4
    judge: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Turn:
    """What the customer sends at once: texts, a voice note's words, a photo or a document with its caption."""

    customer: tuple[str, ...] = ()
    voice: str | None = None
    photo: str | None = None
    document: str | None = None
    quotes_last: bool = False
    redis_lost: bool = False
    fault: dict[str, Any] = field(default_factory=dict)
    expect: Expect = Expect()


@dataclass(frozen=True, slots=True)
class Past:
    """A message before the scenario; `who` is customer, bot or person."""

    who: str
    text: str


@dataclass(frozen=True, slots=True)
class ShopSetup:
    """How the scenario's shop differs from the fixture: tenant fields, products patched by id, what it wrote, its bot.

    `indexed`: its catalogue has been read, as a shop's is a minute after it was connected.
    """

    fields: dict[str, Any] = field(default_factory=dict)
    products: dict[str, Any] = field(default_factory=dict)
    bot: dict[str, Any] = field(default_factory=dict)
    sections: dict[str, str] = field(default_factory=dict)
    human_topics: tuple[str, ...] = ()
    agenda_open: bool = False
    indexed: bool = True


@dataclass(frozen=True, slots=True)
class Scenario:
    """One chat. `needs_model`: a real model is needed to pass; with the demo brain it only informs.

    `proves` are the numbers of orders that she shows to be hers by what she writes, besides those of her phone.
    """

    name: str
    tells: str
    turns: tuple[Turn, ...]
    file: str = ""
    needs_model: bool = False
    phone: str | None = None
    proves: tuple[int, ...] = ()
    customer_name: str | None = "Lucía"
    past: tuple[Past, ...] = ()
    filler: int = 0
    shop: ShopSetup = ShopSetup()


def load_scenarios(paths: Iterable[Path]) -> list[Scenario]:
    """The scenarios of the files, in order. Raises BadScenarioError, also for a name given twice."""
    found: list[Scenario] = []
    for path in paths:
        try:
            content = tomllib.loads(path.read_text("utf-8"))
        except (OSError, ValueError) as error:
            raise BadScenarioError(f"{path}: {error}") from error
        base = _made(ShopSetup, content.pop("shop", {}), f"{path.name} shop")
        content.pop("title", None)
        entries = content.pop("scenario", [])
        if content or not entries:
            raise BadScenarioError(f"{path}: no entiendo {sorted(content)} o no hay ningún [[scenario]]")
        found += [_scenario(entry, path.name, base) for entry in entries]
    names = [scenario.name for scenario in found]
    if doubled := {name for name in names if names.count(name) > 1}:
        raise BadScenarioError(f"nombres repetidos: {', '.join(sorted(doubled))}")
    return found


def _scenario(entry: dict[str, Any], file: str, base: ShopSetup) -> Scenario:
    where = f"{file} {entry.get('name', '(sin nombre)')}"
    turns = tuple(_turn(turn, where) for turn in entry.pop("turn", []))
    if not turns or not entry.get("name") or not entry.get("tells"):
        raise BadScenarioError(f"{where}: faltan name, tells o [[scenario.turn]]")
    past = tuple(_made(Past, one, where) for one in entry.pop("past", []))
    shop = _made(ShopSetup, entry.pop("shop"), where) if "shop" in entry else base
    return _made(Scenario, {**entry, "turns": turns, "past": past, "shop": shop, "file": file}, where)


def _turn(entry: dict[str, Any], where: str) -> Turn:
    expect = _made(Expect, entry.pop("expect", {}), where)
    turn = _made(Turn, {**entry, "expect": expect}, where)
    if not turn.customer and turn.voice is turn.photo is turn.document is None:
        raise BadScenarioError(f"{where}: un turno sin mensaje del cliente")
    return turn


def _made(kind: type[T], given: dict[str, Any], where: str) -> T:
    """A dataclass of a table; one text where a list is wanted is a list of it."""
    known = {f.name: f for f in fields(kind)}  # type: ignore[arg-type]
    if unknown := set(given) - set(known):
        raise BadScenarioError(f"{where}: no existe {', '.join(sorted(unknown))}")
    return kind(**{name: _value(str(known[name].type), value) for name, value in given.items()})


def _value(wanted: str, value: Any) -> Any:
    if not wanted.startswith("tuple"):
        return value
    return tuple(value) if isinstance(value, Sequence) and not isinstance(value, str) else (value,)
