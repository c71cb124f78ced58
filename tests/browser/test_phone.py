"""The simulator's phones, as a curious visitor uses them."""

import re

from playwright.async_api import expect

from tests.browser.visitor import Visitor, customer_named
from tests.system import Shop, System


async def test_a_question_is_answered_with_picture_price_and_link(visitor: Visitor, shop: Shop) -> None:
    await customer_named(shop, "Lucía")
    page = await visitor.phone(shop)
    log = page.get_by_role("log", name=re.compile("Chat de Lucía"))

    await page.get_by_label("Mensaje de Lucía").fill("Tenés puntas de danza talle 37?")
    await page.get_by_label("Mensaje de Lucía").press("Enter")

    await expect(log.get_by_text("Tenés puntas de danza talle 37?")).to_be_visible()
    await expect(log.get_by_text(re.compile(r"\$\s49\.900"))).to_be_visible()
    await expect(log.get_by_role("strong").filter(has_text="Zapatillas de punta Modelo Giselle")).to_be_visible()
    await expect(log.get_by_role("link", name=re.compile("modelo-giselle"))).to_have_attribute(
        "href", re.compile(r"^https://danzademo\.mitiendanube\.com/")
    )
    picture = log.get_by_role("link", name="Abrir la imagen").locator("img")
    assert await picture.evaluate("image => image.decode().then(() => image.naturalWidth)") > 0


async def test_a_message_the_business_has_read_gets_blue_ticks_and_its_answer_is_announced_by_dots(
    visitor: Visitor, shop: Shop
) -> None:
    customer = await customer_named(shop, "Lucía")
    page = await visitor.phone(shop)
    log = page.get_by_role("log", name=re.compile("Chat de Lucía"))
    wamid = (await shop.say(customer, "Gracias"))["wamid"]
    await shop.answers(customer)

    for act in ("markAsRead", "typingIndicator"):
        await shop.system.sandbox.post(
            f"/ycloud/v2/whatsapp/inboundMessages/{wamid}/{act}", headers={"X-API-Key": shop.api_key}
        )

    await expect(log.get_by_role("img", name="Leído")).to_be_visible()
    await expect(page.get_by_text("escribiendo…")).to_be_visible()
    colour = "element => getComputedStyle(element).color"
    assert await log.locator(".read").evaluate(colour) != await log.get_by_role("time").first.evaluate(colour)


async def test_a_suggestion_is_sent_by_one_touch_and_the_owner_answers_from_his_own_phone(
    visitor: Visitor, shop: Shop
) -> None:
    await customer_named(shop, "Sofía")
    page = await visitor.phone(shop)
    log = page.get_by_role("log", name=re.compile("Chat de Sofía"))

    await page.get_by_role("button", name="¿Cuánto salen las medias?").click()
    await expect(log.get_by_text("¿Cuánto salen las medias?")).to_be_visible()
    await page.locator("summary").click()
    await page.get_by_label("Respuesta del dueño").fill("Hola Sofía, soy *Ana*")
    await page.get_by_label("Respuesta del dueño").press("Enter")

    await expect(log.get_by_text("Desde el teléfono del dueño")).to_be_visible()
    await expect(log.get_by_role("strong").filter(has_text="Ana")).to_be_visible()


async def test_a_customer_is_added_and_the_panel_is_one_link_away(visitor: Visitor, shop: Shop, house: System) -> None:
    page = await visitor.phone(shop)

    await page.get_by_role("banner").get_by_role("button", name="Agregar cliente").click()
    dialog = page.get_by_role("dialog", name="Agregar cliente")
    await dialog.get_by_label("Nombre").fill("Abril")
    await dialog.get_by_label("Número").fill("351 555 0199")
    await dialog.get_by_role("button", name="Agregar").click()

    await expect(page.get_by_role("region", name="Teléfono de Abril")).to_contain_text("+54 9 351 555-0199")
    await expect(page.get_by_role("link", name="Panel")).to_have_attribute("href", house.url("panel"))
