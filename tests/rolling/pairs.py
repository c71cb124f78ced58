"""Two of each service before one PostgreSQL and one Valkey, each pair behind a balancer, restarted one by one."""

import asyncio
import subprocess
import sys
import time
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path

from nexus.store.migrate import migrate
from tests.nursery import ROOT
from tests.rolling.spread import LOOK_SECONDS, Spread
from tests.service import Service, eventually
from tests.system import System, free_port

DOORS = {
    "orchestrator-service": ("brain", "ORCHESTRATOR_SERVICE_PORT"),
    "whatsapp-service": ("gateway", "WHATSAPP_SERVICE_PORT"),
    "platform-ui": ("panel", "PLATFORM_UI_PORT"),
}
"""Each service, its door's name in `System.ports`, and the variable of its own port."""
NOTICE_SECONDS = 3 * LOOK_SECONDS
_STOPS_WITHIN = 25.0


@dataclass
class Member(Service):
    """One of a pair; `source` is the checkout whose code it runs at its next start."""

    source: Path = ROOT

    def start(self, **extra: str) -> None:
        """As any service; another checkout's code is read from its files, not from ours that the nursery holds."""
        if self.source == ROOT:
            super().start(**extra)
            return
        env = self.env | extra | {"PYTHONPATH": str(self.source / "src")}
        command = [sys.executable, "-P", "-m", "nexus", "run", self.name]
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                command, cwd=self.source / "tests", env=env, stdout=log, stderr=log, start_new_session=True
            )

    async def end(self) -> float:
        """SIGTERM; the seconds that it took. Raises subprocess.TimeoutExpired when they were too many."""
        assert self.process is not None
        began = time.monotonic()
        self.process.terminate()
        await asyncio.to_thread(self.process.wait, _STOPS_WITHIN)
        return time.monotonic() - began

    def complaints(self) -> list[str]:
        """What nobody foresaw, by the log of the code that it runs: each with a traceback."""
        return [line for line in self.log.read_text().splitlines() if "Traceback" in line]


class Pairs(System):
    """As System, with two of each service; its gateway, brain and panel are the balancers' doors."""

    def __init__(self, folder: Path, *, source: Path = ROOT, upto: str | None = None, **settings: str) -> None:
        """`source` is the code that the services begin with, `upto` the last migration that has run by then."""
        ours = {"DRAIN_NOTICE_SECONDS": str(NOTICE_SECONDS), "ANSWER_DEADLINE_SECONDS": "20"}
        super().__init__(folder, panel=True, **ours | settings)
        self._source, self._upto = source, upto
        self.members: list[Member] = []
        self._spreads: dict[str, Spread] = {}
        self._balancers = AsyncExitStack()

    async def _start(self) -> None:
        await self.postgres.start()
        await self.valkey.start()
        await migrate(self.postgres.owner_dsn, self._upto)
        env = self.environment() | {"ORCHESTRATOR_SERVICE_URL": self.url("brain")}
        self.services["sandbox"] = Service("sandbox", self.ports["sandbox"], env, self.folder / "sandbox.log")
        for name, (door, variable) in DOORS.items():
            for which in "ab":
                port = free_port()
                log = self.folder / f"{name}-{which}.log"
                member = Member(name, port, env | {variable: str(port)}, log, source=self._source)
                self.members.append(member)
                self.services[f"{name}-{which}"] = member
            ports = [member.port for member in self.members if member.name == name]
            self._spreads[name] = await self._balancers.enter_async_context(Spread(self.ports[door], ports))
        for service in self.services.values():
            service.start()
        await self.services["sandbox"].ready()
        for member in self.members:
            await self.up(member)

    async def __aexit__(self, *exc: object) -> None:
        await super().__aexit__(*exc)
        await self._balancers.aclose()

    async def up(self, member: Member) -> None:
        """Wait until its balancer sends it connections."""

        async def taken_in() -> bool:
            gone = member.process is not None and member.process.poll() is not None
            assert not gone, f"{member.name} ended: {member.log.read_text()[-2000:]}"
            return self._spreads[member.name].is_ready(member.port)

        await eventually(taken_in, within=60, what=f"{member.name} on {member.port} ready")

    async def roll(self, member: Member, source: Path | None = None) -> float:
        """Stop it, start it anew (with the code of `source`), wait until it is ready; the seconds it took to stop."""
        seconds = await member.end()
        if source is not None:
            member.source, member.log = source, member.log.with_suffix(".newer.log")
        member.start()
        await self.up(member)
        return seconds
