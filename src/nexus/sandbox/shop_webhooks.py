"""What a Tienda Nube shop tells of its changes: ids only, signed with the app's secret (tiendanube.md 1.5)."""

from __future__ import annotations

import hashlib
import hmac
import json
from typing import Any

from nexus.sandbox import naming
from nexus.sandbox.shop import Shop
from nexus.sandbox.webhooks import Answer, Courier, SignedEvent


async def tell(shop: Shop, courier: Courier, event: str, subject: Any) -> None:
    """Tells the shop's webhook, and once more when it does not take it; the real one goes on for 48 hours."""
    if not shop.webhook_url:
        return
    told = _signed(shop, shop.webhook_url, event, {"event": event, "id": subject}, shop.webhook_secret)
    if not (await courier.post(told)).taken:
        await courier.post(told, attempt=2)


async def ask_privacy(
    shop: Shop, courier: Courier, event: str, about: dict[str, Any], *, url: str = "", secret: str | None = None
) -> Answer:
    """One of the three that every app has to take, to the shop's app, or to `url` and signed with `secret`.

    An empty secret leaves it unsigned. The body is the vendor's: `store_id`, and for a customer
    `customer{id,email,phone,identification}` with the ids of orders that are concerned.
    """
    address = url or f"{shop.privacy_url}/{event.replace('/', '-').replace('_', '-')}"
    return await courier.post(_signed(shop, address, event, about, shop.webhook_secret if secret is None else secret))


def _signed(shop: Shop, url: str, event: str, about: dict[str, Any], secret: str) -> SignedEvent:
    raw = json.dumps({"store_id": int(shop.store_id), **about}, separators=(",", ":")).encode()
    headers = {"Content-Type": "application/json"}
    if secret:
        headers["x-linkedstore-hmac-sha256"] = hmac.new(secret.encode(), raw, hashlib.sha256).hexdigest()
    return SignedEvent(shop.store_id, url, naming.event_id(), event, raw, headers)
