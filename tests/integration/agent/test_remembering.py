"""What the model is told of earlier, through the whole answer: what was shown, and what she said long ago."""

import pytest

from nexus.contracts.identity import phone_key
from nexus.orchestrator_service.chat.answer import Answering
from nexus.store.evaluation import put_past
from tests.integration.agent.booking import call
from tests.integration.agent.conftest import CUSTOMER, Sandbox, Shop


async def told(shop: Shop, sandbox: Sandbox, text: str) -> str:
    """She writes; the notes of the last message that the model read for it."""
    before = len(await sandbox.requests())
    burst = await shop.burst(text)
    await Answering(shop.settings, shop.pool, shop.cache, shop.room).answer(shop.id, burst.id, burst.fence)
    messages = (await sandbox.requests())[before]["body"]["messages"]
    return str(messages[-1]["content"])


@pytest.mark.parametrize("redis_lost", [False, True])
async def test_the_second_is_the_second_that_was_shown_also_when_redis_forgot_it(
    shop: Shop, sandbox: Sandbox, redis_lost: bool
) -> None:
    cards = {"bubbles": [{"text": "Mirá estas", "product_id": 51002}, {"text": "y estas", "product_id": 51001}]}
    await sandbox.script(call("search_specific_products", q="zapatillas de punta"), {"reply": cards})
    await told(shop, sandbox, "mostrame puntas")
    if redis_lost:
        await shop.cache.delete(f"session:user:{shop.id}:{phone_key(CUSTOMER)}")

    notes = await told(shop, sandbox, "quiero el segundo")

    assert "en orden: 1) Zapatillas de punta Modelo Odette (id 51002); 2) Zapatillas de punta Modelo Giselle" in notes
    assert "el cliente habla de: Zapatillas de punta Modelo Giselle (id 51001)." in notes
    assert "Odette (id 51002)." in await told(shop, sandbox, "el de 72 mil en realidad")


async def test_what_she_said_thirty_messages_ago_is_a_note_and_no_message(shop: Shop, sandbox: Sandbox) -> None:
    await told(shop, sandbox, "hola")
    assert shop.last is not None
    old = [("customer", "me llamo Lucía y calzo 37"), ("bot", "me llamo Nexus"), *[("customer", "jaja")] * 30]
    await put_past(shop.id, shop.pool, shop.last.conversation_id, old, shop.last.messages[0].at)

    notes = await told(shop, sandbox, "tenés puntas?")

    assert "[Ahora es" in notes
    assert "Datos que el cliente dijo antes: se llama Lucía; calza 37." in notes
    body = (await sandbox.requests())[-1]["body"]["messages"]
    assert "calzo 37" not in str(body)
