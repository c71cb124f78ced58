"""What the bot is and knows: written, tried, published, compared and gone back to, and the bot goes by it."""

import re
from typing import Any

from playwright.async_api import Page, expect

from tests.browser.console import card, go, is_sound
from tests.browser.visitor import Visitor
from tests.system import Shop, System

HOSTILE = "<img src=x onerror=\"document.title='tomado'\">"


def _says(text: str, **match: str) -> dict[str, Any]:
    return {"match": match, "steps": [{"reply": {"bubbles": [{"text": text}]}}]}


SCENARIOS = [
    _says("Son 6 cuotas sin interés", tenant_contains="6 cuotas sin interés"),
    _says("Son 3 cuotas sin interés", tenant_contains="3 cuotas sin interés"),
    _says("De eso no sé nada"),
]
"""The model's answer shows which text it was given."""


async def test_what_the_bot_knows_is_written_tried_published_compared_and_gone_back_to(
    visitor: Visitor, house: System, shop: Shop
) -> None:
    visitor.expect_complaint(r"status of 422 .*/admin/bot-settings\]$")
    script = {"mode": "scripted", "scenarios": SCENARIOS}
    (await house.sandbox.post("/sandbox/model", json=script)).raise_for_status()
    page = await visitor.signed_in(shop)
    await go(page, "#/conocimiento")
    await _write(page, "Pagos y cuotas", "Cómo se paga", "3 cuotas sin interés")
    await expect(page.get_by_text("1 cambio sin publicar: el bot contesta con lo que trae de fábrica.")).to_be_visible()
    await _add_question(page, "¿Tienen local?", HOSTILE)
    await is_sound(page)
    await _say_how(page)

    await page.get_by_role("link", name="Probar este borrador").click()
    await _ask(page, "Son 3 cuotas sin interés")
    await page.get_by_role("button", name="Lo publicado").click()
    await _ask(page, "De eso no sé nada")

    await go(page, "#/conocimiento/versiones")
    await expect(page.locator(".version-diff ins", has_text="3 cuotas sin interés")).to_be_visible()
    assert await page.locator("main img").count() == 0
    await _publish(page, "Las cuotas", 1)
    await go(page, "#/conocimiento")
    await _write(page, "Pagos y cuotas", "Cómo se paga", "6 cuotas sin interés")
    await go(page, "#/conocimiento/versiones")
    await _publish(page, "Mejores cuotas", 2)
    await page.get_by_role("button", name="Qué cambió en la versión 2").click()
    changed = page.locator("#version-2 .version-diff")
    await expect(changed.locator("del")).to_have_text("3 cuotas sin interés")
    await expect(changed.locator("ins")).to_have_text("6 cuotas sin interés")
    await page.get_by_text("Cómo lo lee el modelo").click()
    await expect(page.get_by_role("region", name="Texto que lee el modelo")).to_contain_text("Luna")
    await is_sound(page)
    await go(page, "#/conocimiento/probar")
    await _ask(page, "Son 6 cuotas sin interés")

    await go(page, "#/conocimiento/versiones")
    await page.get_by_role("button", name="Volver a esta: versión 1").click()
    await page.get_by_role("dialog").get_by_role("button", name="Volver a la 1").click()
    await expect(page.get_by_role("listitem").filter(has_text="Versión 3")).to_contain_text("vuelve a la 1")
    await expect(page.get_by_text("1 cambio sin publicar: el bot contesta con la versión 3.")).to_be_visible()
    await go(page, "#/conocimiento/probar")
    await _ask(page, "Son 3 cuotas sin interés")
    kept = await house.one("select max(number) as newest from prompt_versions where tenant_id = $1", shop.tenant_id)
    assert kept["newest"] == 3

    await _let_it(page)


async def _add_question(page: Page, question: str, answer: str) -> None:
    await page.get_by_role("button", name="Agregar pregunta").click()
    await page.get_by_role("textbox", name="Pregunta", exact=True).fill(question)
    await page.get_by_role("textbox", name="Respuesta", exact=True).fill(answer)
    await page.get_by_role("form", name="Agregar pregunta").get_by_role("button", name="Guardar").click()
    await expect(page.get_by_role("listitem").filter(has_text=answer)).to_be_visible()


async def _let_it(page: Page) -> None:
    """What it may do, and what it took."""
    await go(page, "#/conocimiento/bot")
    await card(page, "Lo que puede hacer").get_by_label("Sólo deja borradores").check()
    await card(page, "Lo que puede hacer").get_by_role("button", name="Guardar").click()
    await expect(card(page, "Lo que puede hacer").get_by_role("status")).to_have_text("Guardado.")
    await expect(card(page, "Lo que gastó este mes")).to_contain_text("Consultas")
    await _call_it(page)


async def _write(page: Page, title: str, label: str, text: str) -> None:
    await page.get_by_role("textbox", name=label, exact=True).fill(text)
    await card(page, title).get_by_role("button", name="Guardar").click()
    await expect(card(page, title).get_by_role("status")).to_have_text("Guardado.")


async def _say_how(page: Page) -> None:
    """A name, a phrase that is never said, a topic of people; leaving with something unsaved is asked about."""
    await go(page, "#/conocimiento/tono")
    await page.get_by_role("textbox", name="Nombre").fill("Luna")
    await go(page, "#/conocimiento/humanos")
    await page.get_by_role("dialog").get_by_role("button", name="Cancelar").click()
    await card(page, "Quién es").get_by_role("button", name="Guardar").click()
    await expect(card(page, "Quién es").get_by_role("status")).to_have_text("Guardado.")
    await page.get_by_label("Letras por mensaje, como mucho").fill("12")
    await card(page, "Cómo escribe").get_by_role("button", name="Guardar").click()
    await expect(page.locator(".field-error:visible")).to_have_count(1)
    await page.get_by_label("Letras por mensaje, como mucho").fill("300")
    await _write(page, "Cómo escribe", "Lo que nunca dice (si querés)", "mi amor\nreina")
    await go(page, "#/conocimiento/humanos")
    await page.get_by_label("Compras por mayor").check()
    await page.get_by_role("button", name="Guardar").click()
    await expect(page.get_by_text(re.compile("^5 cambios sin publicar"))).to_be_visible()


async def _ask(page: Page, answer: str) -> None:
    await page.get_by_role("textbox", name="Mensaje de prueba").fill("¿Tienen cuotas?")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("log").get_by_text(answer)).to_be_visible()


async def _publish(page: Page, note: str, number: int) -> None:
    await page.get_by_label("Qué cambiaste").fill(note)
    await page.get_by_role("button", name="Publicar", exact=True).click()
    row = page.get_by_role("listitem").filter(has_text=f"Versión {number}")
    await expect(row).to_contain_text("en uso")
    await expect(row).to_contain_text(note)


async def _call_it(page: Page) -> None:
    """What customers call a thing; how the products are."""
    await go(page, "#/conocimiento/catalogo")
    await page.get_by_role("button", name="Agregar palabra").click()
    await page.get_by_role("textbox", name="Dicen").fill("mallot, body")
    await page.get_by_role("textbox", name="Es", exact=True).fill("malla")
    await page.get_by_role("button", name="Guardar").click()
    await expect(page.get_by_role("listitem").filter(has_text="mallot, body")).to_contain_text("es malla")
    await expect(card(page, "Productos de Tienda Nube")).to_contain_text("Última lectura")
    await page.get_by_role("button", name="Leer de nuevo").click()
