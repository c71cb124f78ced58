"""Being woken by PostgreSQL instead of asking it all the time."""

import asyncio
from collections.abc import Callable
from typing import Any

import asyncpg

from nexus.runtime.logs import get_logger
from nexus.store.database import UNREACHABLE

WORK_CHANNEL = "nexus_work"
_KEEPALIVE = {"tcp_keepalives_idle": "10", "tcp_keepalives_interval": "5", "tcp_keepalives_count": "3"}


async def listen(
    dsn: str, wake: Callable[[], None], stop: asyncio.Event, *, channel: str = WORK_CHANNEL, name: str | None = None
) -> None:
    """Call `wake` at each notification, and once at each (re)connection, until `stop`.

    A direct connection, reopened when lost; whoever is woken also looks by the clock, so a lost one costs time only.
    By its application `name` PostgreSQL knows whose it is; one whose machine vanished is gone within half a minute.
    """
    session = {"application_name": name, **_KEEPALIVE} if name else None
    while not stop.is_set():
        lost = asyncio.Event()
        try:
            conn = await asyncpg.connect(dsn, timeout=5, server_settings=session)
        except UNREACHABLE as error:
            get_logger().warning("listen_unavailable", error=type(error).__name__)
            await _either(stop, None, seconds=1.0)
            continue
        try:
            conn.add_termination_listener(lambda *_, lost=lost: lost.set())

            def notified(*_: Any) -> None:
                wake()

            await conn.add_listener(channel, notified)
            wake()
            await _either(stop, lost)
        except UNREACHABLE as error:
            get_logger().warning("listen_lost", error=type(error).__name__)
        finally:
            conn.terminate()


async def _either(one: asyncio.Event, other: asyncio.Event | None, seconds: float | None = None) -> None:
    waiting = [asyncio.ensure_future(event.wait()) for event in (one, other) if event is not None]
    try:
        await asyncio.wait(waiting, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in waiting:
            task.cancel()
