"""What a person sends from the panel besides text: files, templates, and again what did not arrive."""

import io
import re
from typing import Any

from PIL import Image
from playwright.async_api import FilePayload, Locator, Page, expect

from tests.browser.visitor import (
    NARROW,
    WIDE,
    Visitor,
    a_day_passes,
    customer_named,
    row_of,
    scrolls_sideways,
    sends,
    thread_of,
)
from tests.journeys.scripts import texts_of
from tests.service import eventually
from tests.system import Shop, System


async def test_a_photo_goes_out_with_its_comment_and_what_whatsapp_refuses_is_said_before(
    visitor: Visitor, shop: Shop
) -> None:
    lucia, page = await _chat_with(visitor, shop, "Lucía")

    await _choose(page, ("zapatilla.png", "image/png", _photo()), ("dibujo.svg", "image/svg+xml", b"<svg/>"))
    await expect(page.get_by_role("alert")).to_have_text(
        "WhatsApp no acepta “dibujo.svg” como foto: guardala como JPG o PNG."
    )
    await expect(page.get_by_role("img", name="Foto zapatilla.png")).to_be_visible()
    await page.get_by_role("textbox", name="Mensaje").fill("Es esta")
    await page.keyboard.press("Enter")

    await expect(thread_of(page).get_by_text("Es esta", exact=True)).to_have_count(1)
    (sent,) = await eventually(lambda: _received(shop, lucia, "image"), what="the photo received")
    assert sent["content"]["caption"] == "Es esta"
    await expect(thread_of(page).get_by_role("link", name="Abrir la imagen").last).to_be_visible()
    await expect(page.get_by_role("list", name="Archivos para enviar")).to_be_hidden()


async def test_files_are_pasted_and_dropped_taken_out_again_and_sent_in_their_order(
    visitor: Visitor, shop: Shop
) -> None:
    lucia, page = await _chat_with(visitor, shop, "Lucía")
    tray = page.get_by_role("list", name="Archivos para enviar")

    await _hand_over(page, "paste", "pegado.txt", "uno")
    await _hand_over(page, "drop", "soltado.txt", "dos")
    await _hand_over(page, "drop", "de más.txt", "tres")
    await expect(tray.get_by_role("listitem")).to_have_count(3)
    await tray.get_by_role("button", name="Quitar de más.txt").press("Enter")
    await expect(page.get_by_role("button", name="Adjuntar archivos")).to_be_focused()
    await page.get_by_role("button", name="Enviar").click()

    await expect(thread_of(page).get_by_role("link", name="Descargar soltado.txt")).to_be_visible()
    await shop.settled(lucia)
    names = [send["content"]["filename"] for send in await _received(shop, lucia, "document")]
    assert names == ["pegado.txt", "soltado.txt"]
    await expect(thread_of(page).get_by_role("link", name=re.compile("Descargar"))).to_have_count(2)


async def test_a_file_that_is_not_what_it_says_comes_back_with_the_servers_words(visitor: Visitor, shop: Shop) -> None:
    visitor.expect_complaint(r"status of 415 .*/api/admin/media")
    lucia, page = await _chat_with(visitor, shop, "Lucía")

    await _choose(page, ("lista.pdf", "application/pdf", b"MZ this is no PDF"))
    await page.get_by_role("button", name="Enviar").click()

    await expect(thread_of(page).get_by_text("WhatsApp no acepta ese tipo de archivo")).to_be_visible()
    await expect(thread_of(page).get_by_role("button", name="Reintentar")).to_be_visible()
    await thread_of(page).get_by_role("button", name="Quitar").click()
    await expect(thread_of(page).get_by_text("lista.pdf")).to_have_count(0)
    assert await _received(shop, lucia, "document") == []


async def test_who_wrote_yesterday_gets_a_template_and_reads_what_the_preview_showed(
    visitor: Visitor, shop: Shop
) -> None:
    camila = await customer_named(shop, "Camila")
    await shop.say(camila, "Hola", name="Camila")
    await shop.answers(camila)
    await a_day_passes(shop, camila)
    page = await visitor.signed_in(shop, size=NARROW)
    await row_of(page, "Camila").click()
    picker = page.get_by_role("region", name="Plantillas")

    await expect(picker).to_contain_text("Pasaron más de 24 h desde su último mensaje")
    await expect(page.get_by_role("textbox", name="Mensaje")).to_have_count(0)
    await expect(picker.get_by_text("En revisión")).to_be_attached()
    await picker.get_by_role("button", name="Turno recordatorio").press("Enter")
    await expect(picker.get_by_label("Dato 1")).to_be_focused()
    await page.keyboard.type("Camila")
    await page.keyboard.press("Tab")
    await page.keyboard.type("viernes a las 18")
    preview = await picker.get_by_role("group", name="Así la va a leer").locator(".bubble-text").inner_text()
    assert not await scrolls_sideways(page)
    await page.keyboard.press("Enter")

    await expect(thread_of(page).get_by_text("Plantilla: Turno recordatorio")).to_have_count(1)
    await expect(thread_of(page).get_by_text(preview)).to_be_visible()
    (sent,) = await eventually(lambda: _received(shop, camila, "template"), what="the template received")
    assert sent["content"]["name"] == "turno_recordatorio"
    assert "Camila" in preview and "viernes a las 18" in preview


async def test_a_number_that_never_wrote_is_opened_silenced_and_only_a_template_may_go(
    visitor: Visitor, shop: Shop
) -> None:
    visitor.expect_complaint(r"status of 4\d\d .*/api/admin/conversations\]$")
    page = await visitor.signed_in(shop)
    nobody = shop.customer()

    await page.get_by_role("button", name="Nueva conversación").press("Enter")
    dialog = page.get_by_role("dialog", name="Nueva conversación")
    await dialog.get_by_label("Teléfono").fill("12")
    await page.keyboard.press("Enter")
    await expect(dialog.get_by_role("alert")).to_be_visible()
    await dialog.get_by_label("Teléfono").fill(nobody)
    await dialog.get_by_label("Nombre").fill("Profe Inés")
    await page.keyboard.press("Enter")

    await expect(page.get_by_role("heading", name="Profe Inés")).to_be_visible()
    await expect(page.get_by_role("region", name="Plantillas")).to_contain_text("Todavía no te escribió")
    await page.get_by_role("button", name="Pausar el bot").click()
    await expect(page.get_by_text("lo pausaste vos")).to_be_visible()
    await sends(shop, nobody, text="Hola")
    await expect(thread_of(page).get_by_text("Hola", exact=True)).to_be_visible()
    await expect(page.get_by_text(re.compile("Te toca responder"))).to_be_visible()
    await expect(page.get_by_role("textbox", name="Mensaje")).to_be_visible()
    await shop.stays_at(nobody, 0)


async def test_a_message_of_unknown_fate_says_what_that_means_and_is_sent_again_once(
    visitor: Visitor, shop: Shop, house: System
) -> None:
    lucia, page = await _chat_with(visitor, shop, "Lucía")
    bubble = await _unknown(page, shop, house, "Te lo reservo")

    await expect(bubble).to_contain_text("La confirmación todavía puede llegar")
    await expect(bubble.get_by_role("button")).to_have_count(0)
    await _ten_minutes_pass(shop, house)
    await expect(bubble).to_contain_text("Si lo reenviás puede llegarle dos veces")
    await bubble.get_by_role("button", name="Reenviar").click()

    await bubble.get_by_role("button", name="Ir al que se reenvió").press("Enter")
    await expect(thread_of(page).locator(".bubble.found")).to_be_focused()
    await expect(thread_of(page).locator(".bubble.found")).to_contain_text("Te lo reservo")
    await shop.settled(lucia)
    assert texts_of(await shop.received(lucia)).count("Te lo reservo") == 1


async def test_a_message_of_unknown_fate_is_let_go_taken_back_in_time_and_a_refusal_undoes_it(
    visitor: Visitor, shop: Shop, house: System
) -> None:
    visitor.expect_complaint(r"status of 503 .*/discard\]$")
    _, page = await _chat_with(visitor, shop, "Lucía")
    bubble = await _unknown(page, shop, house, "Te lo reservo")
    await _ten_minutes_pass(shop, house)
    discard = bubble.get_by_role("button", name="Descartar")

    await discard.click()
    await expect(discard).to_have_count(0)
    await page.get_by_role("button", name="Deshacer").click()
    await expect(discard).to_be_visible()
    refusal = {"error": {"code": "down", "message": "El servidor está ocupado."}}
    await page.route("**/discard", lambda route: route.fulfill(status=503, json=refusal))
    await discard.click()
    await expect(page.get_by_text("No se pudo descartar. El servidor está ocupado.")).to_be_visible()
    await expect(discard).to_be_visible()
    await page.unroute("**/discard")
    await discard.click()

    async def gone() -> bool:
        row = await house.one(
            "select provider_status from chat_messages where tenant_id = $1 and content = 'Te lo reservo'",
            shop.tenant_id,
        )
        return bool(row["provider_status"] == "discarded")

    await eventually(gone, what="the message let go")
    await expect(bubble.get_by_role("button")).to_have_count(0)


async def _chat_with(visitor: Visitor, shop: Shop, name: str) -> tuple[str, Page]:
    """A customer who has just written and been answered, and the panel at her chat."""
    customer = await customer_named(shop, name)
    await shop.say(customer, "Hola", name=name)
    await shop.answers(customer)
    page = await visitor.signed_in(shop, size=WIDE)
    await row_of(page, name).click()
    await expect(thread_of(page).get_by_text("Hola", exact=True)).to_be_visible()
    return customer, page


async def _unknown(page: Page, shop: Shop, house: System, text: str) -> Locator:
    """The bubble of a text that the panel sent and nobody knows whether it arrived."""
    await house.fault("ycloud.send", "reset")
    await page.get_by_role("textbox", name="Mensaje").fill(text)
    await page.keyboard.press("Enter")
    await eventually(lambda: shop.events("send_unknown"), what="the send unknown")
    bubble = thread_of(page).locator(".bubble.human").filter(has_text=text).first
    await expect(bubble).to_contain_text("No sabemos si llegó")
    return bubble


async def _received(shop: Shop, customer: str, kind: str) -> list[dict[str, Any]]:
    return [send for send in await shop.received(customer) if send["type"] == kind]


async def _ten_minutes_pass(shop: Shop, house: System) -> None:
    aged = """update chat_messages set status_at = status_at - interval '11 minutes'
              where tenant_id = $1 and provider_status = 'unknown' returning id"""
    assert await house.one(aged, shop.tenant_id)


async def _choose(page: Page, *files: tuple[str, str, bytes]) -> None:
    async with page.expect_file_chooser() as choosing:
        await page.get_by_role("button", name="Adjuntar archivos").click()
    given: list[FilePayload] = [{"name": name, "mimeType": mime, "buffer": data} for name, mime, data in files]
    await (await choosing.value).set_files(given)


async def _hand_over(page: Page, how: str, name: str, text: str) -> None:
    """Paste or drop a text file, as the browser tells the page of it."""
    await page.evaluate(
        """([how, name, text]) => {
          const data = new DataTransfer();
          data.items.add(new File([text], name, { type: 'text/plain' }));
          const about = { bubbles: true, cancelable: true };
          const box = document.querySelector('textarea');
          box.dispatchEvent(how === 'paste' ? new ClipboardEvent('paste', { ...about, clipboardData: data })
                                            : new DragEvent('drop', { ...about, dataTransfer: data }));
        }""",
        [how, name, text],
    )


def _photo() -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (300, 200), "pink").save(out, "PNG")
    return out.getvalue()
