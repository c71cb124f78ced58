"""The Orchestrator goes away and comes back while a person writes."""

from playwright.async_api import expect

from tests.browser.visitor import Visitor, customer_named, row_of, thread_of
from tests.journeys.scripts import texts_of
from tests.system import Shop, System


async def test_a_lost_server_is_said_at_the_top_nothing_is_lost_and_the_message_goes_out_once(
    visitor: Visitor, shop: Shop, house: System
) -> None:
    visitor.expect_complaint(r"status of 502 ")
    customer = await customer_named(shop, "Lucía")
    await shop.say(customer, "Hola", name="Lucía")
    before = len(await shop.answers(customer))
    page = await visitor.signed_in(shop)
    await row_of(page, "Lucía").click()
    await expect(thread_of(page).get_by_text("Hola", exact=True)).to_be_visible()
    strip = page.get_by_role("status").filter(has_text="Sin conexión con el servidor")
    await expect(strip).to_be_hidden()

    house.services["orchestrator-service"].kill()
    try:
        await expect(strip).to_be_visible()
        await page.get_by_role("textbox", name="Mensaje").fill("¿Seguís ahí?")
        await page.get_by_role("button", name="Enviar").click()
        await expect(thread_of(page).get_by_text("El servidor no responde")).to_be_visible()
        await expect(thread_of(page).get_by_text("Hola", exact=True)).to_be_visible()
    finally:
        await house.services["orchestrator-service"].restart()
    await thread_of(page).get_by_role("button", name="Reintentar").click()

    await expect(strip).to_be_hidden()
    await shop.bubbles(customer, before + 1)
    await expect(thread_of(page).get_by_role("button", name="Reintentar")).to_have_count(0)
    await expect(thread_of(page).get_by_text("¿Seguís ahí?")).to_have_count(1)
    assert texts_of(await shop.received(customer)).count("¿Seguís ahí?") == 1
