"""Who may in, as what, and how one who forgot her password comes back."""

from playwright.async_api import expect

from tests.browser.console import card, code_for, go, is_sound
from tests.browser.visitor import NARROW, PASSWORD, Visitor, account
from tests.system import Shop, System

NEW = "una frase nueva y larga"


async def test_an_owner_invites_an_agent_who_enters_by_a_code_and_sees_only_what_is_hers(
    visitor: Visitor, shop: Shop, house: System
) -> None:
    visitor.expect_complaint(r"status of 401 .*/api/admin/(login|password/reset)\]$")
    (await house.sandbox.delete("/sandbox/mail")).raise_for_status()
    email = f"caro-{shop.tenant_id}@danza.test"
    owner = await visitor.signed_in(shop)
    await go(owner, "#/ajustes/personas")
    await owner.get_by_label("E-mail").fill(email)
    await owner.get_by_label("Nombre").fill("Caro Ruiz")
    await owner.get_by_role("button", name="Invitar", exact=True).click()
    await expect(owner.get_by_role("listitem").filter(has_text="Caro Ruiz")).to_contain_text("Invitación sin aceptar")
    await is_sound(owner)

    page = await visitor.panel()
    await page.get_by_label("E-mail").fill(email)
    await page.get_by_role("button", name="Olvidé mi contraseña").click()
    await page.get_by_role("button", name="Ingresá el código").click()
    await page.get_by_label("Código").fill("AAAAA-AAAAA")
    await page.get_by_label("Contraseña nueva").fill(PASSWORD)
    await page.get_by_role("button", name="Cambiar la contraseña").click()
    await expect(page.get_by_role("alert")).to_be_visible()
    await is_sound(page)
    await page.get_by_label("Código").fill((await code_for(house, email)).lower())
    await page.get_by_role("button", name="Cambiar la contraseña").click()
    await expect(page.get_by_role("status")).to_contain_text("ya podés ingresar")
    await page.get_by_label("Contraseña").fill(PASSWORD)
    await page.get_by_role("button", name="Ingresar", exact=True).click()

    rail = page.get_by_role("navigation", name="Secciones")
    await expect(rail.get_by_role("link", name="Conocimiento")).to_be_visible()
    await expect(rail.get_by_role("link", name="Ajustes")).to_have_count(0)
    await expect(rail.get_by_role("link", name="Tienda")).to_have_count(0)
    await go(page, "#/ajustes/ycloud")
    await expect(page.get_by_role("heading", name="Tu rol no llega hasta acá")).to_be_visible()
    await is_sound(page)
    assert "AAAAA" not in page.url

    await owner.reload()
    await owner.get_by_label("Rol de Caro Ruiz").select_option("read-only")
    await expect(owner.get_by_text("Caro Ruiz ahora es solo lectura.")).to_be_visible()
    await page.reload()
    await expect(rail.get_by_role("link", name="Métricas")).to_be_visible()
    await expect(rail.get_by_role("link", name="Conocimiento")).to_have_count(0)
    await go(owner, "#/ajustes/cambios")
    await expect(owner.get_by_role("listitem").filter(has_text="Caro Ruiz").first).to_contain_text("Solo lectura")
    await is_sound(owner)


async def test_a_forgotten_password_is_made_anew_a_known_one_changed_and_a_name_given(
    visitor: Visitor, shop: Shop, house: System
) -> None:
    (await house.sandbox.delete("/sandbox/mail")).raise_for_status()
    email = await account(shop)
    page = await visitor.panel(size=NARROW)
    await page.get_by_role("button", name="Olvidé mi contraseña").click()
    await page.get_by_label("E-mail").fill(email)
    await page.get_by_role("button", name="Mandarme el código").click()
    await page.get_by_label("Código").fill(await code_for(house, email))
    await page.get_by_label("Contraseña nueva").fill(NEW)
    await page.get_by_role("button", name="Cambiar la contraseña").click()
    await expect(page.get_by_role("status")).to_contain_text("ya podés ingresar")
    await page.get_by_label("Contraseña").fill(NEW)
    await page.get_by_role("button", name="Ingresar", exact=True).click()

    await page.get_by_role("button", name="Más").click()
    await page.get_by_role("button", name="Cuenta").click()
    await page.get_by_role("link", name="Mi cuenta").click()
    await page.get_by_label("Contraseña de ahora").fill(NEW)
    await page.get_by_label("Contraseña nueva").fill("corta")
    visitor.expect_complaint(r"status of 422 .*/password/change\]$")
    await page.get_by_role("button", name="Cambiarla").click()
    await expect(page.get_by_role("alert")).to_be_visible()
    await page.get_by_label("Contraseña nueva").fill(PASSWORD)
    await page.get_by_role("button", name="Cambiarla").click()
    await expect(page.get_by_text("Contraseña cambiada.")).to_be_visible()
    await page.get_by_label("Nombre").fill("Ana Sosa")
    await card(page, "Cómo te ven").get_by_role("button", name="Guardar").click()
    await is_sound(page)
    await page.get_by_role("button", name="Cuenta").click()
    await expect(page.get_by_text("Ana Sosa", exact=True)).to_be_visible()
