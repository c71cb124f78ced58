"""A backup taken while customers write, restored into a cluster that has nothing: the API answers the same."""

from __future__ import annotations

import asyncio
import json
import stat
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from nexus.backups.errors import BackupError
from nexus.backups.restore import check, restore
from nexus.backups.take import backup
from nexus.embedded.postgres import EmbeddedPostgres
from nexus.runtime.cache import Cache
from nexus.store.credentials import load_credentials
from nexus.store.migrate import migrate, migrations
from nexus.store.secrets import Vault
from tests.integration.admin import file_bytes
from tests.integration.admin.conftest import Channel, Shop
from tests.integration.backups.conftest import MASTER, Dsns, Room, room_over
from tests.schema_dump import dump_schema

NewDatabase = Callable[[], Awaitable[Dsns]]
NUMBER = "+5491130009999"
WHEN = "2031-03-04T15:00:00-03:00"


def _folder(factory: pytest.TempPathFactory) -> Path:
    folder = factory.mktemp("install")
    for parent in (folder, folder.parent):  # PostgreSQL runs as another user when the tests run as root
        parent.chmod(0o755)
    return folder


async def _furnish(room: Room) -> Shop:
    """A shop with everything that a backup must bring back."""
    answer = await room.machine.post("/admin/tenants", json={"store_name": "Ñandú", "bot_phone_number": NUMBER})
    shop = Shop(answer.json()["id"], NUMBER)
    key = {"api_key": "sk-una-clave-larga"}
    assert (await room.machine.put(f"/admin/tenants/{shop.id}/credentials/llm", json=key)).status_code == 200
    booked = {"start": WHEN, "customer_name": "Lucía", "title": "Prueba de \\ puntas", "force": True}
    assert (await room.machine.post("/admin/appointments", json=booked, headers=shop.headers)).status_code == 201
    await Channel(room.pool, shop).inbound(
        "text", {"body": "¿Tenés \\N puntas\\?\nTalle\t37 🩰"}, phone="+5491155550001"
    )
    return shop


async def _answers(room: Room, shop: Shop, media_url: str) -> dict[str, Any]:
    """What the API says of all that stands still while the backup is taken."""
    answers: dict[str, Any] = {}
    chats = (await room.machine.get("/admin/chats", headers=shop.headers)).json()["items"]
    quiet = next(chat for chat in chats if chat["external_user_id"].endswith("0001"))
    for path in (
        f"/admin/chats/{quiet['id']}/messages",
        "/admin/appointments?start_date=2031-03-01&end_date=2031-04-01",
        f"/admin/tenants/{shop.id}",
        f"/admin/tenants/{shop.id}/credentials",
    ):
        answer = await room.machine.get(path, headers=shop.headers)
        assert answer.status_code == 200, answer.text
        answers[path] = answer.json()
    file = await room.machine.get(media_url, headers=shop.headers)
    return answers | {"chat": quiet, "file": (file.status_code, file.content)}


async def _busy_texts(room: Room, shop: Shop) -> list[str]:
    chats = (await room.machine.get("/admin/chats", headers=shop.headers)).json()["items"]
    busy = next(chat for chat in chats if chat["external_user_id"].endswith("0002"))
    answer = await room.machine.get(f"/admin/chats/{busy['id']}/messages?limit=200", headers=shop.headers)
    return [item["content"] for item in answer.json()["items"]]


async def _taken_under_load(room: Room, shop: Shop, file: Path, folder: Path) -> list[str]:
    """Back up while a customer writes; what she had written in the end."""
    channel = Channel(room.pool, shop)
    stop = asyncio.Event()

    async def write() -> None:
        number = 0
        while not stop.is_set():
            number += 1
            await channel.inbound("text", {"body": f"mensaje {number:03}"}, phone="+5491155550002")
            await asyncio.sleep(0.02)

    await channel.inbound("text", {"body": "antes"}, phone="+5491155550002")
    writing = asyncio.create_task(write())
    said = await asyncio.to_thread(backup, str(file), str(folder))
    stop.set()
    await writing
    assert "1 archivos" in said[0]
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert b"puntas" not in file.read_bytes()
    return await _busy_texts(room, shop)


async def test_taken_under_load_and_restored_into_nothing(
    new_database: NewDatabase,
    environment: Callable[..., None],
    cache: Cache,
    tmp_path: Path,
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    before, file, home = await new_database(), tmp_path / "nexus.backup", _folder(tmp_path_factory)
    await migrate(before.owner)
    environment(POSTGRES_DSN=before.app, POSTGRES_OWNER_DSN=before.owner, NEXUS_MEDIA_DIR=str(tmp_path / "media"))
    environment(NEXUS_BACKUP_KEY="una frase de más de 16")
    async with room_over(before.app, tmp_path / "media", cache) as room:
        shop = await _furnish(room)
        picture = file_bytes.picture("JPEG")
        sent = await room.machine.post("/admin/media?name=a.jpg", content=picture, headers=shop.headers)
        media_url = sent.json()["url"]
        written = await _taken_under_load(room, shop, file, tmp_path / "data")
        expected = await _answers(room, shop, media_url)

    environment(POSTGRES_DSN=None, POSTGRES_OWNER_DSN=None, NEXUS_MEDIA_DIR=None, ENCRYPTION_KEY="otra")
    with pytest.raises(BackupError, match="ENCRYPTION_KEY no es la de este backup"):
        await asyncio.to_thread(restore, str(file), str(home), lost_key=False)
    assert not (home / "postgres").exists()
    environment(ENCRYPTION_KEY=MASTER)
    await asyncio.to_thread(restore, str(file), str(home), lost_key=False)
    with pytest.raises(BackupError, match="no está vacía"):
        await asyncio.to_thread(restore, str(file), str(home), lost_key=False)

    server = EmbeddedPostgres(home)
    await server.start()
    try:
        async with room_over(server.app_dsn, home / "media", cache) as room:
            assert await _answers(room, shop, media_url) == expected
            await _goes_on(room, shop, written)
        schemas = [await asyncio.to_thread(dump_schema, dsn) for dsn in (server.owner_dsn, before.owner)]
        assert schemas[0] == schemas[1]
    finally:
        await server.destroy()
    assert json.loads((home / "secrets.json").read_text())["ENCRYPTION_KEY"] == MASTER


async def _goes_on(room: Room, shop: Shop, written: list[str]) -> None:
    """One moment of what was written meanwhile; credentials open; triggers, keys and sequences work."""
    texts = await _busy_texts(room, shop)
    assert 1 <= len(texts) < len(written)
    assert texts == written[: len(texts)]
    llm = await load_credentials(shop.id, room.pool, Vault(MASTER), "llm")
    assert llm["api_key"] == "sk-una-clave-larga"
    await Channel(room.pool, shop).inbound("text", {"body": "de vuelta"}, phone="+5491155550002")
    found = await room.machine.get("/admin/chats?q=vuelta", headers=shop.headers)
    assert len(found.json()["items"]) == 1


async def test_one_of_an_older_schema_is_migrated_after(
    new_database: NewDatabase, environment: Callable[..., None], tmp_path: Path
) -> None:
    """Into a database that the newer program had migrated already; a bad file or key leaves it alone."""
    old, new, file = await new_database(), await new_database(), tmp_path / "nexus.backup"
    names = [name for name, _ in migrations()]
    await migrate(old.owner, upto=names[-3])
    await migrate(new.owner)
    environment(POSTGRES_OWNER_DSN=old.owner)
    await asyncio.to_thread(backup, str(file), str(tmp_path))
    with pytest.raises(BackupError, match="ya existe"):
        await asyncio.to_thread(backup, str(file), str(tmp_path))

    environment(POSTGRES_OWNER_DSN=new.owner)
    whole = file.read_bytes()
    for harmed in (whole[:-1], whole[:-50] + bytes([whole[-50] ^ 4]) + whole[-49:]):
        (tmp_path / "harmed").write_bytes(harmed)
        with pytest.raises(BackupError, match="dañado o cortado"):
            await asyncio.to_thread(restore, str(tmp_path / "harmed"), str(tmp_path), lost_key=False)
    environment(ENCRYPTION_KEY="otra")
    with pytest.raises(BackupError, match="la clave no abre este backup"):
        await asyncio.to_thread(restore, str(file), str(tmp_path), lost_key=False)
    environment(ENCRYPTION_KEY=MASTER)
    assert await migrate(new.owner) == []

    assert names[-3] in (await asyncio.to_thread(check, str(file), str(tmp_path), lost_key=False))[0]
    await asyncio.to_thread(restore, str(file), str(tmp_path), lost_key=False)
    assert await migrate(new.owner) == []
