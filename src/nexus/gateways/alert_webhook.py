"""One JSON POST to an address that whoever runs this chose, signed when there is a secret (docs/alerts.md)."""

import asyncio
import hashlib
import hmac
import json
import time
from typing import Any
from urllib.parse import urlsplit

import httpx

from nexus.gateways.egress import leads_inside
from nexus.gateways.errors import RetryableError

_SECONDS = 10.0
_NO_PROXY: dict[str, None] = {"all://127.0.0.1": None, "all://localhost": None}


async def post_alert(url: str, secret: str, told: dict[str, Any], *, allow_loopback: bool) -> None:
    """Send it once, never redirected, within 10 s. Raises RetryableError with a Spanish reason unless a 2xx came back.

    Signed as `X-Nexus-Signature: t=<seconds>,v1=<hex HMAC-SHA256 of "<seconds>.<body>">`. Who gets the same `id` and
    `event` twice has it already: the answer to the first may have been lost.
    """
    parts = urlsplit(url)
    if parts.scheme != "https" and not (parts.scheme == "http" and allow_loopback):
        raise _failure("ALERT_WEBHOOK_URL tiene que empezar con https://")
    if parts.hostname is None or await leads_inside(parts.hostname, allow_loopback=allow_loopback):
        raise _failure("ALERT_WEBHOOK_URL lleva a una red privada")
    body = json.dumps(told, ensure_ascii=False).encode()
    headers = {"Content-Type": "application/json"}
    if secret:
        at = int(time.time())
        signature = hmac.new(secret.encode(), f"{at}.".encode() + body, hashlib.sha256).hexdigest()
        headers["X-Nexus-Signature"] = f"t={at},v1={signature}"
    try:
        async with (
            asyncio.timeout(_SECONDS),
            httpx.AsyncClient(timeout=_SECONDS, mounts=_NO_PROXY) as client,
            client.stream("POST", url, content=body, headers=headers) as answer,  # what it says is not read
        ):
            status = answer.status_code
    except (httpx.HTTPError, httpx.InvalidURL, TimeoutError) as error:
        raise _failure(f"ALERT_WEBHOOK_URL no contesta ({type(error).__name__})") from error
    if not 200 <= status < 300:
        raise _failure(f"ALERT_WEBHOOK_URL contestó {status}")


def _failure(reason: str) -> RetryableError:
    return RetryableError("alert_not_told", reason)
