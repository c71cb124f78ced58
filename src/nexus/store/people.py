"""The people of one shop and what each may do there; their accounts are in `accounts`."""

from dataclasses import dataclass
from typing import Any

from nexus.store.database import Connection, Pool, records, tenant_transaction
from nexus.store.jobs import PASSWORD_CODE, enqueue


class LastOwnerError(RuntimeError):
    """The shop would be left without an owner."""


class ForeignNameError(RuntimeError):
    """The person works for another shop, too: the name is hers alone to change."""


@dataclass(frozen=True, slots=True)
class Change:
    """What becomes of a person of the shop; None leaves a field as it is, an empty name takes it away."""

    role: str | None = None
    name: str | None = None


async def list_people(tenant_id: int, pool: Pool) -> list[dict[str, Any]]:
    """user_id, email, name, role, last_seen_at and `invited` (no password yet), by when they came."""
    async with tenant_transaction(tenant_id, pool) as conn:
        return records(await conn.fetch("select * from tenant_people()"))


async def load_person(tenant_id: int, pool: Pool, user_id: int) -> dict[str, Any] | None:
    """One of them."""
    async with tenant_transaction(tenant_id, pool) as conn:
        row = await conn.fetchrow("select * from tenant_people() where user_id = $1", user_id)
    return dict(row) if row else None


async def invite(tenant_id: int, pool: Pool, email: str, name: str | None, role: str) -> int | None:
    """Make somebody one of the shop, with an account where there is none, and send the invitation.

    The account's id; None when she is one of the shop already.
    """
    async with tenant_transaction(tenant_id, pool) as conn:
        user_id: int | None = await conn.fetchval("select add_person($1, $2, $3)", email, name, role)
        if user_id is not None:
            await _send_invitation(tenant_id, conn, user_id)
    return user_id


async def invite_again(tenant_id: int, pool: Pool, user_id: int) -> bool:
    """Send the invitation anew; False when it was sent three times within half an hour."""
    async with tenant_transaction(tenant_id, pool) as conn:
        return await _send_invitation(tenant_id, conn, user_id)


async def _send_invitation(tenant_id: int, conn: Connection, user_id: int) -> bool:
    code_id = await conn.fetchval("select ask_code($1, null, 'invitation')", user_id)
    if code_id is not None:
        await enqueue(tenant_id, conn, PASSWORD_CODE, code_id)
    return code_id is not None


async def change_person(tenant_id: int, pool: Pool, user_id: int, change: Change) -> bool:
    """Write a role and a name; False when there is no such person. Raises LastOwnerError, ForeignNameError."""
    async with tenant_transaction(tenant_id, pool) as conn:
        if change.role is not None:
            if change.role != "owner":
                await _refuse_last_owner(tenant_id, conn, user_id)
            found = await conn.fetchval(
                "update tenant_members set role = $3 where tenant_id = $1 and user_id = $2 returning true",
                tenant_id,
                user_id,
                change.role,
            )
        else:
            found = await conn.fetchval(
                "select true from tenant_members where tenant_id = $1 and user_id = $2", tenant_id, user_id
            )
        if not found:
            return False
        if change.name is not None and not await conn.fetchval(
            "select rename_user($1, $2)", user_id, change.name or None
        ):
            raise ForeignNameError(str(user_id))
    return True


async def remove_person(tenant_id: int, pool: Pool, user_id: int) -> bool:
    """Take somebody out of the shop, from her next request on; False when she is not in it. Raises LastOwnerError."""
    async with tenant_transaction(tenant_id, pool) as conn:
        await _refuse_last_owner(tenant_id, conn, user_id)
        removed = await conn.fetchval(
            "delete from tenant_members where tenant_id = $1 and user_id = $2 returning true", tenant_id, user_id
        )
    return bool(removed)


async def _refuse_last_owner(tenant_id: int, conn: Connection, user_id: int) -> None:
    """Owners are locked first: two who leave at once must not each rely on the other."""
    owners = await conn.fetch(
        "select user_id from tenant_members where tenant_id = $1 and role = 'owner' order by user_id for update",
        tenant_id,
    )
    if [row["user_id"] for row in owners] == [user_id]:
        raise LastOwnerError(str(user_id))
