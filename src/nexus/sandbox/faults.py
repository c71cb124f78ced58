"""Faults that a test or a person asks the outside world to show: which, where, how often.

A fault waits in the book until something of its target comes by (`take`), is used up `times` times and
is then gone. The book knows nothing of HTTP: each room turns a taken fault into its own misbehaviour.
"""

from __future__ import annotations

import itertools
from dataclasses import asdict, dataclass, field
from typing import Any

TARGETS: dict[str, frozenset[str]] = {
    "ycloud.send": frozenset({"delay", "400", "401", "403", "429", "500", "503", "reset", "hang", "hang_after_accept"}),
    "ycloud.webhook": frozenset({"delay", "duplicate", "reorder", "drop"}),
    "ycloud.status": frozenset({"fail"}),
    "ycloud.upload": frozenset({"delay", "400", "500", "hang"}),
    "ycloud.media": frozenset({"delay", "403", "404", "500", "hang", "reset", "html", "empty", "oversize", "redirect"}),
    "stt": frozenset({"delay", "400", "401", "429", "500", "hang", "garbage", "silence"}),
    "tiendanube": frozenset(
        {"delay", "401", "402", "403", "404", "429", "500", "503", "reset", "hang", "drip", "garbage"}
    ),
    "openai": frozenset({"delay", "400", "401", "429", "500", "503", "reset", "hang", "garbage"}),
    "smtp": frozenset({"delay", "450", "drop", "reset", "hang"}),
}
"""Every target with the kinds of misbehaviour it can show."""


class UnknownFaultError(ValueError):
    """A fault was asked for that no room of this world can show."""


@dataclass
class Fault:
    """One ordered misbehaviour. `times` -1 = until cleared; `skip` events pass untouched first.

    `seconds` is the length of a delay or hang; `retry_after` goes into a 429's header; `error_code` is a
    WhatsApp code such as "131056"; `count` is how many parallel copies a duplicate makes; `url` is where a
    redirect leads. `match` compares the event's attributes as text: `{"to": "+549…"}` wants equality,
    `{"path_contains": "orders"}` a part.
    """

    target: str
    kind: str
    times: int = 1
    skip: int = 0
    seconds: float | None = None
    retry_after: int | None = None
    error_code: str | None = None
    count: int | None = None
    url: str | None = None
    match: dict[str, str] = field(default_factory=dict)
    id: str = ""
    taken: int = 0

    def __post_init__(self) -> None:
        """Refuses what no room can show (`UnknownFaultError`), so that a test never waits for nothing."""
        if self.kind not in TARGETS.get(self.target, frozenset()):
            raise UnknownFaultError(f"{self.target} cannot show {self.kind}")

    def fits(self, attributes: dict[str, str]) -> bool:
        """Whether every wanted attribute is that of the event at hand."""
        for name, wanted in self.match.items():
            if name.endswith("_contains"):
                if wanted.lower() not in attributes.get(name.removesuffix("_contains"), "").lower():
                    return False
            elif attributes.get(name) != wanted:
                return False
        return True


class FaultBook:
    """The faults still to be shown, in the order in which they were asked for."""

    def __init__(self) -> None:
        self._faults: list[Fault] = []
        self._ids = itertools.count(1)

    def add(self, fault: Fault) -> Fault:
        """Puts a fault at the end of the book and gives it its id."""
        fault.id = f"fault_{next(self._ids)}"
        self._faults.append(fault)
        return fault

    def take(self, target: str, **attributes: str) -> Fault | None:
        """The first fault for this event, used up once, or None when the event goes well.

        `attributes` describe the event for `Fault.match` (e.g. to, from_, type, path, event_id).
        """
        for fault in self._faults:
            if fault.target != target or not fault.fits(attributes):
                continue
            if fault.skip > 0:
                fault.skip -= 1
                continue
            fault.taken += 1
            if fault.times > 0:
                fault.times -= 1
                if fault.times == 0:
                    self._faults.remove(fault)
            return fault
        return None

    def clear(self, fault_id: str | None = None) -> None:
        """Everything goes well again, or what one fault spoils; an id that is not there (used up) is fine."""
        self._faults = [fault for fault in self._faults if fault_id is not None and fault.id != fault_id]

    def as_json(self) -> list[dict[str, Any]]:
        """The faults still in the book."""
        return [asdict(fault) for fault in self._faults]
