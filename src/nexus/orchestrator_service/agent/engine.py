"""The LangChain agent of a tenant, compiled once for each configuration (llm.md, sections A and F)."""

import time
from collections import OrderedDict
from typing import Any
from uuid import UUID

from langchain.agents import create_agent
from langchain.agents.middleware import AgentMiddleware, ModelCallLimitMiddleware, ToolCallLimitMiddleware
from langchain.agents.structured_output import ProviderStrategy, ToolStrategy
from langchain_core.callbacks import AsyncCallbackHandler
from langchain_core.messages import AIMessage, BaseMessage
from langchain_core.outputs import ChatGeneration, LLMResult

from nexus.gateways.llm import ModelConnections, ModelSettings
from nexus.orchestrator_service.agent.context import RunContext
from nexus.orchestrator_service.agent.guard import ToolGuard
from nexus.orchestrator_service.agent.reply import Reply
from nexus.orchestrator_service.agent.tools import TOOLS
from nexus.orchestrator_service.agent.trace import RunTrace
from nexus.runtime.metrics import LLM_TOKENS

_MODEL_CALLS = 6
_TOOL_CALLS = 8
_AGENTS_KEPT = 256

Key = tuple[int, ModelSettings, str]


class AgentShelf:
    """Compiled agents by tenant, model and prompt, the least used thrown out first."""

    def __init__(self, connections: ModelConnections) -> None:
        self._connections = connections
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


class ModelCost(AsyncCallbackHandler):
    """Adds what each model call used to the tenant's figure (S-068) and, with its seconds, to the run's trace.

    Servers that tell no usage count nothing.
    """

    def __init__(self, tenant_id: int, trace: RunTrace) -> None:
        self._figure = LLM_TOKENS.labels(tenant_id=str(tenant_id))
        self._trace = trace
        self._began: dict[UUID, float] = {}

    async def on_chat_model_start(
        self, serialized: dict[str, Any], messages: list[list[BaseMessage]], *, run_id: UUID, **_: Any
    ) -> None:
        """One call begins."""
        self._began[run_id] = time.perf_counter()

    async def on_llm_error(self, error: BaseException, *, run_id: UUID, **_: Any) -> None:
        """One call failed, after a while."""
        self._add_seconds(run_id)

    async def on_llm_end(self, response: LLMResult, *, run_id: UUID, **_: Any) -> None:
        """One call is over."""
        self._add_seconds(run_id)
        for generation in (one for batch in response.generations for one in batch):
            if isinstance(generation, ChatGeneration) and isinstance(generation.message, AIMessage):
                usage = generation.message.usage_metadata
                if usage:
                    self._figure.inc(usage["total_tokens"])
                    self._trace.add_usage(usage["input_tokens"], usage["output_tokens"])

    def _add_seconds(self, run_id: UUID) -> None:
        if began := self._began.pop(run_id, None):
            self._trace.model_seconds += time.perf_counter() - began
