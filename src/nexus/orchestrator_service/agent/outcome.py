"""How a run of the agent can end."""

from dataclasses import dataclass, field
from typing import Any

from nexus.store.replies import NewBubble


@dataclass(frozen=True, slots=True)
class Answered:
    """One to four bubbles, in order; `shown_products` are `{id, name}` of the products that appear in them.

    `needs_person` is the reason why somebody of the shop should see to it, though the bot goes on.
    """

    bubbles: list[NewBubble]
    shown_products: list[dict[str, Any]] = field(default_factory=list)
    needs_person: str | None = None


@dataclass(frozen=True, slots=True)
class HandedOff:
    """A person takes over: the lockout stands and the e-mail is queued; `message` is all the customer gets."""

    message: str


@dataclass(frozen=True, slots=True)
class Failed:
    """No answer: model_timeout, model_unavailable, model_auth, model_quota, model_missing, model_refused,
    model_garbage, limit or empty."""

    reason: str


Outcome = Answered | HandedOff | Failed
