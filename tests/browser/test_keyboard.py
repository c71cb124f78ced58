"""Everything by keyboard: Tab, Enter, Esc, the arrows and `/`."""

from playwright.async_api import Page, expect

from tests.browser.visitor import PASSWORD, Visitor, account, customer_named, focused, row_of, thread_of
from tests.system import Shop


async def test_a_person_without_a_mouse_signs_in_finds_a_chat_answers_and_comes_back(
    visitor: Visitor, shop: Shop
) -> None:
    for name in ("Lucía", "Sofía"):
        customer = await customer_named(shop, name)
        await shop.say(customer, "Hola", name=name)
        await shop.answers(customer)
    page = await visitor.panel()
    keys = page.keyboard

    await expect(page.get_by_label("E-mail")).to_be_focused()
    await keys.type(await account(shop))
    await keys.press("Tab")
    await keys.type(PASSWORD)
    await keys.press("Enter")
    await expect(row_of(page, "Lucía")).to_be_visible()
    await keys.press("/")
    await keys.type("lucia")
    await expect(row_of(page, "Sofía")).to_have_count(0)
    await _tab_to(page, "Lucía")
    await keys.press("Enter")
    await expect(thread_of(page).get_by_text("Hola", exact=True)).to_be_visible()
    await _tab_to(page, "", tag="textarea")
    await keys.type("Te atiendo yo")
    await keys.press("Enter")
    await expect(thread_of(page).get_by_text("Te atiendo yo")).to_be_visible()
    await shop.bubbles(customer)
    await keys.press("Escape")

    await expect(thread_of(page)).to_have_count(0)
    await expect(row_of(page, "Lucía")).to_be_focused()


async def test_the_focus_stays_on_a_row_that_is_drawn_anew_and_moves_up(visitor: Visitor, shop: Shop) -> None:
    lucia, sofia = [await customer_named(shop, name) for name in ("Lucía", "Sofía")]
    for customer, name in ((lucia, "Lucía"), (sofia, "Sofía")):
        await shop.say(customer, "Hola", name=name)
        await shop.settled(customer)
    page = await visitor.signed_in(shop)
    await row_of(page, "Lucía").focus()

    await shop.say(lucia, "¿Siguen ahí?", name="Lucía")
    await shop.settled(lucia)

    await expect(page.get_by_role("complementary", name="Conversaciones").get_by_role("link").first).to_be_focused()
    await expect(row_of(page, "Lucía")).to_be_focused()


async def test_the_arrows_walk_the_rows_and_escape_closes_a_dialog_without_leaving_the_chat(
    visitor: Visitor, shop: Shop
) -> None:
    for name in ("Lucía", "Sofía"):
        customer = await customer_named(shop, name)
        await shop.say(customer, "Hola", name=name)
        await shop.settled(customer)
    page = await visitor.signed_in(shop)

    await row_of(page, "Sofía").focus()
    await page.keyboard.press("ArrowDown")
    await expect(row_of(page, "Lucía")).to_be_focused()
    await page.keyboard.press("Enter")
    await expect(thread_of(page)).to_be_visible()
    await page.get_by_role("button", name="Derivar").focus()
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("dialog")).to_be_visible()
    await page.keyboard.press("Escape")

    await expect(page.get_by_role("dialog")).to_have_count(0)
    await expect(page.get_by_role("button", name="Derivar")).to_be_focused()
    await expect(thread_of(page)).to_be_visible()


async def _tab_to(page: Page, text: str, *, tag: str = "a") -> None:
    """Press Tab until the focus is there; every stop on the way must be seen."""
    for _ in range(30):
        await page.keyboard.press("Tab")
        stop = await focused(page)
        assert stop["ring"], stop
        if stop["tag"] == tag and text in stop["text"]:
            return
    raise AssertionError(f"Tab never reached {tag} {text!r}")
