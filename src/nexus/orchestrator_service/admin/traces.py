"""`/admin/bursts/{id}/trace`: why the bot said it — what it looked up and found, what was checked, and what it cost."""

from datetime import datetime
from decimal import Decimal
from typing import Any, Literal
from uuid import UUID

from fastapi import APIRouter
from pydantic import BaseModel

from nexus.contracts.errors import errors
from nexus.orchestrator_service.admin.auth import Reader
from nexus.orchestrator_service.admin.deps import Deps
from nexus.orchestrator_service.admin.trace_words import failure_of, rule_of, tool_of
from nexus.runtime.errors import ApiError
from nexus.store.traces import load_trace

router = APIRouter(prefix="/admin", tags=["chats"])


class ToolUsed(BaseModel):
    """One call; `arguments` without phones, `found` how many things came back where they can be counted."""

    name: str
    label: str
    arguments: dict[str, str]
    status: Literal["ok", "empty", "error", "refused"]
    milliseconds: int
    found: int | None


class ProductSeen(BaseModel):
    """A product that the tools found."""

    id: int | str
    name: str | None
    price: str | float | None


class Violation(BaseModel):
    """Something that the model wrote and nothing bore out; `rule` says which rule it broke, `said` the place."""

    kind: str
    rule: str
    said: str
    bubble: int


class Gate(BaseModel):
    """What the checks did: passed, repaired (the model wrote it anew), stripped (foreign links were taken out), noted
    (only the tone), blocked (a fixed text went instead). `violations` are those of the first draft.
    """

    outcome: Literal["passed", "repaired", "stripped", "noted", "blocked"]
    violations: list[Violation]


class CallMade(BaseModel):
    """One call of the model; tokens are null where its server tells none, `cost_usd` where its price is not known."""

    model: str
    api: str
    outcome: str
    problem: str | None
    tokens_in: int | None
    cached: int | None
    tokens_out: int | None
    reasoning: int | None
    cost_usd: float | None
    seconds: float


class Timings(BaseModel):
    """Milliseconds: from the customer's first message until somebody took it up, and of each part of the run."""

    queue: int | None = None
    model: int | None = None
    tools: int | None = None
    gate: int | None = None
    total: int | None = None


class Trace(BaseModel):
    """A burst: how it ended, and what that took. `cost_usd` is null where a call has no known price.

    Answers of before a part was kept have it empty; of a `forgotten` one all of it is past the shop's days.
    """

    burst_id: UUID
    state: str
    reason: str | None
    created_at: datetime
    finished_at: datetime | None
    tokens_in: int | None
    tokens_out: int | None
    model_seconds: float | None
    cost_usd: float | None
    prompt_version: str | None
    tools: list[ToolUsed]
    products: list[ProductSeen]
    gate: Gate | None
    calls: list[CallMade]
    timings: Timings
    forgotten: bool


@router.get(
    "/bursts/{burst_id}/trace", summary="Por qué el bot contestó eso", responses=errors(400, 401, 404, 422, 503)
)
async def trace(burst_id: UUID, deps: Deps, scope: Reader) -> Trace:
    """No tool at all: the answer took no model (a pause, a reminder's answer), or none of them was needed."""
    found = await load_trace(scope.tenant_id, deps.pool, burst_id)
    if found is None:
        raise ApiError(404, "burst_not_found", "Esa respuesta no existe en esta tienda.")
    return Trace.model_validate(
        found | proof_of(found["proof"]) | {"tools": [named(tool) for tool in found["tools"]]},
    )


def proof_of(proof: dict[str, Any]) -> dict[str, Any]:
    """What the run kept as proof, in the words of people."""
    calls, gate = proof.get("calls") or [], proof.get("gate")
    prices = [None if call["cost_usd"] is None else Decimal(call["cost_usd"]) for call in calls if call["tokens_in"]]
    known = [price for price in prices if price is not None]
    return {
        "prompt_version": proof.get("prompt_version"),
        "products": proof.get("products") or [],
        "gate": gate and gate | {"violations": [one | {"rule": rule_of(one["kind"])} for one in gate["violations"]]},
        "calls": [call | {"problem": failure_of(call["outcome"])} for call in calls],
        "timings": proof.get("timings") or {},
        "cost_usd": float(sum(known)) if known and len(known) == len(prices) else None,
    }


def named(tool: dict[str, Any]) -> dict[str, Any]:
    """A tool of a trace with what people call it."""
    return tool | {"label": tool_of(tool["name"])}
