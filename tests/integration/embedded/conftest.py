"""What the tests of installing share."""

import subprocess
import sys
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def python_with_pip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A `.venv` as an install begins with it, to be copied: making one takes longer than all that follows."""
    made = tmp_path_factory.mktemp("python") / "venv"
    base = getattr(sys, "_base_executable", sys.executable)
    subprocess.run([base, "-m", "venv", made], check=True, capture_output=True)
    return made
