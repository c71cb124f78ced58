"""Secrets at rest open with the right key, tenant and field, and are seen nowhere else (S-099)."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from nexus.embedded.postgres import EmbeddedPostgres
from nexus.store.credentials import (
    end_previous_secret,
    load_credentials,
    masked_credentials,
    set_credentials,
    webhook_secrets,
)
from nexus.store.database import tenant_transaction
from nexus.store.effects import load_handoff_config, save_handoff_config
from nexus.store.resealing import KeyUse, key_use, seal_anew
from nexus.store.secrets import SealBrokenError, Vault, seal, unseal
from tests.integration.store.room import Room, new_id

MASTER = new_id("llave-maestra-")
VAULT = Vault(MASTER)


async def test_a_sealed_secret_opens_and_never_looks_the_same_twice(room: Room) -> None:
    async with tenant_transaction(room.tenant_id, room.pool) as conn:
        stored = [await seal(room.tenant_id, conn, VAULT, "ycloud.api_key", "ñandú 🦤") for _ in range(3)]
        assert len(set(stored)) == 3
        for blob in stored:
            assert blob.startswith(f"v1.{VAULT.key_id}.")
            assert await unseal(room.tenant_id, conn, VAULT, "ycloud.api_key", blob) == "ñandú 🦤"


async def test_another_key_tenant_or_field_does_not_open_it(room: Room, other: Room) -> None:
    async with tenant_transaction(room.tenant_id, room.pool) as conn:
        stored = await seal(room.tenant_id, conn, VAULT, "ycloud.api_key", "secreto")
    for tenant_id, vault, field in (
        (room.tenant_id, Vault(MASTER + "x"), "ycloud.api_key"),
        (other.tenant_id, VAULT, "ycloud.api_key"),
        (room.tenant_id, VAULT, "ycloud.webhook_secret"),
    ):
        with pytest.raises(SealBrokenError):
            async with tenant_transaction(tenant_id, room.pool) as conn:
                await unseal(tenant_id, conn, vault, field, stored)


async def test_a_damaged_secret_does_not_open(room: Room) -> None:
    async with tenant_transaction(room.tenant_id, room.pool) as conn:
        stored = await seal(room.tenant_id, conn, VAULT, "ycloud.api_key", "secreto")
    damaged = stored[:-2] + ("00" if stored[-2:] != "00" else "11")
    with pytest.raises(SealBrokenError):
        async with tenant_transaction(room.tenant_id, room.pool) as conn:
            await unseal(room.tenant_id, conn, VAULT, "ycloud.api_key", damaged)


async def test_a_secret_moved_to_another_tenant_in_the_table_does_not_open(room: Room, other: Room) -> None:
    await set_credentials(room.tenant_id, room.pool, VAULT, "llm", {"api_key": "clave-de-la-primera"})
    await room.root.execute(
        """insert into tenant_credentials (tenant_id, kind, name, secret)
           select $2, kind, name, secret from tenant_credentials where tenant_id = $1""",
        room.tenant_id,
        other.tenant_id,
    )
    assert (await load_credentials(room.tenant_id, room.pool, VAULT, "llm"))["api_key"] == "clave-de-la-primera"
    with pytest.raises(SealBrokenError):
        await load_credentials(other.tenant_id, other.pool, VAULT, "llm")


async def test_neither_keys_nor_secrets_are_seen_in_rows_sessions_or_the_log(
    room: Room, postgres: EmbeddedPostgres
) -> None:
    clear = {"api_key": new_id("api-"), "webhook_secret": new_id("whsec_")}
    token, password = new_id("token-"), new_id("clave-")
    await set_credentials(room.tenant_id, room.pool, VAULT, "ycloud", clear)
    await set_credentials(room.tenant_id, room.pool, VAULT, "tiendanube", {"access_token": token})
    await save_handoff_config(room.tenant_id, room.pool, VAULT, {"smtp_password": password})
    await load_credentials(room.tenant_id, room.pool, VAULT, "ycloud")
    with pytest.raises(SealBrokenError):  # a failing statement is what a server would log with its parameters
        await load_credentials(room.tenant_id, room.pool, Vault("otra"), "ycloud")
    seen = str(await room.root.fetch("select query from pg_stat_activity"))
    seen += await asyncio.to_thread(postgres.log_file.read_text, encoding="utf-8", errors="replace")
    for table in ("tenant_credentials", "tenants", "tenant_human_handoff_config"):
        seen += str(await room.root.fetchval(f"select json_agg(t)::text from {table} t"))  # noqa: S608 - listed here
    assert "v1." + VAULT.key_id in seen
    derived = [VAULT.key_for(room.tenant_id, f) for f in ("ycloud.api_key", "ycloud.webhook_secret", "smtp_password")]
    for hidden in (*clear.values(), token, password, MASTER, *derived):
        assert hidden not in seen


async def test_a_rotated_webhook_secret_keeps_its_previous_one_for_a_day_and_no_older(room: Room) -> None:
    for secret in ("whsec_1", "whsec_2", "whsec_3", "whsec_3"):  # saved again, it does not become its own former one
        await set_credentials(room.tenant_id, room.pool, VAULT, "ycloud", {"webhook_secret": secret})
    mine = [s for s in await webhook_secrets(room.pool, VAULT, {}) if s.tenant_id == room.tenant_id]
    assert [s.secret for s in mine] == ["whsec_3", "whsec_2"]
    assert {s.bot_phone_number for s in mine} == {room.number}
    assert mine[0].until is None
    assert mine[1].until is not None
    assert timedelta(hours=23) < mine[1].until - datetime.now(UTC) <= timedelta(hours=24)
    await end_previous_secret(room.tenant_id, room.pool)
    mine = [s for s in await webhook_secrets(room.pool, VAULT, {}) if s.tenant_id == room.tenant_id]
    assert [s.secret for s in mine] == ["whsec_3"]
    await set_credentials(room.tenant_id, room.pool, VAULT, "ycloud", {"webhook_secret": ""})
    assert [s for s in await webhook_secrets(room.pool, VAULT, {}) if s.tenant_id == room.tenant_id] == []


async def test_every_secret_is_sealed_anew_once_and_then_the_old_key_is_needed_by_nothing(room: Room) -> None:
    await set_credentials(room.tenant_id, room.pool, VAULT, "tiendanube", {"access_token": "ficha"})
    for secret in ("whsec_1", "whsec_2"):
        await set_credentials(room.tenant_id, room.pool, VAULT, "ycloud", {"webhook_secret": secret, "api_key": "k"})
    await save_handoff_config(room.tenant_id, room.pool, VAULT, {"smtp_password": "correo"})
    await set_credentials(room.tenant_id, room.pool, Vault("perdida"), "llm", {"api_key": "de otra clave"})
    await room.root.execute("update agenda_resources set feed_on = true where tenant_id = $1", room.tenant_id)
    fresh = Vault("la clave nueva", MASTER)
    # Two at once, as somebody impatient does: each secret is done by one of them, or by both to the same end.
    await asyncio.gather(*(seal_anew(room.tenant_id, room.pool, fresh) for _ in range(2)))
    assert await key_use(room.tenant_id, room.pool, fresh) == KeyUse(present=5, also=0, unknown=1)
    assert await seal_anew(room.tenant_id, room.pool, fresh) == 0
    alone = Vault("la clave nueva")
    assert await load_credentials(room.tenant_id, room.pool, alone, "tiendanube") == {"access_token": "ficha"}
    mine = [s for s in await webhook_secrets(room.pool, alone, {}) if s.tenant_id == room.tenant_id]
    assert [s.secret for s in mine] == ["whsec_2", "whsec_1"]
    assert (await load_handoff_config(room.tenant_id, room.pool, alone))["smtp_password"] == "correo"
    for vault in (VAULT, alone):  # neither the old key alone nor the new one opens what the lost one sealed
        with pytest.raises(SealBrokenError):
            await load_credentials(room.tenant_id, room.pool, vault, "llm")


async def test_what_the_panel_sees_is_masked(room: Room) -> None:
    await set_credentials(
        room.tenant_id, room.pool, VAULT, "ycloud", {"api_key": "clave-muy-larga-4f2a", "webhook_endpoint_id": "ep_1"}
    )
    await set_credentials(room.tenant_id, room.pool, VAULT, "tiendanube", {"store_id": "123", "access_token": "corto"})
    shown = await masked_credentials(room.tenant_id, room.pool)
    assert shown["ycloud"]["api_key"]["value"] == "•••• 4f2a"
    assert shown["ycloud"]["webhook_endpoint_id"]["value"] == "ep_1"
    assert shown["ycloud"]["webhook_secret"] == {"set": False, "value": None, "updated_at": None, "updated_by": None}
    assert (shown["tiendanube"]["store_id"]["value"], shown["tiendanube"]["access_token"]["value"]) == ("123", "••••")
    opened = await load_credentials(room.tenant_id, room.pool, VAULT, "tiendanube")
    assert opened == {"store_id": "123", "access_token": "corto"}


async def test_a_secret_of_another_encryption_key_does_not_silence_the_others(room: Room, other: Room) -> None:
    await set_credentials(room.tenant_id, room.pool, VAULT, "ycloud", {"webhook_secret": "whsec_a"})
    await set_credentials(other.tenant_id, other.pool, Vault("perdida"), "ycloud", {"webhook_secret": "whsec_b"})
    opened: dict[str, str] = {}
    found = {s.tenant_id: s.secret for s in await webhook_secrets(room.pool, VAULT, opened)}
    assert found.get(room.tenant_id) == "whsec_a"
    assert other.tenant_id not in found


async def test_a_webhook_secret_moved_to_another_tenant_is_not_its_own(room: Room, other: Room) -> None:
    await set_credentials(room.tenant_id, room.pool, VAULT, "ycloud", {"webhook_secret": "whsec_a"})
    opened: dict[str, str] = {}
    await webhook_secrets(room.pool, VAULT, opened)
    await room.root.execute(
        """insert into tenant_credentials (tenant_id, kind, name, secret)
           select $2, kind, name, secret from tenant_credentials where tenant_id = $1""",
        room.tenant_id,
        other.tenant_id,
    )
    assert other.tenant_id not in {s.tenant_id for s in await webhook_secrets(room.pool, VAULT, opened)}
