"""What a run began with, as JSON and back: a replay begins with the same."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from pydantic import TypeAdapter

from nexus.contracts.appointments import Appointment
from nexus.orchestrator_service.agent.context import RunContext
from nexus.orchestrator_service.agent.outcome import Failed, HandedOff, Outcome
from nexus.store.agenda import Service
from nexus.store.effects import Rehearsal
from nexus.store.memory import SaidMessage
from nexus.store.replies import NewBubble
from nexus.store.traces import Recording


@dataclass(frozen=True, slots=True)
class RunInput:
    """The moment, what was said and remembered, who is writing, what was known of her, and what was `said` to that.

    `standing` are her appointments as they were when the run ended; `tried` what a run in shadow mode took back.
    """

    now: datetime
    history: list[SaidMessage]
    messages: list[SaidMessage]
    last_shown: str | None
    customer_name: str | None
    phone: str | None
    services: list[Service]
    upcoming: list[Appointment]
    standing: list[Appointment] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    prompt_version: str | None = None
    tried: list[tuple[str, dict[str, Any]]] | None = None
    said: list[str] = field(default_factory=list)


_INPUT = TypeAdapter(RunInput)


def recorded(
    history: list[SaidMessage],
    messages: list[SaidMessage],
    context: RunContext,
    standing: list[Appointment],
    outcome: Outcome,
) -> Recording:
    """The run that is over."""
    began = RunInput(
        now=context.now,
        history=history,
        messages=messages,
        last_shown=context.last_shown,
        customer_name=context.customer_name,
        phone=context.phone,
        services=context.agenda.services,
        upcoming=context.agenda.upcoming,
        standing=standing,
        notes=list(context.notes),
        prompt_version=context.trace.prompt_version,
        tried=list(context.run.done) if isinstance(context.run, Rehearsal) else None,
        said=in_words(outcome),
    )
    return Recording(_INPUT.dump_python(began, mode="json"), context.trace.heard)


def run_input(kept: dict[str, Any]) -> RunInput:
    """What `recorded` kept. Raises pydantic.ValidationError for what another version kept otherwise."""
    return _INPUT.validate_python(kept)


def in_words(outcome: Outcome) -> list[str]:
    """What a run came to, a line for each bubble, to be compared with what it comes to again."""
    if isinstance(outcome, HandedOff):
        return [f"[derivó] {outcome.message}"]
    if isinstance(outcome, Failed):
        return [f"[sin respuesta: {outcome.reason}]"]
    return [_bubble(bubble) for bubble in outcome.bubbles]


def _bubble(bubble: NewBubble) -> str:
    if bubble.message_type != "image":
        return bubble.content
    return f"[imagen {bubble.content}]" + (f" {bubble.caption}" if bubble.caption else "")
