"""A forgotten password is made anew with a code of the mail, a known one is changed; nobody learns who has one."""

import asyncio
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID

import asyncpg
import httpx
import pytest

from nexus.embedded.postgres import EmbeddedPostgres
from nexus.orchestrator_service.account_mail import send_code
from nexus.orchestrator_service.admin.router import AdminDeps
from nexus.orchestrator_service.jobs import run_jobs
from nexus.store.database import Connection
from nexus.store.effects import save_handoff_config
from nexus.store.events import list_events
from nexus.store.passwords import Recipient, make_code
from tests.integration.admin.conftest import ORIGIN, PASSWORD, Shop

MakePerson = Callable[..., Awaitable[str]]
NEW = "otra contraseña larga"


@pytest.fixture
async def root(postgres: EmbeddedPostgres) -> Any:
    """A superuser's eye."""
    conn = await asyncpg.connect(postgres.superuser_dsn.rsplit("/", 1)[0] + "/nexus")
    yield conn
    await conn.close()


@pytest.fixture
async def mailing(shop: Shop, deps: AdminDeps, sandbox: httpx.AsyncClient, smtp_port: int) -> Shop:
    """A shop whose mail goes to the sandbox's mailbox."""
    await sandbox.delete("/sandbox/mail")
    config = {"destination_email": "d@t.example", "smtp_host": "127.0.0.1", "smtp_port": smtp_port}
    config["smtp_security"] = "NONE"
    await save_handoff_config(shop.id, deps.pool, deps.vault, config)
    return shop


async def _asked(root: Connection, email: str) -> list[UUID]:
    rows = await root.fetch(
        "select c.id from password_codes c join users u on u.id = c.user_id where u.email = $1 order by c.created_at",
        email,
    )
    return [row["id"] for row in rows]


async def _queued(root: Connection, code_id: UUID) -> Any:
    return await root.fetchval(
        "select convert_from(payload, 'utf8') from pgqueuer where dedupe_key like $1", f"%{code_id}"
    )


async def _code(deps: AdminDeps, root: Connection, email: str) -> str:
    """A code as if its mail had come, without a mail server."""
    row = await root.fetchrow("select id, name from users where email = $1", email)
    code_id = await root.fetchval("select ask_code($1, null, 'reset')", row["id"])
    return await make_code(deps.pool, deps.vault, code_id, Recipient(row["id"], email, None, "reset", True, []))


@asynccontextmanager
async def _working(postgres: EmbeddedPostgres, deps: AdminDeps) -> AsyncIterator[None]:
    """The worker of background jobs, as the Orchestrator runs it."""
    stop = asyncio.Event()
    worker = asyncio.create_task(run_jobs(postgres.app_dsn, deps.settings, deps.pool, deps.vault, deps.account, stop))
    yield
    stop.set()
    await asyncio.wait_for(worker, 15)


async def _mail_to(sandbox: httpx.AsyncClient, email: str) -> dict[str, Any]:
    async with asyncio.timeout(30):
        while True:
            for mail in (await sandbox.get("/sandbox/mail")).json()["mails"]:
                if email in str(mail["to"]):
                    return dict(mail)
            await asyncio.sleep(0.05)


async def _reset(browser: httpx.AsyncClient, email: str, code: str, password: str = NEW) -> httpx.Response:
    return await browser.post("/admin/password/reset", json={"email": email, "code": code, "password": password})


async def _logs_in(browser: httpx.AsyncClient, email: str, password: str) -> bool:
    return (await browser.post("/admin/login", json={"email": email, "password": password})).status_code == 200


async def test_a_code_of_the_mail_makes_a_new_password_and_ends_every_session(
    browser: httpx.AsyncClient,
    sandbox: httpx.AsyncClient,
    deps: AdminDeps,
    root: Connection,
    mailing: Shop,
    make_person: MakePerson,
    postgres: EmbeddedPostgres,
) -> None:
    email = await make_person(mailing)
    assert await _logs_in(browser, email, PASSWORD)
    asked = await browser.post("/admin/password/forgot", json={"email": f" {email.upper()} "})
    assert (asked.status_code, asked.json()) == (202, {})
    [code_id] = await _asked(root, email)
    queued = await _queued(root, code_id)
    assert str(code_id) in queued
    assert email not in queued
    async with _working(postgres, deps):
        mail = await _mail_to(sandbox, email)
    assert deps.settings.panel_url in mail["text"]
    assert "Ingresá el código" in mail["text"]
    code = re.search(r"\b[A-Z2-9]{5}-[A-Z2-9]{5}\b", mail["text"])
    assert code
    assert code[0] not in str(await root.fetchval("select json_agg(c)::text from password_codes c"))
    assert (await _reset(browser, email, code[0].lower().replace("-", " "))).status_code == 204
    assert (await browser.get("/admin/me")).status_code == 401
    assert not await _logs_in(browser, email, PASSWORD)
    assert await _logs_in(browser, email, NEW)
    assert (await _reset(browser, email, code[0])).json()["error"]["code"] == "bad_code"
    told = await root.fetch("select subject, changes::text from audit_log where actor = $1", email)
    assert "•••• cambió" in told[-1]["changes"]


async def test_an_invitation_names_the_shop_and_its_code_makes_the_first_password(
    browser: httpx.AsyncClient,
    machine: httpx.AsyncClient,
    sandbox: httpx.AsyncClient,
    deps: AdminDeps,
    root: Connection,
    mailing: Shop,
) -> None:
    email = f"nueva-{mailing.id}@danza.example"
    body = {"email": email, "name": "Nina", "role": "agent"}
    await machine.post("/admin/people", json=body, headers=mailing.headers)
    [code_id] = await _asked(root, email)
    assert await send_code(mailing.id, code_id, deps.pool, deps.vault, deps.settings, 0) is None
    [mail] = (await sandbox.get("/sandbox/mail")).json()["mails"]
    assert mail["subject"] == "Te sumaron al panel de Danza Sur"
    assert "Hola Nina" in mail["text"]
    code = re.search(r"\b[A-Z2-9]{5}-[A-Z2-9]{5}\b", mail["text"])
    assert code
    assert (await _reset(browser, email, code[0])).status_code == 204
    assert await _logs_in(browser, email, NEW)
    [person] = (await machine.get("/admin/people", headers=mailing.headers)).json()["items"]
    assert person["invited"] is False


async def test_all_that_may_be_wrong_is_one_answer(
    browser: httpx.AsyncClient, deps: AdminDeps, root: Connection, shop: Shop, make_person: MakePerson
) -> None:
    used, old, replaced, tried = [await make_person(shop) for _ in range(4)]
    codes = {email: await _code(deps, root, email) for email in (used, old, replaced, tried)}
    assert (await _reset(browser, used, codes[used])).status_code == 204
    await root.execute(
        "update password_codes set expires_at = now() - interval '1 s' where id = any($1)", await _asked(root, old)
    )
    await _code(deps, root, replaced)
    await root.execute("update password_codes set tries = 4 where id = any($1)", await _asked(root, tried))
    await _reset(browser, tried, "AAAAA-AAAAA")
    answers = [await _reset(browser, email, code) for email, code in codes.items()]
    answers += [await _reset(browser, "nadie@danza.example", codes[old]), await _reset(browser, replaced, "")]
    answers.append(await _reset(browser, old, codes[tried]))
    seen = {(a.status_code, a.json()["error"]["code"], a.json()["error"]["message"]) for a in answers}
    assert seen == {(401, "bad_code", "El código no coincide o ya venció; pedí otro.")}


async def test_a_code_lives_half_an_hour_and_an_invitation_three_days(
    deps: AdminDeps, root: Connection, shop: Shop, make_person: MakePerson
) -> None:
    email = await make_person(shop)
    await _code(deps, root, email)
    user = await root.fetchval("select id from users where email = $1", email)
    invitation = await root.fetchval("select ask_code($1, null, 'invitation')", user)
    lives = "select round(extract(epoch from expires_at - now()) / 60) from password_codes where id = $1"
    assert await root.fetchval(lives, (await _asked(root, email))[0]) == 30
    await make_code(deps.pool, deps.vault, invitation, Recipient(user, email, None, "invitation", False, []))
    assert await root.fetchval(lives, invitation) == 3 * 24 * 60


async def test_asking_tells_nothing_and_fills_nobodys_mailbox(
    browser: httpx.AsyncClient, root: Connection, shop: Shop, make_person: MakePerson
) -> None:
    email = await make_person(shop)
    before = await root.fetchval("select count(*) from pgqueuer where entrypoint = 'password_code'")
    answers = [await browser.post("/admin/password/forgot", json={"email": email}) for _ in range(5)]
    answers.append(await browser.post("/admin/password/forgot", json={"email": "nadie@danza.example"}))
    assert {(answer.status_code, answer.text) for answer in answers} == {(202, "{}")}
    assert len(await _asked(root, email)) == 3
    jobs = await root.fetchval("select count(*) from pgqueuer where entrypoint = 'password_code'")
    assert jobs - before == 6  # what is too much and what is nobody's costs the same; those jobs find nobody


@pytest.mark.parametrize("door", ["forgot", "reset"])
async def test_both_doors_are_throttled_for_unknown_accounts_too(
    browser: httpx.AsyncClient, shop: Shop, door: str
) -> None:
    body = {"email": f"nadie-{shop.id}@danza.example", "code": "x", "password": NEW}
    answers = [await browser.post(f"/admin/password/{door}", json=body) for _ in range(9)]
    assert [answer.status_code for answer in answers][-1] == 429
    assert int(answers[-1].headers["retry-after"]) > 0
    other = await browser.post(f"/admin/password/{door}", json=body | {"email": "otra@danza.example"})
    assert other.status_code != 429


async def test_a_foreign_page_cannot_ask(browser: httpx.AsyncClient) -> None:
    for door in ("forgot", "reset"):
        body = {"email": "a@b.example", "code": "x", "password": NEW}
        answer = await browser.post(f"/admin/password/{door}", json=body, headers={"Origin": "https://evil.example"})
        assert answer.status_code == 403


async def test_a_weak_password_is_refused_and_costs_no_code(
    browser: httpx.AsyncClient, deps: AdminDeps, root: Connection, shop: Shop, make_person: MakePerson
) -> None:
    email = await make_person(shop)
    code = await _code(deps, root, email)
    for weak in ("123456789", email.upper(), "x" * 1025):
        answer = await _reset(browser, email, code, weak)
        assert (answer.status_code, answer.json()["error"]["code"]) == (422, "password_weak")
    assert (await _reset(browser, email, code, "x" * 10)).status_code == 204


async def test_a_known_password_is_changed_and_the_other_sessions_end(
    browser: httpx.AsyncClient, machine: httpx.AsyncClient, shop: Shop, make_person: MakePerson
) -> None:
    email = await make_person(shop)
    assert await _logs_in(browser, email, PASSWORD)
    elsewhere = browser.cookies["nexus_session"]
    browser.cookies.clear()
    assert await _logs_in(browser, email, PASSWORD)
    browser.headers["Origin"] = ORIGIN
    path = "/admin/password/change"
    wrong = await browser.post(path, json={"current": "no es", "password": NEW})
    assert (wrong.status_code, wrong.json()["error"]["code"]) == (403, "wrong_password")
    weak = await browser.post(path, json={"current": PASSWORD, "password": "corta"})
    assert (weak.status_code, weak.json()["error"]["code"]) == (422, "password_weak")
    assert (await browser.post(path, json={"current": PASSWORD, "password": NEW})).status_code == 204
    assert (await browser.get("/admin/me")).status_code == 200
    other = await machine.get("/admin/me", headers={"Cookie": f"nexus_session={elsewhere}", "X-Admin-Token": ""})
    assert other.status_code == 401
    assert (await machine.post(path, json={"current": PASSWORD, "password": NEW})).status_code == 403
    browser.cookies.clear()
    assert (await browser.post(path, json={"current": PASSWORD, "password": NEW})).status_code == 401


async def test_without_a_mail_server_the_log_says_so_and_of_one_that_is_down_it_is_tried_again(
    machine: httpx.AsyncClient, deps: AdminDeps, root: Connection, shop: Shop
) -> None:
    email = f"sinmail-{shop.id}@danza.example"
    await machine.post("/admin/people", json={"email": email, "role": "agent"}, headers=shop.headers)
    [code_id] = await _asked(root, email)
    assert await send_code(shop.id, code_id, deps.pool, deps.vault, deps.settings, 0) is None
    down = {"destination_email": "d@t.example", "smtp_host": "127.0.0.1", "smtp_port": 1, "smtp_security": "NONE"}
    await save_handoff_config(shop.id, deps.pool, deps.vault, down)
    pauses = [await send_code(shop.id, code_id, deps.pool, deps.vault, deps.settings, tried) for tried in range(5)]
    assert [pause is not None for pause in pauses] == [True] * 4 + [False]
    events = [e for e in await list_events(shop.id, deps.pool) if e["event_type"] == "smtp_failed"]
    assert [event["metadata"]["error"][:20] for event in events] == ["No se pudo hablar co", "Falta configurar el "]
    assert email not in str(events)
