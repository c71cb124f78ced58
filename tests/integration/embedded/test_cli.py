"""The command line from outside: help for everything, one line for every refusal."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from tests import nursery

from nexus.embedded.demo import without_credentials
from nexus.embedded.environment import only_one

_ROOT = Path(__file__).parents[3]
_PASSWORD = {"NEXUS_USER_PASSWORD": "una-contraseña-larga"}
_AWAY = {"POSTGRES_DSN": "postgresql+asyncpg://nexus_app@127.0.0.1:1/nexus"}


def _environment(given: dict[str, str]) -> dict[str, str]:
    return {"PATH": os.environ["PATH"], "PYTHONPATH": str(_ROOT / "src"), "LANG": "C.UTF-8", **given}


def _nexus(*words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-P", "-m", "nexus", *words],
        env=_environment(environment),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )


def _forked(folder: Path, *words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """As `_nexus`, off a process that has read the libraries."""
    folder.mkdir(exist_ok=True)
    out, err = folder / "out", folder / "err"
    code = nursery.run(list(words), env=_environment(environment), cwd=folder, log=out, errors=err).wait(60)
    return subprocess.CompletedProcess(words, code, out.read_text(), err.read_text())


@pytest.mark.parametrize(
    "words",
    [
        "",
        "demo",
        "up",
        "run",
        "migrate",
        "doctor",
        "user",
        "user create",
        "user password",
        "user list",
        "backup",
        "restore",
        "test",
        "bench",
        "chaos",
    ],
)
def test_every_command_explains_itself(words: str, tmp_path: Path) -> None:
    shown = _forked(tmp_path, *words.split(), "--help")
    assert shown.returncode == 0, shown.stderr
    assert shown.stdout.startswith("usage: nexus " + words)


def test_the_help_of_chaos_and_bench_names_their_own_options() -> None:
    chaos, bench = _nexus("chaos", "--help").stdout, _nexus("bench", "--help").stdout
    assert "--seed" in chaos
    assert "--minutes" in chaos
    assert "pipeline" in bench


@pytest.mark.parametrize(
    ("words", "environment", "expected"),
    [
        ("migrate", {"POSTGRES_DSN": "postgresql://nexus_app@127.0.0.1:1/nexus"}, "falta POSTGRES_OWNER_DSN"),
        ("migrate", {"POSTGRES_OWNER_DSN": "postgresql://nexus_owner@127.0.0.1:1/x"}, "la migración falló"),
        ("migrate", {"POSTGRES_OWNER_DSN": "postgresql://u:secr/et@h/x"}, "POSTGRES_OWNER_DSN tiene que ser"),
        ("user create --email a@b.c --tenant 1 --role agent", {}, "NEXUS_USER_PASSWORD"),
        ("up", {"WHATSAPP_SERVICE_PORT": "ocho"}, "WHATSAPP_SERVICE_PORT=ocho"),
        ("up", {"POSTGRES_DSN": "postgresql://nexus_app@127.0.0.1:1/nexus"}, "POSTGRES_OWNER_DSN"),
        (
            "up",
            {"WHATSAPP_SERVICE_PORT": "28111", "ORCHESTRATOR_SERVICE_PORT": "28111", "PLATFORM_UI_PORT": "28112"},
            "ORCHESTRATOR_SERVICE_PORT y WHATSAPP_SERVICE_PORT",
        ),
        ("user create --email nadie --tenant 1 --role agent", _PASSWORD | _AWAY, "nadie no es una dirección"),
        (
            "user create --email a@b.c --tenant 1 --role agent",
            {"NEXUS_USER_PASSWORD": "corta"} | _AWAY,
            "10 caracteres",
        ),
        ("user create --email a@b.c --role agent", _PASSWORD, "--tenant y --role"),
        ("user password --email a@b.c", {}, "NEXUS_USER_PASSWORD"),
        ("user password --email a@b.c", {"NEXUS_USER_PASSWORD": "a@b.c"} | _AWAY, "10 caracteres"),
        ("user list", _AWAY, "ConnectionRefusedError"),
        ("user create --email a@b.c --tenant 1 --role agent", _PASSWORD | _AWAY, "ConnectionRefusedError"),
        (
            "user create --email a@b.c --tenant 1 --role agent",
            _PASSWORD | {"POSTGRES_DSN": "mysql://x/y"},
            "POSTGRES_DSN no sirve",
        ),
    ],
)
def test_a_refusal_is_one_line_and_a_failure(
    words: str, environment: dict[str, str], expected: str, tmp_path: Path
) -> None:
    data = ("--data-dir", str(tmp_path / "data"))
    refused = _forked(tmp_path / "words", *words.split(), *data, **environment)
    assert refused.returncode == 1, refused.stdout
    lines = refused.stderr.splitlines()
    assert len(lines) == 1, refused.stderr
    assert lines[0].startswith("nexus: ")
    assert expected in lines[0]
    assert "secr" not in lines[0].replace("secrets.json", "")


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        ({"LLM_API": "telepathy", "MEMORY_WINDOW": "many"}, "LLM_API: "),
        ({"WHATSAPP_DEBOUNCE_SECONDS": "-1"}, "WHATSAPP_DEBOUNCE_SECONDS: "),
    ],
)
def test_a_service_with_a_wrong_setting_names_it_in_one_line(environment: dict[str, str], expected: str) -> None:
    refused = _nexus("run", "orchestrator-service", "--no-dotenv", **environment)
    assert refused.returncode == 1
    assert refused.stderr.count("\n") == 1, refused.stderr
    assert expected in refused.stderr
    assert refused.stdout == ""
    assert "telepathy" not in refused.stderr  # a wrong value may be a secret in the wrong place


def test_an_account_before_the_migrations_is_told_to_migrate(tmp_path: Path) -> None:
    words = ("user", "create", "--email", "a@b.c", "--tenant", "1", "--role", "owner", "--data-dir", str(tmp_path))
    refused = _nexus(*words, **_PASSWORD)
    assert refused.returncode == 1
    assert refused.stderr.count("\n") == 1, refused.stderr
    assert "./nexus migrate" in refused.stderr
    shutil.rmtree((tmp_path / "postgres").resolve())


@pytest.mark.parametrize("words", ["demo --no-browser", "up", "migrate"])
def test_a_data_folder_that_cannot_be_written_is_one_line(words: str, tmp_path: Path) -> None:
    (tmp_path / "nexus.lock").mkdir()
    refused = _nexus(*words.split(), "--data-dir", str(tmp_path))
    assert refused.returncode == 1
    assert refused.stderr.count("\n") == 1, refused.stderr
    assert str(tmp_path) in refused.stderr


def test_a_second_demo_on_the_same_data_leaves_the_first_one_s_seed_alone(tmp_path: Path) -> None:
    with only_one(tmp_path):
        refused = _nexus("demo", "--no-browser", "--data-dir", str(tmp_path), WHATSAPP_SERVICE_PORT="28113")
    assert f"proceso {os.getpid()}" in refused.stderr
    assert not (tmp_path / "sandbox-seed.json").exists()


def test_a_demo_whose_port_is_taken_says_which_before_it_makes_anything(tmp_path: Path) -> None:
    with socket.socket() as squatter:
        squatter.bind(("127.0.0.1", 0))
        squatter.listen()
        port = str(squatter.getsockname()[1])
        refused = _nexus("demo", "--no-browser", "--data-dir", str(tmp_path), SANDBOX_PORT=port)
    assert refused.returncode == 1
    assert refused.stderr.count("\n") == 1
    assert port in refused.stderr
    assert "SANDBOX_PORT" in refused.stderr
    assert not (tmp_path / "postgres").exists()


def test_a_demo_takes_over_no_real_credential_and_no_real_store() -> None:
    real = {
        "OPENAI_API_KEY": "sk", "LLM_BASE_URL": "https://x", "YCLOUD_API_KEY": "y", "SMTP_PASSWORD": "p",
        "POSTGRES_OWNER_DSN": "postgresql://", "REDIS_URL": "redis://", "GLOBAL_TN_ACCESS_TOKEN": "t",
        "API_BASE_URL": "https://real", "ORCHESTRATOR_SERVICE_URL": "http://real",
    }  # fmt: skip
    kept = {"SANDBOX_PORT": "1", "LOG_LEVEL": "DEBUG", "PATH": "/bin", "WHATSAPP_DEBOUNCE_SECONDS": "1"}
    assert without_credentials({**real, **kept}) == kept


def test_every_variable_that_a_service_reads_stands_in_the_example_file() -> None:
    from nexus.runtime.settings import Settings

    example = (_ROOT / ".env.example").read_text()
    missing = [name.upper() for name in Settings.model_fields if f"\n#{name.upper()}=" not in example]
    assert missing == []
