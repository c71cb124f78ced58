"""Starting, watching and ending one child process; nothing here knows what the child does."""

from __future__ import annotations

import asyncio
import contextlib
import ctypes
import os
import shutil
import signal
import subprocess
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

LOG_BYTES = 20_000_000
"""So long a log may be, twice: there is the one before it, too."""
_LOOK_AT_LOGS_SECONDS = 60.0
_PR_SET_PDEATHSIG = 1
_LIBC = ctypes.CDLL(None) if sys.platform.startswith("linux") else None


def _die_with_parent(death_signal: int) -> Callable[[], None] | None:
    """A hook for the child, between fork and exec: the kernel signals it when the supervisor is gone."""
    if _LIBC is None:
        return None
    parent = os.getpid()

    def tie() -> None:
        _LIBC.prctl(_PR_SET_PDEATHSIG, death_signal)
        if os.getppid() != parent:  # the parent died before the tie was made
            os._exit(1)

    return tie


async def spawn(
    argv: Sequence[str],
    *,
    out: Path,
    err: Path | None = None,
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
    user: str | None = None,
    death_signal: int = signal.SIGKILL,
    stdin: bytes | None = None,
) -> Process:
    """Start `argv` in a session of its own (a terminal's Ctrl-C does not reach it), output appended to files.

    `user` names the account to run as (root only); `death_signal` is what the child gets when this
    process dies by any means; `err` defaults to `out`. Raises OSError when it cannot be started.
    """
    identity = {"user": user, "group": _group_of(user), "extra_groups": []} if user else {}
    with out.open("ab") as out_file, (err or out).open("ab") as err_file:
        process = await asyncio.create_subprocess_exec(
            *argv,
            stdin=DEVNULL if stdin is None else PIPE,
            stdout=out_file,
            stderr=err_file,
            env=env,
            cwd=cwd,
            start_new_session=True,
            preexec_fn=_die_with_parent(death_signal),
            **identity,  # type: ignore[arg-type]
        )
    if stdin is not None and process.stdin is not None:
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):  # it died; wait() tells
            process.stdin.write(stdin)
            await process.stdin.drain()
        process.stdin.close()
    return process


def _group_of(user: str) -> int:
    import pwd

    return pwd.getpwnam(user).pw_gid


async def wait(process: Process, *logs: Path) -> int:
    """Wait until it is gone, keeping its logs short meanwhile; its exit code, negative for a signal."""
    while True:
        try:
            async with asyncio.timeout(_LOOK_AT_LOGS_SECONDS):
                return await process.wait()
        except TimeoutError:
            for log in logs:
                shorten(log)


def shorten(log: Path) -> None:
    """Move a log of more than 20 MB to `NAME.1`, in place: its writer appends to the same open file."""
    try:
        if log.stat().st_size <= LOG_BYTES:
            return
    except FileNotFoundError:
        return
    shutil.copyfile(log, log.with_name(log.name + ".1"))
    os.truncate(log, 0)


async def end(process: Process, *steps: tuple[int, float]) -> None:
    """Send each step's signal and wait its seconds for the exit; SIGKILL if the last one was not enough."""
    for number, seconds in steps:
        with contextlib.suppress(ProcessLookupError):
            process.send_signal(number)
        try:
            async with asyncio.timeout(seconds):
                await process.wait()
            return
        except TimeoutError:
            continue
    with contextlib.suppress(ProcessLookupError):
        process.kill()
    await process.wait()


def kill(process: Process | None) -> None:
    """SIGKILL, if it is still there."""
    if process is not None and process.returncode is None:
        with contextlib.suppress(ProcessLookupError):
            process.kill()


def describe_exit(code: int) -> str:
    """An exit code in words: `señal 9` for -9, `código 3` for 3."""
    return f"señal {-code}" if code < 0 else f"código {code}"


def tail(path: Path, start: int = 0, lines: int = 15) -> str:
    """The last `lines` lines of a log from byte `start` on, empty when there is none."""
    try:
        with path.open("rb") as file:
            size = file.seek(0, os.SEEK_END)
            file.seek(max(min(start, size), size - 16_384))
            text = file.read().decode("utf-8", "replace")
    except FileNotFoundError:
        return ""
    return "\n".join(text.strip().splitlines()[-lines:])


def command_line(pid: int) -> str:
    """The command line of any process, words joined by spaces; empty when there is no such process."""
    proc = Path("/proc")
    if (proc / "self").exists():
        try:
            return (proc / str(pid) / "cmdline").read_bytes().replace(b"\0", b" ").decode("utf-8", "replace")
        except OSError:
            return ""
    shown = subprocess.run(["ps", "-o", "command=", "-p", str(pid)], capture_output=True, text=True, check=False)
    return shown.stdout
