"""What a shop tells its bot: settings, knowledge, and the versions that it publishes and goes back to."""

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from typing import Any

import httpx
import pytest

from nexus.orchestrator_service.admin.deps import AdminDeps
from nexus.orchestrator_service.agent.room import AgentRoom
from nexus.store.bot_settings import BotSettings, load_bot_settings
from nexus.store.database import Pool
from nexus.store.tenants import load_tenant
from tests.integration.admin.conftest import TOKEN, Shop, client_of, edge

SETTINGS, KNOWLEDGE, PROMPT = "/admin/bot-settings", "/admin/knowledge", "/admin/prompt"


class Panel:
    """A manager of the shop, as the console calls."""

    def __init__(self, client: httpx.AsyncClient, shop: Shop) -> None:
        self._client, self._shop = client, shop

    async def __call__(self, method: str, path: str, body: Any = None, *, expect: int = 200) -> Any:
        answer = await self._client.request(method, path, json=body, headers=self._shop.headers)
        assert answer.status_code == expect, answer.text
        return answer.json() if answer.content else None

    async def publish(self, after: int, note: str = "") -> Any:
        return await self("POST", f"{PROMPT}/publish", {"after": after, "note": note}, expect=201)


@pytest.fixture
def panel(machine: httpx.AsyncClient, shop: Shop) -> Panel:
    return Panel(machine, shop)


async def test_settings_have_defaults_and_keep_what_is_given(panel: Panel, shop: Shop, pool: Pool) -> None:
    assert await load_bot_settings(shop.id, pool) == BotSettings()
    assert (await panel("GET", SETTINGS))["vision"] == "auto"
    changes = {"monthly_cost_ceiling_usd": 12.5, "tone": {"emoji": "none", "forbidden": ["mi amor"]}}
    found = await panel("PUT", SETTINGS, changes | {"human_topics": {"wholesale": True}})
    assert found["tone"] == {"voseo": True, "longest": None, "emoji": "none", "forbidden": ["mi amor"]}
    assert (found["monthly_cost_ceiling_usd"], found["shadow_mode"]) == (12.5, False)
    kept = await load_bot_settings(shop.id, pool)
    assert [topic for topic, only_people in kept.human_topics.items() if only_people] == ["wholesale"]
    assert (await panel("PUT", SETTINGS, {"monthly_cost_ceiling_usd": None}))["monthly_cost_ceiling_usd"] is None


@pytest.mark.parametrize(
    "body", [{"vision": None}, {"vision": "sí"}, {"monthly_token_ceiling": 0}, {"tone": {"longest": 3}}, {"x": 1}]
)
async def test_settings_that_mean_nothing_are_refused(panel: Panel, body: dict[str, Any]) -> None:
    await panel("PUT", SETTINGS, body, expect=422)


async def test_payable_links_are_tried_first(panel: Panel) -> None:
    refused = await panel("PUT", SETTINGS, {"draft_orders": "on"}, expect=422)
    assert refused["error"]["code"] == "dry_run_first"
    for step in ("dry_run", "on"):
        assert (await panel("PUT", SETTINGS, {"draft_orders": step}))["draft_orders"] == step


async def test_sections_stand_in_for_the_shops_fields_and_pairs_are_kept(panel: Panel, shop: Shop) -> None:
    await panel("PUT", f"/admin/tenants/{shop.id}", {"shipping_partners": "Andreani"})
    sections = (await panel("GET", KNOWLEDGE))["sections"]
    assert [(each["kind"], each["seed"]) for each in sections if each["seed"]] == [("shipping", "Andreani")]
    found = await panel("PUT", KNOWLEDGE, {"sections": {"shipping": "Gratis desde $ 50.000", "sizes": " "}})
    assert {each["kind"]: each["text"] for each in found["sections"] if each["text"]} == {
        "shipping": "Gratis desde $ 50.000"
    }
    pair = {"question": "¿Tienen local?", "answer": "Sí, en Nueva Córdoba."}
    made = await panel("POST", f"{KNOWLEDGE}/answers", pair, expect=201)
    changed = await panel("PUT", f"{KNOWLEDGE}/answers/{made['id']}", pair | {"answer": "No."})
    assert changed["answer"] == "No."
    prompt = (await panel("GET", f"{PROMPT}/text?of=draft"))["prompt"]
    assert "Gratis desde $ 50.000" in prompt
    assert "Andreani" not in prompt
    assert "R: No." in prompt
    await panel("DELETE", f"{KNOWLEDGE}/answers/{made['id']}", expect=204)
    assert (await panel("DELETE", f"{KNOWLEDGE}/answers/{made['id']}", expect=404))["error"]["code"] == (
        "answer_not_found"
    )
    assert (await panel("PUT", KNOWLEDGE, {"sections": {"shipping": ""}}))["sections"][2]["text"] == ""
    await panel("PUT", KNOWLEDGE, {"sections": {"otra": "x"}}, expect=422)


async def test_versions_are_published_compared_and_gone_back_to(panel: Panel, deps: AdminDeps, shop: Shop) -> None:
    before = await panel("GET", PROMPT)
    assert (before["published"], before["changes"]) == (None, 0)
    assert before["id"].startswith("base-")
    await panel("PUT", KNOWLEDGE, {"sections": {"payments": "3 cuotas sin interés"}})
    assert (await panel("GET", PROMPT))["changes"] == 1
    tenant = await load_tenant(shop.id, deps.pool)
    assert tenant is not None
    assert "cuotas sin" not in (await deps.room.versions.of(tenant)).prompt
    first = await panel.publish(0, "Las cuotas")
    assert (first["number"], first["note"], first["published_by"]) == (1, "Las cuotas", "Una integración")
    ran = await deps.room.versions.of(tenant)
    assert ran.id.startswith("v1-")
    assert "3 cuotas sin interés" in ran.knowledge
    await panel("PUT", SETTINGS, {"persona_name": "Luna", "tone": {"longest": 300}})
    await panel("PUT", KNOWLEDGE, {"sections": {"payments": "6 cuotas sin interés\nEfectivo"}})
    assert (await deps.room.versions.of(tenant)) is ran
    await panel.publish(1)
    changes = (await panel("GET", f"{PROMPT}/diff?from=1&to=published"))["items"]
    assert [change["title"] for change in changes] == ["Nombre del bot", "Tono", "Pagos y cuotas"]
    assert [(line["kind"], line["text"]) for line in changes[2]["lines"]] == [
        ("removed", "3 cuotas sin interés"),
        ("added", "6 cuotas sin interés"),
        ("added", "Efectivo"),
    ]
    back = await panel("POST", f"{PROMPT}/versions/1/restore", {"after": 2, "note": ""}, expect=201)
    assert (back["number"], back["copy_of"]) == (3, 1)
    assert (await panel("GET", f"{PROMPT}/diff?from=1&to=3"))["items"] == []
    again = await deps.room.versions.of(tenant)
    assert (again.id.removeprefix("v3"), again.prompt) == (ran.id.removeprefix("v1"), ran.prompt)
    assert (await panel("GET", PROMPT))["changes"] == 3
    await panel("POST", f"{PROMPT}/versions/1/draft", expect=204)
    assert (await panel("GET", PROMPT))["changes"] == 0
    listed = await panel("GET", f"{PROMPT}/versions?limit=2")
    assert ([each["number"] for each in listed["items"]], listed["next"]) == ([3, 2], "2")


async def test_what_cannot_be_published_says_why(panel: Panel) -> None:
    await panel.publish(0)
    for path, body, code in (
        ("publish", {"after": 1}, "nothing_changed"),
        ("versions/1/restore", {"after": 1}, "nothing_changed"),
        ("versions/9/restore", {"after": 1}, "version_not_found"),
    ):
        expect = 404 if code == "version_not_found" else 409
        assert (await panel("POST", f"{PROMPT}/{path}", body, expect=expect))["error"]["code"] == code
    await panel("PUT", SETTINGS, {"persona_notes": "Contás chistes"})
    stale = await panel("POST", f"{PROMPT}/publish", {"after": 0}, expect=409)
    assert stale["error"]["code"] == "published_meanwhile"
    for kind in ("shop", "hours", "shipping", "payments", "exchanges", "sizes"):
        await panel("PUT", KNOWLEDGE, {"sections": {kind: "x" * 8000}})
    for number in range(10):
        pair = {"question": f"¿{number}? por qué", "answer": "y" * 2000}
        await panel("POST", f"{KNOWLEDGE}/answers", pair, expect=201)
    assert (await panel("POST", f"{PROMPT}/publish", {"after": 1}, expect=422))["error"]["code"] == "too_long"


@pytest.fixture
async def asking(deps: AdminDeps, sandbox: httpx.AsyncClient) -> AsyncIterator[httpx.AsyncClient]:
    """A machine before the admin routes whose model answers by what it reads of the shop."""

    def says(text: str, **match: str) -> dict[str, Any]:
        return {"match": match, "steps": [{"reply": {"bubbles": [{"text": text}]}}]}

    looks = {"match": {"user_contains": "pedido"}, "steps": [
        {"tool_calls": [{"name": "orders", "arguments": {"q": "1023"}}]}, {"reply": {"bubbles": [{"text": "Listo."}]}},
    ]}  # fmt: skip
    noted = says("De eso no hablo yo.", user_contains="por mayor: lo contesta sólo una persona")
    scenarios = [looks, noted, says("Tengo la sección.", tenant_contains="cuotas sin interés"), says("No lo sé.")]
    (await sandbox.post("/sandbox/model", json={"mode": "scripted", "scenarios": scenarios})).raise_for_status()
    settings = deps.settings.model_copy(
        update={"llm_base_url": f"{sandbox.base_url}/openai/v1", "llm_api_key": "clave"}
    )
    room = AgentRoom(settings, deps.pool, deps.cache, deps.vault)
    app = edge(replace(deps, settings=settings, room=room))
    async with client_of(app, {"X-Admin-Token": TOKEN}) as client:
        yield client
    await room.close()


async def test_the_draft_is_tried_before_it_is_published(asking: httpx.AsyncClient, shop: Shop, panel: Panel) -> None:
    ask = Panel(asking, shop)

    async def answer(version: str, text: str = "Hola") -> Any:
        body = {"messages": [{"role": "user", "text": text}], "version": version}
        return await ask("POST", "/admin/test-chat", body)

    await panel("PUT", KNOWLEDGE, {"sections": {"payments": "3 cuotas sin interés"}})
    published, draft = await answer("published"), await answer("draft")
    assert published["bubbles"][0]["text"] == "No lo sé."
    assert published["prompt_version"].startswith("base-")
    assert draft["bubbles"][0]["text"] == "Tengo la sección."
    assert draft["prompt_version"].startswith("draft-")
    await panel("PUT", SETTINGS, {"human_topics": {"order_status": True, "wholesale": True}})
    assert (await answer("draft", "¿Venden por mayor?"))["bubbles"][0]["text"] == "De eso no hablo yo."
    assert (await answer("published", "¿Venden por mayor?"))["bubbles"][0]["text"] == "No lo sé."
    kept = await answer("draft", "¿Dónde está mi pedido 1023?")
    assert [(tool["label"], tool["status"]) for tool in kept["tools"]] == [("Consultó un pedido", "refused")]


async def test_who_may_not_manage_may_not_read_or_write_it(
    sign_in: Callable[..., Awaitable[httpx.AsyncClient]], shop: Shop
) -> None:
    agent = await sign_in(shop, role="agent")
    for path in (SETTINGS, KNOWLEDGE, PROMPT):
        assert (await agent.get(path)).status_code == 403
    assert (await agent.post(f"{PROMPT}/publish", json={"after": 0})).status_code == 403
