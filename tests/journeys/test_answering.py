"""A customer's text is answered from the shop (contract.md 3 and 4; S-031 to S-039, S-105)."""

import httpx
import redis.asyncio as redis

from tests.journeys.scripts import reply, scenario, texts_of
from tests.service import NO_TLS
from tests.system import INTERNAL_TOKEN, Shop, System

GISELLE_LINK = "https://danzademo.mitiendanube.com/productos/zapatillas-de-punta-modelo-giselle/"


async def test_a_text_is_answered_with_a_real_products_price_image_and_link(system: System) -> None:
    shop = await system.new_shop()
    customer = shop.customer()

    said = await shop.say(customer, "Tenés puntas de danza talle 37?")
    sends = await shop.answers(customer)

    assert said["delivery"] == {"status": 200, "body": {"status": "accepted"}}
    assert 1 <= len(sends) <= 4
    text = "\n".join(texts_of(sends))
    assert "Zapatillas de punta Modelo Giselle" in text
    assert "49.900" in text
    assert GISELLE_LINK in text
    (picture,) = [send["image_url"] for send in sends if send["type"] == "image"]
    async with httpx.AsyncClient(verify=NO_TLS, trust_env=False) as client:
        shown = await client.get(picture)
    assert shown.headers["content-type"] in ("image/png", "image/jpeg")
    assert {message["status"] for message in await shop.thread(customer) if message["role"] == "assistant"} <= {
        "sent",
        "delivered",
        "read",
    }


async def test_a_name_and_price_changed_in_the_shop_are_those_of_the_next_answer_even_of_a_remembered_search(
    system: System,
) -> None:
    shop = await system.new_shop()
    before = await _asked_for_canvas_shoes(shop)
    cache = redis.Redis.from_url(system.valkey.url)
    remembered = [key async for key in cache.scan_iter("cache:tool:*")]
    await cache.aclose()

    changes = {"name": {"es": "Media punta Aurora de lona"}, "price": "21999.00"}
    await system.sandbox.patch(f"/sandbox/shops/{shop.store_id}/products/51003", json=changes)
    after = await _asked_for_canvas_shoes(shop)

    assert remembered
    assert "18.500" in before
    assert "Aurora" not in before
    assert "21.999" in after
    assert "Media punta Aurora de lona" in after
    assert "18.500" not in after


async def test_a_question_that_leaves_the_product_out_is_answered_from_memory(system: System) -> None:
    shop = await system.new_shop()
    customer = shop.customer()
    await shop.say(customer, "Tenés puntas de danza talle 37?")
    first = await shop.answers(customer)

    await shop.say(customer, "y en 39?")
    later = (await shop.answers(customer, len(first) + 1))[len(first) :]

    assert "Giselle" in "\n".join(texts_of(later))


async def test_the_model_remembers_exactly_the_newest_twenty_messages_before_the_burst(system: System) -> None:
    shop = await system.new_shop()
    customer = shop.customer()
    await system.script([scenario("memoria", reply("respuesta de memoria"))])
    for n in range(12):
        body = {"from_number": customer, "to_number": shop.number, "text": f"memoria {n}"}
        answer = await system.brain.post(
            "/chat",
            json=body | {"provider_message_id": f"wamid.memoria.{shop.tenant_id}.{n}"},
            headers={"X-Internal-Token": INTERNAL_TOKEN},
        )
        assert answer.status_code == 200

    newest = (await system.model_runs("memoria 11"))[-1]["body"]["messages"]
    spoken = [message["content"] for message in newest if message["role"] in ("user", "assistant")]
    assert len(spoken) == 21
    assert spoken[0] == "memoria 1"
    assert spoken[-1].startswith("memoria 11")


async def test_an_order_is_told_to_the_phone_on_it_and_denied_to_any_other(system: System) -> None:
    shop = await system.new_shop()
    buyer, stranger = "+5491155500001", shop.customer()

    await shop.say(buyer, "Dónde está mi pedido 101?")
    await shop.say(stranger, "Dónde está mi pedido 101?")
    told = "\n".join(texts_of(await shop.answers(buyer)))
    denied = "\n".join(texts_of(await shop.answers(stranger)))

    assert "101" in told
    assert "no encontr" not in told.lower()
    assert "no encontr" in denied.lower()


async def _asked_for_canvas_shoes(shop: Shop) -> str:
    customer = shop.customer()
    await shop.say(customer, "Tenés media punta de lona?")
    return "\n".join(texts_of(await shop.answers(customer)))
