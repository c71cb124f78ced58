"""Calls of the model: which model answers, who pays, when nobody is asked, and what is written down of each."""

from decimal import Decimal
from typing import Any

from nexus.orchestrator_service.agent.outcome import Answered, Failed
from nexus.store.bot_settings import save_bot_settings
from nexus.store.credentials import set_credentials

from .conftest import MakeShop, Sandbox, Shop

SPARE = "de-reserva"
FIRST = {"model": "gpt-6-luna"}


async def _calls(shop: Shop) -> list[dict[str, Any]]:
    return await shop.rows("select * from llm_calls order by id")


def _models(requests: list[dict[str, Any]]) -> list[str]:
    return [request["body"]["model"] for request in requests]


async def test_the_other_model_answers_the_rest_of_a_run_whose_first_one_is_away(
    make_shop: MakeShop, sandbox: Sandbox
) -> None:
    shop = await make_shop(LLM_FALLBACK_MODEL=SPARE)
    await sandbox.fault("openai", "500", times=-1, match=FIRST)
    assert isinstance(await shop.ask("Tenés puntas de danza?"), Answered)
    assert _models(await sandbox.requests()) == ["gpt-6-luna", SPARE, SPARE]  # once it had to, it goes on
    calls = await _calls(shop)
    assert [(call["model"], call["outcome"]) for call in calls] == [
        ("gpt-6-luna", "model_unavailable"),
        (SPARE, "ok"),
        (SPARE, "ok"),
    ]
    assert {call["burst_id"] for call in calls} == {shop.last.id if shop.last else None}
    assert all(call["tokens_in"] > 0 and call["tokens_out"] > 0 for call in calls[1:])
    assert {call["cost_usd"] for call in calls} == {None}  # the sandbox is not OpenAI: its price is not known


async def test_a_model_that_is_gone_is_replaced_and_a_refused_key_is_not(make_shop: MakeShop, sandbox: Sandbox) -> None:
    shop = await make_shop()
    await save_bot_settings(shop.id, shop.pool, {"fallback_model": SPARE})
    await sandbox.script({"status": 404, "code": "model_not_found"})
    assert await shop.ask("hola") == Failed("model_missing")
    assert _models(await sandbox.requests()) == ["gpt-6-luna", SPARE]
    await sandbox.control("DELETE", "/model/requests")
    await sandbox.script({"status": 401, "code": "invalid_api_key"})
    assert await shop.ask("hola") == Failed("model_auth")
    assert _models(await sandbox.requests()) == ["gpt-6-luna"]


async def test_a_tenants_own_key_never_falls_to_the_platforms(make_shop: MakeShop, sandbox: Sandbox) -> None:
    shop = await make_shop(LLM_FALLBACK_MODEL=SPARE)
    own = {"api_key": "propia", "base_url": f"{sandbox.address}/openai/v1"}
    await set_credentials(shop.id, shop.pool, shop.vault, "llm", own)
    await sandbox.script({"status": 500})
    assert await shop.ask("hola") == Failed("model_unavailable")
    assert set(_models(await sandbox.requests())) == {"gpt-6-luna"}


async def test_a_rate_limit_waits_once_and_only_within_the_deadline(shop: Shop, sandbox: Sandbox) -> None:
    await sandbox.fault("openai", "429", times=1, retry_after=0)
    assert isinstance(await shop.ask("Tenés puntas?"), Answered)
    await sandbox.control("DELETE", "/model/requests")
    await sandbox.fault("openai", "429", times=1, retry_after=60)
    assert await shop.ask("Tenés puntas?") == Failed("model_unavailable")
    assert len(await sandbox.requests()) == 1


async def test_an_account_without_money_is_asked_once_and_told_once(make_shop: MakeShop, sandbox: Sandbox) -> None:
    shop, other = await make_shop(LLM_FALLBACK_MODEL=SPARE), await make_shop()
    await sandbox.fault("openai", "429", times=1, error_code="credit_balance_exhausted")
    assert await shop.ask("hola") == Failed("model_quota")
    assert await shop.ask("hola") == Failed("model_quota")
    assert len(await sandbox.requests()) == 1  # neither again, nor the other model, nor the next customer
    told = [event for event in await shop.events() if event["event_type"] == "credential_refused"]
    assert [event["metadata"]["reason"] for event in told] == ["model_quota"]
    assert isinstance(await other.ask("Tenés puntas?"), Answered)
    assert [call["outcome"] for call in await _calls(shop)] == ["model_quota"]


async def test_at_the_months_ceiling_the_model_is_asked_no_more(shop: Shop, sandbox: Sandbox) -> None:
    await save_bot_settings(shop.id, shop.pool, {"monthly_token_ceiling": 10})
    assert isinstance(await shop.ask("Tenés puntas?"), Answered)
    asked = len(await sandbox.requests())
    for _ in range(2):
        assert await shop.ask("Tenés puntas?") == Failed("monthly_ceiling")
    assert len(await sandbox.requests()) == asked
    assert [event["event_type"] for event in await shop.events()].count("monthly_ceiling") == 1
    await save_bot_settings(
        shop.id, shop.pool, {"monthly_token_ceiling": None, "monthly_cost_ceiling_usd": Decimal("0.01")}
    )
    assert isinstance(await shop.ask("Tenés puntas?"), Answered)  # what has no known price counts as none
