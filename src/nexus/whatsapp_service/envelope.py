"""What a verified YCloud event means to us: a message, a status, a person's echo, or only a record (ycloud.md 1, 6)."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from nexus.contracts.identity import e164, phone_key
from nexus.whatsapp_service.content import (
    content_of,
    product_asked_for,
    quoted_id_of,
    referral_of,
    unsupported_kind,
)
from nexus.whatsapp_service.health import health_of

_ECHOES = ("whatsapp.smb.message.echoes", "whatsapp.smb.message.created")  # the SDKs and the docs disagree (1.3)
_HISTORY = "whatsapp.smb.history"
_STATUSES = ("sent", "delivered", "read", "failed")
_OURS = "nx:"
_TYPES = {
    "text", "image", "video", "audio", "document", "sticker", "location", "contacts", "interactive", "button",
    "reaction", "order", "unsupported",
}  # fmt: skip
# What WhatsApp reports as unsupported but is no message to answer (ycloud.md 8.2, 10), and how the panel says it.
_CHANGES = {
    "edit": "Editó un mensaje; WhatsApp no deja ver acá el texto nuevo",
    "revoke": "Borró un mensaje",
    "pin": "Fijó un mensaje",
    "poll_update": "Votó en una encuesta",
    "keep": "Guardó un mensaje",
}


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
        return prepared | _meaning(event_type, fields, arrival)
    except _WrongShapeError as error:
        return prepared | {"reason": str(error), "tenant_id": _only_owner(arrival)}


def _meaning(event_type: str, fields: dict[str, Any], arrival: Arrival) -> dict[str, Any]:
    if event_type == "whatsapp.inbound_message.received":
        return _inbound(_object(fields, "whatsappInboundMessage"), arrival)
    if event_type == "whatsapp.message.updated":
        return _status(_object(fields, "whatsappMessage"), arrival)
    if event_type in _ECHOES:
        return _echo(_object(fields, "whatsappMessage"), arrival)
    if event_type == _HISTORY:
        return _history(fields, arrival)
    health = health_of(event_type, fields)
    if health is not None:
        return _health(health, arrival)
    return {"reason": "type_not_handled", "tenant_id": _only_owner(arrival)}


def _inbound(message: dict[str, Any], arrival: Arrival) -> dict[str, Any]:
    tenant_id = _tenant(message, "to", arrival)
    if tenant_id is None:
        return {"reason": "unknown_number"}
    if message.get("groupId"):
        return {"tenant_id": tenant_id, "reason": "group"}
    kind = _text(message, "type")
    line = _line(message, kind)
    if line is not None:
        return {"kind": "line", "tenant_id": tenant_id, "message_type": kind} | _message_ids(message) | line
    if kind not in _TYPES:
        return {"tenant_id": tenant_id, "reason": "type_not_handled"}
    if kind not in ("unsupported", "contacts"):
        _object(message, kind)
    held = _held(message, kind, expects_file=True)
    if kind == "text" and not held["content"].strip():
        return {"tenant_id": tenant_id, "reason": "empty_text"}
    silent = kind == "reaction"  # a thumb up asks nothing (ycloud.md 1.4)
    profile = message.get("customerProfile")
    return (
        {
            "kind": "message",
            "tenant_id": tenant_id,
            "display_name": _text(profile, "name")[:255] or _text(profile, "username")[:255] or None,
            "wakes": not silent,
            "counts": not silent,
            "words_state": "waiting" if kind == "audio" and held["media_state"] else None,
            "debounce": arrival.debounce,
            "debounce_max": arrival.debounce_max,
        }
        | held
        | _message_ids(message)
        | _customer(message, "from", "fromUserId")
    )


def _line(message: dict[str, Any], kind: str) -> dict[str, Any] | None:
    """What is to be known of the chat and is no message: the panel's words and whom it is about; None for messages."""
    if kind == "request_welcome":
        return {"content": "Abrió el chat y todavía no escribió"} | _customer(message, "from", "fromUserId")
    if kind == "unsupported" and (words := _CHANGES.get(unsupported_kind(message))):
        return {"content": words} | _customer(message, "from", "fromUserId")
    interactive = message.get("interactive") if kind == "interactive" else None
    if _text(interactive, "type") == "call_permission_reply":
        return {"content": "Respondió si acepta llamadas"} | _customer(message, "from", "fromUserId")
    if kind != "system":
        return None
    return _system(message)


def _system(message: dict[str, Any]) -> dict[str, Any]:
    """A change of number or of identity: whoever she was stays who she is (ycloud.md 1.4)."""
    system = _object(message, "system")
    new = e164(_text(system, "new_wa_id"))
    if new is not None:
        who = _customer(message, "from", "fromUserId")
        moved = {"external_user_id_new": phone_key(new), "wa_address_new": new}
        return {"content": f"Cambió su número de WhatsApp a {new}"} | who | moved
    previous = _text(system, "previous_user_id").strip()[:255]
    if previous:
        who = {"external_user_id": previous, "wa_address": None, "user_scoped_id": previous}
        return {
            "content": "Cambió su identificador de WhatsApp",
            "user_scoped_id_new": _text(message, "fromUserId").strip()[:255] or None,
        } | who
    words = _text(system, "body")[:500] or "WhatsApp avisó un cambio en la cuenta del cliente"
    return {"content": words} | _customer(message, "from", "fromUserId")


def _held(message: dict[str, Any], kind: str, *, expects_file: bool = False) -> dict[str, Any]:
    """The columns of what a message holds, whoever wrote it.

    A file without a link is not waited for, unless one is expected: then its absence is told as what became of it.
    """
    content = content_of(message, kind)
    extras = {
        "details": content.details,
        "media": content.file,
        "referral": referral_of(message),
        "product": product_asked_for(message),
    }
    payload = {name: value for name, value in extras.items() if value}
    return {
        "message_type": kind,
        "content": content.words,
        "preview": content.preview,
        "payload": payload or None,
        "quoted_id": quoted_id_of(message, kind),
        "media_state": "waiting" if content.file and (content.file["link"] or expects_file) else None,
    }


def _status(message: dict[str, Any], arrival: Arrival) -> dict[str, Any]:
    tenant_id = _tenant(message, "from", arrival)
    if tenant_id is None:
        return {"reason": "unknown_number"}
    status = _text(message, "status")
    if status not in _STATUSES:
        return {"tenant_id": tenant_id, "reason": "status_not_handled"}
    address = e164(_text(message, "to"))
    prepared = {
        "kind": "status",
        "tenant_id": tenant_id,
        "external_user_id": phone_key(address) if address else _text(message, "toUserId").strip()[:255] or None,
        "external_id": _text(message, "externalId")[:255] or None,
        "provider_id": _text(message, "id")[:255] or None,
        "provider_message_id": _text(message, "wamid")[:255] or None,
        "status": status,
        "error_code": _text(message, "errorCode")[:64] or None,
        "error_message": _text(message, "errorMessage")[:500] or None,
    }
    return prepared | _inbox_reply(message, status)


def _inbox_reply(message: dict[str, Any], status: str) -> dict[str, Any]:
    """The first sight of a message that is not ours: somebody wrote in YCloud's web Inbox (ycloud.md 6).

    A campaign's template and a verification code are kept as what the customer received, and silence nobody.
    """
    if status != "sent" or _text(message, "externalId").startswith(_OURS):
        return {}
    kind = _text(message, "type")[:32] or "unsupported"
    person = kind != "template" and _text(message, "bizType") != "verify"
    try:
        who = _customer(message, "to", "toUserId") | _message_ids(message)
    except _WrongShapeError:
        return {}
    held = _held(message, kind)
    if kind == "template":
        name = _text(message.get("template"), "name")[:512]
        held |= {"content": f"[plantilla {name}]", "preview": f"Plantilla {name}"}
    return {"echo": {"kind": "echo", "cause": "inbox_reply" if person else None} | held | who}


def _echo(message: dict[str, Any], arrival: Arrival) -> dict[str, Any]:
    tenant_id = _tenant(message, "from", arrival)
    if tenant_id is None:
        return {"reason": "unknown_number"}
    kind = _text(message, "type")[:32] or "unsupported"  # an edit or a deletion has no content (ycloud.md 6)
    return (
        {
            "kind": "echo",
            "tenant_id": tenant_id,
            "cause": "phone_echo",
            "external_id": _text(message, "externalId")[:255] or None,
        }
        | _held(message, kind)
        | _message_ids(message)
        | _customer(message, "to", "toUserId")
    )


def _history(fields: dict[str, Any], arrival: Arrival) -> dict[str, Any]:
    """A message of before the number was connected; a chunk that holds none is a record."""
    inbound = fields.get("whatsappInboundMessage")
    message = inbound if isinstance(inbound, dict) else fields.get("whatsappMessage")
    if not isinstance(message, dict):
        return {"reason": "history_without_message", "tenant_id": _only_owner(arrival)}
    theirs = message is inbound
    tenant_id = _tenant(message, "to" if theirs else "from", arrival)
    if tenant_id is None:
        return {"reason": "unknown_number"}
    if message.get("groupId"):
        return {"tenant_id": tenant_id, "reason": "group"}
    kind = _text(message, "type")[:32] or "unsupported"
    status = _text(message, "status")
    who = _customer(message, "from", "fromUserId") if theirs else _customer(message, "to", "toUserId")
    return (
        {
            "kind": "history",
            "tenant_id": tenant_id,
            "direction": "in" if theirs else "out",
            "status": status if status in _STATUSES else None,
        }
        | _held(message, kind)
        | _message_ids(message)
        | who
    )


def _health(health: dict[str, Any], arrival: Arrival) -> dict[str, Any]:
    """What is said of a number is its tenant's; what is said of an account concerns all tenants that share it."""
    number = e164(health.pop("number", ""))
    owner = arrival.owners.get(number) if number else None
    if number and owner is None:
        return {"reason": "unknown_number"}
    tenants = [owner] if owner is not None else sorted(set(arrival.owners.values()))
    return {"kind": "health", "tenant_id": tenants[0], "tenants": tenants} | health


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
