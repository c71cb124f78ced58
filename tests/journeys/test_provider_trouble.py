"""YCloud refuses, limits, breaks or leaves us in the dark: sent once, or known to a person (architecture.md 4)."""

import pytest

from tests.journeys.scripts import reply, scenario, texts_of
from tests.service import eventually
from tests.system import Shop, System, free_port


async def _one_bubble(system: System) -> Shop:
    shop = await system.new_shop()
    await system.script([scenario("", reply("la única burbuja"))])
    return shop


async def _states(shop: Shop, customer: str) -> list[str]:
    return [message["status"] for message in await shop.thread(customer) if message["role"] == "assistant"]


async def _refused(shop: Shop, customer: str) -> list[int]:
    params = {"to": customer, "number": shop.number, "rejected": "1"}
    sends = (await shop.system.sandbox.get("/sandbox/ledger", params=params)).json()["sends"]
    return [send["http_status"] for send in sends]


async def _without_statuses(system: System, shop: Shop) -> None:
    """From now on the provider tells nothing of what became of a message, unless a test forces it to."""
    body = {
        "phone": shop.number,
        "api_key": shop.api_key,
        "webhook_url": f"http://127.0.0.1:{system.ports['gateway']}/webhook/ycloud",
        "webhook_secret": shop.secret,
        "statuses": False,
    }
    (await system.sandbox.post("/sandbox/numbers", json=body)).raise_for_status()


@pytest.mark.parametrize(("kind", "retry_after"), [("429", 1), ("503", None)])
async def test_a_refusal_that_means_later_is_tried_again_and_the_bubble_is_sent_once(
    system: System, kind: str, retry_after: int | None
) -> None:
    shop = await _one_bubble(system)
    customer = shop.customer()
    await system.fault("ycloud.send", kind, match={"to": customer}, retry_after=retry_after)

    await shop.say(customer, "hola")
    sends = await shop.answers(customer)
    await shop.stays_at(customer, 1)

    assert texts_of(sends) == ["la única burbuja"]
    assert await _refused(shop, customer) == [int(kind)]


async def test_after_three_refusals_the_bubble_has_failed_and_a_person_is_asked_for(system: System) -> None:
    shop = await _one_bubble(system)
    customer = shop.customer()
    await system.fault("ycloud.send", "429", match={"to": customer}, retry_after=1, times=-1)

    await shop.say(customer, "hola")
    await eventually(lambda: shop.events("send_failed"), what="the event")

    assert await _refused(shop, customer) == [429, 429, 429]
    assert await _states(shop, customer) == ["failed"]
    assert await shop.received(customer) == []
    assert await _needs_person(shop, customer) == "send_failed"


@pytest.mark.parametrize(("kind", "event"), [("400", "send_failed"), ("401", "whatsapp_health")])
async def test_a_refusal_for_good_is_not_tried_again_and_a_person_is_asked_for(
    system: System, kind: str, event: str
) -> None:
    shop = await _one_bubble(system)
    customer = shop.customer()
    await system.fault("ycloud.send", kind, match={"to": customer})

    await shop.say(customer, "hola")
    await eventually(lambda: shop.events(event), what="the event")
    await shop.stays_at(customer, 0)

    assert await _refused(shop, customer) == [int(kind)]
    assert await _states(shop, customer) == ["failed"]
    assert await _needs_person(shop, customer) == "send_failed"


@pytest.mark.parametrize("kind", ["500", "reset"])
async def test_a_send_whose_outcome_is_not_known_is_unknown_and_never_sent_again(system: System, kind: str) -> None:
    shop = await _one_bubble(system)
    customer = shop.customer()
    await system.fault("ycloud.send", kind, match={"to": customer})

    await shop.say(customer, "hola")
    await eventually(lambda: shop.events("send_unknown"), what="the event")
    await shop.stays_at(customer, 0, seconds=2)

    assert len(await _refused(shop, customer)) == 1
    assert await _states(shop, customer) == ["unknown"]


async def test_the_conversation_goes_on_after_an_unknown_bubble(system: System) -> None:
    shop = await _one_bubble(system)
    customer = shop.customer()
    await system.fault("ycloud.send", "500", match={"to": customer})
    await shop.say(customer, "hola")
    await eventually(lambda: shop.events("send_unknown"), what="the event")

    await shop.say(customer, "seguís ahí?")
    await shop.answers(customer)

    assert (await _states(shop, customer))[0] == "unknown"
    assert len(await shop.received(customer)) == 1


async def test_a_send_that_hangs_after_acceptance_is_settled_by_its_status_and_sent_once(system: System) -> None:
    shop = await _one_bubble(system)
    customer = shop.customer()
    await system.fault("ycloud.send", "hang_after_accept", match={"to": customer}, seconds=1.5)

    await shop.say(customer, "hola")
    await shop.bubbles(customer)

    async def read() -> bool:
        return await _states(shop, customer) == ["read"]

    await eventually(read, what="the bubble read")
    await shop.stays_at(customer, 1, seconds=1)
    assert await _states(shop, customer) == ["read"]
    assert await shop.events("send_unknown") == []


async def test_a_send_that_hangs_after_acceptance_without_any_status_is_unknown_until_one_comes(
    system: System,
) -> None:
    shop = await _one_bubble(system)
    customer = shop.customer()
    await _without_statuses(system, shop)
    await system.fault("ycloud.send", "hang_after_accept", match={"to": customer}, seconds=0.5)
    await shop.say(customer, "hola")
    await eventually(lambda: shop.events("send_unknown"), what="the event")
    before = await _states(shop, customer)

    (sent,) = await shop.received(customer)
    await system.sandbox.post(f"/sandbox/ledger/{sent['id']}/status", json={"status": "delivered"})
    await shop.stays_at(customer, 1)

    assert before == ["unknown"]
    assert await _states(shop, customer) == ["delivered"]


async def test_a_message_that_fails_after_it_was_sent_says_why_in_spanish_and_a_late_delivery_wins(
    system: System,
) -> None:
    shop = await _one_bubble(system)
    customer = shop.customer()
    await _without_statuses(system, shop)
    await shop.say(customer, "hola")
    (sent,) = await shop.answers(customer)
    told = f"/sandbox/ledger/{sent['id']}/status"

    await system.sandbox.post(told, json={"status": "failed", "error_code": "131047"})
    failed = [message for message in await shop.thread(customer) if message["role"] == "assistant"]
    needed = await _needs_person(shop, customer)
    await system.sandbox.post(told, json={"status": "delivered"})
    await system.sandbox.post(told, json={"status": "failed", "error_code": "131026"})

    assert (failed[0]["status"], failed[0]["status_reason"]["code"]) == ("failed", "131047")
    assert "24" in failed[0]["status_reason"]["message"]
    assert needed == "send_failed"
    assert await _states(shop, customer) == ["delivered"]


async def test_bubbles_wait_in_order_while_the_first_is_tried_again(system: System) -> None:
    shop = await system.new_shop()
    customer = shop.customer()
    await system.script([scenario("", reply("hola", "va", "chau"))])
    await system.fault("ycloud.send", "429", match={"to": customer}, retry_after=1)

    await shop.say(customer, "hola")
    sends = await shop.answers(customer, 3)

    assert texts_of(sends) == ["hola", "va", "chau"]


async def test_with_ycloud_refusing_connections_bubbles_wait_and_are_sent_once_when_it_is_back(system: System) -> None:
    shop = await _one_bubble(system)
    customer = shop.customer()
    gateway = system.services["whatsapp-service"]
    await gateway.restart(YCLOUD_BASE_URL=f"http://127.0.0.1:{free_port()}/ycloud/v2")
    try:
        await shop.say(customer, "hola")
        await eventually(lambda: _tried_in_vain(system, shop), what="a refused connection")
        before = await shop.received(customer)
    finally:
        await gateway.restart()
    sends = await shop.answers(customer)
    await shop.stays_at(customer, 1)

    assert before == []
    assert texts_of(sends) == ["la única burbuja"]


async def _tried_in_vain(system: System, shop: Shop) -> bool:
    row = await system.one(
        """select attempts from chat_messages
           where tenant_id = $1 and provider_status = 'pending' and next_attempt_at is not null""",
        shop.tenant_id,
    )
    return row is not None


async def _needs_person(shop: Shop, customer: str) -> str | None:
    chat = await shop.chat(customer)
    assert chat is not None
    assert chat["needs_human_since"] is not None
    reason: str | None = chat["needs_human_reason"]
    return reason
