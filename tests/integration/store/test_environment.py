"""The default tenant from the environment (S-049): empty fields are filled, edits of the panel win unless forced."""

import asyncio
from typing import Any

import pytest

from nexus.runtime.settings import Settings, StartRefusedError
from nexus.store.credentials import load_credentials, set_credentials
from nexus.store.database import Pool
from nexus.store.effects import load_handoff_config, save_handoff_config
from nexus.store.environment import sync_environment
from nexus.store.secrets import Vault
from nexus.store.tenants import delete_tenant, list_tenants, load_tenant, update_tenant
from tests.integration.store.room import Room, new_number

VAULT = Vault("llave de estas pruebas")


def _settings(number: str, **changes: Any) -> Settings:
    values = {
        "store_name": "Danza del Entorno",
        "bot_phone_number": number,
        "store_website": "https://entorno.test",
        "handoff_lockout_hours": 12,
        "ycloud_api_key": "clave-del-entorno",
        "ycloud_webhook_secret": "whsec_entorno",
        "smtp_host": "smtp.entorno.test",
        "smtp_port": 2525,
        "smtp_pass": "correo-del-entorno",
    }
    return Settings.model_construct(**{**Settings.model_construct().model_dump(), **values, **changes})


async def test_no_shop_in_the_environment_makes_none(pool: Pool) -> None:
    before = await list_tenants(pool)
    assert await sync_environment(pool, VAULT, _settings("", store_name="x")) is None
    assert await list_tenants(pool) == before


async def test_a_number_in_another_spelling_is_the_same_shop_and_needs_no_name(pool: Pool) -> None:
    number = new_number()
    tenant_id = await sync_environment(pool, VAULT, _settings(number, store_name=""))
    assert tenant_id is not None
    tenant = await load_tenant(tenant_id, pool)
    assert tenant is not None
    assert (tenant.bot_phone_number, tenant.store_name) == (number, "Mi tienda")
    spaced = f"{number[1:4]} {number[4:6]}-{number[6:]}"
    assert await sync_environment(pool, VAULT, _settings(spaced)) == tenant_id


async def test_a_number_that_is_none_refuses_the_start(pool: Pool) -> None:
    with pytest.raises(StartRefusedError, match="BOT_PHONE_NUMBER"):
        await sync_environment(pool, VAULT, _settings("mi celular"))


async def test_the_first_start_makes_the_tenant_with_everything(pool: Pool) -> None:
    number = new_number()
    tenant_id = await sync_environment(pool, VAULT, _settings(number))
    assert tenant_id is not None
    tenant = await load_tenant(tenant_id, pool)
    assert tenant is not None
    assert (tenant.store_name, tenant.store_website, tenant.lockout_hours) == (
        "Danza del Entorno",
        "https://entorno.test",
        12,
    )
    credentials = await load_credentials(tenant_id, pool, VAULT, "ycloud")
    assert credentials == {"api_key": "clave-del-entorno", "webhook_secret": "whsec_entorno"}
    handoff = await load_handoff_config(tenant_id, pool, VAULT)
    assert (handoff["smtp_host"], handoff["smtp_port"], handoff["smtp_password"]) == (
        "smtp.entorno.test",
        2525,
        "correo-del-entorno",
    )


async def test_two_services_starting_at_once_make_one_tenant(pool: Pool) -> None:
    number = new_number()
    made = await asyncio.gather(*(sync_environment(pool, VAULT, _settings(number)) for _ in range(4)))
    assert len(set(made)) == 1
    assert [t["bot_phone_number"] for t in await list_tenants(pool)].count(number) == 1


@pytest.mark.parametrize("force", [False, True])
async def test_edits_of_the_panel_win_unless_forced(pool: Pool, force: bool) -> None:
    number = new_number()
    tenant_id = await sync_environment(pool, VAULT, _settings(number, store_website=""))
    assert tenant_id is not None
    await update_tenant(tenant_id, pool, {"store_name": "Editada", "lockout_hours": 3})
    await set_credentials(tenant_id, pool, VAULT, "ycloud", {"api_key": "clave-editada"})
    await save_handoff_config(tenant_id, pool, VAULT, {"smtp_host": "smtp.editado.test", "smtp_port": 26})
    assert await sync_environment(pool, VAULT, _settings(number, sync_environment_force=force)) == tenant_id
    tenant = await load_tenant(tenant_id, pool)
    assert tenant is not None
    credentials = await load_credentials(tenant_id, pool, VAULT, "ycloud")
    handoff = await load_handoff_config(tenant_id, pool)
    seen = (tenant.store_name, tenant.lockout_hours, credentials["api_key"], handoff["smtp_host"], handoff["smtp_port"])
    edited = ("Editada", 3, "clave-editada", "smtp.editado.test", 26)
    assert seen == (("Danza del Entorno", 12, "clave-del-entorno", "smtp.entorno.test", 2525) if force else edited)
    assert tenant.store_website == "https://entorno.test"  # was empty: filled either way


async def test_a_start_that_changes_nothing_writes_no_secret_anew(room: Room) -> None:
    settings = _settings(room.number, sync_environment_force=True)
    await sync_environment(room.pool, VAULT, settings)
    query = "select name, secret, previous_secret from tenant_credentials where tenant_id = $1 order by name"
    before = await room.root.fetch(query, room.tenant_id)
    await sync_environment(room.pool, VAULT, settings)
    assert await room.root.fetch(query, room.tenant_id) == before


async def test_a_deleted_shop_takes_everything_with_it(room: Room, customer: str) -> None:
    await room.reply(await room.open_burst(customer), "hola")
    await set_credentials(room.tenant_id, room.pool, VAULT, "ycloud", {"api_key": "x"})
    assert await delete_tenant(room.tenant_id, room.pool)
    assert not await delete_tenant(room.tenant_id, room.pool)
    for table in ("chat_conversations", "chat_messages", "bursts", "tenant_credentials", "provider_events"):
        count = f"select count(*) from {table} where tenant_id = $1"  # noqa: S608 - listed above
        assert await room.root.fetchval(count, room.tenant_id) == 0
