"""A system with the panel, and a Chromium that looks at it."""

import os
import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import Browser, Playwright, async_playwright, expect

from tests.browser.visitor import Visitor
from tests.system import Shop, System

_QUIET = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
expect.set_options(timeout=20_000)


@pytest.fixture(scope="session")
async def house(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[System]:
    """Stores, sandbox, both services and the panel; of our own, because these tests empty the sandbox."""
    folder = tmp_path_factory.mktemp("house")
    for parent in (folder, folder.parent):  # PostgreSQL runs as another user when the tests run as root
        parent.chmod(0o755)
    async with System(folder, panel=True) as system:
        yield system


@pytest.fixture
async def shop(house: System) -> Shop:
    """The only shop of an empty sandbox, so that the phone page shows this test's customers alone."""
    (await house.sandbox.post("/sandbox/reset", params={"all": "1"})).raise_for_status()
    made = await house.new_shop()
    await house.set_handoff(made)
    return made


@pytest.fixture(scope="session")
async def chromium() -> AsyncIterator[Browser]:
    """The machine's Chromium; without one these tests are skipped, on the build machine they fail."""
    async with async_playwright() as playwright:
        program = _program(playwright)
        if program is None:
            missing = "no hay Chromium en esta máquina (apt install chromium)"
            pytest.fail(missing) if os.environ.get("CI") else pytest.skip(missing)
        browser = await playwright.chromium.launch(executable_path=program, args=_QUIET)
        yield browser
        await browser.close()


@pytest.fixture
async def visitor(chromium: Browser, house: System) -> AsyncIterator[Visitor]:
    """Opens pages; at the end nothing may have been complained about in any of them."""
    guest = Visitor(chromium, house)
    yield guest
    await guest.leave()
    assert guest.complaints() == []


def _program(playwright: Playwright) -> str | None:
    installed = [shutil.which(name) for name in ("chromium", "chromium-browser", "google-chrome")]
    own = playwright.chromium.executable_path
    return next((path for path in (*installed, own) if path and Path(path).exists()), None)
