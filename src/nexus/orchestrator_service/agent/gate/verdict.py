"""What the gates found in a reply, and what became of it: kept with the run's trace."""

from collections import Counter
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Violation:
    """One thing said that nothing bears out.

    `said` is the place in the reply, as written; `bubble` its bubble's index from 0; `advice` the Spanish sentence that
    the model reads in its repair run. Kinds: amount, currency, percentage, stock, size, installments, link, order,
    date, time, duration, quantity, phone, mail, account, commitment, placeholder, tone.
    """

    kind: str
    said: str
    advice: str
    bubble: int = 0


@dataclass(slots=True)
class GateVerdict:
    """Of one answer: what was found at first, what still after the repair, and whether the safe text went instead.

    `repaired`: the model was asked again; `stripped`: what remained were links, and they were taken out.
    """

    violations: list[Violation] = field(default_factory=list)
    remaining: list[Violation] = field(default_factory=list)
    repaired: bool = False
    stripped: bool = False
    blocked: bool = False

    @property
    def outcome(self) -> str:
        """passed, repaired, stripped (sent without its foreign links), noted (sent all the same: only the tone was off,
        or a sentence had been dropped) or blocked."""
        if self.blocked:
            return "blocked"
        if self.stripped:
            return "stripped"
        if self.repaired:
            return "repaired"
        return "noted" if self.violations else "passed"

    def as_json(self) -> dict[str, Any]:
        """For the stored trace: kinds and places, without the customer's words but what the bot itself said."""
        shown = [{"kind": one.kind, "said": one.said[:120], "bubble": one.bubble} for one in self.violations]
        return {"violations": shown, "repaired": self.repaired, "blocked": self.blocked, "outcome": self.outcome}

    def kinds(self) -> Counter[str]:
        """How many of each kind were found at first."""
        return Counter(one.kind for one in self.violations)
