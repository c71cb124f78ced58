"""People of the panel: accounts, wrong passwords, sessions (contract.md 4)."""

from datetime import timedelta

import asyncpg
import pytest

from nexus.store.accounts import SESSION_LIFETIME, create_user, log_in, log_out, person_of_session
from nexus.store.database import Connection
from tests.integration.store.room import Room, new_id

PASSWORD = "una clave larga y buena"


@pytest.fixture
async def email(room: Room) -> str:
    """An owner of the shop."""
    address = new_id("caro") + "@tienda.test"
    await create_user(room.pool, address, PASSWORD, tenant_id=room.tenant_id, role="owner")
    return address


async def test_a_login_opens_a_session_that_says_who_and_where(room: Room, email: str) -> None:
    token = await log_in(room.pool, f" {email.upper()} ", PASSWORD)
    assert token is not None
    person = await person_of_session(room.pool, token)
    assert person is not None
    assert (person.email, person.is_platform_admin) == (email, False)
    assert person.memberships == [{"tenant_id": room.tenant_id, "role": "owner", "store_name": "Danza Sur"}]


async def test_two_logins_are_two_sessions_and_each_ends_alone(room: Room, email: str) -> None:
    tokens = [await log_in(room.pool, email, PASSWORD) for _ in range(2)]
    assert tokens[0]
    assert tokens[1]
    await log_out(room.pool, tokens[0])
    assert await person_of_session(room.pool, tokens[0]) is None
    assert await person_of_session(room.pool, tokens[1]) is not None


async def test_wrong_password_and_unknown_email_open_nothing(room: Room, email: str) -> None:
    assert await log_in(room.pool, email, PASSWORD + "x") is None
    assert await log_in(room.pool, email, "") is None
    assert await log_in(room.pool, "nadie@tienda.test", PASSWORD) is None
    assert await person_of_session(room.pool, "inventado") is None


async def test_ten_wrong_passwords_lock_the_account_for_a_quarter_of_an_hour(
    room: Room, email: str, root: Connection
) -> None:
    await root.execute("update users set failed_logins = 9 where email = $1", email)
    assert await log_in(room.pool, email, "mal") is None
    assert await log_in(room.pool, email, PASSWORD) is None
    locked = await root.fetchval("select locked_until - now() from users where email = $1", email)
    assert timedelta(minutes=14) < locked <= timedelta(minutes=15)
    await root.execute("update users set locked_until = now() - interval '1 s' where email = $1", email)
    assert await log_in(room.pool, email, PASSWORD) is not None
    assert await root.fetchval("select failed_logins from users where email = $1", email) == 0


async def test_a_new_password_unlocks_and_replaces_the_old_one(room: Room, email: str, root: Connection) -> None:
    await root.execute("update users set locked_until = now() + interval '1 h' where email = $1", email)
    await create_user(room.pool, email.upper(), "otra clave larga")
    assert await log_in(room.pool, email, PASSWORD) is None
    assert await log_in(room.pool, email, "otra clave larga") is not None


async def test_a_session_ends_with_its_time_and_with_its_account(room: Room, email: str, root: Connection) -> None:
    token = await log_in(room.pool, email, PASSWORD)
    assert token is not None
    lives = await root.fetchval(
        "select max(expires_at) - now() from sessions s join users u on u.id = s.user_id where u.email = $1", email
    )
    assert SESSION_LIFETIME - timedelta(minutes=1) < lives <= SESSION_LIFETIME
    await root.execute("update users set disabled_at = now() where email = $1", email)
    assert await person_of_session(room.pool, token) is None
    assert await log_in(room.pool, email, PASSWORD) is None
    await root.execute("update users set disabled_at = null where email = $1", email)
    assert await person_of_session(room.pool, token) is not None
    await root.execute("update sessions set expires_at = now() - interval '1 s'")
    assert await person_of_session(room.pool, token) is None


async def test_neither_password_nor_token_is_in_the_tables(room: Room, email: str, root: Connection) -> None:
    token = await log_in(room.pool, email, PASSWORD)
    assert token is not None
    rows = str(await root.fetchval("select json_agg(s)::text from sessions s"))
    rows += str(await root.fetchval("select json_agg(u)::text from users u"))
    assert "$argon2id$" in rows
    assert PASSWORD not in rows
    assert token not in rows
    assert token.encode().hex() not in rows


async def test_one_account_may_belong_to_several_shops_with_its_role_in_each(
    room: Room, other: Room, email: str
) -> None:
    await create_user(room.pool, email, PASSWORD, tenant_id=other.tenant_id, role="agent")
    await create_user(room.pool, email, PASSWORD, tenant_id=room.tenant_id, role="manager")
    person = await person_of_session(room.pool, str(await log_in(room.pool, email, PASSWORD)))
    assert person is not None
    assert {m["tenant_id"]: m["role"] for m in person.memberships} == {
        room.tenant_id: "manager",
        other.tenant_id: "agent",
    }


async def test_a_role_or_a_tenant_that_does_not_exist_makes_no_account(room: Room, root: Connection) -> None:
    with pytest.raises(asyncpg.CheckViolationError):
        await create_user(room.pool, "a@b.test", PASSWORD, tenant_id=room.tenant_id, role="king")
    with pytest.raises(asyncpg.ForeignKeyViolationError):
        await create_user(room.pool, "a@b.test", PASSWORD, tenant_id=2_000_000_000)
    assert await root.fetchval("select count(*) from users where email = 'a@b.test'") == 0
