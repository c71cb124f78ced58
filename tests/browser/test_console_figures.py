"""Figures that match the database, the log by its filters, and how everything is."""

import csv
import io
import re

from playwright.async_api import Page, expect

from tests.browser.console import go, is_sound
from tests.browser.visitor import Visitor, customer_named
from tests.system import Shop, System


async def test_figures_match_the_database_their_table_and_their_csv_and_the_log_follows_one_thread(
    visitor: Visitor, shop: Shop, house: System
) -> None:
    for name, text in (
        ("Lucía", "Tenés puntas talle 37?"),
        ("Sofía", "Hola"),
        ("Marcos", "Quiero hablar con una persona, me llegó fallada"),
    ):
        customer = await customer_named(shop, name)
        await shop.say(customer, text, name=name)
        await shop.settled(customer)
    page = await visitor.signed_in(shop)
    await page.get_by_role("link", name="Métricas").click()

    counted = await house.one(
        """select count(distinct m.conversation_id) filter (where m.role = 'user') as conversations,
                  count(*) filter (where m.role = 'user') as messages,
                  (select count(*) from system_events e where e.tenant_id = $1 and e.event_type = 'handoff') as handed
           from chat_messages m where m.tenant_id = $1""",
        shop.tenant_id,
    )
    assert (counted["conversations"], counted["handed"]) == (3, 1)
    assert await _figure(page, "Conversaciones") == "3"
    assert (await _figure(page, "Pasaron a una persona")).startswith("1")
    await _same_in_table_and_csv(page, counted["messages"])
    await is_sound(page)
    await page.get_by_role("button", name="30 días").click()
    await expect(page.get_by_text("los 30 días anteriores")).to_be_visible()

    await page.get_by_role("link", name="Registro").click()
    await _follow_a_thread(page)
    await page.get_by_role("link", name="Salud").click()
    await expect(page.get_by_role("listitem").filter(has_text="Base de datos")).to_be_visible()
    await is_sound(page)
    for address, title in _REST:
        await go(page, address)
        await expect(page.get_by_role("heading", name=title)).to_be_visible()
        await is_sound(page)


_REST = (
    ("#/ajustes", "Tienda Nube"),
    ("#/ajustes/llm", "Modelo de lenguaje"),
    ("#/ajustes/avisos", "Cómo te avisa este navegador"),
    ("#/cuenta", "Mi cuenta"),
)


async def _same_in_table_and_csv(page: Page, messages: int) -> None:
    question = page.get_by_role("region", name="¿A qué hora escriben?")
    async with page.expect_download() as downloading:
        await question.get_by_role("link", name="CSV").click()
    text = (await (await downloading.value).path()).read_text(encoding="utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(text)))
    assert sum(int(row["messages_in"]) for row in rows) == messages
    await question.get_by_role("button", name="Tabla").click()
    cells = await question.get_by_role("cell").all_text_contents()
    assert [int(cell) for cell in cells] == [int(row["messages_in"]) for row in rows]
    await question.get_by_role("button", name="Tabla").click()
    await question.get_by_role("group").focus()
    await page.keyboard.press("ArrowRight")
    await expect(question.get_by_text("De 0 a 1 h")).to_be_visible()


async def _follow_a_thread(page: Page) -> None:
    row = page.get_by_role("button", name="Pasó a una persona")
    await row.click()
    await page.get_by_role("cell").get_by_role("button", name=re.compile("^[0-9a-f-]{36}$")).click()
    await expect(page.get_by_role("button", name=re.compile("Quitar el filtro Mismo hilo"))).to_be_visible()
    await expect(row).to_have_count(1)
    await is_sound(page)
    await page.get_by_role("button", name="Errores").click()
    await expect(page.get_by_role("heading", name="Nada con estos filtros")).to_be_visible()
    await page.reload()
    await expect(page.get_by_role("button", name="Errores")).to_have_attribute("aria-pressed", "true")
    await page.get_by_role("button", name="Quitar los filtros").click()
    await expect(row).to_be_visible()


async def _figure(page: Page, label: str) -> str:
    tile = page.get_by_role("region", name="Cifras").locator(".tile").filter(has=page.get_by_text(label, exact=True))
    return await tile.locator("dd").first.inner_text()
