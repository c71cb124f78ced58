"""What browsers are told about every answer of this process (architecture.md 7)."""

import re
from collections.abc import Iterable, Iterator, Mapping, MutableSequence
from functools import lru_cache

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from nexus.front_door.pages import Page
from nexus.runtime.settings import Settings

_HOST = re.compile(rb"^[A-Za-z0-9.:\[\]-]{1,255}$")
_ORIGIN = re.compile(r"^(https?://[A-Za-z0-9.:\[\]-]+)")


class PanelHeaders:
    """Adds the Content-Security-Policy and its companions; pure ASGI. What the Orchestrator said itself stays."""

    def __init__(self, app: ASGIApp, settings: Settings, pages: Mapping[str, Page]) -> None:
        """`pages` says for each path's beginning what is particular there; the first one counts."""
        self.app = app
        self._pages = pages
        api = _ORIGIN.match(settings.api_base_url)
        self._api = api[1] if api else ""
        # The sandbox's pictures are http on this machine.
        self._pictures = " http://127.0.0.1:* http://localhost:*" if settings.egress_allow_loopback else ""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one ASGI call."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        host = next((value for name, value in scope["headers"] if name == b"host"), b"")
        page = next((page for prefix, page in self._pages.items() if scope["path"].startswith(prefix)), None)
        policy = _policy(host, self._api, self._pictures, page.styles if page else "", page.scripts if page else "")

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                if _is_part(scope["path"], message["status"]):
                    message["headers"] = [*_of_a_part(message["headers"]), (b"x-content-type-options", b"nosniff")]
                else:
                    message["headers"] = list(message["headers"])
                    _add_missing(message["headers"], policy)
            await send(message)

        await self.app(scope, receive, send_with_headers)


@lru_cache(maxsize=256)
def _policy(host: bytes, api: str, pictures: str, styles: str, scripts: str) -> bytes:
    # 'self' means ws: and wss: in current browsers only, so the sockets of this very host are named.
    sockets = f" ws://{host.decode()} wss://{host.decode()}" if _HOST.match(host) else ""
    calls = f" {api} {api.replace('http', 'ws', 1)}" if api else ""
    # Customers' pictures and recordings come from the API's host.
    files = f" {api}" if api else ""
    return (
        f"default-src 'self'; script-src 'self'; style-src 'self'{' ' if styles else ''}{styles}; object-src 'none'; "
        f"base-uri 'none'; img-src 'self' https: data:{pictures}{files}; media-src 'self'{files}; "
        f"connect-src 'self'{sockets}{calls}; form-action 'self'; frame-ancestors 'none'"
        f"{'; ' if scripts else ''}{scripts}"
    ).encode()


def _is_part(path: str, status: int) -> bool:
    """Whether this is a script or style sheet of a page: only documents have a policy, and a page has many parts."""
    return path.endswith((".js", ".css")) and status in (200, 206, 304) and not path.startswith("/api/")


def _of_a_part(headers: Iterable[tuple[bytes, bytes]]) -> Iterator[tuple[bytes, bytes]]:
    """Without what nobody reads: the tag is enough to ask again, and a file has no story to correlate."""
    return ((name, value) for name, value in headers if name not in (b"x-correlation-id", b"last-modified"))


def _add_missing(headers: MutableSequence[tuple[bytes, bytes]], policy: bytes) -> None:
    present = {name.lower() for name, _ in headers}
    for name, value in (
        (b"content-security-policy", policy),
        (b"x-content-type-options", b"nosniff"),
        (b"referrer-policy", b"same-origin"),
        (b"x-frame-options", b"DENY"),
    ):
        if name not in present:
            headers.append((name, value))
