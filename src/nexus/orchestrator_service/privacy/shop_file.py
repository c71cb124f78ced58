"""One shop as of one moment, with customers' files, while everything goes on: a ZIP that `tenant import` takes.

In it: `manifest.json`, each table as `tables/NAME.jsonl` (a JSON object a line), each customer's file as `media/ID`,
and `summary.json`, which counts them. Credentials, accounts and what waits are not in it.
"""

import asyncio
import json
import zipfile
from collections.abc import Callable
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any, BinaryIO
from uuid import UUID

from nexus import __version__
from nexus.orchestrator_service.privacy.erasing import PrivacyRoom
from nexus.store.database import Connection, Pool
from nexus.store.tenant_copy import files_of_shop, migrations_here, rows_of, shop_named, shop_snapshot
from nexus.store.tenant_tables import TABLES, ShopTable

FORMAT = 1
_BATCH = 500
_one_at_a_time = asyncio.Semaphore(1)


async def packed_shop(tenant_id: int, room: PrivacyRoom) -> BinaryIO:
    """The ZIP, at its beginning; whoever got it closes it. One at a time: each fills a disk. Raises ShopFileError."""
    async with _one_at_a_time:
        with ExitStack() as unless_done:
            file = unless_done.enter_context(await asyncio.to_thread(room.folder.unnamed_file))
            await write_shop(tenant_id, room.pool, room.folder.path_of, file)
            file.seek(0)
            unless_done.pop_all()
    return file


async def write_shop(
    tenant_id: int,
    pool: Pool,
    path_of: Callable[[int, UUID], Path],
    out: IO[bytes],
    at: Callable[[str], None] = lambda _where: None,
) -> dict[str, Any]:
    """Write the shop to `out`, only forwards; its summary, as it stands in the ZIP. `at` hears how far it is.

    `path_of` finds a customer's file. Raises ShopFileError when there is no such shop.
    """
    async with shop_snapshot(tenant_id, pool) as conn:
        name, number = await shop_named(tenant_id, conn)
        shop = {"tenant_id": tenant_id, "store_name": name, "bot_phone_number": number}
        writer = ShopFileWriter(out)
        writer.add_json("manifest.json", facts_now() | shop | {"migrations": await migrations_here(pool)})
        summary = await _fill(tenant_id, conn, writer, path_of, at)
        writer.add_json("summary.json", summary)
        await asyncio.to_thread(writer.close)
    return summary


def facts_now() -> dict[str, Any]:
    """What a file says of itself."""
    return {"format": FORMAT, "nexus": __version__, "made_at": datetime.now(UTC).isoformat(timespec="seconds")}


class ShopFileWriter:
    """Adds entries to the file."""

    def __init__(self, file: IO[bytes]) -> None:
        self._zip = zipfile.ZipFile(file, "w", allowZip64=True)

    def add_json(self, name: str, content: dict[str, Any]) -> None:
        """A small document."""
        self._zip.writestr(_entry(name), json.dumps(content, ensure_ascii=False, indent=1))

    def open_table(self, name: str) -> IO[bytes]:
        """What takes the table's rows, a line of JSON each; nothing else is written until it is closed."""
        return self._zip.open(_entry(f"tables/{name}.jsonl"), "w", force_zip64=True)

    def add_file(self, media_id: UUID, path: Path) -> None:
        """A customer's file; pictures and sound do not pack. Raises FileNotFoundError."""
        entry = _entry(f"media/{media_id}")
        entry.compress_type = zipfile.ZIP_STORED
        with path.open("rb") as file, self._zip.open(entry, "w", force_zip64=True) as out:
            while part := file.read(1024 * 1024):
                out.write(part)

    def close(self) -> None:
        """Write the end, without which it is not whole."""
        self._zip.close()


def _entry(name: str) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name)
    entry.compress_type = zipfile.ZIP_DEFLATED
    entry.external_attr = 0o600 << 16
    return entry


async def _fill(
    tenant_id: int,
    conn: Connection,
    writer: ShopFileWriter,
    path_of: Callable[[int, UUID], Path],
    at: Callable[[str], None],
) -> dict[str, Any]:
    """Everything but the summary, which is returned. What packs runs in a thread: others are served meanwhile."""
    counted: dict[str, int] = {}
    for table in TABLES:
        at(f"tabla {table.name}")
        counted[table.name] = await _fill_table(tenant_id, conn, writer, table)
    files = missing = 0
    for media_id in await files_of_shop(tenant_id, conn):
        at(f"archivo {files + missing + 1}")
        try:
            await asyncio.to_thread(writer.add_file, media_id, path_of(tenant_id, media_id))
            files += 1
        except FileNotFoundError:  # erased since the snapshot, or the disk lost it
            missing += 1
    return {"tables": counted, "files": files, "missing": missing}


async def _fill_table(tenant_id: int, conn: Connection, writer: ShopFileWriter, table: ShopTable) -> int:
    rows, batch = 0, bytearray()
    with writer.open_table(table.name) as out:
        async for row in rows_of(tenant_id, conn, table):
            batch += row.encode() + b"\n"
            rows += 1
            if rows % _BATCH == 0:
                await asyncio.to_thread(out.write, bytes(batch))
                batch.clear()
        await asyncio.to_thread(out.write, bytes(batch))
    return rows
