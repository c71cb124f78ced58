"""The envelopes that YCloud posts to a business, one function per event (ycloud.md sections 1, 4, 6)."""

from __future__ import annotations

from typing import Any

from nexus.sandbox import naming
from nexus.sandbox.world import BusinessNumber, ChatMessage, Customer, SentMessage

ERROR_MESSAGES = {
    "131026": "Message undeliverable",
    "131047": "Re-engagement message",
    "131048": "Spam rate limit hit",
    "131049": "Message not delivered to maintain healthy ecosystem engagement",
    "131050": "User has stopped marketing messages",
    "131053": "Media upload error",
    "131056": "Pair rate limit hit",
    "130429": "Rate limit hit",
}
"""Meta's titles of the codes that this world can show."""

STATUS_TIMES = {"sent": "sendTime", "delivered": "deliverTime", "read": "readTime"}


def inbound_message(
    number: BusinessNumber,
    customer: Customer,
    line: ChatMessage,
    content: Any,
    *,
    event_id: str | None = None,
    send_time: str | None = None,
) -> dict[str, Any]:
    """A customer wrote: `whatsapp.inbound_message.received`. `content` is the object named by the type."""
    message: dict[str, Any] = {
        "id": line.id,
        "wamid": line.wamid,
        "wabaId": number.waba_id,
        "from": customer.phone,
        "customerProfile": {"name": customer.name},
        "to": number.phone,
        "sendTime": send_time or line.at,
        "type": line.type,
        line.type: content,
    }
    if customer.user_id:
        message["fromUserId"] = customer.user_id
    event = _envelope("whatsapp.inbound_message.received", event_id)
    event["whatsappInboundMessage"] = message
    return event


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
            "error_data": {"messaging_product": "whatsapp", "details": title},
        }
    event = _envelope("whatsapp.message.updated")
    event["whatsappMessage"] = message
    return event


def owner_echo(number: BusinessNumber, customer: Customer, line: ChatMessage) -> dict[str, Any]:
    """The owner wrote from the WhatsApp Business app: `whatsapp.smb.message.echoes`."""
    message: dict[str, Any] = {
        "id": line.id,
        "wamid": line.wamid,
        "wabaId": number.waba_id,
        "from": number.phone,
        "to": customer.phone,
        "type": "text",
        "text": {"body": line.text},
        "status": "sent",
        "bizType": "whatsapp",
        "createTime": line.at,
        "sendTime": line.at,
    }
    if customer.user_id:
        message["toUserId"] = customer.user_id
    event = _envelope("whatsapp.smb.message.echoes")
    event["whatsappMessage"] = message
    return event


def whatsapp_message(number: BusinessNumber, sent: SentMessage, status: str) -> dict[str, Any]:
    """The `WhatsappMessage` object of a send, in the given status (ycloud.md section 4.3)."""
    now = naming.now()
    message: dict[str, Any] = {
        "id": sent.id,
        "wamid": sent.wamid,
        "wabaId": number.waba_id,
        "from": sent.sender,
        "to": sent.recipient,
        "type": sent.type,
        sent.type: sent.content,
        "bizType": "whatsapp",
        "status": status,
        "createTime": sent.at,
        "totalPrice": 0.0,
        "currency": "USD",
        "regionCode": "AR",
        "pricingCategory": "service",
    }
    if sent.external_id is not None:
        message["externalId"] = sent.external_id
    if status != "accepted":
        message["updateTime"] = now
    if status in STATUS_TIMES:
        message[STATUS_TIMES[status]] = now
        message["pricingModel"] = "PMP"
        message["pricingType"] = "free_customer_service"
    return message


def _envelope(kind: str, event_id: str | None = None) -> dict[str, Any]:
    return {
        "id": event_id or naming.event_id(),
        "type": kind,
        "apiVersion": "v2",
        "createTime": naming.now(),
    }
