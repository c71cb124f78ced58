"""The screens of docs/screens.md, in both themes and widths; `NEXUS_SCREENSHOTS=1 ./nexus test tests/browser`
takes their pictures anew."""

import re

import pytest
from playwright.async_api import Page, expect

from tests.browser.axe import serious_faults
from tests.browser.pictures import LOOKS, take_picture
from tests.browser.visitor import (
    NARROW,
    WIDE,
    Scheme,
    Visitor,
    a_day_passes,
    customer_named,
    row_of,
    scrolls_sideways,
    sends,
    thread_of,
)
from tests.system import Shop, System


@pytest.fixture(scope="module")
async def morning(house: System) -> Shop:
    """A shop at eight in the morning: the bot answers one chat, a person another, and one waits."""
    (await house.sandbox.post("/sandbox/reset", params={"all": "1"})).raise_for_status()
    shop = await house.new_shop()
    await house.set_handoff(shop)
    said = {
        "Camila Ortiz": ["Hola! hacen envíos a Rosario?"],
        "Lucía Fernández": ["Hola, buen día", "Tenés puntas de danza talle 37?"],
        "Sofía Pereyra": ["¿Cuánto salen las medias?"],
        "Marcos Gómez": ["Hola", "Quiero hablar con una persona, me llegó fallada"],
    }
    for name, texts in said.items():
        customer = await customer_named(shop, name)
        for text in texts:
            await shop.say(customer, text, name=name)
            await shop.answers(customer)
        if name == "Sofía Pereyra":
            echo = {"to": customer, "from": shop.number, "text": "Hola Sofía, te reservo dos pares *hasta el viernes*"}
            (await house.sandbox.post("/sandbox/owner/messages", json=echo)).raise_for_status()
    return shop


@pytest.mark.parametrize("scheme", [scheme for scheme, width in LOOKS if width == 1280])
async def test_at_the_till_every_screen_fits_and_has_its_theme(visitor: Visitor, morning: Shop, scheme: Scheme) -> None:
    door = await visitor.panel(scheme=scheme)
    await expect(door.get_by_role("button", name="Ingresar")).to_be_visible()
    await take_picture(door, f"login-{scheme}-1280")

    panel = await visitor.signed_in(morning, scheme=scheme)
    await expect(row_of(panel, "Marcos")).to_contain_text("Espera")
    await row_of(panel, "Lucía").click()
    await _pictures_loaded(panel)
    await take_picture(panel, f"thread-{scheme}-1280")
    await row_of(panel, "Marcos").click()
    await expect(panel.get_by_role("status").filter(has_text="espera a una persona")).to_be_visible()
    await expect(thread_of(panel).get_by_text(re.compile("fallada"))).to_be_visible()
    await take_picture(panel, f"panel-{scheme}-1280")

    phones = await visitor.phone(morning, scheme=scheme)
    await _pictures_loaded(phones)
    assert await serious_faults(phones) == []
    await take_picture(phones, f"phone-{scheme}-1280")


@pytest.mark.parametrize("scheme", [scheme for scheme, width in LOOKS if width == 360])
async def test_on_a_cheap_phone_every_screen_fits_and_has_its_theme(
    visitor: Visitor, morning: Shop, scheme: Scheme
) -> None:
    panel = await visitor.signed_in(morning, size=NARROW, scheme=scheme)
    await expect(row_of(panel, "Marcos")).to_contain_text("Espera")
    await take_picture(panel, f"chats-{scheme}-360")
    await row_of(panel, "Lucía").click()
    await _pictures_loaded(panel)
    await take_picture(panel, f"thread-{scheme}-360")
    await panel.get_by_role("link", name="Volver a la lista").click()
    await row_of(panel, "Marcos").click()
    await expect(panel.get_by_role("status").filter(has_text="espera a una persona")).to_be_visible()
    await expect(thread_of(panel).get_by_text(re.compile("fallada"))).to_be_visible()
    await take_picture(panel, f"panel-{scheme}-360")

    phone = await visitor.phone(morning, size=NARROW, scheme=scheme)
    await phone.get_by_role("button", name="Lucía Fernández").click()
    await _pictures_loaded(phone)
    assert await serious_faults(phone) == []
    await take_picture(phone, f"phone-{scheme}-360")


@pytest.fixture(scope="module")
async def noon(house: System, morning: Shop) -> Shop:
    """The same shop: somebody sent a voice note, a photo and an order, and somebody last wrote yesterday."""
    carolina = await customer_named(morning, "Carolina Ruiz")
    asked = await sends(
        morning, carolina, name="Carolina Ruiz", media_id="foto-zapatilla", caption="¿Tienen estas?", referral=_AD
    )
    await morning.answers(carolina)
    echo = {"to": carolina, "from": morning.number, "text": "Hola Caro, sí: te las separo"}
    (await house.sandbox.post("/sandbox/owner/messages", json=echo)).raise_for_status()
    await sends(morning, carolina, quote=asked["wamid"], type="order", content=_ORDER)
    await sends(morning, carolina, media_id="voz-puntas")
    await morning.settled(carolina)
    ines = await customer_named(morning, "Inés Sosa")
    await sends(morning, ines, name="Inés Sosa", text="Gracias!")
    await morning.answers(ines)
    await a_day_passes(morning, ines)
    return morning


@pytest.mark.parametrize(("scheme", "width"), LOOKS)
async def test_the_whole_channel_fits_and_has_its_theme(
    visitor: Visitor, house: System, noon: Shop, scheme: Scheme, width: int
) -> None:
    panel = await visitor.signed_in(noon, size=WIDE if width > 800 else NARROW, scheme=scheme)
    await row_of(panel, "Carolina").click()
    await expect(panel.get_by_role("status").filter(has_text="respondieron desde el teléfono")).to_be_visible()
    await expect(thread_of(panel).get_by_text("Transcripción", exact=True)).to_be_visible()
    await _pictures_loaded(panel)
    await take_picture(panel, f"media-{scheme}-{width}")

    if width < 800:
        await panel.get_by_role("link", name="Volver a la lista").click()
    await row_of(panel, "Inés").click()
    await panel.get_by_role("button", name="Turno recordatorio").click()
    await panel.get_by_label("Dato 1").fill("Inés")
    await take_picture(panel, f"template-{scheme}-{width}")

    for kind, about in _TROUBLES:
        await _tells(house, noon, kind, about)
    if width < 800:
        await panel.get_by_role("link", name="Volver a la lista").click()
    await panel.get_by_role("link", name="Salud").click()
    await panel.get_by_role("button", name="Mirar de nuevo").click()
    await expect(panel.get_by_text("Hay que arreglarlo")).to_be_visible()
    await take_picture(panel, f"health-{scheme}-{width}")
    await panel.get_by_role("link", name="Chats").click()
    await expect(panel.get_by_role("link", name="Ver qué hacer")).to_be_visible()
    assert not await scrolls_sideways(panel)
    for kind, about in _WELL:
        await _tells(house, noon, kind, about)


_AD = {"source_type": "ad", "source_url": "https://fb.me/1", "headline": "Colección verano"}
_ORDER = {
    "catalog_id": "7",
    "product_items": [
        {"product_retailer_id": "PUNTAS-37", "quantity": 1, "item_price": 49900, "currency": "ARS"},
        {"product_retailer_id": "MEDIAS-ROSA", "quantity": 2, "item_price": 8500, "currency": "ARS"},
    ],
}
_TROUBLES = (
    ("whatsapp.phone_number.quality_updated", {"qualityRating": "RED", "qualityUpdateEvent": "FLAGGED"}),
    ("whatsapp.template.reviewed", {"name": "promo_verano", "language": "es_AR", "status": "PAUSED"}),
    ("whatsapp.template.quality_updated", {"name": "seguimiento", "language": "es_AR", "qualityRating": "GREEN"}),
)
_WELL = (
    ("whatsapp.phone_number.quality_updated", {"qualityRating": "GREEN", "qualityUpdateEvent": "UNFLAGGED"}),
    ("whatsapp.template.reviewed", {"name": "promo_verano", "language": "es_AR", "status": "APPROVED"}),
)


async def _tells(house: System, shop: Shop, kind: str, about: dict[str, str]) -> None:
    """YCloud tells of the number or of a template."""
    event = {"number": shop.number, "type": kind, "object": {"phoneNumber": shop.number, **about}}
    (await house.sandbox.post("/sandbox/events", json=event)).raise_for_status()


async def _pictures_loaded(page: Page) -> None:
    await expect(page.get_by_role("link", name="Abrir la imagen").first).to_be_visible()
    await page.evaluate("() => Promise.all([...document.images].map((image) => image.decode()))")
