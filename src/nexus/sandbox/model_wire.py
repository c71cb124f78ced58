"""The model's answer as JSON of either API (llm.md, sections A2, A3, B and E).

Ids are new in every response: LangGraph replaces a message whose id it has seen before. Usage is always
there, estimated at four characters a token.
"""

from __future__ import annotations

import json
import time
import uuid
from dataclasses import dataclass, field
from typing import Any

from nexus.sandbox.model_request import Api

CHARACTERS_PER_TOKEN = 4


@dataclass(frozen=True, slots=True)
class Said:
    """What the model says in one answer: text, tool calls as (name, raw JSON arguments), or both."""

    text: str = ""
    calls: list[tuple[str, str]] = field(default_factory=list)
    cut_short: bool = False


def _new_id(prefix: str) -> str:
    return f"{prefix}{uuid.uuid4().hex}"


def _tokens(size: int) -> int:
    return max(1, size // CHARACTERS_PER_TOKEN)


def _size(said: Said) -> int:
    return len(said.text) + sum(len(name) + len(arguments) for name, arguments in said.calls)


def answer_body(api: Api, said: Said, body: dict[str, Any], body_size: int) -> dict[str, Any]:
    """The 200 body for `said`; `body` is the request, `body_size` its length in bytes (for usage)."""
    build = chat_completion if api == "chat" else response_object
    return build(said, body, _tokens(body_size), _tokens(_size(said)))


def chat_completion(said: Said, body: dict[str, Any], prompt_tokens: int, answer_tokens: int) -> dict[str, Any]:
    """A `chat.completion` object; content is null when there are only tool calls, as the vendor does."""
    message: dict[str, Any] = {
        "role": "assistant",
        "content": said.text or (None if said.calls else ""),
        "refusal": None,
    }
    if said.calls:
        message["tool_calls"] = [
            {"id": _new_id("call_"), "type": "function", "function": {"name": name, "arguments": arguments}}
            for name, arguments in said.calls
        ]
    finish = "length" if said.cut_short else "tool_calls" if said.calls else "stop"
    return {
        "id": _new_id("chatcmpl-"),
        "object": "chat.completion",
        "created": int(time.time()),
        "model": body["model"],
        "choices": [{"index": 0, "message": message, "logprobs": None, "finish_reason": finish}],
        "usage": {
            "prompt_tokens": prompt_tokens,
            "completion_tokens": answer_tokens,
            "total_tokens": prompt_tokens + answer_tokens,
            "prompt_tokens_details": {"cached_tokens": 0, "audio_tokens": 0},
            "completion_tokens_details": {"reasoning_tokens": 0, "audio_tokens": 0},
        },
        "service_tier": "default",
    }


def response_object(said: Said, body: dict[str, Any], prompt_tokens: int, answer_tokens: int) -> dict[str, Any]:
    """A `response` object whose `output` holds a message item, function_call items, or both."""
    status = "incomplete" if said.cut_short else "completed"
    return {
        "id": _new_id("resp_"),
        "object": "response",
        "created_at": int(time.time()),
        "status": status,
        "error": None,
        "incomplete_details": {"reason": "max_output_tokens"} if said.cut_short else None,
        "instructions": body.get("instructions"),
        "metadata": body.get("metadata") or {},
        "model": body["model"],
        "output": _output_items(said, status),
        "parallel_tool_calls": body.get("parallel_tool_calls", True),
        "previous_response_id": None,
        "store": body.get("store", True),
        "temperature": body.get("temperature"),
        "text": body.get("text") or {"format": {"type": "text"}},
        "tool_choice": body.get("tool_choice", "auto"),
        "tools": body.get("tools") or [],
        "top_p": body.get("top_p"),
        "truncation": "disabled",
        "usage": {
            "input_tokens": prompt_tokens,
            "input_tokens_details": {"cached_tokens": 0, "cache_write_tokens": 0},
            "output_tokens": answer_tokens,
            "output_tokens_details": {"reasoning_tokens": 0},
            "total_tokens": prompt_tokens + answer_tokens,
        },
    }


def _output_items(said: Said, status: str) -> list[dict[str, Any]]:
    output: list[dict[str, Any]] = []
    if said.text or not said.calls:
        part = {"type": "output_text", "text": said.text, "annotations": [], "logprobs": []}
        output.append(
            {
                "type": "message",
                "id": _new_id("msg_"),
                "status": status,
                "role": "assistant",
                "content": [part],
            }
        )
    output += [
        {
            "type": "function_call",
            "id": _new_id("fc_"),
            "call_id": _new_id("call_"),
            "name": name,
            "arguments": arguments,
            "status": status,
        }
        for name, arguments in said.calls
    ]
    return output


def models_list() -> dict[str, Any]:
    """`GET /v1/models`: the names this sandbox shows; it answers to any name."""
    names = ("sandbox-demo", "gpt-6-luna", "gpt-6-sol", "gpt-transcribe")
    created = 1_780_000_000
    entries = [
        {"id": name, "object": "model", "created": created, "owned_by": "sandbox", "shutdown_date": None}
        for name in names
    ]
    return {"object": "list", "data": entries}


def error_body(status: int, code: str | None, message: str) -> dict[str, Any]:
    """The vendor's error envelope; quota codes carry type `insufficient_quota` (llm.md, section B)."""
    kinds = {400: "invalid_request_error", 401: "authentication_error", 404: "invalid_request_error"}
    kind = kinds.get(status, "rate_limit_error" if status == 429 else "server_error")
    if code == "insufficient_quota":
        kind = code
    return {"error": {"message": message, "type": kind, "param": None, "code": code}}


def _card(bubble: dict[str, Any]) -> str:
    """The placeholder of a product's card, for an answer in plain text."""
    if not bubble.get("product_id"):
        return ""
    variant = f":{bubble['variant_id']}" if bubble.get("variant_id") else ""
    return f"{{ficha:{bubble['product_id']}{variant}}}"


def reply_said(bubbles: list[dict[str, Any]], reply_tool: str | None, as_json: bool) -> Said:
    """The final answer in the form this request can take.

    `bubbles` is a list of {"text"?, "image_url"?, "product_id"?, "variant_id"?}. Called as the reply tool when one is
    offered; else JSON when a schema was asked for (the first two keys always, null when absent); else plain text, a
    blank line between bubbles.
    """
    if reply_tool is not None:
        return Said(calls=[(reply_tool, json.dumps({"bubbles": bubbles}, ensure_ascii=False))])
    if as_json:
        full = [{"text": None, "image_url": None, **b} for b in bubbles]
        return Said(text=json.dumps({"bubbles": full}, ensure_ascii=False))
    parts = (part for b in bubbles for part in (b.get("text"), b.get("image_url"), _card(b)) if part)
    return Said(text="\n\n".join(parts))
