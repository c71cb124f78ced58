"""What the console costs (issue 5): bytes until the first view, the server's CPU of a poll of an open idle chat, ten
thousand chats scrolled.

The pages are the real ones in Chromium, before a running system; the polls are those that the page was seen to make.
"""

import asyncio
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from playwright.async_api import Browser, Page, Request
from tests.browser.chromium import NoChromiumError, open_chromium
from tests.browser.visitor import PASSWORD, account
from tests.many_chats import fill_with_chats
from tests.system import Shop, System

from bench.open_chats import TABS, Polled, measure_open_chats

CHATS = 10_000
MESSAGES_EACH = 20
FIRST_VIEW_KB = 120.0
POLL_CPU_MS = 1.0
APPEARS_SECONDS = 3.0
LONG_TASK_MS = 50.0
_NEW_CHATS = 5
_WATCH = """() => { window.slow = [];
    new PerformanceObserver((list) => { for (const task of list.getEntries()) window.slow.push(task.duration); })
        .observe({ type: 'longtask' }); }"""
# As a hand on a wheel: some rows a frame, to the end of what the server has.
_SCROLL = """async () => {
    const list = document.querySelector('.list-scroll');
    const until = performance.now() + 120_000;
    let still = 0;
    while (still < 60 && performance.now() < until) {
        const before = list.scrollTop;
        list.scrollTop += 900;
        await new Promise(requestAnimationFrame);
        still = list.scrollTop === before ? still + 1 : 0;
    }
    return { height: list.scrollHeight, rows: list.querySelectorAll('li').length }; }"""


async def measure_console(runs: int) -> dict[str, Any]:
    """All figures, the median of `runs` for the polls, printed as Markdown; `missed` names targets not met."""
    with tempfile.TemporaryDirectory(prefix="nexus-bench-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        await asyncio.to_thread(folder.chmod, 0o755)  # PostgreSQL runs as another account when we are root
        async with System(folder, panel=True) as system:
            shop = await system.new_shop("Tienda de muchos")
            _progress(f"{CHATS} chats con {MESSAGES_EACH} mensajes cada uno…")
            await fill_with_chats(shop, CHATS, MESSAGES_EACH)
            try:
                async with open_chromium() as browser:
                    return await _measure(browser, system, shop, runs)
            except NoChromiumError as error:
                return {"missed": [str(error)]}


async def _measure(browser: Browser, system: System, shop: Shop, runs: int) -> dict[str, Any]:
    context = await browser.new_context(viewport={"width": 1280, "height": 800}, locale="es-AR")
    login = {"email": await account(shop), "password": PASSWORD}
    (await context.request.post(system.url("panel", "/api/admin/login"), data=login)).headers  # noqa: B018 - cookie
    page = await context.new_page()
    kilobytes, interactive = await _first_view(page, system)
    appears = [await _appears(page, shop) for _ in range(_NEW_CHATS)]
    scrolled, slow = await _scroll(page)
    asked = await _polls_of(page)
    await page.close()
    _progress(f"las consultas de un chat abierto, y las de {TABS}, {runs} veces…")
    polled = await measure_open_chats(system, asked, runs)
    missed = []
    if kilobytes > FIRST_VIEW_KB:
        missed.append(f"{kilobytes:.0f} KB hasta la primera vista")
    if polled[0].total_ms > POLL_CPU_MS:
        missed.append(f"{polled[0].total_ms:.2f} ms de CPU por consulta de un chat abierto")
    if max(appears) > APPEARS_SECONDS:
        missed.append(f"{max(appears):.1f} s hasta que un chat nuevo está en la lista")
    if max(slow, default=0.0) > LONG_TASK_MS:
        missed.append(f"una tarea de {max(slow):.0f} ms al recorrer {CHATS} chats")
    _print(kilobytes, interactive, appears, scrolled, slow, polled)
    return {
        "first_view_kb": round(kilobytes, 1),
        "first_view_s": round(interactive, 2),
        "chat_appears_s": [round(seconds, 2) for seconds in appears],
        "polls": [{"what": p.what, "cpu_ms": p.cpu_ms} for p in polled],
        "long_tasks_ms": [round(task) for task in slow],
        "missed": missed,
    }


async def _first_view(page: Page, system: System) -> tuple[float, float]:
    """Kilobytes of scripts and styles over the wire until the list stands, and the seconds it took."""
    session = await page.context.new_cdp_session(page)
    await session.send("Network.enable")
    kinds: dict[str, str] = {}
    sizes: dict[str, float] = {}
    session.on("Network.responseReceived", lambda event: kinds.update({event["requestId"]: event["type"]}))
    session.on("Network.loadingFinished", lambda event: sizes.update({event["requestId"]: event["encodedDataLength"]}))
    began = time.perf_counter()
    await page.goto(system.url("panel", "/"))
    await page.locator(".list-scroll a").first.wait_for()
    took = time.perf_counter() - began
    wanted = [size for request, size in sizes.items() if kinds.get(request) in ("Script", "Stylesheet")]
    return sum(wanted) / 1000, took


async def _appears(page: Page, shop: Shop) -> float:
    """Seconds from the 200 of a new customer's first webhook until her chat is in the open list."""
    customer = shop.customer()
    await shop.say(customer, "Hola", name=f"Clienta {customer[-4:]}")
    began = time.perf_counter()
    await page.locator(".row-name", has_text=f"Clienta {customer[-4:]}").wait_for()
    return time.perf_counter() - began


async def _scroll(page: Page) -> tuple[dict[str, int], list[float]]:
    """Through the whole list: what stood there at the end, and the tasks over 50 ms meanwhile."""
    await page.evaluate(_WATCH)
    scrolled: dict[str, int] = await page.evaluate(_SCROLL)
    return scrolled, list(await page.evaluate("() => window.slow"))


async def _polls_of(page: Page) -> dict[str, dict[str, str]]:
    """What the page asks again and again with a chat open: paths with their query, and the browser's headers."""
    await page.evaluate("() => { document.querySelector('.list-scroll').scrollTop = 0; }")
    await page.locator(".list-scroll a").first.click()
    await page.get_by_role("log", name="Mensajes").wait_for()
    await page.wait_for_timeout(3000)
    seen: dict[str, list[Request]] = {}

    def note(request: Request) -> None:
        path = "/" + request.url.split("/", 3)[3]
        if path.startswith("/api/"):
            seen.setdefault(path, []).append(request)

    page.on("request", note)
    await page.wait_for_timeout(9000)
    return {path: await asked[-1].all_headers() for path, asked in sorted(seen.items()) if len(asked) >= 3}


def _progress(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


def _print(
    kilobytes: float,
    interactive: float,
    appears: list[float],
    scrolled: dict[str, int],
    slow: list[float],
    polls: list[Polled],
) -> None:
    print("| what | measured | target |\n|---|---:|---:|")
    print(f"| scripts and styles until the first view, over the wire | {kilobytes:.1f} KB | {FIRST_VIEW_KB:.0f} KB |")
    print(f"| first view stands (this machine) | {interactive:.2f} s | |")
    print(
        f"| a new customer's chat is in the open list, after her first webhook's 200 (median and longest of "
        f"{len(appears)}) | {sorted(appears)[len(appears) // 2]:.2f}, {max(appears):.2f} s | {APPEARS_SECONDS:.0f} s |"
    )
    print(
        f"| {CHATS} chats scrolled to the end ({scrolled['height']} px, {scrolled['rows']} rows in the page): "
        f"tasks over 50 ms, the longest | {len(slow)}, {max(slow, default=0):.0f} ms | {LONG_TASK_MS:.0f} ms |"
    )
    for poll, target in zip(polls, (f"{POLL_CPU_MS:.0f} ms", ""), strict=True):
        parts = ", ".join(f"{name} {cost:.2f}" for name, cost in poll.cpu_ms.items())
        print(f"| CPU of a poll with nothing new, {poll.what} ({parts}) | {poll.total_ms:.2f} ms | {target} |")
