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
    """Call `wake` at each notification, and once at each (re)connection, until `stop`."""
    await hear(dsn, lambda _payload: wake(), lambda: None, stop, channel=channel, name=name)


async def hear(
    dsn: str,
    heard: Callable[[str], None],
    lost: Callable[[], None],
    stop: asyncio.Event,
    *,
    channel: str,
    name: str | None = None,
) -> None:
    """Call `heard` with each notification's payload, and with an empty one at each (re)connection; `lost` at its loss.

    A direct connection, reopened when lost; whoever is woken also looks by the clock, so a lost one costs time only.
    By its application `name` PostgreSQL knows whose it is; one whose machine vanished is gone within half a minute.
    """
    session = {"application_name": name, **_KEEPALIVE} if name else None
    while not stop.is_set():
        gone = asyncio.Event()
        try:
            conn = await asyncpg.connect(dsn, timeout=5, server_settings=session)
        except UNREACHABLE as error:
            get_logger().warning("listen_unavailable", error=type(error).__name__)
            await _either(stop, None, seconds=1.0)
            continue
        try:
            conn.add_termination_listener(lambda *_, gone=gone: gone.set())

            def notified(_conn: Any, _pid: int, _channel: str, payload: object) -> None:
                heard(str(payload))

            await conn.add_listener(channel, notified)
            heard("")
            await _either(stop, gone)
        except UNREACHABLE as error:
            get_logger().warning("listen_lost", error=type(error).__name__)
        finally:
            lost()
            conn.terminate()


async def _either(one: asyncio.Event, other: asyncio.Event | None, seconds: float | None = None) -> None:
    waiting = [asyncio.ensure_future(event.wait()) for event in (one, other) if event is not None]
    try:
        await asyncio.wait(waiting, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in waiting:
            task.cancel()
