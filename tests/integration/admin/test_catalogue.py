"""What the panel shows of the catalogue, and the shop's synonyms."""

from typing import Any

import httpx

from tests.integration.admin.conftest import Shop


async def test_the_catalogue_is_off_until_there_is_a_shop_and_is_read_when_asked_for(
    machine: httpx.AsyncClient, shop: Shop
) -> None:
    before = (await machine.get("/admin/catalogue", headers=shop.headers)).json()
    assert (before["state"], before["products"], before["refreshed_at"]) == ("off", 0, None)
    assert (await machine.post("/admin/catalogue/refresh", headers=shop.headers)).status_code == 409
    token: dict[str, Any] = {"store_id": "7654321", "access_token": "token-de-tienda-4f2a"}
    put = await machine.put(f"/admin/tenants/{shop.id}/credentials/tiendanube", json=token, headers=shop.headers)
    assert put.status_code == 200
    assert (await machine.get("/admin/catalogue", headers=shop.headers)).json()["state"] == "never"
    asked = await machine.post("/admin/catalogue/refresh", headers=shop.headers)
    assert (asked.status_code, asked.json()["state"]) == (202, "loading")


async def test_synonyms_are_written_whole_and_told_in_the_log(machine: httpx.AsyncClient, shop: Shop) -> None:
    items = [{"words": ["cancán"], "means": ["medias con pie"]}, {"words": ["leo"], "means": ["malla", "leotardo"]}]
    for wanted in (items, items[1:], []):
        put = await machine.put("/admin/catalogue/synonyms", json={"items": wanted}, headers=shop.headers)
        assert put.json() == {"items": wanted}
        assert (await machine.get("/admin/catalogue/synonyms", headers=shop.headers)).json() == {"items": wanted}
    log = (await machine.get("/admin/audit?subject=synonyms", headers=shop.headers)).json()["items"]
    assert {entry["action"] for entry in log} == {"synonyms.create", "synonyms.update", "synonyms.delete"}
    bad = await machine.put(
        "/admin/catalogue/synonyms", json={"items": [{"words": [], "means": ["x"]}]}, headers=shop.headers
    )
    assert bad.status_code == 422
