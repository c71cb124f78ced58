"""What a run began with, as JSON and back: a replay begins with the same."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from pydantic import TypeAdapter

from nexus.contracts.appointments import Appointment
from nexus.orchestrator_service.agent.context import RunContext
from nexus.store.agenda import Service
from nexus.store.memory import SaidMessage
from nexus.store.traces import Recording


@dataclass(frozen=True, slots=True)
class RunInput:
    """The moment, what was said and remembered, who is writing, and what was known of her."""

    now: datetime
    history: list[SaidMessage]
    messages: list[SaidMessage]
    last_shown: str | None
    customer_name: str | None
    phone: str | None
    services: list[Service]
    upcoming: list[Appointment]
    notes: list[str] = field(default_factory=list)
    prompt_version: str | None = None


_INPUT = TypeAdapter(RunInput)


def recorded(history: list[SaidMessage], messages: list[SaidMessage], context: RunContext) -> Recording:
    """The run so far."""
    began = RunInput(
        now=context.now,
        history=history,
        messages=messages,
        last_shown=context.last_shown,
        customer_name=context.customer_name,
        phone=context.phone,
        services=context.agenda.services,
        upcoming=context.agenda.upcoming,
        notes=list(context.notes),
        prompt_version=context.trace.prompt_version,
    )
    return Recording(_INPUT.dump_python(began, mode="json"), context.trace.heard)


def run_input(kept: dict[str, Any]) -> RunInput:
    """What `recorded` kept. Raises pydantic.ValidationError for what another version kept otherwise."""
    return _INPUT.validate_python(kept)
