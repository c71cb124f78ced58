"""The database of the installation for a shop's file: as the services connect, and every failure as one line."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from nexus.backups.errors import BackupError, in_one_line
from nexus.embedded.environment import DSN_VARIABLES
from nexus.embedded.stores import open_postgres

if TYPE_CHECKING:
    from nexus.store.database import Pool


@asynccontextmanager
async def app_pool(environ: Mapping[str, str], folder: Path, what_failed: str) -> AsyncIterator[Pool]:
    """A pool of role nexus_app on a database that is up to date. Raises BackupError."""
    from nexus.store.database import open_pool
    from nexus.store.migrate import schema_is_current
    from nexus.store.tenant_copy import ShopFileError

    if not any(environ.get(name) for name in DSN_VARIABLES) and not (folder / "postgres").exists():
        raise BackupError(f"en {folder} no hay datos de Nexus (si es la demo: --data-dir .nexus/demo)")
    async with open_postgres(environ, folder) as dsns:
        if "POSTGRES_DSN" not in dsns:
            raise BackupError("falta POSTGRES_DSN")
        with in_one_line(what_failed):
            pool = await open_pool(dsns["POSTGRES_DSN"], "nexus_tenant_file", max_size=3)
            try:
                if not await schema_is_current(pool):
                    raise BackupError("a la base le faltan migraciones: primero ./nexus migrate")
                yield pool
            except ShopFileError as error:
                raise BackupError(str(error)) from error
            finally:
                await pool.close()
