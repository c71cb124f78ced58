"""JSON bodies of every door but the webhook pass the one hardened decoder before FastAPI sees them."""

import json

from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from nexus.runtime.strict_json import MAX_BYTES, MalformedJsonError, decode


class StrictBodies:
    """413 over 1 MiB, 400 for what is no clean JSON; `raw_paths` (prefixes) keep their bytes untouched.

    A body is looked at when its route reads it: so a refusal is counted and logged as the route's.
    """

    def __init__(self, app: ASGIApp, raw_paths: tuple[str, ...] = ()) -> None:
        self.app, self.raw_paths = app, raw_paths

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one ASGI call."""
        guarded = scope["type"] == "http" and scope["method"] in ("POST", "PUT", "PATCH")
        if guarded and not scope["path"].startswith(self.raw_paths or ("\x00",)):
            receive = _checked(receive)
        await self.app(scope, receive, send)


def _checked(receive: Receive) -> Receive:
    """Hands the checked body on once, whole; later calls wait for the disconnect as they would have."""
    asked = False

    async def next_message() -> Message:
        nonlocal asked
        if asked:
            return await receive()
        asked = True
        return {"type": "http.request", "body": _clean(await _read(receive)), "more_body": False}

    return next_message


async def _read(receive: Receive) -> bytes:
    """The whole body. Raises 413 as soon as it passes MAX_BYTES, ClientDisconnect when the rest never comes."""
    chunks = bytearray()
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientDisconnect
        chunks += message.get("body", b"")
        if len(chunks) > MAX_BYTES:
            raise HTTPException(413)
        if not message.get("more_body", False):
            return bytes(chunks)


def _clean(body: bytes) -> bytes:
    """The document as PostgreSQL can keep it. Raises 400."""
    try:
        return json.dumps(decode(body)).encode() if body else b""
    except MalformedJsonError as error:
        raise HTTPException(400) from error
