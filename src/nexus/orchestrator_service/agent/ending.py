"""Every way a run of the graph can end, read into bubbles or into nothing (llm.md A2)."""

from typing import Any

from langchain_core.messages import AIMessage
from pydantic import ValidationError

from nexus.orchestrator_service.agent.bubbles import paragraphs
from nexus.orchestrator_service.agent.cards import starts_with_placeholder
from nexus.orchestrator_service.agent.reply import ModelBubble, Reply


def said_in(state: dict[str, Any]) -> list[ModelBubble]:
    """What the model finally said; empty when it said nothing usable: no text, broken tool calls, a cut answer.

    A model that was to call the reply tool may write text instead, or the tool's JSON as text.
    """
    reply = state.get("structured_response")
    if isinstance(reply, Reply):
        return reply.bubbles
    last = state["messages"][-1] if state["messages"] else None
    if not isinstance(last, AIMessage) or last.invalid_tool_calls or _cut_short(last):
        return []
    text = last.text.strip()
    if text.startswith("{") and not starts_with_placeholder(text):
        try:
            return Reply.model_validate_json(text).bubbles
        except ValidationError:
            return []
    return paragraphs(text)


def _cut_short(message: AIMessage) -> bool:
    """The provider stopped at its token limit; the two APIs say it differently."""
    told = message.response_metadata
    return told.get("finish_reason") == "length" or told.get("status") == "incomplete"
