"""Who hears anything: a session of the shop or the admin token, from a page of ours (S-074, S-075)."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import pytest
import socketio
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus

from nexus.embedded.postgres import EmbeddedPostgres
from nexus.store.database import Connection, Pool
from tests.integration.realtime.conftest import PASSWORD, Shop, has_heard, serving, settings_for
from tests.integration.store.conftest import root, root_dsn  # noqa: F401 - fixtures
from tests.service import NO_TLS, eventually
from tests.sockets import BareView, RefusedError, View
from tests.system import ADMIN_TOKEN

Views = Callable[[View], Awaitable[View]]


async def _cookie(url: str, email: str) -> str:
    async with httpx.AsyncClient(base_url=url, verify=NO_TLS, trust_env=False) as client:
        answer = await client.post("/admin/login", json={"email": email, "password": PASSWORD})
        assert answer.status_code == 200, answer.text
        return f"nexus_session={answer.cookies['nexus_session']}"


async def test_whoever_shows_nothing_good_is_refused_and_hears_nothing(alone: str, shop: Shop) -> None:
    for auth, code in [
        (None, "unauthorized"),
        ({}, "unauthorized"),
        ({"token": "otro", "tenant_id": 1}, "unauthorized"),
        ({"token": "", "tenant_id": 1}, "unauthorized"),
        ({"token": None, "tenant_id": 1}, "unauthorized"),
        ({"token": ADMIN_TOKEN}, "tenant_required"),
        ({"token": ADMIN_TOKEN, "tenant_id": 2**31 - 1}, "tenant_not_found"),
        ({"token": ADMIN_TOKEN, "tenant_id": "uno"}, "tenant_not_found"),
        ({"token": ADMIN_TOKEN, "tenant_id": True}, "tenant_not_found"),
        ("texto", "unauthorized"),
        ([1], "unauthorized"),
    ]:
        with pytest.raises(RefusedError, match=code):
            await BareView.open(alone, auth, lambda *_: None)


async def test_whoever_is_refused_or_shows_nothing_hears_nothing_and_is_shown_out(
    postgres: EmbeddedPostgres, shop: Shop
) -> None:
    async with serving(settings_for(postgres, "")) as (url, rooms):
        address = f"ws{url.removeprefix('http')}/socket.io/?EIO=4&transport=websocket"
        async with connect(address, proxy=None) as refused, connect(address, proxy=None) as silent:
            await refused.send("40")
            frames = [str(await refused.recv()), str(await refused.recv()), str(await silent.recv())]
            assert [frame[:2] for frame in frames] == ["0{", "44", "0{"]
            await rooms.check_seats()
            await shop.booked(url)
            await asyncio.sleep(0.3)
            await rooms.check_seats()
            for connection in (refused, silent):
                assert [frame async for frame in connection] == []


async def test_a_session_hears_its_shop_without_naming_it(alone: str, shop: Shop, person: str, views: Views) -> None:
    cookie = await _cookie(alone, person)
    view = await views(View(alone, None, Cookie=cookie, Origin=alone))
    named = await views(View(alone, {"tenant_id": shop.id}, Cookie=cookie, Origin="https://agenda.example"))
    item = await shop.booked(alone)
    for each in (view, named):
        assert await has_heard(each, 1) == [("NEW_APPOINTMENT", [item])]


async def test_a_foreign_page_is_refused_whatever_it_carries(alone: str, shop: Shop, person: str) -> None:
    cookie = await _cookie(alone, person)
    for origin in ("https://elsewhere.example", "null", f"{alone}1"):
        view = View(alone, None, Cookie=cookie, Origin=origin)
        with pytest.raises(socketio.exceptions.ConnectionError):
            await view.open()
        await view.close()
        for auth in (None, {"token": ADMIN_TOKEN, "tenant_id": shop.id}):
            with pytest.raises(InvalidStatus):
                await BareView.open(alone, auth, lambda *_: None, Cookie=cookie, Origin=origin)


async def test_a_person_hears_no_shop_of_others(alone: str, neighbour: Shop, person: str) -> None:
    cookie = await _cookie(alone, person)
    for auth in ({"tenant_id": neighbour.id}, {"tenant_ids": [neighbour.id]}):
        with pytest.raises(RefusedError, match="tenant_not_found"):
            await BareView.open(alone, auth, lambda *_: None, Cookie=cookie, Origin=alone)


async def test_a_machine_may_listen_to_several_shops(alone: str, shop: Shop, neighbour: Shop, views: Views) -> None:
    both = await views(View(alone, {"token": ADMIN_TOKEN, "tenant_ids": [shop.id, neighbour.id]}))
    items = [await shop.booked(alone), await neighbour.booked(alone)]
    assert sorted(item["tenant_id"] for _, [item] in await has_heard(both, 2)) == [shop.id, neighbour.id]
    assert len(items) == 2


async def test_whoever_logs_out_or_is_taken_out_hears_nothing_after_the_next_look(
    postgres: EmbeddedPostgres,
    shop: Shop,
    person: str,
    pool: Pool,
    root: Connection,  # noqa: F811 - the fixture
) -> None:
    heard: dict[str, list[Any]] = {"out": [], "removed": [], "stays": []}

    def ear(name: str) -> Callable[[str, list[Any]], None]:
        return lambda event, _arguments: heard[name].append(event)

    async with serving(settings_for(postgres, "")) as (url, rooms):
        cookies = {name: await _cookie(url, person) for name in ("out", "removed")}
        opened = {
            name: await BareView.open(url, None, ear(name), Cookie=cookie, Origin=url)
            for name, cookie in cookies.items()
        }
        opened["stays"] = await BareView.open(url, {"token": ADMIN_TOKEN, "tenant_id": shop.id}, ear("stays"))
        async with httpx.AsyncClient(verify=NO_TLS, base_url=url, headers={"Origin": url}, trust_env=False) as client:
            await client.post("/admin/logout", headers={"Cookie": cookies["out"]})
        await rooms.check_seats()
        await shop.booked(url, "10:00")

        async def told() -> bool:
            return bool(heard["removed"]) and bool(heard["stays"])

        await eventually(told, what="those who stay to hear")
        assert heard["out"] == []
        await root.execute("delete from tenant_members where tenant_id = $1", shop.id)
        await rooms.check_seats()
        await shop.booked(url, "12:00")

        async def told_again() -> bool:
            return len(heard["stays"]) == 2

        await eventually(told_again, what="the machine to hear")
        await asyncio.sleep(0.3)
        assert heard == {"out": [], "removed": ["NEW_APPOINTMENT"], "stays": ["NEW_APPOINTMENT"] * 2}
        for view in opened.values():
            await view.close()
