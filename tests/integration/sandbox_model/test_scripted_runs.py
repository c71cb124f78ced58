"""Scripted scenarios as LangChain meets them, over both APIs."""

from __future__ import annotations

import asyncio

import openai
import pytest

from .conftest import Ask, ModelRoom, Shop, bubbles_of

SEARCH = {"tool_calls": [{"name": "search_specific_products", "arguments": {"q": "puntas"}}]}
REPLY = {"reply": {"bubbles": [{"text": "Uno"}, {"image_url": "https://images.example.test/1.jpg"}]}}


async def test_steps_answer_the_calls_of_a_run_in_order(ask: Ask, room: ModelRoom, shop: Shop) -> None:
    await room.script(SEARCH, REPLY)
    state = await ask("hola")
    assert shop.calls == [("search_specific_products", "puntas")]
    assert bubbles_of(state) == REPLY["reply"]["bubbles"]
    assert len(room.world.model.requests) == 2


async def test_several_calls_in_one_message_count_as_one_step(ask: Ask, room: ModelRoom, shop: Shop) -> None:
    both = [*SEARCH["tool_calls"], {"name": "orders", "arguments": '{"q": "102"}'}]
    await room.script({"tool_calls": both}, SEARCH, REPLY)
    state = await ask("hola")
    assert [name for name, _ in shop.calls].count("search_specific_products") == 2
    assert ("orders", "102") in shop.calls
    assert bubbles_of(state)[0] == {"text": "Uno"}


async def test_a_tool_call_beside_the_final_reply_is_executed_too(ask: Ask, room: ModelRoom, shop: Shop) -> None:
    await room.script({**SEARCH, **REPLY})
    state = await ask("hola")
    assert bubbles_of(state)[0] == {"text": "Uno"}
    assert len(shop.calls) == 1


async def test_a_reply_quotes_the_tool_results_of_its_run(ask: Ask, room: ModelRoom, shop: Shop) -> None:
    quoting = {"reply": {"bubbles": [{"text": "{{tool.0.name}} y {{tool.0.1.variants.0.price}} {{tool.7.x}}"}]}}
    await room.script(SEARCH, quoting)
    (bubble,) = bubbles_of(await ask("hola"))
    assert bubble["text"] == f"{shop.products[0]['name']} y 72500.00 {{{{tool.7.x}}}}"


async def test_scenarios_are_chosen_by_the_customers_and_the_shops_words(ask: Ask, room: ModelRoom) -> None:
    def saying(text: str) -> list[dict[str, object]]:
        return [{"reply": {"bubbles": [{"text": text}]}}]

    await room.set_mode(
        scenarios=[
            {"match": {"user_contains": "envío", "tenant_contains": "Tienda B"}, "steps": saying("B")},
            {"match": {"user_contains": "envío"}, "steps": saying("A")},
        ]
    )
    assert bubbles_of(await ask("Hacen ENVÍOS?", system="Tienda B")) == [{"text": "B"}]
    assert bubbles_of(await ask("Hacen envíos?", system="Tienda A")) == [{"text": "A"}]
    assert "Cómo va" in bubbles_of(await ask("hola", system="Tienda A"))[0]["text"]


async def test_concurrent_runs_do_not_disturb_each_others_steps(ask: Ask, room: ModelRoom) -> None:
    await room.script(SEARCH, SEARCH, REPLY)
    states = await asyncio.gather(*(ask(f"hola {number}") for number in range(8)))
    assert [len(state["messages"]) for state in states] == [len(states[0]["messages"])] * 8
    assert len(room.world.model.requests) == 24


async def test_broken_endings_leave_no_reply(ask: Ask, room: ModelRoom) -> None:
    for step in ({"empty": True}, {"truncated": True}, {"bad_json_tool": "search_specific_products"}):
        await room.script(step)
        state = await ask("hola")
        assert not state.get("structured_response"), step
        assert state["messages"][-1].text == "", step


async def test_an_unknown_tool_lets_the_run_go_on(ask: Ask, room: ModelRoom) -> None:
    await room.script({"unknown_tool": "inventada"}, REPLY)
    assert bubbles_of(await ask("hola"))[0] == {"text": "Uno"}


async def test_plain_text_is_possible_although_a_reply_tool_is_offered(ask: Ask, room: ModelRoom) -> None:
    await room.script({"text": "Solo texto"})
    state = await ask("hola")
    assert not state.get("structured_response")
    assert state["messages"][-1].text == "Solo texto"


@pytest.mark.parametrize(
    ("step", "expected"),
    [
        ({"status": 429, "code": "insufficient_quota"}, openai.RateLimitError),
        ({"status": 401}, openai.AuthenticationError),
        ({"status": 400, "code": "context_length_exceeded"}, openai.BadRequestError),
        ({"status": 404}, openai.NotFoundError),
        ({"status": 500}, openai.InternalServerError),
        ({"reset": True}, openai.APIConnectionError),
    ],
)
async def test_failing_steps_reach_the_client_as_the_sdks_errors(
    ask: Ask, room: ModelRoom, step: dict[str, object], expected: type[openai.APIError]
) -> None:
    await room.script(step)
    with pytest.raises(expected) as raised:
        await ask("hola")
    if "code" in step:
        assert raised.value.code == step["code"]


async def test_a_hanging_step_outlasts_the_clients_patience(room: ModelRoom, api: str) -> None:
    await room.script({"hang": 30})
    with pytest.raises(openai.APITimeoutError):
        await room.chat_model(api, timeout=0.3).ainvoke("hola")


async def test_garbage_is_not_json(room: ModelRoom, api: str) -> None:
    await room.script({"garbage": True})
    with pytest.raises(ValueError, match=r"JSON|codec"):
        await room.chat_model(api).ainvoke("hola")
