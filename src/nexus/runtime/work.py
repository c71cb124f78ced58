"""A loop that claims work and runs it in tasks: woken by events and by the clock, stopped without losing any."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from typing import Any

from nexus.runtime.logs import forget_context, get_logger

_FAREWELL_SECONDS = 2.0
_BETWEEN_LOOKS = 0.02
"""Seconds: what comes in a rush is found by one look instead of by one each; a lone wake is followed at once."""


class WorkLoop:
    """Claims up to `slots` items at a time with `claim(free)`, runs `work(item)` for each in its own task.

    `pause()` says how many seconds to sleep when nothing was claimed; `wake()` cuts the sleep short. An exception of
    `unreachable` (the store is away) is one line in the log, not a traceback a second.
    """

    def __init__(
        self,
        name: str,
        *,
        slots: int,
        claim: Callable[[int], Awaitable[Sequence[Any]]],
        work: Callable[[Any], Coroutine[Any, Any, None]],
        pause: Callable[[], Awaitable[float]],
        unreachable: tuple[type[Exception], ...] = (),
    ) -> None:
        self._name, self._slots = name, slots
        self._claim, self._work, self._pause, self._unreachable = claim, work, pause, unreachable
        self._woken = asyncio.Event()
        self._running: set[asyncio.Task[None]] = set()

    def wake(self) -> None:
        """Look for work now."""
        self._woken.set()

    async def run(self, stop: asyncio.Event, drain_seconds: float) -> None:
        """Until `stop`; then what runs gets `drain_seconds` to end and is cancelled: leases give back the rest."""
        clock = asyncio.get_running_loop()
        next_look = 0.0
        while not stop.is_set():
            await asyncio.sleep(next_look - clock.time())
            next_look = clock.time() + _BETWEEN_LOOKS
            self._woken.clear()
            try:
                free = self._slots - len(self._running)
                claimed = await self._claim(free) if free else []
                for item in claimed:
                    self._start(item)
                # With no slot free, due work is no reason to look again: the first task that ends wakes us.
                seconds = 0.0 if claimed else await self._pause() if free else 1.0
            except self._unreachable as error:
                get_logger().warning("store_unavailable", loop=self._name, error=type(error).__name__)
                seconds = 1.0
            except Exception:  # noqa: BLE001 - loop edge: a claim failed; said with its traceback, and tried again
                get_logger().exception("claim_failed", loop=self._name)
                seconds = 1.0
            if seconds > 0:
                await self._sleep(stop, seconds)
        if self._running:
            await asyncio.wait(self._running, timeout=drain_seconds)
        if not self._running:
            return
        for task in self._running:
            task.cancel()
        await asyncio.wait(self._running, timeout=_FAREWELL_SECONDS)

    def _start(self, item: Any) -> None:
        task = asyncio.create_task(self._guarded(item))
        self._running.add(task)
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._running.discard(task)
        self._woken.set()

    async def _guarded(self, item: Any) -> None:
        forget_context()
        try:
            await self._work(item)
        except self._unreachable as error:
            get_logger().warning("work_interrupted", loop=self._name, error=type(error).__name__)
        except Exception:  # noqa: BLE001 - loop edge: one item's failure is its own; its lease gives it back
            get_logger().exception("work_failed", loop=self._name)

    async def _sleep(self, stop: asyncio.Event, seconds: float) -> None:
        waiting = [asyncio.create_task(event.wait()) for event in (self._woken, stop)]
        try:
            await asyncio.wait(waiting, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in waiting:
                task.cancel()
