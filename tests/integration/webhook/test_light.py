"""The light of a shop's webhook, by what comes to the gateway's door."""

import json
from typing import Any

from nexus.store.database import Pool
from nexus.store.webhook_lights import webhook_light
from tests.integration.webhook.caller import Caller, sign
from tests.service import eventually


async def _light(caller: Caller, pool: Pool, what: str) -> dict[str, Any]:
    """The light once it shows `what`."""

    async def lit() -> bool:
        return (await webhook_light(caller.tenant_id, pool))[what] is not None

    await eventually(lit, what=what)
    return await webhook_light(caller.tenant_id, pool)


async def test_the_first_rightly_signed_event_lights_it(caller: Caller, other: Caller, own_pool: Pool) -> None:
    assert (await webhook_light(caller.tenant_id, own_pool))["last_signed_at"] is None
    assert await caller.status(caller.text()) == "accepted"
    assert (await _light(caller, own_pool, "last_signed_at"))["last_refused_at"] is None
    assert (await webhook_light(other.tenant_id, own_pool))["last_signed_at"] is None


async def test_a_delivery_to_the_shops_own_path_with_another_secret_is_its_refusal(
    caller: Caller, other: Caller, own_pool: Pool
) -> None:
    raw = json.dumps(caller.text()).encode()
    path = f"/webhook/ycloud/{caller.tenant_id}"
    assert (await caller.post(raw, "", path=path)).status_code == 401  # a scanner: no signature at all
    assert (await caller.post(raw, sign(raw, "whsec_otro"), path=path)).status_code == 401
    found = await _light(caller, own_pool, "last_refused_at")
    assert (found["last_signed_at"], found["refusals"]) == (None, 1)
    assert await caller.status(caller.text()) == "accepted"
    assert (await _light(caller, own_pool, "last_signed_at"))["refusals"] == 0
    assert (await webhook_light(other.tenant_id, own_pool))["last_refused_at"] is None


async def test_a_path_of_no_shop_is_nobodys_refusal(caller: Caller, own_pool: Pool) -> None:
    raw = json.dumps(caller.text()).encode()
    for path in ("/webhook/ycloud/999999999", "/webhook/ycloud/0", "/webhook/ycloud/99999999999999", "/webhook/ycloud"):
        assert (await caller.post(raw, sign(raw, "whsec_otro"), path=path)).status_code == 401
    assert (await webhook_light(999_999_999, own_pool))["last_refused_at"] is None
