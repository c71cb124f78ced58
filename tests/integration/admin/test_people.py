"""Who works in a shop: invitations, roles, and who may change them."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import asyncpg
import httpx
import pytest

from nexus.embedded.postgres import EmbeddedPostgres
from nexus.orchestrator_service.admin.router import AdminDeps
from nexus.store.audit import list_changes
from nexus.store.database import Pool
from nexus.store.people import Change, LastOwnerError, change_person
from tests.integration.admin.conftest import ORIGIN, PASSWORD, Shop

MakePerson = Callable[..., Awaitable[str]]
SignIn = Callable[..., Awaitable[httpx.AsyncClient]]
MakeShop = Callable[..., Awaitable[Shop]]
LOW = ("agent", "read-only")


async def _by_email(who: httpx.AsyncClient, shop: Shop, email: str) -> dict[str, Any]:
    items = (await who.get("/admin/people", headers=shop.headers)).json()["items"]
    return dict(next(item for item in items if item["email"] == email))


async def test_an_invited_person_is_listed_and_becomes_a_member_once(machine: httpx.AsyncClient, shop: Shop) -> None:
    body = {"email": f" Lucia-{shop.id}@Danza.example ", "name": "Lucía", "role": "agent"}
    made = await machine.post("/admin/people", json=body, headers=shop.headers)
    assert made.status_code == 201, made.text
    email = f"lucia-{shop.id}@danza.example"
    assert made.json() | {"user_id": 0} == {
        "user_id": 0,
        "email": email,
        "name": "Lucía",
        "role": "agent",
        "last_seen_at": None,
        "invited": True,
    }
    assert await _by_email(machine, shop, email) == made.json()
    again = await machine.post("/admin/people", json=body, headers=shop.headers)
    assert (again.status_code, again.json()["error"]["code"]) == (409, "already_member")
    login = await machine.post("/admin/login", json={"email": email, "password": ""})
    assert login.status_code == 401


async def test_somebody_of_another_shop_shows_neither_name_nor_visit_until_she_came_in(
    machine: httpx.AsyncClient, browser: httpx.AsyncClient, make_shop: MakeShop, make_person: MakePerson
) -> None:
    hers, ours = await make_shop(), await make_shop("Patín Norte")
    email = await make_person(hers, role="agent")
    browser.headers["Origin"] = ORIGIN
    await browser.post("/admin/login", json={"email": email, "password": PASSWORD})
    assert (await browser.put("/admin/me", json={"name": "Caro Díaz"})).json()["user"]["name"] == "Caro Díaz"
    added = await machine.post("/admin/people", json={"email": email, "role": "manager"}, headers=ours.headers)
    assert (added.json()["name"], added.json()["last_seen_at"], added.json()["invited"]) == (None, None, False)
    renamed = await machine.put(f"/admin/people/{added.json()['user_id']}", json={"name": "X"}, headers=ours.headers)
    assert (renamed.status_code, renamed.json()["error"]["code"]) == (409, "name_is_theirs")
    assert [m["role"] for m in (await browser.get("/admin/me")).json()["tenants"]] == ["agent", "manager"]


async def test_roles_count_from_the_next_request_on(
    machine: httpx.AsyncClient, sign_in: SignIn, shop: Shop, make_person: MakePerson
) -> None:
    person = await sign_in(shop, role="agent")
    me = (await person.get("/admin/me")).json()["user"]
    assert (await person.get(f"/admin/tenants/{shop.id}")).status_code == 403
    raised = await machine.put(f"/admin/people/{me['id']}", json={"role": "manager"}, headers=shop.headers)
    assert (raised.status_code, raised.json()["role"]) == (200, "manager")
    assert (await person.get(f"/admin/tenants/{shop.id}")).status_code == 200
    assert (await machine.delete(f"/admin/people/{me['id']}", headers=shop.headers)).status_code == 204
    assert (await person.get("/admin/chats", headers=shop.headers)).status_code == 404
    assert (await person.get("/admin/me")).json()["tenants"] == []


async def test_the_last_owner_stays(machine: httpx.AsyncClient, shop: Shop, make_person: MakePerson) -> None:
    first, second = [await _by_email(machine, shop, await make_person(shop)) for _ in range(2)]
    path = f"/admin/people/{second['user_id']}"
    assert (await machine.put(path, json={"role": "agent"}, headers=shop.headers)).status_code == 200
    last = f"/admin/people/{first['user_id']}"
    for answer in (
        await machine.put(last, json={"role": "manager"}, headers=shop.headers),
        await machine.delete(last, headers=shop.headers),
    ):
        assert (answer.status_code, answer.json()["error"]["code"]) == (409, "last_owner")
    assert (await machine.put(last, json={"name": "Ana"}, headers=shop.headers)).json()["name"] == "Ana"
    assert (await machine.put(last, json={"name": None}, headers=shop.headers)).json()["name"] is None


async def test_two_owners_who_leave_at_once_do_not_leave_the_shop_without_one(
    postgres: EmbeddedPostgres, deps: AdminDeps, machine: httpx.AsyncClient, shop: Shop, make_person: MakePerson
) -> None:
    first, second = [(await _by_email(machine, shop, await make_person(shop)))["user_id"] for _ in range(2)]
    held = await asyncpg.connect(postgres.superuser_dsn.rsplit("/", 1)[0] + "/nexus")
    async with held.transaction():  # as the other's transaction would hold it: decided, not yet committed
        await held.execute(
            "update tenant_members set role = 'agent' where tenant_id = $1 and user_id = $2", shop.id, second
        )
        pid = await held.fetchval("select pg_backend_pid()")
        leaving = asyncio.create_task(change_person(shop.id, deps.pool, first, Change(role="agent")))
        watcher = await asyncpg.connect(postgres.superuser_dsn)
        while not await watcher.fetchval(
            "select count(*) from pg_locks l where $1 = any(pg_blocking_pids(l.pid))", pid
        ):
            await asyncio.sleep(0.01)
        await watcher.close()
    with pytest.raises(LastOwnerError):
        await leaving
    await held.close()


@pytest.mark.parametrize("role", LOW)
async def test_a_manager_manages_those_below_managers(
    sign_in: SignIn, machine: httpx.AsyncClient, shop: Shop, make_person: MakePerson, role: str
) -> None:
    manager = await sign_in(shop, role="manager")
    invited = await manager.post("/admin/people", json={"email": f"{role}-{shop.id}@danza.example", "role": role})
    assert invited.status_code == 201, invited.text
    path = f"/admin/people/{invited.json()['user_id']}"
    assert (await manager.put(path, json={"role": "agent", "name": "Beto"})).status_code == 200
    assert (await manager.put(path, json={"role": "manager"})).status_code == 403
    assert (await manager.post(f"{path}/invite")).status_code == 202
    assert (await manager.delete(path)).status_code == 403
    boss = await _by_email(manager, shop, await make_person(shop))
    for answer in (
        await manager.post("/admin/people", json={"email": "otra@danza.example", "role": "owner"}),
        await manager.put(f"/admin/people/{boss['user_id']}", json={"role": "agent"}),
        await manager.put(f"/admin/people/{boss['user_id']}", json={"name": "Jefa"}),
        await manager.post(f"/admin/people/{boss['user_id']}/invite"),
    ):
        error = answer.json()["error"]
        assert (answer.status_code, error["code"], error["message"]) == (
            403,
            "forbidden",
            "Tu rol no alcanza para hacer esto.",
        )


@pytest.mark.parametrize("role", LOW)
async def test_who_only_works_in_chats_sees_people_and_changes_none(sign_in: SignIn, shop: Shop, role: str) -> None:
    person = await sign_in(shop, role=role)
    [me] = (await person.get("/admin/people")).json()["items"]
    assert me["role"] == role
    assert me["last_seen_at"] is not None
    path = f"/admin/people/{me['user_id']}"
    assert (await person.post("/admin/people", json={"email": "x@y.example", "role": "agent"})).status_code == 403
    assert (await person.put(path, json={"role": "owner"})).status_code == 403
    assert (await person.post(f"{path}/invite")).status_code == 403
    assert (await person.delete(path)).status_code == 403


async def test_people_of_another_shop_do_not_exist(
    sign_in: SignIn, machine: httpx.AsyncClient, make_shop: MakeShop, make_person: MakePerson
) -> None:
    mine, other = await make_shop(), await make_shop()
    foreign = (await _by_email(machine, other, await make_person(other, role="agent")))["user_id"]
    owner = await sign_in(mine)
    for user_id in (foreign, 0, -1, 2**31, 10**30):
        path = f"/admin/people/{user_id}"
        for answer in (
            await owner.put(path, json={"role": "agent"}),
            await owner.delete(path),
            await owner.post(f"{path}/invite"),
        ):
            assert (answer.status_code, answer.json()["error"]["code"]) == (404, "person_not_found")


async def test_invitations_are_not_sent_without_end(machine: httpx.AsyncClient, shop: Shop) -> None:
    body = {"email": f"mucha-{shop.id}@danza.example", "role": "agent"}
    user_id = (await machine.post("/admin/people", json=body, headers=shop.headers)).json()["user_id"]
    answers = [await machine.post(f"/admin/people/{user_id}/invite", headers=shop.headers) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [202, 202, 429]
    assert answers[-1].headers["retry-after"] == "1800"


@pytest.mark.parametrize(
    "body",
    [
        {"email": "no es", "role": "agent"},
        {"email": "a@b.example", "role": "king"},
        {"email": "a@b.example", "role": "agent", "name": ""},
        {"email": "a@b.example", "role": "agent", "is_platform_admin": True},
        {"role": "agent"},
    ],
)
async def test_a_person_of_the_wrong_shape_is_422(machine: httpx.AsyncClient, shop: Shop, body: dict[str, Any]) -> None:
    assert (await machine.post("/admin/people", json=body, headers=shop.headers)).status_code == 422


async def test_what_people_and_machines_do_is_told_to_owners_and_managers(
    sign_in: SignIn, machine: httpx.AsyncClient, shop: Shop, deps: AdminDeps
) -> None:
    owner = await sign_in(shop)
    email = (await owner.get("/admin/me")).json()["user"]["email"]
    knowledge = "Una regla. " * 200
    await machine.put(
        f"/admin/tenants/{shop.id}", json={"store_catalog_knowledge": knowledge + "Fin."}, headers=shop.headers
    )
    changed = await owner.put(
        f"/admin/tenants/{shop.id}",
        json={"store_catalog_knowledge": knowledge + "Otro fin."},
        headers={"X-Correlation-Id": "corr-audit"},
    )
    assert changed.status_code == 200
    await owner.put(f"/admin/tenants/{shop.id}/handoff", json={"smtp_password": "clave-smtp-secreta"})
    await owner.get(f"/admin/tenants/{shop.id}")
    page = (await owner.get("/admin/audit?limit=2")).json()
    handoff, tenant = page["items"]
    assert (handoff["action"], handoff["actor"]) == ("handoff.create", email)
    assert {"field": "smtp_password", "before": None, "after": "•••• cambió"} in handoff["changes"]
    assert (tenant["action"], tenant["correlation_id"], tenant["subject_id"]) == (
        "tenant.update",
        "corr-audit",
        str(shop.id),
    )
    [change] = tenant["changes"]
    assert change["before"].endswith("Fin.")
    assert change["after"].endswith("Otro fin.")
    assert len(change["before"]) < 310
    earlier = (await owner.get(f"/admin/audit?before={page['next']}")).json()["items"]
    assert {item["actor"] for item in earlier} == {"Una integración"}
    only = (await owner.get("/admin/audit", params={"actor": email, "subject": "tenant"})).json()["items"]
    assert [item["id"] for item in only] == [tenant["id"]]
    assert (await owner.get("/admin/audit?subject=secretos")).status_code == 422
    assert (await owner.get("/admin/audit?before=x")).status_code == 422
    for role, status in (("manager", 200), ("agent", 403), ("read-only", 403)):
        await deps.pool.execute("select add_member($1, id, $2) from account_by_email($3)", shop.id, role, email)
        assert (await owner.get("/admin/audit")).status_code == status


async def test_who_wrote_and_who_booked_is_told_without_what_was_written_and_for_which_phone(
    sign_in: SignIn, shop: Shop, customer_writes: Callable[..., Awaitable[Any]], pool: Pool
) -> None:
    chat = str(await customer_writes(shop, "Hola, quiero un turno"))
    person = await sign_in(shop, role="agent")
    email = (await person.get("/admin/me")).json()["user"]["email"]
    sent = await person.post(
        "/admin/messages/send",
        json={"conversation_id": chat, "text": "Te espero el martes", "client_ref": f"r-{shop.id}"},
    )
    assert sent.status_code == 202, sent.text
    booked = await person.post(
        "/admin/appointments",
        json={
            "start": "2031-03-04T10:00:00-03:00",
            "end": "2031-03-04T11:00:00-03:00",
            "customer_name": "Lucía Fernández",
            "customer_phone": "+5491155550199",
            "notes": "Viene con la hija",
        },
    )
    assert booked.status_code == 201, booked.text
    rows = [row for row in await list_changes(shop.id, pool) if row["actor"] == email]
    assert ("message.create", chat) in {(row["action"], row["subject_id"]) for row in rows}
    [appointment] = [row for row in rows if row["action"] == "appointment.create"]
    assert appointment["subject_id"] == booked.json()["id"]
    assert {"field": "customer_phone", "before": None, "after": "•••• cambió"} in appointment["changes"]
    for private in ("martes", "Lucía", "5550199", "hija", "quiero"):
        assert private not in str(rows)


async def test_whoever_leaves_leaves_her_chats_to_nobody(
    machine: httpx.AsyncClient, shop: Shop, make_person: MakePerson, customer_writes: Callable[..., Awaitable[Any]]
) -> None:
    chat = await customer_writes(shop, "Hola")
    person = await _by_email(machine, shop, await make_person(shop, role="agent"))
    path = f"/admin/conversations/{chat}/assignee"
    given = await machine.put(path, json={"user_id": person["user_id"]}, headers=shop.headers)
    assert given.json()["assigned_to"]["user_id"] == person["user_id"]
    gone = await machine.delete(f"/admin/people/{person['user_id']}", headers=shop.headers)
    assert gone.status_code == 204
    assert (await machine.get(f"/admin/chats/{chat}", headers=shop.headers)).json()["assigned_to"] is None
    told = (await machine.get("/admin/audit", headers=shop.headers)).json()["items"]
    assert {"conversation.update", "person.delete"} <= {item["action"] for item in told}
