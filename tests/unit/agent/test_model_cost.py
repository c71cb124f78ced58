"""What a call of the model is written down as, from what LangChain tells of it."""

import asyncio
from decimal import Decimal
from typing import Any
from uuid import uuid4

import httpx2
import openai
import pytest
from langchain_core.messages import AIMessage
from langchain_core.messages.ai import UsageMetadata
from langchain_core.outputs import ChatGeneration, LLMResult

from nexus.gateways.llm import ModelConnections, ModelSettings
from nexus.orchestrator_service.agent.engine import ModelCost
from nexus.orchestrator_service.agent.trace import RunTrace
from nexus.store.ledger import ModelCall

USAGE: UsageMetadata = {
    "input_tokens": 3200,
    "output_tokens": 150,
    "total_tokens": 3350,
    "input_token_details": {"cache_read": 3072},
    "output_token_details": {"reasoning": 20},
}


def _settings(base_url: str = "") -> ModelSettings:
    return ModelSettings("sk-una-clave", base_url, "gpt-6-luna", "auto", "tool")


async def _one_call(about: dict[str, Any], end: LLMResult | BaseException) -> ModelCall:
    trace, run = RunTrace(), uuid4()
    cost = ModelCost(1, trace)
    await cost.on_chat_model_start({}, [[]], run_id=run, metadata=about)
    if isinstance(end, LLMResult):
        await cost.on_llm_end(end, run_id=run)
    else:
        await cost.on_llm_error(end, run_id=run)
    [call] = trace.calls
    return call


def _answer(usage: UsageMetadata | None) -> LLMResult:
    return LLMResult(generations=[[ChatGeneration(message=AIMessage("hola", usage_metadata=usage))]])


async def test_a_model_says_of_itself_what_its_calls_are_priced_by() -> None:
    connections = ModelConnections()
    try:
        about = connections.chat_model(_settings(), 1).metadata or {}
        foreign = connections.chat_model(_settings("http://127.0.0.1:11434/v1"), 1).metadata or {}
    finally:
        await connections.close()
    call = await _one_call(about, _answer(USAGE))
    assert (call.model, call.api, call.outcome) == ("gpt-6-luna", "responses", "ok")
    assert (call.tokens_in, call.cached, call.tokens_out, call.reasoning) == (3200, 3072, 150, 20)
    assert call.cost_usd == Decimal("0.00011852")
    own = await _one_call(foreign, _answer(USAGE))
    assert (own.api, own.cost_usd) == ("chat", None)  # whoever serves a model of that name sets another price


async def test_a_server_that_tells_no_usage_costs_nobody_knows_what() -> None:
    call = await _one_call({"model": "gpt-6-luna", "api": "chat", "priced": True}, _answer(None))
    assert (call.tokens_in, call.cached, call.tokens_out, call.cost_usd) == (None, None, None, None)


@pytest.mark.parametrize(
    ("error", "outcome"),
    [
        (openai.APITimeoutError(httpx2.Request("POST", "https://api.openai.com/v1/responses")), "model_timeout"),
        (asyncio.CancelledError(), "model_timeout"),
        (ValueError("no es JSON"), "model_garbage"),
    ],
)
async def test_a_call_that_failed_is_a_call_all_the_same(error: BaseException, outcome: str) -> None:
    call = await _one_call({"model": "m", "api": "chat"}, error)
    assert (call.outcome, call.tokens_in) == (outcome, None)
