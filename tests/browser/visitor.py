"""A person at a browser: opens the phone page and the panel, and remembers what the browser complained about."""

import re
from typing import Any, Literal

from playwright.async_api import Browser, BrowserContext, ConsoleMessage, Locator, Page, ViewportSize

from tests.passwords import PASSWORD, STORED
from tests.system import Shop, System

WIDE: ViewportSize = {"width": 1280, "height": 800}
NARROW: ViewportSize = {"width": 360, "height": 740}
SMALLEST_PX = 24
"""WCAG 2.2, target size (minimum); links within a sentence are free of it."""
Scheme = Literal["light", "dark"]
# Chromium reports every answer of 400 and more; this one is how the panel learns that nobody is signed in.
_NOT_SIGNED_IN = r"status of 401 .* \[.*/api/admin/me\]$"


class Visitor:
    """One browser profile per page; `leave()` closes them."""

    def __init__(self, chromium: Browser, house: System) -> None:
        self._chromium = chromium
        self._house = house
        self._contexts: list[BrowserContext] = []
        self._said: list[str] = []
        self._expected = [_NOT_SIGNED_IN]

    def expect_complaint(self, pattern: str) -> None:
        """This journey provokes it."""
        self._expected.append(pattern)

    def complaints(self) -> list[str]:
        """Console errors and warnings, uncaught exceptions and policy violations that nobody expected."""
        return [said for said in self._said if not any(re.search(pattern, said) for pattern in self._expected)]

    async def leave(self) -> None:
        """Close every page."""
        for context in self._contexts:
            await context.close()

    async def _page(self, size: ViewportSize, scheme: Scheme) -> Page:
        context = await self._chromium.new_context(
            viewport=size, color_scheme=scheme, reduced_motion="reduce", locale="es-AR"
        )
        self._contexts.append(context)
        page = await context.new_page()
        page.on("console", self._listen)
        page.on("pageerror", lambda error: self._said.append(f"uncaught: {error}"))
        return page

    def _listen(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            self._said.append(f"{message.text} [{message.location.get('url', '')}]")

    async def phone(self, shop: Shop, *, size: ViewportSize = WIDE, scheme: Scheme = "light") -> Page:
        """The simulator, writing to this shop's number."""
        page = await self._page(size, scheme)
        await page.goto(self._house.url("sandbox", f"/phone/?to={shop.number.replace('+', '%2B')}"))
        return page

    async def panel(self, *, size: ViewportSize = WIDE, scheme: Scheme = "light") -> Page:
        """The panel's door, nobody signed in."""
        page = await self._page(size, scheme)
        await page.goto(self._house.url("panel", "/"))
        return page

    async def signed_in(
        self, shop: Shop, *, role: str = "owner", size: ViewportSize = WIDE, scheme: Scheme = "light"
    ) -> Page:
        """The panel with a session of this shop, at its list of chats."""
        email = await account(shop, role)
        page = await self._page(size, scheme)
        login = self._house.url("panel", "/api/admin/login")
        answer = await page.context.request.post(login, data={"email": email, "password": PASSWORD})
        assert answer.ok, await answer.text()
        await page.goto(self._house.url("panel", "/"))
        return page


async def account(shop: Shop, role: str = "owner") -> str:
    """A person's account in the shop; its e-mail."""
    email = f"{role}-{shop.tenant_id}@danza.test"
    made = await shop.system.one("select create_user($1, $2, false) as id", email, STORED)
    await shop.system.one("select add_member($1, $2, $3)", shop.tenant_id, made["id"], role)
    return email


async def customer_named(shop: Shop, name: str) -> str:
    """A customer with a phone in the simulator; her number."""
    phone = shop.customer()
    registered = await shop.system.sandbox.post("/sandbox/customers", json={"phone": phone, "name": name})
    registered.raise_for_status()
    return phone


async def sends(shop: Shop, customer: str, **message: Any) -> dict[str, Any]:
    """The customer sends anything at all (the sandbox's `POST /sandbox/phone/{phone}/messages`); its answer."""
    body = {"to": shop.number, **message}
    answer = await shop.system.sandbox.post(f"/sandbox/phone/{customer}/messages", json=body)
    answer.raise_for_status()
    return dict(answer.json())


async def a_day_passes(shop: Shop, customer: str) -> None:
    """26 hours without a word of hers, here and at the provider: WhatsApp's window is closed."""
    moved = {"number": shop.number, "customer": customer, "hours": 26}
    (await shop.system.sandbox.post("/sandbox/clock", json=moved)).raise_for_status()
    aged = """update chat_conversations
              set last_inbound_at = last_inbound_at - interval '26 hours', revision = revision + 1
              where tenant_id = $1 and external_user_id = $2 returning id"""
    assert await shop.system.one(aged, shop.tenant_id, "54" + customer[-10:])


def row_of(page: Page, name: str) -> Locator:
    """A chat's row in the panel's list."""
    return page.get_by_role("complementary", name="Conversaciones").get_by_role("link", name=name)


def thread_of(page: Page) -> Locator:
    """The open chat's messages in the panel."""
    return page.get_by_role("log", name="Mensajes")


async def scrolls_sideways(page: Page) -> bool:
    """Whether anything sticks out of the page's width."""
    wider: bool = await page.evaluate(
        """() => [document.scrollingElement, ...document.querySelectorAll('.log, .list-scroll, .pane, .phone')]
                 .some((element) => element.scrollWidth > element.clientWidth + 1)"""
    )
    return wider


async def focused(page: Page) -> dict[str, Any]:
    """The element with the focus: its tag, text, and whether a ring shows it."""
    found: dict[str, Any] = await page.evaluate(
        """() => { const e = document.activeElement;
                   return { tag: e.tagName.toLowerCase(), text: e.textContent,
                            ring: getComputedStyle(e).outlineStyle !== 'none' }; }"""
    )
    return found
