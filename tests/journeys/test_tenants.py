"""Two shops side by side never meet (S-014, S-048 to S-051)."""

import asyncio
import uuid

import pytest

from tests.journeys.events import deliver, inbound
from tests.journeys.scripts import texts_of
from tests.service import eventually
from tests.system import System


async def test_one_customer_writing_the_same_wamid_to_two_shops_is_answered_by_each_from_its_own_catalogue(
    system: System,
) -> None:
    north, south = await system.new_shop("Danza Norte"), await system.new_shop("Danza Sur")
    await system.sandbox.patch(f"/sandbox/shops/{north.store_id}/products/51001", json={"price": "11111.00"})
    await system.sandbox.patch(f"/sandbox/shops/{south.store_id}/products/51001", json={"price": "22222.00"})
    customer, ids = north.customer(), {"wamid": f"wamid.{uuid.uuid4().hex}", "id": uuid.uuid4().hex}
    event_id = f"evt_{uuid.uuid4().hex}"

    answers = await asyncio.gather(
        *(
            deliver(shop, inbound(shop, customer, "Tenés puntas de danza talle 37?", event_id=event_id, **ids))
            for shop in (north, south)
        )
    )
    from_north = "\n".join(texts_of(await north.answers(customer)))
    from_south = "\n".join(texts_of(await south.answers(customer)))

    assert [answer.json() for answer in answers] == [{"status": "accepted"}] * 2
    assert "11.111" in from_north
    assert "22.222" not in from_north
    assert "22.222" in from_south
    assert "11.111" not in from_south


async def test_the_panel_of_one_shop_shows_and_touches_nothing_of_another(system: System) -> None:
    north, south = await system.new_shop("Danza Norte"), await system.new_shop("Danza Sur")
    customer = north.customer()
    await north.say(customer, "un secreto del norte")
    await north.answers(customer)
    chat = await north.chat(customer)
    assert chat is not None
    stranger = system.admin(south.tenant_id)

    assert (await stranger.get("/admin/chats")).json()["items"] == []
    assert (await stranger.get(f"/admin/chats/{chat['id']}/messages")).status_code == 404
    body = {"conversation_id": chat["id"], "text": "hola", "client_ref": "x"}
    assert (await stranger.post("/admin/messages/send", json=body)).status_code == 404
    path = f"/admin/conversations/{chat['id']}"
    assert (await stranger.post(f"{path}/human-override", json={"enabled": True})).status_code == 404
    assert (await stranger.post(f"{path}/handoff", json={"reason": "x"})).status_code == 404
    assert "secreto del norte" not in (await stranger.get("/admin/logs")).text
    untouched = await north.chat(customer)
    assert untouched is not None
    assert untouched["human_override_until"] is None


async def test_a_shop_that_signs_with_its_own_secret_cannot_speak_for_anothers_number(system: System) -> None:
    victim, attacker = await system.new_shop(), await system.new_shop()
    customer = victim.customer()

    answer = await deliver(attacker, inbound(victim, customer, "para el número ajeno"))

    assert (answer.status_code, answer.json()) == (200, {"status": "ignored"})
    assert await victim.chat(customer) is None
    assert await attacker.chat(customer) is None
    assert await victim.received(customer) == []


async def test_a_webhook_on_a_shops_own_path_must_be_signed_by_that_shop(system: System) -> None:
    shop, other = await system.new_shop(), await system.new_shop()
    customer = shop.customer()
    event = inbound(shop, customer, "por mi propio camino")

    foreign = await deliver(shop, event, path=f"/webhook/ycloud/{other.tenant_id}")
    nobody = await deliver(shop, event, path="/webhook/ycloud/none")
    own = await deliver(shop, event, path=f"/webhook/ycloud/{shop.tenant_id}")
    alias = await deliver(shop, inbound(shop, customer, "por el alias"), path="/webhook")

    assert (foreign.status_code, nobody.status_code) == (401, 401)
    assert own.json() == alias.json() == {"status": "accepted"}


async def test_a_number_of_no_shop_is_ignored_and_a_shop_made_later_answers_on_it(system: System) -> None:
    shop = await system.new_shop()
    customer = shop.customer()
    nowhere = inbound(shop, customer, "a un número que no existe", to="+5491199988877")

    ignored = await deliver(shop, nowhere)
    later = await system.new_shop()
    await later.say(customer, "hola tienda nueva")

    assert ignored.json() == {"status": "ignored"}
    assert len(await later.answers(customer)) >= 1


@pytest.mark.parametrize("which", ["new", "previous"])
async def test_after_a_secret_is_rotated_the_new_one_and_the_previous_one_sign(system: System, which: str) -> None:
    shop = await system.new_shop()
    customer = shop.customer()
    renewed = f"whsec_{uuid.uuid4().hex}"
    put = await system.admin(shop.tenant_id).put(
        f"/admin/tenants/{shop.tenant_id}/credentials/ycloud",
        json={"api_key": shop.api_key, "webhook_secret": renewed},
    )
    put.raise_for_status()
    shop.secret = renewed if which == "new" else shop.secret

    event = inbound(shop, customer, f"firmado con {which}")

    async def accepted() -> bool:
        """As the provider does: tried again until the gateway has heard of the new secret."""
        return (await deliver(shop, event)).status_code == 200

    await eventually(accepted, within=3, every=0.3, what="the signature accepted")
    assert len(await shop.answers(customer)) >= 1


async def test_one_shops_broken_provider_key_does_not_hold_up_another(system: System) -> None:
    broken, sound = await system.new_shop(), await system.new_shop()
    customer = broken.customer()
    await system.fault("ycloud.send", "hang", match={"from": broken.number}, times=-1, seconds=5)
    await system.fault("tiendanube", "hang", match={"store_id": broken.store_id}, times=-1, seconds=5)

    for n in range(5):
        await broken.say(broken.customer(), f"tenés puntas {n}?")
    await sound.say(customer, "Tenés puntas de danza talle 37?")
    sends = await sound.bubbles(customer, within=5)

    assert "Giselle" in "\n".join(texts_of(sends))
