"""An encrypted file gives back what was written, or one line that says why not; never a part of it as if whole."""

import io
from collections.abc import Callable

import pytest

from nexus.backups.errors import BackupError
from nexus.backups.keys import SealingKey
from nexus.backups.sealed_file import CHUNK, SealedReader, SealedWriter

KEY = SealingKey("NEXUS_BACKUP_KEY", "una frase de más de 16")
CLEAR = bytes(range(256)) * (CHUNK * 2 // 256) + b"el final"
_SEALED = CHUNK + 16


@pytest.fixture(scope="module")
def sealed() -> bytes:
    """Two whole chunks and a short one."""
    return _sealed(CLEAR)


def _sealed(clear: bytes) -> bytes:
    file = io.BytesIO()
    writer = SealedWriter(file, KEY, {"nexus": "3.0.0"})
    for start in range(0, len(clear), 100_000):
        writer.write(clear[start : start + 100_000])
    writer.close()
    return file.getvalue()


def _opened(content: bytes, key: SealingKey = KEY) -> bytes:
    reader = SealedReader(io.BytesIO(content), lambda _variable: [key])
    return b"".join(iter(lambda: reader.read(7_777), b""))


def _start(sealed: bytes) -> int:
    """Where the first chunk begins."""
    return len(sealed) - 2 * _SEALED - len(b"el final") - 16


def test_what_was_written_comes_back(sealed: bytes) -> None:
    assert _opened(sealed) == CLEAR
    assert b"el final" not in sealed


@pytest.mark.parametrize("clear", [b"", CLEAR[:CHUNK]], ids=["nothing", "one whole chunk"])
def test_the_edges_come_back(clear: bytes) -> None:
    assert _opened(_sealed(clear)) == clear


def test_another_key_is_told_from_damage(sealed: bytes) -> None:
    with pytest.raises(BackupError, match="la clave no abre este backup"):
        _opened(sealed, SealingKey("NEXUS_BACKUP_KEY", "otra frase de más de 16"))


@pytest.mark.parametrize(
    "harm",
    [
        lambda s: s[:-1],
        lambda s: s[: _start(s) + 2 * _SEALED],
        lambda s: s[: _start(s) + _SEALED],
        lambda s: s[: _start(s)],
        lambda s: s + b"x",
        lambda s: s[:-20] + bytes([s[-20] ^ 1]) + s[-19:],
        lambda s: s[: _start(s) + 5] + bytes([s[_start(s) + 5] ^ 128]) + s[_start(s) + 6 :],
        lambda s: s[: _start(s)] + s[_start(s) + _SEALED : _start(s) + 2 * _SEALED] + s[_start(s) + _SEALED :],
        lambda s: s[: _start(s)] + s[_start(s) + _SEALED :],
    ],
    ids=["a byte", "last chunk", "two chunks", "all", "more", "a bit at the end", "a bit", "repeated", "left out"],
)
def test_harm_is_told(sealed: bytes, harm: Callable[[bytes], bytes]) -> None:
    with pytest.raises(BackupError, match="dañado o cortado"):
        _opened(harm(sealed))


@pytest.mark.parametrize(
    "content", [b"", b"PK\x03\x04" * 50, b"NEXUS BACKUP\n", b"NEXUS BACKUP\n\0\0\0\x02{}" + b"x" * 99]
)
def test_other_files_are_refused(content: bytes) -> None:
    with pytest.raises(BackupError, match="no es un backup"):
        _opened(content)


def test_a_header_that_was_changed_does_not_open(sealed: bytes) -> None:
    with pytest.raises(BackupError, match="la clave no abre"):
        _opened(sealed.replace(b'"3.0.0"', b'"3.0.1"'))
