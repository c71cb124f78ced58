"""The way to the Orchestrator over HTTP, streamed both ways, holding nothing back and keeping nothing.

It speaks through the bare transport: a client with a cookie jar would hand one person's session to the next.
"""

from collections.abc import AsyncIterator, Iterable
from contextlib import aclosing
from urllib.parse import unquote, urlsplit

import httpx
from starlette.background import BackgroundTask
from starlette.requests import HTTPConnection, Request
from starlette.responses import Response, StreamingResponse

from nexus.runtime.errors import ApiError
from nexus.runtime.logs import current_correlation_id, get_logger

_HOP_BY_HOP = {
    b"connection",
    b"keep-alive",
    b"proxy-authenticate",
    b"proxy-authorization",
    b"proxy-connection",
    b"te",
    b"trailer",
    b"transfer-encoding",
    b"upgrade",
}
_OURS_TO_SAY = {
    b"host",
    b"x-correlation-id",
    b"x-forwarded-for",
    b"x-forwarded-host",
    b"x-forwarded-proto",
    b"x-forwarded-prefix",
}
_SAID_AGAIN = {b"date", b"server", b"x-correlation-id"}
_TIMEOUT = {"connect": 3.0, "read": 60.0, "write": 30.0, "pool": 5.0}
"""Seconds; reading waits longer than Socket.IO's long poll (25 s) and a credential's live test."""

Headers = list[tuple[bytes, bytes]]


class Orchestrator:
    """One per process; `close()` it at the end."""

    def __init__(self, url: str) -> None:
        """`url` is the Orchestrator's base, scheme and authority."""
        self.url = url
        self._authority = urlsplit(url).netloc
        self._transport = httpx.AsyncHTTPTransport(
            limits=httpx.Limits(max_connections=200, max_keepalive_connections=20, keepalive_expiry=30)
        )

    async def close(self) -> None:
        """Close the connections."""
        await self._transport.aclose()

    async def api(self, request: Request, path: str) -> Response:
        """`/api/admin/...`, calendar feeds, `/api/openapi.json`; nothing else of the Orchestrator. Raises 404, 502."""
        if not _is_public(path):
            raise ApiError(404, "not_found", "Eso no existe.")
        return await self._pass_on(request, request.scope["raw_path"].removeprefix(b"/api"))

    async def polling(self, request: Request) -> Response:
        """Socket.IO's HTTP transport. Raises 502."""
        return await self._pass_on(request, b"/socket.io/")

    async def readiness(self) -> dict[str, str]:
        """What the Orchestrator's own /ready says, for without it the panel shows nothing."""
        try:
            answer = await self._ask("/ready")
        except (httpx.TransportError, ValueError):
            return {"database": "unknown", "redis": "unknown", "orchestrator": "down"}
        state = {name: str(answer.get(name, "unknown")) for name in ("database", "redis")}
        return state | {"orchestrator": "ok" if state["database"] == "ok" else "unavailable"}

    async def _ask(self, path: str) -> dict[str, object]:
        request = httpx.Request("GET", f"{self.url}{path}", extensions={"timeout": dict(_TIMEOUT, read=5.0)})
        response = await self._transport.handle_async_request(request)
        async with aclosing(response):
            await response.aread()
            answer = response.json()
        return answer if isinstance(answer, dict) else {}

    async def _pass_on(self, request: Request, raw_path: bytes) -> Response:
        query = request.scope["query_string"]
        url = httpx.URL(self.url, raw_path=raw_path + (b"?" + query if query else b""))
        has_body = "content-length" in request.headers or "transfer-encoding" in request.headers
        outgoing = httpx.Request(
            request.method,
            url,
            headers=_forwarded(request, self._authority),
            content=request.stream() if has_body else None,
            extensions={"timeout": _TIMEOUT},
        )
        try:
            incoming = await self._transport.handle_async_request(outgoing)
        except httpx.TransportError as error:
            get_logger().warning("orchestrator_unreachable", error=type(error).__name__)
            raise ApiError(
                502, "orchestrator_down", "El servidor no responde; probá de nuevo en unos segundos."
            ) from error
        response = StreamingResponse(
            _body(incoming), status_code=incoming.status_code, background=BackgroundTask(incoming.aclose)
        )
        response.raw_headers = without_hops(incoming.headers.raw, _SAID_AGAIN)
        return response


async def _body(incoming: httpx.Response) -> AsyncIterator[bytes]:
    """As it comes, still compressed; closed when the browser leaves, too."""
    try:
        async for chunk in incoming.aiter_raw():
            yield chunk
    finally:
        await incoming.aclose()


def _is_public(path: str) -> bool:
    """Whether the decoded path is one for browsers; what tries to climb out of it is not."""
    if any(part in (".", "..") for part in unquote(path).replace("\\", "/").split("/")):
        return False
    return path.startswith(("admin/", "agenda/feed/")) or path == "openapi.json"


def _forwarded(request: Request, authority: str) -> Headers:
    headers = without_hops(request.headers.raw, _OURS_TO_SAY | {b"content-length"})
    length = request.headers.get("content-length")
    if length is not None:
        headers.append((b"content-length", length.encode()))
    # Addresses that the API hands out (a calendar's feed) have to lead back through here.
    headers += [(b"host", authority.encode()), (b"x-forwarded-prefix", b"/api"), *forwarding(request)]
    return headers


def forwarding(connection: HTTPConnection) -> Headers:
    """Who asked, for which host and how, and under which correlation id; a proxy before us is believed."""
    given = connection.headers
    peer = connection.client.host if connection.client else ""
    hops = [hop for hop in (given.get("x-forwarded-for"), peer) if hop]
    scheme = {"ws": "http", "wss": "https"}.get(connection.url.scheme, connection.url.scheme)
    said = {
        "x-forwarded-for": ", ".join(hops),
        "x-forwarded-host": given.get("x-forwarded-host") or given.get("host", ""),
        "x-forwarded-proto": given.get("x-forwarded-proto") or scheme,
        "x-correlation-id": current_correlation_id(),
    }
    return [(name.encode(), value.encode("latin-1")) for name, value in said.items() if value]


def without_hops(headers: Iterable[tuple[bytes, bytes]], others: set[bytes]) -> Headers:
    """The headers that concern the two ends, less `others`; names in lower case, order and repeats kept."""
    lowered = [(name.lower(), value) for name, value in headers]
    named = {part.strip().lower() for name, value in lowered if name == b"connection" for part in value.split(b",")}
    return [(name, value) for name, value in lowered if name not in _HOP_BY_HOP | named | others]
