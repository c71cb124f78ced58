"""Who is found, what is left for the clock, and what the panel's list sees of an erasure."""

import io
import json
import zipfile
from collections.abc import Awaitable, Callable
from datetime import timedelta
from uuid import UUID

import httpx
import pytest

from nexus.orchestrator_service.admin.deps import AdminDeps
from nexus.orchestrator_service.privacy.erasing import PrivacyRoom, finish_erasures
from nexus.store.database import tenant_transaction
from nexus.store.erasure import files_removed, files_to_remove
from nexus.store.media import StoredFile, file_stored, load_task
from tests.integration.admin.conftest import CUSTOMER, Channel, Shop

IMAGE = {"link": "https://files.example/x.jpg", "mime_type": "image/jpeg", "id": "m1"}
EARLIER = "+5493415550001"


async def _erase(machine: httpx.AsyncClient, shop: Shop, **who: str) -> httpx.Response:
    return await machine.post("/admin/privacy/erase", json=who, headers=shop.headers)


async def test_files_that_a_killed_process_left_or_a_late_download_wrote_are_removed_by_the_clock(
    deps: AdminDeps, machine: httpx.AsyncClient, shop: Shop, channel: Channel
) -> None:
    await channel.inbound("image", IMAGE)
    async with tenant_transaction(shop.id, deps.pool) as conn:
        message: UUID = await conn.fetchval("select id from chat_messages where tenant_id = $1", shop.id)
    task = await load_task(shop.id, deps.pool, message)
    assert task is not None

    erased = await _erase(machine, shop, phone=CUSTOMER, last_four=CUSTOMER[-4:])
    assert erased.json()["counts"]["files"] == 1

    path = deps.folder.path_of(shop.id, message)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"late")
    late = StoredFile(deps.folder.url_of(shop.id, message), "image/jpeg", 4, "00", None)
    assert not await file_stored(shop.id, deps.pool, task, late)
    await finish_erasures(PrivacyRoom(deps.pool, deps.cache, deps.vault, deps.folder))
    assert not path.exists()
    assert await files_to_remove(shop.id, deps.pool) == [message]  # still looked for, for an hour
    await files_removed(shop.id, deps.pool, timedelta(0))
    assert await files_to_remove(shop.id, deps.pool) == []


async def test_a_person_is_found_by_any_of_her_numbers_in_any_way_of_writing_and_the_list_sees_her_go(
    deps: AdminDeps,
    machine: httpx.AsyncClient,
    shop: Shop,
    customer_writes: Callable[..., Awaitable[UUID]],
    make_shop: Callable[..., Awaitable[Shop]],
) -> None:
    chat = await customer_writes(shop, "Hola", name="Lucía")
    neighbour = await make_shop("Patín Norte")
    await customer_writes(neighbour, "Hola")
    async with tenant_transaction(shop.id, deps.pool) as conn:
        await conn.execute(
            "insert into customer_aliases (tenant_id, external_user_id, conversation_id) values ($1, $2, $3)",
            shop.id,
            "543415550001",
            chat,
        )
    listed = await machine.get("/admin/chats", headers=shop.headers)
    etag = {"If-None-Match": listed.headers["ETag"]}
    assert (await machine.get("/admin/chats", headers=shop.headers | etag)).status_code == 304

    for written in (CUSTOMER, "5491155550123", "+54 11 5555-0123", "011 15 5555 0123", EARLIER, "0341 15 555-0001"):
        found = await machine.get("/admin/privacy/person", params={"phone": written}, headers=shop.headers)
        assert found.status_code == 200, written
        assert (found.json()["names"], found.json()["messages"]) == (["Lucía"], 1)
    for written, status in (("11 5555 9999", 404), ("5555", 422)):
        answer = await machine.get("/admin/privacy/export", params={"phone": written}, headers=shop.headers)
        assert answer.status_code == status
    assert (await _erase(machine, shop, phone=EARLIER, last_four="0001")).json()["counts"]["chats"] == 1

    gone = await machine.get("/admin/chats", headers=shop.headers | etag)
    assert (gone.status_code, gone.json()["items"]) == (200, [])
    assert len((await machine.get("/admin/chats", headers=neighbour.headers)).json()["items"]) == 1
    requests = (await machine.get("/admin/privacy/requests", headers=shop.headers)).json()["items"]
    assert [(one["kind"], one["state"], one["about"]) for one in requests] == [("erase", "done", None)]


@pytest.mark.parametrize("role", ["owner", "manager"])
async def test_what_tienda_nube_asked_for_is_called_off_by_the_platform_alone(
    deps: AdminDeps,
    machine: httpx.AsyncClient,
    shop: Shop,
    sign_in: Callable[..., Awaitable[httpx.AsyncClient]],
    role: str,
) -> None:
    browser = await sign_in(shop, role=role)
    async with tenant_transaction(shop.id, deps.pool) as conn:
        request = await conn.fetchval(
            """insert into privacy_requests (tenant_id, kind, source, asked_by) values ($1, 'erase_shop', 'tiendanube',
               'Tienda Nube') returning id""",
            shop.id,
        )
    path = f"/admin/privacy/requests/{request}"
    assert (await browser.post(f"{path}/cancel")).status_code == 403
    assert (await browser.post(f"{path}/done")).status_code == 409
    assert (await machine.post(f"{path}/cancel", headers=shop.headers)).json()["state"] == "cancelled"


async def test_an_owner_takes_the_whole_shop_along_and_nothing_of_another(
    machine: httpx.AsyncClient,
    shop: Shop,
    customer_writes: Callable[..., Awaitable[UUID]],
    make_shop: Callable[..., Awaitable[Shop]],
) -> None:
    await customer_writes(shop, "¿Tenés ñandúes?")
    await customer_writes(await make_shop("Patín Norte"), "Palabras ajenas")
    answer = await machine.get("/admin/privacy/shop-export", headers=shop.headers)
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/zip")
    with zipfile.ZipFile(io.BytesIO(answer.content)) as packed:
        said = packed.read("tables/chat_messages.jsonl").decode()
        summary = json.loads(packed.read("summary.json"))
        manifest = json.loads(packed.read("manifest.json"))
    assert "¿Tenés ñandúes?" in said
    assert "ajenas" not in said
    assert summary["tables"]["chat_messages"] == len(said.splitlines())
    assert manifest["tenant_id"] == shop.id
    assert (await machine.get("/admin/logs", params={"event_type": "shop_exported"}, headers=shop.headers)).json()[
        "items"
    ]
