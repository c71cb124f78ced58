"""Which tools the model is told of: those that a shop turned on, beside the ones that every shop has."""

from collections.abc import Awaitable, Callable
from typing import Any

from langchain.agents.middleware import AgentMiddleware, ModelRequest, ModelResponse

from nexus.orchestrator_service.agent.context import RunContext
from nexus.store.bot_settings import BotSettings

PAYABLE_LINK = "payable_link"
TELL_WHEN_BACK = "avisame_cuando_vuelva"


def is_offered(tool: str, bot: BotSettings) -> bool:
    """Whether the shop has this tool."""
    if tool == PAYABLE_LINK:
        return bot.draft_orders != "off"
    return bot.back_in_stock if tool == TELL_WHEN_BACK else True


class OfferedTools(AgentMiddleware[Any, RunContext]):
    """Leaves out of every request what the shop did not turn on; what remains keeps its order, for prefix caches."""

    async def awrap_model_call(
        self, request: ModelRequest[Any], handler: Callable[[ModelRequest[Any]], Awaitable[ModelResponse[Any]]]
    ) -> ModelResponse[Any]:
        """One answer of the model, which knows of no other tools."""
        bot = request.runtime.context.bot
        offered = [one for one in request.tools if is_offered(str(getattr(one, "name", "")), bot)]
        return await handler(request.override(tools=offered))
