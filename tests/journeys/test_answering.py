"""A customer's text is answered from the shop (contract.md 3, 4; S-032, S-039, S-105)."""

from tests.system import System


async def test_a_text_is_answered_with_a_real_products_price_image_and_link(system: System) -> None:
    shop = await system.new_shop()
    customer = shop.customer()
    said = await shop.say(customer, "Tenés puntas de danza talle 37?")
    assert said["delivery"] == {"status": 200, "body": {"status": "accepted"}}
    await shop.bubbles(customer)
    await shop.settled(customer)
    print(await shop.received(customer))
