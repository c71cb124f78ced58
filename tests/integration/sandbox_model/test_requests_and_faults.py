"""The model's room over plain HTTP: refusals, faults, recorded requests, delay and controls."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from nexus.sandbox.faults import Fault
from tests.service import NO_TLS

from .conftest import ModelRoom

CHAT = "/openai/v1/chat/completions"
RESPONSES = "/openai/v1/responses"
HELLO: dict[str, Any] = {"model": "m", "messages": [{"role": "user", "content": "hola"}]}
CALL = {"id": "c1", "type": "function", "function": {"name": "f", "arguments": "{}"}}


async def test_ids_are_unique_and_usage_is_always_there(room: ModelRoom) -> None:
    chats = [(await room.http.post(CHAT, json=HELLO)).json() for _ in range(2)]
    body = {"model": "m", "instructions": "Sos amable.", "input": "hola"}
    responses = [(await room.http.post(RESPONSES, json=body)).json() for _ in range(2)]
    assert len({answer["id"] for answer in chats + responses}) == 4
    assert len({answer["output"][0]["id"] for answer in responses}) == 2
    assert all(answer["usage"]["total_tokens"] >= 2 for answer in chats + responses)


@pytest.mark.parametrize(
    "body",
    [
        {},
        [],
        {"model": "m"},
        {"model": "m", "messages": []},
        {"model": "m", "messages": ["hola"]},
        {"model": "m", "messages": [{"role": "robot", "content": "hola"}]},
        {**HELLO, "stream": True},
        {"model": "m", "messages": [{"role": "tool", "tool_call_id": "c1", "content": "x"}]},
        {"model": "m", "messages": [{"role": "assistant", "tool_calls": [CALL]}, *HELLO["messages"]]},
        {**HELLO, "reasoning_effort": "low", "tools": [{"type": "function", "function": {"name": "f"}}]},
    ],
)
async def test_what_the_vendor_refuses_is_refused(room: ModelRoom, body: Any) -> None:
    answer = await room.http.post(CHAT, json=body)
    assert answer.status_code == 400
    assert answer.json()["error"]["type"] == "invalid_request_error"


async def test_a_body_that_is_not_json_is_refused(room: ModelRoom) -> None:
    assert (await room.http.post(CHAT, content=b"{hola")).status_code == 400


async def test_a_call_without_key_is_unauthorised(room: ModelRoom) -> None:
    async with httpx.AsyncClient(verify=NO_TLS, base_url=room.address) as keyless:
        answer = await keyless.post(CHAT, json=HELLO)
        assert (await keyless.get("/openai/v1/models")).status_code == 401
    assert answer.status_code == 401
    assert answer.json()["error"]["code"] == "invalid_api_key"


async def test_the_model_list_names_the_default_model(room: ModelRoom) -> None:
    listed = (await room.http.get("/openai/v1/models")).json()["data"]
    assert "gpt-6-luna" in {model["id"] for model in listed}


@pytest.mark.parametrize("kind", ["400", "401", "429", "500", "503"])
async def test_a_status_fault_is_shown_once(room: ModelRoom, kind: str) -> None:
    room.world.faults.add(Fault("openai", kind, retry_after=7))
    answer = await room.http.post(CHAT, json=HELLO)
    assert answer.status_code == int(kind)
    assert answer.headers["retry-after"] == "7"
    assert (await room.http.post(CHAT, json=HELLO)).status_code == 200


async def test_a_reset_fault_cuts_the_connection(room: ModelRoom) -> None:
    room.world.faults.add(Fault("openai", "reset"))
    with pytest.raises(httpx.TransportError):
        await room.http.post(CHAT, json=HELLO)
    assert (await room.http.post(CHAT, json=HELLO)).status_code == 200


async def test_a_hang_fault_cuts_the_connection_after_its_seconds(room: ModelRoom) -> None:
    room.world.faults.add(Fault("openai", "hang", seconds=0.05))
    with pytest.raises(httpx.TransportError):
        await room.http.post(CHAT, json=HELLO)


async def test_a_garbage_fault_answers_200_without_json(room: ModelRoom) -> None:
    room.world.faults.add(Fault("openai", "garbage"))
    answer = await room.http.post(CHAT, json=HELLO)
    assert answer.status_code == 200
    with pytest.raises(ValueError, match=r"JSON|codec|Unterminated"):
        answer.json()


async def test_a_fault_may_be_meant_for_one_customers_words(room: ModelRoom) -> None:
    room.world.faults.add(Fault("openai", "500", match={"user_contains": "chau"}))
    assert (await room.http.post(CHAT, json=HELLO)).status_code == 200
    goodbye = {"model": "m", "messages": [{"role": "user", "content": "Chau!"}]}
    assert (await room.http.post(CHAT, json=goodbye)).status_code == 500


async def test_a_delay_fault_holds_one_answer_back(room: ModelRoom) -> None:
    room.world.faults.add(Fault("openai", "delay", seconds=30))
    with pytest.raises(httpx.ReadTimeout):
        await room.http.post(CHAT, json=HELLO, timeout=0.3)
    assert (await room.http.post(CHAT, json=HELLO)).status_code == 200


async def test_the_fixed_delay_is_paid_on_the_first_call_of_a_run_only(room: ModelRoom) -> None:
    await room.set_mode(delay_seconds=30, scenarios=[{"steps": [{"text": "ok"}]}])
    later = {"role": "assistant", "tool_calls": [CALL]}
    result = {"role": "tool", "tool_call_id": "c1", "content": "x"}
    second_call = {"model": "m", "messages": [*HELLO["messages"], later, result]}
    with pytest.raises(httpx.ReadTimeout):
        await room.http.post(CHAT, json=HELLO, timeout=0.3)
    assert (await room.http.post(CHAT, json=second_call)).status_code == 200


async def test_requests_are_kept_without_the_key_and_can_be_forgotten(room: ModelRoom) -> None:
    for _ in range(502):
        await room.http.post(CHAT, json=HELLO)
    kept = (await room.http.get("/sandbox/model/requests")).json()
    assert kept["count"] == 502
    assert len(kept["requests"]) == 500
    newest = kept["requests"][-1]
    assert (newest["api"], newest["body"], newest["number"]) == ("chat", HELLO, 502)
    assert "una-clave" not in str(kept)
    await room.http.delete("/sandbox/model/requests")
    assert (await room.http.get("/sandbox/model/requests")).json() == {"count": 0, "requests": []}


@pytest.mark.parametrize(
    "wanted",
    [
        [],
        {"mode": "genius"},
        {"mode": "demo", "delay_seconds": -1},
        {"mode": "scripted", "scenarios": {}},
        {"mode": "scripted", "scenarios": [{"steps": []}]},
        {"mode": "scripted", "scenarios": [{"steps": [{"say": "hola"}]}]},
        {"mode": "scripted", "scenarios": [{"steps": [{"reply": {"text": "hola"}}]}]},
        {"mode": "scripted", "scenarios": [{"steps": [{"tool_calls": [{"arguments": {}}]}]}]},
        {"mode": "scripted", "scenarios": [{"steps": [{"text": "x", "delay": "2"}]}]},
        {"mode": "scripted", "scenarios": [{"match": {"user": "x"}, "steps": [{"text": "x"}]}]},
    ],
)
async def test_a_mode_that_cannot_be_played_is_refused_and_changes_nothing(room: ModelRoom, wanted: Any) -> None:
    assert (await room.http.post("/sandbox/model", json=wanted)).status_code == 422
    assert (await room.http.get("/sandbox/model")).json() == {
        "mode": "demo",
        "delay_seconds": 0.0,
        "scenarios": [],
    }
