"""A pause lasts as long as it was given, ends by time or by hand, and may begin before anybody wrote (S-043)."""

from datetime import UTC, datetime, timedelta

from tests.journeys.people import act, bot_answered_before, chat_of, last_burst, owner_says, paused_until, settings
from tests.journeys.scripts import burst_of, reply, scenario, texts_of
from tests.system import System


async def test_a_pause_that_ends_by_time_re_opens_nothing_and_the_next_message_is_answered_alone(
    system: System,
) -> None:
    shop = await system.new_shop()
    customer = shop.customer()
    await bot_answered_before(system, shop, customer)
    await act(shop, customer, "human-override", enabled=True, hours=2.5 / 3600)
    await shop.say(customer, "dicho en la pausa")
    await shop.stays_at(customer, 1, seconds=3)
    await system.script([scenario("", reply("a lo nuevo"))])

    await shop.say(customer, "dicho después de la pausa")
    await shop.answers(customer, 2)

    runs = await system.model_runs("dicho después de la pausa")
    assert texts_of(await shop.received(customer))[1:] == ["a lo nuevo"]
    assert [burst_of(run)[-1] for run in runs] == ["dicho después de la pausa"]
    assert await system.model_runs("dicho en la pausa") == runs  # remembered, never asked for itself


async def test_a_shop_pauses_for_as_long_as_it_says(system: System) -> None:
    shop = await system.new_shop()
    customer = shop.customer()
    await settings(shop, lockout_hours=2)

    await owner_says(shop, customer, "Hola, soy Marta")

    until = await paused_until(shop, customer)
    assert until is not None
    assert timedelta(minutes=110) < until - datetime.now(UTC) <= timedelta(minutes=120)


async def test_a_person_begins_a_chat_with_somebody_who_never_wrote_and_her_answer_is_left_to_that_person(
    system: System,
) -> None:
    shop = await system.new_shop()
    by_phone, by_panel = shop.customer(), shop.customer()

    await owner_says(shop, by_phone, "Hola Ana, te escribo por tu pedido")
    opened = await system.admin(shop.tenant_id).post("/admin/conversations", json={"phone": by_panel, "name": "Bea"})
    await act(shop, by_panel, "human-override", enabled=True)
    for customer in (by_phone, by_panel):
        await shop.say(customer, "hola! contame")
    for customer in (by_phone, by_panel):
        await shop.stays_at(customer, 0)

    assert opened.status_code == 201
    assert (await chat_of(shop, by_panel))["id"] == opened.json()["id"]
    assert await last_burst(shop, by_panel) == ("ignored", "lockout")


async def test_given_back_after_an_echo_the_bot_answers_what_is_pending_or_only_what_comes(system: System) -> None:
    shop = await system.new_shop()
    waits, dropped = shop.customer(), shop.customer()
    for customer in (waits, dropped):
        await owner_says(shop, customer, "Hola, soy Marta")
        await shop.say(customer, "lo pendiente")
        await shop.settled(customer)
    await system.script([scenario("", reply("acá estoy"))])

    await act(shop, waits, "human-override", enabled=False, answer_pending=True)
    await act(shop, dropped, "human-override", enabled=False)
    await shop.answers(waits)
    await shop.stays_at(dropped, 0)
    await shop.say(dropped, "lo nuevo")
    await shop.answers(dropped)

    first, second = await system.model_runs("lo pendiente")
    assert burst_of(first) == ["lo pendiente"]
    assert burst_of(second)[-1] == "lo nuevo"
    assert len(await shop.received(waits)) == len(await shop.received(dropped)) == 1


async def test_a_handoff_while_the_shop_is_closed_says_when_somebody_will_answer(system: System) -> None:
    shop = await system.new_shop()
    customer = shop.customer()
    await system.set_handoff(shop, handoff_message="Te va a contestar una persona.")
    after_tomorrow = (datetime.now(UTC).weekday() + 2) % 7
    await settings(shop, business_hours=[{"day": after_tomorrow, "from": "09:00", "to": "18:00"}])

    await shop.say(customer, "Quiero hablar con una persona")
    (bubble,) = await shop.answers(customer)

    assert bubble["text"].startswith("Te va a contestar una persona.")
    assert bubble["text"].endswith("a partir de las 09:00.")
