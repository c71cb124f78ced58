"""What a run's tools told it, call by call, and what it learned from each: kept for a replay, and given again there."""

import copy
import json
from dataclasses import dataclass, field, fields
from typing import Any

from nexus.contracts.appointments import Appointment

_NOT_LEARNED = ("evidence", "agenda")
_AGENDA = ("refusal", "used")


@dataclass(slots=True)
class Replay:
    """The calls of a recorded run that nobody has asked for yet; `missed` are calls that it did not make.

    `standing` are the customer's appointments as the recorded run left them.
    """

    calls: list[dict[str, Any]]
    standing: list[Appointment] = field(default_factory=list)
    missed: list[str] = field(default_factory=list)

    def take(self, name: str, arguments: Any) -> dict[str, Any] | None:
        """The recorded call of that name with the same arguments, the earliest first."""
        wanted = (name, _plain(arguments))
        for place, call in enumerate(self.calls):
            if (call["name"], _plain(call["arguments"])) == wanted:
                return self.calls.pop(place)
        self.missed.append(f"{name} {_plain(arguments)}")
        return None


def known(findings: Any) -> dict[str, Any]:
    """What the run has found out so far; a copy, to tell later what came with one call."""
    found = {f.name: copy.copy(getattr(findings, f.name)) for f in fields(findings) if f.name not in _NOT_LEARNED}
    return found | {f"agenda.{name}": getattr(findings.agenda, name) for name in _AGENDA}


def learned(before: dict[str, Any], findings: Any) -> dict[str, Any]:
    """What `findings` hold beyond `before`, as JSON: new members of sets, lists and dictionaries, and other values."""
    now = known(findings)
    return {name: news for name in now if (news := _news(name, before[name], now[name])) is not None}


def learn(findings: Any, news: dict[str, Any]) -> None:
    """Put into `findings` what `learned` took out of them."""
    for name, what in news.items():
        owner, _, part = name.rpartition(".")
        thing = findings.agenda if owner else findings
        value = getattr(thing, part)
        if owner:
            setattr(thing, part, what)
        elif isinstance(value, dict):
            value.update((key, inner) for key, inner in what)
        elif isinstance(value, set):
            value.update(what)
        elif isinstance(value, list):
            value.extend(what)
        else:
            setattr(thing, part, what)


def _news(name: str, before: Any, now: Any) -> Any:
    if now == before:
        return None
    if name.startswith("agenda."):
        return now
    if isinstance(now, dict):
        return [[key, value] for key, value in now.items() if before.get(key) != value]
    if isinstance(now, set):
        return sorted(now - before)
    if isinstance(now, list):
        return now[len(before) :]
    return now


def _plain(arguments: Any) -> str:
    return json.dumps(arguments, sort_keys=True, ensure_ascii=False, default=str)
