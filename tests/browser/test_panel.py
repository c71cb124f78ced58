"""A person at the panel: in, reads, answers, gives back, out."""

import re

from playwright.async_api import Page, expect

from tests.browser.visitor import (
    NARROW,
    PASSWORD,
    Visitor,
    account,
    customer_named,
    row_of,
    scrolls_sideways,
    thread_of,
)
from tests.journeys.scripts import texts_of
from tests.service import eventually
from tests.system import Shop, System


async def test_a_wrong_password_is_refused_in_words_the_right_one_opens_the_chats_and_salir_closes_them(
    visitor: Visitor, shop: Shop
) -> None:
    visitor.expect_complaint(r"status of 401 .*/api/admin/login\]$")
    await _has_asked(shop, "Lucía")
    email = await account(shop)
    page = await visitor.panel()

    await _sign_in(page, email, "no era esta")
    await expect(page.get_by_role("alert")).to_have_text("El e-mail o la contraseña no coinciden.")
    await _sign_in(page, email, PASSWORD)
    await expect(row_of(page, "Lucía")).to_be_visible()
    await page.get_by_role("button", name="Cuenta").click()
    await page.get_by_role("button", name="Salir").click()
    await expect(page.get_by_role("button", name="Ingresar")).to_be_visible()
    await page.reload()

    await expect(page.get_by_role("button", name="Ingresar")).to_be_visible()
    await expect(row_of(page, "Lucía")).to_have_count(0)


async def test_a_persons_message_reaches_the_phone_pauses_the_bot_and_the_chat_is_given_back(
    visitor: Visitor, shop: Shop
) -> None:
    customer = await _has_asked(shop, "Lucía", "Tenés puntas de danza talle 37?")
    answered = len(await shop.received(customer))
    panel = await visitor.signed_in(shop)
    await row_of(panel, "Lucía").click()
    await expect(thread_of(panel).get_by_role("strong").filter(has_text="Modelo Giselle")).to_be_visible()
    await expect(panel.get_by_text("Responde el bot")).to_be_visible()

    await panel.get_by_role("textbox", name="Mensaje").fill("Hola, soy *Ana* de la tienda")
    await panel.get_by_role("button", name="Enviar").click()
    await shop.bubbles(customer, answered + 1)
    phone = await visitor.phone(shop)

    await expect(phone.get_by_role("log").get_by_text("Hola, soy Ana de la tienda")).to_be_visible()
    await expect(thread_of(panel).get_by_text("Hola, soy Ana de la tienda")).to_have_count(1)
    await expect(panel.get_by_text(re.compile("Humano, hasta"))).to_be_visible()
    await expect(row_of(panel, "Lucía")).to_contain_text("Humano")
    await panel.get_by_role("button", name="Devolver al bot").click()
    await expect(panel.get_by_text("Responde el bot")).to_be_visible()
    await shop.say(customer, "¿Cuánto salen las medias?")
    await expect(thread_of(panel).get_by_text(re.compile("[Mm]edia")).last).to_be_visible()
    sent = texts_of(await shop.received(customer))
    assert sent.count("Hola, soy *Ana* de la tienda") == 1


async def test_what_is_unread_is_counted_until_the_chat_is_opened_and_not_again_while_it_is_read(
    visitor: Visitor, shop: Shop
) -> None:
    lucia = await _has_asked(shop, "Lucía")
    sofia = await _has_asked(shop, "Sofía")
    page = await visitor.signed_in(shop)
    await expect(row_of(page, "Lucía")).to_contain_text("1 sin leer")
    await expect(row_of(page, "Sofía")).to_contain_text("1 sin leer")

    await row_of(page, "Lucía").click()
    await expect(row_of(page, "Lucía")).not_to_contain_text("sin leer")
    await eventually(lambda: _unread(shop, lucia, 0), what="the opened chat seen")
    await shop.say(lucia, "¿Y en 38?")
    await expect(thread_of(page).get_by_text("¿Y en 38?")).to_be_visible()

    await eventually(lambda: _unread(shop, lucia, 0), what="the message that arrived in the open chat seen")
    await expect(row_of(page, "Sofía")).to_contain_text("1 sin leer")
    assert await _unread(shop, sofia, 1)


async def test_who_only_reads_leaves_what_is_unread_unread_and_has_nothing_to_write_in(
    visitor: Visitor, shop: Shop
) -> None:
    lucia = await _has_asked(shop, "Lucía")
    page = await visitor.signed_in(shop, role="read-only")

    await row_of(page, "Lucía").click()

    await expect(page.get_by_text("Tu usuario puede leer, no escribir.")).to_be_visible()
    await expect(page.get_by_role("textbox", name="Mensaje")).to_have_count(0)
    await expect(page.get_by_role("button", name="Pausar el bot")).to_have_count(0)
    await expect(row_of(page, "Lucía")).to_contain_text("1 sin leer")
    assert await _unread(shop, lucia, 1)


async def test_who_asks_for_a_person_waits_in_sight_and_the_mail_quotes_her_words_alone(
    visitor: Visitor, shop: Shop, house: System
) -> None:
    await _has_asked(shop, "Lucía")
    marcos = await customer_named(shop, "Marcos Gómez")
    page = await visitor.signed_in(shop)

    await shop.say(marcos, "Quiero hablar con una persona", name="Marcos Gómez")

    await expect(row_of(page, "Marcos Gómez")).to_contain_text("Espera")
    await page.get_by_role("button", name="Humano 1").click()
    await expect(row_of(page, "Lucía")).to_have_count(0)
    await row_of(page, "Marcos Gómez").click()
    waiting = page.get_by_role("status").filter(has_text="espera a una persona")
    await expect(waiting).to_contain_text("el bot se la derivó")
    assert "Motivo: Lo pide el cliente: Quiero hablar con una persona\r\n" in await _mail(house)
    await page.get_by_role("button", name="Devolver al bot").click()
    await expect(page.get_by_text("Nadie espera a una persona")).to_be_visible()


async def test_a_chat_is_handed_to_a_person_with_a_reason_that_goes_out_by_mail(
    visitor: Visitor, shop: Shop, house: System
) -> None:
    await _has_asked(shop, "Lucía")
    page = await visitor.signed_in(shop)
    await row_of(page, "Lucía").click()

    await page.get_by_role("button", name="Derivar").click()
    dialog = page.get_by_role("dialog", name=re.compile("Derivar"))
    await dialog.get_by_label("Motivo").fill("Quiere cambiar un talle")
    await dialog.get_by_role("button", name="Derivar").click()

    await expect(page.get_by_text(re.compile("Humano, hasta"))).to_be_visible()
    assert "Quiere cambiar un talle" in await _mail(house)


async def test_on_a_narrow_screen_there_is_one_pane_at_a_time_and_nothing_sticks_out(
    visitor: Visitor, shop: Shop
) -> None:
    await _has_asked(shop, "Lucía")
    page = await visitor.signed_in(shop, size=NARROW)
    chats = page.get_by_role("complementary", name="Conversaciones")

    await expect(chats).to_be_visible()
    await expect(page.get_by_role("region", name="Conversación")).to_be_hidden()
    assert not await scrolls_sideways(page)
    await row_of(page, "Lucía").click()
    await expect(thread_of(page)).to_be_visible()
    await expect(chats).to_be_hidden()
    assert not await scrolls_sideways(page)
    await page.get_by_role("link", name="Volver a la lista").click()

    await expect(chats).to_be_visible()
    await expect(thread_of(page)).to_have_count(0)


async def _has_asked(shop: Shop, name: str, text: str = "Hola") -> str:
    customer = await customer_named(shop, name)
    await shop.say(customer, text, name=name)
    await shop.settled(customer)
    return customer


async def _mail(house: System) -> str:
    """The text of the only e-mail, once it has arrived."""

    async def mails() -> list[dict[str, str]]:
        found: list[dict[str, str]] = (await house.sandbox.get("/sandbox/mail")).json()["mails"]
        return found

    (mail,) = await eventually(mails, what="the handoff's e-mail")
    return str(mail["text"])


async def _unread(shop: Shop, customer: str, count: int) -> bool:
    chat = await shop.chat(customer)
    return chat is not None and chat["unread"] == count


async def _sign_in(page: Page, email: str, password: str) -> None:
    await page.get_by_label("E-mail").fill(email)
    await page.get_by_label("Contraseña").fill(password)
    await page.get_by_role("button", name="Ingresar").click()
