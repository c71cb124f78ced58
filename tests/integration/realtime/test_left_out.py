"""An Orchestrator that does not hear the bus: everybody waits for it a while, and it makes its views fetch later."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable

import asyncpg
import pytest
import redis.asyncio as redis

from nexus.embedded.postgres import EmbeddedPostgres
from nexus.embedded.valkey import EmbeddedValkey
from nexus.orchestrator_service.realtime.announcer import APPLICATION
from nexus.orchestrator_service.realtime.rooms import Rooms
from tests.integration.realtime.conftest import Shop, has_heard, serving, settings_for
from tests.sockets import View
from tests.system import eventually

Views = Callable[[View], Awaitable[View]]


@pytest.fixture
async def shared(postgres: EmbeddedPostgres, valkey: EmbeddedValkey) -> AsyncIterator[tuple[str, Rooms]]:
    """One Orchestrator that shares its clients over Valkey."""
    async with serving(settings_for(postgres, valkey.url)) as served:
        yield served


async def test_those_who_hear_go_on_after_ten_seconds(
    shared: tuple[str, Rooms], shop: Shop, views: Views, postgres: EmbeddedPostgres
) -> None:
    url, _ = shared
    view = await views(shop.view(url))
    absent = await asyncpg.connect(postgres.app_dsn, server_settings={"application_name": APPLICATION})
    try:
        began = time.monotonic()
        item = await shop.booked(url, "10:00")
        assert await has_heard(view, 1, within=15) == [("NEW_APPOINTMENT", [item])]
        assert time.monotonic() - began > 8
        began = time.monotonic()
        await shop.booked(url, "11:00")
        await has_heard(view, 2, within=3)  # it was waited for once
    finally:
        await absent.close()


async def test_who_was_left_out_lets_its_views_fetch_and_who_was_not_does_not(
    shared: tuple[str, Rooms], shop: Shop, views: Views, valkey: EmbeddedValkey
) -> None:
    url, rooms = shared
    assert rooms.bus is not None
    view = await views(shop.view(url))
    client = redis.Redis.from_url(valkey.url)
    await _listens(rooms)
    await client.execute_command("CLIENT", "KILL", "TYPE", "pubsub")
    await asyncio.sleep(1.5)
    await _listens(rooms)
    assert view.connections == 1
    await client.incr(f"{rooms.bus.channel}:left_out")  # as another Orchestrator that waited long enough
    await client.execute_command("CLIENT", "KILL", "TYPE", "pubsub")

    async def back() -> bool:
        return view.connections == 2 and view.is_connected

    await eventually(back, what="the view to connect again")
    item = await shop.booked(url, "10:00")
    assert await has_heard(view, 1) == [("NEW_APPOINTMENT", [item])]
    await client.aclose()


async def _listens(rooms: Rooms) -> None:
    async def listens() -> bool:
        assert rooms.bus is not None
        return await rooms.bus.listeners() == 1

    await eventually(listens, what="the bus to be heard")
