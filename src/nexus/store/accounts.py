"""People of the panel and their sessions, reached only through the functions of migrations 0003 and 0008."""

import asyncio
import hashlib
import json
import secrets
from dataclasses import dataclass
from datetime import timedelta
from math import ceil
from typing import Any

from argon2 import PasswordHasher
from argon2.exceptions import VerificationError

from nexus.store.database import Pool, platform_transaction

SESSION_LIFETIME = timedelta(days=7)
ROLES = ("owner", "manager", "agent", "read-only")

_hasher = PasswordHasher()
# Nobody's password hash, which no password fits: verified so that an unknown e-mail costs the same time. It is written
# and not computed, which would cost every process a tenth of a second at its start.
_NOBODY = (
    f"$argon2id$v=19$m={_hasher.memory_cost},t={_hasher.time_cost},p={_hasher.parallelism}"
    f"${'A' * ceil(_hasher.salt_len * 4 / 3)}${'A' * ceil(_hasher.hash_len * 4 / 3)}"
)


@dataclass(frozen=True, slots=True)
class Person:
    """Who is behind a session; memberships are {tenant_id, role, store_name}."""

    id: int
    email: str
    is_platform_admin: bool
    memberships: list[dict[str, Any]]
    name: str | None = None


async def create_user(
    pool: Pool,
    email: str,
    password: str,
    *,
    tenant_id: int | None = None,
    role: str = "owner",
    platform_admin: bool = False,
) -> int:
    """Create the account or give it a new password, and put it in the tenant; the account's id."""
    hashed = await hash_password(password)
    async with platform_transaction(pool) as conn:
        user_id: int = await conn.fetchval("select create_user($1, $2, $3)", email.strip(), hashed, platform_admin)
        if tenant_id is not None:
            await conn.execute("select add_member($1, $2, $3)", tenant_id, user_id, role)
    return user_id


async def log_in(pool: Pool, email: str, password: str) -> str | None:
    """A new session's token, or None: wrong password, unknown e-mail and locked account look and last the same."""
    async with pool.acquire(timeout=5) as conn:
        account = await conn.fetchrow("select * from account_by_email($1)", email.strip())
    # Argon2 takes tens of milliseconds of a core: neither the event loop nor a connection waits for it.
    known = account["password_hash"] if account else None  # who was invited has none yet
    matches = await asyncio.to_thread(_verify, known or _NOBODY, password) and known is not None
    if account is None or account["is_locked"]:
        return None
    token = secrets.token_urlsafe(32)
    async with pool.acquire(timeout=5) as conn:
        await conn.execute("select note_login($1, $2)", account["id"], matches)
        if matches:
            await conn.execute(
                "select open_session($1, $2, $3)", session_digest(token), account["id"], SESSION_LIFETIME
            )
    return token if matches else None


async def account_id(pool: Pool, email: str) -> int | None:
    """The id of the account with this e-mail, if there is one."""
    async with pool.acquire(timeout=5) as conn:
        found: int | None = await conn.fetchval("select id from account_by_email($1)", email.strip())
    return found


async def password_matches(pool: Pool, email: str, password: str) -> bool:
    """Whether this is the account's password; nothing is counted."""
    async with pool.acquire(timeout=5) as conn:
        account = await conn.fetchrow("select * from account_by_email($1)", email)
    known = account["password_hash"] if account else None
    return await asyncio.to_thread(_verify, known or _NOBODY, password) and known is not None


async def hash_password(password: str) -> str:
    """As it is stored; takes tens of milliseconds of a core, beside the event loop."""
    return await asyncio.to_thread(_hasher.hash, password)


def _verify(password_hash: str, password: str) -> bool:
    try:
        return _hasher.verify(password_hash, password)
    except VerificationError:
        return False


async def person_of_session(pool: Pool, token: str) -> Person | None:
    """Who holds this token, while it lives; now and then it is noted that she was here."""
    async with pool.acquire(timeout=5) as conn:
        row = await conn.fetchrow("select * from session_by_token($1)", session_digest(token))
        if row is None:
            return None
        if row["long_unseen"]:
            await conn.execute("select note_seen($1)", row["user_id"])
    memberships = json.loads(row["memberships"])
    return Person(row["user_id"], row["email"], row["is_platform_admin"], memberships, row["name"])


async def rename(pool: Pool, user_id: int, name: str | None) -> None:
    """What a person wants to be called."""
    async with platform_transaction(pool) as conn:
        await conn.execute("select rename_user($1, $2)", user_id, name)


async def list_users(pool: Pool) -> list[dict[str, Any]]:
    """Every account by e-mail: email, name, is_platform_admin, invited, last_seen_at, memberships {tenant_id, role}."""
    async with pool.acquire(timeout=5) as conn:
        rows = await conn.fetch("select * from list_users()")
    return [dict(row) | {"memberships": json.loads(row["memberships"])} for row in rows]


async def log_out(pool: Pool, token: str) -> None:
    """End the session."""
    async with pool.acquire(timeout=5) as conn:
        await conn.execute("select close_session($1)", session_digest(token))


def session_digest(token: str) -> bytes:
    """Only the hash is stored: a read of the table opens no session."""
    return hashlib.sha256(token.encode()).digest()
