"""Socket.IO's WebSocket transport, passed on frame by frame."""

import asyncio
from contextlib import suppress

from starlette.routing import WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect, WebSocketState
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake
from websockets.typing import Origin, Subprotocol

from nexus.front_door.proxy import Orchestrator, forwarding
from nexus.runtime.logs import current_correlation_id, get_logger

_PASSED_ON = ("cookie", "x-admin-token", "x-tenant-id")
_MAX_FRAME = 1024 * 1024
_OPEN_SECONDS = 5
_TRY_LATER, _GOING_AWAY = 1013, 1001


def socket_route(orchestrator: Orchestrator) -> WebSocketRoute:
    """The route for `/socket.io/`."""

    async def relay(browser: WebSocket) -> None:
        query = browser.url.query
        address = f"ws{orchestrator.url.removeprefix('http')}/socket.io/{'?' + query if query else ''}"
        try:
            upstream = await _dial(browser, address)
        except (OSError, TimeoutError, InvalidHandshake) as error:
            # Refused before accepting, a browser sees a failed handshake and Socket.IO tries again by itself.
            get_logger().warning("socket_refused", error=type(error).__name__)
            await browser.close(_TRY_LATER)
            return
        async with upstream:
            await browser.accept(subprotocol=upstream.subprotocol)
            await _relay(browser, upstream)

    return WebSocketRoute("/socket.io/", relay)


async def _dial(browser: WebSocket, address: str) -> ClientConnection:
    given = browser.headers
    headers = [(name, given[name]) for name in _PASSED_ON if name in given]
    headers += [
        (name.decode(), value.decode("latin-1")) for name, value in forwarding(browser.scope, current_correlation_id())
    ]
    origin = given.get("origin")
    return await connect(
        address,
        origin=Origin(origin) if origin else None,
        subprotocols=[Subprotocol(name) for name in browser.scope["subprotocols"]] or None,
        additional_headers=headers,
        user_agent_header=given.get("user-agent"),
        compression=None,
        max_size=_MAX_FRAME,
        open_timeout=_OPEN_SECONDS,
        proxy=None,
    )


async def _relay(browser: WebSocket, upstream: ClientConnection) -> None:
    """Both directions until one side closes; then the other one is closed with the same code."""
    tasks = [asyncio.create_task(_to_upstream(browser, upstream)), asyncio.create_task(_to_browser(browser, upstream))]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)
    for task in done:
        task.result()


async def _to_upstream(browser: WebSocket, upstream: ClientConnection) -> None:
    while True:
        message = await browser.receive()
        if message["type"] == "websocket.disconnect":
            await upstream.close(_sendable(message.get("code")))
            return
        frame = message.get("text")
        with suppress(ConnectionClosed):  # then the other direction ends, and with it both
            await upstream.send(frame if frame is not None else message["bytes"])


async def _to_browser(browser: WebSocket, upstream: ClientConnection) -> None:
    try:
        async for frame in upstream:
            await (browser.send_text(frame) if isinstance(frame, str) else browser.send_bytes(frame))
    except WebSocketDisconnect:
        return
    except ConnectionClosed:
        pass  # it ended without a good-bye; the browser is told below
    if browser.application_state is WebSocketState.CONNECTED:
        with suppress(WebSocketDisconnect):  # it left in the same moment
            await browser.close(_sendable(upstream.close_code))


def _sendable(code: int | None) -> int:
    """The code, or "going away" for those that only describe a broken connection and may not be sent (RFC 6455 7.4)."""
    return code if code is not None and code not in (1005, 1006, 1015) else _GOING_AWAY
