"""The sandbox produces exactly the reference payloads of YCloud: same keys, same types, every case of the file."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from .conftest import API_KEY, BUSINESS, CUSTOMER, SECRET, Door, Sandbox

CASES: dict[str, dict[str, Any]] = json.loads(
    (Path(__file__).parents[2] / "payloads" / "ycloud.json").read_text(encoding="utf-8")
)
USER_ID = "AR.1000000000000001"
Maker = Callable[[Sandbox, Door], Awaitable[dict[str, Any]]]


def shape(value: Any) -> Any:
    """Keys and types of a payload; the values are gone. Whole and broken numbers are one type in JSON."""
    if isinstance(value, dict):
        return {key: shape(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [shape(inner) for inner in value]
    if isinstance(value, int | float) and not isinstance(value, bool):
        return "number"
    return type(value).__name__


async def an_event(sandbox: Sandbox, door: Door, **wish: Any) -> dict[str, Any]:
    """The event that a customer's message makes."""
    await sandbox.control("POST", f"/phone/{CUSTOMER}/messages", **wish)
    event: dict[str, Any] = json.loads(door.deliveries[-1][1])
    return event


async def introduce(sandbox: Sandbox, **more: Any) -> None:
    """Lucía as the reference knows her."""
    person = {"phone": CUSTOMER, "name": "Lucia Prueba", "user_id": USER_ID, "username": "lucia.prueba", **more}
    await sandbox.control("POST", "/customers", **person)


def written(**wish: Any) -> Maker:
    """A customer's message made of these fields of the phone's door."""

    async def make(sandbox: Sandbox, door: Door) -> dict[str, Any]:
        return await an_event(sandbox, door, **wish)

    return make


def answering(**wish: Any) -> Maker:
    """A customer's message that answers one of ours."""

    async def make(sandbox: Sandbox, door: Door) -> dict[str, Any]:
        ours = (await sandbox.send()).json()["wamid"]
        if wish.get("type") == "reaction":
            wish["content"] = {"message_id": ours, "emoji": "👍"}
            return await an_event(sandbox, door, **wish)
        return await an_event(sandbox, door, quote=ours, **wish)

    return make


async def a_hidden_phone(sandbox: Sandbox, door: Door) -> dict[str, Any]:
    await introduce(sandbox, hidden_phone=True)
    return await an_event(sandbox, door, text="hola, me llega a Rosario?")


async def an_echo(sandbox: Sandbox, door: Door) -> dict[str, Any]:
    await sandbox.control("POST", "/owner/messages", to=CUSTOMER, text="Hola Lucia, soy Caro del local")
    return dict(json.loads(door.deliveries[-1][1]))


async def a_history_chunk(sandbox: Sandbox, door: Door) -> dict[str, Any]:
    old = {"direction": "out", "text": "mensaje viejo", "send_time": "2026-10-10T15:00:00.000Z"}
    await sandbox.control("POST", "/history", to=CUSTOMER, messages=[old])
    return dict(json.loads(door.deliveries[0][1]))


async def with_statuses(sandbox: Sandbox, door: Door) -> None:
    number = {"phone": BUSINESS, "api_key": API_KEY, "webhook_url": door.url, "webhook_secret": SECRET}
    await sandbox.control("POST", "/numbers", **number)


async def a_delivered_send(sandbox: Sandbox, door: Door) -> dict[str, Any]:
    await with_statuses(sandbox, door)
    await an_event(sandbox, door, text="hola")
    await sandbox.send(externalId="nx:1")
    return dict(json.loads((await door.wait_for(3))[2][1]))


async def a_closed_window(sandbox: Sandbox, door: Door) -> dict[str, Any]:
    await with_statuses(sandbox, door)
    assert (await sandbox.send(externalId="nx:2")).status_code == 200
    return dict(json.loads((await door.wait_for(1))[0][1]))


async def an_inbox_reply(sandbox: Sandbox, door: Door) -> dict[str, Any]:
    await sandbox.control("POST", "/inbox/messages", to=CUSTOMER, text="Te respondo desde la consola")
    return dict(json.loads(door.deliveries[0][1]))


async def a_pair_rate_refusal(sandbox: Sandbox, door: Door) -> dict[str, Any]:
    await sandbox.control("POST", "/faults", target="ycloud.send", kind="429", error_code="131056")
    return dict((await sandbox.send()).json())


REFERRAL = CASES["inbound_text_ctwa_referral"]["whatsappInboundMessage"]["referral"]
PLACE = {"latitude": -34.6037, "longitude": -58.3816, "name": "Obelisco", "address": "Av. 9 de Julio s/n, CABA"}
BUTTON = {"type": "button_reply", "button_reply": {"id": "handoff:yes", "title": "Hablar con alguien"}}
ROW = {"type": "list_reply", "list_reply": {"id": "cat:1", "title": "Remeras", "description": "32 productos"}}
ITEM = {"product_retailer_id": "SKU-REM-NEG-M", "quantity": 2, "item_price": 18999.0, "currency": "ARS"}
ORDER = {"catalog_id": "700000000000001", "text": "Me lo mandan a Cordoba?", "product_items": [ITEM]}

MAKERS: dict[str, Maker] = {
    "inbound_text": written(text="Hola! tienen remeras negras talle M?"),
    "inbound_text_quoted_reply": answering(text="esa, la quiero"),
    "inbound_text_ctwa_referral": written(text="Hola, quiero mas info", referral=REFERRAL),
    "inbound_image_caption": written(media_id="foto-zapatilla", caption="tienen esta?"),
    "inbound_audio_voice_note": written(media_id="voz-puntas"),
    "inbound_document_pdf": written(media_id="comprobante", caption="te paso el comprobante"),
    "inbound_location": written(type="location", content=PLACE),
    "inbound_interactive_button_reply": answering(type="interactive", content=BUTTON),
    "inbound_interactive_list_reply": answering(type="interactive", content=ROW),
    "inbound_template_button": answering(type="button", content={"payload": "CONFIRM_APPT_42", "text": "Confirmo"}),
    "inbound_reaction": answering(type="reaction"),
    "inbound_order": written(type="order", content=ORDER),
    "inbound_unsupported": written(type="unsupported", content={"type": "poll_creation"}),
    "inbound_text_bsuid_without_phone": a_hidden_phone,
    "echo_text_from_business_app": an_echo,
    "history_outbound_chunk": a_history_chunk,
    "message_updated_delivered_own": a_delivered_send,
    "message_updated_failed_window_closed": a_closed_window,
    "message_updated_sent_from_ycloud_inbox": an_inbox_reply,
    "send_error_429_pair_rate_limit": a_pair_rate_refusal,
}


@pytest.mark.parametrize("case", CASES)
async def test_the_reference_case_is_produced_with_the_same_keys_and_types(
    sandbox: Sandbox, door: Door, case: str
) -> None:
    await introduce(sandbox)
    made = await MAKERS[case](sandbox, door)
    assert shape(made) == shape(CASES[case])
    assert made.get("type") == CASES[case].get("type")


async def test_the_words_of_the_reference_come_back(sandbox: Sandbox, door: Door) -> None:
    await introduce(sandbox)
    failed = (await a_closed_window(sandbox, door))["whatsappMessage"]
    expected = CASES["message_updated_failed_window_closed"]["whatsappMessage"]
    assert failed["whatsappApiError"] == expected["whatsappApiError"]
    image = (await MAKERS["inbound_image_caption"](sandbox, door))["whatsappInboundMessage"]["image"]
    assert image["link"].partition("?")[0].endswith(f"/ycloud/v2/whatsapp/media/download/{image['id']}")
    assert "?sig=t%3D" in image["link"]
    assert "&payload=" in image["link"]
    document = (await MAKERS["inbound_document_pdf"](sandbox, door))["whatsappInboundMessage"]["document"]
    assert (document["filename"], document["mime_type"]) == ("comprobante.pdf", "application/pdf")
    voice = (await MAKERS["inbound_audio_voice_note"](sandbox, door))["whatsappInboundMessage"]["audio"]
    assert voice["mime_type"] == "audio/ogg; codecs=opus"


@pytest.mark.parametrize(
    ("wish", "expected"),
    [
        ({"type": "request_welcome"}, {}),
        ({"media_id": "sticker"}, {"sticker": {"id", "link", "mime_type", "sha256"}}),
        ({"type": "video", "media_id": "foto-zapatilla"}, {"video": {"id", "link", "mime_type", "sha256"}}),
        (
            {"type": "contacts", "content": [{"name": {"formatted_name": "Juan"}, "phones": [{"phone": "+54911"}]}]},
            {"contacts": None},
        ),
        ({"text": "hola", "group_id": "120363@g.us"}, {"groupId": None}),
        (
            {"text": "y este?", "context": {"referred_product": {"catalog_id": "7", "product_retailer_id": "S"}}},
            {"context": {"referred_product"}},
        ),
        (
            {"type": "unsupported", "content": {"type": "edit"}, "errors": [{"code": "131060", "title": "x"}]},
            {"errors": None, "unsupported": {"type"}},
        ),
    ],
)
async def test_the_types_without_a_reference_have_their_documented_shape(
    sandbox: Sandbox, door: Door, wish: dict[str, Any], expected: dict[str, Any]
) -> None:
    message = (await an_event(sandbox, door, **wish))["whatsappInboundMessage"]
    for key, inner in expected.items():
        assert key in message
        if inner is not None:
            assert set(message[key]) == inner
    if wish.get("type") == "request_welcome":
        assert "request_welcome" not in message


async def test_a_message_of_a_type_that_says_nothing_without_content_is_refused(sandbox: Sandbox) -> None:
    for kind in ("location", "order", "reaction", "interactive", "button", "contacts", "system"):
        refused = await sandbox.http.post(f"/sandbox/phone/{CUSTOMER}/messages", json={"type": kind})
        assert refused.status_code == 422, kind
    unknown = await sandbox.http.post(f"/sandbox/phone/{CUSTOMER}/messages", json={"media_id": "no-such"})
    assert (unknown.status_code, unknown.json()["error"]["code"]) == (404, "unknown_media")
