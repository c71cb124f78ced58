"""Reading a backup through before anything of it is used: `restore --check`, and the first half of every restore."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nexus.backups.archive import ArchiveReader
from nexus.backups.errors import BackupError
from nexus.backups.keys import MASTER, SealingKey, keys_to_open, master_keys
from nexus.backups.progress import Progress, size
from nexus.backups.sealed_file import SealedReader


@dataclass(frozen=True)
class Examined:
    """What a whole backup says of itself."""

    header: dict[str, Any]
    manifest: dict[str, Any]
    summary: dict[str, Any]

    def describe(self) -> str:
        """One line for a person."""
        rows = sum(self.summary["tables"].values())
        return (
            f"backup de {self.header['made_at']} (Nexus {self.header['nexus']}, esquema {self.header['schema']}): "
            f"{rows} filas y {self.summary['files']} archivos"
        )


def finder_of_keys(environ: Mapping[str, str], folder: Path) -> Callable[[str], list[SealingKey]]:
    """What may open a backup here, by the variable that its header names."""
    return lambda variable: keys_to_open(environ, folder, variable)


@contextmanager
def opened(place: Path, keys_of: Callable[[str], list[SealingKey]]) -> Iterator[tuple[dict[str, Any], ArchiveReader]]:
    """(header, archive) of a backup. Raises BackupError."""
    try:
        file = place.open("rb")
    except OSError as error:
        raise BackupError(f"no puedo leer {place}: {error.strerror}") from error
    with file:
        sealed = SealedReader(file, keys_of)
        if sealed.header.get("kind"):
            raise BackupError(f"{place.name} es el archivo de una sola tienda: ./nexus tenant import")
        yield sealed.header, ArchiveReader(sealed)


def examine(place: Path, environ: Mapping[str, str], folder: Path, *, lost_key: bool) -> Examined:
    """Read all of it; what is inside.

    Raises BackupError for a damaged file, another key, a newer version, and, unless `lost_key`, for credentials that
    this ENCRYPTION_KEY does not open.
    """
    progress = Progress()
    with opened(place, finder_of_keys(environ, folder)) as (header, archive):
        _refuse_newer(archive.manifest)
        if not lost_key:
            _refuse_other_key(archive.manifest, environ, folder)
        total = place.stat().st_size
        progress.stage(f"verificando {place.name} ({size(total)})…")
        rows = dict.fromkeys(archive.manifest["tables"], 0)
        for name in archive.tables():
            for part in archive.rows(name):
                rows[name] += part.count(b"\n")  # COPY's text has one line a row; a value's own are escaped
                progress.at(f"verificando: {name}")
        files = 0
        for _, content, _ in archive.files():
            while content.read(1024 * 1024):
                progress.at(f"verificando: archivo {files + 1}")
            files += 1
        summary = archive.summary()
    progress.done()
    if rows != summary["tables"] or files != summary["files"]:
        raise BackupError("el backup no está completo: le faltan filas o archivos")
    return Examined(header, archive.manifest, summary)


def _refuse_newer(manifest: dict[str, Any]) -> None:
    from nexus.store.migrate import migrations

    ours = {name: hashlib.sha256(sql.encode()).hexdigest() for name, sql in migrations()}
    for name, digest in manifest["migrations"]:
        if name not in ours:
            raise BackupError(f"el backup es de un Nexus más nuevo ({name}): restauralo con esa versión")
        if ours[name] != digest:
            raise BackupError(f"el backup es de otra variante de Nexus: su migración {name} no es la de este programa")


def _refuse_other_key(manifest: dict[str, Any], environ: Mapping[str, str], folder: Path) -> None:
    from nexus.store.secrets import Vault

    sealed: dict[str, int] = manifest["sealed_with"]
    masters = master_keys(environ, folder)
    if sealed and not {Vault(master).key_id for master in masters} & set(sealed):
        which = f"{MASTER} no es la de este backup" if masters else f"falta {MASTER}"
        raise BackupError(
            f"{which}: sin la de la instalación original no se abren las credenciales de las tiendas "
            "(--lost-key restaura igual, para cargarlas de nuevo)"
        )
