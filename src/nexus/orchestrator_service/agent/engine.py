"""The LangChain agent of a tenant, compiled once for each configuration (llm.md, sections A and F)."""

import asyncio
import time
from collections import OrderedDict
from dataclasses import replace
from typing import Any
from uuid import UUID

import openai
from langchain.agents import create_agent
from langchain.agents.middleware import AgentMiddleware, ModelCallLimitMiddleware, ToolCallLimitMiddleware
from langchain.agents.structured_output import ProviderStrategy, ToolStrategy
from langchain_core.callbacks import AsyncCallbackHandler
from langchain_core.messages import AIMessage, BaseMessage
from langchain_core.messages.ai import UsageMetadata
from langchain_core.outputs import ChatGeneration, LLMResult
from langchain_openai import ChatOpenAI

from nexus.gateways.llm import ModelConnections, ModelSettings, failure_reason
from nexus.orchestrator_service.agent.circuit import Circuits
from nexus.orchestrator_service.agent.context import RunContext
from nexus.orchestrator_service.agent.guard import ToolGuard
from nexus.orchestrator_service.agent.hearing import Hearing
from nexus.orchestrator_service.agent.model_door import ModelDoor
from nexus.orchestrator_service.agent.offered import OfferedTools
from nexus.orchestrator_service.agent.prices import cost_usd
from nexus.orchestrator_service.agent.reply import Reply
from nexus.orchestrator_service.agent.tools import TOOLS
from nexus.orchestrator_service.agent.trace import RunTrace
from nexus.runtime.metrics import LLM_TOKENS
from nexus.store.database import Pool
from nexus.store.ledger import ModelCall

_MODEL_CALLS = 6
_TOOL_CALLS = 8
_AGENTS_KEPT = 256

Key = tuple[int, ModelSettings, str]


class AgentShelf:
    """Compiled agents by tenant, model and prompt, the least used thrown out first."""

    def __init__(self, connections: ModelConnections, circuits: Circuits, pool: Pool) -> None:
        self._connections = connections
        self._circuits = circuits
        self._pool = pool
        self._agents: OrderedDict[Key, Any] = OrderedDict()

    def agent(self, tenant_id: int, model: ModelSettings, prompt: str) -> Any:
        """The tenant's agent; made in a few milliseconds when its configuration is new."""
        key = (tenant_id, model, prompt)
        if key not in self._agents:
            self._agents[key] = self._build(*key)
        self._agents.move_to_end(key)
        while len(self._agents) > _AGENTS_KEPT:
            self._agents.popitem(last=False)
        return self._agents[key]

    def _build(self, tenant_id: int, model: ModelSettings, prompt: str) -> Any:
        middleware: list[AgentMiddleware[Any, Any]] = [
            ModelCallLimitMiddleware(run_limit=_MODEL_CALLS, exit_behavior="error"),
            ToolCallLimitMiddleware(run_limit=_TOOL_CALLS, exit_behavior="error"),
            ModelDoor(model, self._other(tenant_id, model), self._circuits, self._pool),
            Hearing(),
            OfferedTools(),
            ToolGuard(),
        ]
        forms: dict[str, ToolStrategy[Reply] | ProviderStrategy[Reply] | None] = {
            "tool": ToolStrategy(Reply, tool_message_content="Respuesta enviada."),
            "provider": ProviderStrategy(Reply, strict=True),
            "text": None,
        }
        return create_agent(
            self._connections.chat_model(model, tenant_id),
            TOOLS,
            system_prompt=prompt,
            middleware=middleware,
            response_format=forms[model.final],
            context_schema=RunContext,
        )

    def _other(self, tenant_id: int, model: ModelSettings) -> ChatOpenAI | None:
        """The model that answers when the first one does not."""
        if not model.fallback:
            return None
        return self._connections.chat_model(replace(model, model=model.fallback, fallback=""), tenant_id)


class ModelCost(AsyncCallbackHandler):
    """Adds what each model call used to the tenant's figure (S-068) and, as a ModelCall, to the run's trace.

    Servers that tell no usage count nothing; only OpenAI's own models have a price.
    """

    def __init__(self, tenant_id: int, trace: RunTrace) -> None:
        self._figure = LLM_TOKENS.labels(tenant_id=str(tenant_id))
        self._trace = trace
        self._began: dict[UUID, tuple[float, dict[str, Any]]] = {}

    async def on_chat_model_start(
        self,
        serialized: dict[str, Any],
        messages: list[list[BaseMessage]],
        *,
        run_id: UUID,
        metadata: dict[str, Any] | None = None,
        **_: Any,
    ) -> None:
        """One call begins; the model itself says in `metadata` which it is."""
        self._began[run_id] = (time.perf_counter(), metadata or {})

    async def on_llm_error(self, error: BaseException, *, run_id: UUID, **_: Any) -> None:
        """One call failed, after a while."""
        why = failure_reason(error) if isinstance(error, openai.OpenAIError) else "model_garbage"
        self._note(run_id, None, "model_timeout" if isinstance(error, asyncio.CancelledError) else why)

    async def on_llm_end(self, response: LLMResult, *, run_id: UUID, **_: Any) -> None:
        """One call is over."""
        for generation in (one for batch in response.generations for one in batch):
            if isinstance(generation, ChatGeneration) and isinstance(generation.message, AIMessage):
                self._note(run_id, generation.message.usage_metadata, "ok")

    def _note(self, run_id: UUID, usage: UsageMetadata | None, outcome: str) -> None:
        began = self._began.pop(run_id, None)
        if began is None:
            return
        seconds, about = time.perf_counter() - began[0], began[1]
        if usage:
            self._figure.inc(usage["total_tokens"])
        self._trace.add_call(_call(about, usage, round(seconds, 3), outcome))


def _call(about: dict[str, Any], usage: UsageMetadata | None, seconds: float, outcome: str) -> ModelCall:
    model, told = str(about.get("model", "")), usage or None
    read = told.get("input_token_details", {}) if told else {}
    written = told.get("output_token_details", {}) if told else {}
    tokens_in, tokens_out = (told["input_tokens"], told["output_tokens"]) if told else (None, None)
    cached = read.get("cache_read", 0)
    price = cost_usd(
        model, tokens_in=tokens_in, cached=cached, cache_write=read.get("cache_creation", 0), tokens_out=tokens_out
    )
    return ModelCall(
        model=model,
        tokens_in=tokens_in,
        cached=cached if told else None,
        tokens_out=tokens_out,
        reasoning=written.get("reasoning", 0) if told else None,
        cost_usd=price if about.get("priced") else None,
        seconds=seconds,
        api=str(about.get("api", "chat")),
        outcome=outcome,
    )
