"""Passwords: changed with the old one, or with a code that went out by mail. Of a code only its HMAC is stored."""

import hashlib
import hmac
import secrets
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from nexus.store.accounts import hash_password, session_digest
from nexus.store.database import Pool, platform_transaction
from nexus.store.jobs import PASSWORD_CODE, enqueue
from nexus.store.secrets import Vault

RESET_LIFETIME = timedelta(minutes=30)
INVITATION_LIFETIME = timedelta(days=3)  # people do not read their mail within half an hour
LEAST, MOST = 10, 1024
_NO_TENANT = 0
_FIELD = "password_code"
_ALPHABET = "ABCDEFGHJKMNPQRSTUVWXYZ23456789"  # nothing that looks like something else
_LENGTH = 10


@dataclass(frozen=True, slots=True)
class Recipient:
    """Whose a code is, what for, and the shops whose mail server may carry it, her own first."""

    user_id: int
    email: str
    name: str | None
    purpose: str
    has_password: bool
    shops: list[int]


def is_weak(password: str, email: str) -> bool:
    """Shorter than ten characters, or nothing but the e-mail."""
    return not LEAST <= len(password) <= MOST or password.strip().lower() == email.strip().lower()


async def ask_code(pool: Pool, email: str) -> None:
    """Let a code be mailed to the account, if there is one: the same work either way."""
    async with platform_transaction(pool) as conn:
        code_id: UUID = await conn.fetchval("select ask_code(null, $1, 'reset')", email.strip())
        await enqueue(_NO_TENANT, conn, PASSWORD_CODE, code_id)


async def code_recipient(pool: Pool, code_id: UUID) -> Recipient | None:
    """None when nobody has the account that was asked for."""
    async with pool.acquire(timeout=5) as conn:
        row = await conn.fetchrow("select * from code_recipient($1)", code_id)
    return Recipient(**dict(row)) if row else None


async def make_code(pool: Pool, vault: Vault, code_id: UUID, recipient: Recipient) -> str:
    """A fresh code as a person reads it, ABCDE-FGHJK; it voids those that the account had before."""
    code = "".join(secrets.choice(_ALPHABET) for _ in range(_LENGTH))
    lifetime = INVITATION_LIFETIME if recipient.purpose == "invitation" else RESET_LIFETIME
    async with platform_transaction(pool) as conn:
        sealed = _sealed(vault.key_for(_NO_TENANT, _FIELD), recipient.email, code)
        await conn.execute("select set_code($1, $2, $3)", code_id, sealed, lifetime)
    return f"{code[:5]}-{code[5:]}"


async def reset_password(pool: Pool, vault: Vault, email: str, code: str, password: str) -> bool:
    """Whether the code was the account's living one: then the password is another and every session has ended.

    An unknown e-mail, a wrong, used or old code and one too many tries look and last the same.
    """
    hashed = await hash_password(password)
    made = [_sealed(key, email, code) for key in vault.keys_for(_NO_TENANT, _FIELD)]
    async with platform_transaction(pool) as conn:
        return await conn.fetchval("select reset_password_with($1, $2, $3)", email.strip(), made, hashed) is not None


async def change_password(pool: Pool, user_id: int, password: str, *, session: str | None = None) -> None:
    """A new password; every session of the account ends but this one."""
    hashed = await hash_password(password)
    async with platform_transaction(pool) as conn:
        kept = session_digest(session) if session else None
        await conn.execute("select change_password($1, $2, $3)", user_id, hashed, kept)


def _sealed(key: str, email: str, code: str) -> bytes:
    """Bound to the account, with a key that is not in the database: its fifty bits cannot be searched there."""
    typed = "".join(character for character in code.upper() if character.isalnum())
    return hmac.new(key.encode(), f"{email.strip().lower()}:{typed}".encode(), hashlib.sha256).digest()
