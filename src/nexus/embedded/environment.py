"""What `up`, `demo` and the small commands run with: `.env` under the environment, and the data folder."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

from dotenv import dotenv_values

from nexus.embedded.errors import EmbeddedError
from nexus.embedded.ports import can_bind
from nexus.runtime.secret_files import with_secret_files
from nexus.runtime.settings import one_scheme

ROOT = Path(__file__).resolve().parents[3]
"""The clone's folder, where `nexus` and `.env` stand."""
DSN_VARIABLES = ("POSTGRES_DSN", "POSTGRES_OWNER_DSN")


class FolderInUseError(EmbeddedError):
    """Another `up` or `demo` runs on this data folder."""


def load_environment() -> dict[str, str]:
    """The clone's `.env` with the process's environment over it; empty values count as unset, DSNs have one scheme.

    `NAME_FILE` stands for NAME in either. Raises StartRefusedError for such a file that cannot be read.
    """
    written = {name: value for name, value in dotenv_values(ROOT / ".env", interpolate=False).items() if value}
    merged = {**with_secret_files(written), **with_secret_files(os.environ)}
    return {name: one_scheme(value) if name in DSN_VARIABLES else value for name, value in merged.items() if value}


def data_folder(given: str | None, environ: Mapping[str, str], below: str = "") -> Path:
    """The data folder: `--data-dir` (relative to where the person is), else `below` in NEXUS_DATA_DIR.

    A relative NEXUS_DATA_DIR stands in the clone, since that is where `.env` stands. Made when missing.

    Raises EmbeddedError when it cannot be made.
    """
    folder = Path(given).absolute() if given else ROOT / environ.get("NEXUS_DATA_DIR", ".nexus") / below
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise EmbeddedError(f"no puedo crear la carpeta de datos {folder}: {error.strerror}") from error
    return folder


@contextmanager
def only_one(data_dir: Path) -> Iterator[None]:
    """Hold the data folder for this process; the kernel lets go of it however the process ends.

    Raises FolderInUseError when another `up` or `demo` holds it, EmbeddedError when it cannot be written.
    """
    with _lock_file(data_dir) as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.seek(0)
            holder = lock.read().strip()
            raise FolderInUseError(
                f"otro nexus (proceso {holder}) usa {data_dir}: detenelo o elegí otra carpeta"
            ) from None
        lock.truncate(0)
        lock.write(str(os.getpid()))
        lock.flush()
        yield


def _lock_file(data_dir: Path) -> TextIO:
    try:
        return (data_dir / "nexus.lock").open("a+", encoding="ascii")
    except OSError as error:
        raise EmbeddedError(f"no puedo escribir en la carpeta de datos {data_dir}: {error.strerror}") from error


def in_use(data_dir: Path) -> bool:
    """True while an `up` or `demo` runs on this data folder."""
    try:
        with only_one(data_dir):
            return False
    except FolderInUseError:
        return True


def port_of(variable: str, default: int, environ: Mapping[str, str]) -> int:
    """A port from the environment. Raises EmbeddedError when its value is no port number."""
    written = environ.get(variable, str(default))
    if not written.isdigit() or not 0 < int(written) < 65_536:
        raise EmbeddedError(f"{variable}={written} no es un número de puerto")
    return int(written)


def panel_port(environ: Mapping[str, str], host: str) -> int:
    """PLATFORM_UI_PORT, else 80, or 8080 where 80 cannot be bound."""
    return port_of("PLATFORM_UI_PORT", 80 if can_bind(80, host) else 8080, environ)
