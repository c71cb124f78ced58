"""Who gets in, how far, and what a stolen or foreign request gets."""

from collections.abc import Awaitable, Callable

import httpx
import pytest

from tests.integration.admin.conftest import ALLOWED, OPEN, ORIGIN, PASSWORD, Shop

MakeShop = Callable[..., Awaitable[Shop]]
SignIn = Callable[..., Awaitable[httpx.AsyncClient]]
MakePerson = Callable[..., Awaitable[str]]


@pytest.mark.parametrize(
    "headers", [{}, {"X-Admin-Token": "otro"}, {"X-Admin-Token": ""}, {"Cookie": "nexus_session=x"}]
)
@pytest.mark.parametrize("path", ["/admin/me", "/admin/tenants", "/admin/chats", "/admin/logs", "/admin/stats"])
async def test_without_a_good_credential_every_route_is_401(
    browser: httpx.AsyncClient, headers: dict[str, str], path: str
) -> None:
    answer = await browser.get(path, headers=headers)
    assert answer.status_code == 401
    assert answer.json()["error"]["code"] == "unauthorized"
    assert answer.json()["error"]["correlation_id"] == answer.headers["x-correlation-id"]


async def test_every_route_but_login_and_reset_asks_who_is_calling(browser: httpx.AsyncClient) -> None:
    described = (await browser.get("/openapi.json")).json()["paths"]
    values = {"tenant_id": "1", "kind": "llm"}
    unknown = "00000000-0000-4000-8000-000000000000"
    asked = 0
    for path, operations in described.items():
        for method in operations:
            if not path.startswith("/admin") or path in OPEN:
                continue
            address = "/".join(values.get(part[1:-1], unknown) if part[:1] == "{" else part for part in path.split("/"))
            answer = await browser.request(method, address, json={})
            assert answer.status_code == 401, f"{method} {path}: {answer.status_code}"
            asked += 1
    assert asked > 20


async def test_a_wrong_password_and_an_unknown_email_get_the_same_answer(
    browser: httpx.AsyncClient, make_person: MakePerson, shop: Shop
) -> None:
    email = await make_person(shop)
    wrong = await browser.post("/admin/login", json={"email": email, "password": "no es esta"})
    unknown = await browser.post("/admin/login", json={"email": f"nadie-{email}", "password": "no es esta"})
    assert wrong.status_code == unknown.status_code == 401
    assert wrong.json()["error"]["code"] == unknown.json()["error"]["code"] == "bad_credentials"
    assert wrong.json()["error"]["message"] == unknown.json()["error"]["message"]
    assert "set-cookie" not in wrong.headers
    assert "set-cookie" not in unknown.headers


async def test_guessing_is_slowed_down_alike_for_accounts_that_exist_and_that_do_not(
    browser: httpx.AsyncClient, make_person: MakePerson, shop: Shop
) -> None:
    known = await make_person(shop)
    seen = {}
    for email in (known, f"nadie-{known}"):
        tries = [await browser.post("/admin/login", json={"email": email, "password": "mal"}) for _ in range(10)]
        seen[email] = [answer.status_code for answer in tries]
        assert tries[-1].headers["retry-after"].isdigit()
    assert seen[known] == seen[f"nadie-{known}"]
    assert seen[known][0] == 401
    assert seen[known][-1] == 429


async def test_a_locked_account_refuses_even_the_right_password_in_the_same_words(
    browser: httpx.AsyncClient, make_person: MakePerson, shop: Shop
) -> None:
    email = await make_person(shop)
    for attempt in range(10):  # from ten places, so that the bucket of one place does not stop them first
        await browser.post(
            "/admin/login",
            json={"email": email, "password": "mal"},
            headers={"X-Forwarded-For": f"198.51.100.{attempt}"},
        )
    locked = await browser.post(
        "/admin/login", json={"email": email, "password": PASSWORD}, headers={"X-Forwarded-For": "198.51.100.99"}
    )
    assert locked.status_code == 401
    assert locked.json()["error"]["code"] == "bad_credentials"


@pytest.mark.parametrize(("scheme", "secure"), [("http", False), ("https", True)])
async def test_the_cookie_is_hidden_from_scripts_and_secure_over_https(
    browser: httpx.AsyncClient, make_person: MakePerson, shop: Shop, scheme: str, secure: bool
) -> None:
    answer = await browser.post(
        "/admin/login",
        json={"email": (await make_person(shop)).upper(), "password": PASSWORD},
        headers={"X-Forwarded-Proto": scheme},
    )
    flags = {part.strip().lower() for part in answer.headers["set-cookie"].split(";")[1:]}
    assert answer.headers["set-cookie"].startswith("nexus_session=")
    assert {"httponly", "samesite=lax", "path=/"} <= flags
    assert ("secure" in flags) is secure
    token = answer.headers["set-cookie"].split(";")[0].split("=", 1)[1]
    assert token not in answer.text


async def test_a_session_ends_at_logout_on_the_server_too(sign_in: SignIn, shop: Shop) -> None:
    person = await sign_in(shop)
    kept = person.cookies["nexus_session"]
    assert (await person.get("/admin/me")).json()["tenants"][0]["id"] == shop.id
    assert (await person.post("/admin/logout")).status_code == 204
    assert "nexus_session" not in person.cookies
    answer = await person.get("/admin/me", headers={"Cookie": f"nexus_session={kept}"})
    assert answer.status_code == 401


@pytest.mark.parametrize(
    "origin", ["https://evil.example", "null", "", "http://panel.example.evil.example", "http://[", "file://"]
)
async def test_a_write_with_a_cookie_from_a_foreign_page_is_refused(sign_in: SignIn, shop: Shop, origin: str) -> None:
    person = await sign_in(shop)
    answer = await person.put(f"/admin/tenants/{shop.id}", json={"store_name": "Robada"}, headers={"Origin": origin})
    assert answer.status_code == 403
    assert answer.json()["error"]["code"] == "foreign_origin"
    assert (await person.get(f"/admin/tenants/{shop.id}")).json()["store_name"] == "Danza Sur"


async def test_a_write_with_a_cookie_and_no_origin_at_all_is_refused(sign_in: SignIn, shop: Shop) -> None:
    person = await sign_in(shop)
    del person.headers["Origin"]
    assert (await person.post("/admin/logout")).status_code == 403


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": ORIGIN},
        {"Origin": ALLOWED},
        {"Origin": "https://tienda.example", "X-Forwarded-Host": "tienda.example", "X-Forwarded-Proto": "https"},
        {"Origin": "http://panel.example:80"},
    ],
)
async def test_a_write_from_our_own_page_or_an_allowed_one_passes(
    sign_in: SignIn, shop: Shop, headers: dict[str, str]
) -> None:
    person = await sign_in(shop)
    answer = await person.put(f"/admin/tenants/{shop.id}", json={"store_name": "Danza Norte"}, headers=headers)
    assert answer.status_code == 200
    assert answer.json()["store_name"] == "Danza Norte"


async def test_a_foreign_page_cannot_sign_a_browser_in_either(
    browser: httpx.AsyncClient, make_person: MakePerson, shop: Shop
) -> None:
    body = {"email": await make_person(shop), "password": PASSWORD}
    answer = await browser.post("/admin/login", json=body, headers={"Origin": "https://evil.example"})
    assert answer.status_code == 403
    assert "set-cookie" not in answer.headers


async def test_a_read_only_role_reads_and_writes_nothing(
    sign_in: SignIn, shop: Shop, customer_writes: Callable[..., Awaitable[object]]
) -> None:
    chat = await customer_writes(shop, "Hola")
    person = await sign_in(shop, role="read-only")
    assert (await person.get("/admin/chats")).json()["items"][0]["unread"] == 1
    assert (await person.get(f"/admin/chats/{chat}/messages?seen=1")).status_code == 200
    assert (await person.get("/admin/chats")).json()["items"][0]["unread"] == 1
    for path, body in (
        ("/admin/messages/send", {"conversation_id": str(chat), "text": "Hola", "client_ref": "r"}),
        (f"/admin/conversations/{chat}/human-override", {"enabled": True}),
        (f"/admin/conversations/{chat}/handoff", {"reason": "x"}),
        (f"/admin/bursts/{chat}/retry", None),
        (f"/admin/tenants/{shop.id}/handoff/test", None),
        (f"/admin/tenants/{shop.id}/credentials/llm/test", None),
    ):
        answer = await person.post(path, json=body)
        assert (path, answer.status_code) == (path, 403)
    assert (await person.put(f"/admin/tenants/{shop.id}", json={"bot_enabled": False})).status_code == 403
    assert (await person.put(f"/admin/tenants/{shop.id}/handoff", json={})).status_code == 403


async def test_an_agent_talks_to_customers_but_does_not_change_the_shop(sign_in: SignIn, shop: Shop) -> None:
    person = await sign_in(shop, role="agent")
    assert (await person.put(f"/admin/tenants/{shop.id}", json={"bot_enabled": False})).status_code == 403
    assert (await person.put(f"/admin/tenants/{shop.id}/credentials/llm", json={})).status_code == 403


async def test_only_the_platform_makes_and_removes_tenants(sign_in: SignIn, shop: Shop) -> None:
    owner = await sign_in(shop)
    made = await owner.post("/admin/tenants", json={"store_name": "Otra", "bot_phone_number": "+5491100009999"})
    assert made.status_code == 403
    assert (await owner.delete(f"/admin/tenants/{shop.id}")).status_code == 403
    admin = await sign_in(platform_admin=True)
    assert (await admin.delete(f"/admin/tenants/{shop.id}")).status_code == 204
    assert (await admin.get(f"/admin/tenants/{shop.id}")).status_code == 404


async def test_one_membership_makes_the_tenant_header_superfluous_and_two_do_not(
    sign_in: SignIn, make_shop: MakeShop
) -> None:
    first, second = await make_shop(), await make_shop("Zapatería")
    person = await sign_in(first)
    assert (await person.get("/admin/chats")).status_code == 200
    person = await sign_in(first, second)
    unclear = await person.get("/admin/chats")
    assert unclear.status_code == 400
    assert unclear.json()["error"]["code"] == "tenant_required"
    assert (await person.get("/admin/chats", headers=second.headers)).status_code == 200


async def test_a_foreign_tenant_does_not_exist(sign_in: SignIn, make_shop: MakeShop) -> None:
    mine, other = await make_shop(), await make_shop()
    person = await sign_in(mine)
    for path in ("", "/credentials", "/handoff"):
        foreign = await person.get(f"/admin/tenants/{other.id}{path}")
        missing = await person.get(f"/admin/tenants/2147483000{path}")
        assert foreign.status_code == missing.status_code == 404
        assert foreign.json()["error"]["code"] == missing.json()["error"]["code"]
    assert (await person.get("/admin/chats", headers=other.headers)).status_code == 404
    assert (await person.put(f"/admin/tenants/{other.id}", json={"store_name": "Robada"})).status_code == 404
    assert (await person.delete(f"/admin/tenants/{other.id}")).status_code == 404
    assert [tenant["id"] for tenant in (await person.get("/admin/tenants")).json()["items"]] == [mine.id]


@pytest.mark.parametrize(
    ("given", "status"),
    [(None, 400), ("", 422), ("uno", 422), ("1.5", 422), ("٣", 422), ("0", 404), ("-1", 404), ("99999999999", 404)],
)
async def test_a_machine_names_its_tenant_or_hears_why_not(
    machine: httpx.AsyncClient, given: str | None, status: int
) -> None:
    headers = [] if given is None else [(b"x-tenant-id", given.encode())]
    answer = await machine.get("/admin/chats", headers=headers)
    assert answer.status_code == status
    assert answer.json()["error"]["code"].startswith("tenant_")


async def test_errors_keep_their_cors_headers(browser: httpx.AsyncClient, machine: httpx.AsyncClient) -> None:
    for client, path, status in ((browser, "/admin/me", 401), (machine, "/admin/chats", 400)):
        answer = await client.get(path, headers={"Origin": ALLOWED})
        assert answer.status_code == status
        assert answer.headers["access-control-allow-origin"] == ALLOWED
        assert answer.headers["access-control-allow-credentials"] == "true"
    foreign = await browser.get("/admin/me", headers={"Origin": "https://evil.example"})
    assert "access-control-allow-origin" not in foreign.headers


@pytest.mark.parametrize(
    ("origin", "method", "header", "status"),
    [
        (ALLOWED, "PUT", "x-tenant-id", 200),
        ("https://evil.example", "PUT", "x-tenant-id", 400),
        (ALLOWED, "TRACE", "x-tenant-id", 400),
        (ALLOWED, "PUT", "x-odd", 400),
    ],
)
async def test_a_preflight_is_answered_and_refused_in_the_one_error_shape(
    browser: httpx.AsyncClient, origin: str, method: str, header: str, status: int
) -> None:
    asked = {"Origin": origin, "Access-Control-Request-Method": method, "Access-Control-Request-Headers": header}
    answer = await browser.options("/admin/chats", headers=asked)
    assert answer.status_code == status
    assert answer.headers.get("access-control-allow-origin") == (ALLOWED if origin == ALLOWED else None)
    if status != 200:
        error = answer.json()["error"]
        assert (error["code"], len(error["correlation_id"])) == ("cors_refused", 36)
