"""What open, idle chats cost the server: pages that ask for their list and their thread at their beat, nothing new.

One page asking again and again shows what a poll costs by itself; a hundred at their own pace what it costs where the
processes sleep in between and wake with cold caches.
"""

import asyncio
import re
import time
from collections.abc import Awaitable
from dataclasses import dataclass
from pathlib import Path

import httpx
from tests.service import NO_TLS
from tests.system import System

BEAT_SECONDS = 2.0
TABS = 100
_IN_A_ROW = 1000
_SECONDS = 20.0
_NOT_SENT_AGAIN = {"if-none-match", "host", "connection", "accept-encoding"}
_ID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")


Page = dict[str, dict[str, str]]
"""What a page asks again: paths, each with its headers."""


@dataclass
class Polled:
    """A poll with nothing new: milliseconds of CPU in each process."""

    what: str
    cpu_ms: dict[str, float]

    @property
    def total_ms(self) -> float:
        """Of the whole server: panel, Orchestrator and PostgreSQL."""
        return sum(self.cpu_ms.values())


async def measure_open_chats(system: System, asked: Page, runs: int) -> list[Polled]:
    """A page's polls in a row, then those of `TABS` pages at their pace; of `runs` the median.

    `asked` are the paths that an open chat's page was seen to poll, with the browser's own headers. What the processes
    take while nobody asks is left out.
    """
    postmaster = int((await system.one("select split_part(pg_read_file('postmaster.pid'), e'\\n', 1) as pid"))["pid"])
    idle = await _idle(system, postmaster)
    limits = httpx.Limits(max_connections=2 * TABS, max_keepalive_connections=2 * TABS)
    async with httpx.AsyncClient(
        base_url=system.url("panel"), verify=NO_TLS, trust_env=False, limits=limits, timeout=30
    ) as client:
        pages = await _open_pages(client, asked, TABS)
        in_a_row = [
            await _measure(system, postmaster, idle, "in a row", _in_a_row(client, pages[0])) for _ in range(runs)
        ]
        paced = f"of {TABS} open chats at their pace"
        at_pace = [await _measure(system, postmaster, idle, paced, _at_pace(client, pages)) for _ in range(runs)]
    return [sorted(polled, key=lambda one: one.total_ms)[runs // 2] for polled in (in_a_row, at_pace)]


async def _open_pages(client: httpx.AsyncClient, asked: Page, many: int) -> list[Page]:
    """Of so many chats, what each page asks again: its thread first, for opening one changes the list."""
    list_path, thread_path = sorted(asked, key=lambda path: bool(_ID.search(path)))
    items = (await client.get("/api/admin/chats?limit=200", headers=_sent(asked[list_path]))).json()["items"]
    threads = [_ID.sub(item["id"], thread_path) for item in items[:many]]
    pages = [{path: await _asking_again(client, path, asked[thread_path])} for path in threads]
    for page in pages:
        page[list_path] = await _asking_again(client, list_path, asked[list_path])
    return pages


async def _measure(
    system: System, postmaster: int, idle: dict[str, float], what: str, polling: Awaitable[int]
) -> Polled:
    before, began = _cpu_of(system, postmaster), time.perf_counter()
    polls = await polling
    after, took = _cpu_of(system, postmaster), time.perf_counter() - began
    cost = {name: max(0.0, after[name] - before[name] - idle[name] * took) for name in after}
    return Polled(what, {name: round(seconds / polls * 1000, 3) for name, seconds in cost.items()})


async def _in_a_row(client: httpx.AsyncClient, page: Page) -> int:
    """How many polls it was."""
    return sum([await _beat(client, page) for _ in range(_IN_A_ROW)])


async def _at_pace(client: httpx.AsyncClient, pages: list[Page]) -> int:
    """As `_in_a_row`, each page at its own beat of two seconds."""
    began = time.perf_counter()

    async def look(page: Page, phase: float) -> int:
        polls, beat = 0, began + phase
        while beat < began + _SECONDS:
            await asyncio.sleep(beat - time.perf_counter())
            polls += await _beat(client, page)
            beat += BEAT_SECONDS
        return polls

    return sum(await asyncio.gather(*(look(page, n / len(pages) * BEAT_SECONDS) for n, page in enumerate(pages))))


async def _beat(client: httpx.AsyncClient, page: Page) -> int:
    answers = await asyncio.gather(*(client.get(path, headers=headers) for path, headers in page.items()))
    assert {answer.status_code for answer in answers} == {304}, answers
    return len(answers)


async def _idle(system: System, postmaster: int) -> dict[str, float]:
    """CPU seconds that each process takes in a second when nobody asks anything: its own clocks and jobs."""
    before, began = _cpu_of(system, postmaster), time.perf_counter()
    await asyncio.sleep(_SECONDS)
    after, seconds = _cpu_of(system, postmaster), time.perf_counter() - began
    return {name: (after[name] - before[name]) / seconds for name in after}


def _sent(headers: dict[str, str]) -> dict[str, str]:
    return {name: value for name, value in headers.items() if name not in _NOT_SENT_AGAIN and not name.startswith(":")}


async def _asking_again(client: httpx.AsyncClient, path: str, headers: dict[str, str]) -> dict[str, str]:
    """The headers of the browser's next poll once it has this answer."""
    answer = (await client.get(path, headers=_sent(headers))).raise_for_status()
    return _sent(headers) | {"if-none-match": answer.headers["ETag"]}


def _cpu_of(system: System, postmaster: int) -> dict[str, float]:
    """CPU seconds so far of everything that stands behind the panel."""
    family = [postmaster, *(pid for pid, parent in _parents() if parent == postmaster)]
    services = {name: [system.services[name].process.pid] for name in ("platform-ui", "orchestrator-service")}  # type: ignore[union-attr]
    return {name: sum(map(_cpu_seconds, pids)) for name, pids in {**services, "postgres": family}.items()}


def _parents() -> list[tuple[int, int]]:
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            found.append((int(stat.parent.name), int(stat.read_text().rsplit(")", 1)[1].split()[1])))
        except (FileNotFoundError, ProcessLookupError):
            continue  # ended meanwhile
    return found


def _cpu_seconds(pid: int) -> float:
    """Of all its threads, to the nanosecond: ticks are too coarse for a handful of polls."""
    try:
        return sum(int(task.read_text().split()[0]) for task in Path(f"/proc/{pid}/task").glob("*/schedstat")) / 1e9
    except (FileNotFoundError, ProcessLookupError):
        return 0.0
