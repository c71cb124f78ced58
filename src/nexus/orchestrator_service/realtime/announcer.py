"""Says what the store has to say, whichever Orchestrator committed it: woken by PostgreSQL, and by the clock."""

import asyncio
import time

from nexus.orchestrator_service.realtime.bus import BusAwayError
from nexus.orchestrator_service.realtime.rooms import Rooms
from nexus.runtime.logs import get_logger
from nexus.runtime.metrics import ANNOUNCEMENTS
from nexus.store.announcements import CHANNEL, Announcement, say_waiting
from nexus.store.database import UNREACHABLE, Pool
from nexus.store.listen import listen

APPLICATION = "nexus_announcer"
"""The name of each Orchestrator's listening connection, by which they are counted."""
_BATCH = 50
_LOOK_AGAIN_SECONDS = 2.0
_BUS_AWAY_SECONDS = 0.5
_PATIENCE_SECONDS = 10.0
"""How long all wait for an Orchestrator that does not hear the bus: it is coming up, or Redis just came back."""


class Announcer:
    """One per process; `run` it beside the server."""

    def __init__(self, pool: Pool, rooms: Rooms) -> None:
        self._pool, self._rooms = pool, rooms
        self._woken = asyncio.Event()
        self._short_since: float | None = None
        self._held_up = False

    async def run(self, dsn: str, stop: asyncio.Event) -> None:
        """Until `stop`, through outages of PostgreSQL and Redis."""
        hearing = asyncio.create_task(listen(dsn, self._woken.set, stop, channel=CHANNEL, name=APPLICATION))
        try:
            while not stop.is_set():
                self._woken.clear()
                pause = await self._guarded()
                if pause > 0:
                    await self._sleep(stop, pause)
        finally:
            hearing.cancel()
            await asyncio.wait([hearing])

    async def _guarded(self) -> float:
        try:
            return await self._announce()
        except UNREACHABLE as error:
            get_logger().warning("store_unavailable", loop="announcer", error=type(error).__name__)
        except Exception:  # noqa: BLE001 - loop edge: what waits is still there in a second
            get_logger().exception("announcer_failed")
        return 1.0

    async def _announce(self) -> float:
        """Say what waits; seconds until the next look."""
        self._held_up = False
        said = await say_waiting(self._pool, self._say, self._may_speak, APPLICATION, _BATCH)
        ANNOUNCEMENTS.inc(said)
        if self._held_up:
            return _BUS_AWAY_SECONDS
        return 0.0 if said else _LOOK_AGAIN_SECONDS

    async def _say(self, announcement: Announcement) -> bool:
        taken = await self._rooms.say(announcement.tenant_id, announcement.event, announcement.arguments)
        self._held_up = not taken
        return taken

    async def _may_speak(self, orchestrators: int) -> bool:
        """Whether the bus is there, and so is everybody, or those who are not were waited for long enough."""
        bus = self._rooms.bus
        try:
            if bus is None or await bus.listeners() >= orchestrators:
                self._short_since = None
                return True
            if self._short_since is None:
                self._short_since = time.monotonic()
            if time.monotonic() - self._short_since >= _PATIENCE_SECONDS:
                await bus.note_left_out()
                return True
        except BusAwayError:
            self._short_since = None
        self._held_up = True
        return False

    async def _sleep(self, stop: asyncio.Event, seconds: float) -> None:
        waiting = [asyncio.create_task(event.wait()) for event in (self._woken, stop)]
        try:
            await asyncio.wait(waiting, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in waiting:
                task.cancel()
