"""One customer is one chat, whatever she is known by, and is answered exactly where she wrote from (ycloud.md 8.1)."""

import asyncio
import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.journeys.events import deliver, inbound
from tests.journeys.people import (
    act,
    chat_of,
    item,
    last_burst,
    owner_says,
    paused_until,
    register,
    speak,
    write,
)
from tests.journeys.scripts import burst_of, reply, scenario, texts_of
from tests.service import eventually
from tests.system import INTERNAL_TOKEN, Shop, System


def _user_id() -> str:
    return f"AR.{uuid.uuid4().hex[:16]}"


async def _chats(shop: Shop) -> list[dict[str, Any]]:
    answer = await shop.system.admin(shop.tenant_id).get("/admin/chats", params={"limit": 100})
    answer.raise_for_status()
    return list(answer.json()["items"])


async def _said(shop: Shop, key: str) -> list[str]:
    """What the customer wrote, in the thread's order."""
    return [message["content"] for message in await shop.thread(key) if message["role"] == "user"]


async def _reached_at(shop: Shop, phone: str) -> list[str]:
    """How each answer was addressed: the phone, or "user_id"."""
    return [send["recipient_type"] for send in await shop.received(phone)]


async def _answered(shop: Shop, phone: str, key: str, count: int) -> None:
    """A customer known by `key` received so many bubbles, and nothing of hers waits."""
    await shop.bubbles(phone, count)
    await shop.settled(key)


async def test_who_hides_her_phone_is_answered_by_her_user_id(system: System) -> None:
    shop = await system.new_shop()
    phone, user_id = shop.customer(), _user_id()
    await register(shop, phone, user_id=user_id, username="lucia.x", hidden_phone=True)
    await system.script([scenario("", reply("acá estoy"))])

    await shop.say(phone, "hola, soy Lucía")
    await _answered(shop, phone, user_id, 1)
    await speak(shop, phone, "voz-envio")
    await _answered(shop, phone, user_id, 2)

    assert await _reached_at(shop, phone) == ["user_id", "user_id"]
    (chat,) = await _chats(shop)
    assert (chat["external_user_id"], chat["wa_address"], chat["display_name"]) == (user_id, None, "Lucía")
    assert [message["status"] for message in await _sent(shop, user_id)] == ["read", "read"]


async def test_somebody_of_the_shop_takes_over_from_who_hides_her_phone(system: System) -> None:
    shop = await system.new_shop()
    phone, user_id = shop.customer(), _user_id()
    await register(shop, phone, user_id=user_id, hidden_phone=True)
    await shop.say(phone, "hola")
    await _answered(shop, phone, user_id, 1)
    before = len(await shop.received(phone))

    await owner_says(shop, phone, "Hola Lucía, soy Marta")
    await shop.say(phone, "hola Marta")
    await shop.stays_at(user_id, 0) if not before else await shop.settled(user_id)
    await write(shop, user_id, "ref-hidden", text="te escribo desde la compu")
    await _answered(shop, phone, user_id, before + 1)

    assert len(await _chats(shop)) == 1
    assert texts_of(await shop.received(phone))[before:] == ["te escribo desde la compu"]
    assert await _reached_at(shop, phone) == ["user_id"] * (before + 1)


async def test_a_phone_that_appears_later_is_the_same_chat_from_then_on_answered_at_the_phone(system: System) -> None:
    shop = await system.new_shop()
    phone, user_id = shop.customer(), _user_id()
    await system.script([scenario("", reply("acá estoy"))])
    await register(shop, phone, user_id=user_id, hidden_phone=True)
    await shop.say(phone, "todavía sin teléfono")
    await _answered(shop, phone, user_id, 1)

    await register(shop, phone, user_id=user_id, hidden_phone=False)
    await shop.say(phone, "ahora con teléfono")
    await shop.answers(phone, 2)
    await register(shop, phone, user_id=user_id, hidden_phone=True)
    await shop.say(phone, "y otra vez sin")
    await shop.answers(phone, 3)

    assert await _reached_at(shop, phone) == ["user_id", "phone", "phone"]
    assert len(await _chats(shop)) == 1
    assert await _said(shop, phone) == ["todavía sin teléfono", "ahora con teléfono", "y otra vez sin"]
    runs = await system.model_runs("ahora con teléfono")
    assert "todavía sin teléfono" in str(runs[0]["body"]["messages"])


async def test_two_chats_that_turn_out_to_be_one_person_are_joined_and_nothing_of_them_is_lost(system: System) -> None:
    shop = await system.new_shop()
    phone, user_id = shop.customer(), _user_id()
    await system.script([scenario("", reply("acá estoy"))])
    await shop.say(phone, "por el teléfono")
    await shop.answers(phone)
    await register(shop, phone, user_id=user_id, hidden_phone=True)
    await shop.say(phone, "", media_id="foto-zapatilla", caption="por el usuario")
    await _answered(shop, phone, user_id, 2)
    apart = await _chats(shop)
    await owner_says(shop, phone, "Hola Lucía, soy Marta")  # to the user id alone: the phone's chat is not paused

    await register(shop, phone, user_id=user_id, hidden_phone=False)
    await shop.say(phone, "con los dos")
    await shop.stays_at(phone, 2)
    await eventually(lambda: _is_one(shop), within=15, what="one chat")  # not while the last bubble is on its way

    assert len(apart) == 2
    (chat,) = await _chats(shop)
    assert (chat["external_user_id"], chat["wa_address"]) == ("54" + phone[-10:], phone)
    assert await _said(shop, phone) == ["por el teléfono", "por el usuario", "con los dos"]
    assert [m["content"] for m in await shop.thread(phone) if m["author"] == "bot"] == ["acá estoy", "acá estoy"]
    until = await paused_until(shop, phone)
    assert until is not None
    assert until > datetime.now(UTC)
    assert chat["override_cause"] == "phone_echo"
    assert await last_burst(shop, phone) == ("ignored", "lockout")
    media = (await item(shop, phone, "image"))["media"]
    assert (await system.admin(shop.tenant_id).get(media["url"])).status_code == 200


async def test_a_join_waits_for_the_answer_under_way_and_both_questions_are_answered_once(system: System) -> None:
    shop = await system.new_shop()
    phone, user_id = shop.customer(), _user_id()
    await system.script([scenario("lenta", reply("a la lenta", delay=1.5)), scenario("", reply("a la otra"))])
    await shop.say(phone, "hola por el teléfono")
    await shop.answers(phone)
    await register(shop, phone, user_id=user_id, hidden_phone=True)
    await shop.say(phone, "una lenta por el usuario")
    await eventually(lambda: system.model_runs("una lenta por el usuario"), what="the model's run")

    await register(shop, phone, user_id=user_id, hidden_phone=False)
    await shop.say(phone, "y ahora con los dos")
    await shop.bubbles(phone, 3)
    await eventually(lambda: _is_one(shop), within=15, what="one chat")
    await shop.stays_at(phone, 3)

    assert sorted(texts_of(await shop.received(phone))) == ["a la lenta", "a la otra", "a la otra"]
    assert await _said(shop, phone) == ["hola por el teléfono", "una lenta por el usuario", "y ahora con los dos"]


async def test_both_forms_of_an_argentine_number_are_one_person_for_pause_memory_and_answer(system: System) -> None:
    shop = await system.new_shop()
    with_nine = shop.customer()
    without = "+54" + with_nine.removeprefix("+549")
    await system.script([scenario("", reply("acá estoy"))])
    await shop.say(with_nine, "hola con nueve")
    await shop.answers(with_nine)

    await shop.say(without, "hola sin nueve")
    await shop.bubbles(without)
    await shop.settled(with_nine)
    echoed = await owner_says(shop, with_nine, "Hola, soy Marta")  # the form that she did not write from last
    await shop.say(without, "hola Marta")
    await shop.stays_at(with_nine, 1)

    assert echoed["delivery"]["body"] == {"status": "accepted"}
    assert len(await shop.received(without)) == 1
    (chat,) = await _chats(shop)
    assert (chat["wa_address"], chat["override_cause"]) == (without, "phone_echo")
    assert "hola con nueve" in str((await system.model_runs("hola sin nueve"))[-1]["body"]["messages"])


async def test_an_echo_s_form_of_the_number_never_changes_where_the_answer_goes(system: System) -> None:
    shop = await system.new_shop()
    with_nine = shop.customer()
    without = "+54" + with_nine.removeprefix("+549")
    await system.script([scenario("", reply("acá estoy"))])
    await shop.say(with_nine, "hola")
    await shop.answers(with_nine)

    await owner_says(shop, without, "Hola, soy Marta")
    await act(shop, with_nine, "human-override", enabled=False)
    await shop.say(with_nine, "seguís?")
    await shop.answers(with_nine, 2)

    assert await shop.received(without) == []
    assert len(await _chats(shop)) == 1


async def test_a_changed_number_goes_on_in_the_same_chat_and_is_answered_at_the_new_one(system: System) -> None:
    shop = await system.new_shop()
    old, new = shop.customer(), shop.customer()
    await system.script([scenario("", reply("acá estoy"))])
    await shop.say(old, "desde el viejo")
    await shop.answers(old)
    before = (await chat_of(shop, old))["id"]

    changed = await _change_number(shop, old, new)
    await shop.say(new, "desde el nuevo")
    await shop.bubbles(new, 1)
    await shop.settled(new)
    body = {"to": old, "text": "Tu pedido salió", "client_ref": old}  # the shop's systems know the old one still
    headers = {"X-Internal-Token": INTERNAL_TOKEN, "X-Tenant-ID": str(shop.tenant_id)}
    (await system.gateway.post("/messages/send", json=body, headers=headers)).raise_for_status()
    await shop.bubbles(new, 2)

    assert changed["delivery"]["body"] == {"status": "accepted"}
    (chat,) = await _chats(shop)
    assert (chat["id"], chat["wa_address"]) == (before, new)
    assert await _said(shop, new) == ["desde el viejo", "desde el nuevo"]
    lines = [message["content"] for message in await shop.thread(new) if message["role"] == "system"]
    assert lines == [f"Cambió su número de WhatsApp a {new}"]


async def test_what_the_old_number_said_late_lands_in_the_same_chat_and_is_answered_at_the_new_one(
    system: System,
) -> None:
    shop = await system.new_shop()
    old, new = shop.customer(), shop.customer()
    await system.script([scenario("", reply("acá estoy"))])
    await shop.say(old, "desde el viejo")
    await shop.answers(old)
    a_moment_ago = (datetime.now(UTC) - timedelta(seconds=2)).isoformat()
    await _change_number(shop, old, new)

    late = await deliver(shop, inbound(shop, old, "lo último del viejo", sendTime=a_moment_ago))
    await shop.bubbles(new, 1)
    await shop.settled(new)
    await shop.say(new, "ya desde el nuevo")
    await shop.bubbles(new, 2)

    assert late.json() == {"status": "accepted"}
    (chat,) = await _chats(shop)
    assert chat["wa_address"] == new
    assert len(await shop.received(old)) == 1  # before she changed


async def test_a_number_changed_and_changed_back_is_the_same_chat_still(system: System) -> None:
    shop = await system.new_shop()
    old, new = shop.customer(), shop.customer()
    await system.script([scenario("", reply("acá estoy"))])
    await shop.say(old, "desde el primero")
    await shop.answers(old)
    await _change_number(shop, old, new)
    await shop.say(new, "desde el segundo")
    await shop.bubbles(new, 1)
    await shop.settled(new)

    await _change_number(shop, new, old)
    await shop.say(old, "desde el primero otra vez")
    await shop.bubbles(old, 2)
    await shop.settled(old)

    (chat,) = await _chats(shop)
    assert (chat["external_user_id"], chat["wa_address"]) == ("54" + old[-10:], old)
    assert await _said(shop, old) == ["desde el primero", "desde el segundo", "desde el primero otra vez"]


async def test_a_number_that_changes_to_one_with_a_chat_of_its_own_joins_both_and_keeps_the_pause(
    system: System,
) -> None:
    shop = await system.new_shop()
    old, new = shop.customer(), shop.customer()
    for phone in (old, new):
        await shop.say(phone, f"hola desde {phone[-4:]}")
        await shop.answers(phone)
    await owner_says(shop, old, "Hola, soy Marta")
    count = len(await shop.received(new))

    moved = inbound(shop, old, "", type="system", system=_moves_to(new))
    await deliver(shop, moved)
    await shop.say(new, "sigo por acá")
    await shop.stays_at(new, count)

    (chat,) = await _chats(shop)
    assert (chat["external_user_id"], chat["override_cause"]) == ("54" + new[-10:], "phone_echo")
    assert await _said(shop, new) == [f"hola desde {old[-4:]}", f"hola desde {new[-4:]}", "sigo por acá"]


async def test_a_user_id_that_changes_is_the_same_customer_answered_by_the_new_one(system: System) -> None:
    shop = await system.new_shop()
    phone, first, second = shop.customer(), _user_id(), _user_id()
    await register(shop, phone, user_id=first, hidden_phone=True)
    await system.script([scenario("", reply("acá estoy"))])
    await shop.say(phone, "con el primero")
    await _answered(shop, phone, first, 1)

    changed = {"type": "user_changed_user_id", "body": "", "previous_user_id": first}
    event = inbound(shop, phone, "", type="system", system=changed, fromUserId=second)
    del event["whatsappInboundMessage"]["from"]
    await deliver(shop, event)
    await register(shop, phone, user_id=second, hidden_phone=True)
    await shop.say(phone, "con el segundo")
    await shop.bubbles(phone, 2)
    await shop.settled(first)

    assert len(await _chats(shop)) == 1
    assert [send["user_id"] for send in await shop.received(phone)] == [first, second]
    assert await _said(shop, first) == ["con el primero", "con el segundo"]


async def test_two_shops_know_one_customer_each_for_itself(system: System) -> None:
    one, other = await system.new_shop(), await system.new_shop()
    phone, user_id = one.customer(), _user_id()
    await register(one, phone, user_id=user_id)
    await system.script([scenario("", reply("acá estoy"))])
    for shop in (one, other):
        await shop.say(phone, "hola")
        await shop.answers(phone)

    await register(one, phone, user_id=user_id, hidden_phone=True)
    await asyncio.gather(*(shop.say(phone, "y sin teléfono") for shop in (one, other)))
    await asyncio.gather(*(shop.answers(phone, 2) for shop in (one, other)))
    await owner_says(one, phone, "Hola, soy Marta")

    assert await paused_until(one, phone) is not None
    assert await paused_until(other, phone) is None
    assert [len(await _chats(shop)) for shop in (one, other)] == [1, 1]
    assert len([run for run in await system.model_runs("y sin teléfono") if burst_of(run)]) == 2


def _moves_to(new: str) -> dict[str, str]:
    return {"type": "user_changed_number", "body": "changed", "new_wa_id": new.removeprefix("+")}


async def _change_number(shop: Shop, old: str, new: str) -> dict[str, Any]:
    body = {"new_phone": new, "to": shop.number}
    answer = await shop.system.sandbox.post(f"/sandbox/phone/{old}/number", json=body)
    answer.raise_for_status()
    return dict(answer.json())


async def _is_one(shop: Shop) -> bool:
    return len(await _chats(shop)) == 1


async def _sent(shop: Shop, key: str) -> list[dict[str, Any]]:
    """Our bubbles, once the provider has said its last word of them."""

    async def settled() -> list[dict[str, Any]]:
        sent = [message for message in await shop.thread(key) if message["role"] == "assistant"]
        return sent if all(message["status"] in ("read", "failed") for message in sent) else []

    return list(await eventually(settled, what="the last statuses"))
