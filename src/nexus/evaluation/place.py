"""Where scenarios are played: stores of its own, the sandbox's shop, and the agent as the Orchestrator runs it."""

import asyncio
import os
import socket
import tempfile
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from nexus.orchestrator_service.agent.room import AgentRoom
from nexus.orchestrator_service.chat.answer import Answering
from nexus.runtime.cache import Cache
from nexus.runtime.settings import Settings
from nexus.store.database import Pool, open_pool
from nexus.store.prompt_versions import Content
from nexus.store.secrets import Vault

_MODEL_VARIABLES = (
    "OPENAI_API_KEY", "LLM_BASE_URL", "OPENAI_BASE_URL", "LLM_API_KEY", "LLM_MODEL", "OPENAI_MODEL", "LLM_API",
    "LLM_FINAL", "ANSWER_DEADLINE_SECONDS", "MEMORY_WINDOW",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Place:
    """An agent in front of the sandbox; `real_model` tells whether a model of the environment answers.

    `content` is what every shop publishes that sets nothing itself: the version of a tenant that is evaluated.
    """

    pool: Pool
    cache: Cache
    vault: Vault
    settings: Settings
    sandbox: httpx.AsyncClient
    answering: Answering
    real_model: bool
    content: Content | None = None

    async def control(self, method: str, path: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
        """The sandbox's own controls. Raises httpx.HTTPError."""
        response = await self.sandbox.request(method, f"/sandbox{path}", json=body)
        response.raise_for_status()
        return dict(response.json())


@asynccontextmanager
async def made_place(pool: Pool, cache: Cache, sandbox: str, environ: Mapping[str, str]) -> AsyncIterator[Place]:
    """A place on stores that run already, `sandbox` being the sandbox's address."""
    model = {name: value for name, value in environ.items() if name in _MODEL_VARIABLES}
    real = bool(model.keys() & {"OPENAI_API_KEY", "LLM_API_KEY", "LLM_BASE_URL", "OPENAI_BASE_URL"})
    if not real:
        model = {"LLM_BASE_URL": f"{sandbox}/openai/v1", "LLM_API_KEY": "sandbox", "LLM_MODEL": "sandbox-demo"}
    given: dict[str, Any] = {**model, "TIENDANUBE_BASE_URL": f"{sandbox}/tiendanube", "EGRESS_ALLOW_LOOPBACK": "1"}
    settings = Settings(_env_file=None, **given)
    vault = Vault("la clave de una evaluación, que no guarda nada")
    room = AgentRoom(settings, pool, cache, vault)
    try:
        async with httpx.AsyncClient(base_url=sandbox, timeout=30, trust_env=False) as http:
            yield Place(pool, cache, vault, settings, http, Answering(settings, pool, cache, room), real)
    finally:
        await room.close()


@asynccontextmanager
async def own_place(environ: Mapping[str, str]) -> AsyncIterator[Place]:
    """A place with stores and a sandbox of its own in a throw-away folder.

    Nothing of it is left. Raises EmbeddedError.
    """
    from nexus.embedded.postgres import EmbeddedPostgres
    from nexus.embedded.stores import migrate
    from nexus.embedded.valkey import EmbeddedValkey

    async with AsyncExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="nexus-eval-")))
        postgres, valkey = EmbeddedPostgres(folder / "postgres", environ), EmbeddedValkey(folder / "valkey", environ)
        stack.push_async_callback(postgres.stop)
        await postgres.start()
        stack.push_async_callback(valkey.stop)
        if valkey.available:
            await valkey.start()
        await migrate(postgres.owner_dsn)
        pool = await open_pool(postgres.app_dsn, "evaluation")
        stack.push_async_callback(pool.close)
        cache = Cache(valkey.url if valkey.available else "")
        stack.push_async_callback(cache.close)
        address = await stack.enter_async_context(_sandbox())
        yield await stack.enter_async_context(made_place(pool, cache, address, environ))


@asynccontextmanager
async def _sandbox() -> AsyncIterator[str]:
    from nexus.sandbox.__main__ import SandboxServer, server_config

    os.environ.setdefault("SANDBOX_SMTP_PORT", "0")
    server = SandboxServer(server_config(0))
    with socket.create_server(("127.0.0.1", 0)) as listener:
        serving = asyncio.create_task(server.serve(sockets=[listener]))
        while not server.started:  # noqa: ASYNC110 - uvicorn tells it by this flag alone
            await asyncio.sleep(0.01)
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        server.should_exit = True
        await serving
