"""Every call of the model in a run: tried again where that may help, given to the other model, or not made at all."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import openai
from langchain.agents.middleware import AgentMiddleware, ModelRequest, ModelResponse
from langchain_core.language_models import BaseChatModel

from nexus.gateways.llm import (
    ModelSettings,
    UnpaidError,
    asked_wait,
    failure_reason,
    is_unpaid,
    may_pass,
)
from nexus.orchestrator_service.agent.circuit import Circuits
from nexus.orchestrator_service.agent.context import RunContext
from nexus.runtime.logs import get_logger
from nexus.store.database import Pool
from nexus.store.events import add_event

_PAUSE_SECONDS = 0.5
_LONGEST_WAIT_BEFORE_THE_OTHER = 3.0
_TIME_TO_ANSWER = 2.0

Handler = Callable[[ModelRequest[Any]], Awaitable[ModelResponse[Any]]]


class ModelDoor(AgentMiddleware[Any, RunContext]):
    """A call is made once more after a stumble or a rate limit, within the run's deadline, then by the other model.

    The other model has the same server and key, so it neither hides an account without money nor makes anybody pay for
    another. Once it had to answer, it answers the rest of the run. Raises openai's errors, and UnpaidError without
    asking while the key's circuit is open.
    """

    def __init__(self, wanted: ModelSettings, other: BaseChatModel | None, circuits: Circuits, pool: Pool) -> None:
        super().__init__()
        self._wanted = wanted
        self._other = other
        self._circuits = circuits
        self._pool = pool

    async def awrap_model_call(self, request: ModelRequest[Any], handler: Handler) -> ModelResponse[Any]:
        """One answer of whichever model can give it."""
        context: RunContext = request.runtime.context
        if await self._circuits.is_open(context.tenant.id, self._wanted.known_as):
            raise UnpaidError("the account of this key had no money a moment ago")
        try:
            return await self._ask(request, handler, context)
        except openai.OpenAIError as error:
            if is_unpaid(error) and context.replay is None:
                await self._leave_alone(context)
            raise

    async def _ask(self, request: ModelRequest[Any], handler: Handler, context: RunContext) -> ModelResponse[Any]:
        if self._other is not None and context.trace.fell_back:
            return await handler(request.override(model=self._other))
        try:
            return await self._twice(request, handler, context)
        except openai.OpenAIError as error:
            if self._other is None or not _another_may_answer(error):
                raise
            get_logger().warning("model_fell_back", tenant_id=context.tenant.id, reason=failure_reason(error))
            context.trace.fell_back = True
            return await handler(request.override(model=self._other))

    async def _twice(self, request: ModelRequest[Any], handler: Handler, context: RunContext) -> ModelResponse[Any]:
        try:
            return await handler(request)
        except openai.OpenAIError as error:
            wait = asked_wait(error)
            if wait is None and may_pass(error) and self._other is None:
                wait = _PAUSE_SECONDS
            alone = context.trace.seconds_left() - _TIME_TO_ANSWER
            if wait is None or wait > (alone if self._other is None else _LONGEST_WAIT_BEFORE_THE_OTHER):
                raise
            await asyncio.sleep(wait)
            return await handler(request)

    async def _leave_alone(self, context: RunContext) -> None:
        """Open the key's circuit, and tell the shop's people once."""
        if await self._circuits.open(context.tenant.id, self._wanted.known_as):
            await add_event(
                context.tenant.id,
                self._pool,
                "error",
                "credential_refused",
                "La cuenta del proveedor del modelo no tiene saldo: el bot no puede responder hasta que se cargue",
                {"reason": "model_quota"},
                context.correlation_id,
            )


def _another_may_answer(error: openai.OpenAIError) -> bool:
    """The model is away, slow, full or gone; not: the key is refused, unpaid, or the question is wrong."""
    return may_pass(error) or asked_wait(error) is not None or failure_reason(error) == "model_missing"
