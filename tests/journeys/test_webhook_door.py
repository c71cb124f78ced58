"""Whatever is posted to the webhook gets its status and leaves the service healthy (contract.md 3; ycloud.md 2, 8)."""

import asyncio
import json
import uuid
from typing import Any

import pytest

from tests.journeys.events import deliver, inbound
from tests.system import Shop, System

INBOUND = "whatsapp.inbound_message.received"

MALFORMED: dict[str, tuple[bytes, int]] = {
    "nothing": (b"", 400),
    "no JSON": (b"hola", 400),
    "half an object": (b'{"id": "evt_1"', 400),
    "NaN": (b'{"id": NaN}', 400),
    "number of a thousand digits": (b'{"id": ' + b"9" * 1000 + b"}", 400),
    "number past every float": (b'{"id": 1e999}', 400),
    "key twice": (b'{"id": "a", "id": "b"}', 400),
    "no UTF-8": (b'{"id": "\xff\xfe"}', 400),
    "UTF-16": ('{"id": "a"}'.encode("utf-16"), 400),
    "nested 100000 deep": (b"[" * 100_000 + b"]" * 100_000, 400),
    "over a mebibyte": (b'{"id": "' + b"a" * (1024 * 1024) + b'"}', 413),
}

ODD: dict[str, Any] = {
    "empty object": {},
    "empty list": [],
    "null": None,
    "a number": 7,
    "a text": "hola",
    "nested lists": [[[]]],
    "unknown type": {"id": "evt_odd_1", "type": "whatsapp.something.new", "whatever": {"a": [1, 2]}},
    "type a number": {"id": "evt_odd_2", "type": 5},
    "id an object": {"id": {"a": 1}, "type": INBOUND, "whatsappInboundMessage": {}},
    "no message": {"id": "evt_odd_3", "type": INBOUND},
    "message a list": {"id": "evt_odd_4", "type": INBOUND, "whatsappInboundMessage": [1]},
    "id of 100000 characters": {"id": "e" * 100_000, "type": "whatsapp.something.new"},
    "type of 100000 characters": {"id": "evt_odd_5", "type": "t" * 100_000},
    "status of nothing": {"id": "evt_odd_6", "type": "whatsapp.message.updated", "whatsappMessage": {}},
    "echo of nothing": {"id": "evt_odd_7", "type": "whatsapp.smb.message.echoes", "whatsappMessage": None},
}

ODD_MESSAGES: dict[str, dict[str, Any]] = {
    "text missing": {"text": None},
    "text a word": {"text": "hola"},
    "body a number": {"text": {"body": 5}},
    "blank body": {"text": {"body": "  \n\t "}},
    "body of NULs": {"text": {"body": "\x00\x00"}},
    "no sender": {"from": None},
    "sender with letters": {"from": "+54911HOLA"},
    "sender an object": {"from": {"phone": "+5491155550123"}},
    "no ids": {"id": None, "wamid": None},
    "ids that are numbers": {"id": 5, "wamid": 6},
    "group": {"groupId": "1203@g.us"},
    "image a link": {"type": "image", "image": "https://x.test/1.png"},
    "reaction a list": {"type": "reaction", "reaction": ["wamid.x", "x"]},
    "type of tomorrow": {"type": "hologram", "hologram": {}},
    "our number a list": {"to": ["+5491155550123"]},
}


@pytest.mark.parametrize("fault", MALFORMED)
async def test_bytes_that_are_no_clean_json_get_their_status_even_when_signed(
    system: System, shop: Shop, fault: str
) -> None:
    raw, status = MALFORMED[fault]

    answer = await deliver(shop, raw)

    assert answer.status_code == status, answer.text
    assert set(answer.json()["error"]) == {"code", "message", "correlation_id"}
    assert (await system.gateway.get("/ready")).status_code == 200


@pytest.mark.parametrize("fault", ODD)
async def test_signed_json_of_an_odd_shape_is_ignored_with_200(system: System, shop: Shop, fault: str) -> None:

    answer = await deliver(shop, ODD[fault])

    assert (answer.status_code, answer.json()) == (200, {"status": "ignored"})
    assert (await system.gateway.get("/ready")).status_code == 200


async def test_messages_that_we_cannot_answer_are_stored_ignored_and_each_customers_next_one_is_answered(
    system: System, shop: Shop
) -> None:
    customers = {fault: shop.customer() for fault in ODD_MESSAGES}
    events = {fault: inbound(shop, customers[fault], "hola", **ODD_MESSAGES[fault]) for fault in ODD_MESSAGES}

    answers = await asyncio.gather(*(deliver(shop, event) for event in events.values()))
    await asyncio.gather(*(shop.say(customer, "y este mensaje?") for customer in customers.values()))
    await asyncio.gather(*(shop.answers(customer) for customer in customers.values()))

    assert {fault: answer.json() for fault, answer in zip(events, answers, strict=True)} == {
        fault: {"status": "ignored"} for fault in ODD_MESSAGES
    }
    for customer in customers.values():
        assert await _said(shop, customer) == ["y este mensaje?"]
    for fault, event in events.items():
        kept = "select reason from provider_events where event_id = $1 and outcome = 'ignored'"
        assert (await system.one(kept, event["id"]))["reason"], fault


async def test_of_a_list_every_event_is_taken_by_itself(shop: Shop) -> None:
    one, two = shop.customer(), shop.customer()

    answer = await deliver(shop, [inbound(shop, one, "hola"), {"id": "x"}, 5, inbound(shop, two, "buenas")])

    assert (answer.status_code, answer.json()) == (200, {"status": "accepted"})
    assert len(await shop.answers(one)) >= 1
    assert len(await shop.answers(two)) >= 1


@pytest.mark.parametrize(
    ("text", "stored"),
    [
        ("puntas\x00 talle \x0037", "puntas talle 37"),
        ("hola \ud800 puntas", "hola ? puntas"),
        ("a" * 70_000, "a" * 65_536),
        ("💃🏽 ¿Tenés puntas? \u202e", "💃🏽 ¿Tenés puntas? \u202e"),
    ],
    ids=["NUL", "lone surrogate", "longer than a message can be", "emoji"],
)
async def test_a_text_with_odd_characters_is_stored_clean_and_answered(shop: Shop, text: str, stored: str) -> None:
    customer = shop.customer()
    raw = json.dumps(inbound(shop, customer, text)).encode()  # escapes what UTF-8 cannot carry

    answer = await deliver(shop, raw)

    assert answer.json() == {"status": "accepted"}
    assert 1 <= len(await shop.answers(customer)) <= 4
    assert await _said(shop, customer) == [stored]


async def test_messages_with_odd_times_are_answered_all_the_same(shop: Shop) -> None:
    times = ["0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z", "2026-11-23T10:00:00", "ayer", 5, None, "2026-13-45"]
    customers = {shop.customer(): time for time in times}

    for customer, time in customers.items():
        await deliver(shop, inbound(shop, customer, "hola a deshora", sendTime=time))

    for customer in customers:
        assert len(await shop.answers(customer)) >= 1


async def test_hostile_headers_neither_choose_the_tenant_nor_break_anything(system: System, shop: Shop) -> None:
    other = await system.new_shop()
    customer = shop.customer()

    answer = await deliver(
        shop,
        inbound(shop, customer, "con cabeceras raras"),
        X_Tenant_ID=str(other.tenant_id),
        X_Webhook_Endpoint_ID="e" * 5000,
        X_Correlation_Id="../../etc/passwd <script>",
        Content_Type="text/plain; charset=ebcdic",
    )

    assert answer.json() == {"status": "accepted"}
    assert uuid.UUID(answer.headers["X-Correlation-Id"])
    assert len(await shop.answers(customer)) >= 1
    assert await other.chat(customer) is None


async def test_the_webhook_takes_only_posts(system: System) -> None:
    for method in ("GET", "PUT", "DELETE", "PATCH"):
        assert (await system.gateway.request(method, "/webhook/ycloud")).status_code == 405


async def _said(shop: Shop, customer: str) -> list[str]:
    return [message["content"] for message in await shop.thread(customer) if message["role"] == "user"]
