"""What a request to the model asks, whichever of the two APIs it came by.

Chat completions and Responses say the same things with other words (llm.md, sections A and B): this
module reads both into one `Ask`, so that scripts and the demo brain are written once.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any, Literal

Api = Literal["chat", "responses"]
Role = Literal["system", "user", "assistant", "tool"]

SYSTEM_ROLES = ("system", "developer")


class RefusedRequestError(Exception):
    """A body the real API answers with 400; `str()` is the sentence sent back, in the vendor's English."""


_CARD = "product_id"


@dataclass(frozen=True, slots=True)
class Call:
    """One tool call of the model: `call_id` pairs it with its result, `arguments` is raw JSON text."""

    call_id: str
    name: str
    arguments: str


@dataclass(slots=True)
class Message:
    """One message of the conversation; `call_id` is set on tool results only."""

    role: Role
    text: str
    calls: list[Call] = field(default_factory=list)
    call_id: str = ""


@dataclass(frozen=True, slots=True)
class ToolResult:
    """What a tool answered in this run, with the call that asked for it."""

    name: str
    arguments: str
    text: str


@dataclass(slots=True)
class Ask:
    """One model call: the conversation, oldest first, and the tools on offer (name to JSON schema)."""

    api: Api
    model: str
    messages: list[Message]
    tools: dict[str, dict[str, Any]]
    reply_as_json: bool = False
    cards: bool = False
    """Whether a bubble of the answer may be a product's card, by its schema or by what the prompt says of text."""

    @property
    def system_text(self) -> str:
        """Every system or developer message, joined by line ends."""
        return "\n".join(m.text for m in self.messages if m.role == "system")

    @property
    def reply_tool(self) -> str | None:
        """The tool that takes the final answer: the one whose schema has `bubbles`, whatever its name."""
        for name, schema in self.tools.items():
            if "bubbles" in schema.get("properties", {}):
                return name
        return None

    @property
    def run(self) -> list[Message]:
        """What came after the customer's last message: this run's tool rounds so far."""
        last = self._last_user()
        return self.messages[last + 1 :] if last is not None else []

    @property
    def round_number(self) -> int:
        """How many times the model has already answered in this run; 0 on the first call."""
        return sum(1 for m in self.run if m.role == "assistant")

    @property
    def tool_results(self) -> list[ToolResult]:
        """The results of this run's tool calls, in the order they stand in the request."""
        calls = {c.call_id: c for m in self.run for c in m.calls}
        found = [(calls[m.call_id], m.text) for m in self.run if m.role == "tool" and m.call_id in calls]
        return [ToolResult(call.name, call.arguments, text) for call, text in found]

    @property
    def last_user_text(self) -> str:
        """The customer's last message; empty when there is none."""
        last = self._last_user()
        return self.messages[last].text if last is not None else ""

    @property
    def burst_texts(self) -> list[str]:
        """The customer's messages since the assistant last spoke, oldest first."""
        return [m.text for m in self.messages[self._burst_start() :] if m.role == "user"]

    @property
    def earlier(self) -> list[Message]:
        """What customer and assistant said before this burst, oldest first."""
        return [m for m in self.messages[: self._burst_start()] if m.role in ("user", "assistant")]

    def _last_user(self) -> int | None:
        for index in range(len(self.messages) - 1, -1, -1):
            if self.messages[index].role == "user":
                return index
        return None

    def _burst_start(self) -> int:
        start = self._last_user()
        if start is None:
            return len(self.messages)
        while start > 0 and self.messages[start - 1].role in ("user", "system"):
            start -= 1
        return start


def read_ask(api: Api, body: Any) -> Ask:
    """Read a decoded request body.

    Raises RefusedRequestError for what the vendor refuses: no model, no messages, streaming (which this
    sandbox does not offer), a tool result without its call, a call left without its result, and function
    tools together with a reasoning effort on chat completions (llm.md, section B).
    """
    if not isinstance(body, dict) or not isinstance(body.get("model"), str) or not body["model"]:
        raise RefusedRequestError("You must provide a model parameter.")
    if body.get("stream"):
        raise RefusedRequestError("The sandbox answers in one piece: streaming is not offered.")
    messages = _chat_messages(body) if api == "chat" else _responses_messages(body)
    if not messages:
        raise RefusedRequestError("The request holds no messages.")
    _check_pairs(messages)
    tools = _offered_tools(api, body)
    if api == "chat" and tools and body.get("reasoning_effort") not in (None, "none"):
        raise RefusedRequestError(
            "Function tools with reasoning_effort are not supported here. Please use /v1/responses instead."
        )
    ask = Ask(api, body["model"], messages, tools, _wants_json(api, body))
    ask.cards = _knows_cards(ask, body)
    return ask


def _text_of(content: Any) -> str:
    """Plain text of a content field: a string, or a list of parts of which the text ones count."""
    if isinstance(content, str):
        return content
    if isinstance(content, list):
        return "\n".join(str(p["text"]) for p in content if isinstance(p, dict) and p.get("text"))
    return ""


def _role_of(raw: Any) -> Role:
    if raw in SYSTEM_ROLES:
        return "system"
    if raw not in ("user", "assistant", "tool"):
        raise RefusedRequestError(f"Invalid value for role: {raw!r}.")
    return raw  # type: ignore[no-any-return]


def _chat_messages(body: dict[str, Any]) -> list[Message]:
    raw = body.get("messages")
    if not isinstance(raw, list):
        raise RefusedRequestError("Missing required parameter: 'messages'.")
    messages = []
    for item in raw:
        if not isinstance(item, dict):
            raise RefusedRequestError("Invalid type for an element of 'messages'.")
        calls = [
            Call(str(c.get("id", "")), str(c["function"].get("name", "")), str(c["function"].get("arguments", "")))
            for c in item.get("tool_calls") or []
            if isinstance(c, dict) and isinstance(c.get("function"), dict)
        ]
        call_id = str(item.get("tool_call_id") or "")
        messages.append(Message(_role_of(item.get("role")), _text_of(item.get("content")), calls, call_id))
    return messages


def _responses_messages(body: dict[str, Any]) -> list[Message]:
    """Items of the Responses API; what one response said (text and calls) becomes one assistant message."""
    messages: list[Message] = []
    if isinstance(body.get("instructions"), str):
        messages.append(Message("system", body["instructions"]))
    items = body.get("input")
    if isinstance(items, str):
        return [*messages, Message("user", items)]
    if not isinstance(items, list):
        raise RefusedRequestError("Missing required parameter: 'input'.")
    for item in items:
        if not isinstance(item, dict):
            raise RefusedRequestError("Invalid type for an element of 'input'.")
        kind = item.get("type", "message")
        if kind == "message":
            _add_spoken(messages, _role_of(item.get("role")), _text_of(item.get("content")))
        elif kind == "function_call":
            call = Call(str(item.get("call_id", "")), str(item.get("name", "")), str(item.get("arguments", "")))
            _add_spoken(messages, "assistant", "", call)
        elif kind == "function_call_output":
            messages.append(Message("tool", _text_of(item.get("output")), call_id=str(item.get("call_id", ""))))
    return messages


def _add_spoken(messages: list[Message], role: Role, text: str, call: Call | None = None) -> None:
    if role != "assistant" or not messages or messages[-1].role != "assistant":
        messages.append(Message(role, text))
    elif text:
        messages[-1].text = f"{messages[-1].text}\n{text}".strip()
    if call is not None:
        messages[-1].calls.append(call)


def _check_pairs(messages: list[Message]) -> None:
    """Every tool result follows its call and every call has its result before anything else is said."""
    open_calls: set[str] = set()
    for message in messages:
        if message.role == "tool":
            if message.call_id not in open_calls:
                raise RefusedRequestError(f"No tool call found for tool result with id {message.call_id!r}.")
            open_calls.discard(message.call_id)
        elif open_calls and message.role != "system":
            break
        open_calls.update(call.call_id for call in message.calls)
    if open_calls:
        raise RefusedRequestError(f"No tool output found for tool call {min(open_calls)!r}.")


def _offered_tools(api: Api, body: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Function tools by name; only the chosen one when `tool_choice` names it, none when it says so."""
    choice = body.get("tool_choice")
    if choice == "none":
        return {}
    tools: dict[str, dict[str, Any]] = {}
    for raw in body.get("tools") or []:
        if isinstance(raw, dict) and raw.get("type") == "function":
            function = raw.get("function", {}) if api == "chat" else raw
            tools[str(function.get("name"))] = function.get("parameters") or {}
    if isinstance(choice, dict) and choice.get("type") == "function":
        name = choice.get("function", {}).get("name") if api == "chat" else choice.get("name")
        return {name: tools[name]} if name in tools else {}
    return tools


def _knows_cards(ask: Ask, body: dict[str, Any]) -> bool:
    if ask.reply_tool is not None:
        return _CARD in json.dumps(ask.tools[ask.reply_tool])
    form = body.get("response_format") if ask.api == "chat" else body.get("text")
    return _CARD in json.dumps(form) if ask.reply_as_json else "{ficha:" in ask.system_text


def _wants_json(api: Api, body: dict[str, Any]) -> bool:
    """Whether the final text must be JSON of a schema (`LLM_FINAL=provider`)."""
    wanted = body.get("response_format") if api == "chat" else (body.get("text") or {}).get("format")
    return isinstance(wanted, dict) and wanted.get("type") == "json_schema"
