"""Forks our processes off one that has imported them: `nexus run` without its seconds of imports each time.

What runs is the command's own code in a process of its own, with its own environment, session and log; only the
reading of the libraries is shared, among all workers of a run if its beginning called `open_for_all`. That `./nexus
run` starts by itself is shown by tests/integration/embedded and tests/fresh_clone.sh.
"""

import atexit
import contextlib
import gc
import importlib
import json
import os
import secrets
import select
import signal
import socket
import subprocess
import sys
import time
from functools import cache
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent
_FOR_ALL = "NEXUS_TESTS_NURSERY"
_LONGEST = 65_536
_KILLED = -9
_READ_ONCE = (
    "nexus.embedded.doctor",
    "nexus.orchestrator_service.main",
    "nexus.platform_ui_service.agenda",
    "nexus.platform_ui_service.main",
    "nexus.sandbox.__main__",
    "nexus.whatsapp_service.main",
    "httpcore",  # httpx reads them at its first client only
    "httpcore2",
)


class Forked:
    """A child of the nursery, used as a `subprocess.Popen`; whatever ended it by force counts as SIGKILL."""

    def __init__(self, pid: int, pidfd: int, code: int) -> None:
        """`code` is the pipe that its exit code comes out of."""
        self.pid = pid
        self._pidfd, self._pipe = pidfd, code
        self._code: int | None = None

    def poll(self) -> int | None:
        """None while it lives."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            return self.wait(0)
        return None

    def wait(self, timeout: float | None = None) -> int:
        """Its exit code once it has ended. Raises subprocess.TimeoutExpired."""
        if not select.select([self._pidfd], [], [], timeout)[0]:
            raise subprocess.TimeoutExpired(f"process {self.pid}", timeout or 0)
        if self._code is None:
            self._code = int(os.read(self._pipe, 16) or _KILLED)
            os.close(self._pipe)
        return self._code

    def send_signal(self, number: int) -> None:
        """A pidfd never means another process, however old it is."""
        with contextlib.suppress(ProcessLookupError):
            signal.pidfd_send_signal(self._pidfd, number)

    def terminate(self) -> None:
        """SIGTERM."""
        self.send_signal(signal.SIGTERM)


def run(
    words: list[str], *, env: dict[str, str], cwd: Path, log: Path, errors: Path | None = None
) -> "Forked | subprocess.Popen[bytes]":
    """`nexus` with these words as a process of its own, in a session of its own, writing to `log`.

    What it writes to standard error goes to `errors` where one is named.
    """
    if sys.platform != "linux":
        with log.open("ab") as out, (errors or log).open("ab") as err:
            return subprocess.Popen(
                [sys.executable, "-m", "nexus", *words],
                cwd=cwd,
                env=env,
                stdout=out,
                stderr=err,
                start_new_session=True,
            )
    line = _nursery()
    order = {"words": words, "env": env, "cwd": str(cwd), "log": str(log), "errors": str(errors or log)}
    line.send(json.dumps(order).encode())
    pid, handles, _, _ = socket.recv_fds(line, 64, 2)
    return Forked(int(pid), *handles)


def open_for_all() -> None:
    """One nursery for this process and all that it starts from now on; it ends with this process."""
    if sys.platform == "linux":
        door = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        door.bind(f"\0nexus-nursery-{secrets.token_hex(16)}")
        door.listen()
        os.environ[_FOR_ALL] = door.getsockname()[1:].decode()
        _start(door)


@cache
def _nursery() -> socket.socket:
    """This process's line to the nursery, which leaves nothing of it behind when the line ends."""
    if _FOR_ALL in os.environ:
        line = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        line.connect(f"\0{os.environ[_FOR_ALL]}")
        return line
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    _start(theirs)
    return ours


def _start(end: socket.socket) -> None:
    """A nursery at the other end of a line, or behind a door; it ends with the line, or with this process."""
    nursery = subprocess.Popen(
        [sys.executable, "-m", "tests.nursery", str(end.fileno())],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT / "src")},
        stdin=subprocess.PIPE,
        pass_fds=[end.fileno()],
        start_new_session=True,  # a Ctrl-C of the tests' terminal is not its own
    )
    end.close()
    assert nursery.stdin
    atexit.register(nursery.stdin.close)


def _next_line(door: socket.socket) -> socket.socket:
    """Returns in a child, one for each who comes; the nursery itself ends with who opened the door."""
    while door.fileno() in select.select([door.fileno(), 0], [], [])[0]:
        line, _ = door.accept()
        if os.fork() == 0:
            door.close()
            return line
        line.close()
    raise SystemExit


def _serve(line: socket.socket) -> int:
    """Fork what is asked for; returns in the child alone, ready to run, with where its exit code is to go."""
    handles: list[int] = []
    while order := line.recv(_LONGEST):
        reading, writing = os.pipe()
        pid = os.fork()
        if pid == 0:
            for inherited in (line.detach(), reading, *handles):
                os.close(inherited)
            _become(**json.loads(order))
            return writing
        handle = os.pidfd_open(pid)
        socket.send_fds(line, [str(pid).encode()], [handle, reading])
        handles.append(handle)
        os.close(reading)
        os.close(writing)
    for handle in handles:  # who asked is gone: nothing is left behind
        with contextlib.suppress(ProcessLookupError):
            signal.pidfd_send_signal(handle, signal.SIGKILL)
    raise SystemExit


def _become(words: list[str], env: dict[str, str], cwd: str, log: str, errors: str) -> None:
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    os.setsid()
    os.chdir(cwd)
    nothing = os.open(os.devnull, os.O_RDONLY)
    out, err = (os.open(name, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644) for name in (log, errors))
    for source, target in ((nothing, 0), (out, 1), (err, 2)):
        os.dup2(source, target)
        os.close(source)
    os.environ.clear()
    os.environ.update(env)
    time.tzset()
    sys.argv = ["nexus", *words]


def _main(end: socket.socket) -> int:
    gc.disable()  # what is read stays
    for module in _READ_ONCE:
        importlib.import_module(module)
    from nexus.cli import main
    from nexus.gateways.trust import trust

    trust()
    gc.freeze()  # what is shared stays shared: a collection would copy its pages
    gc.enable()
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # the kernel buries the dead; who asked holds a pidfd
    writing = _serve(_next_line(end) if end.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN) else end)
    code: Any = 1
    try:
        code = main(sys.argv[1:])
    except SystemExit as ending:
        code = ending.code
    finally:
        os.write(writing, str(code or 0).encode())
    return int(code or 0)


if __name__ == "__main__":
    raise SystemExit(_main(socket.socket(fileno=int(sys.argv[1]))))
