"""A shop from nothing to live, by the guided set-up, and its rooms."""

import asyncio
import re

from playwright.async_api import Page, Route, expect

from nexus.embedded.accounts import create_account
from tests.browser.console import card, go, is_sound
from tests.browser.visitor import PASSWORD, Visitor
from tests.service import eventually
from tests.system import Shop, System

HOSTILE = "<img src=x onerror=\"document.title='tomado'\">"
NUMBER, KEY = "+5491144440000", "key-de-la-nueva"
SECRET, TOKEN = "whsec_de_la_nueva", "token-de-la-nueva"


async def test_a_tenant_is_made_by_the_guided_set_up_each_credential_saved_and_tested_until_the_bot_is_live(
    visitor: Visitor, house: System, shop: Shop
) -> None:
    visitor.expect_complaint(r"status of 422 .*/admin/tenants\]$")
    page = await _admin(visitor, house, shop)
    await go(page, "#/tienda/tiendas")
    await page.get_by_label("Nombre").fill("Puntas Norte")
    await page.get_by_label("Número de WhatsApp del bot").fill("11 nada")
    await page.get_by_role("button", name="Crear la tienda").click()
    await expect(page.get_by_text("No es un número internacional")).to_be_visible()
    await page.get_by_label("Número de WhatsApp del bot").fill(NUMBER)
    await page.get_by_role("button", name="Crear la tienda").click()
    await expect(page.get_by_text("0 de 6 pasos listos.")).to_be_visible()
    await expect(page.get_by_role("button", name="Puntas Norte, cambiar tienda")).to_be_visible()
    await is_sound(page)
    tenant = (await house.one("select id from tenants where bot_phone_number = $1", NUMBER))["id"]
    await _vendors_know(house, tenant)

    await page.get_by_role("link", name="Conectar Tienda Nube").click()
    await _connect_shop(page)
    await go(page, "#/ajustes/ycloud")
    await _connect_whatsapp(page, house, tenant)
    await go(page, "#/tienda/horarios")
    await _say_the_hours(page)
    await go(page, "#/ajustes/handoff")
    await _set_the_mail(page, house, tenant)
    await go(page, "#/conocimiento/probar")
    await page.get_by_role("button", name="¿Tenés puntas talle 37?").click()
    await expect(page.get_by_text(re.compile("Cómo lo supo: "))).to_be_visible()
    await is_sound(page)
    await go(page, "#/tienda")
    await expect(page.get_by_text("Todo listo: el bot contesta por vos.")).to_be_visible()

    await go(page, "#/tienda/tiendas")
    await page.get_by_role("button", name="Borrar Puntas Norte").click()
    await expect(page.get_by_role("button", name="Borrar para siempre")).to_be_disabled()
    await page.get_by_label("Escribí Puntas Norte para confirmar").fill("Puntas Norte")
    await page.get_by_role("button", name="Borrar para siempre").click()
    await expect(page.get_by_role("button", name="Borrar Puntas Norte")).to_have_count(0)
    await eventually(lambda: _gone(house, tenant), what="the shop gone")


async def _connect_shop(page: Page) -> None:
    await page.get_by_label("Número de tienda").fill("4444001")
    await page.get_by_label("Token de acceso").fill(TOKEN)
    await page.get_by_role("button", name="Guardar").click()
    await expect(page.get_by_text(f"•••• {TOKEN[-4:]}")).to_be_visible()
    assert TOKEN not in await page.content()
    await page.get_by_role("button", name="Probar", exact=True).click()
    await expect(page.get_by_text(re.compile("Leí .* productos"))).to_be_visible()
    await is_sound(page)


async def _connect_whatsapp(page: Page, house: System, tenant: int) -> None:
    light = page.get_by_role("status").filter(has_text="Todavía no llegó ningún evento firmado")
    await expect(light).to_be_visible()
    await expect(page.get_by_label("Dirección del webhook")).to_have_value(re.compile(f"/webhook/ycloud/{tenant}$"))
    await page.get_by_label("Clave de la API").fill(KEY)
    await page.get_by_label("Secreto del webhook").fill(SECRET)
    # Tried while the save is on its way: what is tried is what was written, and its outcome stays.
    await page.route("**/credentials/ycloud", _after_a_while, times=1)
    await page.get_by_role("button", name="Guardar").click()
    await page.get_by_role("button", name="Probar", exact=True).click()
    await expect(page.get_by_text("Guardado. Probalo")).to_be_visible()
    await expect(page.locator(".outcome.ok")).to_be_visible()
    said = {"text": "Hola, tienen puntas?", "to": NUMBER}
    (await house.sandbox.post("/sandbox/phone/+5491155559090/messages", json=said)).raise_for_status()
    await expect(page.get_by_text("Llegan eventos firmados.")).to_be_visible()
    # Another secret: the former one counts on, and is ended by hand.
    await page.get_by_role("button", name="Cambiar: Secreto del webhook").click()
    await page.get_by_label("Secreto del webhook").fill(f"{SECRET}_otro")
    await page.get_by_role("button", name="Guardar").click()
    former = card(page, "Secreto anterior del webhook")
    await expect(former).to_contain_text("Sigue valiendo")
    await is_sound(page)
    await former.get_by_role("button", name="Terminar ya").click()
    await page.get_by_role("dialog").get_by_role("button", name="Terminar").click()
    await expect(former).to_be_hidden()


async def _after_a_while(route: Route) -> None:
    await asyncio.sleep(1)
    await route.continue_()


async def _say_the_hours(page: Page) -> None:
    await page.get_by_role("button", name="Agregar un horario al lunes").click()
    await page.get_by_label("Lunes, cierra").fill("1930")
    await page.get_by_role("button", name="Copiar el lunes").click()
    await go(page, "#/tienda")
    await page.get_by_role("dialog").get_by_role("button", name="Cancelar").click()
    await expect(page.get_by_label("Viernes, cierra")).to_have_value("19:30")
    await page.get_by_role("button", name="Guardar").click()
    await expect(page.get_by_text("Guardado.")).to_be_visible()
    await is_sound(page)


async def _set_the_mail(page: Page, house: System, tenant: int) -> None:
    await page.get_by_label("Correo de quien atiende").fill("equipo@norte.test")
    await page.get_by_label("Avisar por correo").check()
    await card(page, "Derivar a una persona").get_by_role("button", name="Guardar").click()
    await expect(card(page, "Derivar a una persona").get_by_role("status")).to_have_text("Guardado.")
    await page.get_by_role("textbox", name="Servidor").fill("127.0.0.1")
    await page.get_by_label("Puerto").fill(str(house.ports["smtp"]))
    await page.get_by_label("Seguridad").select_option("NONE")
    await card(page, "Servidor de correo (SMTP)").get_by_role("button", name="Guardar").click()
    await expect(card(page, "Servidor de correo (SMTP)").get_by_role("status")).to_have_text("Guardado.")
    await page.get_by_role("button", name="Mandar una prueba").click()
    await expect(page.locator(".outcome.ok")).to_contain_text("equipo@norte.test")
    saved = await house.one("select destination_email from tenant_human_handoff_config where tenant_id = $1", tenant)
    assert saved["destination_email"] == "equipo@norte.test"
    await is_sound(page)


async def _gone(house: System, tenant: int) -> bool:
    return await house.one("select 1 from tenants where id = $1", tenant) is None


async def test_what_the_shop_is_knows_and_books_is_changed_at_its_cards(
    visitor: Visitor, house: System, shop: Shop
) -> None:
    page = await visitor.signed_in(shop)
    await go(page, "#/tienda/datos")
    await page.get_by_label("Nombre").fill("")
    await card(page, "La tienda").get_by_role("button", name="Guardar").click()
    await expect(page.get_by_text("Hace falta.")).to_be_visible()
    await page.get_by_label("Nombre").fill("Danza del Sur")
    await page.route(f"**/admin/tenants/{shop.tenant_id}", _after_a_while, times=1)
    await card(page, "La tienda").get_by_role("button", name="Guardar").click()
    await page.get_by_label("Nombre").fill("Danza Sur Centro")  # typed while the save is on its way: it stays
    await expect(card(page, "La tienda").get_by_role("status")).to_have_text("Guardado.")
    await expect(page.get_by_label("Nombre")).to_have_value("Danza Sur Centro")
    await card(page, "La tienda").get_by_role("button", name="Guardar").click()
    await page.get_by_label("El bot contesta en toda la tienda").uncheck()
    await card(page, "El bot").get_by_role("button", name="Guardar").click()
    for name in ("La tienda", "El bot"):
        await expect(card(page, name).get_by_role("status")).to_have_text("Guardado.")
    kept = await house.one("select store_name, bot_enabled from tenants where id = $1", shop.tenant_id)
    assert dict(kept) == {"store_name": "Danza Sur Centro", "bot_enabled": False}
    await is_sound(page)

    await go(page, "#/tienda/agenda")
    await page.get_by_role("button", name="Agregar servicio").click()
    await page.get_by_role("form", name="Agregar servicio").get_by_label("Nombre").fill(HOSTILE)
    await page.get_by_role("form", name="Agregar servicio").get_by_role("button", name="Guardar").click()
    await expect(page.get_by_role("listitem").filter(has_text=HOSTILE)).to_contain_text("30 min")
    await is_sound(page)
    await go(page, "#/conocimiento")
    await page.get_by_role("textbox", name="Saber del catálogo").fill("Las puntas calzan un número menos.")
    await card(page, "Lo que hay que saber del catálogo").get_by_role("button", name="Guardar").click()
    await expect(page.get_by_text("Guardado.")).to_be_visible()
    await is_sound(page)

    await go(page, "#/conocimiento/respuestas")
    await page.get_by_role("button", name="Agregar respuesta").click()
    await page.get_by_label("Atajo").fill("envios")
    await page.get_by_role("textbox", name="Texto").fill("Hola {marciano}")
    visitor.expect_complaint(r"status of 422 .*/canned-replies\]$")
    await page.get_by_role("form", name="Agregar respuesta").get_by_role("button", name="Guardar").click()
    await expect(page.get_by_text("No conozco {marciano}")).to_be_visible()
    await page.get_by_role("textbox", name="Texto").fill(f"{HOSTILE} {{nombre}}")
    await page.get_by_role("form", name="Agregar respuesta").get_by_role("button", name="Guardar").click()
    await expect(page.get_by_role("listitem").filter(has_text="/envios")).to_contain_text(HOSTILE)
    assert await page.locator("main img").count() == 0
    await is_sound(page)
    await page.get_by_role("button", name="Quitar /envios").click()
    await page.get_by_role("button", name="Deshacer").click()
    await expect(page.get_by_role("listitem").filter(has_text="/envios")).to_be_visible()


async def _admin(visitor: Visitor, house: System, shop: Shop) -> Page:
    email = f"plataforma-{shop.tenant_id}@nexus.test"
    await create_account(house.postgres.app_dsn, email, PASSWORD, None, "owner", platform_admin=True)
    page = await visitor.panel()
    await page.get_by_label("E-mail").fill(email)
    await page.get_by_label("Contraseña").fill(PASSWORD)
    await page.get_by_role("button", name="Ingresar", exact=True).click()
    await expect(page.get_by_role("navigation", name="Secciones")).to_be_visible()
    return page


async def _vendors_know(house: System, tenant: int) -> None:
    """Its number at YCloud, and its shop at Tienda Nube."""
    registered = {
        "phone": NUMBER,
        "store_name": "Puntas Norte",
        "api_key": KEY,
        "webhook_url": house.url("gateway", f"/webhook/ycloud/{tenant}"),
        "webhook_secret": SECRET,
    }
    (await house.sandbox.post("/sandbox/numbers", json=registered)).raise_for_status()
    shop = {"store_id": "4444001", "access_token": TOKEN, "plan_factor": 10}
    (await house.sandbox.post("/sandbox/shops", json=shop)).raise_for_status()
