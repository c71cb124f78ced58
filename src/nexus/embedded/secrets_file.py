"""`secrets.json` of a data folder: made when missing, mode 0600, never overwritten with other values."""

from __future__ import annotations

import fcntl
import json
import os
import secrets
from collections.abc import Mapping
from pathlib import Path

from nexus.embedded.errors import EmbeddedError

# What services read from the environment; the environment's own value wins over the file's.
SERVICE_SECRETS = ("INTERNAL_API_TOKEN", "ADMIN_TOKEN", "ENCRYPTION_KEY")
STORE_SECRETS = (
    "POSTGRES_SUPERUSER_PASSWORD",
    "POSTGRES_OWNER_PASSWORD",
    "POSTGRES_APP_PASSWORD",
    "VALKEY_PASSWORD",
)
DEMO_SECRETS = (
    "DEMO_LOGIN_PASSWORD",
    "DEMO_YCLOUD_API_KEY",
    "DEMO_YCLOUD_WEBHOOK_SECRET",
    "DEMO_TIENDANUBE_ACCESS_TOKEN",
    "DEMO_LLM_API_KEY",
    "DEMO_SMTP_PASSWORD",
)
# Random bytes of the one that a person types; it opens a demo on loopback.
_SHORTER = {"DEMO_LOGIN_PASSWORD": 9}
NAMES = (*SERVICE_SECRETS, *STORE_SECRETS, *DEMO_SECRETS)


ALSO = tuple(f"{name}_ALSO" for name in SERVICE_SECRETS)
"""There while a secret changes: what is accepted beside it (docs/rotation.md)."""
SECRETS_FILE = "secrets.json"


def load_secrets(data_dir: Path, given: Mapping[str, str] | None = None) -> dict[str, str]:
    """All secrets of `data_dir` by name; those that are missing are taken from `given`, else made.

    Safe when two processes call it at once. Raises EmbeddedError when the file is no JSON object of
    strings: it is never replaced, since ENCRYPTION_KEY opens what the database holds.
    """
    data_dir.mkdir(parents=True, exist_ok=True)
    path = data_dir / SECRETS_FILE
    with (data_dir / ".secrets.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        known = _read(path)
        missing = [name for name in NAMES if name not in known]
        if missing:
            made = {name: secrets.token_urlsafe(_SHORTER.get(name, 32)) for name in missing}
            known |= {name: (given or {}).get(name) or value for name, value in made.items()}
            _write(path, known)
        elif path.stat().st_mode & 0o077:
            path.chmod(0o600)
    return known


def known_secrets(data_dir: Path) -> dict[str, str]:
    """What the folder holds now; none is made. Raises EmbeddedError for a broken file."""
    return _read(data_dir / SECRETS_FILE)


def change_secrets(data_dir: Path, changes: Mapping[str, str | None]) -> None:
    """Write these into the folder's file, None takes one out; whoever reads it sees all of them or none."""
    with (data_dir / ".secrets.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        known = _read(data_dir / SECRETS_FILE) | {name: value for name, value in changes.items() if value is not None}
        _write(data_dir / SECRETS_FILE, {name: known[name] for name in known if changes.get(name, "") is not None})


def secrets_of_services(environ: Mapping[str, str], made: Mapping[str, str]) -> dict[str, str]:
    """What the services run with: the environment's own, each with its _ALSO, else the data folder's (`made`)."""
    found: dict[str, str] = {}
    for name, also in zip(SERVICE_SECRETS, ALSO, strict=True):
        source = environ if environ.get(name) else made
        found |= {each: source[each] for each in (name, also) if source.get(each)}
    return found


def _read(path: Path) -> dict[str, str]:
    if not path.exists():
        return {}
    try:
        known = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise EmbeddedError(f"{path} no es JSON válido: restauralo de una copia") from error
    if not isinstance(known, dict) or not all(isinstance(value, str) for value in known.values()):
        raise EmbeddedError(f"{path} no es un objeto JSON de textos: restauralo de una copia")
    return known


def _write(path: Path, known: dict[str, str]) -> None:
    fresh = path.with_suffix(".json.new")
    fresh.unlink(missing_ok=True)
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        json.dump(known, file, indent=2)
        file.write("\n")
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)
