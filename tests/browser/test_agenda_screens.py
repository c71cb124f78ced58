"""The agenda's screens of docs/screens.md, in both themes and widths; `NEXUS_SCREENSHOTS=1 ./nexus test tests/browser`
takes their pictures anew."""

import re
from datetime import UTC, date, datetime, timedelta

import pytest
from playwright.async_api import Page, expect

from tests.browser.axe import serious_faults
from tests.browser.calendar import Agenda, opened
from tests.browser.pictures import LOOKS, take_picture
from tests.browser.visitor import NARROW, WIDE, Scheme, Visitor
from tests.system import System

MONDAY = date(2026, 11, 23)  # a holiday
THURSDAY = MONDAY + timedelta(days=3)
TWENTY_PAST_ELEVEN = datetime(2026, 11, 26, 14, 20, tzinfo=UTC)
ANA, BRUNO, HALL = range(3)
BOOKED = (
    (1, "09:00", 60, "Camila Ortiz", ANA, "attended"),
    (1, "11:00", 60, "Marcos Gómez", BRUNO, "no_show"),
    (2, "10:00", 30, "Sofía Pereyra", ANA, "attended"),
    (2, "15:00", 90, "Grupo inicial", HALL, "attended"),
    (3, "09:00", 60, "Lucía Fernández", ANA, "confirmed"),
    (3, "10:30", 30, "Camila Ortiz", ANA, "scheduled"),
    (3, "11:00", 60, "Martina Roldán", ANA, "confirmed"),
    (3, "10:00", 60, "Sofía Pereyra", BRUNO, "scheduled"),
    (3, "12:00", 30, "Julián Sosa", BRUNO, "confirmed"),
    (3, "14:00", 120, "Grupo avanzado", HALL, "confirmed"),
    (3, "16:00", 60, "Ana Paula Quiroga", ANA, "scheduled"),
    (3, "17:00", 60, "Valentina del Carmen Etcheverry", BRUNO, "cancelled"),
    (4, "09:30", 60, "Delfina Castro", ANA, "scheduled"),
    (4, "14:00", 60, "Nicolás Paz", BRUNO, "confirmed"),
    (5, "10:00", 60, "Rocío Medina", ANA, "confirmed"),
    *((day, "10:00", 60, "Camila Ortiz", ANA, "confirmed") for day in (-13, -12, -6, -5, -4, 7, 8, 9, 10, 11)),
    *((day, "15:00", 60, "Lucía Fernández", HALL, "scheduled") for day in (-6, -5, -4, 7, 8, 9)),
)


@pytest.fixture(scope="module")
async def week(house: System) -> Agenda:
    """Two people and a room in a week of November that has a holiday, an appointment in every state, and a lunch."""
    agenda = Agenda(house, await house.new_shop())
    await agenda.prepare(("Ana", "teal"), ("Bruno", "violet"), ("Sala grande", "orange"))
    for day, at, minutes, name, resource, status in BOOKED:
        made = await agenda.book(name, MONDAY + timedelta(days=day), at, minutes=minutes, resource=resource, force=True)
        if status != "scheduled":
            await agenda.set_status(made, status)
    lunch = {"start": f"{THURSDAY}T13:00", "end": f"{THURSDAY}T14:00", "reason": "Almuerzo"}
    await agenda.call("POST", "/admin/agenda/blocks", lunch)
    return agenda


@pytest.mark.parametrize(("scheme", "width"), LOOKS)
async def test_every_view_fits_says_what_it_is_and_has_its_theme(
    visitor: Visitor, week: Agenda, scheme: Scheme, width: int
) -> None:
    page = await opened(visitor, week, "day", THURSDAY, size=WIDE if width == 1280 else NARROW, scheme=scheme)
    await page.clock.set_fixed_time(TWENTY_PAST_ELEVEN)
    await page.reload()
    for view, word in (("day", "Día"), ("week", "Semana"), ("month", "Mes"), ("list", "Lista")):
        await page.get_by_role("button", name=word, exact=True).click()
        await expect(page.locator(f".agenda[data-view={view}] .agenda-body[aria-busy=false]")).to_be_visible()
        await expect(page.locator(".fc-event.appointment").first).to_be_attached()
        await expect(page.get_by_text("Valentina")).to_have_count(0)
        assert await _unsound(page) == []
        assert await serious_faults(page) == [], view
        await take_picture(page, f"agenda-{view}-{scheme}-{width}")

    rail = page.get_by_role("navigation", name="Secciones")
    if width < 800:
        await rail.get_by_role("button", name="Más").click()
    await expect(page.get_by_role("link", name="Conocimiento").locator("visible=true")).to_have_attribute(
        "href", re.compile("#/conocimiento$")
    )
    await page.keyboard.press("Escape")
    await page.get_by_role("button", name="Camila Ortiz").first.press("Enter")
    await expect(page.get_by_role("dialog", name="Turno")).to_be_visible()
    await page.keyboard.press("Escape")
    await page.get_by_role("button", name="Día", exact=True).click()
    await page.locator(".appointment").filter(has_text="Camila").click()
    await expect(page.get_by_role("dialog", name="Turno")).to_be_visible()
    assert await _unsound(page) == []
    assert await serious_faults(page) == []
    await take_picture(page, f"agenda-form-{scheme}-{width}")


async def test_on_paper_the_day_is_a_table_without_the_tools(visitor: Visitor, week: Agenda) -> None:
    page = await opened(visitor, week, "day", THURSDAY)
    await expect(page.get_by_role("table")).to_have_count(0)
    await page.emulate_media(media="print")
    await page.evaluate("() => window.dispatchEvent(new Event('beforeprint'))")  # as printing does, before it looks
    await expect(page.get_by_role("heading", level=1)).to_be_visible()
    await expect(page.get_by_role("row").first).to_contain_text("09:00 a 10:00")
    await expect(page.get_by_role("row").filter(has_text="Ana Paula")).to_contain_text("Sin confirmar")
    await expect(page.get_by_role("row").filter(has_text="Valentina")).to_have_count(0)
    for tool in (page.get_by_role("button", name="Nuevo turno"), page.get_by_role("navigation")):
        await expect(tool).to_be_hidden()
    await page.evaluate("() => window.dispatchEvent(new Event('afterprint'))")
    await expect(page.locator(".sheet")).to_have_count(0)


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_what_is_written_on_every_resources_colour_stands_out(
    visitor: Visitor, week: Agenda, scheme: Scheme
) -> None:
    page = await opened(visitor, week, "day", THURSDAY, scheme=scheme)
    weak = await page.evaluate(
        """() => {
          const pen = document.createElement('canvas').getContext('2d', { willReadFrequently: true });
          const light = (colour) => {
            pen.fillStyle = colour;
            pen.fillRect(0, 0, 1, 1);
            const [r, g, b] = [...pen.getImageData(0, 0, 1, 1).data].map((part) => part / 255)
              .map((part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4));
            return 0.2126 * r + 0.7152 * g + 0.0722 * b;
          };
          const found = [];
          const block = document.querySelector('.fc .fc-timegrid-event.appointment');
          for (const mark of ['blue', 'green', 'amber', 'violet', 'pink', 'teal', 'orange', 'gray']) {
            for (const state of ['scheduled', 'confirmed', 'attended', 'no_show']) {
              block.className = `fc-event fc-timegrid-event appointment mark-${mark} is-${state}`;
              const ground = getComputedStyle(block).backgroundColor;
              for (const part of ['b', '.entry-state', '.entry-what']) {
                const ink = getComputedStyle(block.querySelector(part)).color;
                const [high, low] = [light(ground), light(ink)].sort((one, other) => other - one);
                const ratio = (high + 0.05) / (low + 0.05);
                if (ratio < 4.5) found.push(`${part} of ${state} on ${mark}: ${ratio.toFixed(2)}`);
              }
            }
          }
          return found;
        }"""
    )
    assert weak == []


async def _unsound(page: Page) -> list[str]:
    """Controls without a name or smaller than a fingertip, repeated ids, and other than one heading and one main."""
    found: list[str] = await page.evaluate(
        """() => {
          const shown = [...document.querySelectorAll('a[href], button, input, select, textarea')]
            .filter((element) => element.checkVisibility() && !element.closest('.fc'));
          const named = (e) => e.ariaLabel || e.textContent.trim() || e.labels?.length;
          const box = (e) => (e.type === 'checkbox' ? e.parentElement : e).getBoundingClientRect();
          const small = (e) => Math.min(box(e).width, box(e).height) < 24;
          const ids = [...document.querySelectorAll('[id]')].map((element) => element.id);
          const outside = '.fc-event[tabindex]';
          return [
            ...shown.filter((e) => !named(e)).map((e) => `nameless: ${e.outerHTML.slice(0, 80)}`),
            ...shown.filter(small).map((e) => `small: ${e.outerHTML.slice(0, 80)}`),
            ...ids.filter((id, at) => ids.indexOf(id) !== at).map((id) => `twice: ${id}`),
            ...[...document.querySelectorAll(outside)].filter((e) => !e.textContent.trim()).map(() => 'an empty event'),
            ...['h1', 'main'].filter((tag) => document.querySelectorAll(tag).length !== 1),
            ...(document.documentElement.lang === 'es-AR' ? [] : ['language']),
          ];
        }"""
    )
    return found
