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
RECORDS = {"send_error_429_pair_rate_limit": "type_not_handled"}
# What each other type holds: words, preview, whether the agent is woken, and a part of its details.
HELD: dict[str, tuple[str, str, bool, dict[str, Any]]] = {
    "inbound_image_caption": ("tienen esta?", "tienen esta?", True, {}),
    "inbound_audio_voice_note": ("", "Audio", True, {}),
    "inbound_document_pdf": ("te paso el comprobante", "te paso el comprobante", True, {}),
    "inbound_location": (
        "Obelisco, Av. 9 de Julio s/n, CABA",
        "Ubicación: Obelisco, Av. 9 de Julio s/n, CABA",
        True,
        {"latitude": -34.6037, "longitude": -58.3816},
    ),
    "inbound_interactive_button_reply": (
        "Hablar con alguien",
        "Hablar con alguien",
        True,
        {"kind": "button_reply", "id": "handoff:yes"},
    ),
    "inbound_interactive_list_reply": (
        "Remeras",
        "Remeras",
        True,
        {"kind": "list_reply", "description": "32 productos"},
    ),
    "inbound_template_button": ("Confirmo", "Confirmo", True, {"kind": "button", "payload": "CONFIRM_APPT_42"}),
    "inbound_reaction": ("👍", "Reaccionó 👍", False, {}),
    "inbound_order": ("Me lo mandan a Cordoba?", "Pedido del catálogo", True, {"catalog_id": "700000000000001"}),
    "inbound_unsupported": (
        "",
        "Mensaje que WhatsApp no deja ver acá",
        True,
        {"kind": "poll_creation", "code": "131051"},
    ),
}
HISTORY = {"history_outbound_chunk"}
FILES = {"inbound_image_caption": "image", "inbound_audio_voice_note": "audio", "inbound_document_pdf": "document"}


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
    assert set(CASES) == set(TEXTS) | set(STATUSES) | set(ECHOES) | set(RECORDS) | set(HELD) | HISTORY


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
    prepared = interpret(image, OURS)
    assert (prepared["kind"], prepared["message_type"], prepared["content"]) == ("echo", "image", "")
    assert prepared["preview"] == "Foto"
    bare = interpret(case("echo_text_from_business_app", type=None, text=None), OURS)  # an edit or a deletion
    assert (bare["kind"], bare["message_type"], bare["content"]) == ("echo", "unsupported", "")


@pytest.mark.parametrize("name", HELD)
def test_every_type_of_message_says_what_it_holds(name: str) -> None:
    prepared = interpret(CASES[name], OURS)
    words, preview, wakes, details = HELD[name]
    assert (prepared["kind"], prepared["tenant_id"], prepared["content"]) == ("message", 7, words)
    assert (prepared["preview"], prepared["wakes"], prepared["counts"]) == (preview, wakes, wakes)
    assert details.items() <= ((prepared["payload"] or {}).get("details") or {}).items()


@pytest.mark.parametrize("name", FILES)
def test_a_file_waits_to_be_fetched_and_only_a_voice_note_for_words(name: str) -> None:
    prepared = interpret(CASES[name], OURS)
    kind = FILES[name]
    given = CASES[name]["whatsappInboundMessage"][kind]
    told = {field: prepared["payload"]["media"][field] for field in ("link", "id", "mime_type", "sha256")}
    assert told == {field: given[field] for field in told}
    assert prepared["media_state"] == "waiting"
    assert prepared["words_state"] == ("waiting" if kind == "audio" else None)
    without = interpret(case(name, **{kind: {"id": "1"}}), OURS)  # is given up with its reason, where it is fetched
    assert (without["kind"], without["media_state"]) == ("message", "waiting")


def test_a_quoted_message_an_advertisement_and_a_reaction_name_what_they_are_about() -> None:
    assert interpret(CASES["inbound_text_quoted_reply"], OURS)["quoted_id"] == "wamid.TESTOUT0007AAAA"
    assert interpret(CASES["inbound_reaction"], OURS)["quoted_id"] == "wamid.TESTOUT0011AAAA"
    referral = interpret(CASES["inbound_text_ctwa_referral"], OURS)["payload"]["referral"]
    assert (referral["headline"], referral["source_type"]) == ("Coleccion verano", "ad")


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"type": "request_welcome", "text": None}, "Abrió el chat y todavía no escribió"),
        ({"type": "unsupported", "unsupported": {"type": "edit"}}, "Editó un mensaje"),
        ({"type": "interactive", "interactive": {"type": "call_permission_reply"}}, "llamadas"),
        ({"type": "system", "system": {"type": "user_identity_changed", "body": "Cambió"}}, "Cambió"),
    ],
)
def test_what_is_no_message_is_a_line_of_the_panel(changes: dict[str, Any], words: str) -> None:
    prepared = interpret(case("inbound_text", **changes), OURS)
    assert (prepared["kind"], prepared["external_user_id"]) == ("line", "541155550123")
    assert words in prepared["content"]


def test_a_change_of_number_moves_who_wrote_from_the_old_one() -> None:
    system = {"type": "user_changed_number", "new_wa_id": "5491155559999", "body": "cambió"}
    prepared = interpret(case("inbound_text", type="system", system=system), OURS)
    assert (prepared["kind"], prepared["external_user_id"]) == ("line", "541155550123")
    assert (prepared["external_user_id_new"], prepared["wa_address_new"]) == ("541155559999", "+5491155559999")


def test_history_is_kept_and_asks_nothing() -> None:
    prepared = interpret(CASES["history_outbound_chunk"], OURS)
    assert (prepared["kind"], prepared["direction"], prepared["content"]) == ("history", "out", "mensaje viejo")
    event = CASES["history_outbound_chunk"] | {"whatsappMessage": None}
    empty = interpret(event, OURS)
    assert (empty["kind"], empty["reason"], empty["tenant_id"]) == ("record", "history_without_message", 7)
    message = CASES["inbound_text"]["whatsappInboundMessage"]
    theirs = interpret(event | {"whatsappInboundMessage": message}, OURS)
    assert (theirs["kind"], theirs["direction"]) == ("history", "in")


def test_the_first_sight_of_a_message_that_is_not_ours_is_a_person_in_the_inbox() -> None:
    name = "message_updated_sent_from_ycloud_inbox"
    seen = interpret(CASES[name], OURS)["echo"]
    assert (seen["cause"], seen["content"]) == ("inbox_reply", "Te respondo desde la consola")
    assert interpret(case(name, bizType="verify"), OURS)["echo"]["cause"] is None
    campaign = interpret(case(name, type="template", text=None, template={"name": "promo"}), OURS)["echo"]
    assert (campaign["cause"], campaign["content"]) == (None, "[plantilla promo]")
    for changes in ({"status": "delivered"}, {"externalId": "nx:7:abc"}, {"to": None, "toUserId": None}):
        assert "echo" not in interpret(case(name, **changes), OURS)


@pytest.mark.parametrize(
    ("event_type", "given", "expected"),
    [
        ("phone_number.quality_updated", {"qualityRating": "RED"}, ("number", "quality", "error", "quality_red")),
        ("phone_number.quality_updated", {"qualityRating": "GREEN"}, ("number", "quality", "ok", "quality_green")),
        ("phone_number.deleted", {}, ("number", "connection", "error", "number_deleted")),
        (
            "phone_number.quality_updated_",
            {"updateEvent": "ACCOUNT_RECONNECTED"},
            ("number", "connection", "ok", "account_reconnected"),
        ),
    ],
)
def test_the_health_of_a_number_is_a_level_and_a_code(
    event_type: str, given: dict[str, str], expected: tuple[str, str, str, str]
) -> None:
    event = {"id": "evt_1", "type": f"whatsapp.{event_type}", "whatsappPhoneNumber": {"phoneNumber": "+5491155550100"}}
    event["whatsappPhoneNumber"] |= given
    prepared = interpret(event, OURS)
    assert (prepared["kind"], prepared["tenants"]) == ("health", [7])
    assert tuple(prepared[part] for part in ("subject", "key", "level", "code")) == expected
    assert interpret(event, STRANGERS)["reason"] == "unknown_number"


def test_what_is_said_of_an_account_concerns_every_shop_on_it() -> None:
    template = {"name": "promo", "language": "es_AR", "status": "REJECTED", "reason": "TAG_CONTENT_MISMATCH"}
    event = {"id": "evt_1", "type": "whatsapp.template.reviewed", "whatsappTemplate": template}
    prepared = interpret(event, SHARED)
    assert (prepared["subject"], prepared["key"], prepared["level"]) == ("template", "promo/es_AR", "error")
    assert prepared["tenants"] == [7, 8]
    gone = {"id": "evt_2", "type": "whatsapp.business_account.deleted", "whatsappBusinessAccount": {"id": "1"}}
    assert interpret(gone, OURS)["code"] == "account_deleted"


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
