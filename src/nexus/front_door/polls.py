"""The polls of open panels (S-085), answered before anything else is done.

Every tab asks every two seconds for its list and its thread, and nearly always nothing is new. Those that come together
are asked about together; what is new is fetched over the same kept lines.
"""

import re
import time

from starlette.types import ASGIApp, Receive, Scope, Send

from nexus.contracts.polls import UNCHANGED_HEADERS
from nexus.front_door.kept_lines import KeptLines
from nexus.front_door.polls_together import PollsTogether
from nexus.front_door.proxy import API, SAID_AGAIN, forwarding, without_hops
from nexus.runtime.logs import bind_correlation_id, forget_context
from nexus.runtime.web import correlation_id_of, report_request

_POLLED = re.compile(r"^/api/admin/chats(?:/[0-9a-f-]{36}/messages)?$")
_PASSED_ON = {b"cookie", b"if-none-match", b"origin", b"x-admin-token", b"x-tenant-id"}
"""What decides the answer; a browser's other dozen would be read twice for nothing."""
# The correlation id stays: here the Orchestrator's is the only one.
_DROPPED = SAID_AGAIN - {b"x-correlation-id"}
_UNCHANGED = 304
_UNCHANGED_HEADERS = [(name.lower().encode(), value.encode()) for name, value in UNCHANGED_HEADERS.items()]


class PollPassage:
    """Pure ASGI, outside RequestEdge, whose work for these it does itself; a lost line sends them the usual way."""

    def __init__(self, app: ASGIApp, service: str, lines: KeptLines, authority: str) -> None:
        self.app, self._service, self._lines, self._authority = app, service, lines, authority.encode()
        self._together = PollsTogether(lines, authority)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one ASGI call."""
        given = _poll_of(scope)
        if given is None:
            await self.app(scope, receive, send)
            return
        began = time.perf_counter()
        correlation_id = correlation_id_of(scope)
        if _is_of_a_session(given) and await self._together.stands(_as_asked(scope, given)):
            tag = given[b"if-none-match"].removeprefix(b"W/")
            told = [(b"etag", tag), *_UNCHANGED_HEADERS, (b"x-correlation-id", correlation_id.encode())]
            status, headers, body = _UNCHANGED, told, b""
        else:
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


def _poll_of(scope: Scope) -> dict[bytes, bytes] | None:
    """The headers of who asks again for what she has already, of what panels poll; None when it is anything else."""
    if scope["type"] != "http" or scope["method"] != "GET" or not _POLLED.match(scope["path"]):
        return None
    given: dict[bytes, bytes] = dict(scope["headers"])
    asks_again = b"if-none-match" in given and b"content-length" not in given and b"transfer-encoding" not in given
    return given if asks_again else None


def _is_of_a_session(given: dict[bytes, bytes]) -> bool:
    """Whether a person's panel asks, of its own host; machines and other origins get their answer's own headers."""
    return b"cookie" in given and b"origin" not in given and b"x-admin-token" not in given


def _as_asked(scope: Scope, given: dict[bytes, bytes]) -> list[str]:
    """As contracts/polls.py has it."""
    parts = (
        scope["raw_path"].removeprefix(b"/api"),
        scope["query_string"],
        *(given.get(name, b"") for name in (b"if-none-match", b"x-tenant-id", b"cookie")),
    )
    return [part.decode("latin-1") for part in parts]
