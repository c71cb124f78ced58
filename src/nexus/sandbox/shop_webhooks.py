"""What a Tienda Nube shop tells of its changes: ids only, signed with the app's secret (tiendanube.md 1.5)."""

from __future__ import annotations

import hashlib
import hmac
import json
from typing import Any

from nexus.sandbox import naming
from nexus.sandbox.shop import Shop
from nexus.sandbox.webhooks import Courier, SignedEvent


async def tell(shop: Shop, courier: Courier, event: str, subject: Any) -> None:
    """Tells the shop's webhook, and once more when it does not take it; the real one goes on for 48 hours."""
    if not shop.webhook_url:
        return
    raw = json.dumps({"store_id": int(shop.store_id), "event": event, "id": subject}, separators=(",", ":")).encode()
    headers = {"Content-Type": "application/json"}
    if shop.webhook_secret:
        headers["x-linkedstore-hmac-sha256"] = hmac.new(shop.webhook_secret.encode(), raw, hashlib.sha256).hexdigest()
    told = SignedEvent(shop.store_id, shop.webhook_url, naming.event_id(), event, raw, headers)
    if not (await courier.post(told)).taken:
        await courier.post(told, attempt=2)
