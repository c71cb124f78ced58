"""The agent end to end: real stores, the sandbox's shop and model, both APIs and every form of the final answer."""

import asyncio
import json
from datetime import UTC, datetime

import pytest
from prometheus_client import REGISTRY

from nexus.orchestrator_service.agent.outcome import Answered, Failed
from nexus.store.credentials import set_credentials
from nexus.store.memory import SaidMessage

from .conftest import WEBSITE, MakeShop, Sandbox, Shop, products_told, tool_texts

GISELLE = 51001
SEARCH = {"tool_calls": [{"name": "search_specific_products", "arguments": {"q": "puntas"}}]}


def say(*bubbles: dict[str, str]) -> dict[str, object]:
    return {"reply": {"bubbles": list(bubbles)}}


def texts(outcome: object) -> str:
    assert isinstance(outcome, Answered), outcome
    return "\n".join(part for b in outcome.bubbles for part in (b.content, b.caption) if part)


def metric(name: str, **labels: str) -> float:
    return REGISTRY.get_sample_value(name, labels) or 0.0


@pytest.mark.parametrize("final", ["tool", "provider", "text"])
@pytest.mark.parametrize("api", ["chat", "responses"])
async def test_the_bubbles_carry_a_real_products_price_image_and_link(
    make_shop: MakeShop, sandbox: Sandbox, api: str, final: str
) -> None:
    shop = await make_shop(LLM_API=api, LLM_FINAL=final)
    outcome = await shop.ask("Tenés puntas de danza talle 37?")
    said = texts(outcome)
    assert "$ 49.900,00" in said
    assert "https://danzademo.mitiendanube.com/productos/zapatillas-de-punta-modelo-giselle/" in said
    pictures = [b.content for b in outcome.bubbles if b.message_type == "image"]
    assert pictures == [f"{sandbox.address}/images/7654321/51001.png"]
    assert (await sandbox.http.get(pictures[0])).status_code == 200
    assert 1 <= len(outcome.bubbles) <= 4
    assert outcome.shown_products[0] == {"id": GISELLE, "name": "Zapatillas de punta Modelo Giselle", "price": 49900}
    spoken = "messages" if api == "chat" else "input"
    assert all(spoken in request["body"] for request in await sandbox.requests())


async def test_a_changed_name_and_price_follow_at_once_though_the_search_is_remembered(
    shop: Shop, sandbox: Sandbox
) -> None:
    assert "$ 49.900,00" in texts(await shop.ask("Tenés puntas?"))
    await sandbox.control("PATCH", f"/shops/7654321/products/{GISELLE}", name={"es": "Modelo Aurora"}, price="61234.00")
    said = texts(await shop.ask("Tenés puntas?"))
    assert "Modelo Aurora" in said
    assert "$ 61.234,00" in said
    assert "Giselle" not in said.replace("giselle/", "")


async def test_a_search_with_other_spellings_still_finds_the_product(shop: Shop, sandbox: Sandbox) -> None:
    for words, product in (("TUTÚS", 51010), ("mallas bordó manga larga", 51008), ("medias nina", 51006)):
        await sandbox.script({"tool_calls": [{"name": "search_specific_products", "arguments": {"q": words}}]},
                             say({"text": "Mirá"}))  # fmt: skip
        await shop.ask(f"busco {words}")
        assert product in [item["id"] for item in products_told(await sandbox.requests())[:2]], words


async def test_a_category_is_searched_with_those_below_it(shop: Shop, sandbox: Sandbox) -> None:
    call = {"name": "search_by_category", "arguments": {"category": "calzado", "keyword": "puntas"}}
    await sandbox.script({"tool_calls": [call]}, say({"text": "Mirá"}))
    await shop.ask("qué calzado tenés?")
    found = [item["id"] for item in products_told(await sandbox.requests())]
    assert {51001, 51002} <= set(found)


async def test_nothing_unpublished_is_ever_shown(shop: Shop, sandbox: Sandbox) -> None:
    await sandbox.control("PATCH", f"/shops/7654321/products/{GISELLE}", published=False)
    assert "Giselle" not in texts(await shop.ask("Tenés puntas?"))


async def test_no_match_is_an_empty_result_and_not_an_error(shop: Shop, sandbox: Sandbox) -> None:
    before = metric("tool_calls_total", tool="search_specific_products", status="empty")
    call = {"name": "search_specific_products", "arguments": {"q": "bicicletas"}}
    await sandbox.script({"tool_calls": [call]}, say({"text": "No tengo"}))
    await shop.ask("tenés bicicletas?")
    assert tool_texts(await sandbox.requests()) == ["[]"]
    assert metric("tool_calls_total", tool="search_specific_products", status="empty") == before + 1
    assert await shop.events() == []


async def test_memory_and_the_burst_reach_the_model_in_order_with_the_date_last(shop: Shop, sandbox: Sandbox) -> None:
    await sandbox.script(say({"text": "ok"}))
    history = [
        SaidMessage("user", "customer", "text", "hola", datetime.now(UTC)),
        SaidMessage("assistant", "human", "text", "Soy Ana", datetime.now(UTC)),
    ]
    await shop.ask("uno", "dos", history=history, shown=json.dumps([{"id": 9, "name": "Odette"}]))
    messages = (await sandbox.requests())[-1]["body"]["messages"]
    assert messages[0]["role"] == "system"
    assert [m["role"] for m in messages[1:]] == ["user", "assistant", "user", "user"]
    assert messages[3]["content"] == "uno"
    assert messages[4]["content"].startswith("dos\n\n[Ahora es ")
    assert "Odette (id 9)" in messages[4]["content"]


async def test_links_and_pictures_that_no_tool_returned_are_taken_out(shop: Shop, sandbox: Sandbox) -> None:
    evil = "https://evil.example/a.png"
    await sandbox.script(
        SEARCH,
        say({"text": f"Mirá **esto**: {evil}\n{{{{tool.0.url}}}}"}, {"image_url": evil}, {"text": f"o {WEBSITE}/x"}),
    )
    outcome = await shop.ask("puntas?")
    assert "evil" not in texts(outcome)
    assert "*esto*" in texts(outcome)
    assert "modelo-giselle/" in texts(outcome)
    assert f"{WEBSITE}/x" in texts(outcome)
    assert all(bubble.message_type == "text" for bubble in outcome.bubbles)


async def test_an_answer_of_nothing_but_a_foreign_link_is_a_failure(shop: Shop, sandbox: Sandbox) -> None:
    await sandbox.script(say({"text": "https://evil.example"}))
    assert await shop.ask("hola") == Failed("empty")


async def test_plain_text_becomes_at_most_four_bubbles(shop: Shop, sandbox: Sandbox) -> None:
    await sandbox.script({"text": "\n\n".join(f"bloque {n}" for n in range(7))})
    outcome = await shop.ask("hola")
    assert isinstance(outcome, Answered)
    assert len(outcome.bubbles) == 4
    assert texts(outcome).count("bloque") == 7


@pytest.mark.parametrize("api", ["chat", "responses"])
@pytest.mark.parametrize(
    "step", [{"empty": True}, {"bad_json_tool": "search_specific_products"}, {"truncated": True}, {"garbage": True}]
)
async def test_garbage_is_asked_once_more_and_then_a_failure(
    make_shop: MakeShop, sandbox: Sandbox, api: str, step: dict[str, object]
) -> None:
    shop = await make_shop(LLM_API=api)
    await sandbox.script(step)
    assert await shop.ask("hola") == Failed("model_garbage")


async def test_garbage_followed_by_sense_is_an_answer(shop: Shop, sandbox: Sandbox) -> None:
    await sandbox.fault("openai", "garbage", times=1)
    assert isinstance(await shop.ask("Tenés puntas?"), Answered)


async def test_an_unknown_tool_does_not_end_the_run(shop: Shop, sandbox: Sandbox) -> None:
    await sandbox.script({"unknown_tool": "borrar_todo"}, say({"text": "Hola"}))
    assert texts(await shop.ask("hola")) == "Hola"


async def test_a_model_that_goes_round_in_circles_is_stopped(shop: Shop, sandbox: Sandbox) -> None:
    await sandbox.script(SEARCH)
    assert await shop.ask("puntas?") == Failed("limit")
    assert len(await sandbox.requests()) <= 6


async def test_too_many_tool_calls_at_once_are_stopped(shop: Shop, sandbox: Sandbox) -> None:
    await sandbox.script({"tool_calls": SEARCH["tool_calls"] * 12}, say({"text": "Hola"}))
    assert await shop.ask("puntas?") == Failed("limit")


@pytest.mark.parametrize(
    ("step", "reason"),
    [
        ({"status": 401, "code": "invalid_api_key"}, "model_auth"),
        ({"status": 429, "code": "insufficient_quota"}, "model_quota"),
        ({"status": 404, "code": "model_not_found"}, "model_missing"),
        ({"status": 400, "code": "bad"}, "model_refused"),
        ({"status": 500}, "model_unavailable"),
        ({"reset": True}, "model_unavailable"),
    ],
)
async def test_each_way_a_provider_fails_has_its_reason(
    shop: Shop, sandbox: Sandbox, step: dict[str, object], reason: str
) -> None:
    await sandbox.script(step)
    assert await shop.ask("hola") == Failed(reason)
    told = [event["metadata"]["reason"] for event in await shop.events() if event["event_type"] == "credential_refused"]
    assert told == ([reason] if reason in ("model_auth", "model_quota", "model_missing") else [])


async def test_one_500_of_the_provider_is_survived(shop: Shop, sandbox: Sandbox) -> None:
    await sandbox.fault("openai", "500", times=1)
    assert isinstance(await shop.ask("Tenés puntas?"), Answered)


async def test_a_hanging_model_ends_at_the_deadline(make_shop: MakeShop, sandbox: Sandbox) -> None:
    shop = await make_shop(ANSWER_DEADLINE_SECONDS=1)
    await sandbox.script({"hang": 30})
    assert await shop.ask("hola") == Failed("model_timeout")


async def test_a_conversation_too_long_for_the_model_is_asked_again_with_half_of_it(
    shop: Shop, sandbox: Sandbox
) -> None:
    await sandbox.script({"status": 400, "code": "context_length_exceeded"})
    history = [SaidMessage("user", "customer", "text", f"m{n}", datetime.now(UTC)) for n in range(10)]
    assert await shop.ask("hola", history=history) == Failed("model_refused")
    lengths = [len(request["body"]["messages"]) for request in await sandbox.requests()]
    assert lengths == [12, 7]


async def test_tokens_are_counted_for_the_tenant(shop: Shop, sandbox: Sandbox) -> None:
    await sandbox.script(say({"text": "Hola"}))
    await shop.ask("hola")
    assert metric("llm_tokens_used", tenant_id=str(shop.id)) > 100


async def test_a_shops_own_model_credentials_win_over_the_environments(make_shop: MakeShop, sandbox: Sandbox) -> None:
    shop = await make_shop(LLM_BASE_URL="http://127.0.0.1:9/v1")
    own = {"base_url": f"{sandbox.address}/openai/v1", "api_key": "clave-propia", "model": "modelo-propio"}
    await set_credentials(shop.id, shop.pool, shop.vault, "llm", own)
    await sandbox.script(say({"text": "Hola"}))
    assert texts(await shop.ask("hola")) == "Hola"
    request = (await sandbox.requests())[-1]
    assert request["body"]["model"] == "modelo-propio"
    for only_openai in ("store", "prompt_cache_key", "reasoning_effort"):
        assert only_openai not in request["body"]


async def test_runs_of_two_shops_at_once_never_mix(make_shop: MakeShop, sandbox: Sandbox) -> None:
    await sandbox.control("POST", "/shops", store_id="222", access_token="otro", products=[
        {"id": 1, "name": "Puntas de lápiz", "variants": [{"id": 1, "price": "5.00"}]}])  # fmt: skip
    dance, pencils = await make_shop(), await make_shop(store_id="222", token="otro", name="Librería")
    outcomes = await asyncio.gather(
        *(one.ask("Tenés puntas?", phone=f"+54911{n:08}") for n in range(10) for one in (dance, pencils))
    )
    for n, outcome in enumerate(outcomes):
        mine, other = ("Giselle", "lápiz") if n % 2 == 0 else ("lápiz", "Giselle")
        assert mine in texts(outcome)
        assert other not in texts(outcome)
