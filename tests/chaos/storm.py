"""Random deaths under a steady trickle of texts, voice notes and photos: the promises, at moments nobody chose."""

import asyncio
import random
import time
from collections.abc import Callable

from tests.chaos.cells import BRAIN, PHONE_SIDE, SETTLES_WITHIN, open_shop
from tests.chaos.count import Count, count
from tests.chaos.rest import at_rest
from tests.chaos.said import Said, new_marker, scenarios, write
from tests.service import eventually
from tests.system import Shop, System

_SECONDS_BETWEEN_MESSAGES = 0.5
_SECONDS_BETWEEN_DEATHS = (3.0, 10.0)
_SECONDS_DEAD = (0.1, 1.5)
_HANDOFFS = 0.1
_KNOWN_CUSTOMERS = 0.4
_KINDS = ("text", "text", "voice", "photo")
VICTIMS = (PHONE_SIDE, PHONE_SIDE, PHONE_SIDE, BRAIN, BRAIN, "postgresql", "valkey")


async def storm(system: System, minutes: float, seed: int, tell: Callable[[str], None]) -> list[str]:
    """Kill for `minutes`, let it come to rest, count; the broken promises in words."""
    chance = random.Random(seed)
    tell(f"\nmuertes al azar: {minutes:g} min, semilla {seed}")
    shops = [await open_shop(system, statuses=True), await open_shop(system, statuses=False)]
    planned = [
        (new_marker(), chance.random() < _HANDOFFS) for _ in range(int(minutes * 60 / _SECONDS_BETWEEN_MESSAGES))
    ]
    await system.script(scenarios(planned))
    said: dict[int, list[Said]] = {shop.tenant_id: [] for shop in shops}
    over = asyncio.Event()
    killing = asyncio.create_task(_kill_at_random(system, chance, over, tell))
    await _trickle(shops, planned, said, random.Random(seed + 1))
    over.set()
    deaths = await killing
    problems: list[str] = []
    for shop, kind in zip(shops, ("con estados", "sin estados"), strict=True):
        counted = await _count_at_rest(system, shop, said[shop.tenant_id])
        broken = counted.problems(may_be_unknown=True, may_be_unheard=True)
        tell(f"{kind}: {_figures(counted)}: {'; '.join(broken) or 'ok'}")
        problems += broken
    tell(f"{deaths} muertes")
    return problems


async def _count_at_rest(system: System, shop: Shop, said: list[Said]) -> Count:
    await eventually(lambda: at_rest(system, shop, said), within=2 * SETTLES_WITHIN, every=1, what="at rest")
    return await count(system, shop, said)


def _figures(n: Count) -> str:
    return (
        f"acknowledged {n.acknowledged}, answered {n.answered}, unheard {n.unheard}, unknown {n.unknown}, "
        f"parked {n.parked}, twice {n.twice + n.effects_twice}, files {n.files}"
    )


async def _trickle(
    shops: list[Shop], planned: list[tuple[str, bool]], said: dict[int, list[Said]], chance: random.Random
) -> None:
    """Messages at a steady rate; some from customers who wrote before, handoffs always from new ones."""
    started = time.monotonic()
    for number, (marker, handoff) in enumerate(planned):
        await asyncio.sleep(max(0.0, started + number * _SECONDS_BETWEEN_MESSAGES - time.monotonic()))
        shop = chance.choice(shops)
        known = [s.customer for s in said[shop.tenant_id] if not s.handoff]
        again = known and not handoff and chance.random() < _KNOWN_CUSTOMERS
        customer = chance.choice(known) if again else ""
        kind = chance.choice(_KINDS)
        said[shop.tenant_id].append(await write(shop, marker, kind, handoff=handoff, customer=customer))


async def _kill_at_random(
    system: System, chance: random.Random, over: asyncio.Event, tell: Callable[[str], None]
) -> int:
    """SIGKILL one victim after another, each up again after a moment; how many died."""
    deaths, began = 0, time.monotonic()
    while not over.is_set():
        await asyncio.sleep(chance.uniform(*_SECONDS_BETWEEN_DEATHS))
        victim, dead_for = chance.choice(VICTIMS), chance.uniform(*_SECONDS_DEAD)
        deaths += 1
        tell(f"  {time.monotonic() - began:6.1f} s  {victim}")
        if victim in system.services:
            system.services[victim].kill()
            await asyncio.sleep(dead_for)
            await system.services[victim].restart()
            continue
        store = system.postgres if victim == "postgresql" else system.valkey
        store.kill()
        await store.wait()
        await asyncio.sleep(dead_for)
        await store.start()
    return deaths
