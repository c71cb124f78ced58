"""Calls that leave our network, against a small server that misbehaves on purpose."""

import asyncio
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import pytest

from nexus.gateways.errors import BreakerOpenError, NotAcceptedError, UnknownOutcomeError
from nexus.gateways.upstream import Upstream

Answer = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@asynccontextmanager
async def server(answer: Answer) -> AsyncIterator[str]:
    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await reader.readuntil(b"\r\n\r\n")
            await answer(reader, writer)
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    listening = await asyncio.start_server(connected, "127.0.0.1", 0)
    yield f"http://127.0.0.1:{listening.sockets[0].getsockname()[1]}/x"
    listening.close()


@asynccontextmanager
async def upstream(**settings: object) -> AsyncIterator[Upstream]:
    made = Upstream("prueba", **settings)  # type: ignore[arg-type]
    yield made
    await made.close()


def says(status: int, body: bytes = b"{}", headers: str = "") -> Answer:
    async def answer(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = f"HTTP/1.1 {status} X\r\nContent-Length: {len(body)}\r\n{headers}Connection: close\r\n\r\n"
        writer.write(head.encode() + body)
        await writer.drain()

    return answer


async def never(_: asyncio.StreamReader, __: asyncio.StreamWriter) -> None:
    await asyncio.sleep(30)


async def hangs_up(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.transport.abort()


async def test_an_answer_of_any_status_is_the_callers_business() -> None:
    async with upstream() as calls, server(says(404, b'{"code":404}', "X-Total: 3\r\n")) as url:
        response = await calls.request(1, "GET", url, deadline=5)
    assert (response.status, response.json(), response.headers["x-total"]) == (404, {"code": 404}, "3")


async def test_a_redirect_is_not_followed() -> None:
    async with upstream() as calls, server(says(302, b"", "Location: http://127.0.0.1:1/\r\n")) as url:
        response = await calls.request(1, "GET", url, deadline=5)
    assert response.status == 302


async def test_a_refused_connection_is_known_not_to_be_accepted() -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    async with upstream() as calls:
        with pytest.raises(NotAcceptedError):
            await calls.request(1, "POST", f"http://127.0.0.1:{port}/", json={}, deadline=5)


async def test_an_unknown_host_is_known_not_to_be_accepted() -> None:
    async with upstream() as calls:
        with pytest.raises(NotAcceptedError):
            await calls.request(1, "GET", "http://no-hay.invalid/", deadline=5)


@pytest.mark.parametrize("misbehaviour", [never, hangs_up])
async def test_silence_or_a_reset_after_sending_is_an_unknown_outcome(misbehaviour: Answer) -> None:
    async with upstream() as calls, server(misbehaviour) as url:
        with pytest.raises(UnknownOutcomeError):
            await calls.request(1, "POST", url, json={"a": 1}, deadline=0.3)


async def test_an_answer_over_the_cap_is_cut_off() -> None:
    async with upstream(max_body=1000) as calls, server(says(200, b"x" * 5000)) as url:
        with pytest.raises(UnknownOutcomeError):
            await calls.request(1, "GET", url, deadline=5)


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


async def test_five_failures_in_a_row_open_the_breaker_of_that_tenant_only() -> None:
    async with upstream(clock=Clock()) as calls, server(says(500)) as broken, server(says(200)) as healthy:
        for _ in range(5):
            assert (await calls.request(1, "GET", broken, deadline=5)).status == 500
        with pytest.raises(BreakerOpenError) as refused:
            await calls.request(1, "GET", healthy, deadline=5)
        assert refused.value.retry_after == 15
        assert [calls.is_resting(tenant) for tenant in (1, 2)] == [True, False]
        assert (await calls.request(2, "GET", healthy, deadline=5)).status == 200


async def test_a_success_between_failures_keeps_the_breaker_closed() -> None:
    async with upstream() as calls, server(says(500)) as broken, server(says(400)) as healthy:
        for _ in range(3):
            for url in (broken, broken, broken, broken, healthy):
                await calls.request(1, "GET", url, deadline=5)
        assert (await calls.request(1, "GET", broken, deadline=5)).status == 500


async def test_after_the_pause_one_probe_goes_and_its_success_closes_the_breaker() -> None:
    clock, release = Clock(), asyncio.Event()

    async def when_released(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await release.wait()
        await says(200)(reader, writer)

    async with upstream(clock=clock) as calls, server(says(503)) as broken, server(when_released) as slow:
        for _ in range(5):
            await calls.request(1, "GET", broken, deadline=5)
        clock.now += 15
        probe = asyncio.create_task(calls.request(1, "GET", slow, deadline=5))
        await asyncio.sleep(0.05)
        with pytest.raises(BreakerOpenError):
            await calls.request(1, "GET", slow, deadline=5)
        release.set()
        assert (await probe).status == 200
        assert (await calls.request(1, "GET", slow, deadline=5)).status == 200


async def test_a_failing_or_cancelled_probe_lets_a_later_one_through() -> None:
    clock = Clock()
    async with upstream(clock=clock) as calls, server(says(503)) as broken, server(never) as silent:
        for _ in range(5):
            await calls.request(1, "GET", broken, deadline=5)
        clock.now += 15
        assert (await calls.request(1, "GET", broken, deadline=5)).status == 503
        with pytest.raises(BreakerOpenError):
            await calls.request(1, "GET", broken, deadline=5)
        clock.now += 15
        probe = asyncio.create_task(calls.request(1, "GET", silent, deadline=5))
        await asyncio.sleep(0.05)
        probe.cancel()
        await asyncio.gather(probe, return_exceptions=True)
        assert (await calls.request(1, "GET", broken, deadline=5)).status == 503


async def test_a_tenant_has_so_many_calls_in_flight_and_the_next_waits_within_its_deadline() -> None:
    async with upstream(per_tenant=1) as calls, server(never) as silent, server(says(200)) as healthy:
        first = asyncio.create_task(calls.request(1, "GET", silent, deadline=5))
        await asyncio.sleep(0.05)
        with pytest.raises(NotAcceptedError):
            await calls.request(1, "GET", healthy, deadline=0.2)
        assert (await calls.request(2, "GET", healthy, deadline=5)).status == 200
        first.cancel()
        await asyncio.gather(first, return_exceptions=True)
