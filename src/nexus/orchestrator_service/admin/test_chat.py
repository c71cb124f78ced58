"""`/admin/test-chat`: ask the bot as a customer would, on the shop's real settings; nothing of it is sent or stored."""

import time
from datetime import UTC, datetime
from typing import Annotated, Literal, Self

from fastapi import APIRouter
from pydantic import BaseModel, Field, model_validator

from nexus.contracts.errors import errors
from nexus.orchestrator_service.admin.auth import Writer
from nexus.orchestrator_service.admin.deps import Deps
from nexus.orchestrator_service.admin.fields import MessageText
from nexus.orchestrator_service.admin.throttle import refuse_haste
from nexus.orchestrator_service.admin.traces import ToolUsed, named
from nexus.orchestrator_service.agent.outcome import Answered, Failed, HandedOff, Outcome
from nexus.orchestrator_service.agent.trace import RunTrace
from nexus.runtime.errors import ApiError
from nexus.store.live_tests import note_test
from nexus.store.memory import SaidMessage
from nexus.store.tenants import load_tenant

_MOST_MESSAGES = 40
_TRIES, _TRIES_PER_SECOND = 6, 1 / 10
_TOO_FAST = "too_many_tests", "Vas muy rápido; esperá unos segundos y preguntá de nuevo."
_WORKED = "El bot contestó en el chat de prueba."
_FAILURES = {
    "model_timeout": "El modelo no contestó a tiempo.",
    "model_unavailable": "No se pudo hablar con el proveedor del modelo.",
    "model_auth": "El proveedor del modelo rechaza la clave.",
    "model_quota": "La cuenta del proveedor del modelo no tiene saldo.",
    "model_missing": "El modelo elegido no existe en ese proveedor.",
    "model_refused": "El proveedor del modelo rechazó la consulta.",
    "model_garbage": "El modelo contestó algo que no se entiende.",
    "monthly_ceiling": "Se llegó al tope de gasto del mes: subilo en Conocimiento > Bot.",
    "limit": "El bot dio demasiadas vueltas sin llegar a una respuesta.",
    "empty": "El modelo no dijo nada.",
}

router = APIRouter(prefix="/admin", tags=["puesta en marcha"])


class TestLine(BaseModel):
    """One message of the test chat; what the bot said before comes back with role assistant."""

    __test__ = False  # its name makes pytest look for tests in it

    role: Literal["user", "assistant"]
    text: MessageText


class TestQuestion(BaseModel):
    """The whole chat so far, oldest first; the bot answers what the user said last, by the `version` asked for."""

    __test__ = False

    messages: Annotated[list[TestLine], Field(min_length=1, max_length=_MOST_MESSAGES)]
    version: Literal["published", "draft"] = "published"

    @model_validator(mode="after")
    def _asks_something(self) -> Self:
        if self.messages[-1].role != "user":
            raise ValueError("el último mensaje tiene que ser de quien pregunta")
        return self


class TestBubble(BaseModel):
    """A text or a picture."""

    __test__ = False

    text: str | None = None
    image_url: str | None = Field(None, serialization_alias="imageUrl")


class TestTool(ToolUsed):
    """One call; `simulated` says that it would change something and that this was taken back."""

    __test__ = False

    simulated: bool


class TestAnswer(BaseModel):
    """What the bot would say and what it did for it; `reason` is a sentence: why it handed off or failed."""

    __test__ = False

    outcome: Literal["answered", "handed_off", "error"]
    reason: str | None
    bubbles: list[TestBubble]
    tools: list[TestTool]
    tokens_in: int | None
    tokens_out: int | None
    seconds: float
    prompt_version: str | None


@router.post(
    "/test-chat",
    summary="Preguntarle algo al bot, de prueba",
    responses=errors(400, 401, 403, 404, 413, 422, 429, 503),
)
async def test_chat(body: TestQuestion, deps: Deps, scope: Writer) -> TestAnswer:
    """The real agent: it reads the shop, and asks the model, which costs tokens. Turns and handoffs are only simulated.

    That it worked or not is remembered for the set-up. 429 with Retry-After for who asks too fast.
    """
    key = f"test-chat:{scope.tenant_id}:{scope.caller.name}"
    await refuse_haste(deps, key, _TRIES, _TRIES_PER_SECOND, _TOO_FAST)
    tenant = await load_tenant(scope.tenant_id, deps.pool)
    if tenant is None:
        raise ApiError(404, "tenant_not_found", "Esa tienda no existe.")
    history, messages = _split(body.messages)
    began = time.perf_counter()
    version = await deps.room.versions.draft(tenant) if body.version == "draft" else None
    outcome, trace = await deps.room.rehearse(history[-deps.settings.memory_window :], messages, tenant, version)
    answer = _answer(outcome, trace, round(time.perf_counter() - began, 2))
    worked = answer.outcome != "error"
    told = _WORKED if worked else answer.reason or ""
    await note_test(scope.tenant_id, deps.pool, "test_chat", worked, told, scope.caller.name)
    return answer


def _split(lines: list[TestLine]) -> tuple[list[SaidMessage], list[SaidMessage]]:
    """(what was said before, what is asked now)."""
    now = datetime.now(UTC)
    said = [
        SaidMessage(line.role, "customer" if line.role == "user" else "bot", "text", line.text, now) for line in lines
    ]
    asked = next((n for n, line in enumerate(reversed(lines)) if line.role != "user"), len(lines))
    return said[: len(said) - asked], said[len(said) - asked :]


def _answer(outcome: Outcome, trace: RunTrace, seconds: float) -> TestAnswer:
    bubbles: list[TestBubble] = []
    reason = None
    if isinstance(outcome, Answered):
        bubbles = [
            TestBubble(image_url=bubble.content) if bubble.message_type == "image" else TestBubble(text=bubble.content)
            for bubble in outcome.bubbles
        ]
    elif isinstance(outcome, HandedOff):
        bubbles = [TestBubble(text=outcome.message)]
        reason = next((use.arguments.get("reason") for use in trace.tools if use.name == "derivhumano"), None)
    else:
        reason = _FAILURES.get(outcome.reason, "El bot no pudo contestar.")
    spent = trace.spent()
    tools = [
        TestTool(**(named(tool) | {"simulated": use.simulated}))
        for tool, use in zip(spent.tools, trace.tools, strict=True)
    ]
    return TestAnswer(
        outcome=_OUTCOMES[type(outcome)],
        reason=reason,
        bubbles=bubbles,
        tools=tools,
        tokens_in=spent.tokens_in,
        tokens_out=spent.tokens_out,
        seconds=seconds,
        prompt_version=trace.prompt_version,
    )


_OUTCOMES: dict[type[Outcome], Literal["answered", "handed_off", "error"]] = {
    Answered: "answered",
    HandedOff: "handed_off",
    Failed: "error",
}
