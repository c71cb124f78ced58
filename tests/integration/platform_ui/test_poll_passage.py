"""The panel's polls go on over kept lines, and say and hear the same as everything else that is passed on."""

import asyncio
import socket
from collections.abc import AsyncIterator, Awaitable

import httpx
import pytest

from nexus.front_door.kept_lines import KeptLines
from tests.integration.platform_ui.conftest import House

THREAD = "/api/admin/chats/0b8e7c1e-0f4a-4b7e-9d5f-3f2a1c9d8e70/messages"
_DECIDES_NOTHING = {"connection", "accept", "accept-encoding", "user-agent", "x-forwarded-prefix"}


@pytest.mark.parametrize("path", ["/api/admin/chats", THREAD])
async def test_a_poll_arrives_as_every_other_request_does(house: House, path: str) -> None:
    headers = {"Cookie": "nexus_session=de-ana", "X-Tenant-ID": "7", "X-Correlation-Id": "c-1", "Connection": "X-Mine"}
    usual = (await house.client.get(f"{path}?q=ñandú&limit=5", headers=headers)).json()
    poll = await house.client.get(f"{path}?q=ñandú&limit=5", headers={**headers, "If-None-Match": '"7"', "X-Mine": "1"})
    seen = poll.json()
    assert {key: seen[key] for key in ("method", "path", "query")} == {
        key: usual[key] for key in ("method", "path", "query")
    }
    told = {name: value for name, value in seen["headers"] if name not in _DECIDES_NOTHING}
    expected = {name: value for name, value in usual["headers"] if name not in _DECIDES_NOTHING}
    assert told == expected | {"if-none-match": '"7"'}
    assert poll.headers["etag"] == '"7"'
    assert "x-private" not in poll.headers
    assert poll.headers["x-content-type-options"] == "nosniff"
    assert len(poll.headers.get_list("date")) == 1


async def test_polls_of_many_tabs_each_get_their_own_answer(house: House) -> None:
    async def ask(number: int) -> bool:
        answer = await house.client.get(
            f"/api/admin/chats?limit={number}", headers={"If-None-Match": '"x"', "Cookie": f"nexus_session=s{number}"}
        )
        said = dict(answer.json()["headers"])
        return answer.json()["query"] == f"limit={number}" and said["cookie"] == f"nexus_session=s{number}"

    assert all(await asyncio.gather(*(ask(number) for number in range(60))))


async def test_what_is_asked_at_one_beat_goes_on_as_one_question_and_each_gets_its_own_answer(house: House) -> None:
    def ask(path: str, tag: str, session: str) -> Awaitable[httpx.Response]:
        headers = {"Cookie": f"nexus_session={session}", "X-Tenant-ID": "7", "If-None-Match": tag}
        return house.client.get(path, headers=headers)

    await asyncio.gather(*(ask("/api/admin/chats", '"x"', "") for _ in range(4)))  # connections of the client's
    house.upstream.state.batches.clear()
    same, changed, thread, long = await asyncio.gather(
        ask("/api/admin/chats?limit=5", '"same"', "ana"),
        ask("/api/admin/chats?limit=5", '"old"', "luz"),
        ask(THREAD, 'W/"same"', "ana"),
        ask(f"{THREAD}?q=" + "x" * 5000, '"same"', "ana"),
    )
    assert (same.status_code, same.content, same.headers["etag"]) == (304, b"", '"same"')
    assert same.headers["cache-control"] == "private, no-cache"
    assert "Cookie" in same.headers["vary"]
    assert dict(changed.json()["headers"])["cookie"] == "nexus_session=luz"  # told by the GET itself
    # A weak tag is not the stand-in's, and what is too long is asked the usual way.
    assert (thread.status_code, long.status_code) == (200, 200)
    asked = [poll for batch in house.upstream.state.batches for poll in batch]
    assert ["/admin/chats", "limit=5", '"same"', "7", "nexus_session=ana"] in asked
    assert len(asked) == 3
    assert len(house.upstream.state.batches) < len(asked)


async def test_an_answer_that_is_no_verdict_leaves_the_polls_to_be_asked_one_by_one(house: House) -> None:
    headers = {"Cookie": "nexus_session=ana", "If-None-Match": '"same"'}
    assert (await house.client.get("/api/admin/chats?break", headers=headers)).json()["query"] == "break"


@pytest.mark.parametrize("other", [{"Origin": "https://elsewhere.test"}, {"X-Admin-Token": "t"}])
async def test_other_origins_and_machines_are_asked_about_alone(house: House, other: dict[str, str]) -> None:
    house.upstream.state.batches.clear()
    headers = {"Cookie": "nexus_session=ana", "If-None-Match": '"same"'} | other
    assert (await house.client.get("/api/admin/chats", headers=headers)).status_code == 200
    assert house.upstream.state.batches == []


async def test_a_poll_with_a_body_or_another_method_is_no_poll(house: House) -> None:
    answer = await house.client.request("GET", "/api/admin/chats", content=b"x", headers={"If-None-Match": '"7"'})
    assert answer.json()["body"] == "x"
    assert (await house.client.post("/api/admin/chats", headers={"If-None-Match": '"7"'})).json()["method"] == "POST"


async def test_without_the_orchestrator_a_poll_is_502_in_spanish(alone: httpx.AsyncClient) -> None:
    answer = await alone.get("/api/admin/chats", headers={"If-None-Match": '"7"'})
    assert answer.status_code == 502
    assert answer.json()["error"]["code"] == "orchestrator_down"


class Peer:
    """A server that says, for each connection in turn, these bytes after a request, and then hangs up or not."""

    def __init__(self, *lives: tuple[bytes, bool]) -> None:
        self._lives = list(lives)
        self.connections = 0

    async def __call__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        said, stays = self._lives[min(self.connections, len(self._lives) - 1)]
        self.connections += 1
        try:
            while await reader.readuntil(b"\r\n\r\n"):
                writer.write(said)
                await writer.drain()
                if not stays:
                    return
        except asyncio.IncompleteReadError:
            return
        finally:
            writer.close()


@pytest.fixture
async def dial() -> AsyncIterator[list[asyncio.Server]]:
    """Servers of the test, closed after it."""
    servers: list[asyncio.Server] = []
    yield servers
    for server in servers:
        server.close()


async def _lines_to(peer: Peer, servers: list[asyncio.Server]) -> KeptLines:
    listener = socket.create_server(("127.0.0.1", 0))
    servers.append(await asyncio.start_server(peer, sock=listener))
    return KeptLines(f"http://127.0.0.1:{listener.getsockname()[1]}")


_HEAD = b"GET / HTTP/1.1\r\nhost: x\r\n\r\n"
_UNCHANGED = b'HTTP/1.1 304 Not Modified\r\netag: "7"\r\n\r\n'


async def test_one_line_serves_one_question_after_the_other(dial: list[asyncio.Server]) -> None:
    peer = Peer((_UNCHANGED, True))
    lines = await _lines_to(peer, dial)
    assert [(await lines.ask(_HEAD)).status for _ in range(5)] == [304] * 5
    assert peer.connections == 1
    lines.close()


async def test_a_line_closed_by_the_other_side_is_not_used_again(dial: list[asyncio.Server]) -> None:
    peer = Peer((b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok", False))
    lines = await _lines_to(peer, dial)
    for expected in range(1, 4):
        assert (await lines.ask(_HEAD)).body == b"ok"
        assert peer.connections == expected
        await asyncio.sleep(0.05)  # until its end has arrived here
    lines.close()


@pytest.mark.parametrize(
    "said",
    [b"", b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nshort", b"no HTTP at all\r\n\r\n"],
    ids=["nothing", "half", "garbage"],
)
async def test_an_answer_that_does_not_come_whole_is_a_lost_line(said: bytes, dial: list[asyncio.Server]) -> None:
    lines = await _lines_to(Peer((said, False), (_UNCHANGED, True)), dial)
    with pytest.raises(OSError):
        await lines.ask(_HEAD)
    assert (await lines.ask(_HEAD)).status == 304
    lines.close()


async def test_what_comes_unasked_ends_the_line_and_answers_nobody(dial: list[asyncio.Server]) -> None:
    peer = Peer((_UNCHANGED + _UNCHANGED, True), (b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok", True))
    lines = await _lines_to(peer, dial)
    assert (await lines.ask(_HEAD)).status == 304
    await asyncio.sleep(0.05)
    assert (await lines.ask(_HEAD)).status == 200
    lines.close()
