"""From a booking to the last of many views, and what a view costs, beside a Node socket.io server (issue 4).

Ours is the served Orchestrator as a process, on embedded PostgreSQL and Valkey: a booking over the API, its commit,
its announcement over the bus, Socket.IO. Node's is socket.io alone: a POST that it emits to a room. The views are the
same bare WebSocket clients for both, in this process, on the same cores.
"""

import asyncio
import contextlib
import os
import resource
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
from tests.sockets import BareView
from tests.system import ADMIN_TOKEN, ENCRYPTION_KEY, INTERNAL_TOKEN, ROOT, Service, eventually, free_port

from bench import node_peer
from bench.pipeline import percentile
from nexus.embedded.postgres import EmbeddedPostgres
from nexus.embedded.valkey import EmbeddedValkey
from nexus.store.migrate import migrate

VIEWS = (100, 500, 1000)
_EVENTS = 20
_AT_ONCE = 50
_SPARE_FILES = 4096
_TICKS = os.sysconf("SC_CLK_TCK")
Trigger = Callable[[int], Awaitable[None]]


@dataclass
class Figures:
    """What one server did with so many views; one entry an event, in seconds."""

    views: int
    to_last: list[float] = field(default_factory=list)
    first_to_last: list[float] = field(default_factory=list)
    cpu_of_events: float = 0.0
    cpu_of_connecting: float = 0.0
    connecting: float = 0.0
    kib: float = 0.0

    def row(self, server: str, runs: int) -> dict[str, Any]:
        """As the report shows it."""
        return {
            "server": server,
            "views": self.views,
            "to_last_p50_ms": round(percentile(self.to_last, 50) * 1000, 1),
            "to_last_p95_ms": round(percentile(self.to_last, 95) * 1000, 1),
            "first_to_last_p50_ms": round(percentile(self.first_to_last, 50) * 1000, 1),
            "cpu_us_per_view_and_event": round(self.cpu_of_events / runs / _EVENTS / self.views * 1e6, 1),
            "cpu_us_per_connection": round(self.cpu_of_connecting / runs / self.views * 1e6),
            "connecting_s": round(self.connecting / runs, 2),
            "kib_per_view": round(self.kib / runs / self.views, 1),
        }


async def measure_realtime(runs: int) -> dict[str, Any]:
    """All figures of the bench, printed as Markdown; there is no target but the comparison."""
    _raise_file_limit()
    rows: list[dict[str, Any]] = []
    note = ""
    with tempfile.TemporaryDirectory(prefix="nexus-bench-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        await asyncio.to_thread(folder.chmod, 0o755)  # PostgreSQL runs as another account when we are root
        try:
            peer: tuple[str, str] | None = await node_peer.install(folder)
        except node_peer.NodeAwayError as error:
            peer, note = None, str(error)
        async with _stores(folder) as env:
            for views in VIEWS:
                rows.append((await _ours(views, runs, folder, env)).row("nexus", runs))
                if peer:
                    rows.append((await _node(views, runs, folder, *peer)).row("node", runs))
    _print(rows, peer[1] if peer else f"sin comparación: {note}")
    return {"rows": rows, "node": peer[1] if peer else note, "missed": []}


@contextlib.asynccontextmanager
async def _stores(folder: Path) -> AsyncIterator[dict[str, str]]:
    """What an Orchestrator on real stores is started with."""
    postgres, valkey = EmbeddedPostgres(folder / "postgres"), EmbeddedValkey(folder / "valkey")
    await postgres.start()
    await valkey.start()
    try:
        await migrate(postgres.owner_dsn)
        yield {
            "PATH": os.environ.get("PATH", os.defpath),
            "PYTHONPATH": str(ROOT / "src"),
            "NEXUS_HOST": "127.0.0.1",
            "POSTGRES_DSN": postgres.app_dsn,
            "REDIS_URL": valkey.url,
            "INTERNAL_API_TOKEN": INTERNAL_TOKEN,
            "ADMIN_TOKEN": ADMIN_TOKEN,
            "ENCRYPTION_KEY": ENCRYPTION_KEY,
            "NEXUS_DATA_DIR": str(folder),
        }
    finally:
        await valkey.stop()
        await postgres.stop()


async def _ours(views: int, runs: int, folder: Path, env: dict[str, str]) -> Figures:
    figures = Figures(views)
    for run in range(runs):
        _progress(f"nexus: {views} vistas, {run + 1}/{runs}")
        port = free_port()
        service = Service(
            "orchestrator-service", port, env | {"ORCHESTRATOR_SERVICE_PORT": str(port)}, folder / "orchestrator.log"
        )
        service.start()
        url = f"http://127.0.0.1:{port}"
        try:
            await service.ready()
            assert service.process is not None
            async with httpx.AsyncClient(
                base_url=url, headers={"X-Admin-Token": ADMIN_TOKEN}, timeout=30, trust_env=False
            ) as client:
                number = f"+549{int(time.time() * 1000) % 10**10:010d}"
                shop = {"store_name": "Banco", "bot_phone_number": number}
                tenant_id = (await client.post("/admin/tenants", json=shop)).raise_for_status().json()["id"]
                client.headers["X-Tenant-ID"] = str(tenant_id)
                auth = {"token": ADMIN_TOKEN, "tenant_id": tenant_id}
                await _measure(figures, url, auth, service.process.pid, _booking(client))
        finally:
            service.stop()
    return figures


def _booking(client: httpx.AsyncClient) -> Trigger:
    first = datetime(2031, 3, 3, 12, tzinfo=UTC)

    async def book(n: int) -> None:
        body = {"start": (first + timedelta(hours=n)).isoformat(), "customer_name": "Lucía Díaz", "force": True}
        (await client.post("/admin/appointments", json=body)).raise_for_status()

    return book


async def _node(views: int, runs: int, folder: Path, program: str, version: str) -> Figures:
    figures = Figures(views)
    for run in range(runs):
        _progress(f"node: {views} vistas, {run + 1}/{runs}")
        peer = node_peer.start(program, folder, version)
        try:
            async with httpx.AsyncClient(base_url=peer.url, timeout=30, trust_env=False) as client:
                await _measure(figures, peer.url, None, peer.process.pid, _emitting(client))
        finally:
            peer.stop()
    return figures


def _emitting(client: httpx.AsyncClient) -> Trigger:
    async def emit(n: int) -> None:
        appointment = {
            "id": f"8f14e45f-ceea-467a-9b36-{n:012d}",
            "tenant_id": 1,
            "title": "Turno",
            "start": "2031-03-03T10:00:00-03:00",
            "end": "2031-03-03T11:00:00-03:00",
            "status": "scheduled",
            "source": "manual",
            "customer_name": "Lucía Díaz",
            "customer_phone": None,
            "conversation_id": None,
            "resource_id": 1,
            "service_id": 1,
            "notes": None,
            "version": 1,
        }
        (await client.post("/", json=appointment)).raise_for_status()

    return emit


async def _measure(figures: Figures, url: str, auth: dict[str, Any] | None, pid: int, trigger: Trigger) -> None:
    """Connect the views, let `trigger` cause the events one by one, and read the clocks."""
    heard: list[float] = []
    memory, cpu, began = _memory_kib(pid), _cpu_seconds(pid), time.perf_counter()
    opened: list[BareView] = []
    for start in range(0, figures.views, _AT_ONCE):
        wanted = min(_AT_ONCE, figures.views - start)
        opened += await asyncio.gather(
            *(BareView.open(url, auth, lambda *_: heard.append(time.perf_counter())) for _ in range(wanted))
        )
    figures.connecting += time.perf_counter() - began
    figures.cpu_of_connecting += _cpu_seconds(pid) - cpu
    figures.kib += _memory_kib(pid) - memory
    await trigger(0)  # the first of everything compiles and connects
    await _all_heard(heard, figures.views)
    cpu = _cpu_seconds(pid)
    for n in range(1, _EVENTS + 1):
        heard.clear()
        began = time.perf_counter()
        await trigger(n)
        await _all_heard(heard, figures.views)
        figures.to_last.append(max(heard) - began)
        figures.first_to_last.append(max(heard) - min(heard))
    figures.cpu_of_events += _cpu_seconds(pid) - cpu
    await asyncio.gather(*(view.close() for view in opened))


async def _all_heard(heard: list[float], views: int) -> None:
    async def done() -> bool:
        return len(heard) >= views

    await eventually(done, within=30, every=0.02, what=f"{views} views to hear")
    assert len(heard) == views


def _cpu_seconds(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS


def _memory_kib(pid: int) -> float:
    status = Path(f"/proc/{pid}/status").read_text(encoding="utf-8")
    return float(next(line.split()[1] for line in status.splitlines() if line.startswith("VmRSS")))


def _raise_file_limit() -> None:
    """Each view is a file here and one in the server, which inherits the limit."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = _SPARE_FILES if hard == resource.RLIM_INFINITY else min(_SPARE_FILES, hard)
    if soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def _progress(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


def _print(rows: list[dict[str, Any]], peer: str) -> None:
    print(f"Node: {peer}\n")
    print(
        "| server | views | until the last has it p50 / p95 | first to last p50 | CPU a view and event "
        "| CPU a connection | all connected | memory a view |"
    )
    print("|---|---:|---:|---:|---:|---:|---:|---:|")
    for row in rows:
        print(
            f"| {row['server']} | {row['views']} | {row['to_last_p50_ms']} / {row['to_last_p95_ms']} ms "
            f"| {row['first_to_last_p50_ms']} ms | {row['cpu_us_per_view_and_event']} µs "
            f"| {row['cpu_us_per_connection']} µs | {row['connecting_s']} s | {row['kib_per_view']} KiB |"
        )
