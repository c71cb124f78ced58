"""What happens when a tool fails: the model gets one fixed sentence, we get the truth (llm.md A3)."""

import asyncio
import traceback
from collections.abc import Awaitable, Callable
from typing import Any

from langchain.agents.middleware import AgentMiddleware, ToolCallRequest
from langchain_core.messages import ToolMessage
from langgraph.types import Command

from nexus.gateways.tiendanube.client import ShopCredentialError, ShopNotConnectedError
from nexus.orchestrator_service.agent.context import Findings, RunContext
from nexus.orchestrator_service.agent.gate.evidence import Evidence
from nexus.orchestrator_service.agent.topics import REFUSED_SENTENCE, refused_tool
from nexus.runtime.faults import InjectedFaultError
from nexus.runtime.logs import get_logger
from nexus.runtime.metrics import TOOL_CALLS
from nexus.store.database import UNREACHABLE
from nexus.store.events import add_event
from nexus.store.replies import StaleFenceError

FAILED_SENTENCE = "No puedo consultar eso en este momento."

_OF_THE_SHOP = frozenset(
    {"search_specific_products", "search_by_category", "browse_general_storefront", "orders", "payable_link"}
)
ENDS_THE_RUN = (StaleFenceError, InjectedFaultError, *UNREACHABLE)
"""Not the tool's failure but the run's: another claim holds the conversation, or PostgreSQL is away."""


def trace_of(error: BaseException) -> dict[str, str]:
    """Type and place of an error for the log; its message may quote the customer, so it stays out."""
    return {"error": type(error).__name__, "trace": "".join(traceback.format_tb(error.__traceback__)[-8:])}


def shop_is_away(findings: Findings) -> bool:
    """Whether the run wanted to read the shop and could not: whatever the model makes of that, it knows nothing.

    A call that worked is enough to go on, for what it told can be checked; one that the model made wrongly never
    reached the shop.
    """
    calls = [one for one in findings.evidence if one.tool in _OF_THE_SHOP]
    failed = any(one.status == "error" and one.text == FAILED_SENTENCE for one in calls)
    return failed and all(one.status == "error" for one in calls)


class ToolGuard(AgentMiddleware[Any, RunContext]):
    """Turns a tool's exception into FAILED_SENTENCE, a count and a system_event, and keeps what every tool told."""

    async def awrap_tool_call(
        self,
        request: ToolCallRequest,
        handler: Callable[[ToolCallRequest], Awaitable[ToolMessage | Command[Any]]],
    ) -> ToolMessage | Command[Any]:
        """Run the tool; raises only ENDS_THE_RUN."""
        name = str(request.tool_call["name"])
        context: Any = request.runtime.context
        context.trace.begin(request.tool_call)
        failed = True
        try:
            kept = refused_tool(name, context.version.human_topics)
            answer = _for_people(context, request) if kept else await handler(request)
        except ENDS_THE_RUN:
            raise
        except asyncio.CancelledError:  # the run's deadline came first
            TOOL_CALLS.labels(tool=name, status="error").inc()
            raise
        except Exception as error:  # noqa: BLE001 - the tool's edge: no bug or vendor may take the answer down
            get_logger().error("tool_failed", tool=name, **trace_of(error))
            await _record(context, name, error)
            answer = _failed(request)
            _keep(context, request, answer, failed=True)
            return answer
        else:
            failed = isinstance(answer, ToolMessage) and answer.status == "error"
            if failed and request.tool is not None:
                TOOL_CALLS.labels(tool=name, status="error").inc()
            _keep(context, request, answer, failed=failed)
            return answer
        finally:
            context.trace.end(request.tool_call, failed=failed)


def _keep(context: RunContext, request: ToolCallRequest, answer: ToolMessage | Command[Any], *, failed: bool) -> None:
    """The answer as evidence for the gate: an error bears out nothing, and is kept to be seen."""
    if isinstance(answer, ToolMessage):
        call = request.tool_call
        status = "error" if failed else context.trace.status_of(dict(call))
        context.findings.evidence.append(Evidence(str(call["name"]), dict(call.get("args") or {}), answer.text, status))


def _for_people(context: RunContext, request: ToolCallRequest) -> ToolMessage:
    """What this tool tells, people alone tell in this shop: it does not run."""
    call = request.tool_call
    TOOL_CALLS.labels(tool=call["name"], status="refused").inc()
    context.trace.tell(call["id"], "refused")
    return ToolMessage(REFUSED_SENTENCE, tool_call_id=call["id"], name=call["name"])


def _failed(request: ToolCallRequest) -> ToolMessage:
    call = request.tool_call
    return ToolMessage(FAILED_SENTENCE, tool_call_id=call["id"], name=call["name"], status="error")


async def _record(context: RunContext, tool: str, error: Exception) -> None:
    """Count it and leave an event of type tool_execution (S-069), or credential_refused when the key is to blame."""
    TOOL_CALLS.labels(tool=tool, status="error").inc()
    if context.trace.rehearsed:
        return  # whoever tries it sees it in the answer
    refused = isinstance(error, (ShopCredentialError, ShopNotConnectedError))
    await add_event(
        context.tenant.id,
        context.door.pool,
        "error",
        "credential_refused" if refused else "tool_execution",
        "Tienda Nube rechaza las credenciales de la tienda" if refused else "Falló una herramienta del bot",
        {"tool": tool, "error": type(error).__name__, "code": getattr(error, "code", None)},
        context.correlation_id,
    )
