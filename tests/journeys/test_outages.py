"""What we acknowledged is answered once, whatever dies meanwhile (S-015, S-058, S-064; architecture.md 1 and 3)."""

import asyncio
import json
import random
import uuid
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from typing import Any

import httpx
import pytest
import redis.asyncio as redis

from tests.journeys.events import deliver, inbound
from tests.journeys.scripts import reply, scenario, texts_of
from tests.journeys.test_chat_door import ask, question
from tests.service import Service, eventually
from tests.system import Shop, System


@asynccontextmanager
async def down(service: Service) -> AsyncIterator[None]:
    """The service is dead inside the block and answers again after it."""
    service.kill()
    try:
        yield
    finally:
        await service.restart()


def brain(system: System) -> Service:
    """The Orchestrator's process."""
    return system.services["orchestrator-service"]


def gateway(system: System) -> Service:
    """The WhatsApp Service's process."""
    return system.services["whatsapp-service"]


def pid_of(service: Service) -> int:
    """The process id of a service that runs."""
    assert service.process is not None
    return service.process.pid


async def parked(system: System, shop: Shop) -> int:
    """Bursts of the shop that were given up."""
    row = await system.one("select count(*) as n from bursts where tenant_id = $1 and state = 'parked'", shop.tenant_id)
    return int(row["n"])


@pytest.mark.timeout(170)
async def test_with_the_orchestrator_down_for_a_minute_messages_wait_and_are_answered_once_when_it_is_back(
    system: System,
) -> None:
    shop = await system.new_shop()
    early, late, direct = shop.customer(), shop.customer(), shop.customer()
    await system.script([scenario("llamada directa", reply("al directo", delay=1)), scenario("", reply("acá estoy"))])
    body = question(shop, direct, "una llamada directa")
    abandoned = asyncio.create_task(ask(system, body))
    await eventually(lambda: system.model_runs("una llamada directa"), what="the direct caller's run")

    async with down(brain(system)):
        await asyncio.gather(abandoned, return_exceptions=True)
        said = [await shop.say(early, "hola, temprano")]
        await asyncio.sleep(60)  # the outage itself
        said.append(await shop.say(late, "hola, tarde"))
        ready = (await system.gateway.get("/ready")).status_code
        silence = [await shop.received(customer) for customer in (early, late)]

    sends = [texts_of(await shop.answers(customer, within=80)) for customer in (early, late)]
    again = await eventually(lambda: _answered(system, body), within=40, every=0.5, what="the direct caller's answer")

    assert [one["delivery"]["body"]["status"] for one in said] == ["accepted", "accepted"]
    assert ready == 200
    assert silence == [[], []]
    assert sends == [["acá estoy"], ["acá estoy"]]
    assert [message["text"] for message in again["messages"]] == ["al directo"]
    assert await parked(system, shop) == 0


async def test_a_run_that_dies_with_its_orchestrator_is_run_again_and_answered_once(system: System) -> None:
    shop = await system.new_shop()
    customer = shop.customer()
    await system.script([scenario("se muere", reply("una respuesta", delay=1))])
    await shop.say(customer, "la corrida se muere")
    await eventually(lambda: system.model_runs("se muere"), what="the run")

    await brain(system).restart()
    sends = await shop.answers(customer)
    await shop.stays_at(customer, 1)

    assert texts_of(sends) == ["una respuesta"]
    assert len(await system.model_runs("se muere")) == 2


async def test_redis_forgetting_everything_during_a_run_costs_neither_an_answer_nor_a_second_one(
    system: System,
) -> None:
    shop = await system.new_shop()
    customer, paused = shop.customer(), shop.customer()
    await system.script([scenario("en plena", reply("una respuesta", delay=1)), scenario("", reply("hola"))])
    await shop.say(paused, "para pausar")
    await shop.answers(paused)
    chat = await shop.chat(paused)
    assert chat is not None
    path = f"/admin/conversations/{chat['id']}/human-override"
    (await system.admin(shop.tenant_id).post(path, json={"enabled": True})).raise_for_status()
    event = inbound(shop, customer, "en plena corrida")
    await deliver(shop, event)
    await eventually(lambda: system.model_runs("en plena corrida"), what="the run")

    cache = redis.Redis.from_url(system.valkey.url)
    await cache.flushall()
    await cache.aclose()
    copy = await deliver(shop, event)
    await shop.say(paused, "sigue en pausa?")
    await shop.answers(customer)
    await shop.stays_at(customer, 1)
    await shop.stays_at(paused, 1)

    assert copy.json()["status"] == "duplicate"
    assert len(await system.model_runs("en plena corrida")) == 1


async def test_without_valkey_everything_works_and_ready_says_degraded(system: System) -> None:
    shop = await system.new_shop()
    customer, other = shop.customer(), shop.customer()
    system.valkey.kill()
    try:
        event = inbound(shop, customer, "Tenés puntas de danza talle 37?")
        first, copy = await deliver(shop, event), await deliver(shop, event)
        sends = await shop.answers(customer)
        ready = [(await client.get("/ready")) for client in (system.gateway, system.brain)]
    finally:
        await system.valkey.start()
    await shop.say(other, "Tenés puntas de danza talle 37?")
    await shop.answers(other)

    async def well() -> bool:
        answers = [(await client.get("/ready")).json() for client in (system.gateway, system.brain)]
        return [answer["redis"] for answer in answers] == ["ok", "ok"]

    assert (first.json()["status"], copy.json()["status"]) == ("accepted", "duplicate")
    assert "49.900" in "\n".join(texts_of(sends))
    assert [answer.status_code for answer in ready] == [200, 200]
    assert [answer.json()["redis"] for answer in ready] == ["degraded", "degraded"]
    await eventually(well, what="ready without degradation")


@pytest.mark.timeout(150)
async def test_postgresql_killed_while_customers_write_loses_and_doubles_nothing(system: System) -> None:
    shop = await system.new_shop()
    writing = _Writers(system, shop, customers=6)
    await writing.begin()

    await asyncio.sleep(1.2)
    system.postgres.kill()
    try:
        refused = await eventually(lambda: _refused(shop), what="503 from the webhook")
        ready = [(await client.get("/ready")).status_code for client in (system.gateway, system.brain)]
        health = [(await client.get("/health")).status_code for client in (system.gateway, system.brain)]
    finally:
        await system.postgres.start()
    await writing.end()
    await _end_leases_of(system, pid_of(gateway(system)))

    assert int(refused.headers["Retry-After"]) > 0
    assert ready == [503, 503]
    assert health == [200, 200]
    await writing.all_answered_once()
    assert await parked(system, shop) == 0


@pytest.mark.timeout(170)
async def test_both_services_killed_at_random_while_ten_customers_write_lose_and_double_nothing(
    system: System,
) -> None:
    shop = await system.new_shop()
    writing = _Writers(system, shop, customers=10)
    chance = random.Random(20261123)  # the same moments in every run
    await writing.begin()

    for _ in range(2):
        for service in chance.sample([gateway(system), brain(system)], 2):
            await asyncio.sleep(chance.uniform(0.2, 1.0))
            dead = pid_of(service)
            await service.restart()
            await _end_leases_of(system, dead)
    await writing.end()

    await writing.all_answered_once()
    assert await parked(system, shop) == 0


class _Writers:
    """Customers who write three messages each with pauses; the model's answer names the message that it answers."""

    def __init__(self, system: System, shop: Shop, *, customers: int) -> None:
        self.system, self.shop = system, shop
        self.customers = {
            shop.customer(): [f"marca-{uuid.uuid4().hex[:8]}" for _ in range(3)] for _ in range(customers)
        }
        self.delivered: set[str] = set()
        self._tasks: list[asyncio.Task[None]] = []

    async def begin(self) -> None:
        """Everybody writes; wait until the first is being answered."""
        marks = [mark for marks in self.customers.values() for mark in marks]
        await self.system.script([scenario(mark, reply(f"respuesta a {mark}", delay=0.3)) for mark in marks])
        self._tasks = [asyncio.create_task(self._write(*one)) for one in self.customers.items()]
        await eventually(lambda: self.system.model_runs("marca-"), what="the first run")

    async def end(self) -> None:
        """Wait until all have written."""
        await asyncio.gather(*self._tasks)

    async def all_answered_once(self) -> None:
        """What was acknowledged is in an answered burst whose one bubble arrived once, or is honestly unknown."""
        for customer in self.customers:
            await eventually(partial(self._quiet, customer), within=70, every=0.5, what=f"peace for {customer}")
        unknown = await self.system.one(
            """select coalesce(array_agg(content), '{}') as contents from chat_messages
               where tenant_id = $1 and provider_status = 'unknown'""",
            self.shop.tenant_id,
        )
        for customer, marks in self.customers.items():
            texts = texts_of(await self.shop.received(customer))
            assert [text for text, times in Counter(texts).items() if times > 1] == []
            answered = await self._marks_of_answered_bursts(customer)
            assert set(answered) == set(marks) & self.delivered
            for newest in set(answered.values()):
                expected = f"respuesta a {newest}"
                assert (expected in texts) or expected in unknown["contents"], (expected, texts)

    async def _write(self, customer: str, marks: list[str]) -> None:
        for mark in marks:
            event = inbound(self.shop, customer, f"consulta {mark}")
            await eventually(partial(self._accepted, event), within=60, every=0.3, what="an acknowledgement")
            self.delivered.add(mark)
            await asyncio.sleep(0.9)

    async def _accepted(self, event: dict[str, Any]) -> bool:
        """As the provider: again and again until a 2xx."""
        try:
            return (await deliver(self.shop, event)).status_code == 200
        except httpx.HTTPError:
            return False

    async def _quiet(self, customer: str) -> bool:
        row = await self.system.one(
            """select c.claim_at is null and not exists (select 1 from chat_messages m where m.conversation_id = c.id
                      and (m.provider_status in ('pending', 'sending') or (m.role = 'user' and m.burst_id is null)))
                      as quiet
               from chat_conversations c where c.tenant_id = $1 and c.external_user_id = $2""",
            self.shop.tenant_id,
            "54" + customer[-10:],
        )
        return bool(row["quiet"])

    async def _marks_of_answered_bursts(self, customer: str) -> dict[str, str]:
        """Each mark the customer wrote, with the newest mark of its burst: the one that the answer names."""
        row = await self.system.one(
            """select coalesce(jsonb_object_agg(split_part(m.content, ' ', 2), newest.mark), '{}')::text as marks
               from chat_messages m join bursts b on b.id = m.burst_id and b.state = 'answered'
               join chat_conversations c on c.id = m.conversation_id and c.external_user_id = $2
               cross join lateral (select split_part(n.content, ' ', 2) as mark from chat_messages n
                   where n.burst_id = b.id and n.role = 'user' order by n.sent_at desc, n.seq desc limit 1) newest
               where m.tenant_id = $1 and m.role = 'user'""",
            self.shop.tenant_id,
            "54" + customer[-10:],
        )
        return dict(json.loads(row["marks"]))


async def _end_leases_of(system: System, pid: int) -> None:
    """As if 30 s had passed for what a process held; that leases really end by time, the outage above shows."""
    await system.one(
        """update chat_conversations
           set lease_until = case when lease_owner like $1 then clock_timestamp() else lease_until end,
               outbox_lease_until = case when outbox_owner like $1 then clock_timestamp() else outbox_lease_until end
           where lease_owner like $1 or outbox_owner like $1 returning id""",
        f"%:{pid}",
    )


async def _refused(shop: Shop) -> Any:
    answer = await deliver(shop, inbound(shop, shop.customer(), "con la base caída"))
    return answer if answer.status_code == 503 else None


async def _answered(system: System, body: dict[str, Any]) -> Any:
    answer = await ask(system, body)
    return answer.json() if answer.status_code == 200 else None
