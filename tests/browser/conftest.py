"""A system with the panel, and a Chromium that looks at it."""

import os
from collections.abc import AsyncIterator

import pytest
from playwright.async_api import Browser, expect

from tests.browser.chromium import NoChromiumError, open_chromium
from tests.browser.visitor import Visitor
from tests.system import Shop, System

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
    try:
        async with open_chromium() as browser:
            yield browser
    except NoChromiumError as error:
        pytest.fail(str(error)) if os.environ.get("CI") else pytest.skip(str(error))


@pytest.fixture
async def visitor(chromium: Browser, house: System) -> AsyncIterator[Visitor]:
    """Opens pages; at the end nothing may have been complained about in any of them."""
    guest = Visitor(chromium, house)
    yield guest
    await guest.leave()
    assert guest.complaints() == []
