"""The polls of open panels, when nothing is new: answered from memory or one round trip, before anything else is done.

Every two seconds each panel asks for its list and its thread (S-085); platform-ui asks for both, and for other panels',
at once (contracts/polls.py). Whatever is not plainly "as you have it already" goes the long way, errors and credentials
of machines included.
"""

import json
import re
import time
from collections.abc import Callable, Mapping
from typing import NamedTuple
from urllib.parse import parse_qs
from uuid import UUID

from starlette.types import ASGIApp, Receive, Scope, Send

from nexus.contracts import polls as together
from nexus.orchestrator_service.admin.auth import COOKIE
from nexus.orchestrator_service.admin.pages import cache_headers, query_hash, read_list_tag, read_thread_tag
from nexus.orchestrator_service.admin.polls_remembered import RememberedPolls
from nexus.runtime.errors import error_response
from nexus.runtime.strict_json import MalformedJsonError, decode
from nexus.runtime.web import correlation_id_of, report_request
from nexus.store.database import UNREACHABLE, Pool
from nexus.store.polls import SeenList, SeenThread

_LIST = "/admin/chats"
_THREAD = re.compile(r"^/admin/chats/([0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})/messages$")
_TENANT = re.compile(r"^[1-9][0-9]{0,8}$")
_ENDPOINTS = {SeenList: _LIST, SeenThread: "/admin/chats/{conversation_id}/messages"}
_READ = {b"if-none-match", b"x-tenant-id", b"cookie", b"x-admin-token"}
_PARTS = 5
_LARGEST = 256 * 1024


class Poll(NamedTuple):
    """What somebody with a session has already, and asks about again."""

    tenant_id: int
    tag: str
    look: SeenList | SeenThread


class Polls:
    """Pure ASGI, before the app's RequestEdge; `pool` is asked for at each."""

    def __init__(self, app: ASGIApp, service: str, pool: Callable[[], Pool], remembered: RememberedPolls) -> None:
        self.app, self.service, self.pool, self.remembered = app, service, pool, remembered

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one ASGI call."""
        if scope["type"] == "http" and scope["path"] == together.PATH and scope["method"] == "POST":
            await self._several(scope, receive, send)
            return
        began = time.perf_counter()
        poll = _asked(scope) if scope["type"] == "http" and scope["path"].startswith(_LIST) else None
        if poll is None or not await self._standing({0: poll}):
            await self.app(scope, receive, send)
            return
        headers = [(name.lower().encode(), value.encode()) for name, value in cache_headers(poll.tag).items()]
        headers.append((b"x-correlation-id", correlation_id_of(scope).encode()))
        await send({"type": "http.response.start", "status": 304, "headers": headers})
        await send({"type": "http.response.body", "body": b""})
        report_request(self.service, _ENDPOINTS[type(poll.look)], "GET", 304, time.perf_counter() - began)

    async def _several(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Many at once, for platform-ui; each that stands counts as the request that it saved."""
        began = time.perf_counter()
        polls = await _listed(receive)
        if polls is None:
            await error_response(400, "bad_polls", "No es una lista de consultas.")(scope, receive, send)
            report_request(self.service, together.PATH, "POST", 400, time.perf_counter() - began)
            return
        places = await self._standing(polls)
        headers = [(b"content-type", b"application/json")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": json.dumps(sorted(places)).encode()})
        took = time.perf_counter() - began
        for place in places:
            report_request(self.service, _ENDPOINTS[type(polls[place].look)], "GET", 304, took)

    async def _standing(self, polls: Mapping[int, Poll]) -> set[int]:
        """The places of those that are as they were for those who may see them."""
        shops: dict[int, list[int]] = {}
        for place, poll in polls.items():
            shops.setdefault(poll.tenant_id, []).append(place)
        found: set[int] = set()
        try:
            for tenant_id, places in shops.items():
                looks = [polls[place].look for place in places]
                found |= {places[n] for n in await self.remembered.standing(tenant_id, self.pool(), looks)}
        except UNREACHABLE:
            return set()
        return found


def _asked(scope: Scope) -> Poll | None:
    """The request as a poll, or None when it is anything else."""
    given = {name: value.decode("latin-1") for name, value in scope["headers"] if name in _READ}
    if scope["method"] != "GET" or b"x-admin-token" in given:
        return None
    tag, tenant, cookies = (given.get(name, "") for name in (b"if-none-match", b"x-tenant-id", b"cookie"))
    return _poll(scope["path"], scope["query_string"], tag, tenant, cookies)


async def _listed(receive: Receive) -> dict[int, Poll] | None:
    """What a body asks about and can be answered here, by its place; None when it is no such list."""
    body = bytearray()
    more = True
    while more:
        message = await receive()
        body += message.get("body", b"")
        more = message.get("more_body", False)
        if len(body) > _LARGEST:
            return None
    try:
        listed = decode(bytes(body))
    except MalformedJsonError:
        return None
    if not isinstance(listed, list) or len(listed) > together.MOST or not all(_is_poll(given) for given in listed):
        return None
    asked = {n: _poll(path, query.encode("latin-1", "replace"), *rest) for n, (path, query, *rest) in enumerate(listed)}
    return {place: poll for place, poll in asked.items() if poll is not None}


def _is_poll(given: object) -> bool:
    return isinstance(given, list) and len(given) == _PARTS and all(isinstance(part, str) for part in given)


def _poll(path: str, query: bytes, tag: str, tenant: str, cookies: str) -> Poll | None:
    """What of it can be answered here: of somebody with a session, and with a tag that we gave for this question."""
    token, thread, asked = _session(cookies), _THREAD.match(path), query_hash(query)
    if not token or not _TENANT.match(tenant) or not (thread or path == _LIST):
        return None
    tag, tenant_id = tag.removeprefix("W/"), int(tenant)
    if thread is None:
        seen = read_list_tag(tag, tenant_id, asked)
        return None if seen is None else Poll(tenant_id, tag, SeenList(token, seen))
    state = read_thread_tag(tag, tenant_id, asked)
    opened = parse_qs(query.decode("latin-1")).get("seen") not in (None, ["0"])
    return None if state is None else Poll(tenant_id, tag, SeenThread(token, UUID(thread[1]), *state, opened=opened))


def _session(cookies: str) -> str | None:
    for cookie in cookies.split(";"):
        name, _, value = cookie.strip().partition("=")
        if name == COOKIE:
            return value
    return None
