"""Every kind of message on the simulator's phones: what a customer sends, taps and answers, seen on her own screen."""

import re
from pathlib import Path
from typing import Any

from playwright.async_api import Locator, Page, expect

from tests.browser.visitor import NARROW, Visitor, customer_named, scrolls_sideways
from tests.system import Shop

# A tone where the machine has no microphone: the browser's own recorder does the rest.
MICROPHONE = """navigator.mediaDevices.getUserMedia = async () => {
  const context = new AudioContext(), tone = context.createOscillator(), end = context.createMediaStreamDestination();
  tone.connect(end); tone.start();
  return end.stream; };"""


def log_of(page: Page, name: str) -> Locator:
    """The messages on a customer's phone."""
    return page.get_by_role("log", name=re.compile(f"Chat de {name}"))


async def business_sends(shop: Shop, customer: str, kind: str, content: dict[str, Any]) -> str:
    """The business hands a message to YCloud with its own key; the wamid."""
    body = {"from": shop.number, "to": customer, "type": kind, kind: content}
    answer = await shop.system.sandbox.post(
        "/ycloud/v2/whatsapp/messages/sendDirectly", json=body, headers={"X-API-Key": shop.api_key}
    )
    answer.raise_for_status()
    return str(answer.json()["wamid"])


async def test_a_sample_voice_note_is_sent_by_one_touch_and_plays(visitor: Visitor, shop: Shop) -> None:
    await customer_named(shop, "Lucía")
    page = await visitor.phone(shop)

    await page.get_by_role("button", name=re.compile("Mandar un audio que dice")).first.click()

    player = log_of(page, "Lucía").get_by_role("group", name="Audio del cliente")
    await expect(player.locator(".player-time")).to_have_text(re.compile(r"0:0[1-9]"))
    await expect(log_of(page, "Lucía").get_by_text(re.compile("El audio dice"))).to_be_attached()
    await player.get_by_role("button", name="Reproducir").click()
    await expect(player.get_by_role("button", name="Pausar")).to_be_visible()
    place = player.get_by_role("slider")
    await expect(place).to_have_attribute("aria-valuetext", re.compile(r"^0:0[1-9] de"))

    await page.get_by_role("button", name=re.compile("Mandar un audio que dice")).first.click()
    await expect(log_of(page, "Lucía").get_by_role("group", name="Audio del cliente")).to_have_count(2)


async def test_a_voice_note_is_recorded_and_sent_with_what_it_says(visitor: Visitor, shop: Shop) -> None:
    await customer_named(shop, "Lucía")
    page = await visitor.phone(shop)
    await page.evaluate(MICROPHONE)

    await page.get_by_role("button", name="Grabar un audio").click()
    await expect(page.get_by_role("timer")).to_have_text("0:01")
    await page.get_by_role("button", name="Terminar la grabación").click()
    dialog = page.get_by_role("dialog", name=re.compile("Tu audio"))
    await dialog.get_by_label("¿Qué dice?").fill("¿Hacen envíos a Rosario?")
    await dialog.get_by_label("¿Qué dice?").press("Enter")

    await expect(log_of(page, "Lucía").get_by_text("«¿Hacen envíos a Rosario?»")).to_be_visible()
    await expect(log_of(page, "Lucía").get_by_role("img", name="Enviado").or_(_read(page))).to_be_visible()
    await expect(page.get_by_label("Mensaje de Lucía")).to_be_focused()


async def test_without_a_microphone_the_page_says_so_and_what_to_do(visitor: Visitor, shop: Shop) -> None:
    await customer_named(shop, "Lucía")
    page = await visitor.phone(shop)

    await page.get_by_role("button", name="Grabar un audio").click()

    await expect(page.get_by_role("alert").filter(has_text="audio de ejemplo")).to_be_visible()


async def test_a_picture_with_its_caption_and_a_sample_document_stand_in_the_chat(
    visitor: Visitor, shop: Shop, tmp_path: Path
) -> None:
    await customer_named(shop, "Lucía")
    page = await visitor.phone(shop)
    sample = await shop.system.sandbox.get("/sandbox/media/foto-zapatilla")
    photo = tmp_path / "zapatilla.jpg"
    photo.write_bytes(sample.content)

    await page.get_by_role("button", name="Adjuntar").click()
    async with page.expect_file_chooser() as chooser:
        await page.get_by_role("menuitem", name="Foto o video").click()
    await (await chooser.value).set_files(photo)
    dialog = page.get_by_role("dialog", name="Mandar la foto")
    await dialog.get_by_label("Texto").fill("¿La tenés en 38?")
    await dialog.get_by_role("button", name="Enviar").click()

    log = log_of(page, "Lucía")
    await expect(log.get_by_text("¿La tenés en 38?")).to_be_visible()
    picture = log.get_by_role("link", name="Abrir la imagen").locator("img").first
    assert await picture.evaluate("image => image.decode().then(() => image.naturalWidth)") > 0
    await page.get_by_role("button", name="Adjuntar").click()
    await page.get_by_role("menuitem", name="Comprobante en PDF").click()
    await expect(log.get_by_role("link", name=re.compile(r"comprobante\.pdf"))).to_be_visible()
    await page.get_by_role("button", name="Adjuntar").click()
    await page.get_by_role("menuitem", name="Sticker").click()
    await expect(log.get_by_role("img", name="Sticker")).to_be_visible()


async def test_a_location_and_a_contact_come_with_an_example_filled_in(visitor: Visitor, shop: Shop) -> None:
    await customer_named(shop, "Lucía")
    page = await visitor.phone(shop)
    log = log_of(page, "Lucía")

    for entry, seen in (("Ubicación", "Obelisco"), ("Contacto", "Abril Cabrera")):
        await page.get_by_role("button", name="Adjuntar").click()
        await page.get_by_role("menuitem", name=entry).click()
        await page.get_by_role("dialog").get_by_role("button", name="Enviar").click()
        await expect(log.get_by_text(seen)).to_be_visible()

    assert not await scrolls_sideways(page)


async def test_a_reply_button_and_a_row_of_a_list_are_answered_with_a_quote(visitor: Visitor, shop: Shop) -> None:
    customer = await customer_named(shop, "Lucía")
    await shop.say(customer, "Hola", name="Lucía")
    page = await visitor.phone(shop)
    log = log_of(page, "Lucía")
    buttons = [{"type": "reply", "reply": {"id": "p:1", "title": "Retiro en el local"}}]
    rows = [{"id": "t:37", "title": "Talle 37", "description": "Quedan 3"}]
    await business_sends(
        shop, customer, "interactive",
        {"type": "button", "body": {"text": "¿Cómo lo recibís?"}, "action": {"buttons": buttons}},
    )  # fmt: skip
    await business_sends(
        shop, customer, "interactive",
        {"type": "list", "body": {"text": "Elegí tu talle"},
         "action": {"button": "Ver talles", "sections": [{"title": "Puntas", "rows": rows}]}},
    )  # fmt: skip

    await log.get_by_role("button", name="Retiro en el local").click()
    await expect(_mine(log, "Retiro en el local").get_by_role("button", name=re.compile("¿Cómo lo"))).to_be_visible()
    await log.get_by_role("button", name="Ver talles").click()
    await page.get_by_role("dialog", name="Ver talles").get_by_role("button", name=re.compile("Talle 37")).click()

    await expect(_mine(log, "Talle 37").get_by_role("button", name=re.compile("Elegí tu talle"))).to_be_visible()
    replies = [m["type"] for m in await _thread(shop, customer) if m["direction"] == "in"]
    assert replies == ["text", "interactive", "interactive"]


async def test_a_template_is_shown_with_its_words_and_its_button_answers_as_a_templates(
    visitor: Visitor, shop: Shop
) -> None:
    customer = await customer_named(shop, "Lucía")
    page = await visitor.phone(shop)
    log = log_of(page, "Lucía")
    words = [{"type": "text", "text": word} for word in ("Lucía", "martes 10 hs")]
    template = {"name": "turno_recordatorio", "language": {"code": "es_AR"}}
    await business_sends(
        shop, customer, "template", template | {"components": [{"type": "body", "parameters": words}]}
    )  # fmt: skip

    reminder = _bubble(log, "martes 10 hs")
    await expect(reminder).to_be_visible()
    answer = reminder.locator(".choice").first
    title = await answer.inner_text()
    await answer.click()

    await expect(_mine(log, title).get_by_role("button", name=re.compile("martes 10 hs|turno"))).to_be_visible()
    assert [m["type"] for m in await _thread(shop, customer)][:2] == ["template", "button"]


async def test_what_whatsapp_could_not_deliver_is_told_with_its_reason_and_cannot_be_answered(
    visitor: Visitor, shop: Shop
) -> None:
    customer = await customer_named(shop, "Lucía")
    await shop.say(customer, "Hola", name="Lucía")
    page = await visitor.phone(shop)
    wamid = await business_sends(shop, customer, "text", {"body": "Esto no llega"})

    await shop.system.sandbox.post(f"/sandbox/ledger/{wamid}/status", json={"status": "failed", "error_code": "131026"})

    lost = _bubble(log_of(page, "Lucía"), "Esto no llega")
    await expect(lost).to_contain_text("WhatsApp no lo pudo entregar en ese número. (131026)")
    await expect(lost.get_by_role("img", name="No se pudo enviar")).to_be_visible()
    await expect(lost.get_by_role("button")).to_have_count(0)


async def test_a_long_touch_opens_the_menu_and_lifting_the_finger_chooses_nothing(visitor: Visitor, shop: Shop) -> None:
    customer = await customer_named(shop, "Lucía")
    await shop.say(customer, "Hola", name="Lucía")
    page = await visitor.phone(shop, size=NARROW)
    await _settled(shop, customer, page)
    box = await _mine(log_of(page, "Lucía"), "Hola").bounding_box()
    assert box is not None
    touch = await page.context.new_cdp_session(page)
    finger = {"x": box["x"] + box["width"] / 2, "y": box["y"] + box["height"] / 2}

    await touch.send("Input.dispatchTouchEvent", {"type": "touchStart", "touchPoints": [finger]})
    await expect(page.get_by_role("menu")).to_be_visible()
    await touch.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    await expect(page.get_by_role("menuitem", name="Responder")).to_be_visible()
    await page.get_by_role("menuitem", name="Responder").click()

    await expect(page.get_by_text("Respondiendo a su propio mensaje")).to_be_visible()


async def test_a_message_is_quoted_and_reacted_to_by_keyboard_alone(visitor: Visitor, shop: Shop) -> None:
    customer = await customer_named(shop, "Lucía")
    await shop.say(customer, "Hola", name="Lucía")
    page = await visitor.phone(shop)
    log = log_of(page, "Lucía")
    await business_sends(shop, customer, "text", {"body": "Llegaron las puntas nuevas"})
    await expect(log.get_by_text("Llegaron las puntas nuevas")).to_be_visible()
    await _settled(shop, customer, page)

    handle = _bubble(log, "Llegaron las puntas nuevas").get_by_role("button", name="Reaccionar o responder")
    await handle.focus()
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("menuitemcheckbox", name="Reaccionar: pulgar arriba")).to_be_focused()
    await page.keyboard.press("ArrowRight")
    await page.keyboard.press("Enter")
    await expect(log.get_by_text("Reaccionó: el cliente ❤️")).to_be_attached()
    await expect(handle).to_be_focused()
    await page.keyboard.press("Enter")
    await page.keyboard.press("ArrowUp")
    await page.keyboard.press("Enter")
    await expect(page.get_by_label("Mensaje de Lucía")).to_be_focused()
    await page.keyboard.type("Qué bueno")
    await page.keyboard.press("Enter")

    quote = _mine(log, "Qué bueno").get_by_role("button", name=re.compile("Llegaron las puntas"))
    await quote.click()
    await expect(_bubble(log, "Llegaron las puntas nuevas").first).to_have_class(re.compile("pointed"))


async def test_a_reaction_is_taken_back_by_the_same_touch(visitor: Visitor, shop: Shop) -> None:
    customer = await customer_named(shop, "Lucía")
    page = await visitor.phone(shop)
    log = log_of(page, "Lucía")
    await page.get_by_label("Mensaje de Lucía").fill("Hola")
    await page.get_by_label("Mensaje de Lucía").press("Enter")
    await _settled(shop, customer, page)

    for name in ("Reaccionar: risa", "Quitar la reacción: risa"):
        await _mine(log, "Hola").click(button="right")
        await page.get_by_role("menuitemcheckbox", name=name).click()
        reacted = log.get_by_text("Reaccionó: el cliente 😂")
        await expect(reacted).to_have_count(1 if name.startswith("Reaccionar") else 0)


async def _settled(shop: Shop, customer: str, page: Page) -> None:
    """The shop has said what it had to say, and the phone shows it."""
    await shop.answers(customer)
    last = (await _thread(shop, customer))[-1]
    await expect(page.locator(f'[data-id="{last["id"]}"]')).to_be_visible()


async def _thread(shop: Shop, customer: str) -> list[dict[str, Any]]:
    answer = await shop.system.sandbox.get(f"/sandbox/phone/{customer}/messages", params={"to": shop.number})
    return list(answer.json()["messages"])


def _bubble(log: Locator, words: str) -> Locator:
    return log.locator(".bubble").filter(has=log.page.locator(".bubble-text", has_text=words))


def _mine(log: Locator, words: str) -> Locator:
    return log.locator(".bubble.mine").filter(has=log.page.locator(".bubble-text", has_text=words))


def _read(page: Page) -> Locator:
    return page.get_by_role("img", name="Leído")
