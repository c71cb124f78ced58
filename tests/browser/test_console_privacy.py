"""A customer asks for her data and to be forgotten, and the shop's owner does both from the panel."""

import zipfile

from playwright.async_api import expect

from tests.browser.console import card, go, is_sound
from tests.browser.visitor import WIDE, Visitor, customer_named, row_of
from tests.system import Shop


async def test_an_owner_hands_a_customers_data_out_and_erases_her_from_the_chat(visitor: Visitor, shop: Shop) -> None:
    visitor.expect_complaint(r"status of 404 .*/api/admin/privacy/person")
    lucia = await customer_named(shop, "Lucía")
    await shop.say(lucia, "Hola, soy Lucía", name="Lucía")
    await shop.answers(lucia)
    page = await visitor.signed_in(shop)
    await page.set_viewport_size(WIDE)
    await row_of(page, "Lucía").click()
    async with page.expect_download() as downloading:
        await page.get_by_role("link", name="Descargar sus datos").click()
    with zipfile.ZipFile(await (await downloading.value).path()) as archive:
        assert "Hola, soy Lucía" in archive.read("datos.json").decode()

    await page.get_by_role("button", name="Borrar sus datos").click()
    sure = page.get_by_role("button", name="Borrar para siempre")
    await expect(sure).to_be_disabled()
    await page.get_by_role("textbox", name="para confirmar").fill(lucia[-4:])
    await sure.click()

    await expect(page.get_by_text("Borrado: 1 conversación")).to_be_visible()
    await expect(row_of(page, "Lucía")).to_have_count(0)
    await go(page, "#/ajustes/privacidad")
    await page.get_by_text("Cerrados (2)").click()
    await expect(page.get_by_role("listitem").filter(has_text="Borrado de una persona")).to_contain_text(
        "1 conversación"
    )
    await card(page, "Los datos de una persona").get_by_label("Teléfono").fill(lucia)
    await page.get_by_role("button", name="Borrar…").click()
    await expect(page.get_by_text("No hay nada guardado de esa persona")).to_be_visible()
    await is_sound(page)
