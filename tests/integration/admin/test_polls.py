"""A panel's polls while nothing is new: answered before the routes, and never when there is anything to say."""

import asyncio
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable

import asyncpg
import httpx
import pytest
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp

from nexus.embedded.postgres import EmbeddedPostgres
from nexus.orchestrator_service.admin.polls import Polls
from nexus.orchestrator_service.admin.polls_remembered import GOOD_FOR_SECONDS, RememberedPolls, hearing
from nexus.store.database import Pool, tenant_transaction
from tests.integration.admin.conftest import ORIGIN, Shop
from tests.service import eventually

Write = Callable[..., Awaitable[uuid.UUID]]
SignIn = Callable[..., Awaitable[httpx.AsyncClient]]
LONG_WAY = 418


@pytest.fixture
async def quick(pool: Pool) -> AsyncIterator[httpx.AsyncClient]:
    """Polls alone: what it leaves to the routes is 418."""
    routes: ASGIApp = PlainTextResponse("", status_code=LONG_WAY)
    transport = httpx.ASGITransport(Polls(routes, "orchestrator_service", lambda: pool, RememberedPolls()))
    async with httpx.AsyncClient(transport=transport, base_url=ORIGIN) as client:
        yield client


@pytest.fixture
async def panel(sign_in: SignIn, shop: Shop) -> httpx.AsyncClient:
    """Somebody of the shop, lately seen."""
    person = await sign_in(shop, role="agent")
    await person.get("/admin/me")
    return person


async def _tags(person: httpx.AsyncClient, shop: Shop, *paths: str) -> dict[str, dict[str, str]]:
    """The headers of each path's next poll."""
    cookie = f"nexus_session={person.cookies['nexus_session']}"
    answers = {path: await person.get(path, headers=shop.headers) for path in paths}
    return {
        path: shop.headers | {"Cookie": cookie, "If-None-Match": answer.headers["etag"]}
        for path, answer in answers.items()
    }


async def test_a_poll_is_answered_at_once_until_its_chat_changes(
    panel: httpx.AsyncClient, quick: httpx.AsyncClient, shop: Shop, customer_writes: Write
) -> None:
    chat = await customer_writes(shop, "Hola")
    thread = f"/admin/chats/{chat}/messages"
    polls = await _tags(panel, shop, "/admin/chats?limit=20&tab=unread", f"{thread}?limit=20")
    for path, headers in polls.items():
        answer = await quick.get(path, headers=headers)
        assert (answer.status_code, answer.content) == (304, b"")
        slow = await panel.get(path, headers=headers)
        same = ("etag", "cache-control")
        assert [answer.headers[name] for name in same] == [slow.headers[name] for name in same]
        assert (await quick.get(path.replace("20", "30"), headers=headers)).status_code == LONG_WAY
    # Whoever opens the thread has to leave nothing unread, so that one is for the routes.
    opened = await _tags(panel, shop, f"{thread}?limit=20")
    seen = f"{thread}?limit=20&seen=1"
    assert (await quick.get(seen, headers=opened[f"{thread}?limit=20"])).status_code == LONG_WAY
    read = await _tags(panel, shop, seen)
    assert (await quick.get(seen, headers=read[seen])).status_code == 304
    await customer_writes(shop, "¿Hay alguien?")
    for path, headers in (polls | read).items():
        assert (await quick.get(path, headers=headers)).status_code == LONG_WAY
        assert (await panel.get(path, headers=headers)).status_code == 200


async def test_only_who_may_read_the_shop_is_told_that_nothing_changed(
    panel: httpx.AsyncClient,
    quick: httpx.AsyncClient,
    shop: Shop,
    make_shop: Callable[..., Awaitable[Shop]],
    customer_writes: Write,
) -> None:
    chat = await customer_writes(shop, "Hola")
    polls = await _tags(panel, shop, "/admin/chats", f"/admin/chats/{chat}/messages")
    other = await make_shop("Ajena")
    for path, good in polls.items():
        tag = good["If-None-Match"]
        wrong = [
            {"Cookie": ""}, {"Cookie": "nexus_session=nobody"}, {"Cookie": "other=1"}, {"X-Tenant-ID": ""},
            other.headers, other.headers | {"If-None-Match": tag.replace(f'"{shop.id}-', f'"{other.id}-')},
            {"If-None-Match": ""}, {"If-None-Match": "*"}, {"X-Admin-Token": "x"}, {"X-Tenant-ID": "99999999999"},
        ]  # fmt: skip
        for change in wrong:
            assert (await quick.get(path, headers=good | change)).status_code == LONG_WAY, change
        assert (await quick.post(path, headers=good)).status_code == LONG_WAY
    await panel.post("/admin/logout")
    for path, good in polls.items():
        assert (await quick.get(path, headers=good)).status_code == LONG_WAY


async def test_many_at_once_are_each_judged_by_their_own_session(
    panel: httpx.AsyncClient,
    quick: httpx.AsyncClient,
    sign_in: SignIn,
    shop: Shop,
    make_shop: Callable[..., Awaitable[Shop]],
    customer_writes: Write,
) -> None:
    chat, other = await customer_writes(shop, "Hola"), await make_shop("Ajena")
    await customer_writes(other, "Hola")
    thread = f"/admin/chats/{chat}/messages"

    def poll(path: str, headers: dict[str, str], query: str = "") -> list[str]:
        return [path, query, headers["If-None-Match"], headers["X-Tenant-ID"], headers["Cookie"]]

    mine = await _tags(panel, shop, "/admin/chats", thread)
    stranger = await sign_in(other, role="agent")  # the same browser: another session
    await stranger.get("/admin/me")
    theirs = (await _tags(stranger, other, "/admin/chats"))["/admin/chats"]
    polls = [
        poll(thread, mine[thread]),
        poll("/admin/chats", mine["/admin/chats"] | {"Cookie": theirs["Cookie"]}),  # another's session
        poll("/admin/chats", theirs),
        poll("/admin/chats", mine["/admin/chats"], "limit=5"),  # the tag of another question
        poll("/admin/tenants", mine["/admin/chats"]),
        poll("/admin/chats", mine["/admin/chats"]),
        ["", "ñ€", "", "0", "nexus_session="],
    ]
    answer = await quick.post("/internal/polls", json=polls)
    assert (answer.status_code, answer.json()) == (200, [0, 2, 5])
    await customer_writes(shop, "¿Hay alguien?")
    assert (await quick.post("/internal/polls", json=polls)).json() == [2]


@pytest.mark.parametrize("body", [b"", b"{", b"{}", b'["a"]', b"[[1,2,3,4,5]]", b"[" * 99, b"[" + b" " * 300_000 + b"]",
                                  b"[" + b'["","","","",""],' * 64 + b'["","","","",""]]'])  # fmt: skip
async def test_what_is_no_list_of_polls_is_refused(quick: httpx.AsyncClient, body: bytes) -> None:
    answer = await quick.post("/internal/polls", content=body)
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "bad_polls")


@pytest.mark.parametrize("snapshot", ["5:3:", "0:0:", "1:9:7.7.3", "99999999999999999999:99999999999999999999:"])
async def test_a_snapshot_that_no_server_wrote_is_just_another_tag(
    panel: httpx.AsyncClient, quick: httpx.AsyncClient, shop: Shop, customer_writes: Write, snapshot: str
) -> None:
    await customer_writes(shop, "Hola")
    (headers,) = (await _tags(panel, shop, "/admin/chats")).values()
    tenant, _, *rest = headers["If-None-Match"].split("-")
    headers["If-None-Match"] = "-".join([tenant, snapshot, *rest])
    assert (await quick.get("/admin/chats", headers=headers)).status_code == LONG_WAY
    assert (await panel.get("/admin/chats", headers=headers)).status_code == 200


async def test_what_commits_after_a_later_change_was_seen_is_not_missed(
    panel: httpx.AsyncClient, quick: httpx.AsyncClient, shop: Shop, customer_writes: Write, pool: Pool
) -> None:
    slow, fast = [await customer_writes(shop, "Hola", phone=f"+549351555000{n}") for n in range(2)]
    async with tenant_transaction(shop.id, pool) as conn:
        await conn.execute("update chat_conversations set unread = 7, revision = revision + 1 where id = $1", slow)
        await customer_writes(shop, "¿Hay alguien?", phone="+5493515550001")
        (headers,) = (await _tags(panel, shop, "/admin/chats")).values()
        assert (await quick.get("/admin/chats", headers=headers)).status_code == 304
    assert (await quick.get("/admin/chats", headers=headers)).status_code == LONG_WAY
    items = (await panel.get("/admin/chats", headers=headers)).json()["items"]
    assert {item["id"]: item["unread"] for item in items} == {str(slow): 7, str(fast): 2}


async def test_a_pause_that_ends_by_itself_changes_the_list_and_a_tick_does_not(
    panel: httpx.AsyncClient, quick: httpx.AsyncClient, shop: Shop, customer_writes: Write, pool: Pool
) -> None:
    chat = await customer_writes(shop, "Hola")
    async with tenant_transaction(shop.id, pool) as conn:
        await conn.execute(
            "update chat_conversations set human_override_until = now() + interval '1 second' where id = $1", chat
        )
    (headers,) = (await _tags(panel, shop, "/admin/chats")).values()
    async with tenant_transaction(shop.id, pool) as conn:
        await conn.execute("update chat_conversations set revision = revision + 1 where id = $1", chat)
    for _ in range(200):
        if (await quick.get("/admin/chats", headers=headers)).status_code == LONG_WAY:
            break
        await asyncio.sleep(0.02)
    (item,) = (await panel.get("/admin/chats", headers=headers)).json()["items"]
    assert item["bot"] == "on"


async def test_a_database_that_is_away_is_for_the_routes_to_tell(
    panel: httpx.AsyncClient, shop: Shop, customer_writes: Write, postgres: EmbeddedPostgres
) -> None:
    await customer_writes(shop, "Hola")
    (headers,) = (await _tags(panel, shop, "/admin/chats")).values()
    gone = await asyncpg.create_pool(postgres.app_dsn, min_size=1, max_size=1)
    await gone.close()
    transport = httpx.ASGITransport(
        Polls(PlainTextResponse("", status_code=LONG_WAY), "orchestrator_service", lambda: gone, RememberedPolls())
    )
    async with httpx.AsyncClient(transport=transport, base_url=ORIGIN) as client:
        assert (await client.get("/admin/chats", headers=headers)).status_code == LONG_WAY


class Clock:
    """Seconds that pass when the test says so."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


async def test_a_verdict_is_remembered_until_a_chat_of_the_shop_changes_or_it_is_old(
    panel: httpx.AsyncClient, shop: Shop, make_shop: Callable[..., Awaitable[Shop]], customer_writes: Write,
    pool: Pool, postgres: EmbeddedPostgres,
) -> None:  # fmt: skip
    chat, other = await customer_writes(shop, "Hola"), await make_shop("Ajena")
    thread = f"/admin/chats/{chat}/messages"
    polls = await _tags(panel, shop, "/admin/chats", thread)
    clock = Clock()
    remembered = RememberedPolls(clock)
    routes: ASGIApp = PlainTextResponse("", status_code=LONG_WAY)
    transport = httpx.ASGITransport(Polls(routes, "orchestrator_service", lambda: pool, remembered))

    async def ask() -> list[int]:
        return [(await client.get(path, headers=headers)).status_code for path, headers in polls.items()]

    async with httpx.AsyncClient(transport=transport, base_url=ORIGIN) as client:
        async with hearing(remembered, postgres.app_dsn):
            await eventually(lambda: _remembers(remembered, ask), what="the listening")
            await panel.post("/admin/logout")  # nothing tells of it: what is remembered still stands
            assert await ask() == [304, 304]
            await customer_writes(other, "Hola")  # another shop's is no change
            await asyncio.sleep(0.05)
            assert await ask() == [304, 304]
            clock.now += GOOD_FOR_SECONDS
            assert await ask() == [LONG_WAY, LONG_WAY]
        assert await ask() == [LONG_WAY, LONG_WAY]


async def _remembers(remembered: RememberedPolls, ask: Callable[[], Awaitable[list[int]]]) -> bool:
    assert await ask() == [304, 304]
    return remembered.size == 2


async def test_a_change_is_seen_though_its_poll_was_remembered(
    panel: httpx.AsyncClient, shop: Shop, customer_writes: Write, pool: Pool, postgres: EmbeddedPostgres
) -> None:
    await customer_writes(shop, "Hola")
    (headers,) = (await _tags(panel, shop, "/admin/chats")).values()
    remembered = RememberedPolls(Clock())  # nothing grows old
    routes: ASGIApp = PlainTextResponse("", status_code=LONG_WAY)
    transport = httpx.ASGITransport(Polls(routes, "orchestrator_service", lambda: pool, remembered))
    async with httpx.AsyncClient(transport=transport, base_url=ORIGIN) as client, hearing(remembered, postgres.app_dsn):

        async def answers(status: int) -> bool:
            return (await client.get("/admin/chats", headers=headers)).status_code == status

        async def is_kept() -> bool:
            return await answers(304) and remembered.size == 1

        await eventually(is_kept, what="the listening")
        await customer_writes(shop, "¿Hay alguien?")
        await eventually(lambda: answers(LONG_WAY), what="the change", every=0.01)
        remembered.deaf()
        assert remembered.size == 0
