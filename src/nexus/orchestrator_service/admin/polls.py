"""The polls of an open panel, when nothing is new: 304 from one round trip, before anything else is done.

Every two seconds each panel asks for its list and its thread (S-085). Whatever is not plainly "as you have it already"
goes the long way, errors and credentials of machines included.
"""

import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import parse_qs
from uuid import UUID

from starlette.types import ASGIApp, Receive, Scope, Send

from nexus.orchestrator_service.admin.auth import COOKIE
from nexus.orchestrator_service.admin.pages import cache_headers, query_hash, read_list_tag, read_thread_tag
from nexus.runtime.web import correlation_id_of, report_request
from nexus.store.database import UNREACHABLE, Pool
from nexus.store.polls import list_stands, thread_stands

_LIST = "/admin/chats"
_THREAD = re.compile(r"^/admin/chats/([0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})/messages$")
_TENANT = re.compile(r"^[1-9][0-9]{0,8}$")


@dataclass(frozen=True, slots=True)
class Poll:
    """What somebody with a session has already, and asks about again."""

    token: str
    tenant_id: int
    tag: str
    query: bytes
    conversation_id: UUID | None

    async def stands(self, pool: Pool) -> bool:
        """Whether it is as it was for one who may see it."""
        asked = query_hash(self.query)
        if self.conversation_id is None:
            seen = read_list_tag(self.tag, self.tenant_id, asked)
            return seen is not None and await list_stands(self.tenant_id, pool, self.token, seen)
        state = read_thread_tag(self.tag, self.tenant_id, asked)
        opened = parse_qs(self.query.decode("latin-1")).get("seen") not in (None, ["0"])
        return state is not None and await thread_stands(
            self.tenant_id, pool, self.token, self.conversation_id, *state, opened=opened
        )


_ENDPOINTS = (_LIST, "/admin/chats/{conversation_id}/messages")


class Polls:
    """Pure ASGI, before the app's RequestEdge; `pool` is asked for at each."""

    def __init__(self, app: ASGIApp, service: str, pool: Callable[[], Pool]) -> None:
        self.app, self.service, self.pool = app, service, pool

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one ASGI call."""
        began = time.perf_counter()
        poll = _poll(scope) if scope["type"] == "http" and scope["path"].startswith(_LIST) else None
        if poll is None or not await self._stands(poll):
            await self.app(scope, receive, send)
            return
        headers = [(name.lower().encode(), value.encode()) for name, value in cache_headers(poll.tag).items()]
        headers.append((b"x-correlation-id", correlation_id_of(scope).encode()))
        await send({"type": "http.response.start", "status": 304, "headers": headers})
        await send({"type": "http.response.body", "body": b""})
        endpoint = _ENDPOINTS[poll.conversation_id is not None]
        report_request(self.service, endpoint, "GET", 304, time.perf_counter() - began)

    async def _stands(self, poll: Poll) -> bool:
        try:
            return await poll.stands(self.pool())
        except UNREACHABLE:
            return False


def _poll(scope: Scope) -> Poll | None:
    """The request as a poll, or None when it is anything else."""
    given = {name: value for name, value in scope["headers"] if name in _READ}
    thread = _THREAD.match(scope["path"])
    if scope["method"] != "GET" or b"x-admin-token" in given or not (thread or scope["path"] == _LIST):
        return None
    tag = given.get(b"if-none-match", b"").decode("latin-1").removeprefix("W/")
    tenant = given.get(b"x-tenant-id", b"").decode("latin-1")
    token = _session(given.get(b"cookie", b"").decode("latin-1"))
    if not (tag and token and _TENANT.match(tenant)):
        return None
    return Poll(token, int(tenant), tag, scope["query_string"], UUID(thread[1]) if thread else None)


_READ = {b"if-none-match", b"x-tenant-id", b"cookie", b"x-admin-token"}


def _session(cookies: str) -> str | None:
    for cookie in cookies.split(";"):
        name, _, value = cookie.strip().partition("=")
        if name == COOKIE:
            return value
    return None
