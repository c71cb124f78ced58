"""Why the bot said it, and shadow mode: what it proposes is read, understood, changed, sent or thrown away."""

import re

from playwright.async_api import Page, expect

from tests.browser.axe import serious_faults
from tests.browser.pictures import take_picture
from tests.browser.visitor import NARROW, WIDE, Scheme, Visitor, customer_named, row_of, thread_of
from tests.journeys.scripts import texts_of
from tests.service import eventually
from tests.system import Shop

WHY = "Por qué respondió eso"


async def test_a_person_reads_why_and_sends_what_the_bot_proposes_in_her_own_words(
    visitor: Visitor, shop: Shop
) -> None:
    lucia = await customer_named(shop, "Lucía")
    admin = shop.system.admin(shop.tenant_id)
    (await admin.put("/admin/bot-settings", json={"shadow_mode": True})).raise_for_status()
    await shop.say(lucia, "Tenés puntas de danza talle 37?", name="Lucía")
    page = await visitor.signed_in(shop, size=WIDE)
    await row_of(page, "Lucía").click()
    proposal = page.get_by_role("region", name="Lo que propone el bot")
    await expect(proposal).to_contain_text("49.900")
    await expect(page.get_by_text("el bot propone una respuesta")).to_be_visible()
    await _looks(page, "light", 1280)

    await proposal.get_by_role("button", name="Editar").click()
    box = proposal.get_by_role("textbox").first
    await box.fill("Hola Lucía, te cuento:")
    await proposal.get_by_role("button", name="Enviar").click()
    await expect(proposal).to_be_hidden()
    await expect(thread_of(page).get_by_text("Hola Lucía, te cuento:")).to_be_visible()
    await eventually(lambda: _got(shop, lucia, "Hola Lucía, te cuento:"), what="the changed draft at the phone")
    await expect(page.get_by_role("button", name="Responde el bot")).to_be_visible()

    sent = len(await shop.bubbles(lucia, 3))
    await shop.say(lucia, "¿Y mallas?", name="Lucía")
    await expect(proposal).to_be_visible()
    small = await visitor.signed_in(shop, size=NARROW, scheme="dark")
    await row_of(small, "Lucía").click()
    await _looks(small, "dark", 360)
    await small.get_by_role("region", name="Lo que propone el bot").get_by_role("button", name="Descartar").click()
    await expect(proposal).to_be_hidden()
    await shop.stays_at(lucia, sent)


async def _looks(page: Page, scheme: Scheme, width: int) -> None:
    """The proposal and what it rests on, as they are seen."""
    proposal = page.get_by_role("region", name="Lo que propone el bot")
    await expect(proposal.get_by_role("button", name="Descartar")).to_be_in_viewport()
    await expect(proposal.get_by_role("img").first).to_be_visible()
    await take_picture(page, f"draft-{scheme}-{width}")
    assert await serious_faults(page) == []
    await proposal.get_by_role("button", name="por qué").click()
    why = page.get_by_role("dialog", name=WHY)
    await expect(why.get_by_role("heading", name="Qué consultó")).to_be_visible()
    await expect(why.get_by_role("heading", name=re.compile("que encontró"))).to_be_visible()
    await expect(why.get_by_role("heading", name="Qué se revisó antes de enviar")).to_be_visible()
    await expect(why.get_by_role("heading", name="Cuánto tardó")).to_be_visible()
    await expect(why.get_by_text(re.compile(r"leídos.*escritos")).first).to_be_visible()
    await expect(why.get_by_text("sin precio")).to_be_visible()  # the sandbox's model has no price
    await expect(why.get_by_text("./nexus replay")).to_be_visible()
    await take_picture(page, f"why-{scheme}-{width}")
    assert await serious_faults(page) == []
    await why.get_by_role("button", name="Cerrar").click()


async def _got(shop: Shop, customer: str, text: str) -> bool:
    return text in texts_of(await shop.received(customer))
