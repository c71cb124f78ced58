"""Tenants, their credentials and their handoff settings over the API."""

from collections.abc import Awaitable, Callable
from dataclasses import replace

import asyncpg
import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from nexus.embedded.postgres import EmbeddedPostgres
from nexus.gateways.ycloud.account import YCloudAccount
from nexus.orchestrator_service.admin.router import AdminDeps
from nexus.store.credentials import load_credentials
from nexus.store.effects import load_handoff_config
from tests.integration.admin.conftest import OPEN, TOKEN, Shop, client_of, edge
from tests.integration.platform_ui.conftest import serving

MakeShop = Callable[..., Awaitable[Shop]]


async def test_a_new_shop_has_an_id_the_defaults_and_what_was_given(machine: httpx.AsyncClient) -> None:
    body = {
        "store_name": "  Danza Sur ",
        "bot_phone_number": "+54 9 11 4000-0001",
        "store_website": "https://danza.example",
    }
    answer = await machine.post("/admin/tenants", json=body)
    assert answer.status_code == 201
    shop = answer.json()
    assert shop["store_name"] == "Danza Sur"
    assert shop["bot_phone_number"] == "+5491140000001"
    assert shop["store_website"] == "https://danza.example"
    assert shop["time_zone"] == "America/Argentina/Buenos_Aires"
    assert (shop["lockout_hours"], shop["bot_enabled"], shop["inbox_replies_pause"]) == (24, True, True)
    assert shop["ignore_app_greeting"] is True
    assert (await machine.get(f"/admin/tenants/{shop['id']}")).json() == shop
    assert shop in (await machine.get("/admin/tenants")).json()["items"]


async def test_two_shops_cannot_share_a_number(machine: httpx.AsyncClient, make_shop: MakeShop) -> None:
    first, second = await make_shop(), await make_shop()
    made = await machine.post("/admin/tenants", json={"store_name": "Otra", "bot_phone_number": first.number})
    moved = await machine.put(f"/admin/tenants/{second.id}", json={"bot_phone_number": first.number})
    assert made.status_code == moved.status_code == 409
    assert made.json()["error"]["code"] == moved.json()["error"]["code"] == "duplicate_number"


async def test_a_change_leaves_what_it_does_not_name(machine: httpx.AsyncClient, shop: Shop) -> None:
    address = f"/admin/tenants/{shop.id}"
    changed = {
        "bot_enabled": False,
        "lockout_hours": 0.5,
        "time_zone": "America/Montevideo",
        "inbox_replies_pause": False,
        "ignore_app_greeting": False,
        "store_catalog_knowledge": "Puntas y medias puntas ¡a mano! 🩰",
    }
    answer = await machine.put(address, json=changed)
    assert answer.status_code == 200
    assert answer.json().items() >= changed.items()
    assert answer.json()["store_name"] == "Danza Sur"
    emptied = await machine.put(address, json={"store_catalog_knowledge": None})
    assert emptied.json()["store_catalog_knowledge"] is None
    assert emptied.json()["bot_enabled"] is False


@pytest.mark.parametrize(
    "body",
    [
        {"store_name": ""},
        {"store_name": None},
        {"store_name": "dos\nlíneas"},
        {"bot_phone_number": "123"},
        {"bot_phone_number": "+0000000000"},
        {"time_zone": "Marte/Olympus"},
        {"time_zone": "../../etc/passwd"},
        {"time_zone": None},
        {"lockout_hours": 0},
        {"lockout_hours": -1},
        {"lockout_hours": 1e9},
        {"lockout_hours": "mucho"},
        {"bot_enabled": "quizás"},
        {"store_description": "x" * 20_001},
        {"store_description": 7},
        ["no", "un", "objeto"],
        "texto",
    ],
)
async def test_a_value_that_makes_no_sense_is_422_and_changes_nothing(
    machine: httpx.AsyncClient, shop: Shop, body: object
) -> None:
    address = f"/admin/tenants/{shop.id}"
    before = (await machine.get(address)).json()
    answer = await machine.put(address, json=body)
    assert answer.status_code == 422
    assert answer.json()["error"]["code"] == "invalid"
    assert (await machine.get(address)).json() == before


async def test_a_shop_needs_a_name_and_a_number(machine: httpx.AsyncClient) -> None:
    for body in ({}, {"store_name": "Sola"}, {"bot_phone_number": "+5491140000002"}):
        assert (await machine.post("/admin/tenants", json=body)).status_code == 422


@pytest.mark.parametrize("ident", ["abc", "1.0", "1e3", "%00", "99999999999999999999999"])
async def test_an_id_that_is_no_id_is_refused(machine: httpx.AsyncClient, ident: str) -> None:
    answer = await machine.get(f"/admin/tenants/{ident}")
    assert answer.status_code == 422
    assert (await machine.get("/admin/tenants/99999999999")).status_code == 404


async def test_secrets_are_written_masked_and_never_returned(
    machine: httpx.AsyncClient, shop: Shop, deps: AdminDeps, postgres: EmbeddedPostgres
) -> None:
    address = f"/admin/tenants/{shop.id}/credentials"
    secrets = {
        "tiendanube": {"store_id": "7654321", "access_token": "token-de-tienda-4f2a", "client_secret": "cliente-9b1c"},
        "ycloud": {
            "api_key": "clave-de-ycloud-77aa",
            "webhook_secret": "whsec-bb88cc99",
            "webhook_endpoint_id": "ep_1",
        },
        "llm": {"api_key": "sk-modelo-55dd", "base_url": "https://modelo.example/v1/", "model": "modelo-1"},
    }
    for kind, values in secrets.items():
        answer = await machine.put(f"{address}/{kind}", json=values)
        assert answer.status_code == 200, answer.text
        _assert_hidden(answer.text, secrets)
    shown = await machine.get(address)
    _assert_hidden(shown.text, secrets)
    _assert_hidden((await machine.get(f"/admin/tenants/{shop.id}")).text, secrets)
    assert shown.json()["tiendanube"]["store_id"] == {
        "set": True, "value": "7654321", "updated_at": shown.json()["tiendanube"]["store_id"]["updated_at"],
        "updated_by": "Una integración",
    }  # fmt: skip
    assert shown.json()["tiendanube"]["access_token"]["value"] == "•••• 4f2a"
    assert shown.json()["llm"]["base_url"]["value"] == "https://modelo.example/v1"
    stored = await load_credentials(shop.id, deps.pool, deps.vault, "ycloud")
    assert stored == secrets["ycloud"]
    owner = await asyncpg.connect(postgres.owner_dsn)
    raw = str(await owner.fetch("select * from tenant_credentials where tenant_id = $1", shop.id))
    await owner.close()
    _assert_hidden(raw, secrets)


def _assert_hidden(text: str, secrets: dict[str, dict[str, str]]) -> None:
    for kind, name in (
        ("tiendanube", "access_token"), ("tiendanube", "client_secret"), ("ycloud", "api_key"),
        ("ycloud", "webhook_secret"), ("llm", "api_key"),
    ):  # fmt: skip
        assert secrets[kind][name] not in text


async def test_a_credential_left_out_stays_and_an_empty_one_is_forgotten(
    machine: httpx.AsyncClient, shop: Shop
) -> None:
    address = f"/admin/tenants/{shop.id}/credentials/ycloud"
    await machine.put(address, json={"api_key": "clave-de-ycloud-77aa", "webhook_secret": "whsec-bb88cc99"})
    answer = await machine.put(address, json={"webhook_secret": ""})
    assert answer.json()["api_key"]["set"] is True
    assert answer.json()["webhook_secret"] == {
        "set": False, "value": None, "updated_at": answer.json()["webhook_secret"]["updated_at"],
        "updated_by": "Una integración",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("ycloud", {"api_key": "•••• 77aa"}),
        ("ycloud", {"api_key": "con espacios adentro"}),
        ("ycloud", {"api_key": "salto\r\nX-Otro: 1"}),
        ("ycloud", {"apikey": "mal escrito"}),
        ("tiendanube", {"store_id": "../../orders"}),
        ("llm", {"base_url": "http://modelo.example/v1"}),
        ("llm", {"base_url": "file:///etc/passwd"}),
        ("llm", {"base_url": "https://[mal"}),
        ("llm", {"base_url": "https://yo:clave@modelo.example"}),
    ],
)
async def test_a_credential_that_cannot_work_is_refused(
    machine: httpx.AsyncClient, shop: Shop, kind: str, body: dict[str, str]
) -> None:
    answer = await machine.put(f"/admin/tenants/{shop.id}/credentials/{kind}", json=body)
    assert answer.status_code == 422


@pytest.mark.parametrize("kind", ["tiendanube", "ycloud"])
async def test_testing_what_is_not_set_says_what_is_missing(machine: httpx.AsyncClient, shop: Shop, kind: str) -> None:
    answer = await machine.post(f"/admin/tenants/{shop.id}/credentials/{kind}/test")
    assert answer.status_code == 200
    assert answer.json()["ok"] is False
    assert answer.json()["message"].startswith("Falta")
    assert (await machine.post(f"/admin/tenants/{shop.id}/credentials/otra/test")).status_code == 422


async def test_a_ycloud_key_is_tried_on_ycloud(shop: Shop, deps: AdminDeps) -> None:
    async def endpoints(request: Request) -> JSONResponse:
        if request.headers.get("x-api-key") != "clave-buena":
            return JSONResponse({"error": {"status": 401, "code": "UNAUTHORIZED", "message": "no"}}, status_code=401)
        return JSONResponse({"items": []})

    async with serving(Starlette(routes=[Route("/v2/webhookEndpoints", endpoints)])) as port:
        settings = deps.settings.model_copy(update={"ycloud_base_url": f"http://127.0.0.1:{port}/v2"})
        account = YCloudAccount(settings)
        own = replace(deps, settings=settings, account=account)
        async with client_of(edge(own), {"X-Admin-Token": TOKEN}) as machine:
            address = f"/admin/tenants/{shop.id}/credentials/ycloud"
            told = []
            for key in ("clave-buena", "clave-mala"):
                await machine.put(address, json={"api_key": key})
                told.append((await machine.post(f"{address}/test")).json())
        await account.close()
    assert told == [
        {"ok": True, "message": "Leí los webhooks de tu cuenta de YCloud: la clave funciona."},
        {"ok": False, "message": "YCloud rechaza la clave."},
    ]


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "169.254.169.254", "10.0.0.1", "[::ffff:10.0.0.1]"])
async def test_a_live_test_never_reaches_into_our_own_network(
    machine: httpx.AsyncClient, shop: Shop, host: str
) -> None:
    address = f"/admin/tenants/{shop.id}"
    await machine.put(f"{address}/credentials/llm", json={"api_key": "k", "base_url": f"https://{host}:9/v1"})
    mail = {"destination_email": "a@b.example", "smtp_host": host.strip("[]"), "smtp_port": 9}
    assert (await machine.put(f"{address}/handoff", json=mail)).status_code == 200
    for path in ("credentials/llm/test", "handoff/test"):
        answer = await machine.post(f"{address}/{path}")
        assert answer.status_code == 200
        assert answer.json() == {
            "ok": False, "message": "Esa dirección lleva a una red privada, y desde acá no se puede usar.",
        }  # fmt: skip


async def test_the_mail_password_is_written_and_never_returned(
    machine: httpx.AsyncClient, shop: Shop, deps: AdminDeps
) -> None:
    address = f"/admin/tenants/{shop.id}/handoff"
    before = (await machine.get(address)).json()
    assert before["enabled"] is True
    assert before["smtp_password_set"] is False
    given = {
        "destination_email": "duena@danza.example", "smtp_host": "smtp.danza.example", "smtp_port": 465,
        "smtp_security": "SSL", "smtp_username": "bot@danza.example", "smtp_password": "clave del correo",
        "handoff_message": "Ya te atiende Caro.",
    }  # fmt: skip
    answer = await machine.put(address, json=given)
    assert answer.status_code == 200
    assert "clave del correo" not in answer.text + (await machine.get(address)).text
    assert answer.json()["smtp_password_set"] is True
    assert (await load_handoff_config(shop.id, deps.pool, deps.vault))["smtp_password"] == "clave del correo"
    off = await machine.put(address, json={"enabled": False, "smtp_password": ""})
    assert off.json() == {**answer.json(), "enabled": False, "smtp_password_set": False}


@pytest.mark.parametrize(
    "body",
    [
        {"destination_email": "no es correo"},
        {"destination_email": "a@b.example\nBcc: c@d.example"},
        {"smtp_port": 0},
        {"smtp_port": 70_000},
        {"smtp_security": "TLS"},
        {"smtp_security": None},
        {"smtp_host": "mal host"},
        {"smtp_pasword": "mal escrito"},
        {"enabled": None},
    ],
)
async def test_a_mail_setting_that_cannot_work_is_refused(
    machine: httpx.AsyncClient, shop: Shop, body: dict[str, object]
) -> None:
    answer = await machine.put(f"/admin/tenants/{shop.id}/handoff", json=body)
    assert answer.status_code == 422


async def test_a_removed_shop_takes_everything_with_it(
    machine: httpx.AsyncClient, shop: Shop, customer_writes: Callable[..., Awaitable[object]]
) -> None:
    await customer_writes(shop, "Hola")
    await machine.put(f"/admin/tenants/{shop.id}/credentials/llm", json={"api_key": "k"})
    assert (await machine.delete(f"/admin/tenants/{shop.id}")).status_code == 204
    assert (await machine.get("/admin/chats", headers=shop.headers)).status_code == 404
    again = await machine.post("/admin/tenants", json={"store_name": "Nueva", "bot_phone_number": shop.number})
    assert again.status_code == 201
    fresh = {"X-Tenant-ID": str(again.json()["id"])}
    chats = (await machine.get("/admin/chats", headers=fresh)).json()
    assert chats == {"items": [], "next": None, "counts": {"all": 0, "unread": 0, "human": 0, "bot": 0}}


async def test_every_route_describes_its_answers_and_its_errors(browser: httpx.AsyncClient) -> None:
    document = (await browser.get("/openapi.json")).json()
    for path, operations in document["paths"].items():
        if not path.startswith("/admin"):
            continue
        for method, operation in operations.items():
            answers = operation["responses"]
            assert "401" in answers or path == "/admin/password/forgot", f"{method} {path}"
            assert {"400", "413"} <= set(answers) or method not in ("post", "put"), f"{method} {path}"
            assert path in OPEN or operation["security"] == [{"session": []}, {"admin_token": []}]
            numbers = [p for p in operation.get("parameters", []) if p["name"] in ("tenant_id", "X-Tenant-ID")]
            assert all("integer" in str(p["schema"]) for p in numbers), f"{method} {path}"
            good = next(answers[status] for status in ("200", "201", "202", "204") if status in answers)
            assert "content" in good or "204" in answers, f"{method} {path}"
            for status, described in answers.items():
                if status.startswith(("4", "5")):
                    schema = described["content"]["application/json"]["schema"]
                    told = schema["$ref"].rsplit("/", 1)[1]
                    assert told == "ErrorBody" or (told, status) == ("ConflictBody", "409"), f"{method} {path} {status}"


async def test_hours_and_vocabulary_are_kept_in_the_order_of_the_week(machine: httpx.AsyncClient, shop: Shop) -> None:
    path = f"/admin/tenants/{shop.id}"
    fresh = (await machine.get(path)).json()
    assert (fresh["voice_vocabulary"], fresh["business_hours"]) == (None, [])
    hours = [
        {"day": 5, "from": "10:00", "to": "24:00"},
        {"day": 0, "from": "14:00", "to": "18:30"},
        {"day": 0, "from": "09:00", "to": "14:00"},
    ]
    changed = await machine.put(path, json={"business_hours": hours, "voice_vocabulary": "Grishko, 2007\nsansha"})
    assert changed.status_code == 200, changed.text
    assert changed.json()["business_hours"] == [hours[2], hours[1], hours[0]]
    assert changed.json()["voice_vocabulary"] == "Grishko, 2007\nsansha"
    assert (await machine.put(path, json={"store_name": "Otra"})).json()["business_hours"] == [
        hours[2],
        hours[1],
        hours[0],
    ]
    assert (await machine.put(path, json={"business_hours": None})).json()["business_hours"] == []


@pytest.mark.parametrize(
    "hours",
    [
        [{"day": 7, "from": "09:00", "to": "18:00"}],
        [{"day": 0, "from": "9:00", "to": "18:00"}],
        [{"day": 0, "from": "18:00", "to": "09:00"}],
        [{"day": 0, "from": "09:00", "to": "24:01"}],
        [{"day": 0, "from": "24:00", "to": "24:00"}],
        [{"day": 0, "from": "09:00"}],
        [{"day": 0, "from": "09:00", "to": "18:00", "closed": True}],
        [{"day": 0, "from": "09:00", "to": "18:00"}, {"day": 0, "from": "17:00", "to": "20:00"}],
        [{"day": 0, "from": "09:00", "to": "09:01"}] * 29,
        {"day": 0},
        "siempre",
    ],
)
async def test_hours_that_are_none_are_refused(machine: httpx.AsyncClient, shop: Shop, hours: object) -> None:
    answer = await machine.put(f"/admin/tenants/{shop.id}", json={"business_hours": hours})
    assert answer.status_code == 422, answer.text
