"""What WhatsApp says of the number, its account and its templates is shown once, in words, to whom it concerns."""

from typing import Any

import pytest

from tests.journeys.people import chat_of, write
from tests.journeys.scripts import reply, scenario
from tests.service import eventually
from tests.system import Shop, System

QUALITY = "whatsapp.phone_number.quality_updated"
ACCOUNT = "whatsapp.business_account.updated"


async def _news(shop: Shop, kind: str, **content: Any) -> None:
    """YCloud delivers an operational event of the shop's number."""
    body = {"number": shop.number, "type": kind, "object": content}
    answer = await shop.system.sandbox.post("/sandbox/events", json=body)
    answer.raise_for_status()
    assert answer.json()["delivery"] == {"status": 200, "body": {"status": "accepted"}}


async def _health(shop: Shop) -> dict[str, Any]:
    answer = await shop.system.admin(shop.tenant_id).get("/admin/whatsapp/health")
    answer.raise_for_status()
    return dict(answer.json())


async def _of(shop: Shop, subject: str) -> tuple[str, str]:
    """(level, code) of what is known of one part; two blanks when nothing is."""
    known = (await _health(shop))["items"]
    return next(((one["level"], one["code"]) for one in known if one["subject"] == subject), ("", ""))


async def test_a_quality_that_falls_is_shown_in_words_and_is_one_event_however_often_it_is_said(
    system: System,
) -> None:
    shop = await system.new_shop()

    for _ in range(3):
        await _news(shop, QUALITY, qualityRating="RED", qualityUpdateEvent="FLAGGED")
    fallen = await _health(shop)
    events = await shop.events("whatsapp_health")
    await _news(shop, QUALITY, qualityRating="GREEN", qualityUpdateEvent="UNFLAGGED")

    assert fallen["worst"] == "error"
    (shown,) = fallen["items"]
    assert (shown["level"], shown["code"]) == ("error", "quality_red")
    assert "baja" in shown["title"]
    assert shown["fix"]
    assert [(event["level"], event["metadata"]["code"]) for event in events] == [("error", "quality_red")]
    assert (await _health(shop))["worst"] == "ok"
    assert len(await shop.events("whatsapp_health")) == 1


async def test_a_template_that_whatsapp_stops_cannot_be_sent_until_it_lets_it_go_again(system: System) -> None:
    shop = await system.new_shop()
    customer = shop.customer()
    await system.script([scenario("", reply("acá estoy"))])
    await shop.say(customer, "hola")
    await shop.answers(customer)
    (await system.admin(shop.tenant_id).post("/admin/templates/sync")).raise_for_status()
    template = {"name": "seguimiento", "language": "es_AR", "parameters": []}

    await _template(shop, status="PAUSED", statusUpdateEvent="PAUSED")
    refused = await write(shop, customer, "ref-paused", template=template)
    listed = await _listed(shop, "seguimiento")
    paused = await _of(shop, "template")
    await _template(shop, status="APPROVED", statusUpdateEvent="REINSTATED")
    taken = await write(shop, customer, "ref-back", template=template)
    sends = await shop.answers(customer, 2)

    assert (refused.status_code, refused.json()["error"]["code"]) == (409, "template_not_approved")
    assert (listed["status"], listed["can_send"]) == ("PAUSED", False)
    assert paused == ("warn", "template_paused")
    assert await _of(shop, "template") == ("ok", "template_reinstated")
    assert taken.status_code == 202
    assert sends[1]["type"] == "template"


@pytest.mark.parametrize(
    ("kind", "content", "told"),
    [
        (ACCOUNT, {"updateEvent": "ACCOUNT_RESTRICTION"}, ("error", "account_account_restriction")),
        (ACCOUNT, {"updateEvent": "SOMETHING_NEW"}, ("error", "account_something_new")),
        ("whatsapp.business_account.deleted", {"removedReason": "PRIMARY_INACTIVITY"}, ("error", "account_deleted")),
    ],
)
async def test_trouble_of_the_account_is_shown_and_messages_go_on(
    system: System, kind: str, content: dict[str, str], told: tuple[str, str]
) -> None:
    shop = await system.new_shop()
    customer = shop.customer()

    await _news(shop, kind, **content)
    await shop.say(customer, "hola")
    await shop.answers(customer)

    assert await _of(shop, "account") == told
    shown = (await _health(shop))["items"]
    assert all(one["title"] and one["message"] for one in shown)
    assert (await chat_of(shop, customer))["needs_human_since"] is None


async def test_an_account_that_two_shops_share_concerns_both_and_a_number_only_its_own(system: System) -> None:
    shop, partner, stranger = [await system.new_shop() for _ in range(3)]
    shared = {"api_key": shop.api_key, "webhook_secret": shop.secret}
    credentials = f"/admin/tenants/{partner.tenant_id}/credentials/ycloud"
    (await system.admin(partner.tenant_id).put(credentials, json=shared)).raise_for_status()

    async def both_know() -> bool:  # the gateway looks at who shares a secret every 5 s
        await _news(shop, ACCOUNT, updateEvent="ACCOUNT_VIOLATION")
        return await _of(partner, "account") == ("error", "account_account_violation")

    await eventually(both_know, every=1, what="the partner's account")
    await _news(shop, QUALITY, qualityRating="YELLOW")

    assert await _of(shop, "account") == ("error", "account_account_violation")
    assert [one["subject"] for one in (await _health(partner))["items"]] == ["account"]
    assert await _of(shop, "number") == ("warn", "quality_yellow")
    assert (await _health(stranger))["items"] == []


async def _template(shop: Shop, **changes: str) -> None:
    """WhatsApp changes its mind about a template and says so."""
    body = {"number": shop.number, "name": "seguimiento", "language": "es_AR", "event": "reviewed", **changes}
    answer = await shop.system.sandbox.post("/sandbox/templates", json=body)
    answer.raise_for_status()
    assert answer.json()["delivery"]["status"] == 200


async def _listed(shop: Shop, name: str) -> dict[str, Any]:
    listed = (await shop.system.admin(shop.tenant_id).get("/admin/templates")).json()["items"]
    return dict(next(one for one in listed if one["name"] == name))
