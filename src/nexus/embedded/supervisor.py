"""Keeps children alive, and ends them in order: the heart of `up` and `demo`."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import sys
import time
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from enum import IntEnum
from typing import Any

from nexus.embedded.child import Child
from nexus.embedded.errors import EmbeddedError
from nexus.embedded.processes import describe_exit


class Stage(IntEnum):
    """Order of ending: nothing new comes in before what is inside is finished, the stores go last."""

    FRONT_DOOR = 0
    THINKING = 1
    OUTSIDE_WORLD = 2
    STORE = 3


# Seconds after the signal by which each stage has ended or is killed. PostgreSQL may take 2 s more, for an
# immediate shutdown: 20 s in all.
_ENDS_BY = {Stage.FRONT_DOOR: 12.0, Stage.THINKING: 14.0, Stage.OUTSIDE_WORLD: 15.0, Stage.STORE: 17.5}
_LEAST_SECONDS = 0.5


@dataclass(frozen=True)
class RestartRule:
    """Waits of first*2^n seconds, at most `longest`; more than `limit` deaths within `window` give up."""

    first: float = 0.5
    longest: float = 10.0
    limit: int = 8
    window: float = 120.0


def say(line: str) -> None:
    """One line for the person at the terminal; a closed terminal must not stop the drain."""
    with contextlib.suppress(OSError, ValueError):
        print(line, flush=True)


class Supervisor:
    """Starts children, restarts the one that dies, gives up on the one that keeps dying."""

    def __init__(self, rule: RestartRule | None = None, tell: Callable[[str], None] = say) -> None:
        self._rule = rule or RestartRule()
        self._tell = tell
        self._children: list[tuple[Stage, Child]] = []
        self._tasks: set[asyncio.Task[None]] = set()
        self._stop = asyncio.Event()
        self._hasten = asyncio.Event()
        self._gave_up = False

    async def start(self, stage: Stage, *children: Child) -> None:
        """Start these at the same time and keep them alive from then on.

        Raises EmbeddedError of the first one that does not come up; the others are ended by `drain`.
        """
        self._children.extend((stage, child) for child in children)
        starts = [self._task(child.start()) for child in children]
        await asyncio.gather(*starts)
        for child in children:
            self._task(self._keep(child))

    def ask_to_stop(self) -> None:
        """First call: drain. Second call: hasten it."""
        if self._stop.is_set():
            self._hasten.set()
        self._stop.set()

    async def until_stopped(self) -> bool:
        """Wait for a signal or for a child that keeps dying; False for the latter."""
        await self._stop.wait()
        return not self._gave_up

    async def drain(self) -> None:
        """End every child, stage by stage, within 20 s; at once when hastened."""
        self._stop.set()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        began = time.monotonic()
        for stage in Stage:
            children = [child for its, child in self._children if its is stage]
            left = max(_LEAST_SECONDS, _ENDS_BY[stage] - (time.monotonic() - began))
            await self._end(stage, children, left)

    async def _end(self, stage: Stage, children: list[Child], seconds: float) -> None:
        if self._hasten.is_set():
            seconds = _LEAST_SECONDS
        stops = asyncio.gather(*(child.stop(seconds) for child in children))
        hurry = asyncio.create_task(self._hasten.wait())
        first: list[asyncio.Future[Any]] = [stops, hurry]
        await asyncio.wait(first, return_when=asyncio.FIRST_COMPLETED)
        if not stops.done() and stage is not Stage.STORE:  # a store's fast shutdown is short and worth it
            for child in children:
                child.kill()
        hurry.cancel()
        await stops

    def _task(self, work: Awaitable[None]) -> asyncio.Task[None]:
        task = asyncio.ensure_future(work)
        assert isinstance(task, asyncio.Task)  # noqa: S101 - coroutines become tasks
        self._tasks.add(task)
        return task

    async def _keep(self, child: Child) -> None:
        deaths: deque[float] = deque()
        while True:
            what = f"{child.name} terminó ({describe_exit(await child.wait())})"
            self._show_last_words(child)
            while what:
                what = await self._restart(child, what, deaths)

    async def _restart(self, child: Child, what: str, deaths: deque[float]) -> str:
        """One attempt to bring `child` back; what went wrong with it, empty when it worked."""
        now = time.monotonic()
        deaths.append(now)
        while deaths[0] < now - self._rule.window:
            deaths.popleft()
        if len(deaths) > self._rule.limit:
            self._tell(f"{what}, {len(deaths)} veces seguidas: no lo reinicio más y cierro todo")
            self._gave_up = True
            self._stop.set()
            await asyncio.Event().wait()  # until drain() cancels us
        delay = min(self._rule.first * 2 ** (len(deaths) - 1), self._rule.longest)
        self._tell(f"{what}; reinicio {len(deaths)} en {delay:g} s")
        await asyncio.sleep(delay)
        try:
            await child.start()
        except EmbeddedError as error:
            first_line, _, details = str(error).partition("\n")
            if details:
                self._tell(details)
            return first_line
        self._tell(f"{child.name} volvió")
        return ""

    def _show_last_words(self, child: Child) -> None:
        last_words: Callable[[], str] = getattr(child, "last_words", str)
        if words := last_words():
            self._tell(words)


async def supervise(story: Callable[[Supervisor], Awaitable[None]], supervisor: Supervisor | None = None) -> int:
    """Run `story` (the start-up), then wait for Ctrl-C or SIGTERM, then drain; the exit code of the command.

    0 after a signal, 1 when the start-up failed or a child kept dying; the reason has been printed.
    """
    supervisor = supervisor or Supervisor()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        loop.add_signal_handler(number, supervisor.ask_to_stop)
    starting = asyncio.ensure_future(story(supervisor))
    stopped = asyncio.create_task(supervisor.until_stopped())
    code = 0
    try:
        await asyncio.wait({starting, stopped}, return_when=asyncio.FIRST_COMPLETED)
        if starting.done():
            await starting
        code = 0 if await stopped else 1
    except EmbeddedError as error:
        print(f"nexus: {error}", file=sys.stderr, flush=True)
        code = 1
    finally:
        for task in (starting, stopped):
            task.cancel()
        await asyncio.gather(starting, stopped, return_exceptions=True)
        await _drain_aloud(supervisor)
    return code


async def _drain_aloud(supervisor: Supervisor) -> None:
    began = time.monotonic()
    await supervisor.drain()
    say(f"todo detenido en {time.monotonic() - began:.1f} s")
