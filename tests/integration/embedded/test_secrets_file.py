"""The secrets of a data folder: private, kept, and the same for everybody who asks at once."""

from __future__ import annotations

import json
import os
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from nexus.embedded.environment import only_one
from nexus.embedded.errors import EmbeddedError
from nexus.embedded.rotation import rotate
from nexus.embedded.secrets_file import known_secrets, load_secrets, secrets_of_services


def test_secrets_are_made_once_with_mode_0600_and_kept(tmp_path: Path) -> None:
    made = load_secrets(tmp_path)
    path = tmp_path / "secrets.json"
    assert path.stat().st_mode & 0o777 == 0o600
    assert len(set(made.values())) == len(made)
    assert min(len(value) for name, value in made.items() if name != "DEMO_LOGIN_PASSWORD") >= 40
    assert len(made["DEMO_LOGIN_PASSWORD"]) >= 12
    assert load_secrets(tmp_path) == made


def test_a_file_that_others_could_read_is_closed_again(tmp_path: Path) -> None:
    load_secrets(tmp_path)
    (tmp_path / "secrets.json").chmod(0o644)
    load_secrets(tmp_path)
    assert (tmp_path / "secrets.json").stat().st_mode & 0o777 == 0o600


def test_a_missing_secret_is_added_and_the_others_stay(tmp_path: Path) -> None:
    made = load_secrets(tmp_path)
    path = tmp_path / "secrets.json"
    path.write_text(json.dumps({"ENCRYPTION_KEY": made["ENCRYPTION_KEY"]}))
    again = load_secrets(tmp_path)
    assert again["ENCRYPTION_KEY"] == made["ENCRYPTION_KEY"]
    assert again["ADMIN_TOKEN"] != made["ADMIN_TOKEN"]


def test_two_processes_that_make_them_at_once_get_the_same(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as threads:
        all_of_them = list(threads.map(load_secrets, [tmp_path] * 8))
    assert all(one == all_of_them[0] for one in all_of_them)


def test_a_damaged_file_is_never_replaced(tmp_path: Path) -> None:
    path = tmp_path / "secrets.json"
    path.write_text('{"ENCRYPTION_KEY": "x')
    with pytest.raises(EmbeddedError, match="no es JSON válido"):
        load_secrets(tmp_path)
    assert path.read_text() == '{"ENCRYPTION_KEY": "x'


def test_a_secret_of_the_folder_changes_in_two_steps_between_restarts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ADMIN_TOKEN", "")
    old = load_secrets(tmp_path)["ADMIN_TOKEN"]
    rotate("admin-token", str(tmp_path))
    both = known_secrets(tmp_path)
    assert (both["ADMIN_TOKEN_ALSO"], both["ADMIN_TOKEN"] != old) == (old, True)
    assert secrets_of_services({}, both)["ADMIN_TOKEN_ALSO"] == old
    assert "ADMIN_TOKEN_ALSO" not in secrets_of_services({"ADMIN_TOKEN": "del entorno"}, both)
    assert stat.S_IMODE((tmp_path / "secrets.json").stat().st_mode) == 0o600
    with only_one(tmp_path):  # an `up` that began before the change, and then one that began after it
        os.utime(tmp_path / "nexus.lock", (1, 1))
        with pytest.raises(EmbeddedError, match="no conoce todavía el valor nuevo de ADMIN_TOKEN"):
            rotate("admin-token", str(tmp_path))
        os.utime(tmp_path / "nexus.lock")
        rotate("admin-token", str(tmp_path))
    assert known_secrets(tmp_path) == {name: value for name, value in both.items() if name != "ADMIN_TOKEN_ALSO"}
