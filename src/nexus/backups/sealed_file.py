"""The encrypted file: a readable header, then chunks of AES-256-GCM chained as STREAM does.

Each chunk's nonce is its number and whether it is the last, so that none can be lost, swapped, repeated or cut off
unseen; the key is fresh for every file (a random salt), so that no nonce is used twice. The header carries a MAC of its
own: a wrong key is told from a damaged chunk.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import os
from collections.abc import Callable, Sequence
from typing import Any, BinaryIO

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from nexus.backups.errors import BackupError
from nexus.backups.keys import SealingKey

FORMAT = 1
CHUNK = 256 * 1024
"""Bytes in clear of every chunk but the last."""
MAGIC = b"NEXUS BACKUP\n"
"""How every such file begins."""
_TAG = 16
_MAC = 32
_LONGEST_HEADER = 64 * 1024
_NOT_OURS = "no es un backup de Nexus, o su comienzo está dañado"
_DAMAGED = "el archivo está dañado o cortado: no se usó nada de él"


def _nonce(number: int, *, last: bool) -> bytes:
    return number.to_bytes(11, "big") + bytes([last])


class SealedWriter:
    """Encrypts what is written; nothing is whole before `close`."""

    def __init__(self, file: BinaryIO, key: SealingKey, facts: dict[str, Any]) -> None:
        """`facts` stand in the header, in clear: nothing of anybody's."""
        salt = os.urandom(32)
        header = {"format": FORMAT, "key": key.variable, "salt": salt.hex(), **facts}
        head = json.dumps(header, ensure_ascii=False).encode() + b"\n"
        content_key, header_key = key.derive(salt)
        mac = hmac.digest(header_key, MAGIC + head, "sha256")
        self._file, self._aead, self._bound = file, AESGCM(content_key), hashlib.sha256(mac).digest()
        self._waiting = bytearray()
        self._number = 0
        file.write(MAGIC + len(head).to_bytes(4, "big") + head + mac)

    def write(self, data: bytes) -> int:
        """Take the next bytes; a chunk goes out once it is known not to be the last."""
        self._waiting += data
        while len(self._waiting) > CHUNK:
            self._seal(bytes(self._waiting[:CHUNK]), last=False)
            del self._waiting[:CHUNK]
        return len(data)

    def close(self) -> None:
        """Write the last chunk; the file itself stays open."""
        self._seal(bytes(self._waiting), last=True)

    def _seal(self, clear: bytes, *, last: bool) -> None:
        self._file.write(self._aead.encrypt(_nonce(self._number, last=last), clear, self._bound))
        self._number += 1


class SealedReader:
    """Decrypts as it is read; every byte it gives was authenticated."""

    def __init__(self, file: BinaryIO, keys_of: Callable[[str], Sequence[SealingKey]]) -> None:
        """`keys_of` finds what a variable's secret may be. Raises BackupError for another file, version or key."""
        self._file = file
        head = self._head()
        self.header = _parsed(head)
        mac = file.read(_MAC)
        content_key = self._fitting(keys_of(self.header["key"]), head, mac)
        self._aead, self._bound = AESGCM(content_key), hashlib.sha256(mac).digest()
        self._number = 0
        self._next = file.read(CHUNK + _TAG)
        self._clear = b""
        self._ended = False

    def _fitting(self, keys: Sequence[SealingKey], head: bytes, mac: bytes) -> bytes:
        for key in keys:
            content_key, header_key = key.derive(bytes.fromhex(self.header["salt"]))
            if hmac.compare_digest(hmac.digest(header_key, MAGIC + head, "sha256"), mac):
                return content_key
        raise BackupError(f"la clave no abre este backup: hace falta la {self.header['key']} con la que se hizo")

    def _head(self) -> bytes:
        start = self._file.read(len(MAGIC) + 4)
        length = int.from_bytes(start[len(MAGIC) :], "big")
        if not start.startswith(MAGIC) or not 0 < length <= _LONGEST_HEADER:
            raise BackupError(_NOT_OURS)
        return self._file.read(length)

    def read(self, size: int = CHUNK) -> bytes:
        """Up to `size` bytes, b"" at the end. Raises BackupError for a damaged or cut file."""
        if not self._clear and not self._ended:
            self._open()
        given, self._clear = self._clear[:size], self._clear[size:]
        return given

    def finish(self) -> None:
        """Read what is left, so that the file is known to be whole. Raises BackupError."""
        while self.read():
            pass

    def _open(self) -> None:
        sealed, self._next = self._next, self._file.read(CHUNK + _TAG)
        self._ended = not self._next
        try:
            self._clear = self._aead.decrypt(_nonce(self._number, last=self._ended), sealed, self._bound)
        except (InvalidTag, ValueError) as error:
            raise BackupError(_DAMAGED) from error
        self._number += 1


def _parsed(head: bytes) -> dict[str, Any]:
    try:
        header = json.loads(head)
        version, _, _ = header["format"], bytes.fromhex(header["salt"]), header["key"]
    except (ValueError, TypeError, KeyError) as error:
        raise BackupError(_NOT_OURS) from error
    if version != FORMAT:
        raise BackupError("el backup es de un formato más nuevo: restauralo con la versión de Nexus que lo hizo")
    return dict(header)
