"""Hand-made YCloud deliveries: what the sandbox's own phone would never send."""

import hashlib
import hmac
import json
import time
import uuid
from datetime import UTC, datetime
from typing import Any

import httpx

from tests.system import Shop


def inbound(shop: Shop, customer: str, words: str, /, **fields: Any) -> dict[str, Any]:
    """`whatsapp.inbound_message.received` to the shop's number; `event_id`, or any field of the message, given."""
    event_id = fields.pop("event_id", f"evt_{uuid.uuid4().hex}")
    shop.system.spoken.update((words, customer))
    message = {
        "id": uuid.uuid4().hex[:24],
        "wamid": f"wamid.{uuid.uuid4().hex}",
        "from": customer,
        "customerProfile": {"name": "Lucía"},
        "to": shop.number,
        "sendTime": datetime.now(UTC).isoformat(),
        "type": "text",
        "text": {"body": words},
    }
    return {
        "id": event_id,
        "type": "whatsapp.inbound_message.received",
        "apiVersion": "v2",
        "createTime": datetime.now(UTC).isoformat(),
        "whatsappInboundMessage": message | fields,
    }


def signature(secret: str, raw: bytes, *, age: float = 0) -> str:
    """YCloud-Signature as the vendor makes it, `age` seconds ago."""
    at = int(time.time() - age)
    return f"t={at},s={hmac.new(secret.encode(), f'{at}.'.encode() + raw, hashlib.sha256).hexdigest()}"


async def deliver(
    shop: Shop, body: Any, *, age: float = 0, header: str | None = None, path: str = "/webhook/ycloud", **headers: str
) -> httpx.Response:
    """Post bytes, or an event as JSON, straight to the webhook; signed well unless `header` says otherwise."""
    raw = body if isinstance(body, bytes) else json.dumps(body, ensure_ascii=False).encode()
    signed = {"YCloud-Signature": signature(shop.secret, raw, age=age) if header is None else header}
    if header == "":
        signed = {}
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return await shop.system.gateway.post(path, content=raw, headers=signed | named)
