"""The Socket.IO server: one room a shop, clients put there by us alone, events only from `say`."""

import asyncio
import contextlib
import logging
from typing import Any

import socketio
from engineio.packet import NOOP, Packet
from socketio.exceptions import ConnectionRefusedError as RefusedError
from starlette.types import ASGIApp

from nexus.orchestrator_service.realtime.bus import Bus, BusAwayError
from nexus.orchestrator_service.realtime.handshake import NotAdmittedError, Seat, admit, is_welcome, still_admitted
from nexus.runtime.logs import forget_context, get_logger
from nexus.runtime.metrics import SOCKET_CLIENTS
from nexus.runtime.settings import Settings
from nexus.store.database import UNREACHABLE, Pool
from nexus.store.secrets import Vault

CHECK_SECONDS = 60.0
_MAX_MESSAGE_BYTES = 16 * 1024


class Rooms:
    """The server and who sits where. `wrap` puts it before the app; `open` gives it its stores."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._pool: Pool | None = None
        self._seats: dict[str, Seat] = {}
        self._standing: set[str] = set()  # connections that have not shown who they are, at the last look
        # Installations that share a Redis share its channels, whatever database number they use: each has its own.
        # While the key changes, what an Orchestrator with the other one first says is heard, too (docs/rotation.md).
        channels = [f"nexus.realtime.{key_id}" for key_id in Vault.of(settings).key_ids]
        self.bus = Bus(settings.redis_url, channels, self._let_refetch) if settings.redis_url else None
        self._server = socketio.AsyncServer(
            async_mode="asgi",
            client_manager=self.bus,
            cors_allowed_origins=lambda origin, environ: is_welcome(origin, environ, settings),
            max_http_buffer_size=_MAX_MESSAGE_BYTES,
            logger=_library_log("socketio"),
            engineio_logger=_library_log("engineio"),
        )
        self._server.on("connect", self._connect)
        self._server.on("disconnect", self._disconnect)

    def wrap(self, app: ASGIApp) -> ASGIApp:
        """The app as it is served: Socket.IO under its default path, everything else untouched."""
        wrapped: ASGIApp = socketio.ASGIApp(self._server, app)
        return wrapped

    def open(self, pool: Pool) -> None:
        """Take clients from now on, and listen to the other Orchestrators."""
        self._pool = pool
        if not self._server.manager_initialized:
            self._server.manager_initialized = True
            self._server.manager.initialize()

    async def leave(self) -> None:
        """Let every client go, and take no more; they come back elsewhere, or here."""
        self._pool = None
        await self._let_refetch()

    async def close(self) -> None:
        """Leave, and the bus, too."""
        await self.leave()
        if self.bus is not None:
            await self.bus.close()

    async def say(self, tenant_id: int, event: str, arguments: list[Any]) -> bool:
        """Call the shop's listeners, on every Orchestrator, with these arguments; False while the bus is away."""
        try:
            await self._server.emit(event, tuple(arguments), to=room_of(tenant_id))
        except BusAwayError:
            return False
        return True

    async def watch_sessions(self, stop: asyncio.Event, every: float = CHECK_SECONDS) -> None:
        """Until `stop`: whoever logged out, or was taken out of the shop, hears nothing after the next look."""
        while not stop.is_set():
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), every)
            try:
                await self.check_seats()
            except UNREACHABLE as error:
                get_logger().warning("sessions_unchecked", error=type(error).__name__)
            except Exception:  # noqa: BLE001 - loop edge: the next look comes in a minute
                get_logger().exception("sessions_unchecked")

    async def check_seats(self) -> None:
        """Disconnect those who may not listen any more, and who at the last look had no seat either."""
        seated = {self._server.manager.eio_sid_from_sid(sid, "/") for sid in self._seats}
        standing = set(self._server.eio.sockets) - seated
        await self._break(standing & self._standing)
        self._standing = standing
        verdicts: dict[Seat, bool] = {}
        for sid, seat in list(self._seats.items()):
            if self._pool is None:
                return
            if seat not in verdicts:
                verdicts[seat] = await still_admitted(seat, self._pool)
            if not verdicts[seat]:
                await self._server.disconnect(sid)

    async def _connect(self, sid: str, environ: dict[str, Any], auth: object = None) -> None:
        forget_context()
        if self._pool is None:
            raise RefusedError("unavailable")
        try:
            seat = await admit(environ, auth, self._pool, self._settings)
        except NotAdmittedError as error:
            raise RefusedError(str(error)) from error
        except UNREACHABLE as error:
            raise RefusedError("unavailable") from error
        for tenant_id in seat.tenant_ids:
            await self._server.enter_room(sid, room_of(tenant_id))
        self._seats[sid] = seat
        SOCKET_CLIENTS.set(len(self._seats))

    async def _disconnect(self, sid: str, *_reason: str) -> None:
        self._seats.pop(sid, None)
        SOCKET_CLIENTS.set(len(self._seats))

    async def _let_refetch(self) -> None:
        """Break our clients' connections: unlike a farewell, that makes them connect again, and fetch everything."""
        await self._break(set(self._server.eio.sockets))

    async def _break(self, connections: set[str]) -> None:
        """End them without a good-bye: after engine.io's own, its clients wait for a server that closes, and ours does
        not until its pings stay unanswered for 45 s."""
        for eio_sid in connections:
            connection = self._server.eio.sockets.get(eio_sid)
            if connection is None or connection.closed:
                continue
            if connection.upgraded:
                await connection.queue.put(None)  # its writer closes the WebSocket
            else:
                await connection.queue.put(Packet(NOOP))  # ends the poll under way; the next one finds no session
                await connection.close(wait=False, abort=True, reason=self._server.eio.reason.TRANSPORT_CLOSE)
                self._server.eio.sockets.pop(eio_sid, None)


def _library_log(name: str) -> logging.Logger:
    """Its errors among our own lines; left to itself the library writes beside them."""
    log = logging.getLogger(f"nexus.{name}")
    log.setLevel(logging.ERROR)
    return log


def room_of(tenant_id: int) -> str:
    """The shop's room."""
    return f"tenant:{tenant_id}"
