"""The `nexus` script builds frontend_react: when, with which Node.js, and what is left when it fails.

Node.js and npm are small programs that write down how they were called.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from nexus.bootstrap import mark_of, note

_ROOT = Path(__file__).parents[3]
_NPM = """import pathlib, sys
with open("../calls", "a") as calls:
    print("npm", *sys.argv[1:2], *(word for word in sys.argv if word in ("--omit=dev", "--include=dev")), file=calls)
pathlib.Path("node_modules/vite").mkdir(parents=True, exist_ok=True)
"""
_NODE = """import os, pathlib, sys
if sys.argv[1:] == ["--version"]:
    sys.exit(print(os.environ.get("NODE_SAYS", "v20.19.0")))
with open("../calls", "a") as calls:
    print("build", file=calls)
page = pathlib.Path("src/main.tsx").read_text()
if "roto" in page:
    sys.exit("error: roto")
out = pathlib.Path(sys.argv[sys.argv.index("--outDir") + 1])
out.mkdir(parents=True, exist_ok=True)
(out / "index.html").write_text(page)
"""


@pytest.fixture
def clone(tmp_path: Path, python_with_pip: Path) -> Path:
    """A clone whose Python stands, with an agenda of one file."""
    root = tmp_path / "un clon"
    shutil.copytree(python_with_pip, root / ".venv", symlinks=True)
    (root / "src" / "nexus").mkdir(parents=True)
    shutil.copy(_ROOT / "nexus", root / "nexus")
    shutil.copy(_ROOT / "src" / "nexus" / "bootstrap.py", root / "src" / "nexus" / "bootstrap.py")
    (root / "src" / "nexus" / "__main__.py").write_text("print('cli')")
    for name in ("requirements", "requirements-dev", "requirements-node"):
        lock = root / f"{name}.lock"
        lock.write_text("# nothing\n")
        if name != "requirements-node":
            note(root, name, mark_of(root, lock))
    (root / "platform_ui" / "css").mkdir(parents=True)
    (root / "platform_ui" / "css" / "tokens.css").write_text("a {}")
    (root / "frontend_react" / "src").mkdir(parents=True)
    (root / "frontend_react" / "src" / "main.tsx").write_text("uno")
    (root / "frontend_react" / "package-lock.json").write_text("{}")
    programs = tmp_path / "bin"
    programs.mkdir()
    (programs / "python3").symlink_to(getattr(sys, "_base_executable", sys.executable))
    for name in ("dirname", "readlink"):
        (programs / name).symlink_to(shutil.which(name) or "")
    for name, text in (("npm", _NPM), ("node", _NODE)):
        (programs / name).write_text(f"#!{sys.executable}\n{text}")
        (programs / name).chmod(0o755)
    return root


def _nexus(clone: Path, command: str = "demo", **more: str) -> subprocess.CompletedProcess[str]:
    environment = {"PATH": str(clone.parent / "bin"), "HOME": str(clone.parent), **more}
    return subprocess.run([clone / "nexus", command], env=environment, capture_output=True, text=True, check=False)


def _calls(clone: Path) -> list[str]:
    written = clone / "calls"
    found = written.read_text().splitlines() if written.exists() else []
    written.unlink(missing_ok=True)
    return found


def _page(clone: Path) -> str:
    return (clone / "frontend_react" / "dist" / "index.html").read_text()


def test_it_is_built_on_the_first_run_and_again_only_when_what_it_is_made_of_changed(clone: Path) -> None:
    first = _nexus(clone)
    assert (first.returncode, first.stdout) == (0, "cli\n"), first.stderr
    assert "compilando" in first.stderr
    assert first.stderr.splitlines()[-1].startswith("nexus: installed in")
    assert (_calls(clone), _page(clone)) == (["npm ci --omit=dev", "build"], "uno")
    assert (_nexus(clone).stderr, _calls(clone)) == ("", [])

    (clone / "frontend_react" / "src" / "main.tsx").write_text("dos")
    assert "installed in" in _nexus(clone).stderr
    assert (_calls(clone), _page(clone)) == (["build"], "dos")
    (clone / "platform_ui" / "css" / "tokens.css").write_text("b {}")
    _nexus(clone)
    assert _calls(clone) == ["build"]
    (clone / "frontend_react" / "package-lock.json").write_text("{ }")
    _nexus(clone)
    assert _calls(clone) == ["npm ci --omit=dev", "build"]
    shutil.rmtree(clone / "frontend_react" / "dist")
    _nexus(clone)
    assert (_calls(clone), _page(clone)) == (["build"], "dos")


def test_the_suite_alone_installs_what_only_tests_need(clone: Path) -> None:
    _nexus(clone)
    _calls(clone)
    assert _nexus(clone, "test").returncode == 0
    assert _calls(clone) == ["npm ci --include=dev"]
    _nexus(clone)
    _nexus(clone, "test")
    assert _calls(clone) == []


def test_a_build_that_fails_says_why_runs_nothing_and_leaves_the_pages_of_before(clone: Path) -> None:
    _nexus(clone)
    (clone / "frontend_react" / "src" / "main.tsx").write_text("roto")
    failed = _nexus(clone)
    assert (failed.returncode, failed.stdout) == (1, "")
    assert "no pude compilar la agenda" in failed.stderr
    assert failed.stderr.splitlines()[-1] == "error: roto"
    assert _page(clone) == "uno"


@pytest.mark.parametrize("version", ["v18.20.1", "v21.7.0", "v22.11.0", "una que no se entiende"])
def test_an_unsuitable_node_is_left_alone_and_the_wheels_is_asked_for(clone: Path, version: str) -> None:
    failed = _nexus(clone, NODE_SAYS=version)  # the lock of this clone names no wheel
    assert failed.returncode == 1
    assert failed.stderr.splitlines()[-1].startswith("nexus: no pude instalar Node.js")
    assert _calls(clone) == []
