"""Who writes beside our API, and what happens to a number: echoes, Inbox, history, identity, window, account."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest

from .conftest import API_KEY, BUSINESS, CUSTOMER, SECRET, Door, Sandbox

USER_ID = "AR.1000000000000001"
HEADERS = {"X-API-Key": API_KEY}


def events_of(door: Door) -> list[dict[str, Any]]:
    return [json.loads(raw) for _, raw in door.deliveries]


async def writes(sandbox: Sandbox, text: str = "hola", **more: Any) -> dict[str, Any]:
    return await sandbox.control("POST", f"/phone/{CUSTOMER}/messages", text=text, **more)


async def with_statuses(sandbox: Sandbox, door: Door) -> None:
    """The number reports statuses from here on."""
    number = {"phone": BUSINESS, "api_key": API_KEY, "webhook_url": door.url, "webhook_secret": SECRET}
    await sandbox.control("POST", "/numbers", **number)


async def test_the_inbox_reports_sent_delivered_and_read_without_our_id(sandbox: Sandbox, door: Door) -> None:
    await sandbox.control("POST", "/inbox/messages", to=CUSTOMER, text="Te respondo yo", biz_type="whatsapp")
    await door.wait_for(3)
    messages = [event["whatsappMessage"] for event in events_of(door)]
    assert [message["status"] for message in messages] == ["sent", "delivered", "read"]
    assert all("externalId" not in message for message in messages)
    assert await sandbox.sends() == []
    [line] = (await sandbox.thread())["messages"]
    assert (line["author"], line["text"]) == ("inbox", "Te respondo yo")
    looked_up = await sandbox.http.get(f"/ycloud/v2/whatsapp/messages/{messages[0]['id']}", headers=HEADERS)
    assert looked_up.json()["text"] == {"body": "Te respondo yo"}


async def test_an_inbox_template_and_a_verification_say_what_they_are(sandbox: Sandbox, door: Door) -> None:
    await sandbox.control("POST", "/inbox/messages", to=CUSTOMER, template="seguimiento")
    await sandbox.control("POST", "/inbox/messages", to=CUSTOMER, text="123456", biz_type="verify")
    await door.wait_for(2)
    first, second = events_of(door)[:2]
    assert first["whatsappMessage"]["type"] == "template"
    assert second["whatsappMessage"]["bizType"] == "verify"


async def test_the_owners_echo_comes_under_both_names_and_with_files(sandbox: Sandbox, door: Door) -> None:
    await sandbox.control("POST", "/owner/messages", to=CUSTOMER, text="Soy Caro", shape="created")
    await sandbox.control("POST", "/owner/messages", to=CUSTOMER, media_id="foto-zapatilla", caption="mirá")
    created, picture = events_of(door)
    assert created["type"] == "whatsapp.smb.message.created"
    assert picture["type"] == "whatsapp.smb.message.echoes"
    assert set(picture["whatsappMessage"]["image"]) == {"id", "link", "mime_type", "sha256", "caption"}
    lines = (await sandbox.thread())["messages"]
    assert [(line["author"], line["type"], line["text"]) for line in lines] == [
        ("owner", "text", "Soy Caro"),
        ("owner", "image", "mirá"),
    ]


async def test_the_owner_edits_and_deletes_what_she_wrote(sandbox: Sandbox, door: Door) -> None:
    first = await sandbox.control("POST", "/owner/messages", to=CUSTOMER, text="A las 5")
    await sandbox.control("POST", "/owner/messages", to=CUSTOMER, text="A las 6", shape="edit")
    await sandbox.control("POST", "/owner/messages", to=CUSTOMER, shape="revoke", wamid=first["wamid"])
    _, edit, revoke = (event["whatsappMessage"] for event in events_of(door))
    assert (edit["type"], edit["edit"]["original_message_id"]) == ("edit", first["wamid"])
    assert edit["edit"]["message"] == {"type": "text", "text": {"body": "A las 6"}}
    assert revoke["revoke"] == {"original_message_id": first["wamid"]}
    [line] = (await sandbox.thread())["messages"]
    assert (line["text"], line["edited"], line["revoked"]) == ("", True, True)
    nothing = await sandbox.http.post("/sandbox/owner/messages", json={"to": CUSTOMER, "shape": "edit", "wamid": "x"})
    assert nothing.status_code == 404


async def test_history_comes_in_each_shape_and_leaves_the_chat_alone(sandbox: Sandbox, door: Door) -> None:
    old = [
        {"direction": "in", "text": "hace mucho", "send_time": "2026-10-10T15:00:00.000Z"},
        {"direction": "out", "text": "mensaje viejo", "send_time": "2026-10-10T15:01:00.000Z"},
    ]
    await sandbox.control("POST", "/history", to=CUSTOMER, messages=old, phase=1)
    inbound, outbound, bare = events_of(door)
    assert {event["type"] for event in events_of(door)} == {"whatsapp.smb.history"}
    assert inbound["whatsappInboundMessage"]["sendTime"] == "2026-10-10T15:00:00.000Z"
    assert outbound["whatsappMessage"]["status"] == "read"
    assert set(bare) == {"id", "type", "apiVersion", "createTime", "phase", "progress"}
    assert (bare["phase"], bare["progress"]) == (1, "100")
    assert (await sandbox.thread())["messages"] == []


async def test_a_hidden_phone_writes_reads_and_is_reached_by_her_id(sandbox: Sandbox, door: Door) -> None:
    person = {"phone": CUSTOMER, "name": "Lucía", "user_id": USER_ID, "username": "lu.x"}
    await sandbox.control("POST", "/customers", **person, hidden_phone=True)
    await with_statuses(sandbox, door)
    await writes(sandbox)
    await sandbox.control("POST", "/owner/messages", to=CUSTOMER, text="Hola")
    inbound, echo = events_of(door)
    message = inbound["whatsappInboundMessage"]
    assert "from" not in message
    assert (message["fromUserId"], message["customerProfile"]["username"]) == (USER_ID, "lu.x")
    assert "to" not in echo["whatsappMessage"]
    assert echo["whatsappMessage"]["toUserId"] == USER_ID
    accepted = (await sandbox.send(to=None, recipient=USER_ID)).json()
    assert accepted["recipient"] == USER_ID
    assert "to" not in accepted
    status = json.loads((await door.wait_for(3))[2][1])["whatsappMessage"]
    assert (status["status"], status["toUserId"]) == ("sent", USER_ID)
    [sent] = await sandbox.sends()
    assert (sent["recipient_type"], sent["user_id"], sent["to"]) == ("user_id", USER_ID, CUSTOMER)
    assert (await sandbox.thread())["messages"][-1]["text"] == "Hola"
    await sandbox.control("POST", "/customers", **person, hidden_phone=False)
    await writes(sandbox)
    both = next(e for e in reversed(events_of(door)) if "whatsappInboundMessage" in e)["whatsappInboundMessage"]
    assert (both["from"], both["fromUserId"]) == (CUSTOMER, USER_ID)


async def test_a_changed_number_moves_the_chat_and_tells_the_business(sandbox: Sandbox, door: Door) -> None:
    await writes(sandbox, name="Lucía")
    new = "+5493515550999"
    changed = await sandbox.control("POST", f"/phone/{CUSTOMER}/number", new_phone=new)
    assert changed["customer"]["phone"] == new
    [message] = [
        event["whatsappInboundMessage"]
        for event in events_of(door)
        if event["whatsappInboundMessage"]["type"] == "system"
    ]
    assert message["from"] == CUSTOMER
    assert (message["system"]["type"], message["system"]["new_wa_id"]) == ("user_changed_number", new[1:])
    moved = (await sandbox.control("GET", f"/phone/{new}/messages"))["messages"]
    assert [line["type"] for line in moved] == ["text", "system"]
    assert [row["phone"] for row in (await sandbox.control("GET", "/customers"))["customers"]] == [new]
    heard = len(door.deliveries)
    await with_statuses(sandbox, door)
    await sandbox.send()
    failed = json.loads((await door.wait_for(heard + 1))[heard][1])["whatsappMessage"]
    assert (failed["status"], failed["errorCode"]) == ("failed", "131026")
    taken = await sandbox.http.post(f"/sandbox/phone/{new}/number", json={"new_phone": new})
    assert taken.status_code == 422


async def test_the_window_closes_with_the_clock_and_opens_with_her_next_message(sandbox: Sandbox, door: Door) -> None:
    await with_statuses(sandbox, door)
    await writes(sandbox)
    assert (await sandbox.control("POST", "/clock", number=BUSINESS, customer=CUSTOMER, hours=23.5))["window_open"]
    moved = await sandbox.control("POST", "/clock", number=BUSINESS, customer=CUSTOMER, hours=1)
    assert moved == {"clock_hours": 24.5, "window_open": False}
    assert (await sandbox.send()).status_code == 200
    failed = json.loads((await door.wait_for(2))[1][1])["whatsappMessage"]
    assert (failed["status"], failed["errorCode"]) == ("failed", "131047")
    line = (await sandbox.thread())["messages"][1]
    assert (line["status"], line["error"]) == ("failed", {"code": "131047", "title": "Re-engagement message"})
    template = {"name": "seguimiento", "language": {"code": "es_AR"}}
    await sandbox.send(type="template", template=template)
    passed = json.loads((await door.wait_for(3))[2][1])["whatsappMessage"]
    assert (passed["type"], passed["status"]) == ("template", "sent")
    await writes(sandbox)
    assert (await sandbox.thread())["window_open"] is True


async def test_an_old_send_time_leaves_the_window_closed(sandbox: Sandbox) -> None:
    await writes(sandbox, send_time="2026-01-01T00:00:00.000Z")
    assert (await sandbox.thread())["window_open"] is False


async def test_an_ordered_failure_comes_after_sent(sandbox: Sandbox, door: Door) -> None:
    await with_statuses(sandbox, door)
    await writes(sandbox)
    await sandbox.control("POST", "/faults", target="ycloud.status", kind="fail", error_code="131049")
    await sandbox.send(externalId="nx:1")
    await sandbox.send(externalId="nx:2")
    await door.wait_for(1 + 2 + 3)
    reported = [
        (m["externalId"], m["status"], m.get("errorCode"))
        for m in (event.get("whatsappMessage") for event in events_of(door))
        if m
    ]
    assert [row[1:] for row in reported if row[0] == "nx:1"] == [("sent", None), ("failed", "131049")]
    assert [row[1] for row in reported if row[0] == "nx:2"] == ["sent", "delivered", "read"]


async def test_quotes_and_reactions_stand_on_the_lines(sandbox: Sandbox, door: Door) -> None:
    asked = await writes(sandbox, "¿Hay puntas?")
    answer = (await sandbox.send(text={"body": "Sí"}, context={"message_id": asked["wamid"]})).json()
    await writes(sandbox, "esa", quote=answer["wamid"])
    reaction = {"message_id": answer["wamid"], "emoji": "👍"}
    await writes(sandbox, "", type="reaction", content=reaction)
    await sandbox.send(type="reaction", reaction={"message_id": asked["wamid"], "emoji": "❤️"})
    first, second, third = (await sandbox.thread())["messages"]
    assert second["quoted"] == {"wamid": asked["wamid"], "author": "customer", "text": "¿Hay puntas?", "type": "text"}
    assert (third["quoted"]["author"], third["quoted"]["text"]) == ("business", "Sí")
    assert second["reactions"] == [{"author": "customer", "emoji": "👍"}]
    assert first["reactions"] == [{"author": "business", "emoji": "❤️"}]
    contexts = [event["whatsappInboundMessage"].get("context") for event in events_of(door)]
    assert contexts[1] == {"from": BUSINESS[1:], "id": answer["wamid"]}
    await writes(sandbox, "", type="reaction", content={"message_id": answer["wamid"]})
    assert (await sandbox.thread())["messages"][1]["reactions"] == []


async def test_templates_are_listed_by_page_and_change(sandbox: Sandbox, door: Door) -> None:
    url = "/ycloud/v2/whatsapp/templates"
    page = (await sandbox.http.get(url, params={"limit": 2, "page": 2, "includeTotal": "true"}, headers=HEADERS)).json()
    assert (page["offset"], page["limit"], page["length"], page["total"]) == (2, 2, 2, 5)
    assert (await sandbox.http.get(url, params={"limit": 200}, headers=HEADERS)).status_code == 400
    approved = {"filter.status": "APPROVED", "filter.language": "es_AR"}
    listed = (await sandbox.http.get(url, params=approved, headers=HEADERS)).json()["items"]
    assert [row["name"] for row in listed] == ["turno_recordatorio", "pedido_en_camino", "seguimiento"]
    change = {"number": BUSINESS, "name": "seguimiento", "status": "PAUSED", "event": "reviewed", "reason": "x"}
    await sandbox.control("POST", "/templates", **change)
    event = events_of(door)[0]
    assert event["type"] == "whatsapp.template.reviewed"
    told = event["whatsappTemplate"]
    assert (told["name"], told["status"], told["statusUpdateEvent"]) == ("seguimiento", "PAUSED", "PAUSED")
    paused = await sandbox.send(type="template", template={"name": "seguimiento", "language": {"code": "es_AR"}})
    assert paused.status_code == 403
    await sandbox.control("POST", "/templates", name="nueva", body="Hola {{1}}", status="APPROVED")
    sent = {"name": "nueva", "language": {"code": "es_AR"}}
    sent["components"] = [{"type": "body", "parameters": [{"type": "text", "text": "Lu"}]}]  # type: ignore[assignment]
    assert (await sandbox.send(type="template", template=sent)).status_code == 200
    assert (await sandbox.thread())["messages"][-1]["template"]["body"] == "Hola Lu"


@pytest.mark.parametrize(
    ("kind", "key", "whose"),
    [
        ("phone_number.quality_updated", "whatsappPhoneNumber", "phoneNumber"),
        ("whatsapp.business_account.updated", "whatsappBusinessAccount", "id"),
        ("template.quality_updated", "whatsappTemplate", "wabaId"),
    ],
)
async def test_news_of_the_account_are_delivered(sandbox: Sandbox, door: Door, kind: str, key: str, whose: str) -> None:
    await sandbox.control("POST", "/events", number=BUSINESS, type=kind, object={"qualityRating": "RED"})
    [event] = events_of(door)
    assert event["type"] == "whatsapp." + kind.removeprefix("whatsapp.")
    assert event[key]["qualityRating"] == "RED"
    assert whose in event[key]


async def test_an_endpoint_that_is_not_active_gets_nothing_until_it_is_patched(sandbox: Sandbox, door: Door) -> None:
    number = {"phone": BUSINESS, "api_key": API_KEY, "webhook_url": door.url, "webhook_secret": SECRET}
    await sandbox.control("POST", "/numbers", **number, webhook_endpoint_id="ep_1", endpoint_status="pending")
    assert (await writes(sandbox))["delivery"] is None
    await asyncio.sleep(0.1)
    assert door.deliveries == []
    url = "/ycloud/v2/webhookEndpoints"
    [listed] = (await sandbox.http.get(url, headers=HEADERS)).json()["items"]
    assert (listed["id"], listed["status"]) == ("ep_1", "pending")
    refused = await sandbox.http.patch(f"{url}/ep_1", json={"status": "enabled"}, headers=HEADERS)
    assert (refused.status_code, refused.json()["error"]["code"]) == (400, "PARAM_INVALID")
    assert (await sandbox.http.patch(f"{url}/other", json={"status": "active"}, headers=HEADERS)).status_code == 404
    patched = await sandbox.http.patch(f"{url}/ep_1", json={"status": "active"}, headers=HEADERS)
    assert patched.json()["status"] == "active"
    assert (await writes(sandbox))["delivery"]["status"] == 200
