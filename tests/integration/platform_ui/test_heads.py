"""Requests whose head is no HTTP or never ends, at a process served as all of ours are."""

import asyncio
import json
import os
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path

import httpx
import pytest

from tests.service import NO_TLS, ROOT, Service
from tests.system import free_port


@pytest.fixture(scope="module")
async def port(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[int]:
    """platform-ui as `./nexus run` starts it; it needs no store."""
    chosen = free_port()
    env = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT / "src"), "PLATFORM_UI_PORT": str(chosen)}
    log: Path = tmp_path_factory.mktemp("heads") / "log"
    service = Service("platform-ui", chosen, env, log)
    service.start()
    await service.ready()
    yield chosen
    service.stop()


async def send(port: int, *pieces: bytes) -> tuple[int, dict[str, str], int]:
    """Status, error, and how many pieces it took; each is a read of its own."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    sent, answer = 0, b""
    for piece in pieces:
        writer.write(piece)
        await writer.drain()
        sent += 1
        with suppress(TimeoutError):
            answer = await asyncio.wait_for(reader.read(), 0.3)
            break
    writer.close()
    head, _, body = answer.partition(b"\r\n\r\n")
    return int(head.split()[1]), json.loads(body)["error"], sent


async def test_what_is_no_http_is_400_in_the_one_error_shape(port: int) -> None:
    for noise in (
        b"GARBAGE\r\n\r\n",
        b"FOO /health HTTP/1.1\r\nhost: x\r\n\r\n",
        b"POST / HTTP/1.1\r\ncontent-length: -1\r\n\r\n",
    ):
        status, error, _ = await send(port, noise)
        assert (status, error["code"]) == (400, "bad_request")
        assert set(error) == {"code", "message", "correlation_id"}


@pytest.mark.parametrize("start", [b"GET / HTTP/1.1\r\nx-long: ", b"GET /?q="])
async def test_a_head_that_does_not_end_is_431_before_it_fills_the_memory(port: int, start: bytes) -> None:
    status, error, sent = await send(port, start, *[b"a" * 32_768] * 10)
    assert (status, error["code"]) == (431, "head_too_large")
    assert sent <= 5


async def test_large_bodies_and_many_requests_on_one_connection_are_not_taken_for_heads(port: int) -> None:
    async with httpx.AsyncClient(verify=NO_TLS, base_url=f"http://127.0.0.1:{port}", trust_env=False) as client:
        for _ in range(5):
            assert (await client.post("/health", content=b"x" * 900_000)).status_code == 405
            assert (await client.get("/health", headers={"x-long": "a" * 20_000})).status_code == 200
