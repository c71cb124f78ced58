"""What a screen reader is told: every control has a name, every page a language, a title and one heading."""

from playwright.async_api import Page, expect

from tests.browser.visitor import (
    NARROW,
    SMALLEST_PX,
    WIDE,
    Visitor,
    a_day_passes,
    customer_named,
    row_of,
    sends,
    thread_of,
)
from tests.system import Shop

CONTROLS = {"button", "link", "textbox", "searchbox", "combobox", "checkbox", "radio", "image", "dialog", "log"}


async def test_every_control_of_both_pages_has_a_name_and_room_for_a_finger(visitor: Visitor, shop: Shop) -> None:
    customer = await customer_named(shop, "Lucía")
    await shop.say(customer, "Tenés puntas de danza talle 37?", name="Lucía")
    await shop.answers(customer)

    door = await visitor.panel()
    await expect(door.get_by_label("Contraseña")).to_be_visible()
    await _is_sound(door)
    panel = await visitor.signed_in(shop)
    await expect(row_of(panel, "Lucía")).to_be_visible()
    await _is_sound(panel)
    await row_of(panel, "Lucía").click()
    await expect(thread_of(panel).get_by_role("link", name="Abrir la imagen")).to_be_visible()
    await _is_sound(panel)
    await panel.get_by_role("button", name="Derivar").click()
    await expect(panel.get_by_role("dialog")).to_be_visible()
    await _is_sound(panel)
    await panel.keyboard.press("Escape")
    phone = await visitor.phone(shop)
    await expect(phone.get_by_role("link", name="Abrir la imagen")).to_be_visible()
    await _is_sound(phone)


async def test_every_kind_of_message_and_every_way_to_send_has_names_and_room_too(visitor: Visitor, shop: Shop) -> None:
    lucia, camila = [await customer_named(shop, name) for name in ("Lucía", "Camila")]
    for media in ("voz-puntas", "foto-zapatilla", "comprobante", "sticker"):
        await sends(shop, lucia, media_id=media)
    place = await sends(shop, lucia, type="location", content={"latitude": -34.6, "longitude": -58.4, "name": "Acá"})
    await sends(shop, lucia, text="Estoy acá", quote=place["wamid"])
    await sends(shop, camila, text="Hola")
    for customer in (lucia, camila):
        await shop.settled(customer)
    await a_day_passes(shop, camila)

    page = await visitor.signed_in(shop)
    await row_of(page, "Lucía").click()
    await expect(thread_of(page).get_by_role("link", name="Ver en el mapa")).to_be_visible()
    async with page.expect_file_chooser() as choosing:
        await page.get_by_role("button", name="Adjuntar archivos").click()
    await (await choosing.value).set_files({"name": "a.txt", "mimeType": "text/plain", "buffer": b"hola"})
    await expect(page.get_by_role("button", name="Quitar a.txt")).to_be_visible()
    await _is_sound(page)
    await row_of(page, "Camila").click()
    await page.get_by_role("button", name="Turno recordatorio").click()
    await _is_sound(page)
    await page.get_by_role("button", name="Nueva conversación").click()
    await expect(page.get_by_role("dialog")).to_be_visible()
    await _is_sound(page)
    await page.keyboard.press("Escape")
    await page.get_by_role("link", name="Salud").click()
    await expect(page.get_by_role("heading", name="Salud", exact=True)).to_be_visible()
    await _is_sound(page)


async def _is_sound(page: Page) -> None:
    for size in (NARROW, WIDE):
        await page.set_viewport_size(size)
        await _is_sound_as_shown(page)


async def _is_sound_as_shown(page: Page) -> None:
    assert await _nameless(page) == []
    found = await page.evaluate(
        """(smallest) => {
          const shown = [...document.querySelectorAll('a, button, input, textarea, select, summary')]
            .filter((element) => element.checkVisibility() && !element.closest('.bubble-text, .bubble-trouble'));
          const ids = [...document.querySelectorAll('[id]')].map((element) => element.id);
          return {
            language: document.documentElement.lang,
            title: document.title !== '',
            headings: document.querySelectorAll('h1').length,
            mains: document.querySelectorAll('main').length,
            repeatedIds: ids.filter((id, index) => ids.indexOf(id) !== index),
            forcedOrder: document.querySelectorAll('[tabindex]:not([tabindex="0"]):not([tabindex="-1"])').length,
            small: shown.filter((element) => {
              const { width, height } = element.getBoundingClientRect();
              return Math.min(width, height) < smallest;
            }).map((element) => element.outerHTML.slice(0, 120)),
          };
        }""",
        SMALLEST_PX,
    )
    assert found == {
        "language": "es-AR",
        "title": True,
        "headings": 1,
        "mains": 1,
        "repeatedIds": [],
        "forcedOrder": 0,
        "small": [],
    }


async def _nameless(page: Page) -> list[str]:
    """Roles without a name in the tree that Chromium hands to screen readers."""
    session = await page.context.new_cdp_session(page)
    tree = await session.send("Accessibility.getFullAXTree")
    await session.detach()
    return [
        node["role"]["value"]
        for node in tree["nodes"]
        if not node["ignored"]
        and node["role"]["value"] in CONTROLS
        and not node.get("name", {}).get("value", "").strip()
    ]
