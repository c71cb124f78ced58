"""The embedded Valkey: password, nothing on disk, back on its port after a crash."""

from __future__ import annotations

import signal
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import redis.asyncio
from redis.exceptions import AuthenticationError

from nexus.embedded.errors import EmbeddedError
from nexus.embedded.processes import command_line
from nexus.embedded.valkey import EmbeddedValkey


@pytest.fixture
async def valkey(tmp_path: Path) -> AsyncIterator[EmbeddedValkey]:
    server = EmbeddedValkey(tmp_path)
    await server.start()
    yield server
    await server.stop()


async def test_it_answers_with_the_password_and_refuses_without(valkey: EmbeddedValkey) -> None:
    async with redis.asyncio.Redis.from_url(valkey.url) as client:
        assert await client.set("a", "1")
        assert await client.config_get("save", "appendonly") == {"save": "", "appendonly": "no"}
    port = valkey.url.rpartition(":")[2]
    async with redis.asyncio.Redis.from_url(f"redis://127.0.0.1:{port}") as stranger:
        with pytest.raises(AuthenticationError):
            await stranger.get("a")


async def test_its_password_is_not_on_the_command_line(valkey: EmbeddedValkey) -> None:
    assert valkey.pid is not None
    password = valkey.url.split(":")[2].partition("@")[0]
    assert len(password) > 30
    assert password not in command_line(valkey.pid)


async def test_killed_it_comes_back_empty_on_the_same_port(valkey: EmbeddedValkey) -> None:
    before = valkey.url
    async with redis.asyncio.Redis.from_url(valkey.url) as client:
        await client.set("a", "1")
    valkey.kill()
    assert await valkey.wait() == -signal.SIGKILL
    await valkey.start()
    assert valkey.url == before
    async with redis.asyncio.Redis.from_url(valkey.url) as client:
        assert await client.get("a") is None


async def test_a_stopped_server_leaves_nothing_on_disk_but_its_log(valkey: EmbeddedValkey, tmp_path: Path) -> None:
    async with redis.asyncio.Redis.from_url(valkey.url) as client:
        await client.set("a", "1")
    await valkey.stop()
    assert valkey.pid is None
    left = {path.name for path in tmp_path.iterdir()}
    assert left == {"logs", "secrets.json", ".secrets.lock", "valkey.port"}


async def test_a_port_taken_by_somebody_else_moves_it(valkey: EmbeddedValkey, tmp_path: Path) -> None:
    other = EmbeddedValkey(tmp_path)
    await other.start()
    try:
        assert other.url != valkey.url
    finally:
        await other.stop()


async def test_starting_where_the_folder_is_a_file_is_no_silent_failure(tmp_path: Path) -> None:
    (tmp_path / "secrets.json").write_text("[1]")
    with pytest.raises(EmbeddedError, match="no es un objeto JSON"):
        await EmbeddedValkey(tmp_path).start()
