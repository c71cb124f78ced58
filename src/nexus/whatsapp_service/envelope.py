"""What a verified YCloud event means to us: a message, a status, a person's echo, or only a record (ycloud.md 1, 6)."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from nexus.contracts.identity import e164, phone_key

MAX_TEXT = 65_536
_ECHOES = ("whatsapp.smb.message.echoes", "whatsapp.smb.message.created")  # the SDKs and the docs disagree (1.3)
_STATUSES = ("sent", "delivered", "read", "failed")


@dataclass(frozen=True, slots=True)
class Arrival:
    """How an event came: who may own it (number to tenant, of the tenants whose secret signed it)."""

    owners: Mapping[str, int]
    endpoint_id: str
    correlation_id: str
    debounce: float
    debounce_max: float


class _WrongShapeError(ValueError):
    """A known type whose content we cannot use; the message is the recorded reason."""


def interpret(event: Any, arrival: Arrival) -> dict[str, Any]:
    """The event as `accept()` takes it; what is unknown or odd becomes a record with a reason, never an error."""
    fields = event if isinstance(event, dict) else {}
    event_type = _text(fields, "type") or "unknown"
    prepared = {
        "kind": "record",
        "provider": "ycloud",
        "tenant_id": None,
        "endpoint_id": arrival.endpoint_id[:255],
        "event_id": _event_id(event, fields),
        "event_type": event_type[:128],
        "correlation_id": arrival.correlation_id,
        "body": event,
    }
    try:
        if event_type == "whatsapp.inbound_message.received":
            return prepared | _inbound(_object(fields, "whatsappInboundMessage"), arrival)
        if event_type == "whatsapp.message.updated":
            return prepared | _status(_object(fields, "whatsappMessage"), arrival)
        if event_type in _ECHOES:
            return prepared | _echo(_object(fields, "whatsappMessage"), arrival)
    except _WrongShapeError as error:
        return prepared | {"reason": str(error), "tenant_id": _only_owner(arrival)}
    return prepared | {"reason": "type_not_handled", "tenant_id": _only_owner(arrival)}


def _inbound(message: dict[str, Any], arrival: Arrival) -> dict[str, Any]:
    tenant_id = _tenant(message, "to", arrival)
    if tenant_id is None:
        return {"reason": "unknown_number"}
    if message.get("groupId"):
        return {"tenant_id": tenant_id, "reason": "group"}
    if message.get("type") != "text":
        return {"tenant_id": tenant_id, "reason": "type_not_handled"}
    body = _text(_object(message, "text"), "body")
    if not body or not body.strip():
        return {"tenant_id": tenant_id, "reason": "empty_text"}
    profile = message.get("customerProfile")
    return (
        {
            "kind": "message",
            "tenant_id": tenant_id,
            "display_name": _text(profile, "name")[:255] or None if isinstance(profile, dict) else None,
            "message_type": "text",
            "content": body[:MAX_TEXT],
            "debounce": arrival.debounce,
            "debounce_max": arrival.debounce_max,
        }
        | _message_ids(message)
        | _customer(message, "from", "fromUserId")
    )


def _status(message: dict[str, Any], arrival: Arrival) -> dict[str, Any]:
    tenant_id = _tenant(message, "from", arrival)
    if tenant_id is None:
        return {"reason": "unknown_number"}
    status = _text(message, "status")
    if status not in _STATUSES:
        return {"tenant_id": tenant_id, "reason": "status_not_handled"}
    address = e164(_text(message, "to"))
    return {
        "kind": "status",
        "tenant_id": tenant_id,
        "external_user_id": phone_key(address) if address else None,
        "external_id": _text(message, "externalId")[:255] or None,
        "provider_id": _text(message, "id")[:255] or None,
        "provider_message_id": _text(message, "wamid")[:255] or None,
        "status": status,
        "error_code": _text(message, "errorCode")[:64] or None,
        "error_message": _text(message, "errorMessage")[:500] or None,
    }


def _echo(message: dict[str, Any], arrival: Arrival) -> dict[str, Any]:
    tenant_id = _tenant(message, "from", arrival)
    if tenant_id is None:
        return {"reason": "unknown_number"}
    kind = _text(message, "type")[:32] or "unsupported"
    content = message.get(kind)
    words = (_text(content, "body") or _text(content, "caption")) if isinstance(content, dict) else ""
    return (
        {
            "kind": "echo",
            "tenant_id": tenant_id,
            "message_type": kind,
            "content": words[:MAX_TEXT] or f"[{kind}]",
        }
        | _message_ids(message)
        | _customer(message, "to", "toUserId")
    )


def _message_ids(message: dict[str, Any]) -> dict[str, Any]:
    provider_id = _text(message, "id").strip()[:255]
    wamid = _text(message, "wamid").strip()[:255] or provider_id  # only `id` is formally required (1.4)
    if not wamid:
        raise _WrongShapeError("no_message_id")
    return {"provider_id": provider_id or None, "provider_message_id": wamid, "sent_at": _time(message.get("sendTime"))}


def _customer(message: dict[str, Any], number: str, user_id: str) -> dict[str, Any]:
    """Phone key where there is a phone, else the username-scoped id; the exact address is kept to reply to."""
    address = e164(_text(message, number))
    scoped = _text(message, user_id).strip()[:255] or None
    if address is None and scoped is None:
        raise _WrongShapeError("no_customer")
    key = phone_key(address) if address else scoped
    return {"external_user_id": key, "wa_address": address, "user_scoped_id": scoped}


def _tenant(message: dict[str, Any], field: str, arrival: Arrival) -> int | None:
    number = e164(_text(message, field))
    return arrival.owners.get(number) if number else None


def _only_owner(arrival: Arrival) -> int | None:
    owners = set(arrival.owners.values())
    return owners.pop() if len(owners) == 1 else None


def _event_id(event: Any, fields: dict[str, Any]) -> str:
    """The provider's id; an event without a usable one is known by its content, so that it too is stored once."""
    given = _text(fields, "id")
    if 0 < len(given) <= 255:
        return given
    return "sha256:" + hashlib.sha256(json.dumps(event, sort_keys=True).encode()).hexdigest()


def _object(fields: dict[str, Any], name: str) -> dict[str, Any]:
    value = fields.get(name)
    if not isinstance(value, dict):
        raise _WrongShapeError("wrong_shape")
    return value


def _text(fields: Any, name: str) -> str:
    value = fields.get(name) if isinstance(fields, dict) else None
    return value if isinstance(value, str) else ""


def _time(value: Any) -> str | None:
    """The provider's time in UTC (RFC 3339), or None when it is none or further ahead than a wrong clock explains."""
    try:
        at = datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        return None
    if at is None or at.tzinfo is None:
        return None
    now = datetime.now(UTC)
    if not now - timedelta(days=3650) < at < now + timedelta(days=1):
        return None
    return at.astimezone(UTC).isoformat()  # PostgreSQL refuses offsets that Python takes (+23:59, +00:00:30)
