"""The sandbox's model on a real port, and an agent like ours that talks to it."""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest
import uvicorn
from langchain.agents import create_agent
from langchain.agents.structured_output import ToolStrategy
from langchain_core.tools import BaseTool, tool
from langchain_openai import ChatOpenAI
from pydantic import BaseModel
from starlette.applications import Starlette

from nexus.sandbox.model import model_routes
from nexus.sandbox.wire import AbortableProtocol
from nexus.sandbox.world import World
from tests.service import NO_TLS

SHOP = Path(__file__).parent / "shop_products.json"


class Bubble(BaseModel):
    """One bubble of the final answer."""

    text: str | None = None
    image_url: str | None = None


class Respuesta(BaseModel):
    """The final answer; its name is deliberately none the sandbox could know."""

    bubbles: list[Bubble]


@dataclass
class ModelRoom:
    """The running room: its world and its address."""

    world: World
    address: str
    http: httpx.AsyncClient

    async def script(self, *steps: dict[str, Any], **match: str) -> None:
        """Plays `steps` for every run that matches."""
        await self.set_mode(scenarios=[{"match": match, "steps": list(steps)}])

    async def set_mode(self, **settings: Any) -> None:
        answer = await self.http.post("/sandbox/model", json={"mode": "scripted", **settings})
        assert answer.status_code == 200, answer.text

    def chat_model(self, api: str, **settings: Any) -> ChatOpenAI:
        wanted = {"max_retries": 0, "timeout": 5, **settings}
        return ChatOpenAI(
            model="gpt-6-luna",
            api_key="una-clave",
            base_url=f"{self.address}/openai/v1",
            use_responses_api=api == "responses",
            **wanted,
        )


@dataclass
class Shop:
    """The shop's tools, answering in the shapes of ours from products a test may change."""

    products: list[dict[str, Any]]
    calls: list[tuple[str, str]] = field(default_factory=list)
    broken: bool = False

    def tools(self) -> list[BaseTool]:
        @tool
        async def search_specific_products(q: str) -> str:
            """Busca productos."""
            self.calls.append(("search_specific_products", q))
            if self.broken:
                return "La tienda no responde en este momento, probá en un rato."
            wanted = [word.removesuffix("s") for word in q.lower().split()]
            found = [p for p in self.products if all(w in (p["name"] + p["tags"]).lower() for w in wanted)]
            return json.dumps(found, ensure_ascii=False)

        @tool
        async def browse_general_storefront() -> str:
            """Muestra la vidriera."""
            self.calls.append(("browse_general_storefront", ""))
            return json.dumps({"products": self.products}, ensure_ascii=False)

        @tool
        async def orders(q: str) -> str:
            """Estado de un pedido."""
            self.calls.append(("orders", q))
            if q != "102":
                return json.dumps({"message": "No encuentro un pedido con ese número a tu nombre."})
            return json.dumps(ORDER_102, ensure_ascii=False)

        @tool(return_direct=True)
        async def derivhumano(reason: str) -> str:
            """Pasa la charla a una persona."""
            self.calls.append(("derivhumano", reason))
            return "Listo, te va a responder una persona del equipo."

        @tool
        async def horoscopo(sign: str) -> str:
            """Una herramienta que el modelo no conoce."""
            self.calls.append(("horoscopo", sign))
            return "nada"

        return [horoscopo, search_specific_products, browse_general_storefront, orders, derivhumano]


ORDER_102 = {
    "id": 880000002,
    "number": 102,
    "status": "open",
    "status_text": "enviado",
    "items": [{"name": "Medias convertibles", "quantity": 2}],
    "total": "43022.00",
    "tracking": {"code": "DEMO0000002AR", "url": "https://tracking.example.test/DEMO0000002AR"},
}


@pytest.fixture
def shop() -> Shop:
    return Shop(json.loads(SHOP.read_text(encoding="utf-8")))


@pytest.fixture(scope="session")
async def running_room() -> AsyncIterator[ModelRoom]:
    """One server for all tests; `room` gives each a clean one."""
    world = World()
    # The protocol is named because asyncio switches Nagle's algorithm off only on sockets that say TCP.
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.bind(("127.0.0.1", 0))
    config = uvicorn.Config(
        Starlette(routes=model_routes(world)), http=AbortableProtocol, log_level="warning", lifespan="off"
    )
    server = uvicorn.Server(config)
    serving = asyncio.create_task(server.serve(sockets=[listener]))
    address = f"http://127.0.0.1:{listener.getsockname()[1]}"
    headers = {"authorization": "Bearer una-clave"}
    async with httpx.AsyncClient(verify=NO_TLS, base_url=address, headers=headers, timeout=10) as http:
        yield ModelRoom(world, address, http)
    server.should_exit = True
    await serving


@pytest.fixture
def room(running_room: ModelRoom) -> ModelRoom:
    running_room.world.reset()
    return running_room


@pytest.fixture(params=["chat", "responses"])
def api(request: pytest.FixtureRequest) -> str:
    """Each test of the agent runs over both APIs."""
    return str(request.param)


Ask = Callable[..., Any]


@pytest.fixture
def ask(room: ModelRoom, shop: Shop, api: str) -> Ask:
    """Runs the agent on a conversation (a list of texts, the customer first) and gives its end state."""

    async def run(*texts: str, final: str = "tool", system: str = "Sos la vendedora.") -> dict[str, Any]:
        agent: Any = create_agent(
            room.chat_model(api),
            shop.tools(),
            system_prompt=system,
            response_format=ToolStrategy(Respuesta) if final == "tool" else None,
        )
        roles = ("user", "assistant")
        messages = [{"role": roles[i % 2], "content": text} for i, text in enumerate(texts)]
        state: dict[str, Any] = await agent.ainvoke({"messages": messages})
        return state

    return run


def bubbles_of(state: dict[str, Any]) -> list[dict[str, str]]:
    """The final answer's bubbles without empty fields."""
    reply: Respuesta = state["structured_response"]
    return [bubble.model_dump(exclude_none=True) for bubble in reply.bubbles]
