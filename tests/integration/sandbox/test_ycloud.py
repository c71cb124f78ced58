"""The sandbox's YCloud: what it accepts, refuses, delivers, and how it misbehaves on request."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
from typing import Any

import httpx
import pytest

from .conftest import API_KEY, BUSINESS, CUSTOMER, SECRET, Door, Sandbox


def assert_signed(headers: dict[str, str], raw: bytes) -> str:
    """Checks a delivery's signature by the documented rule and returns its `t`."""
    moment, digest = (part.partition("=")[2] for part in headers["ycloud-signature"].split(","))
    expected = hmac.new(SECRET.encode(), moment.encode() + b"." + raw, hashlib.sha256).hexdigest()
    assert digest == expected
    return moment


async def test_an_accepted_send_is_in_the_ledger_and_on_the_phone(sandbox: Sandbox) -> None:
    response = await sandbox.send(externalId="nx:1", text={"body": "Sí, hay talle 37"})
    assert response.status_code == 200
    message = response.json()
    assert message["status"] == "accepted"
    assert message["externalId"] == "nx:1"
    assert message["wamid"].startswith("wamid.")
    assert response.headers["YCloud-Request-ID"].startswith("req_")
    [sent] = await sandbox.sends()
    unescaped = await sandbox.control("GET", f"/ledger?to={CUSTOMER}&number={BUSINESS}")
    assert unescaped["sends"] == [sent]
    assert (sent["id"], sent["external_id"], sent["to"]) == (message["id"], "nx:1", CUSTOMER)
    [line] = (await sandbox.thread())["messages"]
    assert (line["direction"], line["author"], line["text"]) == ("out", "business", "Sí, hay talle 37")


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"to": "11 5555 0123"}, 400, "PARAM_INVALID"),
        ({"to": None}, 400, "PARAM_MISSING"),
        ({"text": {"body": ""}}, 400, "PARAM_INVALID_LENGTH"),
        ({"text": {"body": "x" * 4097}}, 400, "PARAM_INVALID_LENGTH"),
        ({"type": "telegram"}, 400, "PARAM_INVALID"),
        ({"type": "image", "image": {"link": "ftp://shop/a.png"}}, 400, "PARAM_INVALID"),
        ({"type": "image", "image": {}}, 400, "PARAM_MISSING"),
        (
            {"type": "image", "image": {"link": "https://a.test/a.png", "caption": "x" * 1025}},
            400,
            "PARAM_INVALID_LENGTH",
        ),
        ({"from": "+5491100000000"}, 403, "WHATSAPP_PHONE_NUMBER_UNAVAILABLE"),
    ],
)
async def test_a_send_that_the_real_one_refuses_is_refused_and_not_counted(
    sandbox: Sandbox, body: dict[str, Any], status: int, code: str
) -> None:
    response = await sandbox.send(**body)
    error = response.json()["error"]
    assert (response.status_code, error["status"], error["code"]) == (status, status, code)
    assert error["requestId"] == response.headers["YCloud-Request-ID"]
    assert await sandbox.sends() == []
    [refused] = (await sandbox.control("GET", "/ledger?rejected=1"))["sends"]
    assert refused["http_status"] == status


async def test_an_unknown_key_is_unauthorized(sandbox: Sandbox) -> None:
    response = await sandbox.send(key="another")
    assert (response.status_code, response.json()["error"]["code"]) == (401, "UNAUTHORIZED")


async def test_statuses_follow_an_accepted_send_as_signed_webhooks(sandbox: Sandbox, door: Door) -> None:
    await sandbox.control(
        "POST", "/numbers", phone=BUSINESS, api_key=API_KEY, webhook_url=door.url, webhook_secret=SECRET
    )
    await sandbox.control("POST", f"/phone/{CUSTOMER}/messages", text="hola")
    sent = (await sandbox.send(externalId="nx:2")).json()
    events = []
    for headers, raw in (await door.wait_for(4))[1:]:
        assert_signed(headers, raw)
        events.append(json.loads(raw))
    assert [event["type"] for event in events] == ["whatsapp.message.updated"] * 3
    messages = [event["whatsappMessage"] for event in events]
    assert [message["status"] for message in messages] == ["sent", "delivered", "read"]
    assert {(message["id"], message["externalId"]) for message in messages} == {(sent["id"], "nx:2")}
    [_, line] = (await sandbox.thread())["messages"]
    assert line["status"] == "read"


async def test_a_customers_message_arrives_signed_and_its_answer_comes_back(sandbox: Sandbox, door: Door) -> None:
    sent = await sandbox.control("POST", f"/phone/{CUSTOMER}/messages", text="¿Hay puntas?", name="Lucía")
    assert sent["delivery"] == {"status": 200, "body": {"status": "accepted"}}
    [(headers, raw)] = door.deliveries
    assert_signed(headers, raw)
    assert headers["x-webhook-endpoint-id"] == "endpoint-1"
    event = json.loads(raw)
    message = event["whatsappInboundMessage"]
    assert event["id"] == sent["event_id"]
    assert (message["from"], message["to"], message["wamid"]) == (CUSTOMER, BUSINESS, sent["wamid"])
    assert (message["text"], message["customerProfile"]) == ({"body": "¿Hay puntas?"}, {"name": "Lucía"})


async def test_a_refused_webhook_is_retried_with_the_same_bytes_and_signature(sandbox: Sandbox, door: Door) -> None:
    door.answers = [503, 500]
    await sandbox.control("POST", f"/phone/{CUSTOMER}/messages", text="hola")
    copies = await door.wait_for(3)
    assert len({raw for _, raw in copies}) == 1
    assert len({headers["ycloud-signature"] for headers, _ in copies}) == 1
    log = (await sandbox.control("GET", "/webhook-log"))["attempts"]
    assert [(row["attempt"], row["status"]) for row in log[:2]] == [(1, 503), (2, 500)]


async def test_a_lost_first_attempt_comes_by_the_retry(sandbox: Sandbox, door: Door) -> None:
    await sandbox.control("POST", "/faults", target="ycloud.webhook", kind="drop")
    sent = await sandbox.control("POST", f"/phone/{CUSTOMER}/messages", text="hola")
    assert sent["delivery"] is None
    [(_, raw)] = await door.wait_for(1)
    assert json.loads(raw)["id"] == sent["event_id"]


async def test_a_duplicate_fault_delivers_parallel_copies_of_one_event(sandbox: Sandbox, door: Door) -> None:
    await sandbox.control("POST", "/faults", target="ycloud.webhook", kind="duplicate", count=20)
    await sandbox.control("POST", f"/phone/{CUSTOMER}/messages", text="hola")
    copies = await door.wait_for(20)
    assert len({raw for _, raw in copies}) == 1
    assert len((await sandbox.thread())["messages"]) == 1


async def test_a_reordered_event_arrives_after_the_next_one(sandbox: Sandbox, door: Door) -> None:
    await sandbox.control("POST", "/faults", target="ycloud.webhook", kind="reorder")
    await sandbox.control("POST", f"/phone/{CUSTOMER}/messages", text="primero")
    await sandbox.control("POST", f"/phone/{CUSTOMER}/messages", text="segundo")
    arrived = [json.loads(raw)["whatsappInboundMessage"]["text"]["body"] for _, raw in await door.wait_for(2)]
    assert arrived == ["segundo", "primero"]


async def test_send_faults_refuse_without_accepting_and_are_used_up(sandbox: Sandbox) -> None:
    await sandbox.control("POST", "/faults", target="ycloud.send", kind="429", retry_after=3, error_code="131056")
    await sandbox.control("POST", "/faults", target="ycloud.send", kind="500")
    limited = await sandbox.send()
    assert (limited.status_code, limited.headers["Retry-After"]) == (429, "3")
    assert limited.json()["error"]["whatsappApiError"]["code"] == "131056"
    assert (await sandbox.send()).status_code == 500
    assert await sandbox.sends() == []
    assert (await sandbox.send()).status_code == 200


async def test_a_reset_cuts_the_connection_and_accepts_nothing(sandbox: Sandbox) -> None:
    await sandbox.control("POST", "/faults", target="ycloud.send", kind="reset")
    with pytest.raises(httpx.TransportError):
        await sandbox.send()
    assert await sandbox.sends() == []


async def test_hanging_after_accepting_leaves_the_send_in_the_ledger(sandbox: Sandbox) -> None:
    await sandbox.control("POST", "/faults", target="ycloud.send", kind="hang_after_accept", seconds=0.2)
    with pytest.raises(httpx.TransportError):
        await sandbox.send(externalId="nx:9")
    assert [sent["external_id"] for sent in await sandbox.sends()] == ["nx:9"]


async def test_a_fault_may_skip_and_match(sandbox: Sandbox) -> None:
    await sandbox.control("POST", "/faults", target="ycloud.send", kind="503", skip=1, match={"to": "+5491155550777"})
    other = [(await sandbox.send(to="+5491155550777")).status_code for _ in range(2)]
    assert (other, (await sandbox.send()).status_code) == ([200, 503], 200)
    assert (await sandbox.control("GET", "/faults"))["faults"] == []


async def test_read_marks_and_typing_show_on_the_phone_until_the_answer(sandbox: Sandbox, door: Door) -> None:
    await sandbox.control("POST", f"/phone/{CUSTOMER}/messages", text="hola")
    message_id = json.loads(door.deliveries[0][1])["whatsappInboundMessage"]["id"]
    url = f"/ycloud/v2/whatsapp/inboundMessages/{message_id}/typingIndicator"
    assert (await sandbox.http.post(url, headers={"X-API-Key": API_KEY})).status_code == 200
    thread = await sandbox.thread()
    assert (thread["typing"], thread["messages"][0]["status"]) == (True, "read")
    await sandbox.send()
    assert (await sandbox.thread())["typing"] is False


async def test_a_waiting_phone_hears_of_a_change(sandbox: Sandbox) -> None:
    rev = (await sandbox.thread())["rev"]
    waiting = asyncio.create_task(sandbox.control("GET", f"/phone/{CUSTOMER}/messages?rev={rev}&wait=10"))
    await sandbox.send(text={"body": "Llegó"})
    thread = await waiting
    assert thread["rev"] > rev
    assert thread["messages"][0]["text"] == "Llegó"


async def test_the_owners_answer_is_an_echo_and_a_line_of_the_chat(sandbox: Sandbox, door: Door) -> None:
    await sandbox.control("POST", "/owner/messages", to=CUSTOMER, text="Soy Caro, te ayudo yo")
    event = json.loads(door.deliveries[0][1])
    assert event["type"] == "whatsapp.smb.message.echoes"
    assert (event["whatsappMessage"]["from"], event["whatsappMessage"]["to"]) == (BUSINESS, CUSTOMER)
    assert (await sandbox.thread())["messages"][0]["author"] == "owner"


async def test_handmade_webhooks_can_be_old_forged_or_unsigned(sandbox: Sandbox, door: Door) -> None:
    for sign in ("old", "bad", "none"):
        answer = await sandbox.control("POST", "/webhooks", number=BUSINESS, raw="{torn", sign=sign)
        assert answer == {"status": 200, "body": {"status": "accepted"}}
    (old, raw), (bad, _), (none, _) = door.deliveries
    assert raw == b"{torn"
    fresh_t = int(bad["ycloud-signature"].split(",")[0].removeprefix("t="))
    assert fresh_t - int(assert_signed(old, raw)) >= 5 * 3600 + 35 * 60
    with pytest.raises(AssertionError):
        assert_signed(bad, raw)
    assert "ycloud-signature" not in none


async def test_a_forced_failure_carries_metas_code(sandbox: Sandbox, door: Door) -> None:
    sent = (await sandbox.send()).json()
    await sandbox.control("POST", f"/ledger/{sent['id']}/status", status="failed", error_code="131047")
    message = json.loads(door.deliveries[0][1])["whatsappMessage"]
    assert (message["status"], message["errorCode"]) == ("failed", "131047")
    assert message["whatsappApiError"]["code"] == "131047"
    assert (await sandbox.thread())["messages"][0]["status"] == "failed"


async def test_a_burst_reports_every_acknowledgement(sandbox: Sandbox, door: Door) -> None:
    report = await sandbox.control("POST", "/burst", customers=5, messages=30, rate=200, kind="text")
    assert report["statuses"] == {"200": 30}
    assert len(report["latencies_ms"]) == len(door.deliveries) == 30
    senders = {json.loads(raw)["whatsappInboundMessage"]["from"] for _, raw in door.deliveries}
    assert len(senders) == 5
