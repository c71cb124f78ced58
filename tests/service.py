"""One of our processes under test, and the patience to wait for what it does."""

import asyncio
import contextlib
import signal
import ssl
import subprocess
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from tests.nursery import ROOT, Forked, run

__all__ = ["NO_TLS", "ROOT", "Service", "eventually"]

NO_TLS = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
"""For clients of this machine's plain doors: httpx would read all certificates of the machine for each of them."""


async def eventually(
    check: Callable[[], Awaitable[Any]], *, within: float = 15.0, every: float = 0.1, what: str = "condition"
) -> Any:
    """The first truthy value of `check`; AssertionError naming `what` when none comes in time."""
    deadline = time.monotonic() + within
    while True:
        value = await check()
        if value:
            return value
        if time.monotonic() > deadline:
            raise AssertionError(f"{what}: not within {within} s (last value {value!r})")
        await asyncio.sleep(every)


@dataclass
class Service:
    """One of our processes."""

    name: str
    port: int
    env: dict[str, str]
    log: Path
    process: Forked | subprocess.Popen[bytes] | None = None

    def start(self, **extra: str) -> None:
        """Start it; `extra` is added to the environment this once."""
        # In a folder where no .env of a developer is read.
        self.process = run(["run", self.name], env=self.env | extra, cwd=ROOT / "tests", log=self.log)

    async def ready(self, within: float = 30.0) -> None:
        """Wait until /health answers."""
        async with httpx.AsyncClient(verify=NO_TLS, trust_env=False) as client:

            async def answers() -> bool:
                if self.process is not None and self.process.poll() is not None:
                    raise AssertionError(f"{self.name} ended: {self.log.read_text()[-2000:]}")
                with contextlib.suppress(httpx.HTTPError):
                    return (await client.get(f"http://127.0.0.1:{self.port}/health")).status_code == 200
                return False

            await eventually(answers, within=within, what=f"{self.name} up")

    def kill(self) -> None:
        """SIGKILL and wait."""
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(signal.SIGKILL)
            self.process.wait(10)

    def stop(self) -> None:
        """SIGTERM, then SIGKILL after 15 s."""
        if self.process is None or self.process.poll() is not None:
            return
        self.process.terminate()
        try:
            self.process.wait(15)
        except subprocess.TimeoutExpired:
            self.kill()

    async def restart(self, **extra: str) -> None:
        """Kill it if it lives, start it again, wait until it answers."""
        self.kill()
        self.start(**extra)
        await self.ready()
