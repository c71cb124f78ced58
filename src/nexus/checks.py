"""What `nexus test` runs: the static checks, then pytest, whose closing line stays the last one."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

_STATIC = (
    ("ruff check", ["bin:ruff", "check"]),
    ("ruff format", ["bin:ruff", "format", "--check"]),
    ("mypy", ["-m", "mypy", "-n", "2"]),
    ("lint-imports", ["bin:lint-imports"]),
)
_READ_TESTS = ["-m", "pytest", "--collect-only", "-q"]
# Much of the suite waits for processes: five files at a time keep two cores busy. Which ones says tests/workers.py.
_ALL_TESTS = ["-n", "5", "--dist", "loadfile", "--no-loadscope-reorder"]


def run_suite(root: Path, words: list[str]) -> int:
    """Every check in `root`; with `words`, pytest alone with them.

    0 when all passed, else pytest's own code, or 1 when only a static check failed.
    """
    failed = []
    if not words:
        # Reads every test once, on the other core: pytest's workers then find them compiled.
        with subprocess.Popen([sys.executable, *_READ_TESTS], cwd=root, stdout=subprocess.DEVNULL):
            failed = [name for name, command in _STATIC if not _passes(root, name, command)]
    if failed:
        _say(f"== no pasaron: {', '.join(failed)} (siguen las pruebas)")
    _say("== pytest")
    code = _run(root, ["-m", "pytest", "-rs", *(words or _ALL_TESTS)])
    return code or (1 if failed else 0)


def _passes(root: Path, name: str, command: list[str]) -> bool:
    _say(f"== {name}")
    return _run(root, command) == 0


def _run(root: Path, command: list[str]) -> int:
    programs = Path(sys.prefix) / "bin"
    first, rest = command[0], command[1:]
    # Console scripts carry the interpreter's old path when a clone was moved; they run through ours.
    if first == "bin:ruff":
        line = [str(programs / "ruff"), *rest]
    elif first.startswith("bin:"):
        line = [sys.executable, str(programs / first.removeprefix("bin:")), *rest]
    else:
        line = [sys.executable, first, *rest]
    with subprocess.Popen(line, cwd=root) as process:
        while True:
            try:
                return process.wait()
            except KeyboardInterrupt:
                continue  # the terminal sent it to the child, too: its closing lines come first


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()
