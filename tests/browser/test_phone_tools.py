"""What lies around the simulator's phones: the provider's clock and faults, the people of the business, numbers."""

import re

from playwright.async_api import Page, expect

from tests.browser.test_phone_messages import business_sends, log_of
from tests.browser.visitor import NARROW, Visitor, customer_named, scrolls_sideways
from tests.system import Shop


async def _open_tools(page: Page) -> None:
    await page.locator("summary").first.click()


async def test_the_window_is_closed_by_moving_the_clock_and_what_then_fails_says_why(
    visitor: Visitor, shop: Shop
) -> None:
    customer = await customer_named(shop, "Lucía")
    page = await visitor.phone(shop)
    await expect(page.get_by_text("Sin ventana: todavía no escribió").first).to_be_visible()
    await shop.say(customer, "Hola", name="Lucía")
    await shop.answers(customer)
    await expect(page.locator("summary")).to_contain_text("Ventana abierta: quedan 23 h")

    await _open_tools(page)
    await page.get_by_role("button", name="+25 h").click()
    await expect(page.locator("summary")).to_contain_text("Ventana cerrada hace 1 h")
    await business_sends(shop, customer, "text", {"body": "¿Seguís ahí?"})

    lost = log_of(page, "Lucía").locator(".bubble", has_text="¿Seguís ahí?")
    await expect(lost).to_contain_text("Pasaron más de 24 h desde el último mensaje del cliente. (131047)")
    await expect(lost.get_by_role("img", name="No se pudo enviar")).to_be_visible()
    await page.get_by_role("button", name="Volver a la hora real").click()
    await expect(page.locator("summary")).to_contain_text("Ventana abierta")


async def test_a_fault_is_switched_on_stands_on_the_page_and_is_switched_off(visitor: Visitor, shop: Shop) -> None:
    await customer_named(shop, "Lucía")
    page = await visitor.phone(shop)
    sandbox = shop.system.sandbox

    await page.get_by_role("button", name="Fallas de los proveedores").click()
    for name in ("Los envíos dan 500", "El transcriptor está caído"):
        await page.get_by_role("switch", name=re.compile(name)).click()
    await expect(page.get_by_role("switch", name=re.compile("transcriptor"))).to_be_enabled()
    await page.get_by_role("switch", name=re.compile("Los envíos dan 500")).click()
    await page.get_by_role("button", name="Listo").click()

    strip = page.get_by_role("status").filter(has_text="Fallas prendidas")
    await expect(strip).to_contain_text("El transcriptor está caído")
    await expect(strip).not_to_contain_text("500")
    faults = (await sandbox.get("/sandbox/faults")).json()["faults"]
    assert [(fault["target"], fault["kind"], fault["times"]) for fault in faults] == [("stt", "500", -1)]
    await strip.get_by_role("button", name="Apagar todo").click()
    await expect(strip).to_be_hidden()
    assert (await sandbox.get("/sandbox/faults")).json()["faults"] == []


async def test_a_person_answers_from_the_inbox_and_the_owner_sends_a_picture(visitor: Visitor, shop: Shop) -> None:
    customer = await customer_named(shop, "Lucía")
    await shop.say(customer, "Hola", name="Lucía")
    await shop.answers(customer)
    page = await visitor.phone(shop)
    photo = await shop.system.sandbox.get("/sandbox/media/foto-zapatilla")
    log = log_of(page, "Lucía")

    await _open_tools(page)
    await page.get_by_label("Respuesta del Inbox").fill("Te atiende Ana")
    await page.get_by_label("Respuesta del Inbox").press("Enter")
    await expect(log.locator(".bubble", has_text="Te atiende Ana")).to_contain_text("Desde el Inbox web de YCloud")
    async with page.expect_file_chooser() as chooser:
        await page.get_by_role("button", name="Foto desde el teléfono del dueño").click()
    await (await chooser.value).set_files({"name": "puntas.jpg", "mimeType": "image/jpeg", "buffer": photo.content})
    await page.get_by_role("dialog").get_by_role("button", name="Enviar").click()

    from_owner = log.locator(".bubble", has_text="Desde el teléfono del dueño")
    await expect(from_owner.get_by_role("link", name="Abrir la imagen")).to_be_visible()


async def test_a_customer_without_a_number_is_added_by_her_username_and_shows_it_later(
    visitor: Visitor, shop: Shop
) -> None:
    page = await visitor.phone(shop, size=NARROW)

    await page.get_by_role("banner").get_by_role("button", name="Agregar cliente").click()
    dialog = page.get_by_role("dialog", name="Agregar cliente")
    await dialog.get_by_label("Nombre").fill("Abril")
    await dialog.get_by_label("Oculta su teléfono").check()
    await dialog.get_by_label("Usuario", exact=True).fill("abril.baila")
    await dialog.get_by_role("button", name="Agregar").click()
    phone = page.get_by_role("region", name="Teléfono de Abril")
    await expect(phone).to_contain_text("@abril.baila")
    await page.get_by_role("button", name=re.compile("^¿Cuánto salen")).click()
    await expect(log_of(page, "Abril").get_by_text("¿Cuánto salen las medias?")).to_be_visible()
    assert not await scrolls_sideways(page)

    await _open_tools(page)
    await page.get_by_role("button", name="Mostrar su número").click()
    await expect(phone).to_contain_text("+54 9")
    known = (await shop.system.sandbox.get("/sandbox/customers")).json()["customers"]
    assert [(c["username"], c["hidden_phone"]) for c in known] == [("abril.baila", False)]


async def test_a_customer_opens_the_chat_sends_a_poll_and_changes_her_number(visitor: Visitor, shop: Shop) -> None:
    lucia = await customer_named(shop, "Lucía")
    page = await visitor.phone(shop)
    await page.get_by_role("button", name=re.compile("^¿Cuánto salen")).click()
    await shop.settled(lucia)  # the answer moves the page's buttons while it comes in
    await _open_tools(page)

    await page.get_by_role("button", name="Abrir el chat sin escribir").click()
    await page.get_by_role("button", name="Mandar una encuesta").click()
    await expect(log_of(page, "Lucía").get_by_text("Una encuesta")).to_be_visible()
    await page.get_by_role("button", name="Cambiar de número").click()
    dialog = page.get_by_role("dialog", name="Lucía cambia de número")
    await dialog.get_by_label("Número nuevo").fill("351 555 0177")
    await dialog.get_by_role("button", name="Cambiar", exact=True).click()

    await expect(page.get_by_role("region", name="Teléfono de Lucía")).to_contain_text("+54 9 351 555-0177")
    await expect(log_of(page, "Lucía").get_by_text("¿Cuánto salen las medias?")).to_be_visible()
    types = await shop.system.sandbox.get("/sandbox/webhook-log", params={"number": shop.number})
    assert len(types.json()["attempts"]) >= 4
