"""Messages in a row are one question, in the order in which they were written (S-017, architecture.md 3)."""

import asyncio
from datetime import UTC, datetime, timedelta

from tests.journeys.events import deliver, inbound
from tests.journeys.scripts import burst_of, reply, scenario, texts_of
from tests.service import eventually
from tests.system import System


async def test_five_quick_messages_are_one_run_of_the_model_and_one_to_four_bubbles(system: System) -> None:
    shop = await system.new_shop()
    customer = shop.customer()
    await system.script([scenario("", reply("una sola respuesta"))])
    texts = ["hola", "buenas", "tenés puntas", "talle 37", "de las rosas?"]

    for text in texts:
        await shop.say(customer, text)
    sends = await shop.answers(customer)

    runs = await system.model_runs("de las rosas?")
    assert [burst_of(run) for run in runs] == [texts]
    assert texts_of(sends) == ["una sola respuesta"]


async def test_five_quick_messages_to_the_demo_brain_get_one_to_four_bubbles(system: System) -> None:
    shop = await system.new_shop()
    customer = shop.customer()

    for text in ("hola!", "una consulta", "tenés puntas de danza", "talle 37", "gracias"):
        await shop.say(customer, text)
    sends = await shop.answers(customer)

    assert 1 <= len(sends) <= 4
    assert "Giselle" in "\n".join(texts_of(sends))


async def test_a_customer_who_never_stops_writing_is_answered_at_the_cap_and_every_message_once(system: System) -> None:
    shop = await system.new_shop()
    customer = shop.customer()
    await system.script([scenario("renglón", reply("te leo"))])
    texts = [f"renglón {n}" for n in range(16)]

    for text in texts:
        await shop.say(customer, text)
        await asyncio.sleep(0.2)  # always within the window of 0.4 s; the cap is 1.5 s
    sends = await shop.answers(customer, 2)

    runs = [burst_of(run) for run in await system.model_runs("renglón")]
    # One that a newer message superseded is read again, at the head of the next.
    answered = [run for run, later in zip(runs, [*runs[1:], []], strict=True) if later[: len(run)] != run]
    assert len(answered) >= 2
    assert [text for run in answered for text in run] == texts
    assert len(sends) == len(answered)


async def test_a_message_during_the_models_run_is_answered_together_with_the_one_before_and_once(
    system: System,
) -> None:
    shop = await system.new_shop()
    customer = shop.customer()
    slow, both = reply("a la primera", delay=1.5), reply("a ambas", delay=1.5)
    await system.script([scenario("tercera", reply("a la tercera")), scenario("segunda", both), scenario("", slow)])

    await shop.say(customer, "mi primera pregunta")
    await eventually(lambda: system.model_runs("mi primera pregunta"), what="the model's run")
    await shop.say(customer, "mi segunda pregunta")
    await eventually(lambda: system.model_runs("mi segunda pregunta"), what="the run of both")
    await shop.say(customer, "mi tercera pregunta")  # at most once: the answer to both goes out all the same
    await shop.answers(customer, 2)
    await shop.stays_at(customer, 2)

    assert texts_of(await shop.received(customer)) == ["a ambas", "a la tercera"]
    first, second, third = await system.model_runs("pregunta")
    assert burst_of(first) == ["mi primera pregunta"]
    assert burst_of(second) == ["mi primera pregunta", "mi segunda pregunta"]
    assert burst_of(third) == ["mi tercera pregunta"]
    assert "a ambas" in [message["content"] for message in third["body"]["messages"]]


async def test_messages_that_arrive_out_of_order_within_a_burst_are_read_in_the_order_of_writing(
    system: System,
) -> None:
    shop = await system.new_shop()
    customer = shop.customer()
    written = datetime.now(UTC) - timedelta(seconds=10)

    for place, text in ((3, "talle 37"), (1, "hola"), (2, "tenés puntas?")):
        await shop.say(customer, text, send_time=(written + timedelta(seconds=place)).isoformat())
    await shop.answers(customer)

    asked = (await system.model_runs("tenés puntas?"))[0]
    assert burst_of(asked) == ["hola", "tenés puntas?", "talle 37"]


async def test_a_message_that_the_provider_delivers_late_does_not_hold_up_or_repeat_anything(system: System) -> None:
    shop = await system.new_shop()
    customer = shop.customer()
    await system.script([scenario("demorado", reply("al demorado")), scenario("puntual", reply("al puntual"))])
    await system.fault("ycloud.webhook", "reorder", match={"from": customer})

    await shop.say(customer, "el mensaje demorado")
    await shop.say(customer, "el mensaje puntual")
    await shop.answers(customer)
    await shop.stays_at(customer, 1)

    assert [burst_of(run) for run in await system.model_runs("mensaje demorado")] == [
        ["el mensaje demorado", "el mensaje puntual"]
    ]


async def test_two_first_messages_of_a_new_customer_at_once_are_one_conversation_and_one_burst(system: System) -> None:
    shop = await system.new_shop()
    customer = shop.customer()
    await system.script([scenario("", reply("a los dos juntos"))])

    answers = await asyncio.gather(
        deliver(shop, inbound(shop, customer, "primer mensaje a la vez")),
        deliver(shop, inbound(shop, customer, "segundo mensaje a la vez")),
    )
    await shop.answers(customer)
    await shop.stays_at(customer, 1)

    assert [answer.json() for answer in answers] == [{"status": "accepted"}] * 2
    runs = await system.model_runs("mensaje a la vez")
    assert [sorted(burst_of(run)) for run in runs] == [["primer mensaje a la vez", "segundo mensaje a la vez"]]
    chats = (await system.admin(shop.tenant_id).get("/admin/chats")).json()["items"]
    assert len(chats) == 1


async def test_an_argentine_phone_with_and_without_its_nine_is_one_person_answered_where_she_wrote_from(
    system: System,
) -> None:
    shop = await system.new_shop()
    customer = shop.customer()
    without_nine = "+54" + customer.removeprefix("+549")
    await system.script([scenario("", reply("acá estoy"))])

    await shop.say(customer, "hola con nueve")
    await shop.answers(customer)
    await shop.say(without_nine, "hola sin nueve")
    await shop.bubbles(without_nine)
    await shop.settled(customer)

    assert len(await shop.received(customer)) == 1
    assert len(await shop.received(without_nine)) == 1
    assert len((await system.admin(shop.tenant_id).get("/admin/chats")).json()["items"]) == 1
