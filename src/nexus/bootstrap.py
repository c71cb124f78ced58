"""Makes `.venv` beside the `nexus` script and installs the hashed lock; run by the system's own Python.

Standard library only, and not part of the package: `python3 -I bootstrap.py ROOT [COMMAND ...]`. `.venv` is
ready when it exits 0. Safe when two run at once, and after an install that was interrupted anywhere.
"""

import fcntl
import hashlib
import importlib.util
import os
import shutil
import subprocess
import sys
import time
from collections import deque
from pathlib import Path

_NEEDS_DEVELOPMENT = {"test", "chaos"}


def main(root: Path, command: str) -> int:
    """Install what `command` needs and is not there yet; the exit code."""
    locks = [root / "requirements.lock"]
    if command in _NEEDS_DEVELOPMENT:
        locks.append(root / "requirements-dev.lock")
    missing = [lock for lock in locks if not is_installed(root, lock)]
    if not missing:
        return 0
    if importlib.util.find_spec("ensurepip") is None:
        return fail("a este Python le falta venv (en Debian o Ubuntu: apt install python3-venv)")
    with locks[0].open("rb") as guard:
        try:
            fcntl.flock(guard, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            tell("esperando a otra instalación en curso…")
            fcntl.flock(guard, fcntl.LOCK_EX)
        missing = [lock for lock in locks if not is_installed(root, lock)]
        return install(root, missing) if missing else 0


def install(root: Path, locks: list[Path]) -> int:
    """Install these lock files, in order, into a working `.venv`."""
    began = time.monotonic()
    venv = root / ".venv"
    tell(f"instalando en {venv} (sólo la primera vez y cuando cambia {locks[0].name})…")
    half_made = venv / "installing"
    if half_made.exists() or not has_pip(venv):
        if venv.is_symlink():
            venv.unlink()
        shutil.rmtree(venv, ignore_errors=True)
        made = subprocess.run([sys.executable, "-m", "venv", venv], capture_output=True, text=True, check=False)
        if made.returncode != 0:
            return fail(f"no pude crear {venv}: {last_line(made.stdout + made.stderr)}")
    half_made.touch()
    for lock in locks:
        stamp_of(root, lock).unlink(missing_ok=True)
        code = pip_install(venv, lock)
        if code != 0:
            return code
    for lock in locks:
        stamp_of(root, lock).write_text(mark_of(root, lock), encoding="ascii")
    half_made.unlink()
    tell(f"installed in {time.monotonic() - began:.0f} s")
    return 0


def pip_install(venv: Path, lock: Path) -> int:
    """pip with hashes, one line of progress; its last words when it fails."""
    total = sum(1 for line in lock.read_text(encoding="utf-8").splitlines() if line[:1].isalnum())
    # The lock is complete and every file in it has its hash, so nothing is resolved anew.
    python = str(venv / "bin" / "python")
    command = [python, "-m", "pip", "install", "--require-hashes", "--no-deps", "--no-input"]
    environment = {**os.environ, "PYTHONPATH": "", "PIP_USER": "0", "PIP_DISABLE_PIP_VERSION_CHECK": "1"}
    last_words: deque[str] = deque(maxlen=15)
    seen = 0
    with subprocess.Popen(
        [*command, "--progress-bar", "off", "-r", str(lock)],
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as pip:
        for line in pip.stdout or ():
            last_words.append(line.rstrip())
            if line.startswith(("Collecting ", "Requirement already satisfied", "Ignoring ")):
                seen += 1
                show_progress(f"{lock.name}: {seen}/{total} paquetes", every=seen % 20 == 0 or seen == total)
            elif line.startswith("Installing collected"):
                show_progress(f"{lock.name}: instalando {seen} paquetes", every=True)
    if sys.stderr.isatty():
        sys.stderr.write("\n")
    if pip.returncode != 0:
        return fail("pip no pudo instalar " + lock.name + ":\n" + "\n".join(last_words))
    return 0


def show_progress(text: str, *, every: bool) -> None:
    """A line that rewrites itself on a terminal; a plain line now and then elsewhere."""
    if sys.stderr.isatty():
        sys.stderr.write(f"\r\033[Knexus: {text}")
        sys.stderr.flush()
    elif every:
        tell(text)


def is_installed(root: Path, lock: Path) -> bool:
    """True when `.venv` works and holds exactly what `lock` says now, at this place."""
    venv = root / ".venv"
    try:
        stamped = stamp_of(root, lock).read_text(encoding="ascii")
    except OSError:
        return False
    # access() follows the link to the interpreter, which vanishes when the system's Python is upgraded.
    usable = os.access(venv / "bin" / "python", os.X_OK) and not (venv / "installing").exists()
    return usable and stamped == mark_of(root, lock)


def stamp_of(root: Path, lock: Path) -> Path:
    """The file that says what was installed from `lock`."""
    return root / ".venv" / f"{lock.stem}.stamp"


def mark_of(root: Path, lock: Path) -> str:
    """What stands in the stamp: changes with the lock's content and with the clone's place."""
    return hashlib.sha256(lock.read_bytes() + bytes(root)).hexdigest()


def has_pip(venv: Path) -> bool:
    """True when the environment's interpreter runs and has pip: a half-made one does not."""
    try:
        asked = subprocess.run([venv / "bin" / "python", "-m", "pip", "--version"], capture_output=True, check=False)
    except OSError:
        return False
    return asked.returncode == 0


def last_line(text: str) -> str:
    """The last line that says something."""
    return next((line for line in reversed(text.splitlines()) if line.strip()), "sin explicación")


def tell(line: str) -> None:
    """One line on stderr: stdout belongs to the command."""
    print(f"nexus: {line}", file=sys.stderr, flush=True)  # noqa: T201 - this is a command's voice


def fail(line: str) -> int:
    """Say why and give the exit code."""
    tell(line)
    return 1


if __name__ == "__main__":
    try:
        sys.exit(main(Path(sys.argv[1]), sys.argv[2] if len(sys.argv) > 2 else ""))
    except KeyboardInterrupt:
        sys.exit(130)
    except OSError as problem:
        sys.exit(fail(f"no pude instalar: {problem}"))
