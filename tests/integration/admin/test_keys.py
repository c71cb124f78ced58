"""What the panel and the health page tell of keys while they change."""

from typing import Any

import httpx

from nexus.orchestrator_service.admin.deps import AdminDeps
from nexus.orchestrator_service.admin.health_keys import key_rows
from nexus.store.credentials import set_credentials
from nexus.store.database import tenant_transaction
from nexus.store.secrets import Vault
from nexus.store.webhook_lights import note_previous_refused
from tests.integration.admin.conftest import Shop


async def test_the_former_secret_of_a_webhook_is_shown_missed_and_ended(
    machine: httpx.AsyncClient, shop: Shop, deps: AdminDeps
) -> None:
    path = f"/admin/tenants/{shop.id}/credentials"

    async def shown() -> Any:
        return (await machine.get(path, headers=shop.headers)).json()["_previous_secret"]

    async def rows() -> dict[str, str]:
        return {row.key: row.level for row in await key_rows(shop.id, deps.pool, settings)}

    settings = deps.settings.model_copy(update={"encryption_key": deps.vault.master})
    for secret in ("whsec_primero", "whsec_segundo"):
        await machine.put(f"{path}/ycloud", json={"webhook_secret": secret}, headers=shop.headers)
    assert (await shown())["refused_at"] is None
    assert await rows() == {"encryption_key": "ok"}
    await note_previous_refused(shop.id, deps.pool)
    assert (await shown())["refused_at"] is not None
    assert await rows() == {"encryption_key": "ok", "webhook_former": "error"}
    ended = await machine.delete(f"{path}/ycloud/previous-secret", headers=shop.headers)
    assert (ended.status_code, await shown(), await rows()) == (204, None, {"encryption_key": "ok"})


async def test_the_row_of_the_key_says_what_still_needs_which(shop: Shop, deps: AdminDeps) -> None:
    former, lost = Vault("la de antes"), Vault("la que se perdió")
    settings = deps.settings.model_copy(update={"encryption_key": "la nueva", "encryption_key_also": former.master})
    for vault, kind, level in ((former, "ycloud", "warn"), (lost, "llm", "error")):
        await set_credentials(shop.id, deps.pool, vault, kind, {"api_key": "x"})
        [row] = await key_rows(shop.id, deps.pool, settings)
        assert (row.key, row.level) == ("encryption_key", level)
        assert row.fix
        assert "rotate encryption-key" in row.fix
    async with tenant_transaction(shop.id, deps.pool) as conn:
        await conn.execute("delete from tenant_credentials")
    [row] = await key_rows(shop.id, deps.pool, settings)
    assert row.level == "ok"
