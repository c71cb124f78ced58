"""What stops is what turns red: each store and each vendor alone, on the health page and in the doctor's JSON."""

import asyncio
import contextlib
import itertools
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
import redis.asyncio as redis
from tests.nursery import ROOT, run
from tests.service import eventually
from tests.system import Shop, System, free_port

Levels = dict[str, str]
Outage = tuple[Callable[[], Awaitable[None]], Callable[[], Awaitable[None]]]
_NOT_STARTED = {"service:platform-ui": "warn", "service:frontend-react": "warn"}
_runs = itertools.count()


class Wire:
    """The only way to one vendor; cut, nobody listens at its address."""

    def __init__(self) -> None:
        self.port = free_port()
        self._to = 0
        self._server: asyncio.Server | None = None
        self._open: set[asyncio.StreamWriter] = set()

    async def lay(self, to: int = 0) -> None:
        """Lead to the port `to`, or again where it led."""
        self._to = to or self._to
        self._server = await asyncio.start_server(self._carry, "127.0.0.1", self.port)

    async def cut(self) -> None:
        """Nobody listens any more, and what was said is cut off."""
        if self._server is not None:
            self._server.close()
        for writer in self._open:
            writer.transport.abort()

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self._to)
        self._open |= {writer, far_writer}
        await asyncio.gather(_pour(reader, far_writer), _pour(far_reader, writer))
        self._open -= {writer, far_writer}


async def _pour(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError):
        while data := await reader.read(65_536):
            writer.write(data)
            await writer.drain()
    writer.close()


class Told:
    """The two tellers of one shop's troubles."""

    def __init__(self, system: System, shop: Shop) -> None:
        self.system, self.shop, self.seen = system, shop, set[str]()

    async def page(self) -> Levels:
        """Key to level of all that is not well by GET /admin/health."""
        return self._troubles((await self._asked("GET", "/admin/health")).json()["items"])

    async def tries(self) -> None:
        """ "Probar ahora", until it is no longer too soon for it."""
        while (answer := await self._asked("POST", "/admin/health/tries")).status_code == 429:
            async with redis.Redis.from_url(self.system.valkey.url) as cache:
                await cache.flushall()
        assert answer.status_code == 200, answer.text

    async def doctor(self) -> Levels:
        """The same by `nexus doctor --json`; its exit code says whether any is an error."""
        out = self.system.folder / f"doctor-{next(_runs)}.json"
        env = self.system.environment() | {"FRONTEND_REACT_PORT": "1"}
        asked = ["doctor", "--json", "--data-dir", str(self.system.folder)]
        process = run(asked, env=env, cwd=ROOT / "tests", log=out, errors=out.with_suffix(".err"))
        code = await asyncio.to_thread(process.wait, 60)
        report = json.loads(out.read_text(encoding="utf-8"))
        mine = [row for one in report["tenants"] if one["id"] == self.shop.tenant_id for row in one["items"]]
        found = self._troubles([*report["items"], *mine])
        assert code == int(report["worst"] == "error")
        return found

    async def anybody(self, cookie: str) -> list[str]:
        """The keys that a browser with this cookie is told, or the code of the refusal."""
        found = (await self.system.brain.get("/admin/health", headers={"Cookie": cookie})).json()
        return [item["key"] for item in found["items"]] if "items" in found else [found["error"]["code"]]

    async def says(self, troubles: Levels) -> None:
        """Wait until the page says exactly this, as a service may need a moment to notice."""

        async def said() -> bool:
            return await self.page() == troubles

        try:
            await eventually(said, within=30, every=0.3, what="the page")
        except AssertionError:
            assert await self.page() == troubles

    async def _asked(self, method: str, path: str) -> httpx.Response:
        return await self.system.admin(self.shop.tenant_id).request(method, path)

    def _troubles(self, items: list[dict[str, Any]]) -> Levels:
        self.seen |= {item["key"] for item in items}
        assert all(item["fix"] for item in items if item["level"] != "ok"), items
        # How full this machine's disk is, is nobody's outage.
        return {item["key"]: item["level"] for item in items if item["level"] != "ok" and item["key"] != "disk"}


@pytest.fixture
async def wires(tmp_path: Path) -> AsyncIterator[tuple[System, dict[str, Wire]]]:
    """Everything of a kind of its own, each vendor behind a wire."""
    for parent in (tmp_path, *tmp_path.parents[:3]):  # PostgreSQL runs as another user when the tests run as root
        parent.chmod(0o755) if parent.name.startswith(("pytest", "test")) else None
    laid = {name: Wire() for name in ("ycloud", "shop", "model")}
    paths = {"YCLOUD_BASE_URL": ("ycloud", "ycloud/v2"), "TIENDANUBE_BASE_URL": ("shop", "tiendanube")}
    paths |= {"LLM_BASE_URL": ("model", "openai/v1")}
    urls = {name: f"http://127.0.0.1:{laid[wire].port}/{path}" for name, (wire, path) in paths.items()}
    system = System(tmp_path)
    system.settings |= urls | {"WHATSAPP_PUBLIC_URL": system.url("gateway")}
    for wire in laid.values():
        await wire.lay(system.ports["sandbox"])
    async with system:
        yield system, laid
    for wire in laid.values():
        await wire.cut()


async def test_each_outage_turns_exactly_its_own_row_and_ends_with_all_well(
    wires: tuple[System, dict[str, Wire]],
) -> None:
    system, laid = wires
    shop = await system.new_shop()
    await system.set_handoff(shop)
    customer = shop.customer()
    await shop.say(customer, "Tenés puntas de danza talle 37?")
    await shop.answers(customer)
    told = Told(system, shop)

    await told.tries()
    await told.says({})
    assert await told.doctor() == _NOT_STARTED

    system.postgres.kill()
    assert await told.doctor() == {"database": "error"} | _NOT_STARTED
    assert await told.page() == {"database": "error"}
    assert await told.anybody(cookie="nexus_session=of-whom-nobody-can-say") == ["database", "redis"]
    assert await told.anybody(cookie="") == ["unauthorized"]
    await system.postgres.start()
    await told.says({})

    system.valkey.kill()
    assert await told.doctor() == {"redis": "warn"} | _NOT_STARTED
    assert await told.page() == {"redis": "warn"}
    await system.valkey.start()
    await told.says({})

    for vendor in ("model", "shop", "ycloud"):
        await laid[vendor].cut()
        await told.tries()
        assert await told.page() == {vendor: "error"}
        assert await told.doctor() == {vendor: "error"} | _NOT_STARTED
        await laid[vendor].lay()
        await told.tries()
        await told.says({})
    assert await told.doctor() == _NOT_STARTED

    guide = (ROOT / "docs" / "runbook.md").read_text(encoding="utf-8")
    assert {key for key in told.seen if f"`{key}`" not in guide} == set()
