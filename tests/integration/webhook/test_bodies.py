"""What a rightly signed body may be, and what the service answers when it is anything else (contract.md 3)."""

import asyncio
import json
import secrets
from collections.abc import AsyncIterator
from typing import Any

import pytest

from nexus.runtime.strict_json import MAX_BYTES
from tests.integration.webhook.caller import TYPE, Caller, sign

NOT_JSON = {
    "empty": b"",
    "blank": b" \n",
    "words": b"hola",
    "cut": b'{"id": "evt_1", "type": ',
    "two documents": b"{} {}",
    "not UTF-8": b'{"id": "\xff\xfe"}',
    "latin-1": '{"id": "ñ"}'.encode("latin-1"),
    "UTF-16": '{"id": "evt_1"}'.encode("utf-16"),
    "byte order mark": b"\xef\xbb\xbf{}",
    "surrogates as bytes": b'{"id": "\xed\xa0\xbd"}',
    "NaN": b'{"id": NaN}',
    "Infinity": b"[-Infinity]",
    "number too large": b"[1e400]",
    "integer of 21 digits": b"[100000000000000000000]",
    "integer of a million digits": b"[" + b"9" * 1_000_000 + b"]",
    "duplicate keys": b'{"id": "a", "id": "b"}',
    "duplicate keys within": b'{"a": [{"b": 1, "b": 1}]}',
    "duplicate keys by NUL": b'{"id": "a", "id\\u0000": "b"}',
    "65 deep": b"[" * 65 + b"]" * 65,
    "half a million deep": b"[" * 500_000 + b"]" * 500_000,
    "half a million objects deep": b'{"a":' * 150_000 + b"1" + b"}" * 150_000,
    "form": b"id=evt_1&type=x",
    "control character": b'{"id": "\x07"}',
}


@pytest.mark.parametrize("name", NOT_JSON)
async def test_signed_bytes_that_are_no_json_are_400(caller: Caller, name: str) -> None:
    answer = await caller.post(NOT_JSON[name])
    assert answer.status_code == 400
    assert answer.json()["error"]["code"] == "malformed_json"
    assert answer.json()["error"]["correlation_id"] == answer.headers["x-correlation-id"]


async def test_one_byte_over_a_mebibyte_is_413_however_it_is_sent(caller: Caller) -> None:
    def padded(size: int) -> bytes:
        event = caller.text()
        event["padding"] = "x" * (size - len(json.dumps(event | {"padding": ""})))
        return json.dumps(event).encode()

    async def in_pieces(raw: bytes) -> AsyncIterator[bytes]:
        for start in range(0, len(raw), 65_536):
            yield raw[start : start + 65_536]

    assert (await caller.post(padded(MAX_BYTES))).json() == {"status": "accepted"}
    for raw in (padded(MAX_BYTES + 1), padded(3 * MAX_BYTES)):
        whole = await caller.post(raw)
        headers = {"YCloud-Signature": sign(raw, caller.secret)}
        pieces = await caller.client.post("/webhook/ycloud", content=in_pieces(raw), headers=headers)
        assert [whole.status_code, pieces.status_code] == [413, 413]
        assert whole.json()["error"]["code"] == "too_large"
    assert len(await caller.contents()) == 1


@pytest.mark.parametrize(
    "document",
    [
        None,
        True,
        0,
        -1.5,
        "",
        "hola",
        [],
        {},
        [[]],
        [None, 1, "x"],
        {"type": 7},
        {"type": TYPE},
        {"id": [], "type": {}},
    ],
    ids=repr,
)
async def test_any_other_json_is_ignored_and_kept(caller: Caller, document: Any) -> None:
    before = await caller.rows("select count(*) as n from provider_events")
    assert await caller.status(document) == "ignored"
    assert await caller.status(document) in ("ignored", "duplicate")
    after = await caller.rows("select count(*) as n from provider_events")
    events = document if isinstance(document, list) and document else [document]
    assert after[0]["n"] - before[0]["n"] == len({repr(event) for event in events})


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"type": "image", "image": "https://x.test/1.jpg"}, "wrong_shape"),
        ({"type": "image"}, "wrong_shape"),
        ({"type": "novedad"}, "type_not_handled"),
        ({"groupId": "1203@g.us"}, "group"),
        ({"text": None}, "wrong_shape"),
        ({"text": "hola"}, "wrong_shape"),
        ({"text": {"body": ["hola"]}}, "empty_text"),
        ({"text": {"body": " "}}, "empty_text"),
        ({"id": None, "wamid": None}, "no_message_id"),
        ({"from": None}, "no_customer"),
        ({"from": "nadie"}, "no_customer"),
    ],
)
async def test_odd_messages_are_ignored_and_stored_with_their_tenant(
    caller: Caller, changes: dict[str, Any], reason: str
) -> None:
    event = caller.text(**changes)
    assert await caller.status(event) == "ignored"
    stored = await caller.event(str(event["id"]))
    assert (stored["tenant_id"], stored["outcome"], stored["reason"]) == (caller.tenant_id, "ignored", reason)
    assert json.loads(stored["body"]) == event
    assert await caller.contents() == []
    assert await caller.status(event) == "duplicate"


@pytest.mark.parametrize("to", ["+5491100000001", None, 5491155550100, "", "+", ["+5491155550100"]])
async def test_a_number_of_no_tenant_is_ignored_and_stored_without_one(caller: Caller, to: Any) -> None:
    event = caller.text(to=to)
    assert await caller.status(event) == "ignored"
    stored = await caller.event(str(event["id"]))
    assert (stored["tenant_id"], stored["reason"]) == (None, "unknown_number")


@pytest.mark.parametrize("event_type", ["whatsapp.call.ended", "contact.created", "whatsapp.new.thing", "x" * 5000])
async def test_types_of_another_day_are_ignored_and_stored(caller: Caller, event_type: str) -> None:
    event = caller.text() | {"type": event_type}
    assert await caller.status(event) == "ignored"
    stored = await caller.event(str(event["id"]))
    assert (stored["event_type"], stored["reason"]) == (event_type[:128], "type_not_handled")


@pytest.mark.parametrize(
    "sent",
    [
        None, 0, "", "mañana", "2026-13-45T99:99:99Z", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59.999Z",
        "2026-11-01T12:00:00", "1969-12-31T23:59:59Z", "2026-11-01T12:00:00+23:59", "2026-11-01T12:00:00-00:00:30",
        "2026-W45-1T12:00:00Z", "2026-11-01T24:00:00Z", ["2026-11-01T12:00:00Z"],
    ],
    ids=repr,
)  # fmt: skip
async def test_a_text_with_any_time_is_accepted(caller: Caller, sent: Any) -> None:
    event = caller.text("a cualquier hora", sendTime=sent)
    assert await caller.status(event) == "accepted"
    assert await caller.contents() == ["a cualquier hora"]


async def test_nul_and_lone_surrogates_are_stored_as_postgresql_can(caller: Caller) -> None:
    raw = json.dumps(caller.text("X")).replace('"X"', '"ho\\u0000la \\ud83d \\ud83d\\ude00"').encode()
    assert (await caller.post(raw)).json() == {"status": "accepted"}
    assert await caller.contents() == ["hola ? 😀"]


@pytest.mark.parametrize(
    "text",
    [
        "'; drop table tenants; --",
        "<script>alert(1)</script>",
        "{{7*7}} ${x} %s $1",
        "\u202e\u200b👩‍👩‍👧‍👦",
        "a" * 65_536,
    ],
)
async def test_hostile_text_is_only_text(caller: Caller, text: str) -> None:
    assert await caller.status(caller.text(text)) == "accepted"
    assert await caller.contents() == [text]


async def test_a_text_longer_than_we_keep_is_cut(caller: Caller) -> None:
    assert await caller.status(caller.text("ñ" * 100_000)) == "accepted"
    assert [len(content) for content in await caller.contents()] == [65_536]


async def test_ids_of_any_length_are_taken_once(caller: Caller) -> None:
    event = caller.text(wamid="w" * 5000, id="i" * 5000) | {"id": secrets.token_hex(8) + "e" * 5000}
    assert [await caller.status(event), await caller.status(event)] == ["accepted", "duplicate"]
    without = {name: value for name, value in caller.text().items() if name != "id"}
    assert [await caller.status(without), await caller.status(without)] == ["accepted", "duplicate"]


async def test_a_list_is_taken_event_by_event(caller: Caller) -> None:
    one, two = caller.text("uno"), caller.text("dos")
    assert await caller.status([one, {"type": "contact.created"}, two, one]) == "accepted"
    assert sorted(await caller.contents()) == ["dos", "uno"]
    assert await caller.status([one, two]) == "duplicate"
    assert await caller.status([{"type": "contact.created", "n": 1}]) == "ignored"


async def test_a_status_of_an_unknown_message_is_ignored_and_kept(caller: Caller) -> None:
    message = {"id": "yc1", "from": caller.number, "to": "+5491155550123", "status": "delivered"}
    event = {"id": f"evt_{secrets.token_hex(8)}", "type": "whatsapp.message.updated", "whatsappMessage": message}
    assert await caller.status(event) == "ignored"
    assert (await caller.event(str(event["id"])))["reason"] == "unknown_message"


async def test_parallel_copies_are_accepted_once(caller: Caller) -> None:
    event = caller.text()
    said = await asyncio.gather(*(caller.status(event) for _ in range(20)))
    assert sorted(said) == ["accepted"] + ["duplicate"] * 19
    assert await caller.contents() == ["Hola"]


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "HEAD"])
async def test_the_door_is_for_posts(caller: Caller, method: str) -> None:
    assert (await caller.client.request(method, "/webhook/ycloud")).status_code == 405


async def test_a_delivery_that_hangs_up_halfway_costs_nothing(caller: Caller) -> None:
    host, port = caller.client.base_url.host, caller.client.base_url.port
    for _ in range(5):
        _, writer = await asyncio.open_connection(host, port)
        writer.write(b"POST /webhook/ycloud HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n{")
        await writer.drain()
        writer.close()
        await writer.wait_closed()
    assert await caller.status(caller.text()) == "accepted"
    figures = (await caller.client.get("/metrics")).text
    assert 'endpoint="/webhook/ycloud",method="POST",service="whatsapp_service",status="499"' in figures
    assert 'status="500"' not in figures
