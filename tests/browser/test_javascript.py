"""The pages' own unit tests, which need no browser: platform_ui/tests/*.mjs, and `npm test` of frontend_react."""

import subprocess
from pathlib import Path

from tests.browser.node import node_program
from tests.service import ROOT

AGENDA = ROOT / "frontend_react"


def test_the_panels_javascript_does_what_its_unit_tests_say() -> None:
    files = sorted(str(path) for path in (ROOT / "platform_ui" / "tests").glob("*.test.mjs"))

    run = _run(ROOT, node_program(), "--test", *files)

    assert files
    assert run.returncode == 0, run.stdout + run.stderr


def test_the_agendas_types_are_right() -> None:
    run = _run(AGENDA, node_program(), "node_modules/typescript/bin/tsc", "--noEmit")

    assert run.returncode == 0, run.stdout + run.stderr


def test_the_agenda_does_what_its_unit_tests_say() -> None:
    run = _run(AGENDA, node_program(), "node_modules/vitest/vitest.mjs", "run")

    assert run.returncode == 0, run.stdout + run.stderr
    assert "passed" in run.stdout


def _run(folder: Path, *command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=120, check=False)
