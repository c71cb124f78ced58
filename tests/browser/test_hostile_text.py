"""What customers may write is shown as they wrote it, and does nothing else (S-092)."""

import re

from playwright.async_api import Page, expect

from tests.browser.visitor import Visitor, customer_named, row_of, scrolls_sideways, thread_of
from tests.system import Shop

IMAGE = "<img src=x onerror=\"document.title='tomado'\">"
SCRIPT = "*<script>document.title='tomado'</script>*"
RIGHT_TO_LEFT = "precio \u202e0001 $\u202c fin مرحبا"
EMOJI = "👩🏽‍🦰🩰❤️‍🔥 dale 🇦🇷"
ENDLESS = "a" * 4096
ADDRESS = 'javascript:alert(1) data:text/html,x https://a.example/"onmouseover=alert(1)'
NAME = "<b onclick=alert(1)>Ana</b> \u202emalo"
MESSAGES = (IMAGE, SCRIPT, RIGHT_TO_LEFT, EMOJI, ENDLESS, ADDRESS)
READ = (IMAGE, SCRIPT.strip("*"), *MESSAGES[2:])


async def test_hostile_messages_and_a_hostile_name_are_text_on_both_pages(visitor: Visitor, shop: Shop) -> None:
    customer = await customer_named(shop, NAME)
    for text in MESSAGES:
        await shop.say(customer, text, name=NAME)
    await shop.answers(customer)
    phone, panel = await visitor.phone(shop), await visitor.signed_in(shop)

    await row_of(panel, "Ana").click()
    await expect(panel.get_by_role("heading", name=re.compile("Ana"))).to_have_text(NAME)
    await expect(phone.get_by_role("region", name=re.compile("Teléfono de <b"))).to_be_visible()

    for page, log in ((panel, thread_of(panel)), (phone, phone.get_by_role("log"))):
        await expect(log.locator(".bubble-text", has_text="onerror")).to_be_attached()
        shown = await log.locator(".bubble-text").all_text_contents()
        assert [text for text in READ if text not in shown] == []
        await _holds_no_foreign_element(page)
        assert not await scrolls_sideways(page)
        links = await log.get_by_role("link").evaluate_all("links => links.map((link) => link.href)")
        assert {link.split(":")[0] for link in links} <= {"https", "http"}
        assert await page.title() != "tomado"


async def _holds_no_foreign_element(page: Page) -> None:
    planted = await page.evaluate(
        """() => {
             const planted = '[onclick], [onerror], [onmouseover], img[src="x"], body script, body b';
             return [...document.querySelectorAll(planted)].map((element) => element.outerHTML); }"""
    )
    assert planted == []
