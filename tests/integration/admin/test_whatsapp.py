"""Templates and the state of the way to WhatsApp, against the simulated YCloud."""

import asyncio
import itertools
import socket
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

import httpx
import pytest

from nexus.embedded.postgres import EmbeddedPostgres
from nexus.gateways.ycloud.account import YCloudAccount
from nexus.orchestrator_service.admin.health_words import words_of
from nexus.orchestrator_service.admin.router import AdminDeps
from nexus.orchestrator_service.jobs import EVERY_TEN_MINUTES, NUMBER_HEALTH, run_jobs
from nexus.orchestrator_service.number_health import check_all_numbers
from nexus.runtime.settings import Settings
from nexus.store.credentials import set_credentials
from nexus.store.database import Pool
from nexus.store.secrets import Vault
from nexus.store.whatsapp_health import note_health
from tests.integration.admin.conftest import TOKEN, Shop, client_of, edge

MakeShop = Callable[..., Awaitable[Shop]]
SignIn = Callable[..., Awaitable[httpx.AsyncClient]]
KEY = "yc-key-of-these-tests"
_keys = itertools.count(1)


@pytest.fixture
async def connect(sandbox: httpx.AsyncClient, deps: AdminDeps) -> Callable[..., Awaitable[str]]:
    """Gives a shop an account at the simulated YCloud; its key."""

    async def connected(shop: Shop, **fields: Any) -> str:
        key = f"{KEY}-{next(_keys)}"
        number = {
            "phone": shop.number, "api_key": key, "webhook_secret": "whsec_x", "store_name": "Danza",
            "webhook_url": "http://127.0.0.1:9/webhook/ycloud",
        } | fields  # fmt: skip
        answer = await sandbox.post("/sandbox/numbers", json=number)
        assert answer.is_success, answer.text
        await set_credentials(shop.id, deps.pool, deps.vault, "ycloud", {"api_key": key})
        return key

    return connected


async def _health(machine: httpx.AsyncClient, shop: Shop) -> dict[str, Any]:
    answer = await machine.get("/admin/whatsapp/health", headers=shop.headers)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def _codes(machine: httpx.AsyncClient, shop: Shop) -> dict[str, tuple[str, str]]:
    return {item["subject"]: (item["level"], item["code"]) for item in (await _health(machine, shop))["items"]}


async def _events(machine: httpx.AsyncClient, shop: Shop) -> list[str]:
    logged = (await machine.get("/admin/logs?event_type=whatsapp_health", headers=shop.headers)).json()["items"]
    return [item["metadata"]["code"] for item in reversed(logged)]


async def _check(deps: AdminDeps) -> None:
    await check_all_numbers(deps.pool, deps.vault, deps.account)


async def test_templates_are_fetched_with_their_parts_and_replace_what_was_known(
    machine: httpx.AsyncClient, shop: Shop, connect: Callable[..., Awaitable[str]], sandbox: httpx.AsyncClient
) -> None:
    await connect(shop)
    assert (await machine.get("/admin/templates", headers=shop.headers)).json() == {"items": [], "synced_at": None}
    synced = await machine.post("/admin/templates/sync", headers=shop.headers)
    assert synced.status_code == 200, synced.text
    assert synced.json() == (await machine.get("/admin/templates", headers=shop.headers)).json()
    items = {item["name"]: item for item in synced.json()["items"]}
    assert synced.json()["synced_at"] is not None
    assert items["turno_recordatorio"] == {
        "name": "turno_recordatorio", "language": "es_AR", "category": "UTILITY", "status": "APPROVED",
        "body": items["turno_recordatorio"]["body"], "parameters": 2, "header": None,
        "footer": "Respondé con un toque", "buttons": ["Confirmo", "Necesito cambiarlo"], "can_send": True,
    }  # fmt: skip
    assert items["pedido_en_camino"]["header"] == "Tu pedido va en camino"
    assert (items["seguimiento"]["parameters"], items["seguimiento"]["can_send"]) == (0, True)
    assert {item["status"] for item in items.values() if not item["can_send"]} == {"PENDING", "REJECTED"}
    changed = {"number": shop.number, "name": "seguimiento", "status": "PAUSED"}
    assert (await sandbox.post("/sandbox/templates", json=changed)).is_success
    synced = await machine.post("/admin/templates/sync", headers=shop.headers)
    items = {item["name"]: item for item in synced.json()["items"]}
    assert (items["seguimiento"]["status"], items["seguimiento"]["can_send"]) == ("PAUSED", False)


async def test_more_templates_than_a_page_all_come(
    machine: httpx.AsyncClient, shop: Shop, connect: Callable[..., Awaitable[str]], sandbox: httpx.AsyncClient
) -> None:
    await connect(shop)
    for n in range(120):
        body = {"number": shop.number, "name": f"extra_{n:03d}", "status": "APPROVED"}
        await sandbox.post("/sandbox/templates", json=body)
    synced = await machine.post("/admin/templates/sync", headers=shop.headers)
    assert len(synced.json()["items"]) == 125


async def test_no_key_a_wrong_key_and_a_stranger_are_told_apart(
    machine: httpx.AsyncClient, make_shop: MakeShop, shop: Shop, sandbox: httpx.AsyncClient, deps: AdminDeps,
    sign_in: SignIn,
) -> None:  # fmt: skip
    sync = await machine.post("/admin/templates/sync", headers=shop.headers)
    assert (sync.status_code, sync.json()["error"]["code"]) == (409, "ycloud_not_connected")
    await set_credentials(shop.id, deps.pool, deps.vault, "ycloud", {"api_key": "wrong"})
    for _ in range(2):
        sync = await machine.post("/admin/templates/sync", headers=shop.headers)
        assert (sync.status_code, sync.json()["error"]["code"]) == (409, "ycloud_refused")
    assert await _codes(machine, shop) == {"credential": ("error", "unauthorized")}
    assert await _events(machine, shop) == ["unauthorized"]
    person = await sign_in(shop, role="read-only")
    assert (await person.get("/admin/templates")).status_code == 200
    assert (await person.post("/admin/templates/sync")).status_code == 403
    assert (await _health(machine, await make_shop())) == {"items": [], "worst": "ok"}


async def test_a_shop_whose_webhook_works_is_well(
    machine: httpx.AsyncClient, shop: Shop, connect: Callable[..., Awaitable[str]], deps: AdminDeps
) -> None:
    await connect(shop)
    await _check(deps)
    assert await _codes(machine, shop) == {
        "credential": ("ok", "key_works"),
        "endpoint": ("ok", "endpoint_active"),
        "number": ("ok", "number_connected"),
    }
    assert await _events(machine, shop) == []
    health = await _health(machine, shop)
    assert (health["worst"], {item["fix"] for item in health["items"]}) == ("ok", {None})
    await _check(deps)
    assert [item["since"] for item in (await _health(machine, shop))["items"]] == [
        item["since"] for item in health["items"]
    ]


@pytest.mark.parametrize("status", ["pending", "disabled"])
async def test_a_webhook_that_sleeps_is_woken_with_one_event(
    machine: httpx.AsyncClient,
    shop: Shop,
    connect: Callable[..., Awaitable[str]],
    deps: AdminDeps,
    status: str,
) -> None:
    await connect(shop, endpoint_status=status)
    await _check(deps)
    assert (await _codes(machine, shop))["endpoint"] == ("warn", "endpoint_reactivated")
    await _check(deps)
    assert (await _codes(machine, shop))["endpoint"] == ("ok", "endpoint_active")
    assert await _events(machine, shop) == ["endpoint_reactivated"]


async def test_a_webhook_of_another_installation_is_left_alone_and_ours_is_missed_once(
    machine: httpx.AsyncClient,
    shop: Shop,
    connect: Callable[..., Awaitable[str]],
    deps: AdminDeps,
    sandbox: httpx.AsyncClient,
) -> None:
    key = await connect(shop, webhook_url="http://127.0.0.1:9/other/door", endpoint_status="disabled")
    for _ in range(2):
        await _check(deps)
    health = await _health(machine, shop)
    assert health["worst"] == "error"
    assert (health["items"][0]["code"], health["items"][0]["title"]) == ("endpoint_missing", "Falta el aviso de YCloud")
    assert await _events(machine, shop) == ["endpoint_missing"]
    listed = await sandbox.get("/ycloud/v2/webhookEndpoints", headers={"X-API-Key": key})
    assert listed.json()["items"][0]["status"] == "disabled"
    await set_credentials(
        shop.id, deps.pool, deps.vault, "ycloud", {"webhook_endpoint_id": listed.json()["items"][0]["id"]}
    )
    await _check(deps)
    assert (await _codes(machine, shop))["endpoint"] == ("warn", "endpoint_reactivated")


async def test_a_webhook_that_leads_elsewhere_or_is_deaf_and_a_number_of_another_account_are_told(
    machine: httpx.AsyncClient, shop: Shop, connect: Callable[..., Awaitable[str]], deps: AdminDeps
) -> None:
    inbound = "whatsapp.inbound_message.received"
    for events, url, told in (
        (
            [inbound, "whatsapp.message.updated", "whatsapp.smb.message.echoes"],
            "http://127.0.0.1:9/",
            "endpoint_active",
        ),
        ([inbound], "", "endpoint_half_deaf"),
        (["whatsapp.message.updated"], "", "endpoint_deaf"),
        ([inbound], "https://bot.danza.example", "endpoint_elsewhere"),
    ):
        await connect(shop, events=events, quality="YELLOW")
        await check_all_numbers(deps.pool, deps.vault, deps.account, url)
        assert (await _codes(machine, shop))["endpoint"][1] == told
    rows = {item["key"]: item for item in (await machine.get("/admin/health", headers=shop.headers)).json()["items"]}
    assert rows["whatsapp:endpoint:webhook"]["fix"]
    assert (rows["whatsapp:number:quality"]["level"], rows["whatsapp:number:account"]["level"]) == ("warn", "ok")
    moved = {"store_name": "Danza Sur", "bot_phone_number": "+5491199990001"}
    assert (await machine.put(f"/admin/tenants/{shop.id}", json=moved)).is_success
    await _check(deps)
    rows = {item["key"]: item for item in (await machine.get("/admin/health", headers=shop.headers)).json()["items"]}
    assert rows["whatsapp:number:account"]["title"] == "El número no es de esta cuenta"


async def test_a_refused_key_is_one_event_and_a_working_one_ends_it_but_not_an_empty_balance(
    machine: httpx.AsyncClient, shop: Shop, connect: Callable[..., Awaitable[str]], deps: AdminDeps
) -> None:
    key = await connect(shop)
    await set_credentials(shop.id, deps.pool, deps.vault, "ycloud", {"api_key": "revoked"})
    for _ in range(3):
        await _check(deps)
    assert await _codes(machine, shop) == {"credential": ("error", "unauthorized")}
    assert await _events(machine, shop) == ["unauthorized"]
    await set_credentials(shop.id, deps.pool, deps.vault, "ycloud", {"api_key": key})
    tried = await machine.post(f"/admin/tenants/{shop.id}/credentials/ycloud/test")
    assert tried.json()["ok"] is True
    assert (await _codes(machine, shop))["credential"] == ("ok", "key_works")
    await note_health(shop.id, deps.pool, "credential", "ycloud", "error", "balance_insufficient")
    await _check(deps)
    assert (await _codes(machine, shop))["credential"] == ("error", "balance_insufficient")


async def test_a_key_that_does_not_open_costs_its_own_shop_only(
    machine: httpx.AsyncClient, make_shop: MakeShop, connect: Callable[..., Awaitable[str]], deps: AdminDeps
) -> None:
    broken, well = await make_shop(), await make_shop()
    for shop in (broken, well):
        await connect(shop)
    await set_credentials(broken.id, deps.pool, Vault("another-master-key"), "ycloud", {"api_key": "x"})
    await _check(deps)
    assert await _codes(machine, broken) == {}
    assert (await _codes(machine, well))["endpoint"] == ("ok", "endpoint_active")
    sync = await machine.post("/admin/templates/sync", headers=broken.headers)
    assert (sync.status_code, sync.json()["error"]["code"]) == (409, "credential_broken")


async def test_ycloud_away_says_nothing_about_the_shop(
    machine: httpx.AsyncClient, shop: Shop, connect: Callable[..., Awaitable[str]], deps: AdminDeps
) -> None:
    await connect(shop)
    with socket.create_server(("127.0.0.1", 0)) as unused:
        nobody = f"http://127.0.0.1:{unused.getsockname()[1]}/v2"
    account = YCloudAccount(Settings(ycloud_base_url=nobody))
    await check_all_numbers(deps.pool, deps.vault, account)
    async with client_of(edge(replace(deps, account=account)), {"X-Admin-Token": TOKEN}) as lonely:
        sync = await lonely.post("/admin/templates/sync", headers=shop.headers)
    assert (sync.status_code, sync.json()["error"]["code"]) == (503, "ycloud_unavailable")
    assert sync.headers["retry-after"] == "30"
    assert await _codes(machine, shop) == {}
    await account.close()


async def test_the_job_runs_by_the_clock_without_anybody_asking(
    machine: httpx.AsyncClient,
    shop: Shop,
    connect: Callable[..., Awaitable[str]],
    deps: AdminDeps,
    postgres: EmbeddedPostgres,
    pool: Pool,
) -> None:
    await connect(shop, endpoint_status="pending")
    due = "update pgqueuer_schedules set next_run = now() - interval '1 second' where entrypoint = $1"
    known = "select count(*) from pgqueuer_schedules where entrypoint = $1"
    for life in (1, 2):  # the first writes the schedule, the second finds it due
        stop = asyncio.Event()
        worker = asyncio.create_task(run_jobs(postgres.app_dsn, deps.settings, pool, deps.vault, deps.account, stop))
        async with asyncio.timeout(20):
            while await pool.fetchval(known, NUMBER_HEALTH) == 0:
                await asyncio.sleep(0.05)
            while life == 2 and (await _codes(machine, shop)).get("endpoint") is None:
                await asyncio.sleep(0.05)
        await pool.execute(due, NUMBER_HEALTH)
        stop.set()
        await asyncio.wait_for(worker, 15)
    assert (await _codes(machine, shop))["endpoint"][0] in ("warn", "ok")
    expression = await pool.fetchval("select expression from pgqueuer_schedules where entrypoint = $1", NUMBER_HEALTH)
    assert expression == EVERY_TEN_MINUTES


async def test_many_who_find_the_same_trouble_at_once_make_one_event(
    machine: httpx.AsyncClient, shop: Shop, pool: Pool
) -> None:
    changed = await asyncio.gather(
        *[note_health(shop.id, pool, "credential", "ycloud", "error", "unauthorized") for _ in range(20)]
    )
    assert changed.count(True) == 1
    assert await _events(machine, shop) == ["unauthorized"]
    assert await note_health(shop.id, pool, "credential", "ycloud", "ok", "key_works")
    assert await note_health(shop.id, pool, "credential", "ycloud", "error", "unauthorized")
    assert await _events(machine, shop) == ["unauthorized"] * 2


async def test_the_worst_comes_first_with_words_and_no_detail_of_the_provider(
    machine: httpx.AsyncClient, shop: Shop, pool: Pool
) -> None:
    for subject, key, level, code in (
        ("number", "quality", "warn", "quality_yellow"),
        ("template", "promo/es_AR", "error", "template_rejected"),
        ("account", "account", "ok", "account_verified_account"),
    ):
        await note_health(shop.id, pool, subject, key, level, code, {"reason": "interno-secreto"})
    answer = await machine.get("/admin/whatsapp/health", headers=shop.headers)
    assert "interno-secreto" not in answer.text
    assert answer.json()["worst"] == "error"
    first, second, last = answer.json()["items"]
    assert (first["title"], first["fix"]) == (
        "Plantilla «promo» rechazada", "Corregila en YCloud y mandala a revisar de nuevo.",
    )  # fmt: skip
    assert (second["code"], last["code"], last["fix"]) == ("quality_yellow", "account_verified_account", None)


def test_every_code_that_nobody_knows_still_has_words() -> None:
    for subject in ("number", "account", "template", "endpoint", "credential"):
        said = words_of(subject, "x/es_AR", "something_new", "error")
        assert said["title"]
        assert said["message"]
    assert words_of("credential", "ycloud", "account_suspended", "error")["title"] == (
        "YCloud suspendió o limitó la cuenta"
    )
