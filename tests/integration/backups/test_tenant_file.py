"""A shop in a file: out while it works, into another installation with the same history, and nothing of it acts."""

from __future__ import annotations

import asyncio
import io
import json
import stat
import zipfile
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from nexus.backups.errors import BackupError
from nexus.backups.keys import SealingKey
from nexus.backups.restore import check
from nexus.backups.sealed_file import SealedWriter
from nexus.embedded.postgres import EmbeddedPostgres
from nexus.embedded.valkey import EmbeddedValkey
from nexus.runtime.cache import Cache
from nexus.store.database import Pool
from nexus.store.migrate import migrate
from nexus.store.outbox import claim_outbox
from nexus.store.queue import claim_bursts
from nexus.store.tenant_tables import LEFT_OUT, TABLES
from nexus.tenant_files.export import export_shop
from nexus.tenant_files.take_in import import_shop
from tests.integration.admin import file_bytes
from tests.integration.admin.conftest import Channel, Shop
from tests.integration.backups.conftest import Dsns, Room, room_over

KEY = SealingKey("NEXUS_BACKUP_KEY", "una frase de más de dieciséis")
OTHER = SealingKey("NEXUS_BACKUP_KEY", "otra frase de más de dieciséis")
PHONE, NUMBER = "+5491155557001", "+5491130007001"


async def _furnish(room: Room, number: str) -> Shop:
    """A shop with something in every table that goes along, a customer who waits and a bubble to be sent."""
    name = {"store_name": "Ñandú «Danza»", "bot_phone_number": number}
    shop = Shop((await room.machine.post("/admin/tenants", json=name)).json()["id"], number)

    async def put(method: str, path: str, **body: Any) -> Any:
        answer = await room.machine.request(method, path, headers=shop.headers, json=body)
        assert answer.status_code in (200, 201, 202, 204), (path, answer.text)
        return answer.json() if answer.content else None

    tenant = f"/admin/tenants/{shop.id}"
    await put("PUT", tenant, **name, time_zone="America/Montevideo", store_description="Puntas \\ más", lockout_hours=7)
    await put("PUT", f"{tenant}/credentials/ycloud", api_key="secreto-de-ycloud", webhook_secret="whsec_no_va")
    await put("PUT", f"{tenant}/handoff", smtp_host="smtp.example", smtp_password="clave-de-correo-que-no-va")
    await put("POST", "/admin/knowledge/answers", question="¿Hacen envíos?", answer="Sí, a todo el país.")
    await put("POST", "/admin/canned-replies", shortcut="hola", text="¡Hola! ¿En qué te ayudo?")
    await put("POST", "/admin/prompt/publish", note="la primera", after=0)
    label = await put("POST", "/admin/labels", name="mayorista")
    service = await put("POST", "/admin/agenda/services", name="Prueba de puntas", minutes=40)
    chat, wamid = await Channel(room.pool, shop).inbound("text", {"body": "¿Tenés \\N puntas?\n🩰"}, phone=PHONE)
    await Channel(room.pool, shop).inbound("text", {"body": "¿y?"}, phone=PHONE, context={"id": wamid})
    picture = file_bytes.picture("JPEG")
    sent = await room.machine.post("/admin/media?name=a.jpg", content=picture, headers=shop.headers)
    send = {"conversation_id": str(chat), "client_ref": "a-1", "text": "mirá", "media_id": sent.json()["id"]}
    await put("POST", "/admin/messages/send", **send)
    await put("PUT", f"/admin/conversations/{chat}/labels", label_ids=[label["id"]])
    await put("POST", f"/admin/conversations/{chat}/notes", text="prefiere satén")
    await put("POST", f"/admin/conversations/{chat}/handoff", reason="quiere hablar con Ana")
    booked = {"start": "2031-03-04T15:00:00-03:00", "customer_name": "Lucía", "force": True}
    await put("POST", "/admin/appointments", **booked, service_id=service["id"])
    return shop


async def _shown(room: Room, shop: Shop) -> dict[str, Any]:
    """What the API says of the shop, with its ids of this place taken out."""
    found: dict[str, Any] = {}
    chats = (await room.machine.get("/admin/chats", headers=shop.headers)).json()["items"]
    paths = [
        f"/admin/tenants/{shop.id}",
        f"/admin/tenants/{shop.id}/handoff",
        "/admin/appointments?start_date=2031-03-01&end_date=2031-04-01",
        *(f"/admin/{path}" for path in ("labels", "canned-replies", "knowledge", "prompt/versions")),
        *(f"/admin/agenda/{path}" for path in ("resources", "services", "hours", "settings")),
    ]
    for chat in chats:
        paths += [f"/admin/chats/{chat['id']}/messages", f"/admin/conversations/{chat['id']}/notes"]
    for number, path in enumerate(paths):
        answer = await room.machine.get(path, headers=shop.headers)
        assert answer.status_code == 200, (path, answer.text)
        found[str(number)] = answer.json()
    files = [item["media"]["url"] for item in found[str(len(paths) - 2)]["items"] if item["media"]]
    content = [(await room.machine.get(url, headers=shop.headers)).content for url in files]
    assert len(content) == 1
    return dict(_without_ids(found | {"chats": chats})) | {"files": content}


_OF_THE_PLACE = {"id", "tenant_id", "resource_id", "service_id", "label_ids", "burst_id", "smtp_password_set"}
_OF_THE_PLACE |= {"updated_at", "author_id", "can_discard", "feed_on", "mine", "status_reason", "last", "url"}


def _without_ids(value: Any) -> Any:
    if value == "pending":
        return "discarded"  # a bubble that had not gone out does not go out of here
    if isinstance(value, dict):
        return {key: _without_ids(inner) for key, inner in value.items() if key not in _OF_THE_PLACE}
    return [_without_ids(inner) for inner in value] if isinstance(value, list) else value


def _taken_in(file: Path, key: SealingKey = KEY) -> int:
    """Import it; the new tenant's id."""
    return int(import_shop(str(file), str(file.parent), lambda _: [key])[0].split("id ")[1].split(":")[0])


@dataclass(frozen=True)
class Nandu:
    """The shop, what the API says of it, and its file, sealed and in clear."""

    room: Room
    shop: Shop
    shown: dict[str, Any]
    sealed: Path
    clear: Path

    @property
    def media(self) -> Path:
        """Where this installation's files are."""
        return self.sealed.parent / "media"


@pytest.fixture(scope="module")
async def nandu(
    postgres: EmbeddedPostgres, valkey: EmbeddedValkey, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Nandu]:
    """Made and exported once for this file."""
    folder, cache = tmp_path_factory.mktemp("nandu"), Cache(valkey.url)
    sealed, clear = folder / "nandu.shop", folder / "nandu.zip"
    async with room_over(postgres.app_dsn, folder / "media", cache) as room:
        shop = await _furnish(room, NUMBER)
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("POSTGRES_DSN", postgres.app_dsn)
            patch.setenv("NEXUS_MEDIA_DIR", str(folder / "media"))
            said = await asyncio.to_thread(export_shop, shop.id, str(sealed), str(folder), KEY)
            assert "charlas: 1, mensajes: 4, turnos: 1, archivos: 1" in said[0]
            said = await asyncio.to_thread(export_shop, shop.id, str(clear), str(folder), None)
            assert any("SIN CIFRAR" in line for line in said)
            with pytest.raises(BackupError, match="ya existe"):
                await asyncio.to_thread(export_shop, shop.id, str(clear), str(folder), None)
        yield Nandu(room, shop, await _shown(room, shop), sealed, clear)
    await cache.close()


async def test_what_goes_out_is_sealed_and_holds_no_secret(nandu: Nandu) -> None:
    for file in (nandu.sealed, nandu.clear):
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert b"puntas" not in nandu.sealed.read_bytes()
    content = b"".join(_entries(nandu.clear).values())
    assert "¿Tenés".encode() in content
    for secret in (b"secreto-de-ycloud", b"whsec_no_va", b"clave-de-correo-que-no-va"):
        assert secret not in content


async def test_a_shop_is_no_backup_and_a_backup_no_shop(
    nandu: Nandu, environment: Callable[..., None], tmp_path: Path
) -> None:
    environment(NEXUS_BACKUP_KEY=KEY.secret)
    with pytest.raises(BackupError, match="el archivo de una sola tienda"):
        await asyncio.to_thread(check, str(nandu.sealed), str(tmp_path), lost_key=False)
    with (tmp_path / "todo").open("wb") as file:
        SealedWriter(file, KEY, {}).close()
    with pytest.raises(BackupError, match="un backup de toda la instalación"):
        await asyncio.to_thread(_taken_in, tmp_path / "todo")


async def test_what_is_no_whole_file_of_a_shop_is_refused_in_one_line_and_leaves_nothing(
    nandu: Nandu, pool: Pool, postgres: EmbeddedPostgres, environment: Callable[..., None], tmp_path: Path
) -> None:
    environment(POSTGRES_DSN=postgres.app_dsn, NEXUS_MEDIA_DIR=str(nandu.media))
    tenants = await pool.fetchval("select count(*) from list_tenants()")
    files = {path for path in nandu.media.rglob("*") if path.is_file()}
    with pytest.raises(BackupError, match="la clave no abre"):
        await asyncio.to_thread(_taken_in, nandu.sealed, OTHER)
    whole, hostile = nandu.sealed.read_bytes(), tmp_path / "malo"
    for harmed in (whole[:-1], whole[:-60] + bytes([whole[-60] ^ 1]) + whole[-59:], nandu.clear.read_bytes()[:-9]):
        hostile.write_bytes(harmed)
        with pytest.raises(BackupError, match="dañado o cortado"):
            await asyncio.to_thread(_taken_in, hostile)
    for change, why in _harms(_entries(nandu.clear)):
        hostile.write_bytes(_zipped(change))
        with pytest.raises(BackupError, match=why) as refused:
            await asyncio.to_thread(_taken_in, hostile)
        assert "\n" not in str(refused.value)
    assert await pool.fetchval("select count(*) from list_tenants()") == tenants
    assert {path for path in nandu.media.rglob("*") if path.is_file()} == files


async def test_a_shop_comes_in_beside_itself_and_elsewhere_and_nothing_of_it_acts(
    nandu: Nandu,
    new_database: Callable[[], Awaitable[Dsns]],
    postgres: EmbeddedPostgres,
    environment: Callable[..., None],
    cache: Cache,
) -> None:
    environment(POSTGRES_DSN=postgres.app_dsn, NEXUS_MEDIA_DIR=str(nandu.media))
    with pytest.raises(BackupError, match="ya es de otra tienda de esta instalación"):
        await asyncio.to_thread(_taken_in, nandu.sealed)
    # Here its rows get other ids than the first one's, elsewhere they keep what people may have written down.
    elsewhere = {"store_name": "Otra", "bot_phone_number": "+5491130007002"}
    path = f"/admin/tenants/{nandu.shop.id}"
    assert (await nandu.room.machine.put(path, json=elsewhere, headers=nandu.shop.headers)).status_code == 200
    beside = Shop(await asyncio.to_thread(_taken_in, nandu.sealed), NUMBER)
    assert await _shown(nandu.room, beside) == nandu.shown
    there, media = await new_database(), nandu.media.parent / "there"
    await migrate(there.owner)
    environment(POSTGRES_DSN=there.app, NEXUS_MEDIA_DIR=str(media))
    same = Shop(await asyncio.to_thread(_taken_in, nandu.sealed), NUMBER)
    async with room_over(there.app, media, cache) as room:
        assert await _shown(room, same) == nandu.shown
        setup = (await room.machine.get("/admin/setup", headers=same.headers)).json()
        assert "YCloud" in json.dumps(setup, ensure_ascii=False)
        await _nothing_acts(room.pool)


async def _nothing_acts(pool: Pool) -> None:
    assert await claim_bursts(pool, "w", 10) == []
    assert await claim_outbox(pool, "w", 10) == []
    assert await pool.fetchval("select count(*) from pgqueuer") == 0


def _entries(file: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(file) as opened:
        return {name: opened.read(name) for name in opened.namelist()}


def _zipped(entries: dict[str, bytes]) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as opened:
        for name, content in entries.items():
            opened.writestr(name, content)
    return made.getvalue()


def _harms(good: dict[str, bytes]) -> list[tuple[dict[str, bytes], str]]:
    """The good file with one thing changed each, and how it is refused."""
    number = good["tables/tenants.jsonl"].replace(NUMBER.encode(), b"+5491130007004")
    base = good | {"tables/tenants.jsonl": number}
    messages, manifest = base["tables/chat_messages.jsonl"], json.loads(base["manifest.json"])
    rows = [json.loads(line) for line in messages.splitlines()]

    def with_message(**changes: Any) -> dict[str, bytes]:
        return base | {"tables/chat_messages.jsonl": "\n".join(json.dumps(row | changes) for row in rows).encode()}

    other = json.dumps(manifest | {"migrations": manifest["migrations"][:-1]}).encode()
    picture = next(content for name, content in base.items() if name.startswith("media/"))
    return [
        (base | {"../../etc/passwd": b"x"}, "no se entiende"),
        (base | {"media/../x": b"x"}, "no se entiende"),
        (base | {"tables/users.jsonl": b"{}"}, "no se entiende"),
        (base | {"media/" + "0" * 8 + "-0000-0000-0000-" + "0" * 12: picture}, "no se entiende"),
        (base | {"tables/labels.jsonl": b"0" * (40 * 1024 * 1024)}, "mucho más grande"),
        (base | {"manifest.json": other}, "otra versión"),
        (with_message(tenant_id=1), "otras columnas"),
        (with_message(conversation_id="00000000-0000-0000-0000-000000000001"), "nombra algo que no está"),
        (with_message(media_id="00000000-0000-0000-0000-000000000001"), "nombra algo que no está"),
        (with_message(resent_as="00000000-0000-0000-0000-000000000001"), "nombra filas que no están"),
        (with_message(id=rows[0]["id"]), "está repetido"),
        (with_message(content="a\x00b"), "no entra en la base"),
        (with_message(role="dueña"), "no entra en la base"),
        (base | {"tables/chat_messages.jsonl": b"[" * 100_000}, "no se entiende"),
        (base | {"tables/chat_messages.jsonl": messages.splitlines()[0]}, "no está completo"),
        ({name: content for name, content in base.items() if name != "summary.json"}, "no se entiende"),
    ]


async def test_every_table_and_column_of_a_tenant_is_taken_or_left_out_by_name(pool: Pool) -> None:
    rows = await pool.fetch(
        """select c.relname as name, array_agg(a.attname::text) as columns
           from pg_class c join pg_attribute a on a.attrelid = c.oid
           where c.relnamespace = 'public'::regnamespace and c.relkind = 'r' and a.attnum > 0 and not a.attisdropped
             and (c.relname = 'tenants' or exists (select 1 from pg_attribute t
                                                   where t.attrelid = c.oid and t.attname = 'tenant_id'))
           group by 1"""
    )
    there = {row["name"]: set(row["columns"]) - {"tenant_id"} for row in rows}
    assert {table.name for table in TABLES} | LEFT_OUT == set(there)
    for table in TABLES:
        assert set(table.columns) | set(table.without) == there[table.name], table.name
