"""A shop's agenda for the browser tests: what is booked over the API, and where things are on the page."""

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import httpx
from playwright.async_api import Locator, Page, expect

from tests.browser.visitor import WIDE, Scheme, Visitor
from tests.system import Shop, System

ZONE = ZoneInfo("America/Argentina/Buenos_Aires")


def weekday(number: int) -> date:
    """That day of next week, 0 being Monday."""
    today = datetime.now(ZONE).date()
    return today + timedelta(days=7 - today.weekday() + number)


@dataclass
class Agenda:
    """The API of one shop's agenda, as a machine uses it."""

    house: System
    shop: Shop
    resources: list[int] = field(default_factory=list)

    @property
    def api(self) -> httpx.AsyncClient:
        """The admin API of this shop."""
        return self.house.admin(self.shop.tenant_id)

    async def prepare(self, *resources: tuple[str, str]) -> "Agenda":
        """Open on holidays, with these resources (name, colour) and the default hours."""
        await self.call("PUT", "/admin/agenda/settings", {"closes_on_holidays": False})
        first = (await self.call("GET", "/admin/agenda/resources"))["items"][0]["id"]
        week = (await self.call("GET", "/admin/agenda/hours"))["items"][0]["hours"]
        self.resources = [first]
        for number, (name, color) in enumerate(resources):
            if number == 0:
                await self.call("PUT", f"/admin/agenda/resources/{first}", {"name": name, "color": color})
                continue
            made = await self.call("POST", "/admin/agenda/resources", {"name": name, "color": color})
            await self.call("PUT", "/admin/agenda/hours", {"resource_id": made["id"], "hours": week})
            self.resources.append(made["id"])
        return self

    async def call(self, method: str, path: str, body: Any = None) -> Any:
        """The answer's body; any refusal fails the test."""
        answer = await self.api.request(method, path, json=body)
        assert answer.status_code < 400, answer.text
        return answer.json() if answer.content else None

    async def book(self, name: str, day: date, at: str, *, minutes: int = 60, resource: int = 0, **more: Any) -> Any:
        """An appointment at the shop's wall time."""
        start = datetime.fromisoformat(f"{day}T{at}")
        body = {
            "customer_name": name,
            "start": start.isoformat(),
            "end": (start + timedelta(minutes=minutes)).isoformat(),
            "resource_id": self.resources[resource],
            **more,
        }
        return await self.call("POST", "/admin/appointments", body)

    async def set_status(self, appointment: Any, status: str) -> None:
        """As the panel would."""
        await self.call("PUT", f"/admin/appointments/{appointment['id']}/status", {"status": status})

    async def of(self, day: date) -> dict[str, str]:
        """Who is booked that day, and when: {name: "14:00-15:00"}."""
        days = f"start_date={day}&end_date={day + timedelta(days=1)}"
        items = (await self.call("GET", f"/admin/appointments?{days}"))["items"]
        return {item["customer_name"]: f"{item['start'][11:16]}-{item['end'][11:16]}" for item in items}


async def opened(
    visitor: Visitor,
    agenda: Agenda,
    view: str,
    day: date,
    *,
    role: str = "owner",
    size: Any = WIDE,
    scheme: Scheme = "light",
) -> Page:
    """The agenda in a browser of its own, signed in and listening."""
    page = await visitor.signed_in(agenda.shop, role=role, size=size, scheme=scheme)
    await page.goto(agenda.house.url("panel", f"/agenda/#/{view}/{day}"))
    await expect(page.get_by_text("hora de Buenos Aires")).to_be_visible()
    await expect(page.locator(".agenda-body[aria-busy=false]")).to_be_visible()
    return page


def booked(page: Page, name: str) -> Locator:
    """An appointment as the page shows it."""
    return page.locator(".fc-event.appointment").filter(has_text=name)


async def kept(page: Page) -> None:
    """Wait until the server confirmed or refused whatever is under way."""
    await expect(page.locator(".appointment.is-pending")).to_have_count(0)


async def spot(page: Page, at: str, column: int = 0) -> tuple[float, float]:
    """Where a time of day is in a day or a column; a little below its line."""
    line = page.locator(f".fc-timegrid-slot-lane[data-time='{at}:00']").nth(column)
    await line.scroll_into_view_if_needed()
    box = await line.bounding_box()
    assert box
    return box["x"] + box["width"] / 2, box["y"] + 4


async def drag(page: Page, start: tuple[float, float], end: tuple[float, float]) -> None:
    """As a hand moves: pressed, a few steps, released."""
    await page.mouse.move(*start)
    await page.mouse.down()
    await page.mouse.move(start[0], start[1] + 8, steps=2)
    await page.mouse.move(*end, steps=8)
    await page.mouse.up()
