"""Which secret opens a backup, and the keys that come out of it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

from nexus.backups.errors import BackupError

OWN = "NEXUS_BACKUP_KEY"
"""A passphrase for backups alone; without it ENCRYPTION_KEY seals them."""
MASTER = "ENCRYPTION_KEY"
_LEAST = 16


@dataclass(frozen=True, repr=False)
class SealingKey:
    """A secret and the variable that it came from, which the backup's header names."""

    variable: str
    secret: str

    def derive(self, salt: bytes) -> tuple[bytes, bytes]:
        """(key of the content, key of the header). Slow on purpose: a passphrase is weaker than a random key."""
        made = _stretched(f"{self.variable}:{self.secret}".encode(), salt)
        return made[:32], made[32:]


@lru_cache(maxsize=4)
def _stretched(secret: bytes, salt: bytes) -> bytes:
    """Remembered, since a restore reads its file twice."""
    return Scrypt(salt=salt, length=64, n=2**16, r=8, p=1).derive(secret)


def key_to_seal(environ: Mapping[str, str], folder: Path) -> SealingKey:
    """NEXUS_BACKUP_KEY, else ENCRYPTION_KEY. Raises BackupError when there is neither, or a short passphrase."""
    if own := environ.get(OWN):
        if len(own) < _LEAST:
            raise BackupError(f"{OWN} necesita {_LEAST} caracteres o más")
        return SealingKey(OWN, own)
    masters = master_keys(environ, folder)
    if not masters:
        raise BackupError(f"falta {MASTER} (o {OWN}): sin clave no hay backup, porque va cifrado")
    return SealingKey(MASTER, masters[0])


def keys_to_open(environ: Mapping[str, str], folder: Path, variable: str) -> list[SealingKey]:
    """The secrets that may be of the variable that a backup's header names. Raises BackupError when none is set."""
    given = environ.get(OWN)
    secrets = ([given] if given else []) if variable == OWN else master_keys(environ, folder)
    if not secrets:
        raise BackupError(f"falta {variable}: con ella se cifró este backup")
    return [SealingKey(variable, secret) for secret in secrets]


def master_keys(environ: Mapping[str, str], folder: Path) -> list[str]:
    """ENCRYPTION_KEY as the services have it, and the one beside it while it changes: what seals comes first.

    The environment's, else the data folder's; none without either.
    """
    if given := environ.get(MASTER):
        return [key for key in (given, environ.get(f"{MASTER}_ALSO")) if key]
    try:
        kept = json.loads((folder / "secrets.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):  # `up` says what is wrong with a broken one; here it holds no key
        return []
    found = [kept.get(name) for name in (MASTER, f"{MASTER}_ALSO")] if isinstance(kept, dict) else []
    return [key for key in found if key and isinstance(key, str)]
