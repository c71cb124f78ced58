"""Whoever of the shop writes, from wherever, silences the bot; nothing else does, our own sends least (S-043)."""

import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.journeys.events import deliver
from tests.journeys.people import (
    bot_answered_before,
    chat_of,
    inbox_says,
    item,
    items,
    last_burst,
    owner_says,
    paused_until,
    settings,
    write,
)
from tests.journeys.scripts import reply, scenario, texts_of
from tests.service import eventually
from tests.system import INTERNAL_TOKEN, Shop, System


async def _slow_run_begins(system: System, shop: Shop, customer: str) -> None:
    await system.script([scenario("una pregunta lenta", reply("la respuesta de la corrida", delay=1.5))])
    await shop.say(customer, "una pregunta lenta")
    await eventually(lambda: system.model_runs("una pregunta lenta"), what="the model's run")


async def _by_phone(shop: Shop, customer: str, text: str) -> None:
    await owner_says(shop, customer, text)


async def _by_phone_under_the_sdks_name(shop: Shop, customer: str, text: str) -> None:
    await owner_says(shop, customer, text, shape="created")


async def _by_inbox(shop: Shop, customer: str, text: str) -> None:
    await inbox_says(shop, customer, text)


PEOPLE = pytest.mark.parametrize(
    ("says", "cause"),
    [(_by_phone, "phone_echo"), (_by_phone_under_the_sdks_name, "phone_echo"), (_by_inbox, "inbox_reply")],
)


@PEOPLE
async def test_a_person_who_writes_while_the_model_runs_keeps_its_answer_back(
    system: System, says: Any, cause: str
) -> None:
    shop = await system.new_shop()
    customer = shop.customer()
    await bot_answered_before(system, shop, customer)
    await _slow_run_begins(system, shop, customer)

    await says(shop, customer, "te contesto yo")
    await shop.stays_at(customer, 1)

    assert await last_burst(shop, customer) == ("ignored", "lockout_began")
    assert (await chat_of(shop, customer))["override_cause"] == cause


@pytest.mark.parametrize(("says", "cause"), [(_by_phone, "phone_echo"), (_by_inbox, "inbox_reply")])
async def test_a_person_who_writes_between_two_bubbles_stops_those_that_have_not_left(
    system: System, says: Any, cause: str
) -> None:
    shop = await system.new_shop()
    customer = shop.customer()
    await system.script([scenario("", reply("la primera", "la segunda", "la tercera"))])
    await system.fault("ycloud.send", "delay", seconds=1.5, match={"to": customer})

    await shop.say(customer, "hola", send_time=(datetime.now(UTC) - timedelta(minutes=1)).isoformat())
    await eventually(lambda: _bot_says(shop, customer), what="the stored reply")
    await says(shop, customer, "sigo yo")
    await shop.stays_at(customer, 1)

    assert texts_of(await shop.received(customer)) == ["la primera"]
    states = {message["content"]: message["status"] for message in await shop.thread(customer)}
    assert (states["la segunda"], states["la tercera"]) == ("discarded", "discarded")
    assert (await chat_of(shop, customer))["override_cause"] == cause


async def test_a_reply_from_ycloud_s_inbox_is_one_line_of_the_thread_and_pauses_as_any_person_would(
    system: System,
) -> None:
    shop = await system.new_shop()
    customer = shop.customer()
    await bot_answered_before(system, shop, customer)

    await inbox_says(shop, customer, "Hola, soy Marta desde la web")
    await shop.say(customer, "gracias Marta")
    await shop.stays_at(customer, 1)
    await eventually(lambda: _state_of(shop, customer, "Hola, soy Marta desde la web", "read"), what="its last status")

    chat = await chat_of(shop, customer)
    until = await paused_until(shop, customer)
    assert until is not None
    assert timedelta(hours=23) < until - datetime.now(UTC) <= timedelta(hours=24)
    assert (chat["override_cause"], chat["unread"]) == ("inbox_reply", 1)
    said = [message["content"] for message in await shop.thread(customer) if message["role"] == "human_supervisor"]
    assert said == ["Hola, soy Marta desde la web"]


async def test_where_inbox_replies_do_not_pause_they_are_stored_and_the_bot_goes_on(system: System) -> None:
    shop = await system.new_shop()
    customer = shop.customer()
    await settings(shop, inbox_replies_pause=False)
    await bot_answered_before(system, shop, customer)

    await inbox_says(shop, customer, "Un mensaje del flujo de YCloud")
    await shop.say(customer, "sigo acá")
    await shop.answers(customer, 2)

    assert await paused_until(shop, customer) is None
    assert "Un mensaje del flujo de YCloud" in [message["content"] for message in await shop.thread(customer)]


@pytest.mark.parametrize(
    "campaign",
    [{"template": "seguimiento"}, {"text": "Tu código es 123456", "biz_type": "verify"}],
    ids=["template", "verification"],
)
async def test_a_campaign_and_a_code_are_kept_as_what_she_received_and_pause_nothing(
    system: System, campaign: dict[str, Any]
) -> None:
    shop = await system.new_shop()
    customer = shop.customer()
    await bot_answered_before(system, shop, customer)

    await inbox_says(shop, customer, **campaign)
    await shop.say(customer, "me llegó algo")
    await shop.answers(customer, 2)

    assert await paused_until(shop, customer) is None
    shown = [message for message in await shop.thread(customer) if message["author"] == "human"]
    assert [message["type"] for message in shown] == ["template" if "template" in campaign else "text"]


async def test_our_own_sends_are_taken_for_nobody_elses_though_their_status_comes_before_their_answer(
    system: System,
) -> None:
    shop = await system.new_shop()
    customer = shop.customer()
    await system.script([scenario("", reply("hola", "va"))])
    await system.fault("ycloud.send", "hang_after_accept", seconds=1.5, match={"to": customer})

    await shop.say(customer, "hola")
    await shop.answers(customer, 2)
    await eventually(lambda: _state_of(shop, customer, "va", "read"), what="the last status")
    await shop.say(customer, "y otra cosa")
    await shop.answers(customer, 4)

    assert await paused_until(shop, customer) is None
    assert [m["author"] for m in await shop.thread(customer)] == ["customer", "bot", "bot", "customer", "bot", "bot"]


@pytest.mark.parametrize("known_by", ["externalId", "id", "wamid"])
async def test_an_echo_of_what_the_bot_or_the_shops_systems_sent_pauses_nothing(
    system: System, shop: Shop, known_by: str
) -> None:
    customer = shop.customer()
    await bot_answered_before(system, shop, customer)
    headers = {"X-Internal-Token": INTERNAL_TOKEN, "X-Tenant-ID": str(shop.tenant_id)}
    body = {"to": customer, "text": "Tu pedido salió", "client_ref": uuid.uuid4().hex}
    (await system.gateway.post("/messages/send", json=body, headers=headers)).raise_for_status()

    answers = []
    for sent in await shop.bubbles(customer, 2):
        told = {"externalId": sent["external_id"], "id": sent["id"], "wamid": sent["wamid"]}
        ids = {"id": uuid.uuid4().hex, "wamid": f"wamid.{uuid.uuid4().hex}"} | {known_by: told[known_by]}
        answers.append((await deliver(shop, _echo(shop, customer, sent["text"], **ids))).json())
    await shop.say(customer, "gracias!")
    await shop.answers(customer, 3)

    assert answers == [{"status": "ignored"}] * 2
    assert await paused_until(shop, customer) is None


async def test_the_words_of_the_bot_written_by_a_person_are_a_persons(system: System, shop: Shop) -> None:
    customer = shop.customer()
    await bot_answered_before(system, shop, customer)

    await owner_says(shop, customer, "soy el bot")

    assert await paused_until(shop, customer) is not None


async def test_a_greeting_is_the_apps_own_only_at_once_and_only_where_the_shop_says_so(system: System) -> None:
    shop, other = await system.new_shop(), await system.new_shop()
    late, strict = shop.customer(), other.customer()
    await settings(other, ignore_app_greeting=False)
    await system.script([scenario("", reply("soy el bot", delay=0.5))])

    await shop.say(late, "hola", send_time=(datetime.now(UTC) - timedelta(seconds=10)).isoformat())
    await owner_says(shop, late, "Hola, soy Marta")
    await other.say(strict, "hola, primera vez")
    await owner_says(other, strict, "¡Gracias por escribirnos!")
    await shop.stays_at(late, 0)
    await other.stays_at(strict, 0)

    assert await paused_until(shop, late) is not None
    assert await paused_until(other, strict) is not None


async def test_the_apps_history_is_kept_in_its_place_never_answered_and_silences_nobody(system: System) -> None:
    shop = await system.new_shop()
    customer = shop.customer()
    await shop.say(customer, "hola hoy")
    await shop.answers(customer)
    answered = len(await shop.received(customer))
    runs = len(await system.model_runs())

    told = await _history(shop, customer, days=3)
    await shop.stays_at(customer, answered)
    await shop.say(customer, "te acordás?")
    await shop.answers(customer, answered + 1)

    assert {event["delivery"]["status"] for event in told} == {200}
    contents = [message["content"] for message in await shop.thread(customer)]
    assert contents[:4] == ["tenés puntas?", "sí, de la 35 a la 40", "paso mañana", "hola hoy"]
    assert await paused_until(shop, customer) is None
    asked = (await system.model_runs("te acordás?"))[0]
    said = [message["content"] for message in asked["body"]["messages"]]
    assert "[Lo escribió una persona del equipo] sí, de la 35 a la 40" in said
    assert len(await system.model_runs()) > runs


async def test_history_of_a_customer_who_never_wrote_to_us_opens_no_window(system: System) -> None:
    shop = await system.new_shop()
    customer = shop.customer()

    await _history(shop, customer, days=3)
    await _history(shop, customer, days=3)  # WhatsApp repeats chunks
    await shop.stays_at(customer, 0)

    refused = await write(shop, customer, "ref-history", text="hola de nuevo")
    assert (refused.status_code, refused.json()["error"]["code"]) == (409, "window_closed")
    assert len(await shop.thread(customer)) == 3


async def test_a_picture_from_the_shops_phone_is_kept_and_shown_as_a_persons(system: System) -> None:
    shop = await system.new_shop()
    customer = shop.customer()

    await owner_says(shop, customer, media_id="foto-zapatilla", caption="mirá esta")
    await eventually(lambda: _picture_kept(shop, customer), what="the picture")

    shown = await item(shop, customer, "image")
    opened = await system.admin(shop.tenant_id).get(shown["media"]["url"])
    original = await system.sandbox.get("/sandbox/media/foto-zapatilla")
    assert (shown["role"], shown["content"]) == ("human_supervisor", "mirá esta")
    assert opened.content == original.content


@pytest.mark.parametrize("shape", ["edit", "revoke"])
async def test_what_a_person_edits_or_deletes_on_the_phone_breaks_nothing_and_is_a_persons_doing(
    system: System, shop: Shop, shape: str
) -> None:
    customer = shop.customer()
    await owner_says(shop, customer, "Hola, soy Marta")

    told = await owner_says(shop, customer, "Hola, soy Marta!", shape=shape)
    await shop.say(customer, "hola Marta")
    await shop.stays_at(customer, 0)

    assert told["delivery"] == {"status": 200, "body": {"status": "accepted"}}
    assert len(await items(shop, customer, "text")) == 2
    assert (await system.gateway.get("/ready")).status_code == 200


def _echo(shop: Shop, customer: str, text: str, **fields: Any) -> dict[str, Any]:
    """`whatsapp.smb.message.echoes` of a text."""
    shop.system.spoken.add(text)
    message = {
        "from": shop.number,
        "to": customer,
        "type": "text",
        "text": {"body": text},
        "status": "sent",
        "sendTime": datetime.now(UTC).isoformat(),
    }
    return {
        "id": f"evt_{uuid.uuid4().hex}",
        "type": "whatsapp.smb.message.echoes",
        "apiVersion": "v2",
        "createTime": datetime.now(UTC).isoformat(),
        "whatsappMessage": message | fields,
    }


async def _history(shop: Shop, customer: str, *, days: float) -> list[dict[str, Any]]:
    """Three old messages and a chunk that only tells the progress; the events' answers."""
    long_ago = datetime.now(UTC).replace(microsecond=0) - timedelta(days=days)
    lines = [("in", "tenés puntas?"), ("out", "sí, de la 35 a la 40"), ("in", "paso mañana")]
    shop.system.spoken.update(text for _, text in lines)
    messages = [
        {
            "direction": direction,
            "text": text,
            "send_time": (long_ago + timedelta(minutes=n)).isoformat(),
            "wamid": f"wamid.{customer}.{n}",
        }
        for n, (direction, text) in enumerate(lines)
    ]
    body = {"to": customer, "from": shop.number, "messages": messages}
    answer = await shop.system.sandbox.post("/sandbox/history", json=body)
    answer.raise_for_status()
    return list(answer.json()["events"])


async def _bot_says(shop: Shop, customer: str) -> bool:
    return any(message["author"] == "bot" for message in await shop.thread(customer))


async def _state_of(shop: Shop, customer: str, content: str, state: str) -> bool:
    return (content, state) in [(message["content"], message["status"]) for message in await shop.thread(customer)]


async def _picture_kept(shop: Shop, customer: str) -> bool:
    found = await items(shop, customer, "image")
    return bool(found and found[-1]["media_state"] == "stored")
