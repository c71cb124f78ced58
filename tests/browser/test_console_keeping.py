"""The owner sees what a shorter time would delete before it is saved, and notes what a customer does not want."""

from playwright.async_api import expect

from tests.browser.console import card, go
from tests.browser.visitor import NARROW, WIDE, Visitor, customer_named, row_of
from tests.system import Shop, System


async def test_days_are_counted_asked_about_and_saved_and_a_consent_is_noted(
    visitor: Visitor, shop: Shop, house: System
) -> None:
    lucia = await customer_named(shop, "Lucía")
    await shop.say(lucia, "Hola", name="Lucía")
    await shop.answers(lucia)
    page = await visitor.signed_in(shop)
    await page.set_viewport_size(WIDE)
    await row_of(page, "Lucía").click()
    await page.get_by_role("button", name="Promociones: anotar que no quiere").click()
    await expect(page.get_by_text("No quiere, lo anotó")).to_be_visible()

    await house.one(  # a month and more goes by
        """with aged as (
               update chat_messages set sent_at = created_at - interval '40 days',
                   created_at = created_at - interval '40 days' where tenant_id = $1 returning 1)
           select count(*) from aged""",
        shop.tenant_id,
    )
    await page.set_viewport_size(NARROW)
    await go(page, "#/ajustes/privacidad")
    days = card(page, "Cuánto se guarda").get_by_label("Mensajes, fotos y audios")
    await days.fill("30")
    await expect(page.get_by_text("Con este plazo, esta noche se borran 2 mensajes de 1 chat")).to_be_visible()
    await card(page, "Cuánto se guarda").get_by_role("button", name="Guardar").click()
    await page.get_by_role("button", name="Cancelar").click()
    await expect(page.get_by_text("No se cambió nada.")).to_be_visible()
    await card(page, "Cuánto se guarda").get_by_role("button", name="Guardar").click()
    await page.get_by_role("button", name="Guardar y borrar").click()
    await expect(card(page, "Cuánto se guarda").get_by_text("Guardado.")).to_be_visible()
