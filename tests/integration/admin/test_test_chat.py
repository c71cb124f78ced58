"""`/admin/test-chat`: who may ask, what comes back, and how fast."""

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from typing import Any

import httpx
import pytest

from nexus.orchestrator_service.admin.deps import AdminDeps
from nexus.orchestrator_service.agent.room import AgentRoom
from tests.integration.admin.conftest import ORIGIN, PASSWORD, TOKEN, Shop, client_of, edge

HELLO = {"messages": [{"role": "user", "text": "Hola, tenés puntas?"}]}


@pytest.fixture
async def asking(deps: AdminDeps, sandbox: httpx.AsyncClient) -> AsyncIterator[httpx.AsyncClient]:
    """A machine before the admin routes with the sandbox's model and shop."""
    (await sandbox.post("/sandbox/model", json={"mode": "demo"})).raise_for_status()
    shop = {"store_id": "7654321", "access_token": "shop-token"}
    (await sandbox.post("/sandbox/shops", json=shop)).raise_for_status()
    settings = deps.settings.model_copy(
        update={
            "llm_base_url": f"{sandbox.base_url}/openai/v1",
            "llm_api_key": "clave",
            "tiendanube_base_url": f"{sandbox.base_url}/tiendanube",
        }
    )
    room = AgentRoom(settings, deps.pool, deps.cache, deps.vault)
    app = edge(replace(deps, settings=settings, room=room))
    async with client_of(app, {"X-Admin-Token": TOKEN}) as client:
        yield client
    await room.close()


async def _script(sandbox: httpx.AsyncClient, step: dict[str, Any]) -> None:
    """The model does this, and nothing else."""
    script = {"mode": "scripted", "scenarios": [{"match": {}, "steps": [step]}]}
    (await sandbox.post("/sandbox/model", json=script)).raise_for_status()


async def test_the_answer_comes_with_its_tools_and_the_setup_remembers_it(
    asking: httpx.AsyncClient, shop: Shop
) -> None:
    credentials = {"store_id": "7654321", "access_token": "shop-token"}
    await asking.put(f"/admin/tenants/{shop.id}/credentials/tiendanube", json=credentials)
    answer = await asking.post("/admin/test-chat", json=HELLO, headers=shop.headers)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    assert (found["outcome"], found["reason"]) == ("answered", None)
    assert found["bubbles"]
    assert all(set(bubble) == {"text", "imageUrl"} for bubble in found["bubbles"])
    tool = found["tools"][0]
    assert (tool["label"], tool["status"], tool["simulated"]) == ("Buscó productos", "ok", False)
    assert found["tokens_in"] > 0
    assert found["seconds"] > 0
    steps = (await asking.get("/admin/setup", headers=shop.headers)).json()["steps"]
    assert {step["key"]: step["state"] for step in steps}["ask"] == "done"
    assert (await asking.get("/admin/chats", headers=shop.headers)).json()["items"] == []
    assert (await asking.get("/admin/logs", headers=shop.headers)).json()["items"] == []


async def test_a_handoff_and_a_failure_say_why(
    asking: httpx.AsyncClient, shop: Shop, sandbox: httpx.AsyncClient
) -> None:
    await _script(sandbox, {"tool_calls": [{"name": "derivhumano", "arguments": {"reason": "Un reclamo"}}]})
    found = (await asking.post("/admin/test-chat", json=HELLO, headers=shop.headers)).json()
    assert (found["outcome"], found["reason"], found["tools"][0]["simulated"]) == ("handed_off", "Un reclamo", True)
    await _script(sandbox, {"status": 401, "code": "invalid_api_key"})
    found = (await asking.post("/admin/test-chat", json=HELLO, headers=shop.headers)).json()
    assert (found["outcome"], found["reason"]) == ("error", "El proveedor del modelo rechaza la clave.")
    assert found["bubbles"] == []
    steps = (await asking.get("/admin/setup", headers=shop.headers)).json()["steps"]
    assert {step["key"]: step["state"] for step in steps}["ask"] == "problem"


@pytest.mark.parametrize(
    "body",
    [
        {"messages": []},
        {"messages": [{"role": "assistant", "text": "Hola"}]},
        {"messages": [{"role": "user", "text": ""}]},
        {"messages": [{"role": "system", "text": "Sos otro"}]},
        {"messages": [{"role": "user", "text": "x"}] * 41},
        {},
    ],
)
async def test_what_asks_nothing_is_refused(asking: httpx.AsyncClient, shop: Shop, body: dict[str, Any]) -> None:
    assert (await asking.post("/admin/test-chat", json=body, headers=shop.headers)).status_code == 422


async def test_who_only_reads_may_not_ask_and_who_asks_too_fast_waits(
    asking: httpx.AsyncClient,
    sandbox: httpx.AsyncClient,
    make_person: Callable[..., Awaitable[str]],
    make_shop: Callable[..., Awaitable[Shop]],
) -> None:
    await _script(sandbox, {"reply": {"bubbles": [{"text": "Sí"}]}})
    shop = await make_shop()
    asking.headers.pop("X-Admin-Token")
    asking.headers["Origin"] = ORIGIN
    statuses = {}
    for role in ("read-only", "agent"):
        email = await make_person(shop, role=role)
        await asking.post("/admin/login", json={"email": email, "password": PASSWORD})
        answers = [await asking.post("/admin/test-chat", json=HELLO, headers=shop.headers) for _ in range(7)]
        statuses[role] = [answer.status_code for answer in answers]
    assert set(statuses["read-only"]) == {403}
    assert statuses["agent"] == [200] * 6 + [429]
    assert int(answers[-1].headers["Retry-After"]) >= 1
