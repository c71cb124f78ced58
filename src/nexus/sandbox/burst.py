"""Load: many webhooks at a steady rate, with the businesses' acknowledgement times."""

from __future__ import annotations

import asyncio
import collections
import time
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from nexus.sandbox import naming
from nexus.sandbox.chats import SentMessage
from nexus.sandbox.composing import CustomerMessage
from nexus.sandbox.control_shapes import problem, read, said_plainly
from nexus.sandbox.phone_api import PhoneDesk
from nexus.sandbox.webhooks import Answer, Courier
from nexus.sandbox.world import BusinessNumber, World
from nexus.sandbox.ycloud_events import message_updated


@dataclass
class Burst:
    """Body of `POST /sandbox/burst`: `messages` in all, over `customers` phones in turn, `rate` a second.

    Kind "text" is customers writing; "status" is delivery reports about the ledger's sends of the number,
    or about messages that nobody sent when it is empty.
    """

    number: str | None = None
    customers: int = 1
    messages: int = 50
    rate: float = 50.0
    kind: str = "text"
    text: str = "Hola, ¿tenés puntas talle 37?"


def burst_routes(world: World, courier: Courier) -> list[BaseRoute]:
    """`POST /sandbox/burst`; answers when the last webhook was answered."""
    desk = PhoneDesk(world, courier)

    async def burst(request: Request) -> Response:
        wanted = await read(request, Burst)
        if wanted.kind not in {"text", "status"} or min(wanted.customers, wanted.messages, wanted.rate) <= 0:
            return problem(422, "invalid", "kind es text o status, y las cantidades son positivas.")
        number = world.number(wanted.number)
        started = time.perf_counter()
        deliveries = []
        for index in range(wanted.messages):
            await asyncio.sleep(max(0.0, started + index / wanted.rate - time.perf_counter()))
            deliveries.append(asyncio.ensure_future(_one(world, courier, desk, number, wanted, index)))
        results = await asyncio.gather(*deliveries)
        statuses = collections.Counter(str(answer.status) for answer, _ in results)
        latencies = [round(seconds * 1000, 2) for _, seconds in results]
        elapsed = round(time.perf_counter() - started, 3)
        return JSONResponse({"latencies_ms": latencies, "statuses": statuses, "seconds": elapsed})

    return [Route("/sandbox/burst", said_plainly(burst), methods=["POST"])]


async def _one(
    world: World, courier: Courier, desk: PhoneDesk, number: BusinessNumber, wanted: Burst, index: int
) -> tuple[Answer, float]:
    """Delivers webhook `index` of the burst; its answer and how many seconds that took."""
    phone = f"+549115600{index % wanted.customers:04d}"
    if wanted.kind == "text":
        message = CustomerMessage(text=wanted.text, name=f"Clienta {index % wanted.customers + 1}")
        first = desk.customer_writes(number, phone, message)[2]
    else:
        own = [sent for sent in world.ledger if sent.sender == number.phone]
        sent = own[index % len(own)] if own else _nobodys(number, phone)
        first = courier.send(number, message_updated(number, sent, "delivered"))
    started = time.perf_counter()
    return await first, time.perf_counter() - started


def _nobodys(number: BusinessNumber, phone: str) -> SentMessage:
    return SentMessage(
        id=naming.message_id(),
        wamid=naming.wamid(),
        external_id="sandbox:burst",
        sender=number.phone,
        recipient=phone,
        type="text",
        text="",
        image_url=None,
        at=naming.now(),
        http_status=200,
        content={"body": ""},
    )
