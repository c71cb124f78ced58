"""What the gate needs to know of a run, and what follows from its verdict: one repair, then the shop's safe text."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from langchain_core.messages import AIMessage, AnyMessage, HumanMessage

from nexus.orchestrator_service.agent.context import RunContext
from nexus.orchestrator_service.agent.conversation import agenda_notes
from nexus.orchestrator_service.agent.fixed_texts import fixed_text
from nexus.orchestrator_service.agent.gate.addresses import addresses_in
from nexus.orchestrator_service.agent.gate.judge import Grounds, judge
from nexus.orchestrator_service.agent.gate.promises import Effects
from nexus.orchestrator_service.agent.gate.reading import normal
from nexus.orchestrator_service.agent.gate.verdict import GateVerdict, Violation
from nexus.orchestrator_service.agent.reply import ModelBubble
from nexus.orchestrator_service.agent.tone import tone_violations
from nexus.runtime.logs import get_logger
from nexus.runtime.metrics import GATE_VERDICTS
from nexus.store.memory import SaidMessage
from nexus.store.replies import NewBubble


@dataclass(frozen=True, slots=True)
class Checked:
    """One answer of the model: what of it may be sent, what was wrong with what it said, and whether it may not go."""

    bubbles: list[NewBubble]
    violations: list[Violation]
    blocked: bool


SECONDS_FOR_A_REPAIR = 4.0
"""With less time left the safe text goes at once."""
_MOST_TOLD = 8
_LONGEST_READ = 1200
"""Of each message of the customer: reading a wall of figures would hold up everybody else."""
_NOT_DONE = ("refused", "failed", "error", "unknown", "full", "dry_run")


def grounds_of(
    history: Sequence[SaidMessage],
    messages: Sequence[SaidMessage],
    context: RunContext,
    done: Sequence[dict[str, Any]],
) -> Grounds:
    """All that the reply may rest on; `done` is what the burst did with the agenda."""
    findings, zone = context.findings, ZoneInfo(context.tenant.time_zone)
    by_person = [m.content or "" for m in history if m.role == "assistant" and m.author == "human"]
    upcoming = [appointment.start.astimezone(zone).replace(tzinfo=None) for appointment in context.agenda.upcoming]
    tools = {str(one["tool"]) for one in findings.effects if one.get("status") not in _NOT_DONE}
    return Grounds(
        now=context.now.astimezone(zone).replace(tzinfo=None),
        evidence=findings.evidence,
        shop=[context.version.knowledge, *by_person],
        customer=[(m.content or "")[:_LONGEST_READ] for m in history if m.role == "user"],
        asked=[(m.content or "")[:_LONGEST_READ] for m in messages],
        notes=[*agenda_notes(context.agenda, context.now), *context.notes],
        own=upcoming,
        website=context.tenant.store_website,
        links=sorted(findings.links),
        shown=_shown(context.last_shown),
        effects=Effects(
            agenda=done,
            tools=frozenset(tools | ({"derivhumano"} if findings.handoff_message else set())),
            standing=bool(upcoming),
        ),
    )


def found_in(
    bubbles: Sequence[NewBubble], grounds: Grounds, context: RunContext, said: Sequence[ModelBubble] = ()
) -> list[Violation]:
    """What nothing bears out, what could not be filled in, and what is not in the shop's tone."""
    texts = [bubble.content if bubble.message_type == "text" else "" for bubble in bubbles]
    unfilled = [
        Violation("placeholder", mark, f"{mark} no es de un producto que haya devuelto una herramienta en esta charla.")
        for mark in (context.findings.unfilled if said else ())
    ]
    own = [part.text or "" for part in said] if said else texts
    return [*judge(bubbles, grounds), *unfilled, *tone_violations(own, context.version.tone)]


def grave(violations: Sequence[Violation]) -> list[Violation]:
    """Those for which a reply is not sent: neither tone nor a sentence that was already dropped."""
    return [one for one in violations if one.kind not in ("tone", "placeholder")]


def correction(said: Sequence[ModelBubble], violations: Sequence[Violation]) -> list[AnyMessage]:
    """What the model reads before its one repair: its own answer, and what in it does not hold."""
    answer = "\n\n".join(part.text or part.image_url or "" for part in said)
    told = "\n".join(f"- {one.advice}" for one in violations[:_MOST_TOLD])
    return [
        AIMessage(answer or "…"),
        HumanMessage(
            "[Sistema: esa respuesta no se envió, porque esto no se puede comprobar:\n"
            f"{told}\n"
            "Escribila de nuevo, completa, sólo con lo que devolvieron las herramientas o dice la tienda; si hace "
            "falta consultá otra vez. No menciones esta corrección.]"
        ),
    ]


def settled(verdict: GateVerdict, context: RunContext) -> None:
    """Put the verdict into the run's trace and count it: once for each kind, or once for a reply without fault."""
    context.trace.gate = verdict
    if verdict.violations:
        kinds = dict(verdict.kinds())
        get_logger().warning("reply_gated", tenant_id=context.tenant.id, kinds=kinds, outcome=verdict.outcome)
    if context.trace.rehearsed or context.replay is not None:
        return
    for kind, count in (verdict.kinds() or {"none": 1}).items():
        GATE_VERDICTS.labels(kind=kind, outcome=verdict.outcome).inc(count)


def safe_reply() -> list[NewBubble]:
    """What goes instead of a reply that cannot be proved."""
    return [NewBubble("text", fixed_text("unproved"))]


def shop_links(context: RunContext) -> set[str]:
    """The addresses that the shop's own knowledge names."""
    words = normal(context.version.knowledge)
    return {one.written for one in addresses_in(words) if one.kind == "link" and not one.written.startswith("@")}


def _shown(last_shown: str | None) -> frozenset[str]:
    try:
        return frozenset(str(one["id"]) for one in json.loads(last_shown or "[]"))
    except (ValueError, TypeError, KeyError):
        return frozenset()
