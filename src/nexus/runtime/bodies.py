"""JSON bodies of every door but the webhook pass the one hardened decoder before FastAPI sees them."""

import json

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from nexus.runtime.errors import error_response
from nexus.runtime.strict_json import MAX_BYTES, MalformedJsonError, decode


class StrictBodies:
    """413 over 1 MiB, 400 for what is no clean JSON; `raw_paths` (prefixes) keep their bytes untouched."""

    def __init__(self, app: ASGIApp, raw_paths: tuple[str, ...] = ()) -> None:
        self.app, self.raw_paths = app, raw_paths

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one ASGI call."""
        guarded = scope["type"] == "http" and scope["method"] in ("POST", "PUT", "PATCH")
        if not guarded or scope["path"].startswith(self.raw_paths or ("\x00",)):
            await self.app(scope, receive, send)
            return
        body = await _read(receive)
        if body is None:
            await error_response(413, "too_large", "El pedido supera 1 MiB.")(scope, receive, send)
            return
        try:
            clean = json.dumps(decode(body)).encode() if body else b""
        except MalformedJsonError:
            await error_response(400, "malformed_json", "El cuerpo no es JSON válido.")(scope, receive, send)
            return
        await self.app(scope, _replay(clean, receive), send)


async def _read(receive: Receive) -> bytes | None:
    """The whole body, or None as soon as it passes MAX_BYTES."""
    chunks = bytearray()
    while True:
        message = await receive()
        chunks += message.get("body", b"")
        if len(chunks) > MAX_BYTES:
            return None
        if not message.get("more_body", False):
            return bytes(chunks)


def _replay(body: bytes, receive: Receive) -> Receive:
    """Hand the checked body on once; later calls wait for the disconnect as they would have."""
    pending: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def next_message() -> Message:
        return pending.pop() if pending else await receive()

    return next_message
