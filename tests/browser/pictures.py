"""The pictures of docs/screens.md, and what each of them must be before it is one."""

import os

from playwright.async_api import Page

from tests.browser.visitor import Scheme, scrolls_sideways
from tests.service import ROOT

PICTURES = ROOT / "docs" / "screens"
_KEPT = bool(os.environ.get("NEXUS_SCREENSHOTS"))
LOOKS: list[tuple[Scheme, int]] = [("light", 1280), ("dark", 360), *([("dark", 1280), ("light", 360)] if _KEPT else [])]
"""Each theme and each width once; every pair of them where pictures are kept."""


async def take_picture(page: Page, name: str) -> None:
    """The page fits its width and has the theme that the name says; with NEXUS_SCREENSHOTS its picture is kept."""
    assert not await scrolls_sideways(page), name
    lightness = await page.evaluate(
        "() => Number(/oklch\\(([\\d.]+)/.exec(getComputedStyle(document.body).backgroundColor)[1])"
    )
    assert lightness < 0.3 if "-dark-" in name else lightness > 0.9, name
    if _KEPT:
        PICTURES.mkdir(parents=True, exist_ok=True)
        await page.screenshot(path=PICTURES / f"{name}.png", animations="disabled", caret="hide")
