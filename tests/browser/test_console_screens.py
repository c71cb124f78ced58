"""Every view of the console in both themes and widths: it fits, axe finds nothing serious, and its picture is taken.

`NEXUS_SCREENSHOTS=1 ./nexus test tests/browser` takes the pictures of docs/screens.md anew.
"""

import asyncpg
import httpx
import pytest
from playwright.async_api import Page, expect

from tests.browser.axe import serious_faults
from tests.browser.pictures import LOOKS, take_picture
from tests.browser.visitor import NARROW, WIDE, Scheme, Visitor, account, customer_named
from tests.many_chats import fill_with_chats
from tests.system import Shop, System

VIEWS = {
    "tienda": "#/tienda",
    "tienda-datos": "#/tienda/datos",
    "tienda-horarios": "#/tienda/horarios",
    "tienda-agenda": "#/tienda/agenda",
    "conocimiento": "#/conocimiento",
    "conocimiento-tono": "#/conocimiento/tono",
    "conocimiento-humanos": "#/conocimiento/humanos",
    "conocimiento-versiones": "#/conocimiento/versiones",
    "conocimiento-catalogo": "#/conocimiento/catalogo",
    "conocimiento-bot": "#/conocimiento/bot",
    "conocimiento-respuestas": "#/conocimiento/respuestas",
    "conocimiento-probar": "#/conocimiento/probar",
    "metricas": "#/metricas",
    "registro": "#/registro",
    "salud": "#/salud",
    "ajustes-tiendanube": "#/ajustes/tiendanube",
    "ajustes-ycloud": "#/ajustes/ycloud",
    "ajustes-llm": "#/ajustes/llm",
    "ajustes-handoff": "#/ajustes/handoff",
    "ajustes-personas": "#/ajustes/personas",
    "ajustes-privacidad": "#/ajustes/privacidad",
    "ajustes-cambios": "#/ajustes/cambios",
    "ajustes-avisos": "#/ajustes/avisos",
    "cuenta": "#/cuenta",
}
# Bones below the window stand for rows that are fetched as one scrolls there.
_NOTHING_LOADS = """() => ![...document.querySelectorAll('main [aria-busy=true], main .bone')]
    .some((bone) => bone.getBoundingClientRect().bottom > 0 && bone.getBoundingClientRect().top < innerHeight)"""
_PAST = """
insert into bursts (tenant_id, conversation_id, delivery, state, tokens_in, tokens_out, created_at, finished_at)
select tenant_id, id, 'outbox', 'answered', 1800, 90, last_message_at, last_message_at from chat_conversations
where tenant_id = $1 and last_message_at is not null;"""
_SPREAD = """
update chat_messages m set sent_at = sent_at - d.days, created_at = sent_at - d.days
from (select id, (row_number() over (order by id) % 13) * interval '1 day' as days
      from chat_conversations where tenant_id = $1) d
where m.tenant_id = $1 and m.conversation_id = d.id"""


@pytest.fixture(scope="module")
async def open_shop(house: System) -> Shop:
    """A shop that has run for two weeks: chats, answers, people, a log and changes."""
    (await house.sandbox.post("/sandbox/reset", params={"all": "1"})).raise_for_status()
    shop = await house.new_shop()
    await house.set_handoff(shop)
    await fill_with_chats(shop, 60, 6)
    conn = await asyncpg.connect(house.postgres.superuser_dsn, database="nexus")
    try:
        await conn.execute(_PAST, shop.tenant_id)
        await conn.execute(_SPREAD, shop.tenant_id)
    finally:
        await conn.close()
    for role in ("manager", "agent", "read-only"):
        await account(shop, role)
    customer = await customer_named(shop, "Marcos Gómez")
    await shop.say(customer, "Quiero hablar con una persona, me llegó fallada", name="Marcos Gómez")
    await shop.answers(customer)
    admin = house.admin(shop.tenant_id)
    for shortcut, text in (("envio", "Hola {nombre}, enviamos a todo el país."), ("pago", "Aceptamos transferencia.")):
        (await admin.post("/admin/canned-replies", json={"shortcut": shortcut, "text": text})).raise_for_status()
    await _told(admin)
    return shop


async def _told(admin: httpx.AsyncClient) -> None:
    """What its bot knows: published once, and changed since."""
    texts = {"payments": "3 cuotas sin interés con todas las tarjetas.\n10 % menos por transferencia."}
    texts["shipping"] = "Andreani a todo el país, de 3 a 5 días.\nGratis desde $ 50.000."
    pair = {"question": "¿Tienen local a la calle?", "answer": "Sí, en Bv. San Juan 123. Los sábados hasta las 13."}
    tone = {"emoji": "few", "longest": 300, "forbidden": ["mi amor", "precio especial"]}
    persona = {"persona_name": "Luna", "persona_notes": "Bailaste diez años y se te nota. No apurás a nadie."}
    for method, path, body in (
        ("PUT", "knowledge", {"sections": texts}),
        ("POST", "knowledge/answers", pair),
        ("PUT", "bot-settings", {"tone": tone, **persona}),
        ("POST", "prompt/publish", {"after": 0, "note": "Para empezar"}),
        ("PUT", "knowledge", {"sections": {"payments": texts["payments"].replace("3 cuotas", "6 cuotas")}}),
        ("POST", "prompt/publish", {"after": 1, "note": "Las cuotas de diciembre"}),
        ("PUT", "knowledge", {"sections": {"shipping": texts["shipping"].replace("50.000", "60.000")}}),
        ("PUT", "bot-settings", {"human_topics": {"wholesale": True}}),
        ("PUT", "catalogue/synonyms", {"items": [{"words": ["mallot", "body"], "means": ["malla"]}]}),
    ):
        (await admin.request(method, f"/admin/{path}", json=body)).raise_for_status()


@pytest.mark.parametrize(("scheme", "width"), LOOKS)
async def test_every_view_fits_has_its_theme_and_no_serious_fault(
    visitor: Visitor, open_shop: Shop, width: int, scheme: Scheme
) -> None:
    page = await visitor.signed_in(open_shop, size=WIDE if width == WIDE["width"] else NARROW, scheme=scheme)
    await _is_sound(page, f"chats-muchos-{scheme}-{width}")
    for name, address in VIEWS.items():
        await page.evaluate("(address) => { location.hash = address; }", address)
        await _is_sound(page, f"{name}-{scheme}-{width}")


async def _is_sound(page: Page, name: str) -> None:
    await expect(page.locator("main h1").first).to_be_attached()
    await page.wait_for_function(_NOTHING_LOADS)
    assert await serious_faults(page) == [], name
    await take_picture(page, name)


async def test_axe_would_say_what_is_wrong(visitor: Visitor, open_shop: Shop) -> None:
    page = await visitor.signed_in(open_shop)
    await expect(page.get_by_role("main")).to_be_visible()
    await page.evaluate("() => document.querySelector('main').append(document.createElement('button'))")
    assert any("button-name" in fault for fault in await serious_faults(page))
