"""What a verified YCloud event means to us, over the vendor's payloads and over anything that JSON can say."""

import copy
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nexus.whatsapp_service.envelope import Arrival, interpret
from tests.unit.test_strict_json import DOCUMENTS

CASES: dict[str, Any] = json.loads((Path(__file__).parents[1] / "payloads" / "ycloud.json").read_text("utf-8"))
A_MINUTE_AGO = datetime.now(UTC) - timedelta(minutes=1)
OURS = Arrival({"+5491155550100": 7}, "ep_1", "corr-1", 2.0, 6.0)
SHARED = Arrival({"+5491155550100": 7, "+5491155550200": 8}, "", "corr-1", 2.0, 6.0)
STRANGERS = Arrival({"+5491100000000": 9}, "", "corr-1", 2.0, 6.0)
TEXTS = {
    "inbound_text": "Hola! tienen remeras negras talle M?",
    "inbound_text_quoted_reply": "esa, la quiero",
    "inbound_text_ctwa_referral": "Hola, quiero mas info",
    "inbound_text_bsuid_without_phone": "hola, me llega a Rosario?",
}
STATUSES = {
    "message_updated_delivered_own": "delivered",
    "message_updated_failed_window_closed": "failed",
    "message_updated_sent_from_ycloud_inbox": "sent",
}
ECHOES = {"echo_text_from_business_app": "Hola Lucia, soy Caro del local, te ayudo yo"}
RECORDS = {
    "inbound_image_caption": "type_not_handled",
    "inbound_audio_voice_note": "type_not_handled",
    "inbound_document_pdf": "type_not_handled",
    "inbound_location": "type_not_handled",
    "inbound_interactive_button_reply": "type_not_handled",
    "inbound_interactive_list_reply": "type_not_handled",
    "inbound_template_button": "type_not_handled",
    "inbound_reaction": "type_not_handled",
    "inbound_order": "type_not_handled",
    "inbound_unsupported": "type_not_handled",
    "history_outbound_chunk": "type_not_handled",
    "send_error_429_pair_rate_limit": "type_not_handled",
}


def case(name: str, **changes: Any) -> dict[str, Any]:
    """A vendor payload with fields of its message changed; None removes one."""
    event = copy.deepcopy(CASES[name])
    message = event.get("whatsappInboundMessage") or event["whatsappMessage"]
    for field, value in changes.items():
        message.pop(field, None)
        if value is not None:
            message[field] = value
    return dict(event)


def test_every_payload_of_the_vendor_is_in_one_of_the_tables() -> None:
    assert set(CASES) == set(TEXTS) | set(STATUSES) | set(ECHOES) | set(RECORDS)


@pytest.mark.parametrize("name", TEXTS)
def test_a_text_is_a_message_of_our_tenant(name: str) -> None:
    prepared = interpret(case(name, sendTime=A_MINUTE_AGO.isoformat()), OURS)
    message = CASES[name]["whatsappInboundMessage"]
    assert (prepared["kind"], prepared["tenant_id"], prepared["content"]) == ("message", 7, TEXTS[name])
    assert prepared["event_id"] == CASES[name]["id"]
    assert (prepared["provider_message_id"], prepared["provider_id"]) == (message["wamid"], message["id"])
    assert datetime.fromisoformat(prepared["sent_at"]) == A_MINUTE_AGO
    assert (prepared["endpoint_id"], prepared["correlation_id"]) == ("ep_1", "corr-1")
    assert (prepared["debounce"], prepared["debounce_max"]) == (2.0, 6.0)
    assert prepared["display_name"] == "Lucia Prueba"


def test_a_customer_is_known_by_phone_key_else_by_scoped_id() -> None:
    with_phone = interpret(CASES["inbound_text"], OURS)
    assert (with_phone["external_user_id"], with_phone["wa_address"]) == ("541155550123", "+5491155550123")
    assert with_phone["user_scoped_id"] == "AR.1000000000000001"
    without = interpret(CASES["inbound_text_bsuid_without_phone"], OURS)
    assert (without["external_user_id"], without["wa_address"]) == ("AR.1000000000000001", None)
    assert interpret(case("inbound_text", **{"from": None, "fromUserId": None}), OURS)["reason"] == "no_customer"


@pytest.mark.parametrize("name", STATUSES)
def test_a_status_carries_all_three_ids(name: str) -> None:
    prepared = interpret(CASES[name], OURS)
    message = CASES[name]["whatsappMessage"]
    assert (prepared["kind"], prepared["tenant_id"], prepared["status"]) == ("status", 7, STATUSES[name])
    assert prepared["external_id"] == message.get("externalId")
    assert (prepared["provider_id"], prepared["provider_message_id"]) == (message["id"], message["wamid"])
    assert prepared["error_code"] == message.get("errorCode")


def test_a_status_that_is_none_of_the_four_is_recorded() -> None:
    prepared = interpret(case("message_updated_delivered_own", status="accepted"), OURS)
    assert (prepared["kind"], prepared["reason"]) == ("record", "status_not_handled")


@pytest.mark.parametrize("event_type", ["whatsapp.smb.message.echoes", "whatsapp.smb.message.created"])
def test_a_person_s_echo_goes_to_the_customer_s_conversation(event_type: str) -> None:
    prepared = interpret(CASES["echo_text_from_business_app"] | {"type": event_type}, OURS)
    assert (prepared["kind"], prepared["tenant_id"], prepared["external_user_id"]) == ("echo", 7, "541155550123")
    assert prepared["content"] == ECHOES["echo_text_from_business_app"]


def test_an_echo_without_words_says_what_it_was() -> None:
    image = case("echo_text_from_business_app", type="image", text=None, image={"id": "1"})
    assert interpret(image, OURS)["content"] == "[image]"
    assert interpret(case("echo_text_from_business_app", type=None, text=None), OURS)["content"] == "[unsupported]"


@pytest.mark.parametrize("name", RECORDS)
def test_what_we_do_not_handle_is_recorded_with_its_reason(name: str) -> None:
    prepared = interpret(CASES[name], OURS)
    assert (prepared["kind"], prepared["reason"], prepared["tenant_id"]) == ("record", RECORDS[name], 7)
    assert prepared["body"] == CASES[name]


@pytest.mark.parametrize("name", [*TEXTS, *STATUSES, *ECHOES])
def test_a_number_of_no_tenant_is_recorded_without_one(name: str) -> None:
    prepared = interpret(CASES[name], STRANGERS)
    assert (prepared["kind"], prepared["reason"], prepared["tenant_id"]) == ("record", "unknown_number", None)


def test_with_a_shared_account_the_number_says_whose_it_is() -> None:
    assert interpret(case("inbound_text", to="+5491155550200"), SHARED)["tenant_id"] == 8
    assert interpret(CASES["inbound_text"], SHARED)["tenant_id"] == 7
    assert interpret({"type": "contact.created"}, SHARED)["tenant_id"] is None
    assert interpret({"type": "contact.created"}, OURS)["tenant_id"] == 7


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"groupId": "120363@g.us"}, "group"),
        ({"text": {"body": "  \n"}}, "empty_text"),
        ({"text": {"body": 7}}, "empty_text"),
        ({"text": None}, "wrong_shape"),
        ({"text": ["hola"]}, "wrong_shape"),
        ({"id": None, "wamid": None}, "no_message_id"),
        ({"id": 7, "wamid": ["x"]}, "no_message_id"),
        ({"to": 5491155550100}, "unknown_number"),
        ({"type": 7}, "type_not_handled"),
    ],
)
def test_a_text_of_the_wrong_shape_is_recorded(changes: dict[str, Any], reason: str) -> None:
    prepared = interpret(case("inbound_text", **changes), OURS)
    assert (prepared["kind"], prepared["reason"]) == ("record", reason)


def test_the_message_s_own_id_stands_in_for_a_missing_wamid() -> None:
    prepared = interpret(case("inbound_text", wamid=None), OURS)
    assert (prepared["kind"], prepared["provider_message_id"]) == ("message", "66f0a1b2c3d4e5f600000001")


@pytest.mark.parametrize(
    "sent",
    [None, "", "ayer", 1798000000, "2026-12-01", "2026-12-01T13:05:10", "1970-01-01T00:00:00Z", "9999-12-31T23:59:59Z"],
)
def test_a_time_that_cannot_be_the_provider_s_is_left_to_our_clock(sent: object) -> None:
    prepared = interpret(case("inbound_text", sendTime=sent), OURS)
    assert (prepared["kind"], prepared["sent_at"]) == ("message", None)


@pytest.mark.parametrize("offset", ["+23:59", "-23:59", "+00:00:30", "-03:00"])
def test_a_time_with_any_offset_is_told_in_utc(offset: str) -> None:
    written = A_MINUTE_AGO.astimezone(datetime.fromisoformat(f"2026-01-01T00:00:00{offset}").tzinfo).isoformat()
    prepared = interpret(case("inbound_text", sendTime=written), OURS)
    assert written.endswith(offset)
    assert prepared["sent_at"] == A_MINUTE_AGO.isoformat()


def test_an_event_without_a_usable_id_is_known_by_its_content() -> None:
    event = CASES["inbound_text"]
    for odd in ({}, {"id": ""}, {"id": 7}, {"id": "x" * 256}):
        without = {k: v for k, v in event.items() if k != "id"} | odd
        assert interpret(without, OURS)["event_id"].startswith("sha256:")
        assert interpret(without, OURS)["event_id"] == interpret(copy.deepcopy(without), OURS)["event_id"]
    assert interpret([1], OURS)["event_id"] != interpret([2], OURS)["event_id"]


KNOWN = [
    "id", "type", "wamid", "from", "to", "fromUserId", "toUserId", "text", "body", "groupId", "customerProfile",
    "sendTime", "status", "externalId",
]  # fmt: skip
TYPES = sorted({event.get("type", "") for event in CASES.values()} | {"whatsapp.smb.message.created"})
ODD_MESSAGES = st.dictionaries(st.sampled_from(KNOWN), DOCUMENTS | st.sampled_from(["text", "+5491155550100", "sent"]))
ODD_EVENTS = DOCUMENTS | st.fixed_dictionaries(
    {"type": st.sampled_from(TYPES)},
    optional={
        "id": DOCUMENTS,
        "whatsappInboundMessage": ODD_MESSAGES | DOCUMENTS,
        "whatsappMessage": ODD_MESSAGES | DOCUMENTS,
    },
)


@given(ODD_EVENTS, st.sampled_from([OURS, SHARED, STRANGERS, Arrival({}, "e" * 999, "c", 0.0, 0.0)]))
def test_no_json_is_an_error_and_every_event_has_an_id_and_a_kind(event: Any, arrival: Arrival) -> None:
    prepared = interpret(event, arrival)
    assert 0 < len(prepared["event_id"]) <= 255
    assert prepared["kind"] in ("record", "message", "status", "echo")
    assert len(prepared["endpoint_id"]) <= 255
    assert prepared["kind"] != "record" or prepared["reason"]
    assert prepared["kind"] == "record" or prepared["tenant_id"] is not None
    assert json.loads(json.dumps(prepared)) == prepared


@given(st.sampled_from([*TEXTS, *STATUSES, *ECHOES]), st.data())
def test_a_vendor_event_with_one_field_gone_odd_is_still_no_error(name: str, data: st.DataObject) -> None:
    event = case(name)
    message = event.get("whatsappInboundMessage") or event["whatsappMessage"]
    message[data.draw(st.sampled_from(sorted(message)))] = data.draw(DOCUMENTS)
    prepared = interpret(event, OURS)
    assert prepared["event_id"] == event["id"]
