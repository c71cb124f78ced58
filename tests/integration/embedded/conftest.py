"""What the tests of installing share."""

import importlib.util
import shutil
import subprocess
import sys
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def python_with_pip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A `.venv` as an install begins with it, to be copied; its pip is ours, for installing one takes seconds."""
    made = tmp_path_factory.mktemp("python") / "venv"
    base = getattr(sys, "_base_executable", sys.executable)
    subprocess.run([base, "-m", "venv", "--without-pip", made], check=True, capture_output=True)
    found = importlib.util.find_spec("pip")
    assert found
    assert found.origin
    (packages,) = made.glob("lib/python3*/site-packages")
    shutil.copytree(Path(found.origin).parent, packages / "pip", ignore=shutil.ignore_patterns("__pycache__"))
    return made
