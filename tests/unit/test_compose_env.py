"""`nexus compose-env`: a file to start with, closed to others, and nothing replaced that somebody needs."""

import json
import shlex
import subprocess
from pathlib import Path

import pytest
from dotenv import dotenv_values

from nexus.cli import main
from nexus.embedded.compose_env import RANDOM, SECRET_FILES, Wish, compose_env
from nexus.embedded.errors import EmbeddedError
from nexus.runtime.settings import Settings


def _wish(folder: Path, **more: object) -> Wish:
    return Wish(**{"file": str(folder / ".env"), **more})  # type: ignore[arg-type]


def _read(folder: Path) -> dict[str, str | None]:
    return dotenv_values(folder / ".env", interpolate=False)


def test_the_file_has_fresh_secrets_and_is_closed_to_others(tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    for folder in (tmp_path, tmp_path / "other"):
        compose_env(_wish(folder))
        assert (folder / ".env").stat().st_mode & 0o777 == 0o600
        assert (folder / "secrets").stat().st_mode & 0o777 == 0o700
    mine, others = _read(tmp_path), _read(tmp_path / "other")
    assert all(len(mine[name] or "") >= 40 and mine[name] != others[name] for name in RANDOM)


def test_every_container_finds_its_secrets_as_files_and_they_agree_with_the_file(tmp_path: Path) -> None:
    compose_env(_wish(tmp_path))
    known = _read(tmp_path)
    files = {path.name: path.read_text() for path in (tmp_path / "secrets").iterdir()}
    assert set(files) == set(SECRET_FILES)
    assert files["encryption_key"] == known["ENCRYPTION_KEY"]
    assert files["postgres_dsn"] == f"postgresql://nexus_app:{known['POSTGRES_APP_PASSWORD']}@postgres:5432/nexus"
    assert files["redis_url"] == f"redis://:{known['VALKEY_PASSWORD']}@valkey:6379/0"
    assert {(tmp_path / "secrets" / name).stat().st_mode & 0o777 for name in files} == {0o444}


def test_what_is_there_is_not_replaced_unless_asked_and_then_kept(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    compose_env(_wish(tmp_path))
    before = (tmp_path / ".env").read_text()
    assert main(["compose-env", "--file", str(tmp_path / ".env")]) == 1
    said = capsys.readouterr()
    assert said.err.startswith("nexus: ")
    assert said.err.count("\n") == 1
    assert (tmp_path / ".env").read_text() == before
    compose_env(_wish(tmp_path, force=True))
    assert (tmp_path / ".env").read_text() != before
    assert (tmp_path / ".env.anterior").read_text() == before
    compose_env(_wish(tmp_path, force=True))
    assert (tmp_path / ".env.anterior").read_text() == before
    assert len(list(tmp_path.glob(".env.anterior*"))) == 2


def test_an_update_keeps_every_value_adds_what_is_missing_and_writes_the_files_again(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("ENCRYPTION_KEY=old\nYCLOUD_API_KEY='a b'\n# mine\n")
    compose_env(_wish(tmp_path, update=True))
    known = _read(tmp_path)
    assert known["ENCRYPTION_KEY"] == "old"
    assert known["ADMIN_TOKEN"]
    assert "# mine" in (tmp_path / ".env").read_text()
    assert (tmp_path / "secrets" / "encryption_key").read_text() == "old"
    assert (tmp_path / "secrets" / "ycloud_api_key").read_text() == "a b"
    again = (tmp_path / ".env").read_text()
    compose_env(_wish(tmp_path, update=True))
    assert (tmp_path / ".env").read_text() == again


def test_stores_of_ones_own_go_into_the_files_and_those_of_this_machine_make_none(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text(
        "REDIS_URL=redis://cache.example:6379/1\nPOSTGRES_DSN=postgresql://a:b@db.example/n\n"
    )
    compose_env(_wish(tmp_path, update=True))
    assert (tmp_path / "secrets" / "redis_url").read_text() == "redis://cache.example:6379/1"
    assert (tmp_path / "secrets" / "postgres_dsn").read_text() == "postgresql://a:b@db.example/n"
    (tmp_path / "here").mkdir()
    compose_env(_wish(tmp_path / "here", without_containers=True))
    compose_env(_wish(tmp_path / "here", update=True))
    assert not (tmp_path / "here" / "secrets").exists()


def test_three_names_are_those_that_the_panel_looks_for(tmp_path: Path) -> None:
    compose_env(_wish(tmp_path, domain="tienda.example"))
    known = _read(tmp_path)
    assert known["API_BASE_URL"] == "https://api.tienda.example"
    assert known["CORS_ALLOWED_ORIGINS"] == known["PLATFORM_UI_URL"] == "https://ui.tienda.example"
    assert known["WHATSAPP_PUBLIC_URL"] == "https://whatsapp.tienda.example"


def test_without_containers_the_stores_are_here_and_the_sandbox_has_a_seed(tmp_path: Path) -> None:
    compose_env(_wish(tmp_path, without_containers=True, sandbox=True))
    known = _read(tmp_path)
    assert not (tmp_path / "secrets").exists()
    assert known["POSTGRES_DSN"] == f"postgresql://nexus_app:{known['POSTGRES_APP_PASSWORD']}@127.0.0.1:5432/nexus"
    seed = json.loads(Path(known["SANDBOX_SEED_FILE"] or "").read_text())
    assert seed["numbers"][0]["api_key"] == known["YCLOUD_API_KEY"]


def test_a_shell_reads_the_file_as_we_do(tmp_path: Path) -> None:
    compose_env(_wish(tmp_path, without_containers=True, sandbox=True))
    script = f"set -a; . {shlex.quote(str(tmp_path / '.env'))}; env -0"
    read = subprocess.run(["sh", "-eu", "-c", script], env={}, capture_output=True, text=True, check=True).stdout
    shell = dict(line.split("=", 1) for line in read.split("\0") if line)
    ours = {name: value or "" for name, value in _read(tmp_path).items()}
    assert {name: shell[name] for name in ours} == ours


def test_what_is_written_are_settings_or_read_by_compose(tmp_path: Path) -> None:
    compose_env(_wish(tmp_path, domain="tienda.example"))
    compose = (Path(__file__).parents[2] / "compose.yaml").read_text(encoding="utf-8")
    unknown = [
        name
        for name in _read(tmp_path)
        if name.lower() not in Settings.model_fields and name.lower() not in compose and name not in compose
    ]
    assert not unknown


@pytest.mark.parametrize(
    "options",
    [
        {"sandbox": True},
        {"host": "https://tienda.example"},
        {"domain": "tienda.example/panel"},
        {"update": True},
        {"file": "/proc/nowhere/.env"},
    ],
)
def test_what_cannot_be_done_is_said_in_one_line(tmp_path: Path, options: dict[str, object]) -> None:
    with pytest.raises(EmbeddedError) as refused:
        compose_env(_wish(tmp_path, **options))
    assert "\n" not in str(refused.value)
