"""The phones of this world: customers write, react, change their number and read; and hand-made webhooks."""

from __future__ import annotations

import time
from dataclasses import asdict, dataclass
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from nexus.sandbox import naming
from nexus.sandbox.chats import Chat, ChatMessage
from nexus.sandbox.composing import CustomerMessage, compose, inbound_event
from nexus.sandbox.control_shapes import phone_in_query, problem, read, said_plainly
from nexus.sandbox.delivery import window_open
from nexus.sandbox.thread_view import thread_json
from nexus.sandbox.webhooks import Courier, SignedEvent, event_headers, signature
from nexus.sandbox.world import BusinessNumber, World

LONGEST_POLL_SECONDS = 30.0

OLD_SIGNATURE_SECONDS = 5 * 3600 + 36 * 60
"""Age of the last documented retry, rounded up (ycloud.md section 0)."""


@dataclass
class NumberChange:
    """Body of `POST /sandbox/phone/{customer_phone}/number`; `to` is the business that hears of it."""

    new_phone: str
    to: str | None = None


@dataclass
class ClockMove:
    """Body of `POST /sandbox/clock`; `hours` more pass in this chat."""

    customer: str
    hours: float
    number: str | None = None


@dataclass
class RawWebhook:
    """Body of `POST /sandbox/webhooks`: an arbitrary event. `raw` is sent as it stands, else `body`."""

    number: str | None = None
    body: Any = None
    raw: str | None = None
    headers: dict[str, str] | None = None
    sign: str = "good"
    secret: str | None = None


def phone_routes(world: World, courier: Courier) -> list[BaseRoute]:
    """The routes of customers and of hand-made webhooks."""
    desk = PhoneDesk(world, courier)
    thread = "/sandbox/phone/{customer_phone}/messages"
    return [
        Route(thread, said_plainly(desk.write), methods=["POST"]),
        Route(thread, said_plainly(desk.thread), methods=["GET"]),
        Route("/sandbox/phone/{customer_phone}/number", said_plainly(desk.change_number), methods=["POST"]),
        Route("/sandbox/clock", said_plainly(desk.move_clock), methods=["POST"]),
        Route("/sandbox/webhooks", said_plainly(desk.raw_webhook), methods=["POST"]),
    ]


class PhoneDesk:
    """What a customer does with her phone, and what she sees on it."""

    def __init__(self, world: World, courier: Courier) -> None:
        self._world = world
        self._courier = courier

    async def write(self, request: Request) -> Response:
        """A customer writes: a line in the chat and a signed inbound webhook."""
        wanted = await read(request, CustomerMessage)
        number = self._world.number(wanted.to)
        event_id, wamid, first = self.customer_writes(number, request.path_params["customer_phone"], wanted)
        delivery = (await first).as_json() if wanted.wait else None
        return JSONResponse({"event_id": event_id, "wamid": wamid, "delivery": delivery})

    def customer_writes(self, number: BusinessNumber, phone: str, wanted: CustomerMessage) -> tuple[str, str, Any]:
        """Records and delivers one message; returns event id, wamid and the future first answer.

        The same wamid again is the same line of the chat, but another delivery.
        """
        chat = self._world.chat(number.phone, phone)
        line = chat.find(wanted.wamid) if wanted.wamid else None
        if line is None:
            line = compose(self._world, number, wanted)
            self._add(chat, line)
        customer = self._world.customer(phone, wanted.name)
        event = inbound_event(number, customer, chat, line, wanted)
        return event["id"], line.wamid, self._courier.send(number, event)

    def _add(self, chat: Chat, line: ChatMessage) -> None:
        self._world.add_line(chat, line)
        if line.type == "reaction" and isinstance(line.content, dict):
            target, emoji = str(line.content.get("message_id", "")), str(line.content.get("emoji") or "")
            self._world.react(chat, target, "customer", emoji)

    async def change_number(self, request: Request) -> Response:
        """She takes another number: customer and chats move, the business gets a system message from the old one."""
        wanted = await read(request, NumberChange)
        number = self._world.number(wanted.to)
        old = request.path_params["customer_phone"]
        if old not in self._world.customers:
            return problem(404, "unknown_customer", "No existe esa clienta.")
        if wanted.new_phone in self._world.customers:
            return problem(422, "invalid", "Ese número ya es de otra persona.")
        before = self._world.customer(old)
        body = f"{before.name} changed from {old.lstrip('+')} to {wanted.new_phone.lstrip('+')}"
        new_id = wanted.new_phone.lstrip("+")
        content = {"body": body, "type": "user_changed_number", "new_wa_id": new_id}
        message = CustomerMessage(type="system", content=content)
        line = compose(self._world, number, message)
        chat = self._world.chat(number.phone, old)
        self._world.add_line(chat, line)
        event = inbound_event(number, before, chat, line, message)
        moved = self._world.move_customer(old, wanted.new_phone)
        answer = await self._courier.send(number, event)
        made = {"event_id": event["id"], "wamid": line.wamid, "delivery": answer.as_json()}
        return JSONResponse(made | {"customer": asdict(moved)})

    async def move_clock(self, request: Request) -> Response:
        """Lets hours pass in one chat, for the provider's 24 h window only."""
        wanted = await read(request, ClockMove)
        number = self._world.number(wanted.number)
        chat = self._world.chat(number.phone, wanted.customer)
        self._world.move_clock(chat, wanted.hours)
        return JSONResponse({"clock_hours": chat.clock_hours, "window_open": window_open(chat)})

    async def thread(self, request: Request) -> Response:
        """The chat; with `rev` and `wait` (seconds) the answer is held back until something changes."""
        query = request.query_params
        to = phone_in_query(request, "to")
        if to is None and not self._world.numbers:
            return JSONResponse({"messages": [], "typing": False, "rev": 0, "window_open": False, "clock_hours": 0.0})
        number = self._world.number(to)
        chat = self._world.chat(number.phone, request.path_params["customer_phone"])
        try:
            after = int(query.get("after") or 0)
            rev = int(query["rev"]) if query.get("rev") else None
            wait = min(float(query.get("wait") or 0), LONGEST_POLL_SECONDS)
        except ValueError:
            return problem(422, "invalid", "after, rev y wait son números.")
        if rev is not None and wait > 0:
            await chat.wait_beyond(rev, wait)
        return JSONResponse(thread_json(self._world, chat, after))

    async def raw_webhook(self, request: Request) -> Response:
        """Posts an arbitrary event once, signed as asked; `{"status", "body"}`, 0 without an answer."""
        wanted = await read(request, RawWebhook)
        number = self._world.number(wanted.number)
        answer = await self._courier.post(_handmade(number, wanted))
        return JSONResponse({"status": answer.status, "body": answer.body})


def _handmade(number: BusinessNumber, wanted: RawWebhook) -> SignedEvent:
    raw = wanted.raw.encode() if wanted.raw is not None else SignedEvent.bytes_of(wanted.body)
    secret = wanted.secret or number.webhook_secret
    age = OLD_SIGNATURE_SECONDS if wanted.sign == "old" else 0
    headers = event_headers(number)
    if wanted.sign != "none":
        key = secret + "-forged" if wanted.sign == "bad" else secret
        headers["YCloud-Signature"] = signature(key, raw, int(time.time()) - age)
    headers.update(wanted.headers or {})
    body = wanted.body if isinstance(wanted.body, dict) else {}
    event_id, kind = str(body.get("id", "")), str(body.get("type", ""))
    return SignedEvent(number.phone, number.webhook_url, event_id or naming.event_id(), kind, raw, headers)
