"""Everything that a customer can send, as the person at the panel sees, hears and follows it."""

import re

from playwright.async_api import Locator, Page, expect

from tests.browser.visitor import NARROW, Visitor, customer_named, row_of, scrolls_sideways, sends, thread_of
from tests.system import Shop, System


async def test_each_kind_of_message_is_shown_for_what_it_is(visitor: Visitor, shop: Shop) -> None:
    lucia = await customer_named(shop, "Lucía")
    await sends(shop, lucia, media_id="foto-zapatilla", caption="¿Tienen esta?", referral=_AD)
    await sends(shop, lucia, media_id="sticker")
    await sends(shop, lucia, media_id="comprobante", caption="Te paso el comprobante")
    for kind, content in _CONTENTS.items():
        await sends(shop, lucia, type=kind, content=content)
    await shop.settled(lucia)
    page = await _opened(visitor, shop, "Lucía")

    photo = _bubble(page, "¿Tienen esta?")
    await expect(photo).to_contain_text("Llegó por un anuncio: Colección verano")
    await _is_loaded(photo.get_by_role("link", name="Abrir la imagen").locator("img"))
    await _is_loaded(thread_of(page).get_by_role("img", name="Sticker"))
    receipt = thread_of(page).get_by_role("link", name="Descargar comprobante.pdf")
    await expect(receipt).to_contain_text(re.compile(r"PDF · \d+ KB"))
    async with page.expect_download() as saving:
        await receipt.click()
    assert (await saving.value).suggested_filename == "comprobante.pdf"
    place = _bubble(page, "Obelisco")
    await expect(place).to_contain_text("Av. 9 de Julio s/n, CABA")
    await expect(place.get_by_role("link", name="Ver en el mapa")).to_have_attribute("href", re.compile("-34.6037"))
    await expect(_bubble(page, "Profe Inés")).to_contain_text("+54 9 351 555-0123")
    await expect(thread_of(page).get_by_role("table")).to_contain_text(re.compile(r"Total\s*\$\s87\.898,50"))
    await expect(_bubble(page, "Remeras")).to_contain_text("Eligió de la lista · 32 productos")
    await expect(thread_of(page).get_by_text("Editó un mensaje")).to_be_visible()


async def test_an_answer_leads_to_what_it_answers_and_a_reaction_stands_on_its_bubble(
    visitor: Visitor, shop: Shop
) -> None:
    lucia = await customer_named(shop, "Lucía")
    first = await sends(shop, lucia, text="Busco puntas rosas")
    for number in range(60):  # more than a page
        await sends(shop, lucia, text=f"y {number}", wait=number % 20 == 19)
    await sends(shop, lucia, text="Esas, las rosas", quote=first["wamid"])
    (bubble, *_) = await shop.answers(lucia)
    await sends(shop, lucia, type="reaction", content={"message_id": bubble["wamid"], "emoji": "😍"})
    page = await _opened(visitor, shop, "Lucía")

    await expect(thread_of(page).get_by_role("img", name="Cliente reaccionó 😍")).to_be_visible()
    await expect(thread_of(page).get_by_text("Busco puntas rosas", exact=True).first).to_be_visible()
    await thread_of(page).get_by_role("button", name="Ir al mensaje que responde").press("Enter")

    found = thread_of(page).locator(".bubble.found")
    await expect(found).to_be_focused()
    await expect(found).to_be_in_viewport()
    await expect(found.locator(".bubble-text")).to_have_text("Busco puntas rosas")


async def test_a_voice_note_is_read_under_its_player_heard_and_moved_through_by_keyboard(
    visitor: Visitor, shop: Shop
) -> None:
    lucia = await customer_named(shop, "Lucía")
    await sends(shop, lucia, media_id="voz-puntas")
    await shop.answers(lucia)
    page = await _opened(visitor, shop, "Lucía")
    player = thread_of(page).get_by_role("group", name="Audio")

    await expect(thread_of(page).get_by_text("Transcripción", exact=True)).to_be_visible()
    await expect(_bubble(page, "puntas")).to_be_visible()
    await player.get_by_role("button", name="Velocidad 1×").click()
    await expect(player.get_by_role("button", name="Velocidad 1,5×")).to_be_visible()
    await player.get_by_role("button", name="Reproducir").press("Enter")
    await expect(player.get_by_role("button", name="Pausar")).to_be_visible()
    await player.get_by_role("button", name="Pausar").click()
    place = player.get_by_role("slider", name="Posición del audio")
    await place.press("End")

    await expect(place).to_have_attribute("aria-valuetext", re.compile(r"^(0:\d\d) de \1$"))


async def test_words_that_could_not_be_had_are_asked_for_again(visitor: Visitor, shop: Shop, house: System) -> None:
    await house.fault("stt", "500", times=-1)
    lucia = await customer_named(shop, "Lucía")
    await sends(shop, lucia, media_id="voz-puntas")
    page = await _opened(visitor, shop, "Lucía")
    again = thread_of(page).get_by_role("button", name="Transcribir de nuevo")

    await expect(again).to_be_visible(timeout=40_000)
    await expect(thread_of(page).get_by_text("El servicio de transcripción no responde.")).to_be_visible()
    await house.calm()
    await again.click()

    await expect(thread_of(page).get_by_text("El servicio de transcripción no responde.")).to_have_count(0)
    await expect(_bubble(page, "puntas")).to_be_visible(timeout=60_000)


async def test_a_file_that_never_came_says_why_in_its_place(visitor: Visitor, shop: Shop, house: System) -> None:
    await house.fault("ycloud.media", "404", times=-1)
    lucia = await customer_named(shop, "Lucía")
    await sends(shop, lucia, media_id="foto-zapatilla", caption="¿Tienen esta?")
    page = await _opened(visitor, shop, "Lucía", narrow=True)

    await expect(_bubble(page, "¿Tienen esta?")).to_contain_text("pedile que lo mande de nuevo", timeout=60_000)
    await house.calm()
    assert not await scrolls_sideways(page)


_AD = {"source_url": "https://fb.me/1", "source_type": "ad", "source_id": "1", "headline": "Colección verano"}
_CONTENTS = {
    "location": {
        "latitude": -34.6037,
        "longitude": -58.3816,
        "name": "Obelisco",
        "address": "Av. 9 de Julio s/n, CABA",
    },
    "contacts": [{"name": {"formatted_name": "Profe Inés"}, "phones": [{"phone": "+5493515550123"}]}],
    "order": {
        "catalog_id": "7",
        "product_items": [
            {"product_retailer_id": "REM-M", "quantity": 2, "item_price": 18999, "currency": "ARS"},
            {"product_retailer_id": "PUNTAS-37", "quantity": 1, "item_price": 49900.5, "currency": "ARS"},
        ],
    },
    "interactive": {
        "type": "list_reply",
        "list_reply": {"id": "r", "title": "Remeras", "description": "32 productos"},
    },
    "unsupported": {"type": "edit"},
}


async def _opened(visitor: Visitor, shop: Shop, name: str, *, narrow: bool = False) -> Page:
    """The panel at this customer's chat."""
    page = await (visitor.signed_in(shop, size=NARROW) if narrow else visitor.signed_in(shop))
    await row_of(page, name).click()
    await expect(thread_of(page)).to_be_visible()
    return page


def _bubble(page: Page, words: str) -> Locator:
    """The customer's newest bubble with these words."""
    return thread_of(page).locator(".bubble.customer").filter(has_text=words).last


async def _is_loaded(picture: Locator) -> None:
    """Whether the bytes came and are a picture."""
    await picture.scroll_into_view_if_needed()
    assert await picture.evaluate("async (image) => { await image.decode(); return image.naturalWidth > 0; }")
