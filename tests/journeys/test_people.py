"""A person takes over and the bot is silent, until it gets the conversation back (S-036, S-043 to S-047, S-086)."""

import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx

from tests.journeys.scripts import reply, scenario, texts_of
from tests.service import eventually
from tests.system import INTERNAL_TOKEN, Shop, System

WANTS_A_PERSON = "Quiero hablar con una persona"


async def test_who_asks_for_a_person_gets_one_message_the_team_one_mail_and_the_bot_is_silent(system: System) -> None:
    shop = await system.new_shop()
    customer, mailbox = shop.customer(), _address()
    await system.set_handoff(shop, destination_email=mailbox, handoff_message="Ya te contesta Marta.")

    await shop.say(customer, WANTS_A_PERSON, name="Lucía")
    sends = await shop.answers(customer)
    (mail,) = await eventually(lambda: _mails(system, mailbox), what="the mail")
    asked = len(await system.model_runs())
    await shop.say(customer, "hola? hay alguien?")
    await shop.say(customer, "tenés puntas talle 37?")
    await shop.stays_at(customer, 1)

    assert texts_of(sends) == ["Ya te contesta Marta."]
    assert "Lucía" in mail["subject"]
    assert WANTS_A_PERSON in mail["text"]
    assert len(await system.model_runs()) == asked
    chat = await _chat(shop, customer)
    assert chat["needs_human_since"] is not None
    assert timedelta(hours=23) < _until(chat) - datetime.now(UTC) <= timedelta(hours=24)
    stored = [message["content"] for message in await shop.thread(customer) if message["role"] == "user"]
    assert stored == [WANTS_A_PERSON, "hola? hay alguien?", "tenés puntas talle 37?"]
    assert await _last_burst(system, chat) == ("ignored", "lockout")
    assert len(await _mails(system, mailbox)) == 1


async def test_with_the_mail_server_down_the_customer_is_handed_off_and_the_mail_arrives_once_it_is_back(
    system: System,
) -> None:
    shop = await system.new_shop()
    customer, mailbox = shop.customer(), _address()
    await system.set_handoff(shop, destination_email=mailbox)
    await system.fault("smtp", "reset", times=1, match={"to": mailbox})

    await shop.say(customer, WANTS_A_PERSON)
    sends = await shop.answers(customer)
    failures = await eventually(lambda: shop.events("smtp_failed"), what="the smtp_failed event")
    before = await _mails(system, mailbox)
    await eventually(lambda: _mails(system, mailbox), within=25, what="the mail in the end")

    assert len(sends) == 1
    assert before == []
    assert failures[0]["level"] == "warn"
    assert len(await _mails(system, mailbox)) == 1
    assert _until(await _chat(shop, customer)) > datetime.now(UTC)


async def test_an_answer_from_the_owners_phone_pauses_the_bot_and_stands_in_the_thread_as_a_persons(
    system: System,
) -> None:
    shop = await system.new_shop()
    customer = shop.customer()
    await system.script([scenario("", reply("soy el bot"))])
    await shop.say(customer, "hola")
    await shop.answers(customer)

    echo = await _owner_says(shop, customer, "Hola, soy Marta, te ayudo yo")
    await shop.say(customer, "gracias Marta")
    await shop.stays_at(customer, 1)

    assert echo["delivery"] == {"status": 200, "body": {"status": "accepted"}}
    chat = await _chat(shop, customer)
    assert timedelta(hours=23) < _until(chat) - datetime.now(UTC) <= timedelta(hours=24)
    said = [(message["role"], message["content"]) for message in await shop.thread(customer)]
    assert ("human_supervisor", "Hola, soy Marta, te ayudo yo") in said
    assert await _last_burst(system, chat) == ("ignored", "lockout")


async def test_the_phone_apps_own_greeting_to_a_new_customer_does_not_pause_the_bot_but_the_next_echo_does(
    system: System,
) -> None:
    shop = await system.new_shop()
    customer = shop.customer()
    await system.script([scenario("", reply("soy el bot", delay=0.5))])

    await shop.say(customer, "hola, primera vez")
    await _owner_says(shop, customer, "¡Gracias por escribirnos! En breve te respondemos.")
    sends = await shop.answers(customer)
    await _owner_says(shop, customer, "Ahora sí soy Marta")
    await shop.say(customer, "hola Marta")
    await shop.stays_at(customer, 1)

    assert texts_of(sends) == ["soy el bot"]
    assert _until(await _chat(shop, customer)) > datetime.now(UTC)


async def test_an_echo_during_the_models_run_keeps_its_reply_back(system: System) -> None:
    shop = await system.new_shop()
    customer = shop.customer()
    await _bot_answered_before(system, shop, customer)
    await _run_begins(system, shop, customer, "una pregunta lenta")

    await _owner_says(shop, customer, "te contesto yo")
    await shop.stays_at(customer, 1)

    assert await _last_burst(system, await _chat(shop, customer)) == ("ignored", "lockout_began")


async def test_a_manual_message_is_sent_once_per_reference_and_pauses_the_bot(system: System) -> None:
    shop = await system.new_shop()
    customer = shop.customer()
    await _bot_answered_before(system, shop, customer)

    first = await _write(shop, customer, "Soy Marta, ¿te ayudo?", "ref-1")
    again = await _write(shop, customer, "Soy Marta, ¿te ayudo?", "ref-1")
    await shop.answers(customer, 2)
    await shop.say(customer, "sí, por favor")
    await shop.stays_at(customer, 2)

    assert first.status_code == again.status_code == 202
    assert first.json()["id"] == again.json()["id"]
    assert texts_of(await shop.received(customer))[1:] == ["Soy Marta, ¿te ayudo?"]
    assert _until(await _chat(shop, customer)) > datetime.now(UTC)


async def test_a_manual_message_during_a_run_is_sent_and_the_runs_reply_never(system: System) -> None:
    shop = await system.new_shop()
    customer = shop.customer()
    await _bot_answered_before(system, shop, customer)
    await _run_begins(system, shop, customer, "una pregunta lenta")

    await _write(shop, customer, "te contesto yo", "ref-run")
    await shop.answers(customer, 2)
    await shop.stays_at(customer, 2)

    assert texts_of(await shop.received(customer))[1:] == ["te contesto yo"]
    assert await _last_burst(system, await _chat(shop, customer)) == ("ignored", "lockout_began")


async def test_a_manual_message_between_two_bubbles_stops_the_bubble_that_has_not_left(system: System) -> None:
    shop = await system.new_shop()
    customer = shop.customer()
    await system.script([scenario("", reply("primera burbuja", "segunda burbuja"))])
    await system.fault("ycloud.send", "delay", match={"to": customer})

    await shop.say(customer, "hola, dos burbujas")
    await eventually(lambda: _bot_messages(shop, customer), what="the stored reply")
    await _write(shop, customer, "sigo yo", "ref-between")
    await shop.answers(customer, 2)
    await shop.stays_at(customer, 2)

    assert texts_of(await shop.received(customer)) == ["primera burbuja", "sigo yo"]
    states = {message["content"]: message["status"] for message in await shop.thread(customer)}
    assert states["segunda burbuja"] == "discarded"


async def test_a_handoff_from_the_panel_during_a_run_is_silence_and_a_mail(system: System) -> None:
    shop = await system.new_shop()
    customer, mailbox = shop.customer(), _address()
    await system.set_handoff(shop, destination_email=mailbox)
    await _bot_answered_before(system, shop, customer)
    await _run_begins(system, shop, customer, "una pregunta lenta")

    handed = await _act(shop, customer, "handoff", {"reason": "pedido grande"})
    (mail,) = await eventually(lambda: _mails(system, mailbox), what="the mail")
    await shop.stays_at(customer, 1)

    assert handed.status_code == 202
    assert "pedido grande" in mail["text"]
    chat = await _chat(shop, customer)
    assert _until(chat) > datetime.now(UTC)
    assert await _last_burst(system, chat) == ("ignored", "lockout_began")


async def test_given_back_without_answering_what_was_said_stays_said_and_the_next_message_is_answered(
    system: System,
) -> None:
    shop = await system.new_shop()
    customer = shop.customer()
    await _bot_answered_before(system, shop, customer)
    await _act(shop, customer, "human-override", {"enabled": True})
    await shop.say(customer, "dicho en la pausa")
    await shop.stays_at(customer, 1)

    given = await _act(shop, customer, "human-override", {"enabled": False})
    await shop.stays_at(customer, 1)
    await shop.say(customer, "dicho después")
    await shop.answers(customer, 2)

    assert given.json() == {"human_override_until": None}
    assert len(await shop.received(customer)) == 2
    assert (await _chat(shop, customer))["human_override_until"] is None


async def test_given_back_with_answer_pending_what_nobody_answered_is_answered_once(system: System) -> None:
    shop = await system.new_shop()
    customer = shop.customer()
    await _bot_answered_before(system, shop, customer)
    await _act(shop, customer, "human-override", {"enabled": True, "hours": 2})
    await shop.say(customer, "primera en la pausa")
    await shop.stays_at(customer, 1, seconds=0.3)
    await shop.say(customer, "segunda en la pausa")
    await shop.stays_at(customer, 1, seconds=0.3)
    await system.script([scenario("segunda en la pausa", reply("a lo que quedó pendiente"))])

    for _ in range(2):  # a double click
        await _act(shop, customer, "human-override", {"enabled": False, "answer_pending": True})
    await shop.answers(customer, 2)
    await shop.stays_at(customer, 2)

    (asked,) = await system.model_runs("segunda en la pausa")
    assert "primera en la pausa" in str(asked["body"]["messages"])
    assert texts_of(await shop.received(customer))[1:] == ["a lo que quedó pendiente"]


async def test_a_shop_whose_bot_is_off_stores_messages_and_says_nothing_until_it_is_on_again(system: System) -> None:
    shop = await system.new_shop()
    customer = shop.customer()
    await _switch_bot(shop, on=False)

    await shop.say(customer, "hola, con el bot apagado")
    await shop.stays_at(customer, 0)
    off = await _last_burst(system, await _chat(shop, customer))
    await _switch_bot(shop, on=True)
    await shop.say(customer, "hola de nuevo")
    await shop.answers(customer)

    assert off == ("ignored", "bot_off")
    assert (await shop.thread(customer))[0]["content"] == "hola, con el bot apagado"


async def test_a_bubble_of_the_shops_own_systems_is_sent_once_during_a_lockout_and_pauses_nothing(
    system: System,
) -> None:
    shop = await system.new_shop()
    customer, other = shop.customer(), shop.customer()
    await _bot_answered_before(system, shop, customer)
    await _bot_answered_before(system, shop, other)
    await _act(shop, customer, "human-override", {"enabled": True})
    headers = {"X-Internal-Token": INTERNAL_TOKEN, "X-Tenant-ID": str(shop.tenant_id)}
    body = {"to": customer, "text": "Tu pedido salió", "client_ref": "pedido-1"}

    answers = [await system.gateway.post("/messages/send", json=body, headers=headers) for _ in range(2)]
    second = await system.gateway.post(
        "/messages/send", json=body | {"to": other, "client_ref": "pedido-2"}, headers=headers
    )
    await shop.answers(customer, 2)
    await shop.stays_at(customer, 2)
    await shop.bubbles(other, 2)
    await shop.say(other, "gracias!")
    await shop.answers(other, 3)

    assert [answer.status_code for answer in (*answers, second)] == [202, 202, 202]
    assert answers[0].json()["id"] == answers[1].json()["id"]


async def test_free_text_more_than_a_day_after_the_customers_last_message_is_refused(system: System) -> None:
    shop = await system.new_shop()
    customer = shop.customer()
    yesterday = (datetime.now(UTC) - timedelta(hours=24, minutes=5)).isoformat()
    await shop.say(customer, "hola, ayer", send_time=yesterday)
    await eventually(lambda: shop.chat(customer), what="the chat")

    refused = await _write(shop, customer, "¿sigue interesada?", "ref-late")

    assert refused.status_code == 409
    assert refused.json()["error"]["code"] == "window_closed"
    assert "¿sigue interesada?" not in texts_of(await shop.received(customer))


async def _bot_answered_before(system: System, shop: Shop, customer: str) -> None:
    await system.script([scenario("", reply("soy el bot"))])
    await shop.say(customer, "hola")
    await shop.answers(customer)


async def _run_begins(system: System, shop: Shop, customer: str, text: str) -> None:
    """The customer writes and the model is thinking, for 1.5 s more."""
    await system.script([scenario(text, reply("la respuesta de la corrida", delay=1.5))])
    await shop.say(customer, text)
    await eventually(lambda: system.model_runs(text), what="the model's run")


async def _act(shop: Shop, customer: str, action: str, body: dict[str, Any]) -> httpx.Response:
    chat = await _chat(shop, customer)
    answer = await shop.system.admin(shop.tenant_id).post(f"/admin/conversations/{chat['id']}/{action}", json=body)
    answer.raise_for_status()
    return answer


async def _write(shop: Shop, customer: str, text: str, ref: str) -> httpx.Response:
    chat = await _chat(shop, customer)
    body = {"conversation_id": chat["id"], "text": text, "client_ref": ref}
    return await shop.system.admin(shop.tenant_id).post("/admin/messages/send", json=body)


async def _owner_says(shop: Shop, customer: str, text: str) -> dict[str, Any]:
    body = {"to": customer, "from": shop.number, "text": text}
    return dict((await shop.system.sandbox.post("/sandbox/owner/messages", json=body)).json())


async def _switch_bot(shop: Shop, *, on: bool) -> None:
    path = f"/admin/tenants/{shop.tenant_id}"
    (await shop.system.admin(shop.tenant_id).put(path, json={"bot_enabled": on})).raise_for_status()


async def _chat(shop: Shop, customer: str) -> dict[str, Any]:
    chat = await shop.chat(customer)
    assert chat is not None
    return chat


async def _bot_messages(shop: Shop, customer: str) -> list[dict[str, Any]]:
    return [message for message in await shop.thread(customer) if message["author"] == "bot"]


async def _last_burst(system: System, chat: dict[str, Any]) -> tuple[str, str]:
    row = await system.one(
        "select state, reason from bursts where conversation_id = $1 order by created_at desc limit 1", chat["id"]
    )
    return row["state"], row["reason"]


def _until(chat: dict[str, Any]) -> datetime:
    return datetime.fromisoformat(chat["human_override_until"])


def _address() -> str:
    return f"equipo-{uuid.uuid4().hex[:8]}@tienda.test"


async def _mails(system: System, to: str) -> list[dict[str, Any]]:
    mails = (await system.sandbox.get("/sandbox/mail")).json()["mails"]
    return [mail for mail in mails if to in str(mail["to"])]
