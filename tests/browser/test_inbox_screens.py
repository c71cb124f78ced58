"""The inbox as a stranger sees it: what was found, who the customer is, who answers and why; both themes and widths."""

import re
from datetime import UTC, datetime, timedelta

from playwright.async_api import Page, expect

from tests.browser.axe import serious_faults
from tests.browser.pictures import LOOKS, take_picture
from tests.browser.visitor import NARROW, WIDE, Visitor, customer_named, row_of, thread_of
from tests.system import Shop

BUYER = "+5491155500001"  # the sandbox's shop has orders of hers


async def test_every_part_of_the_inbox_fits_has_its_theme_and_axe_finds_nothing(visitor: Visitor, shop: Shop) -> None:
    await _morning(shop)
    for scheme, width in LOOKS:
        page = await visitor.signed_in(shop, size=WIDE if width > 800 else NARROW, scheme=scheme)
        await expect(row_of(page, "Marcos")).to_contain_text("Espera")
        assert await serious_faults(page) == []
        await page.get_by_role("searchbox").fill("puntas")
        await expect(row_of(page, "Lucía").locator("mark").first).to_be_visible()
        await expect(row_of(page, "Marcos")).to_have_count(0)
        await take_picture(page, f"inbox-search-{scheme}-{width}")
        await row_of(page, "Lucía").click()
        await expect(thread_of(page).locator(".bubble.found")).to_be_visible()
        if width < 800:
            await page.get_by_role("button", name="Datos del cliente").click()
        card = page.get_by_role("complementary", name="Datos del cliente")
        await expect(card.get_by_text(re.compile("^#")).first).to_be_visible()
        await expect(card.get_by_role("list", name="Notas")).to_contain_text("estudio de Palermo")
        await expect(card.get_by_text("Prueba de puntas")).to_be_visible()
        assert await serious_faults(page) == []
        await take_picture(page, f"inbox-customer-{scheme}-{width}")
        if width < 800:
            await page.keyboard.press("Escape")
            await expect(page.get_by_role("button", name="Datos del cliente")).to_be_focused()
        await _sheets(page, f"{scheme}-{width}")


async def _sheets(page: Page, look: str) -> None:
    """Why the bot said that, and who answers from now on."""
    await thread_of(page).get_by_role("button", name="por qué").first.click()
    why = page.get_by_role("dialog", name="Por qué respondió eso")
    await expect(why.get_by_role("listitem").first).to_contain_text("ms")
    await take_picture(page, f"inbox-why-{look}")
    await page.keyboard.press("Escape")
    await page.get_by_role("button", name="Responde el bot").click()
    await expect(page.get_by_role("dialog", name="Quién responde este chat")).to_be_visible()
    assert await serious_faults(page) == []
    await take_picture(page, f"inbox-pause-{look}")


async def _morning(shop: Shop) -> None:
    """One customer with a history, one whom the bot answered, one who waits for a person."""
    register = {"phone": BUYER, "name": "Lucía Fernández"}
    (await shop.system.sandbox.post("/sandbox/customers", json=register)).raise_for_status()
    said = {
        (await customer_named(shop, "Camila Ortiz"), "Camila Ortiz"): "Hola! hacen envíos a Rosario?",
        (BUYER, "Lucía Fernández"): "Tenés puntas de danza talle 37?",
        (await customer_named(shop, "Marcos Gómez"), "Marcos Gómez"): "Quiero hablar con una persona",
    }
    for (customer, name), text in said.items():
        await shop.say(customer, text, name=name)
        await shop.answers(customer)
    chat = await shop.chat(BUYER)
    assert chat is not None
    admin, path = shop.system.admin(shop.tenant_id), f"/admin/conversations/{chat['id']}"
    label = (await admin.post("/admin/labels", json={"name": "Mayorista"})).json()
    (await admin.put(f"{path}/labels", json={"label_ids": [label["id"]]})).raise_for_status()
    note = {"text": "Es del estudio de Palermo: compra para sus alumnas."}
    (await admin.post(f"{path}/notes", json=note)).raise_for_status()
    soon = (datetime.now(UTC) + timedelta(days=2)).replace(hour=18, minute=0, second=0, microsecond=0)
    turn = {
        "start": soon.isoformat(),
        "end": (soon + timedelta(minutes=30)).isoformat(),
        "title": "Prueba de puntas",
        "customer_name": "Lucía Fernández",
        "customer_phone": BUYER,
        "force": True,
    }
    (await admin.post("/admin/appointments", json=turn)).raise_for_status()
