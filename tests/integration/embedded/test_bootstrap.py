"""The `nexus` script in a clone of its own, with a lock file that names no package so that pip has nothing to fetch."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

_ROOT = Path(__file__).parents[3]


@pytest.fixture
def clone(bare: Path, python_with_pip: Path) -> Path:
    """A clone in which an install was begun: its Python stands."""
    shutil.copytree(python_with_pip, bare / ".venv", symlinks=True)
    return bare


@pytest.fixture
def bare(tmp_path: Path) -> Path:
    """A clone as git leaves it."""
    root = tmp_path / "un clon"
    (root / "src" / "nexus").mkdir(parents=True)
    shutil.copy(_ROOT / "nexus", root / "nexus")
    shutil.copy(_ROOT / "src" / "nexus" / "bootstrap.py", root / "src" / "nexus" / "bootstrap.py")
    (root / "src" / "nexus" / "__main__.py").write_text("import sys; print('cli', *sys.argv[1:])")
    (root / "src" / "nexus" / "__init__.py").touch()
    (root / "requirements.lock").write_text("# nothing\n")
    (root / "requirements-dev.lock").write_text("# nothing for development\n")
    return root


def _environment(clone: Path) -> dict[str, str]:
    """A PATH with little more than the shell and a python3, as on a fresh machine."""
    programs = clone.parent / "bin"
    if not programs.exists():
        programs.mkdir()
        (programs / "python3").symlink_to(getattr(sys, "_base_executable", sys.executable))
        for name in ("dirname", "readlink"):
            found = shutil.which(name)
            assert found
            (programs / name).symlink_to(found)
    return {"PATH": str(programs), "HOME": str(clone.parent)}


def _nexus(clone: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [clone / "nexus", *words], cwd="/", env=_environment(clone), capture_output=True, text=True, check=False
    )


def test_the_first_run_installs_and_later_ones_start_at_once(bare: Path) -> None:
    clone = bare
    first = _nexus(clone, "demo", "con espacio")
    assert (first.returncode, first.stdout) == (0, "cli demo con espacio\n"), first.stderr
    assert "installed in" in first.stderr
    second = _nexus(clone, "demo")
    assert (second.stdout, second.stderr) == ("cli demo\n", "")
    link = clone.parent / "link"
    link.symlink_to(clone / "nexus")
    through = subprocess.run([link, "up"], env=_environment(clone), capture_output=True, text=True, check=False)
    assert through.stdout == "cli up\n", through.stderr


def test_it_installs_again_only_when_the_lock_changed(clone: Path) -> None:
    _nexus(clone, "demo")
    (clone / "requirements-dev.lock").write_text("# other\n")
    assert _nexus(clone, "demo").stderr == ""  # the demo needs none of it
    (clone / "requirements.lock").write_text("# other\n")
    assert "installed in" in _nexus(clone, "demo").stderr
    assert "installed in" in _nexus(clone, "test").stderr  # the suite does
    assert _nexus(clone, "test").stderr == ""


def test_an_interrupted_install_and_a_vanished_python_are_made_anew(bare: Path) -> None:
    clone = bare
    broken = clone / ".venv"
    (broken / "bin").mkdir(parents=True)
    (broken / "bin" / "python").symlink_to("/nonexistent/python")  # as after an upgrade of the system's Python
    assert _nexus(clone, "demo").stdout == "cli demo\n"
    (broken / "installing").touch()  # as after a kill in the middle of pip
    (broken / "leftover").touch()
    assert _nexus(clone, "demo").stdout == "cli demo\n"
    assert not (broken / "leftover").exists()


def test_two_first_runs_at_once_install_once(clone: Path) -> None:
    runs = [
        subprocess.Popen(
            [clone / "nexus", "demo"],
            env=_environment(clone),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for _ in range(2)
    ]
    outputs = [run.communicate(timeout=120) for run in runs]
    assert [out for out, _ in outputs] == ["cli demo\n"] * 2, outputs
    assert sum("installed in" in err for _, err in outputs) == 1


def test_a_lock_that_pip_cannot_satisfy_fails_with_its_reason_and_runs_nothing(clone: Path) -> None:
    (clone / "requirements.lock").write_text("./no-such-package.whl --hash=sha256:" + "0" * 64 + "\n")
    failed = _nexus(clone, "demo")
    assert failed.returncode != 0
    assert failed.stdout == ""
    assert "no-such-package" in failed.stderr


def test_without_a_recent_python_one_line_says_what_is_needed(clone: Path) -> None:
    environment = _environment(clone)
    python = Path(environment["PATH"]) / "python3"
    python.unlink()
    python.write_text("#!/bin/sh\nexit 1\n")  # what an old Python's version check answers
    python.chmod(0o755)
    refused = subprocess.run([clone / "nexus", "demo"], env=environment, capture_output=True, text=True, check=False)
    assert refused.returncode == 1
    assert len(refused.stderr.splitlines()) == 1
    assert "3.11" in refused.stderr
