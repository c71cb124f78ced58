"""One service as a child process: its port, its log files, its health."""

from __future__ import annotations

import asyncio
import json
import signal
import sys
import time
from asyncio.subprocess import Process
from collections.abc import Mapping
from pathlib import Path
from typing import Protocol

import httpx

from nexus.embedded import processes
from nexus.embedded.environment import ROOT
from nexus.embedded.errors import EmbeddedError
from nexus.embedded.ports import can_bind

_HEALTHY_SECONDS = 60.0
_PORT_SECONDS = 3.0  # the kernel needs a moment to end the processes of a killed `up`


class Child(Protocol):
    """What the supervisor keeps alive: a store or a service."""

    name: str

    async def start(self) -> None:
        """Start it and wait until it works; EmbeddedError with one line when it does not."""

    async def wait(self) -> int:
        """Wait until it is gone; its exit code, negative for a signal."""

    async def stop(self, seconds: float) -> None:
        """Ask it to end, insist after `seconds`."""

    def kill(self) -> None:
        """SIGKILL."""


class Service:
    """`nexus run NAME` with its own session and log files `logs/NAME.log` and `logs/NAME.err.log`.

    `ports` maps the variable that sets each port it listens on to the port; the first one answers /health.
    """

    def __init__(
        self, name: str, *, ports: Mapping[str, int], host: str, env: Mapping[str, str], data_dir: Path
    ) -> None:
        self.name = name
        self._ports = ports
        self._host = host
        self._env = env
        self._home = data_dir
        self._out = data_dir / "logs" / f"{name}.log"
        self._err = data_dir / "logs" / f"{name}.err.log"
        self._out_mark = self._err_mark = 0
        self._process: Process | None = None

    async def start(self) -> None:
        """Start the process and wait until /health answers.

        Raises EmbeddedError naming the port that is taken and its variable, or with the service's last words.
        """
        await self.check_ports()
        for log in (self._out, self._err):
            log.parent.mkdir(parents=True, exist_ok=True)
            processes.shorten(log)
        self._out_mark, self._err_mark = (log.stat().st_size if log.exists() else 0 for log in (self._out, self._err))
        self._process = await processes.spawn(
            [sys.executable, "-P", "-m", "nexus", "run", "--no-dotenv", self.name],
            out=self._out,
            err=self._err,
            env={**self._env, "PYTHONPATH": str(ROOT / "src")},
            cwd=self._home,
        )
        await self._healthy(self._process)

    async def wait(self) -> int:
        """Wait until it is gone, keeping its log files short meanwhile; its exit code."""
        assert self._process is not None, "start() first"  # noqa: S101 - a programming error
        return await processes.wait(self._process, self._out, self._err)

    async def stop(self, seconds: float) -> None:
        """SIGTERM, so that it drains; SIGKILL after `seconds`."""
        if self._process is not None:
            await processes.end(self._process, (signal.SIGTERM, seconds))

    def kill(self) -> None:
        """SIGKILL, as a crash would."""
        processes.kill(self._process)

    def last_words(self) -> str:
        """Why it refused to start, else the last lines that it wrote to stderr since its start."""
        for line in reversed(processes.tail(self._out, self._out_mark).splitlines()):
            if '"event": "service_not_started"' in line and (reason := json.loads(line)["reason"]):
                return str(reason)
        return processes.tail(self._err, self._err_mark)

    @property
    def pid(self) -> int | None:
        """Its process id, None while it does not run."""
        return self._process.pid if self._process and self._process.returncode is None else None

    async def check_ports(self) -> None:
        """Wait a moment for its ports to be free; EmbeddedError names the one that stays taken."""
        until = time.monotonic() + _PORT_SECONDS
        for variable, port in self._ports.items():
            while not can_bind(port, self._host):
                if time.monotonic() > until:
                    raise EmbeddedError(
                        f"{self.name} no puede escuchar en {self._host}:{port}: el puerto está ocupado o "
                        f"reservado (o NEXUS_HOST no es de esta máquina); liberalo o elegí otro con {variable}"
                    )
                await asyncio.sleep(0.1)

    async def _healthy(self, process: Process) -> None:
        port = next(iter(self._ports.values()))
        url = f"http://{reachable(self._host)}:{port}/health"
        until = time.monotonic() + _HEALTHY_SECONDS
        async with httpx.AsyncClient(trust_env=False, timeout=5) as client:
            while time.monotonic() < until:
                if process.returncode is not None:
                    how = processes.describe_exit(process.returncode)
                    raise EmbeddedError(f"{self.name} terminó al arrancar ({how})\n{self.last_words()}".strip())
                try:
                    if (await client.get(url)).status_code == 200:
                        return
                except httpx.TransportError:
                    pass  # not listening yet
                await asyncio.sleep(0.05)
        await self.stop(2.0)
        raise EmbeddedError(f"{self.name} no contesta {url} en {_HEALTHY_SECONDS:.0f} s; mirá {self._out}")


def reachable(host: str) -> str:
    """The address to call a listener at: `0.0.0.0` and `::` listen everywhere and are no destination."""
    if host in {"0.0.0.0", "::", ""}:  # noqa: S104 - compared, not bound
        return "127.0.0.1"
    return f"[{host}]" if ":" in host else host
