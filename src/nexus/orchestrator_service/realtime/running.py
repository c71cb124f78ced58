"""The life of the real-time part within the process's own."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from nexus.orchestrator_service.realtime.announcer import Announcer
from nexus.orchestrator_service.realtime.rooms import CHECK_SECONDS, Rooms
from nexus.store.database import Pool


@asynccontextmanager
async def announcing(rooms: Rooms, pool: Pool, dsn: str, check_seconds: float = CHECK_SECONDS) -> AsyncIterator[None]:
    """Take clients, announce, and look after their sessions every `check_seconds`."""
    stop = asyncio.Event()
    rooms.open(pool)
    tasks = [
        asyncio.create_task(Announcer(pool, rooms).run(dsn, stop)),
        asyncio.create_task(rooms.watch_sessions(stop, check_seconds)),
    ]
    try:
        yield
    finally:
        stop.set()
        await asyncio.wait(tasks, timeout=5)
        for task in tasks:
            task.cancel()
        # A bus that never came up may not go down either; nothing is lost by leaving it.
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(rooms.close(), 5)
