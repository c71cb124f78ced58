"""The polls of open panels (S-085), passed on before anything else is done and over lines of their own.

Every tab asks every two seconds for its list and its thread, and nearly always nothing is new.
"""

import re
import time

from starlette.types import ASGIApp, Receive, Scope, Send

from nexus.front_door.kept_lines import KeptLines
from nexus.front_door.proxy import API, SAID_AGAIN, forwarding, without_hops
from nexus.runtime.logs import bind_correlation_id, forget_context
from nexus.runtime.web import correlation_id_of, report_request

_POLLED = re.compile(r"^/api/admin/chats(?:/[0-9a-f-]{36}/messages)?$")
_PASSED_ON = {b"cookie", b"if-none-match", b"origin", b"x-admin-token", b"x-tenant-id"}
"""What decides the answer; a browser's other dozen would be read twice for nothing."""
# The correlation id stays: here the Orchestrator's is the only one.
_DROPPED = SAID_AGAIN - {b"x-correlation-id"}
_UNCHANGED = 304


class PollPassage:
    """Pure ASGI, outside RequestEdge, whose work for these it does itself; a lost line sends them the usual way."""

    def __init__(self, app: ASGIApp, service: str, lines: KeptLines, authority: str) -> None:
        self.app, self._service, self._lines, self._authority = app, service, lines, authority.encode()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one ASGI call."""
        if not _is_poll(scope):
            await self.app(scope, receive, send)
            return
        began = time.perf_counter()
        correlation_id = correlation_id_of(scope)
        try:
            status, headers, body = await self._lines.ask(self._head(scope, correlation_id))
        except OSError:
            await self.app(scope, receive, send)
            return
        await send({"type": "http.response.start", "status": status, "headers": without_hops(headers, _DROPPED)})
        await send({"type": "http.response.body", "body": body})
        if status != _UNCHANGED:  # then there is a line in the log
            forget_context()
            bind_correlation_id(correlation_id)
        report_request(self._service, API.path, "GET", status, time.perf_counter() - began)

    def _head(self, scope: Scope, correlation_id: str) -> bytes:
        """The request as it goes on; uvicorn let no line break into any part of it."""
        query = scope["query_string"]
        target = scope["raw_path"].removeprefix(b"/api") + (b"?" + query if query else b"")
        kept = [header for header in scope["headers"] if header[0] in _PASSED_ON]
        headers = b"".join([b"%b: %b\r\n" % header for header in (*kept, *forwarding(scope, correlation_id))])
        return b"GET %b HTTP/1.1\r\nhost: %b\r\n%b\r\n" % (target, self._authority, headers)


def _is_poll(scope: Scope) -> bool:
    """Asking again for what one has already, of what panels poll."""
    if scope["type"] != "http" or scope["method"] != "GET" or not _POLLED.match(scope["path"]):
        return False
    names = {name for name, _ in scope["headers"]}
    return b"if-none-match" in names and not names & {b"content-length", b"transfer-encoding"}
