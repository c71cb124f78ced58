"""Orders for their owner only, and the handoff to a person, whatever the model sends."""

import asyncio
import json
from typing import Any

import pytest

from nexus.orchestrator_service.agent.outcome import Answered, Failed, HandedOff
from nexus.orchestrator_service.catalogue.orders_proof import DENIAL, DENIAL_AND_PERSON
from nexus.store.effects import DEFAULT_HANDOFF_MESSAGE, save_handoff_config
from nexus.store.replies import StaleFenceError

from .conftest import CUSTOMER, MakeShop, Sandbox, Shop, tool_texts

OWNER_OF_101, OWNER_OF_102 = "+5491155500001", "+5491155500002"
DONE = {"reply": {"bubbles": [{"text": "Listo"}]}}


def call(name: str, **arguments: Any) -> dict[str, Any]:
    return {"tool_calls": [{"name": name, "arguments": arguments}]}


async def told(shop: Shop, sandbox: Sandbox, sender: str | None, **arguments: Any) -> dict[str, Any]:
    """What the orders tool tells the model."""
    await sandbox.script(call("orders", **arguments), DONE)
    await shop.ask(f"mi pedido? {arguments.get('email', '')}", phone=sender)
    return dict(json.loads(tool_texts(await sandbox.requests())[-1]))


@pytest.mark.parametrize("version", ["v1", "2025-03"])
async def test_the_owner_sees_state_items_total_and_tracking(
    make_shop: MakeShop, sandbox: Sandbox, version: str
) -> None:
    shop = await make_shop(TIENDANUBE_API_VERSION=version)
    order = await told(shop, sandbox, OWNER_OF_102, q="#102")
    assert (order["number"], order["status_text"], order["total"]) == (102, "en camino", 43022)
    [parcel] = order["tracking"]
    assert (parcel["code"], parcel["url"]) == ("DEMO0000002AR", "https://tracking.example.test/DEMO0000002AR")
    assert len(order["items"]) == 2


async def test_the_internal_id_works_too(shop: Shop, sandbox: Sandbox) -> None:
    assert (await told(shop, sandbox, OWNER_OF_102, q="880000002"))["number"] == 102


@pytest.mark.parametrize(
    ("phone", "q"),
    [(CUSTOMER, "101"), (OWNER_OF_101, "102"), (OWNER_OF_101, "9999"), (CUSTOMER, "Cliente Prueba Uno"),
     (CUSTOMER, ""), (None, "101"), (None, ""), ("+5491155500004", "104")],
)  # fmt: skip
async def test_anybody_else_and_unknown_numbers_get_the_same_sentence(
    shop: Shop, sandbox: Sandbox, phone: str | None, q: str
) -> None:
    assert await told(shop, sandbox, phone, q=q) == {"message": DENIAL}


async def test_the_nine_access_cases(shop: Shop, sandbox: Sandbox) -> None:
    """tiendanube-fixtures.json, cases.order_access; what asks for the e-mail there is the one denial here."""
    shown = [
        (OWNER_OF_101, 101, ""),
        (OWNER_OF_102, 102, ""),
        ("+5493515550003", 103, ""),
        ("+5491199990000", 101, "Cliente.Uno@Example.test"),
    ]
    denied = [
        ("+5491199990000", 101, ""),
        ("+5491199990000", 101, "otro@example.test"),
        (OWNER_OF_101, 9999, ""),
        ("+5491155500004", 104, ""),
        (OWNER_OF_101, 102, ""),
    ]
    for sender, number, email in shown:
        assert (await told(shop, sandbox, sender, q=str(number), email=email))["number"] == number
    for sender, number, email in denied:
        assert await told(shop, sandbox, sender, q=str(number), email=email) == {"message": DENIAL}


async def test_without_a_number_the_senders_own_orders_are_listed_by_her_phone(shop: Shop, sandbox: Sandbox) -> None:
    listed = (await told(shop, sandbox, OWNER_OF_102))["orders"]
    assert [(order["number"], order["status_text"]) for order in listed] == [(102, "en camino")]


async def test_two_emails_may_be_tried_and_what_is_denied_looks_the_same_whatever_it_is(
    shop: Shop, sandbox: Sandbox
) -> None:
    async def ask(number: str, email: str, sender: str = CUSTOMER) -> dict[str, Any]:
        return await told(shop, sandbox, sender, q=number, email=email)

    assert await ask("101", "otro@example.test") == {"message": DENIAL}
    assert await ask("101", "otro@example.test") == {"message": DENIAL}  # the same again uses no try
    used_up = {"message": DENIAL_AND_PERSON, "suggest": "derivhumano"}
    assert await ask("9999", "cliente.uno@example.test") == used_up
    assert await ask("101", "cliente.uno@example.test") == used_up  # the right one, too late
    other = "+5491155551234"
    assert (await ask("101", " Cliente.Uno@Example.test", other))["number"] == 101
    assert await ask("102", "a@example.test", other) == {"message": DENIAL}  # a right one was no try


async def test_an_email_that_the_customer_did_not_write_proves_nothing(shop: Shop, sandbox: Sandbox) -> None:
    arguments = {"q": "101", "email": "cliente.uno@example.test"}
    await sandbox.script({"tool_calls": [{"name": "orders", "arguments": arguments}]}, DONE)
    await shop.ask("mostrame el pedido 101")
    assert json.loads(tool_texts(await sandbox.requests())[-1]) == {"message": DENIAL}
    assert await shop.rows("select 1 from order_tries where by_mail") == []


async def test_tries_at_the_same_moment_are_no_more_than_two(shop: Shop, sandbox: Sandbox) -> None:
    mails = [f"cliente.{word}@example.test" for word in ("a", "b", "c", "d")]
    calls = [call("orders", q="101", email=mail)["tool_calls"][0] for mail in mails]
    await sandbox.script({"tool_calls": calls}, DONE)
    await shop.ask(f"mi pedido? {' '.join(mails)}")
    assert (await shop.rows("select count(*) from order_tries where by_mail"))[0]["count"] == 2


async def test_whoever_goes_through_numbers_is_told_of_once_at_the_third(shop: Shop, sandbox: Sandbox) -> None:
    for number in ("101", "102", "102", "103", "104"):
        await told(shop, sandbox, CUSTOMER, q=number)
    alarms = [event for event in await shop.events() if event["event_type"] == "order_enumeration"]
    assert [event["metadata"]["numbers"] for event in alarms] == [3]
    assert "5550123" not in str(alarms)


async def test_the_model_cannot_lend_a_phone_or_a_tenant(make_shop: MakeShop, sandbox: Sandbox) -> None:
    shop, other = await make_shop(), await make_shop(token="")
    stolen = {"phone": OWNER_OF_101, "tenant_id": shop.id, "context": {"phone": OWNER_OF_101}}
    runtime = {"context": {"phone": OWNER_OF_101, "tenant": {"id": shop.id}}}
    assert await told(shop, sandbox, CUSTOMER, q="101", **stolen, runtime=runtime) == {"message": DENIAL}
    await sandbox.script(call("search_specific_products", q="puntas", runtime=runtime, **stolen), DONE)
    await other.ask("puntas?")
    assert "Giselle" not in tool_texts(await sandbox.requests())[-1]


async def test_no_tool_offers_the_model_a_tenant_phone_or_conversation(shop: Shop, sandbox: Sandbox) -> None:
    await sandbox.script(DONE)
    await shop.ask("hola")
    tools = (await sandbox.requests())[-1]["body"]["tools"]
    names = [tool["function"]["name"] for tool in tools]
    assert names[:9] == [
        "search_specific_products", "search_by_category", "browse_general_storefront", "orders", "check_availability",
        "book_appointment", "reschedule_appointment", "cancel_appointment", "derivhumano",
    ]  # fmt: skip
    for tool in tools:
        offered = set(tool["function"]["parameters"].get("properties", {}))
        assert not offered & {"runtime", "tenant_id", "phone", "conversation_id", "context"}


async def test_asking_for_a_person_locks_the_bot_queues_the_mail_and_sends_the_shops_message(
    shop: Shop, sandbox: Sandbox
) -> None:
    await save_handoff_config(shop.id, shop.pool, shop.vault, {"handoff_message": "Ya viene Ana"})
    assert await shop.ask("Quiero hablar con una persona") == HandedOff("Ya viene Ana")
    assert shop.last is not None
    assert await shop.lockout(shop.last.conversation_id) is not None
    (handoff,) = await shop.rows("select * from handoffs")
    assert handoff["source"] == "bot"
    assert handoff["burst_id"] == shop.last.id
    jobs = await shop.rows("select payload from pgqueuer where entrypoint = 'handoff_email'")
    assert str(handoff["id"]) in str([job["payload"] for job in jobs])
    assert len(await sandbox.requests()) == 1


@pytest.mark.parametrize(
    "steps",
    [
        [{"tool_calls": [*call("derivhumano", reason="a")["tool_calls"], *call("orders", q="1")["tool_calls"]]},
         {"reply": {"bubbles": [{"text": "No te derivo nada"}]}}],
        [{"tool_calls": [*call("derivhumano", reason="a")["tool_calls"], *call("orders", q="1")["tool_calls"]]},
         {"status": 500}],
        [{**call("derivhumano", reason="a"), **DONE}],
        [{"tool_calls": call("derivhumano", reason="a")["tool_calls"] * 3}],
    ],
)  # fmt: skip
async def test_a_handoff_wins_over_whatever_comes_after_and_happens_once(
    shop: Shop, sandbox: Sandbox, steps: list[dict[str, Any]]
) -> None:
    await sandbox.script(*steps)
    assert await shop.ask("ayuda") == HandedOff(DEFAULT_HANDOFF_MESSAGE)
    assert len(await shop.rows("select 1 from handoffs")) == 1


async def test_a_run_that_hangs_after_the_handoff_is_a_handoff(make_shop: MakeShop, sandbox: Sandbox) -> None:
    shop = await make_shop(ANSWER_DEADLINE_SECONDS=2)
    both = [*call("derivhumano", reason="a")["tool_calls"], *call("orders", q="1")["tool_calls"]]
    await sandbox.script({"tool_calls": both}, {"hang": 30})
    assert await shop.ask("ayuda") == HandedOff(DEFAULT_HANDOFF_MESSAGE)


async def test_a_second_run_of_the_burst_hands_over_no_second_time(shop: Shop, sandbox: Sandbox) -> None:
    burst = await shop.burst("Quiero hablar con una persona")
    outcomes = [await shop.answer(burst) for _ in range(2)]
    assert outcomes == [HandedOff(DEFAULT_HANDOFF_MESSAGE)] * 2
    assert len(await shop.rows("select 1 from handoffs")) == 1


async def test_a_run_that_lost_its_claim_hands_nothing_over(shop: Shop, sandbox: Sandbox) -> None:
    burst = await shop.burst("Quiero hablar con una persona")
    await shop.rows("update chat_conversations set fence = fence + 1 where id = $1 returning id", burst.conversation_id)
    with pytest.raises(StaleFenceError):
        await shop.answer(burst)
    assert await shop.rows("select 1 from handoffs") == []


async def test_what_the_model_tells_about_the_customer_goes_into_the_handoff_cut_to_size(
    shop: Shop, sandbox: Sandbox
) -> None:
    await sandbox.script(call("derivhumano", reason="r" * 2000, summary="s" * 2000, contact_name="Ana"))
    await shop.ask("ayuda")
    (row,) = await shop.rows("select reason, details from handoffs")
    assert len(row["reason"]) == 500
    assert json.loads(row["details"]) == {"contact_name": "Ana", "summary": "s" * 500}


async def test_a_person_is_called_even_without_a_reason(shop: Shop, sandbox: Sandbox) -> None:
    await sandbox.script(call("derivhumano"))
    assert isinstance(await shop.ask("ayuda"), HandedOff)
    assert await shop.rows("select reason from handoffs") == [{"reason": "El cliente pidió una persona"}]


async def test_bad_arguments_are_told_to_the_model_which_may_try_again(shop: Shop, sandbox: Sandbox) -> None:
    await sandbox.script(call("search_specific_products", numero=1), DONE)
    assert isinstance(await shop.ask("mi pedido?"), Answered)
    assert "q" in tool_texts(await sandbox.requests())[0]


async def test_the_same_customer_of_two_shops_is_handed_over_in_one(make_shop: MakeShop, sandbox: Sandbox) -> None:
    one, other = await make_shop(), await make_shop()
    await one.ask("Quiero hablar con una persona")
    assert isinstance(await other.ask("Tenés puntas?"), Answered)
    assert other.last is not None
    assert await other.lockout(other.last.conversation_id) is None
    assert await other.rows("select 1 from handoffs") == []


async def test_parallel_bursts_of_many_customers_each_hand_over_their_own(shop: Shop, sandbox: Sandbox) -> None:
    bursts = [await shop.burst("Quiero hablar con una persona", phone=f"+54911{n:08}") for n in range(8)]
    outcomes = await asyncio.gather(*(shop.answer(burst) for burst in bursts))
    assert all(isinstance(outcome, HandedOff) for outcome in outcomes)
    rows = await shop.rows("select conversation_id from handoffs")
    assert {row["conversation_id"] for row in rows} == {burst.conversation_id for burst in bursts}
    assert not any(isinstance(outcome, Failed) for outcome in outcomes)
