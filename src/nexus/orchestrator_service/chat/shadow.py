"""Shadow mode: the bot thinks, a person sends (issue 6, Build 8).

What its tools would change is only tried and taken back, and the draft says so. A handoff is really made: it silences
the bot and tells the shop's people, and says nothing to the customer by itself.
"""

from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

from nexus.orchestrator_service.agent.trace import RunTrace
from nexus.orchestrator_service.handoff.opening import when_somebody_answers
from nexus.orchestrator_service.handoff.request import request_person
from nexus.store.database import Pool
from nexus.store.drafts import NewDraft
from nexus.store.effects import RunIdentity
from nexus.store.memory import SaidMessage
from nexus.store.replies import NewBubble
from nexus.store.tenants import Tenant

_HANDOFF = "derivhumano"
_ONLY_TOLD = ("payable_link",)
"""What these would change is in the shop, where nothing is taken back: in shadow mode they do not even try."""
_DETAILS = ("contact_name", "contact_phone", "summary", "action_required")
_LONGEST = 500
_NO_REASON = "El cliente pidió una persona"


def unanswered(history: list[SaidMessage], messages: list[SaidMessage]) -> tuple[list[SaidMessage], list[SaidMessage]]:
    """(memory, what is to be answered): what the customer wrote since anyone's last answer is answered again, whole.

    The draft for it was not sent, and the new one takes its place.
    """
    last = next((place for place in range(len(history), 0, -1) if history[place - 1].role != "user"), 0)
    return history[:last], [*history[last:], *messages]


def draft_of(bubbles: list[NewBubble], trace: RunTrace | None, shown_products: str | None) -> NewDraft:
    """The answer as a person will see it, with what it tells of and was not done."""
    promised: list[str] = []
    if trace is not None:
        told = {use.name for use in trace.tools if use.simulated and use.status == "ok"}
        promised = [name for name in trace.tried if name != _HANDOFF]
        promised += [name for name in _ONLY_TOLD if name in told]
    kept = [{key: value for key, value in asdict(bubble).items() if key != "kind"} for bubble in bubbles]
    return NewDraft(kept, list(dict.fromkeys(promised)), shown_products)


async def hand_off_for_real(tenant: Tenant, pool: Pool, run: RunIdentity, trace: RunTrace, correlation_id: str) -> str:
    """What the run only tried: lockout and e-mail, with the reason that the model gave. Returns the customer's text."""
    told: list[dict[str, Any]] = [call["arguments"] for call in trace.heard if call["name"] == _HANDOFF]
    given = told[-1] if told else {}
    details = {name: str(given[name])[:_LONGEST] for name in _DETAILS if given.get(name)}
    when = when_somebody_answers(tenant.business_hours, tenant.time_zone, datetime.now(UTC))
    reason = str(given.get("reason") or _NO_REASON)[:_LONGEST]
    return await request_person(pool, run, reason, details, correlation_id, when)
