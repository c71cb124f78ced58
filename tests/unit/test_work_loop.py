"""The loop that claims and runs work."""

import asyncio
from collections.abc import Sequence

from nexus.runtime.work import WorkLoop


async def test_with_every_slot_taken_it_does_not_ask_what_is_due() -> None:
    """Due work that nobody may take made it ask two hundred times a second."""
    stop, free_again = asyncio.Event(), asyncio.Event()
    asked: list[int] = []
    done: list[int] = []

    async def claim(free: int) -> Sequence[int]:
        return [] if done else list(range(free))

    async def work(item: int) -> None:
        await free_again.wait()
        done.append(item)

    async def pause() -> float:
        asked.append(len(done))
        return 0.001

    loop = WorkLoop("test", slots=2, claim=claim, work=work, pause=pause)
    running = asyncio.create_task(loop.run(stop, drain_seconds=1))
    for _ in range(20):
        loop.wake()
        await asyncio.sleep(0.002)
    assert asked == []
    free_again.set()
    while not asked:
        await asyncio.sleep(0.001)
    stop.set()
    await running
    assert done == [0, 1]


async def test_what_is_cut_short_at_the_end_may_still_give_back_what_it_holds() -> None:
    stop = asyncio.Event()
    given_back: list[str] = []

    async def claim(_free: int) -> Sequence[str]:
        return [] if stop.is_set() or given_back else ["burst"]

    async def work(item: str) -> None:
        stop.set()
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            await asyncio.sleep(0)  # a statement takes its time
            given_back.append(item)
            raise

    async def pause() -> float:
        return 1.0

    await WorkLoop("test", slots=1, claim=claim, work=work, pause=pause).run(stop, drain_seconds=0.01)
    assert given_back == ["burst"]


async def test_what_comes_in_a_rush_is_found_by_few_looks_and_a_lone_wake_at_once() -> None:
    stop, clock = asyncio.Event(), asyncio.get_running_loop()
    looks: list[float] = []

    async def claim(_free: int) -> Sequence[int]:
        looks.append(clock.time())
        return []

    async def work(_item: int) -> None: ...

    async def pause() -> float:
        return 60.0

    loop = WorkLoop("test", slots=4, claim=claim, work=work, pause=pause)
    running = asyncio.create_task(loop.run(stop, drain_seconds=1))
    while not looks:
        await asyncio.sleep(0.001)
    for _ in range(100):
        loop.wake()
        await asyncio.sleep(0.001)
    rushed = len(looks)
    assert rushed <= (looks[-1] - looks[0]) / 0.02 + 1
    await asyncio.sleep(0.05)
    loop.wake()
    while len(looks) < rushed + 1:
        await asyncio.sleep(0)  # a minute's pause would end the test, not this loop
    stop.set()
    await running
