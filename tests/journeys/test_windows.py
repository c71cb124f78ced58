"""Sent within WhatsApp's rules: the 24 h window, templates, its pace, its pictures, and what comes of each send."""

import io
import itertools
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from PIL import Image

from tests.journeys.events import deliver, inbound
from tests.journeys.people import about, bot_answered_before, chat_of, hours_pass, stranger, write
from tests.journeys.scripts import burst_of, reply, scenario, texts_of
from tests.service import eventually
from tests.system import INTERNAL_TOKEN, Shop, System

_refs = (f"ref-{n}" for n in itertools.count())


async def test_a_window_that_only_the_provider_knows_closed_fails_by_webhook_and_a_person_is_asked_for(
    system: System,
) -> None:
    shop = await system.new_shop()
    customer = shop.customer()
    await bot_answered_before(system, shop, customer)
    await hours_pass(shop, customer, 25)

    taken = await write(shop, customer, next(_refs), text="¿seguís interesada?")
    failed = await _failed(shop, customer)
    needed = (await chat_of(shop, customer))["needs_human_reason"]
    await shop.say(customer, "sí, perdón!")
    again = await about(shop, failed, "resend")
    await shop.answers(customer, 3)

    assert taken.status_code == again.status_code == 202
    assert (failed["content"], failed["status_reason"]["code"]) == ("¿seguís interesada?", "131047")
    assert "24 h" in failed["status_reason"]["message"]
    assert (needed, failed["can_resend"]) == ("send_failed", True)
    accepted = texts_of(await shop.received(customer))  # 131047 comes after the 200: it stands in the ledger twice
    assert accepted[1:] == ["¿seguís interesada?", "¿seguís interesada?"]
    assert await _states(shop, customer) == ["read", "failed", "read"]


async def test_past_24_hours_by_the_providers_time_no_free_text_leaves_and_a_template_does(system: System) -> None:
    shop = await system.new_shop()
    customer = shop.customer()
    await system.script([scenario("", reply("una respuesta que ya no puede salir"))])
    yesterday = (datetime.now(UTC) - timedelta(hours=25)).isoformat()

    await shop.say(customer, "hola, ayer", send_time=yesterday)
    failed = await _failed(shop, customer)
    refused = await write(shop, customer, next(_refs), text="hola")
    template = {"name": "turno_recordatorio", "language": "es_AR", "parameters": ["Lucía", "martes 15 a las 10"]}
    await write(shop, customer, next(_refs), template=template)
    (sent,) = await shop.answers(customer)

    assert failed["status_reason"]["code"] == "window_closed"
    assert (await chat_of(shop, customer))["needs_human_since"] is None  # a person has written since
    assert (refused.status_code, refused.json()["error"]["code"]) == (409, "window_closed")
    assert (sent["type"], sent["content"]["name"]) == ("template", "turno_recordatorio")
    (body,) = sent["content"]["components"]
    assert [parameter["text"] for parameter in body["parameters"]] == ["Lucía", "martes 15 a las 10"]


async def test_a_bubble_that_the_window_keeps_back_asks_for_a_person_and_leaves_no_trace_outside(
    system: System,
) -> None:
    shop = await system.new_shop()
    customer = shop.customer()
    await system.script([scenario("", reply("hola", "va"))])

    await shop.say(customer, "hola", send_time=(datetime.now(UTC) - timedelta(hours=30)).isoformat())
    await _failed(shop, customer)
    await shop.stays_at(customer, 0)

    assert (await chat_of(shop, customer))["needs_human_reason"] == "window_closed"
    assert await _states(shop, customer) == ["failed", "failed"]
    assert await _refused(shop, customer) == []


async def test_who_taps_a_templates_button_is_answered_with_what_she_tapped_and_saw(system: System) -> None:
    shop = await system.new_shop()
    customer = shop.customer()
    await system.script([scenario("", reply("¡Confirmado!"))])
    listed = await system.admin(shop.tenant_id).post("/admin/templates/sync")
    template = {"name": "turno_recordatorio", "language": "es_AR", "parameters": ["Lucía", "martes 15"]}
    await _our_systems_send(shop, customer, template=template)
    (sent,) = await shop.bubbles(customer)

    tapped = {"type": "button", "content": {"payload": "CONFIRM_42", "text": "Confirmo"}}
    await shop.say(customer, "", quote=sent["wamid"], **tapped)
    await shop.answers(customer, 2)

    states = {one["name"]: (one["status"], one["parameters"]) for one in listed.json()["items"]}
    assert states["turno_recordatorio"] == ("APPROVED", 2)
    assert states["promo_temporada"][0] == "PENDING"
    (run,) = await system.model_runs()
    (told,) = burst_of(run)
    assert told.startswith("[Responde a tu mensaje: «")
    assert told.endswith("»] [Tocó el botón] Confirmo")
    assert texts_of(await shop.received(customer)) == ["¡Confirmado!"]


@pytest.mark.parametrize(
    ("template", "code"),
    [
        ({"name": "liquidacion_total", "language": "es_AR"}, "WHATSAPP_TEMPLATE_UNAVAILABLE"),
        ({"name": "turno_recordatorio", "language": "es_AR", "parameters": ["Lucía"]}, "132000"),
    ],
    ids=["not approved", "too few parameters"],
)
async def test_a_template_that_whatsapp_refuses_has_failed_with_its_reason(
    system: System, shop: Shop, template: dict[str, Any], code: str
) -> None:
    customer = shop.customer()

    await _our_systems_send(shop, customer, template=template)
    failed = await _failed(shop, customer)

    assert failed["status_reason"]["code"] == code
    assert "plantilla" in failed["status_reason"]["message"]
    assert await shop.received(customer) == []


async def test_the_pair_rate_is_waited_out_and_the_bubbles_keep_their_order(system: System) -> None:
    shop = await system.new_shop()
    customer = shop.customer()
    await system.script([scenario("", reply("hola", "va", "chau"))])
    await system.fault("ycloud.send", "429", error_code="131056", match={"to": customer, "text": "va"})

    await shop.say(customer, "hola")
    sends = await shop.answers(customer, 3)
    await shop.stays_at(customer, 3)

    assert texts_of(sends) == ["hola", "va", "chau"]
    assert await _refused(shop, customer) == ["131056"]
    one, two = (datetime.fromisoformat(send["at"]) for send in sends[:2])
    assert two - one > timedelta(seconds=3.5)  # 4^1, for no Retry-After was told


@pytest.mark.parametrize(("code", "words"), [("131026", "no tiene WhatsApp"), ("131049", "mensajes comerciales")])
async def test_a_failure_that_comes_by_status_says_why_in_spanish_and_can_be_sent_again(
    system: System, code: str, words: str
) -> None:
    shop = await system.new_shop()
    customer = shop.customer()
    await system.script([scenario("", reply("la respuesta"))])
    await system.fault("ycloud.status", "fail", error_code=code, match={"to": customer})

    await shop.say(customer, "hola")
    failed = await _failed(shop, customer)
    needed = (await chat_of(shop, customer))["needs_human_reason"]
    answers = [await about(shop, failed, "resend") for _ in range(2)]  # a double click
    await shop.answers(customer, 2)
    await shop.stays_at(customer, 2)

    assert (failed["status_reason"]["code"], needed) == (code, "send_failed")
    assert words in failed["status_reason"]["message"]
    assert answers[0].json()["id"] == answers[1].json()["id"]
    assert texts_of(await shop.received(customer)) == ["la respuesta", "la respuesta"]


async def test_a_send_that_nobody_confirmed_is_sent_again_or_given_up_by_a_person_only(system: System) -> None:
    shop = await system.new_shop()
    customer = shop.customer()
    await system.script([scenario("", reply("la respuesta"))])
    await system.fault("ycloud.send", "500", times=2, match={"to": customer})
    for text in ("hola", "hola?"):
        await shop.say(customer, text)
        await shop.settled(customer)
        await shop.stays_at(customer, 0)
    first, second = [message for message in await shop.thread(customer) if message["author"] == "bot"]

    again = await about(shop, first, "resend")
    dropped = await about(shop, second, "discard")
    await shop.answers(customer)
    await shop.stays_at(customer, 1)

    assert (first["status"], second["status"]) == ("unknown", "unknown")
    assert (again.status_code, dropped.json()["status"]) == (202, "discarded")
    assert await _states(shop, customer) == ["discarded", "discarded", "read"]


@pytest.mark.parametrize(("status", "code"), [("401", "unauthorized"), ("403", "balance_insufficient")])
async def test_a_refused_key_or_an_empty_wallet_is_one_event_however_many_bubbles_meet_it_and_ends_with_a_send(
    system: System, status: str, code: str
) -> None:
    shop = await system.new_shop()
    customers = [shop.customer() for _ in range(5)]
    await system.script([scenario("", reply("hola", "va"))])
    await system.fault("ycloud.send", status, times=-1, match={"from": shop.number})

    for customer in customers:
        await shop.say(customer, "hola")
    failed = [await _failed(shop, customer) for customer in customers]
    bad = await _credential(shop)
    events = await shop.events("whatsapp_health")
    await system.calm()
    await system.script([scenario("", reply("hola", "va"))])
    await shop.say(customers[0], "hola de nuevo")
    await shop.answers(customers[0], 2)

    assert (bad["level"], bad["code"]) == ("error", code)
    assert [event["metadata"]["code"] for event in events] == [code]
    assert await shop.events("send_failed") == []
    assert {message["status_reason"]["code"].lower() for message in failed} == {code}
    assert (await _credential(shop))["level"] == "ok"


async def test_a_product_picture_that_whatsapp_would_refuse_reaches_her_as_a_jpeg(system: System) -> None:
    async with stranger(_picture("WEBP"), "image/webp") as shops_pictures:
        product = {
            "id": 1,
            "name": {"es": "Puntas de danza Giselle"},
            "variants": [{"price": "45000.00", "stock": 3}],
            "images": [{"src": shops_pictures.url("/puntas.webp")}],
        }
        shop = await system.new_shop(shop={"products": [product]})
        customer = shop.customer()

        await shop.say(customer, "Tenés puntas de danza?")
        sends = await shop.answers(customer, 2)

    (picture,) = [send for send in sends if send["type"] == "image"]
    await _is_jpeg(system, picture)
    assert [visit.split()[1] for visit in shops_pictures.visits] == ["/puntas.webp"]
    assert await _refused(shop, customer) == []


async def test_a_picture_whose_link_whatsapp_refuses_is_converted_and_sent_once(system: System, shop: Shop) -> None:
    customer = shop.customer()
    await bot_answered_before(system, shop, customer)
    await system.fault("ycloud.send", "400", error_code="131053", match={"to": customer, "type": "image"})

    async with stranger(_picture("WEBP"), "image/jpeg") as shops_pictures:  # webp under a name that says jpeg
        await _our_systems_send(shop, customer, imageUrl=shops_pictures.url("/puntas.jpg"))
        sends = await shop.answers(customer, 2)
        await shop.stays_at(customer, 2)

    await _is_jpeg(system, sends[1])
    assert await _refused(shop, customer) == ["131053"]


async def test_the_words_under_a_picture_that_is_none_go_as_a_text(system: System, shop: Shop) -> None:
    customer = shop.customer()
    await bot_answered_before(system, shop, customer)

    async with stranger(b"<html>no hay nada</html>", "image/webp") as shops_pictures:
        await _our_systems_send(shop, customer, imageUrl=shops_pictures.url("/puntas.webp"), caption="*Puntas Giselle*")
        sends = await shop.answers(customer, 2)

    assert (sends[1]["type"], sends[1]["text"]) == ("text", "*Puntas Giselle*")
    assert await _refused(shop, customer) == []


@pytest.mark.parametrize("content", [b"<html>no hay nada</html>", b"\xff\xd8\xff\xe0 a torn picture", b""])
async def test_a_picture_that_is_none_has_failed_and_the_rest_goes_on(
    system: System, shop: Shop, content: bytes
) -> None:
    customer = shop.customer()
    await bot_answered_before(system, shop, customer)

    async with stranger(content, "image/webp") as shops_pictures:
        await _our_systems_send(shop, customer, imageUrl=shops_pictures.url("/puntas.webp"))
        await _our_systems_send(shop, customer, text="y lo demás")
        sends = await shop.answers(customer, 2)

    failed = await _failed(shop, customer)
    assert texts_of(sends)[1:] == ["y lo demás"]
    assert "archivo" in failed["status_reason"]["message"]


async def test_an_upload_that_fails_is_tried_again_and_the_picture_is_sent_once(system: System) -> None:
    shop = await system.new_shop()
    customer = shop.customer()
    await bot_answered_before(system, shop, customer)
    await system.fault("ycloud.upload", "500", match={"number": shop.number})

    async with stranger(_picture("WEBP"), "image/webp") as shops_pictures:
        await _our_systems_send(shop, customer, imageUrl=shops_pictures.url("/puntas.webp"))
        sends = await shop.answers(customer, 2)
        await shop.stays_at(customer, 2)

    await _is_jpeg(system, sends[1])


async def test_a_persons_file_goes_by_its_id_with_its_words_and_pauses_the_bot(system: System) -> None:
    shop = await system.new_shop()
    customer = shop.customer()
    await bot_answered_before(system, shop, customer)
    picture = _picture("PNG")
    admin = system.admin(shop.tenant_id)
    uploaded = await admin.post("/admin/media", params={"name": "talles.png"}, content=picture)

    media_id = uploaded.json()["id"]
    await write(shop, customer, next(_refs), media_id=media_id, text="la tabla de talles")
    sends = await shop.answers(customer, 2)
    await write(shop, customer, next(_refs), media_id=media_id)
    twice = await shop.answers(customer, 3)

    assert (sends[1]["type"], sends[1]["content"]["caption"]) == ("image", "la tabla de talles")
    stored = await system.sandbox.get(f"/sandbox/media/{sends[1]['content']['id']}")
    assert stored.content == picture
    assert twice[2]["content"]["id"] == sends[1]["content"]["id"]  # given once, sent twice
    assert (await chat_of(shop, customer))["override_cause"] == "panel_message"


async def test_blue_ticks_and_dots_come_before_the_answer_though_ycloud_knew_nothing_of_another_message(
    system: System,
) -> None:
    shop = await system.new_shop()
    customer, unknown = shop.customer(), shop.customer()
    await system.script([scenario("", reply("acá estoy", delay=1.0))])
    await deliver(shop, inbound(shop, unknown, "hola"))  # its ticks are 404
    await shop.answers(unknown)

    await shop.say(customer, "hola")
    await eventually(lambda: _typing(shop, customer), what="the typing dots")
    await shop.answers(customer)

    thread = await _phone(shop, customer)
    assert (thread["typing"], thread["messages"][0]["status"]) == (False, "read")


async def _our_systems_send(shop: Shop, customer: str, **content: Any) -> None:
    headers = {"X-Internal-Token": INTERNAL_TOKEN, "X-Tenant-ID": str(shop.tenant_id)}
    body = {"to": customer, "client_ref": f"{customer}-{next(_refs)}", **content}
    answer = await shop.system.gateway.post("/messages/send", json=body, headers=headers)
    answer.raise_for_status()


async def _failed(shop: Shop, customer: str) -> dict[str, Any]:
    """The thread's first failed message, once there is one."""

    async def first() -> dict[str, Any] | None:
        return next((m for m in await shop.thread(customer) if m["status"] == "failed"), None)

    return dict(await eventually(first, what="a failed message"))


async def _states(shop: Shop, customer: str) -> list[str]:
    """What became of each bubble, once the provider has said its last word."""

    async def settled() -> list[str]:
        states = [message["status"] for message in await shop.thread(customer) if message["status"]]
        return [] if {"pending", "sending", "sent", "delivered"} & set(states) else states

    return list(await eventually(settled, what="the last statuses"))


async def _refused(shop: Shop, customer: str) -> list[str]:
    """WhatsApp's codes of what was not accepted."""
    params = {"to": customer, "number": shop.number, "rejected": "1"}
    sends = (await shop.system.sandbox.get("/sandbox/ledger", params=params)).json()["sends"]
    return [send["error_code"] for send in sends]


async def _credential(shop: Shop) -> dict[str, Any]:
    """How the key to YCloud is, as the panel shows it."""
    health = (await shop.system.admin(shop.tenant_id).get("/admin/whatsapp/health")).json()
    return dict(next(one for one in health["items"] if one["subject"] == "credential"))


async def _phone(shop: Shop, customer: str) -> dict[str, Any]:
    answer = await shop.system.sandbox.get(f"/sandbox/phone/{customer}/messages", params={"to": shop.number})
    return dict(answer.json())


async def _typing(shop: Shop, customer: str) -> bool:
    return bool((await _phone(shop, customer))["typing"])


async def _is_jpeg(system: System, send: dict[str, Any]) -> None:
    """It was sent by the id of an upload, whose bytes are a JPEG of the picture's size."""
    assert (send["type"], "link" in send["content"]) == ("image", False)
    uploaded = await system.sandbox.get(f"/sandbox/media/{send['content']['id']}")
    with Image.open(io.BytesIO(uploaded.content)) as picture:
        assert (picture.format, picture.size) == ("JPEG", (320, 200))


def _picture(kind: str) -> bytes:
    out = io.BytesIO()
    Image.new("RGBA", (320, 200), (200, 40, 90, 128)).save(out, kind)
    return out.getvalue()
