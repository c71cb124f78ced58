"""Whose turn it is and why, and how the number of WhatsApp is: told at once, with the way out beside it."""

import asyncio
import re
from datetime import UTC, datetime, timedelta

import pytest
from playwright.async_api import Route, expect

from tests.browser.visitor import NARROW, SMALLEST_PX, Visitor, customer_named, row_of, scrolls_sideways, sends
from tests.system import Shop, System

# What moved by itself since the page began to show.
_MOVED = """async () => {
  const seen = [];
  const watch = new PerformanceObserver((list) => seen.push(...list.getEntries()));
  watch.observe({ type: 'layout-shift', buffered: true });
  await new Promise((told) => setTimeout(told, 100));
  return seen.flatMap(({ sources }) => sources.map(({ node }) => node?.outerHTML?.slice(0, 200) ?? ''));
}"""
_CAUSES = {
    "owner": ("respondieron desde el teléfono", "/sandbox/owner/messages"),
    "inbox": ("respondieron desde YCloud", "/sandbox/inbox/messages"),
}


@pytest.mark.parametrize("who", _CAUSES)
async def test_an_answer_from_elsewhere_is_named_and_undone_with_one_press(
    visitor: Visitor, shop: Shop, house: System, who: str
) -> None:
    cause, door = _CAUSES[who]
    lucia = await _has_asked(shop, "Lucía")
    page = await visitor.signed_in(shop)
    await row_of(page, "Lucía").click()
    await expect(page.get_by_text("Responde el bot")).to_be_visible()

    body = {"to": lucia, "from": shop.number, "text": "Hola Lucía, soy Ana"}
    (await house.sandbox.post(door, json=body)).raise_for_status()

    turn = page.get_by_role("status").filter(has_text=cause)
    await expect(turn).to_have_text(re.compile(rf"^El bot está en pausa: {cause} \(\d\d:\d\d\)\.$"))
    await expect(page.get_by_text(re.compile("Humano, hasta"))).to_be_visible()
    await sends(shop, lucia, text="¿Y en 38?")
    await expect(turn).to_contain_text("Te toca responder.")
    await page.get_by_role("button", name="Devolver al bot").press("Enter")
    ask = page.get_by_role("dialog", name="¿Que el bot responda lo pendiente?")
    await expect(ask).to_contain_text("¿Y en 38?")
    await ask.get_by_role("button", name="Sí, que lo responda").click()

    await expect(turn).to_have_count(0)
    await expect(page.get_by_text("Responde el bot")).to_be_visible()
    await shop.answers(lucia)


async def test_what_one_did_oneself_is_said_so_and_what_another_did_by_name(visitor: Visitor, shop: Shop) -> None:
    await _has_asked(shop, "Lucía")
    mine = await visitor.signed_in(shop)
    await row_of(mine, "Lucía").click()
    other = await visitor.signed_in(shop, role="agent")
    await row_of(other, "Lucía").click()

    await mine.get_by_role("textbox", name="Mensaje").fill("Soy Ana")
    await mine.get_by_role("button", name="Enviar").click()

    await expect(mine.get_by_role("status").filter(has_text="vos escribiste")).to_be_visible()
    theirs = other.get_by_role("status").filter(has_text=f"escribió owner-{shop.tenant_id}")
    await expect(theirs).to_be_visible()


async def test_a_sick_number_is_told_in_one_line_that_leads_to_what_to_do(
    visitor: Visitor, shop: Shop, house: System
) -> None:
    await _has_asked(shop, "Lucía")
    page = await visitor.signed_in(shop, size=NARROW)
    await expect(row_of(page, "Lucía")).to_be_visible()
    strip = page.get_by_role("status").filter(has_text="Calidad del número")  # a full disk would show another
    await expect(strip).to_have_count(0)

    await _quality(house, shop, "RED")
    await page.reload()
    await expect(strip).to_be_visible()
    assert not await scrolls_sideways(page)
    way_out = strip.get_by_role("link", name="Ver qué hacer")
    box = await way_out.bounding_box()
    assert box is not None
    assert box["height"] >= SMALLEST_PX
    await way_out.press("Enter")

    await expect(page.get_by_role("heading", name="Salud", exact=True)).to_be_visible()
    row = page.get_by_role("list", name="Para mirar").get_by_role("listitem").first
    await expect(row).to_contain_text("Hay que arreglarlo")
    await expect(row).to_contain_text("Qué hacer:")
    await expect(strip).to_have_count(0)
    assert not await scrolls_sideways(page)
    await _quality(house, shop, "GREEN")
    await page.get_by_role("button", name="Mirar de nuevo").click()
    await expect(page.get_by_role("list", name="Para mirar").get_by_text("Calidad del número")).to_have_count(0)
    await page.get_by_role("link", name="Chats").click()
    await expect(strip).to_have_count(0)
    await expect(row_of(page, "Lucía")).to_be_visible()


async def test_what_is_wrong_stands_there_before_the_view_so_that_nothing_moves(
    visitor: Visitor, shop: Shop, house: System
) -> None:
    await _has_asked(shop, "Lucía")
    page = await visitor.signed_in(shop)
    await expect(row_of(page, "Lucía")).to_be_visible()
    await _quality(house, shop, "RED")
    await page.clock.install()
    await page.clock.pause_at(datetime.now(UTC) + timedelta(minutes=1))  # however slow the answer: no patience ends

    await page.reload()
    await expect(row_of(page, "Lucía")).to_be_visible()
    await expect(page.get_by_role("status").filter(has_text="Ver qué hacer")).to_be_visible()

    await page.clock.resume()
    assert await page.evaluate(_MOVED) == []


async def test_a_health_that_does_not_answer_keeps_nobody_from_the_chats(visitor: Visitor, shop: Shop) -> None:
    await _has_asked(shop, "Lucía")
    page = await visitor.signed_in(shop)
    await expect(row_of(page, "Lucía")).to_be_visible()
    asked = asyncio.Event()

    async def leave_open(_: Route) -> None:
        asked.set()

    await page.route("**/admin/health", leave_open)

    await page.reload()
    await expect(row_of(page, "Lucía")).to_be_visible()

    assert asked.is_set()


async def test_a_health_that_cannot_be_seen_says_so_and_is_asked_for_again(visitor: Visitor, shop: Shop) -> None:
    visitor.expect_complaint(r"status of 503 .*/admin/health\]$")
    page = await visitor.signed_in(shop)
    await expect(page.get_by_role("link", name="Salud")).to_be_visible()
    refusal = {"error": {"code": "down", "message": "El servidor está ocupado."}}
    await page.route("**/admin/health", lambda route: route.fulfill(status=503, json=refusal))

    await page.goto(f"{page.url.split('#')[0]}#/salud")
    await page.reload()
    await expect(page.get_by_role("alert")).to_contain_text("El servidor está ocupado.")
    await page.unroute("**/admin/health")
    await page.get_by_role("button", name="Reintentar").click()

    await expect(page.get_by_role("alert")).to_have_count(0)


async def _has_asked(shop: Shop, name: str) -> str:
    customer = await customer_named(shop, name)
    await shop.say(customer, "Tenés puntas de danza talle 37?", name=name)
    await shop.answers(customer)
    return customer


async def _quality(house: System, shop: Shop, rating: str) -> None:
    """YCloud tells what customers think of the number."""
    event = {
        "number": shop.number,
        "type": "whatsapp.phone_number.quality_updated",
        "object": {"phoneNumber": shop.number, "qualityRating": rating, "qualityUpdateEvent": "FLAGGED"},
    }
    (await house.sandbox.post("/sandbox/events", json=event)).raise_for_status()
