"""The supervisor with real child processes: restarts, giving up, order of ending, ports, nothing left behind."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest
from tests.service import NO_TLS

from nexus.embedded import processes
from nexus.embedded.child import Service
from nexus.embedded.environment import only_one
from nexus.embedded.errors import EmbeddedError
from nexus.embedded.ports import free_port
from nexus.embedded.supervisor import RestartRule, Stage, Supervisor

_SRC = Path(__file__).parents[3] / "src"
_QUICK = RestartRule(first=0.01, longest=0.05, limit=3, window=60)

_OBEDIENT = """
import signal, sys, time
def end(*_):
    open(sys.argv[1], "a").write(sys.argv[2] + "\\n")
    sys.exit(0)
signal.signal(signal.SIGTERM, end)
print("up", flush=True)
time.sleep(600)
"""
_STUBBORN = (
    "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('up', flush=True); time.sleep(600)"
)

_SUPERVISOR = """
import asyncio, json, sys
from pathlib import Path
from nexus.embedded.child import Service
from nexus.embedded.ports import free_port
from nexus.embedded.postgres import EmbeddedPostgres
from nexus.embedded.supervisor import Stage, supervise
from nexus.embedded.valkey import EmbeddedValkey

folder = Path(sys.argv[1])

async def story(supervisor):
    children = [EmbeddedPostgres(folder), EmbeddedValkey(folder)]
    await supervisor.start(Stage.STORE, *children)
    ports = {"SANDBOX_PORT": free_port(), "SANDBOX_SMTP_PORT": free_port()}
    env = {name: str(port) for name, port in ports.items()}
    sandbox = Service("sandbox", ports=ports, host="127.0.0.1", env=env, data_dir=folder)
    await supervisor.start(Stage.OUTSIDE_WORLD, sandbox)
    print(json.dumps([child.pid for child in (*children, sandbox)]), flush=True)

sys.exit(asyncio.run(supervise(story)))
"""


class Program:
    """A child that is any Python program; up once it has printed a line."""

    def __init__(self, name: str, folder: Path, *argv: str) -> None:
        self.name = name
        self.starts = 0
        self._out = folder / f"{name}.log"
        self._argv = [sys.executable, "-c", *argv]
        self.process: asyncio.subprocess.Process | None = None

    async def start(self) -> None:
        self.starts += 1
        mark = self._out.stat().st_size if self._out.exists() else 0
        self.process = await processes.spawn(self._argv, out=self._out)
        while self._out.stat().st_size == mark and self.process.returncode is None:
            await asyncio.sleep(0.01)

    async def wait(self) -> int:
        assert self.process
        return await self.process.wait()

    async def stop(self, seconds: float) -> None:
        assert self.process
        await processes.end(self.process, (signal.SIGTERM, seconds))

    def kill(self) -> None:
        processes.kill(self.process)


async def _until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(20):
        while not condition():
            await asyncio.sleep(0.02)


async def test_a_killed_child_is_started_again_and_each_time_said_in_one_line(tmp_path: Path) -> None:
    said: list[str] = []
    supervisor = Supervisor(_QUICK, said.append)
    child = Program("servicio", tmp_path, _STUBBORN)
    await supervisor.start(Stage.THINKING, child)
    child.kill()
    await _until(lambda: "servicio volvió" in said)
    assert said == ["servicio terminó (señal 9); reinicio 1 en 0.01 s", "servicio volvió"]
    assert child.starts == 2
    supervisor.ask_to_stop()
    supervisor.ask_to_stop()
    await supervisor.drain()
    assert child.process and child.process.returncode == -signal.SIGKILL


async def test_a_child_that_keeps_dying_ends_the_whole_run(tmp_path: Path) -> None:
    said: list[str] = []
    supervisor = Supervisor(_QUICK, said.append)
    neighbour = Program("vecino", tmp_path, _OBEDIENT, str(tmp_path / "order"), "vecino")
    await supervisor.start(Stage.STORE, neighbour)
    await supervisor.start(Stage.THINKING, Program("servicio", tmp_path, "print('up'); raise SystemExit(3)"))
    async with asyncio.timeout(30):
        assert await supervisor.until_stopped() is False
    await supervisor.drain()
    assert said[-1] == "servicio terminó (código 3), 4 veces seguidas: no lo reinicio más y cierro todo"
    assert [line for line in said if "; reinicio " in line][-1].endswith("reinicio 3 en 0.04 s")
    assert neighbour.process and neighbour.process.returncode == 0


async def test_ending_goes_from_the_front_doors_to_the_stores(tmp_path: Path) -> None:
    order = tmp_path / "order"
    supervisor = Supervisor(_QUICK)
    for stage in reversed(Stage):  # started the other way round
        await supervisor.start(stage, Program(stage.name, tmp_path, _OBEDIENT, str(order), stage.name))
    supervisor.ask_to_stop()
    await supervisor.drain()
    assert order.read_text().split() == ["FRONT_DOOR", "THINKING", "OUTSIDE_WORLD", "STORE"]


async def test_a_second_signal_does_not_wait_for_a_child_that_refuses_to_end(tmp_path: Path) -> None:
    order = tmp_path / "order"
    supervisor = Supervisor(_QUICK)
    stubborn = Program("terco", tmp_path, _STUBBORN)
    store = Program("base", tmp_path, _OBEDIENT, str(order), "base")
    await supervisor.start(Stage.STORE, store)
    await supervisor.start(Stage.FRONT_DOOR, stubborn)
    supervisor.ask_to_stop()
    drain = asyncio.create_task(supervisor.drain())
    await asyncio.sleep(0.2)
    assert not drain.done()
    supervisor.ask_to_stop()
    await drain
    assert stubborn.process and stubborn.process.returncode == -signal.SIGKILL
    assert order.read_text().split() == ["base"]  # the store was still asked, not shot


async def test_a_taken_port_is_named_with_the_variable_that_moves_it(tmp_path: Path) -> None:
    with socket.socket() as squatter:
        squatter.bind(("127.0.0.1", 0))
        squatter.listen()
        port = squatter.getsockname()[1]
        service = Service("sandbox", ports={"SANDBOX_PORT": port}, host="127.0.0.1", env={}, data_dir=tmp_path)
        with pytest.raises(EmbeddedError, match=rf"127\.0\.0\.1:{port}.*SANDBOX_PORT") as raised:
            await service.start()
    assert "\n" not in str(raised.value)


async def test_a_service_that_dies_at_its_start_shows_what_it_said(tmp_path: Path) -> None:
    service = Service(
        "sandbox", ports={"SANDBOX_PORT": free_port()}, host="127.0.0.1",
        env={"SANDBOX_PORT": "no-es-un-puerto"}, data_dir=tmp_path,
    )  # fmt: skip
    with pytest.raises(EmbeddedError, match=r"sandbox terminó al arrancar \(código 1\)[^$]*no-es-un-puerto"):
        await service.start()


async def test_a_service_that_refuses_to_start_shows_its_reason(tmp_path: Path) -> None:
    port = free_port()
    service = Service(
        "whatsapp-service", ports={"WHATSAPP_SERVICE_PORT": port}, host="127.0.0.1",
        env={"WHATSAPP_SERVICE_PORT": str(port)}, data_dir=tmp_path,
    )  # fmt: skip
    with pytest.raises(EmbeddedError, match="obligatorias: POSTGRES_DSN, INTERNAL_API_TOKEN, ENCRYPTION_KEY"):
        await service.start()


async def test_a_running_service_answers_and_logs_to_its_own_files(tmp_path: Path) -> None:
    ports = {"SANDBOX_PORT": free_port(), "SANDBOX_SMTP_PORT": free_port()}
    env = {name: str(port) for name, port in ports.items()}
    service = Service("sandbox", ports=ports, host="127.0.0.1", env=env, data_dir=tmp_path)
    await service.start()
    async with httpx.AsyncClient(verify=NO_TLS, trust_env=False) as client:
        assert (await client.get(f"http://127.0.0.1:{ports['SANDBOX_PORT']}/health")).status_code == 200
    await service.stop(10)
    assert service.pid is None
    assert {path.name for path in (tmp_path / "logs").iterdir()} == {"sandbox.log", "sandbox.err.log"}


def _started(folder: Path) -> tuple[subprocess.Popen[str], list[int]]:
    run = subprocess.Popen(
        [sys.executable, "-c", _SUPERVISOR, folder],
        env={**os.environ, "PYTHONPATH": str(_SRC)}, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    )  # fmt: skip
    assert run.stdout
    line = run.stdout.readline()
    assert line.startswith("["), line + run.stdout.read()
    return run, json.loads(line)


def _alive(pids: list[int]) -> list[int]:
    return [pid for pid in pids if processes.command_line(pid)]


def _wait_until_gone(pids: list[int]) -> None:
    until = time.monotonic() + 15
    while _alive(pids) and time.monotonic() < until:
        time.sleep(0.05)
    assert _alive(pids) == []


def _remove_cluster(folder: Path) -> None:
    import shutil

    shutil.rmtree((folder / "postgres").resolve())


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_ends_every_process_and_the_command_says_so(tmp_path: Path, number: signal.Signals) -> None:
    run, pids = _started(tmp_path)
    assert len(_alive(pids)) == 3
    run.send_signal(number)
    output = run.communicate(timeout=30)[0]
    assert run.returncode == 0, output
    assert "todo detenido en" in output
    assert _alive(pids) == []
    _remove_cluster(tmp_path)


def test_a_killed_supervisor_leaves_nothing_and_can_start_again_at_once(tmp_path: Path) -> None:
    run, pids = _started(tmp_path)
    run.kill()
    run.communicate()
    again, new_pids = _started(tmp_path)
    _wait_until_gone(pids)
    assert len(_alive(new_pids)) == 3
    again.send_signal(signal.SIGTERM)
    again.communicate(timeout=30)
    assert again.returncode == 0
    _wait_until_gone(new_pids)
    _remove_cluster(tmp_path)


def test_one_data_folder_serves_one_run_at_a_time(tmp_path: Path) -> None:
    with only_one(tmp_path), pytest.raises(EmbeddedError, match=f"proceso {os.getpid()}"), only_one(tmp_path):
        pass
    with only_one(tmp_path):
        pass
