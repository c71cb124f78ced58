"""What "Probar" found last of each credential; a change of the credential forgets it."""

from typing import Any

from nexus.store.database import Connection, Pool, tenant_transaction

OURSELVES = "Nexus"
"""Who tested when no person did: the bot was refused at its work."""


DOCTOR = "nexus doctor"
"""Who tested when the command did."""


async def note_test(tenant_id: int, pool: Pool, kind: str, ok: bool, message: str, who: str) -> None:
    """Remember a live test of tiendanube, ycloud, llm, handoff, test_chat, mail_login or public_url."""
    async with tenant_transaction(tenant_id, pool) as conn:
        await conn.execute(
            """insert into live_tests (tenant_id, kind, ok, message, tested_by) values ($1, $2, $3, $4, $5)
               on conflict (tenant_id, kind) do update
               set ok = excluded.ok, message = excluded.message, tested_by = excluded.tested_by,
                   tested_at = clock_timestamp()""",
            tenant_id,
            kind,
            ok,
            message,
            who,
        )


async def load_tests(tenant_id: int, pool: Pool) -> dict[str, dict[str, Any]]:
    """By kind: {tested_at, tested_ok, tested_by, tested_message} of those that were tried."""
    async with tenant_transaction(tenant_id, pool) as conn:
        rows = await conn.fetch(
            """select kind, tested_at, ok as tested_ok, tested_by, message as tested_message
               from live_tests where tenant_id = $1""",
            tenant_id,
        )
    return {row["kind"]: {name: value for name, value in row.items() if name != "kind"} for row in rows}


async def forget_test(tenant_id: int, conn: Connection, kind: str) -> None:
    """What was tried is another now; in the transaction that changes it."""
    await conn.execute("delete from live_tests where tenant_id = $1 and kind = $2", tenant_id, kind)
