"""The envelopes that YCloud posts to a business, one function per event (ycloud.md sections 1, 4, 6)."""

from __future__ import annotations

from typing import Any

from nexus.sandbox import naming
from nexus.sandbox.chats import ChatMessage, SentMessage
from nexus.sandbox.world import BusinessNumber, Customer

ERROR_MESSAGES = {
    "131026": "Message undeliverable",
    "131030": "Recipient phone number not in allowed list",
    "131031": "Business Account locked",
    "131047": "Re-engagement message",
    "131048": "Spam rate limit hit",
    "131049": "Message not delivered to maintain healthy ecosystem engagement",
    "131050": "User has stopped marketing messages",
    "131051": "Message type unknown",
    "131053": "Media upload error",
    "131056": "Pair rate limit hit",
    "131060": "This message is currently unavailable.",
    "130429": "Rate limit hit",
    "132000": "Number of parameters does not match the expected number of params",
}
"""Meta's titles of the codes that this world can show."""

ERROR_DETAILS = {
    "131047": "More than 24 hours have passed since the recipient last replied.",
    "131056": "Too many messages to the same recipient in a short time.",
    "131051": "Message type is currently not supported.",
}

STATUS_TIMES = {"sent": "sendTime", "delivered": "deliverTime", "read": "readTime"}

OBJECT_KEYS = {
    "template": "whatsappTemplate",
    "phone_number": "whatsappPhoneNumber",
    "business_account": "whatsappBusinessAccount",
    "user": "whatsappUserPreference",
}
"""The envelope's key for the object of an operational event, by the second part of its type."""


def inbound_message(
    number: BusinessNumber,
    customer: Customer,
    line: ChatMessage,
    *,
    event_id: str | None = None,
    extra: dict[str, Any] | None = None,
) -> dict[str, Any]:
    """A customer wrote: `whatsapp.inbound_message.received`. `extra` (context, errors…) goes into the message."""
    event = _envelope("whatsapp.inbound_message.received", event_id)
    event["whatsappInboundMessage"] = inbound_object(number, customer, line) | (extra or {})
    return event


def inbound_object(number: BusinessNumber, customer: Customer, line: ChatMessage) -> dict[str, Any]:
    """The `whatsappInboundMessage` of a line, without what stands around its content."""
    profile = {"name": customer.name}
    if customer.username:
        profile["username"] = customer.username
    message: dict[str, Any] = {"id": line.id, "wamid": line.wamid, "wabaId": number.waba_id}
    if not customer.hidden_phone:
        message["from"] = customer.phone
    if customer.user_id:
        message["fromUserId"] = customer.user_id
    message |= {"customerProfile": profile, "to": number.phone, "sendTime": line.send_time, "type": line.type}
    if line.content is not None:
        message[line.type] = line.content
    if line.referral:
        message["referral"] = line.referral
    return message


def message_updated(number: BusinessNumber, sent: SentMessage, status: str) -> dict[str, Any]:
    """A message of the business got a new status; a failed one says why with Meta's code."""
    message = whatsapp_message(number, sent, status)
    if status == "failed":
        code = sent.error_code or "131026"
        title = ERROR_MESSAGES.get(code, "Message failed")
        message["errorCode"] = code
        message["errorMessage"] = title
        message["whatsappApiError"] = {
            "code": code,
            "message": title,
            "type": "OAuthException",
            "error_data": {"messaging_product": "whatsapp", "details": ERROR_DETAILS.get(code, title)},
        }
    event = _envelope("whatsapp.message.updated")
    event["whatsappMessage"] = message
    return event


def owner_echo(
    number: BusinessNumber, customer: Customer, line: ChatMessage, *, kind: str = "whatsapp.smb.message.echoes"
) -> dict[str, Any]:
    """The owner wrote, edited or deleted in the WhatsApp Business app; `kind` is the event's name."""
    message: dict[str, Any] = {"id": line.id, "wamid": line.wamid, "wabaId": number.waba_id, "from": number.phone}
    message |= _recipient(customer)
    if customer.username:
        message["customerProfile"] = {"username": customer.username}
    message |= {
        "type": line.type,
        line.type: line.content,
        "status": "sent",
        "bizType": "whatsapp",
        "createTime": line.at,
        "sendTime": line.at,
    }
    event = _envelope(kind)
    event["whatsappMessage"] = message
    return event


def history_chunk(phase: Any, progress: Any, **message: dict[str, Any]) -> dict[str, Any]:
    """A piece of the app's old chats: `whatsapp.smb.history`, with one message or none."""
    return _envelope("whatsapp.smb.history") | {"phase": phase, "progress": progress} | message


def history_outbound(number: BusinessNumber, customer: Customer, line: ChatMessage) -> dict[str, Any]:
    """An old message of the business, as history tells it."""
    message = {"id": line.id, "wamid": line.wamid, "wabaId": number.waba_id, "from": number.phone}
    message |= {} if customer.hidden_phone else {"to": customer.phone}
    return message | {"type": line.type, line.type: line.content, "status": "read", "sendTime": line.send_time}


def operational(number: BusinessNumber, kind: str, content: dict[str, Any], key: str | None = None) -> dict[str, Any]:
    """An event about a template, the number or the account; says whose it is where `content` does not."""
    family = kind.removeprefix("whatsapp.").partition(".")[0]
    whose: dict[str, Any] = {"wabaId": number.waba_id}
    if family == "phone_number":
        whose |= {"phoneNumber": number.phone, "displayPhoneNumber": number.phone}
    if family == "business_account":
        whose = {"id": number.waba_id}
    event = _envelope(kind if kind.startswith("whatsapp.") else f"whatsapp.{kind}")
    event[key or OBJECT_KEYS.get(family, "whatsappObject")] = whose | content
    return event


def whatsapp_message(number: BusinessNumber, sent: SentMessage, status: str) -> dict[str, Any]:
    """The `WhatsappMessage` object of a send, in the given status (ycloud.md section 4.3)."""
    message: dict[str, Any] = {"id": sent.id, "wamid": sent.wamid, "wabaId": number.waba_id, "from": sent.sender}
    if sent.recipient_type == "user_id":
        message |= {"recipient": sent.user_id, "recipientUserId": sent.user_id, "toUserId": sent.user_id}
    else:
        message["to"] = sent.recipient
    message |= {"type": sent.type, sent.type: sent.content}
    if sent.quote:
        message["context"] = {"message_id": sent.quote}
    if sent.external_id is not None:
        message["externalId"] = sent.external_id
    message |= {"bizType": sent.biz_type, "status": status, "createTime": sent.at}
    if status != "accepted":
        message["updateTime"] = naming.now()
    if status in STATUS_TIMES:
        sent.times.setdefault(STATUS_TIMES[status], message["updateTime"])
        message |= sent.times
    if status in {"accepted", "delivered", "read"}:
        message |= {"totalPrice": 0.0, "currency": "USD", "regionCode": "AR", "pricingCategory": "service"}
    if status in {"delivered", "read"}:
        message |= {"pricingModel": "PMP", "pricingType": "free_customer_service"}
    return message


def _recipient(customer: Customer) -> dict[str, str]:
    """Whom a message of the business went to, as far as the business may know."""
    phone = {} if customer.hidden_phone else {"to": customer.phone}
    return phone | ({"toUserId": customer.user_id} if customer.user_id else {})


def _envelope(kind: str, event_id: str | None = None) -> dict[str, Any]:
    return {
        "id": event_id or naming.event_id(),
        "type": kind,
        "apiVersion": "v2",
        "createTime": naming.now(),
    }
