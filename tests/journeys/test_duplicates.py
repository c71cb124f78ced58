"""However often the provider tells us the same thing, the customer is answered once (S-013 to S-016)."""

import asyncio
import json
import uuid

import pytest
import redis.asyncio as redis

from tests.journeys.events import deliver, inbound, signature
from tests.journeys.scripts import reply, scenario
from tests.system import Shop, System

LAST_RETRY = 5 * 3600 + 36 * 60


async def test_the_same_event_again_is_a_duplicate_and_answered_once(system: System) -> None:
    shop = await system.new_shop()
    customer = shop.customer()
    await system.script([scenario("", reply("una vez"))])
    event = inbound(shop, customer, "el mismo evento dos veces")

    first = await deliver(shop, event)
    second = await deliver(shop, event)
    await shop.answers(customer)
    third = await deliver(shop, event)
    await shop.stays_at(customer, 1)

    assert [answer.json()["status"] for answer in (first, second, third)] == ["accepted", "duplicate", "duplicate"]
    assert [answer.status_code for answer in (first, second, third)] == [200, 200, 200]


async def test_the_same_wamid_under_another_event_id_is_a_duplicate_with_and_without_redis_knowing(
    system: System,
) -> None:
    shop = await system.new_shop()
    customer = shop.customer()
    await system.script([scenario("", reply("una vez"))])
    ids = {"wamid": f"wamid.{uuid.uuid4().hex}", "id": uuid.uuid4().hex}

    first = await deliver(shop, inbound(shop, customer, "mismo wamid", **ids))
    await shop.answers(customer)
    second = await deliver(shop, inbound(shop, customer, "mismo wamid", **ids))
    await _forget_everything(system)
    third = await deliver(shop, inbound(shop, customer, "mismo wamid", **ids))
    await shop.stays_at(customer, 1)

    assert [answer.json()["status"] for answer in (first, second, third)] == ["accepted", "duplicate", "duplicate"]
    assert len(await system.model_runs("mismo wamid")) == 1


async def test_of_twenty_parallel_copies_one_is_accepted_and_answered_once(system: System) -> None:
    shop = await system.new_shop()
    customer = shop.customer()
    await system.script([scenario("", reply("una vez"))])
    event = inbound(shop, customer, "veinte copias")

    answers = await asyncio.gather(*(deliver(shop, event) for _ in range(20)))
    await shop.answers(customer)
    await shop.stays_at(customer, 1)

    assert [answer.status_code for answer in answers] == [200] * 20
    assert sorted(answer.json()["status"] for answer in answers) == ["accepted"] + ["duplicate"] * 19
    assert len(await system.model_runs("veinte copias")) == 1


async def test_a_copy_five_hours_and_36_minutes_old_with_its_old_signature_is_known_and_a_lost_one_is_answered(
    system: System,
) -> None:
    shop = await system.new_shop()
    customer, late = shop.customer(), shop.customer()
    await system.script([scenario("", reply("una vez"))])
    event = inbound(shop, customer, "llegó a tiempo")
    await deliver(shop, event)
    await shop.answers(customer)
    await _forget_everything(system)

    copy = await deliver(shop, event, age=LAST_RETRY)
    first_heard = await deliver(shop, inbound(shop, late, "llegó tarde"), age=LAST_RETRY)
    await shop.answers(late)
    await shop.stays_at(customer, 1)

    assert (copy.status_code, copy.json()["status"]) == (200, "duplicate")
    assert (first_heard.status_code, first_heard.json()["status"]) == (200, "accepted")


@pytest.mark.parametrize(
    "fault",
    [
        "missing",
        "said twice",
        "not a signature",
        "no time",
        "uppercase digest",
        "trailing dot",
        "other secret",
        "cut body",
    ],
)
async def test_a_forged_missing_or_malformed_signature_is_401_and_nothing_follows(shop: Shop, fault: str) -> None:
    customer = shop.customer()
    raw = json.dumps(inbound(shop, customer, "no soy YCloud")).encode()
    good = signature(shop.secret, raw)
    header = {
        "missing": "",
        "said twice": f"{good},{good}",
        "not a signature": "t=now,s=nothing",
        "no time": good.split(",")[1],
        "uppercase digest": good.split("s=")[0] + "s=" + good.split("s=")[1].upper(),
        "trailing dot": signature(shop.secret, raw + b"."),
        "other secret": signature("whsec_forged", raw),
        "cut body": signature(shop.secret, raw[:-1]),
    }[fault]

    answer = await deliver(shop, raw, header=header)

    assert answer.status_code == 401
    assert answer.json()["error"]["code"] == "invalid_signature"
    assert await shop.chat(customer) is None
    assert await shop.received(customer) == []


@pytest.mark.parametrize("age", [25_201 + 5, -301 - 5])
async def test_a_signature_later_than_seven_hours_or_five_minutes_ahead_is_401(shop: Shop, age: int) -> None:
    customer = shop.customer()

    answer = await deliver(shop, inbound(shop, customer, "fuera de hora"), age=age)

    assert answer.status_code == 401
    assert await shop.chat(customer) is None


async def test_a_webhook_that_the_provider_duplicates_drops_and_delays_is_answered_once(system: System) -> None:
    shop = await system.new_shop()
    await system.script([scenario("", reply("una vez"))])
    customers = {kind: shop.customer() for kind in ("duplicate", "drop", "delay")}
    for kind, customer in customers.items():
        await system.fault("ycloud.webhook", kind, match={"from": customer})

    await asyncio.gather(*(shop.say(customer, f"con {kind}") for kind, customer in customers.items()))

    for customer in customers.values():
        await shop.answers(customer)
        await shop.stays_at(customer, 1, seconds=0.3)


async def _forget_everything(system: System) -> None:
    cache = redis.Redis.from_url(system.valkey.url)
    await cache.flushall()
    await cache.aclose()
