"""A day at the inbox: find a chat, take it, answer it with time to think again, and hand it back."""

import re
from typing import Any

import pytest
from playwright.async_api import Locator, Page, expect

from tests.browser.axe import serious_faults
from tests.browser.chromium import MICROPHONE, open_chromium
from tests.browser.visitor import Visitor, customer_named, row_of, thread_of
from tests.journeys.scripts import texts_of
from tests.service import eventually
from tests.system import Shop, System


async def test_words_said_long_ago_are_found_without_accents_and_gone_to(visitor: Visitor, shop: Shop) -> None:
    lucia, sofia = await customer_named(shop, "Lucía"), await customer_named(shop, "Sofía")
    echo = {"to": lucia, "from": shop.number, "text": "Te guardé un tutú rosado"}  # the bot keeps out from here on
    await shop.say(lucia, "Hola", name="Lucía")
    await shop.answers(lucia)
    (await shop.system.sandbox.post("/sandbox/owner/messages", json=echo)).raise_for_status()
    for number in range(60):  # more than a page of the thread
        await shop.system.sandbox.post(
            f"/sandbox/phone/{lucia}/messages", json={"to": shop.number, "text": f"y {number}"}
        )
    await shop.say(sofia, "Hola", name="Sofía")
    await shop.settled(lucia)
    page = await visitor.signed_in(shop)
    await expect(row_of(page, "Sofía")).to_be_visible()

    await page.keyboard.press("/")
    await page.keyboard.type("TUTU ROSADO")

    await expect(row_of(page, "Sofía")).to_have_count(0)
    await expect(row_of(page, "Lucía").locator("mark")).to_have_text(["tutú", "rosado"])
    await page.keyboard.press("ArrowDown")
    await page.keyboard.press("Enter")
    found = thread_of(page).locator(".bubble.found")
    await expect(found).to_contain_text("Te guardé un tutú rosado")
    await expect(found).to_be_in_viewport()
    await thread_of(page).press("End")
    await expect(thread_of(page).get_by_text("y 59", exact=True)).to_be_in_viewport()
    await page.get_by_role("searchbox").focus()
    await page.keyboard.press("Escape")
    await expect(row_of(page, "Sofía")).to_be_visible()


async def test_a_chat_is_taken_labelled_noted_and_the_note_reaches_nobody(visitor: Visitor, shop: Shop) -> None:
    marcos = await customer_named(shop, "Marcos Gómez")
    await shop.say(marcos, "Hola", name="Marcos Gómez")
    await shop.answers(marcos)
    received = len(await shop.received(marcos))
    page = await visitor.signed_in(shop)
    await row_of(page, "Marcos").click()
    panel = page.get_by_role("complementary", name="Datos del cliente")

    national = marcos.removeprefix("+549")
    await expect(panel.get_by_role("button", name=re.compile(r"Copiar \+54 9 "))).to_have_count(1)
    await expect(panel.get_by_role("button", name=re.compile(r"Copiar \+54 [^9]"))).to_have_count(1)
    await expect(panel).to_contain_text(national[-4:])
    await panel.get_by_role("button", name="Tomarla").click()
    await expect(row_of(page, "Marcos")).to_contain_text("a cargo de Vos")
    await panel.get_by_role("button", name="Etiqueta", exact=True).press("Enter")
    await panel.get_by_label("Nueva etiqueta").fill("Mayorista")
    await page.keyboard.press("Enter")
    await expect(row_of(page, "Marcos")).to_contain_text("Mayorista")
    await panel.get_by_label("Nota privada").fill("Paga *a fin de mes* <b>siempre</b>")
    await panel.get_by_role("button", name="Guardar nota").click()
    await expect(panel.get_by_role("list", name="Notas")).to_contain_text("Paga *a fin de mes* <b>siempre</b>")

    await page.get_by_role("button", name="Filtrar por persona o etiqueta").click()
    filters = page.get_by_role("complementary", name="Conversaciones")
    await filters.get_by_label("A cargo de").select_option(label="Nadie")
    await expect(row_of(page, "Marcos")).to_have_count(0)
    await filters.get_by_role("button", name="Quitar filtros").click()
    await filters.get_by_role("combobox", name="Etiqueta").select_option(label="Mayorista (1)")
    await expect(row_of(page, "Marcos")).to_be_visible()
    await panel.get_by_role("button", name="Borrar la etiqueta Mayorista").click()
    await page.get_by_role("button", name="Deshacer").click()
    await expect(panel.get_by_role("checkbox", name="Mayorista")).to_be_checked()
    assert len(await shop.received(marcos)) == received
    await expect(thread_of(page).get_by_text("fin de mes")).to_have_count(0)


async def test_what_is_sent_may_be_taken_back_is_kept_over_a_reload_and_goes_once(visitor: Visitor, shop: Shop) -> None:
    lucia = await customer_named(shop, "Lucía Fernández")
    await shop.say(lucia, "Hola", name="Lucía Fernández")
    await shop.answers(lucia)
    reply = {"shortcut": "envios", "text": "¡Hola {nombre}! Enviamos a todo el país, {tienda}."}
    await shop.system.admin(shop.tenant_id).post("/admin/canned-replies", json=reply)
    page = await visitor.signed_in(shop)
    await row_of(page, "Lucía").click()
    box, thread = page.get_by_role("textbox", name="Mensaje"), thread_of(page)

    await box.press("/")
    await page.keyboard.type("ENV")
    await expect(page.get_by_role("listbox", name="Respuestas rápidas")).to_contain_text("/envios")
    assert await serious_faults(page) == []
    await page.keyboard.press("Enter")
    await expect(box).to_have_value("¡Hola Lucía! Enviamos a todo el país, Danza Sur.")
    await page.keyboard.press("Enter")
    await expect(thread.get_by_text("Se envía en 3 s")).to_be_visible()
    await thread.get_by_role("button", name="Deshacer").click()
    await expect(box).to_have_value("¡Hola Lucía! Enviamos a todo el país, Danza Sur.")
    await page.reload()
    await expect(box).to_have_value("¡Hola Lucía! Enviamos a todo el país, Danza Sur.")

    await box.fill("Te lo *reservo*")
    await page.keyboard.press("Enter")
    await expect(thread.get_by_text("Se envía en 3 s")).to_be_visible()
    await page.reload()  # in the three seconds
    await eventually(lambda: _got(shop, lucia, "Te lo *reservo*"), what="the message of the closed page received")
    await expect(thread.get_by_text("Te lo reservo")).to_have_count(1)
    await page.get_by_role("button", name="Plantillas de WhatsApp").click()
    await expect(page.get_by_role("region", name="Plantillas")).to_contain_text("Turno recordatorio")
    await page.keyboard.press("Escape")
    await expect(box).to_be_visible()
    await page.get_by_role("button", name="Enter envía").click()
    await box.fill("Dos renglones")
    await box.press("Enter")
    await page.keyboard.type("juntos")
    await box.press("Control+Enter")
    await eventually(lambda: _got(shop, lucia, "Dos renglones\njuntos"), what="the message sent with Ctrl")
    assert texts_of(await shop.received(lucia)).count("Te lo *reservo*") == 1


async def test_the_bot_is_turned_off_with_a_reason_and_given_back_with_or_without_what_is_pending(
    visitor: Visitor, shop: Shop
) -> None:
    lucia = await customer_named(shop, "Lucía")
    await shop.say(lucia, "Tenés puntas de danza talle 37?", name="Lucía")
    answered = len(await shop.answers(lucia))
    page = await visitor.signed_in(shop)
    await row_of(page, "Lucía").click()

    await thread_of(page).get_by_role("button", name="por qué").first.click()
    why = page.get_by_role("dialog", name="Por qué respondió eso")
    await expect(why.get_by_role("listitem").first).to_contain_text("ms")
    await why.get_by_role("button", name="Cerrar").click()
    await page.get_by_role("button", name="Responde el bot").click()
    await _dialog(page).get_by_label("Apagado").check()
    await _dialog(page).get_by_label("Motivo").fill("Es la prima de Ana")
    await _dialog(page).get_by_role("button", name="Guardar").click()
    await expect(page.get_by_role("button", name="Apagado")).to_be_visible()
    await expect(page.get_by_text("Motivo: Es la prima de Ana")).to_be_visible()
    await expect(row_of(page, "Lucía")).to_contain_text("Apagado")
    await shop.say(lucia, "¿Y medias?", name="Lucía")
    await expect(thread_of(page).get_by_text("¿Y medias?")).to_be_visible()
    await shop.stays_at(lucia, answered)

    await _give_back(page, "No, desde lo próximo")
    await expect(page.get_by_role("button", name="Responde el bot")).to_be_visible()
    await shop.stays_at(lucia, answered)
    await page.keyboard.press("p")
    await expect(page.get_by_text("lo pausaste vos")).to_be_visible()
    await _give_back(page, "Sí, que lo responda")
    await shop.bubbles(lucia, answered + 1)


async def test_rows_stand_still_under_the_pointer_and_the_keys_walk_them(visitor: Visitor, shop: Shop) -> None:
    customers = {name: await customer_named(shop, name) for name in ("Ana", "Bruno", "Carla", "Dora")}
    for name, customer in customers.items():
        await shop.say(customer, "Hola", name=name)
        await shop.settled(customer)
    page = await visitor.signed_in(shop)
    names = page.locator(".row-name")
    await expect(names).to_have_text(["Dora", "Carla", "Bruno", "Ana"])

    await row_of(page, "Bruno").hover()
    for name in ("Ana", "Bruno"):
        await shop.say(customers[name], "¿Siguen ahí?", name=name)
        await shop.settled(customers[name])  # the answers count for the order, too
    await expect(page.get_by_role("button", name="2 nuevos")).to_be_visible()
    await expect(names).to_have_text(["Dora", "Carla", "Bruno", "Ana"])
    await page.get_by_role("button", name="2 nuevos").click()
    await expect(names).to_have_text(["Bruno", "Ana", "Dora", "Carla"])
    await expect(page).to_have_title("(4) Chats · Nexus")
    assert str(await page.locator('link[rel="icon"]').get_attribute("href")).startswith("data:image/png")

    await page.keyboard.press("j")
    await expect(page.get_by_role("heading", name="Bruno")).to_be_visible()
    await page.keyboard.press("j")
    await expect(page.get_by_role("heading", name="Ana")).to_be_visible()
    await page.keyboard.press("k")
    await expect(page.get_by_role("heading", name="Bruno")).to_be_visible()
    await page.keyboard.press("r")
    await expect(page.get_by_role("textbox", name="Mensaje")).to_be_focused()
    await page.keyboard.press("Escape")
    await page.keyboard.press("?")
    await expect(page.get_by_role("dialog", name="Atajos del teclado")).to_be_visible()
    assert await serious_faults(page) == []


@pytest.mark.usefixtures("chromium")
async def test_a_voice_note_is_recorded_in_what_whatsapp_takes(house: System, shop: Shop) -> None:
    lucia = await customer_named(shop, "Lucía")
    await shop.say(lucia, "Hola", name="Lucía")
    await shop.answers(lucia)
    async with open_chromium(*MICROPHONE) as browser:
        visitor = Visitor(browser, house)
        page = await visitor.signed_in(shop)
        await row_of(page, "Lucía").click()

        await page.get_by_role("button", name="Grabar una nota de voz").click()
        await expect(page.get_by_role("timer", name="Grabando")).to_have_text("0:01")
        await page.get_by_role("button", name="Terminar la grabación").click()
        await expect(page.get_by_role("list", name="Archivos para enviar")).to_contain_text("nota-de-voz.ogg")
        await page.get_by_role("button", name="Enviar", exact=True).click()

        (sent,) = await eventually(lambda: _audios(shop, lucia), what="the voice note received")
        assert sent["type"] == "audio"
        player = thread_of(page).get_by_role("group", name="Audio")
        await expect(player.get_by_role("slider")).to_have_attribute("aria-valuetext", re.compile(r"de 0:0[1-5]$"))
        await visitor.leave()
        assert visitor.complaints() == []


def _dialog(page: Page) -> Locator:
    return page.get_by_role("dialog", name="Quién responde este chat")


async def _give_back(page: Page, answer: str) -> None:
    await page.get_by_role("button", name="Devolver al bot").click()
    ask = page.get_by_role("dialog", name="¿Que el bot responda lo pendiente?")
    await expect(ask).to_contain_text("¿Y medias?")
    await ask.get_by_role("button", name=answer).click()


async def _got(shop: Shop, customer: str, text: str) -> bool:
    return text in texts_of(await shop.received(customer))


async def _audios(shop: Shop, customer: str) -> list[dict[str, Any]]:
    return [send for send in await shop.received(customer) if send["type"] == "audio"]
