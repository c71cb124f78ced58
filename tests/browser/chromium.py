"""The Chromium of this machine, for tests and benches that look at pages."""

import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from playwright.async_api import Browser, Playwright, async_playwright

_QUIET = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


MICROPHONE = ("--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream")
"""One that beeps, and leave to listen to it for every page."""


class NoChromiumError(Exception):
    """There is none; the text says how to get one."""


@asynccontextmanager
async def open_chromium(*more: str) -> AsyncIterator[Browser]:
    """Started, with `more` switches, and closed at the end. Raises NoChromiumError."""
    async with async_playwright() as playwright:
        program = _program(playwright)
        if program is None:
            raise NoChromiumError("no hay Chromium en esta máquina (apt install chromium-headless-shell)")
        browser = await playwright.chromium.launch(executable_path=program, args=[*_QUIET, *more])
        yield browser
        await browser.close()


def _program(playwright: Playwright) -> str | None:
    # The one without a window starts and draws at a third of the cost.
    names = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
    installed = [shutil.which(name) for name in names]
    own = playwright.chromium.executable_path
    return next((path for path in (*installed, own) if path and Path(path).exists()), None)
