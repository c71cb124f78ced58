"""The way to the Orchestrator over HTTP, streamed both ways, holding nothing back and keeping nothing.

Its client keeps no cookies: with a jar it would hand one person's session to the next.
"""

from collections.abc import Iterable
from typing import NamedTuple
from urllib.parse import unquote, urlsplit

import aiohttp
from starlette.requests import Request
from starlette.responses import StreamingResponse
from starlette.types import ASGIApp, Receive, Scope, Send
from yarl import URL

from nexus.runtime.errors import error_response
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
_WEB_SCHEMES = {"ws": "http", "wss": "https"}
SAID_AGAIN = {b"date", b"server", b"x-correlation-id"}
_TIMEOUT = aiohttp.ClientTimeout(total=None, connect=8, sock_connect=3, sock_read=60)
"""Seconds; reading waits longer than Socket.IO's long poll (25 s) and a credential's live test."""
_SHORT = 65_536


class _Template(NamedTuple):
    """What metrics and logs call a way through here (S-065)."""

    path: str


API, _POLLING = _Template("/api/{path:path}"), _Template("/socket.io/")

Headers = list[tuple[bytes, bytes]]


class Orchestrator:
    """One per process; `close()` it at the end."""

    def __init__(self, url: str) -> None:
        """`url` is the Orchestrator's base, scheme and authority."""
        self.url = url
        self.authority = urlsplit(url).netloc
        self._opened: aiohttp.ClientSession | None = None

    @property
    def _session(self) -> aiohttp.ClientSession:
        if self._opened is None:  # it belongs to the loop that serves
            self._opened = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(limit=200, keepalive_timeout=30),
                cookie_jar=aiohttp.DummyCookieJar(),
                skip_auto_headers=("User-Agent", "Accept", "Accept-Encoding", "Content-Type"),
                auto_decompress=False,
                timeout=_TIMEOUT,
            )
        return self._opened

    async def close(self) -> None:
        """Close the connections."""
        if self._opened is not None:
            await self._opened.close()

    async def readiness(self) -> dict[str, str]:
        """What the Orchestrator's own /ready says, for without it the panel shows nothing."""
        try:
            answer = await self._ask("/ready")
        except (aiohttp.ClientError, TimeoutError, ValueError):
            return {"database": "unknown", "redis": "unknown", "orchestrator": "down"}
        state = {name: str(answer.get(name, "unknown")) for name in ("database", "redis")}
        return state | {"orchestrator": "ok" if state["database"] == "ok" else "unavailable"}

    async def _ask(self, path: str) -> dict[str, object]:
        async with self._session.get(f"{self.url}{path}", timeout=aiohttp.ClientTimeout(total=5)) as response:
            answer = await response.json(content_type=None)
        return answer if isinstance(answer, dict) else {}

    async def pass_on(self, scope: Scope, receive: Receive, send: Send, raw_path: bytes) -> None:
        """Ask the same of the Orchestrator and answer what it answers; 502 when it does not."""
        query = scope["query_string"]
        target = URL(self.url + (raw_path + (b"?" + query if query else b"")).decode("latin-1"), encoded=True)
        given = dict(scope["headers"])
        has_body = b"content-length" in given or b"transfer-encoding" in given
        headers = _forwarded(scope, self.authority)
        try:
            incoming = await self._session.request(
                scope["method"],
                target,
                headers=[(name.decode("latin-1"), value.decode("latin-1")) for name, value in headers],
                data=Request(scope, receive).stream() if has_body else None,
                allow_redirects=False,
            )
        except (aiohttp.ClientError, TimeoutError) as error:
            get_logger().warning("orchestrator_unreachable", error=type(error).__name__)
            words = "El servidor no responde; probá de nuevo en unos segundos."
            await error_response(502, "orchestrator_down", words)(scope, receive, send)
            return
        async with incoming:
            headers = without_hops(incoming.raw_headers, SAID_AGAIN)
            if _is_short(incoming, scope["method"]):
                body = await incoming.read()
                await send({"type": "http.response.start", "status": incoming.status, "headers": headers})
                await send({"type": "http.response.body", "body": body})
                return
            # Goes on while it comes, still compressed, and ends when the browser leaves.
            response = StreamingResponse(incoming.content.iter_any(), status_code=incoming.status)
            response.raw_headers = headers
            await response(scope, receive, send)


class Passage:
    """Hands `/api/` and Socket.IO's HTTP transport to the Orchestrator before any route is looked for.

    The panel asks every two seconds in every open tab (S-085): the way through here has to cost next to nothing.
    """

    def __init__(self, app: ASGIApp, orchestrator: Orchestrator) -> None:
        self.app, self._orchestrator = app, orchestrator

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one ASGI call."""
        path = scope["path"] if scope["type"] == "http" else ""
        if path.startswith("/api/"):
            scope["route"] = API
            if _is_public(path.removeprefix("/api/")):
                await self._orchestrator.pass_on(scope, receive, send, scope["raw_path"].removeprefix(b"/api"))
            else:
                await error_response(404, "not_found", "Eso no existe.")(scope, receive, send)
        elif path == "/socket.io/":
            scope["route"] = _POLLING
            await self._orchestrator.pass_on(scope, receive, send, b"/socket.io/")
        else:
            await self.app(scope, receive, send)


def _is_short(incoming: aiohttp.ClientResponse, method: str) -> bool:
    """Whether the whole answer may be held at once."""
    without_body = method == "HEAD" or incoming.status in (204, 304)
    return without_body or (incoming.content_length is not None and incoming.content_length <= _SHORT)


def _is_public(path: str) -> bool:
    """Whether the decoded path is one for browsers or for Tienda Nube; what tries to climb out of it is not."""
    if any(part in (".", "..") for part in unquote(path).replace("\\", "/").split("/")):
        return False
    return path.startswith(("admin/", "agenda/feed/", "webhook/tiendanube/")) or path == "openapi.json"


def _forwarded(scope: Scope, authority: str) -> Headers:
    """The browser's headers that concern the Orchestrator, and ours."""
    headers = without_hops(scope["headers"], _OURS_TO_SAY)
    # Addresses that the API hands out (a calendar's feed) have to lead back through here.
    headers += [(b"host", authority.encode()), (b"x-forwarded-prefix", b"/api")]
    return headers + forwarding(scope, current_correlation_id())


def forwarding(scope: Scope, correlation_id: str) -> Headers:
    """Who asked, for which host and how, and under which correlation id; a proxy before us is believed."""
    given: dict[bytes, bytes] = dict(scope["headers"])
    peer = scope["client"][0].encode() if scope.get("client") else b""
    hops = b", ".join(hop for hop in (given.get(b"x-forwarded-for"), peer) if hop)
    scheme: str = scope["scheme"]
    said = {
        b"x-forwarded-for": hops,
        b"x-forwarded-host": given.get(b"x-forwarded-host") or given.get(b"host", b""),
        b"x-forwarded-proto": given.get(b"x-forwarded-proto") or _WEB_SCHEMES.get(scheme, scheme).encode(),
        b"x-correlation-id": correlation_id.encode(),
    }
    return [(name, value) for name, value in said.items() if value]


def without_hops(headers: Iterable[tuple[bytes, bytes]], others: set[bytes]) -> Headers:
    """The headers that concern the two ends, less `others`; names in lower case, order and repeats kept."""
    lowered = [(name.lower(), value) for name, value in headers]
    named = {part.strip().lower() for name, value in lowered if name == b"connection" for part in value.split(b",")}
    dropped = _HOP_BY_HOP | named | others
    return [(name, value) for name, value in lowered if name not in dropped]
