"""The signed links by which a business downloads a customer's file, and who may use one (ycloud.md section 5)."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import os
import time
from typing import Any
from urllib.parse import quote

from nexus.sandbox.media import Grant, MediaStore, StoredMedia
from nexus.sandbox.world import BusinessNumber

OPEN_SECONDS = 300.0
"""How long a link opens for anybody."""

KEPT_SECONDS = 30 * 24 * 3600.0
"""How long it opens for the account's key."""

_LINK_KEY = b"sandbox-media-links"


def public_url() -> str:
    """Where businesses reach this sandbox, whatever address a request came by."""
    return os.environ.get("SANDBOX_PUBLIC_URL") or f"http://127.0.0.1:{os.environ.get('SANDBOX_PORT', '8900')}"


def media_object(
    store: MediaStore,
    number: BusinessNumber,
    media: StoredMedia,
    wamid: str,
    *,
    age_seconds: float = 0.0,
    caption: str | None = None,
    filename: str | None = None,
) -> dict[str, Any]:
    """The content object of an inbound or echoed file, with a fresh id and link of its own."""
    grant = store.grant(media.id, number.phone, age_seconds)
    digest = base64.b64encode(bytes.fromhex(media.sha256)).decode()
    payload = {"id": grant.id, "wabaId": number.waba_id, "wamid": wamid, "mimeType": media.mime, "sha256": digest}
    packed = base64.urlsafe_b64encode(json.dumps(payload).encode()).decode().rstrip("=")
    at = int(grant.at)
    sig = quote(f"t={at},s={_digest(at, grant.id, packed)}", safe="")
    made = {
        "id": grant.id,
        "link": f"{public_url()}/ycloud/v2/whatsapp/media/download/{grant.id}?sig={sig}&payload={packed}",
        "mime_type": media.mime,
        "sha256": digest,
    }
    if filename:
        made["filename"] = filename
    if caption:
        made["caption"] = caption
    return made


def may_download(grant: Grant, number: BusinessNumber | None, key: str | None, sig: str, payload: str) -> bool:
    """Whether this link opens now: signed by us, and young enough for somebody with or without the key."""
    fields = dict(part.partition("=")[::2] for part in sig.split(","))
    moment = fields.get("t", "")
    if not moment.isdigit() or not hmac.compare_digest(fields.get("s", ""), _digest(int(moment), grant.id, payload)):
        return False
    age = time.time() - int(moment)
    own_key = number is not None and key is not None and hmac.compare_digest(key.encode(), number.api_key.encode())
    return age <= (KEPT_SECONDS if own_key else OPEN_SECONDS)


def _digest(at: int, media_id: str, payload: str) -> str:
    return hmac.new(_LINK_KEY, f"{at}.{media_id}.{payload}".encode(), hashlib.sha256).hexdigest()
