"""The panel's own unit tests, which need no browser: platform_ui/tests/*.mjs."""

import shutil
import subprocess

import pytest

from tests.service import ROOT


def test_the_panels_javascript_does_what_its_unit_tests_say() -> None:
    node = shutil.which("node")
    if node is None:
        pytest.skip("no hay Node en esta máquina (sólo hace falta para platform_ui/tests)")
    files = sorted(str(path) for path in (ROOT / "platform_ui" / "tests").glob("*.test.mjs"))

    run = subprocess.run([node, "--test", *files], cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)

    assert files
    assert run.returncode == 0, run.stdout + run.stderr
