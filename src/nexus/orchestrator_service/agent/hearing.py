"""Around every tool: what it told is kept for a replay, and in a replay the recorded words stand for the tool."""

from collections.abc import Awaitable, Callable
from typing import Any

from langchain.agents.middleware import AgentMiddleware, ToolCallRequest
from langchain_core.messages import ToolMessage
from langgraph.types import Command

from nexus.orchestrator_service.agent.context import RunContext
from nexus.orchestrator_service.agent.gate.evidence import Evidence
from nexus.orchestrator_service.agent.guard import FAILED_SENTENCE
from nexus.orchestrator_service.agent.heard import Replay, known, learn, learned

_MOST_CALLS = 40

Answer = ToolMessage | Command[Any]


class Hearing(AgentMiddleware[Any, RunContext]):
    """Outside of ToolGuard, so that a failure is heard as the model hears it."""

    async def awrap_tool_call(
        self, request: ToolCallRequest, handler: Callable[[ToolCallRequest], Awaitable[Answer]]
    ) -> Answer:
        """Run the tool, or say what it said; raises what the tool's guard lets through."""
        context: Any = request.runtime.context
        if context.replay is not None:
            return _said_again(context, context.replay, request)
        before = known(context.findings)
        answer = await handler(request)
        if isinstance(answer, ToolMessage) and len(context.trace.heard) < _MOST_CALLS:
            context.trace.heard.append(_heard(context, request, answer, before))
        return answer


def _heard(
    context: RunContext, request: ToolCallRequest, answer: ToolMessage, before: dict[str, Any]
) -> dict[str, Any]:
    call: dict[str, Any] = dict(request.tool_call)
    use = context.trace.use_of(call)
    return {
        "name": str(call["name"]),
        "arguments": call.get("args") or {},
        "result": answer.text,
        "status": "error" if answer.status == "error" else use.status if use else "ok",
        "found": use.found if use else None,
        "learned": learned(before, context.findings),
    }


def _said_again(context: RunContext, replay: Replay, request: ToolCallRequest) -> ToolMessage:
    """A call that the recorded run did not make fails: nothing outside is asked."""
    call: dict[str, Any] = dict(request.tool_call)
    name, arguments = str(call["name"]), dict(call["args"] or {})
    context.trace.begin(call)
    heard = replay.take(name, arguments)
    status: Any = heard["status"] if heard else "error"
    text = heard["result"] if heard else FAILED_SENTENCE
    if heard:
        learn(context.findings, heard["learned"])
        context.trace.tell(str(call["id"]), status, heard["found"])
    context.findings.evidence.append(Evidence(name, arguments, text, status))
    context.trace.end(call, failed=status == "error")
    return ToolMessage(text, tool_call_id=call["id"], name=name, status="error" if status == "error" else "success")
