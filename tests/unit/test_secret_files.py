"""NAME_FILE: a setting from a file, as containers and systemd hand secrets over."""

from pathlib import Path

import pytest

from nexus.runtime.secret_files import with_secret_files
from nexus.runtime.settings import StartRefusedError


@pytest.mark.parametrize("name", ["ADMIN_TOKEN", "POSTGRES_DSN", "SMTP_PASSWORD", "OPENAI_API_KEY"])
def test_a_setting_or_its_alias_comes_from_the_file_that_is_named(tmp_path: Path, name: str) -> None:
    (tmp_path / "it").write_text("ñandú 1 \n")
    read = with_secret_files({f"{name}_FILE": str(tmp_path / "it"), "LANG": "C"})
    assert read == {name: "ñandú 1 ", "LANG": "C"}


def test_an_empty_file_and_an_empty_path_count_as_unset(tmp_path: Path) -> None:
    (tmp_path / "it").write_text("\n")
    assert not any(with_secret_files({"ADMIN_TOKEN_FILE": str(tmp_path / "it"), "SMTP_PASS_FILE": ""}).values())


def test_what_is_no_setting_of_ours_is_left_alone() -> None:
    others = {"SANDBOX_SEED_FILE": "/nowhere", "SSL_CERT_FILE": "/nowhere"}
    assert with_secret_files(others) == others


def test_a_setting_given_both_ways_is_refused_without_its_value(tmp_path: Path) -> None:
    with pytest.raises(StartRefusedError, match="ADMIN_TOKEN y ADMIN_TOKEN_FILE") as refused:
        with_secret_files({"ADMIN_TOKEN": "hush", "ADMIN_TOKEN_FILE": str(tmp_path / "it")})
    assert "hush" not in str(refused.value)


def test_a_file_that_cannot_be_read_is_named_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "bytes").write_bytes(b"\xff\xfe")
    for path in (tmp_path / "none", tmp_path, tmp_path / "bytes"):
        with pytest.raises(StartRefusedError, match=f"ADMIN_TOKEN_FILE: .*{path.name}") as refused:
            with_secret_files({"ADMIN_TOKEN_FILE": str(path)})
        assert "\n" not in str(refused.value)
