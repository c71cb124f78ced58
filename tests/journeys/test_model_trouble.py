"""Whatever the model does wrong, the customer gets one apology at most, and the next message its answer."""

import json
from typing import Any

import pytest

from tests.journeys.scripts import reply, scenario, texts_of
from tests.system import Shop, System

TROUBLE: dict[str, tuple[dict[str, Any], str]] = {
    "error 500": ({"status": 500}, "model_unavailable"),
    "error 429": ({"status": 429}, "model_unavailable"),
    "error 401": ({"status": 401}, "model_auth"),
    "connection reset": ({"reset": True}, "model_unavailable"),
    "hanging": ({"hang": 30}, "model_timeout"),
    "garbage for JSON": ({"garbage": True}, "model_garbage"),
    "saying nothing": ({"empty": True}, "model_garbage"),
    "cut answers": ({"truncated": True}, "model_garbage"),
    "broken tool arguments": ({"bad_json_tool": "search_specific_products"}, "model_garbage"),
    "unknown tools for ever": ({"unknown_tool": "borrar_todo"}, "limit"),
    "the same tool for ever": ({"tool_calls": [{"name": "browse_general_storefront"}]}, "limit"),
}
APOLOGY = "Perdón"


@pytest.mark.parametrize("trouble", TROUBLE)
async def test_a_run_without_an_answer_is_one_apology_a_mark_for_a_person_and_an_event(
    system: System, trouble: str
) -> None:
    step, reason = TROUBLE[trouble]
    shop = await system.new_shop()
    customer = shop.customer()
    await system.script([scenario("el modelo falla", step), scenario("ya anda", reply("todo bien"))])

    await shop.say(customer, "si el modelo falla?")
    sends = await shop.answers(customer)
    needed = await shop.chat(customer)
    await shop.say(customer, "y ya anda?")
    later = (await shop.answers(customer, 2))[1:]

    (apology,) = texts_of(sends)
    assert apology.startswith(APOLOGY)
    assert needed is not None
    assert needed["needs_human_since"] is not None
    assert needed["needs_human_reason"] == reason
    (event,) = await shop.events("answer_failed")
    assert (event["level"], event["metadata"]["reason"]) == ("error", reason)
    assert texts_of(later) == ["todo bien"]
    assert await _bursts(shop) == {"error": 1, "answered": 1}


async def test_a_second_failure_within_the_hour_is_silence_and_not_a_second_apology(system: System) -> None:
    shop = await system.new_shop()
    customer, other = shop.customer(), shop.customer()
    await system.script([scenario("", {"empty": True})])
    await shop.say(customer, "primera falla")
    await shop.answers(customer)

    await shop.say(customer, "segunda falla")
    await shop.stays_at(customer, 1)
    await shop.say(other, "la falla de otra persona")

    assert len(await shop.answers(other)) == 1
    assert await _bursts(shop) == {"error": 3}


@pytest.mark.parametrize(
    "step",
    [
        {"unknown_tool": "borrar_todo"},
        {"tool_calls": [{"name": "search_specific_products", "arguments": {}}]},
        {"tool_calls": [{"name": "search_specific_products", "arguments": {"q": ["puntas"], "tenant_id": 1}}]},
        {"tool_calls": [{"name": "orders", "arguments": {"q": "'; drop table tenants; --"}}]},
    ],
    ids=["unknown tool", "missing argument", "wrong type", "hostile argument"],
)
async def test_a_wrong_tool_call_is_told_to_the_model_which_then_answers(system: System, step: dict[str, Any]) -> None:
    shop = await system.new_shop()
    customer = shop.customer()
    await system.script([scenario("", step, reply("igual te respondo"))])

    await shop.say(customer, "hola")
    sends = await shop.answers(customer)

    assert texts_of(sends) == ["igual te respondo"]
    chat = await shop.chat(customer)
    assert chat is not None
    assert chat["needs_human_since"] is None


async def test_a_model_that_fails_once_is_asked_again_and_the_customer_notices_nothing(system: System) -> None:
    shop = await system.new_shop()
    customer = shop.customer()
    await system.fault("openai", "500", times=1, match={"user_contains": "una sola falla"})
    await system.script([scenario("una sola falla", reply("acá estoy"))])

    await shop.say(customer, "una sola falla")

    assert texts_of(await shop.answers(customer)) == ["acá estoy"]
    assert len(await system.model_runs("una sola falla")) == 2


async def test_a_shop_that_is_down_costs_neither_an_answer_nor_an_invented_price(system: System) -> None:
    shop = await system.new_shop()
    customer = shop.customer()
    await system.fault("tiendanube", "500", times=-1, match={"store_id": shop.store_id})

    await shop.say(customer, "Tenés puntas de danza talle 37?")
    sends = await shop.answers(customer)

    assert 1 <= len(sends) <= 4
    assert "$" not in "\n".join(texts_of(sends))
    events = await shop.events("tool_execution")
    assert {event["level"] for event in events} == {"error"}


async def test_a_price_a_link_or_a_picture_that_no_tool_told_does_not_reach_the_customer_as_a_link(
    system: System,
) -> None:
    shop = await system.new_shop()
    customer = shop.customer()
    invented = {
        "reply": {
            "bubbles": [
                {"text": "Mirá esta oferta: https://estafa.example.test/pagar"},
                {"image_url": "https://estafa.example.test/foto.png"},
            ]
        }
    }
    await system.script([scenario("", invented)])

    await shop.say(customer, "tenés ofertas?")
    sends = await shop.answers(customer)

    assert "estafa.example.test" not in str(sends)
    assert "image" not in {send["type"] for send in sends}


async def _bursts(shop: Shop) -> dict[str, int]:
    row = await shop.system.one(
        """select jsonb_object_agg(state, n)::text as states
           from (select state, count(*) as n from bursts where tenant_id = $1 group by state) s""",
        shop.tenant_id,
    )
    return {key: int(count) for key, count in json.loads(row["states"]).items()}
