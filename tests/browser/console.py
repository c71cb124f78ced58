"""What the journeys through the panel's other rooms share."""

import re

from playwright.async_api import Locator, Page, expect

from tests.browser.axe import serious_faults
from tests.browser.visitor import NARROW, WIDE, scrolls_sideways
from tests.service import eventually
from tests.system import System


async def go(page: Page, address: str) -> None:
    """To an address of the panel, without loading it anew."""
    await page.evaluate("(address) => { location.hash = address; }", address)


def card(page: Page, title: str) -> Locator:
    """A card by its title: a form or a section."""
    named = page.get_by_role("form", name=title, exact=True).or_(page.get_by_role("region", name=title, exact=True))
    return named.first


async def is_sound(page: Page) -> None:
    """Both widths: nothing sticks out; at the narrow one axe has nothing serious to say."""
    for size in (NARROW, WIDE):
        await page.set_viewport_size(size)
        await expect(page.locator("[aria-busy=true]")).to_have_count(0)
        assert not await scrolls_sideways(page), page.url
        assert size is WIDE or await serious_faults(page) == [], page.url


async def code_for(house: System, email: str) -> str:
    """The code of the newest mail to this address."""

    async def arrived() -> str | None:
        mails = (await house.sandbox.get("/sandbox/mail")).json()["mails"]
        found = [re.search(r"código: ([A-Z0-9-]+)", mail["text"]) for mail in mails if email in str(mail["to"])]
        return next((match[1] for match in found if match), None)

    return str(await eventually(arrived, what=f"a code for {email}"))
