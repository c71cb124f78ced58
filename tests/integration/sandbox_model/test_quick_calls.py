"""The chat model that our agents use sends what LangChain's own would send, and computes less for it."""

from typing import Any

import pytest
from langchain.agents import create_agent
from langchain.agents.structured_output import ProviderStrategy, ToolStrategy
from langchain_openai import ChatOpenAI

from nexus.gateways.llm import QuickChatOpenAI

from .conftest import ModelRoom, Respuesta, Shop

_FORMS = {"tool": ToolStrategy(Respuesta), "provider": ProviderStrategy(Respuesta, strict=True), "text": None}


async def _bodies(kind: type[ChatOpenAI], room: ModelRoom, shop: Shop, api: str, final: str) -> list[dict[str, Any]]:
    """What one agent sends in two runs of it."""
    model = kind(
        model="gpt-6-luna",
        api_key="una-clave",
        base_url=f"{room.address}/openai/v1",
        use_responses_api=api == "responses",
        max_retries=0,
        model_kwargs={"prompt_cache_key": "t1"},
        extra_body={"prueba": [1]},
    )
    await room.http.delete("/sandbox/model/requests")
    agent: Any = create_agent(model, shop.tools(), system_prompt="Sos la vendedora.", response_format=_FORMS[final])
    for text in ("¿Tenés puntas?", "¿Y medias?"):
        asked = [("user", "Hola"), ("assistant", "¡Hola!"), ("user", text)]
        await agent.ainvoke({"messages": asked})
    requests = (await room.http.get("/sandbox/model/requests")).json()["requests"]
    return [request["body"] for request in requests]


@pytest.mark.parametrize("final", _FORMS)
async def test_what_is_sent_is_the_same_to_the_letter(room: ModelRoom, shop: Shop, api: str, final: str) -> None:
    said = {"text": '{"bubbles": [{"text": "Sí."}]}'} if final != "tool" else {"reply": {"bubbles": [{"text": "Sí."}]}}
    search = {"tool_calls": [{"name": "search_specific_products", "arguments": {"q": "puntas"}}]}
    await room.script(search, said)

    theirs = await _bodies(ChatOpenAI, room, shop, api, final)
    await room.script(search, said)
    ours = await _bodies(QuickChatOpenAI, room, shop, api, final)

    assert len(theirs) == 4
    assert all(body["tools"] and body["prueba"] == [1] for body in theirs)
    assert _without_ids(ours) == _without_ids(theirs)


def _without_ids(bodies: list[dict[str, Any]]) -> list[Any]:
    """The sandbox gives each call of a tool another id."""
    return [_stripped(body) for body in bodies]


def _stripped(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _stripped(inner) for key, inner in value.items() if key not in ("id", "call_id", "tool_call_id")}
    return [_stripped(inner) for inner in value] if isinstance(value, list) else value
