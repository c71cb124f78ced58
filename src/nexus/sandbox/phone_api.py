"""The phones of this world: customers write and read, the owner answers from the WhatsApp Business app."""

from __future__ import annotations

import time
from dataclasses import asdict, dataclass
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from nexus.sandbox import naming
from nexus.sandbox.control_shapes import phone_in_query, problem, read, said_plainly
from nexus.sandbox.webhooks import Courier, SignedEvent, event_headers, signature
from nexus.sandbox.world import BusinessNumber, Chat, World, new_line
from nexus.sandbox.ycloud_events import inbound_message, owner_echo

LONGEST_POLL_SECONDS = 30.0

OLD_SIGNATURE_SECONDS = 5 * 3600 + 36 * 60
"""Age of the last documented retry, rounded up (ycloud.md section 0)."""


@dataclass
class CustomerMessage:
    """Body of `POST /sandbox/phone/{customer_phone}/messages`.

    `content` is the object named by `type` for types other than text; for text it is made of `text`.
    """

    text: str = ""
    to: str | None = None
    name: str | None = None
    event_id: str | None = None
    wamid: str | None = None
    send_time: str | None = None
    type: str = "text"
    content: Any = None
    wait: bool = True


@dataclass
class OwnerMessage:
    """Body of `POST /sandbox/owner/messages`; `from` (default: the first number) is read apart."""

    to: str
    text: str


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
    """The routes of customers, owner and hand-made webhooks."""
    desk = PhoneDesk(world, courier)
    thread = "/sandbox/phone/{customer_phone}/messages"
    return [
        Route(thread, said_plainly(desk.write), methods=["POST"]),
        Route(thread, said_plainly(desk.thread), methods=["GET"]),
        Route("/sandbox/owner/messages", said_plainly(desk.owner_writes), methods=["POST"]),
        Route("/sandbox/webhooks", said_plainly(desk.raw_webhook), methods=["POST"]),
    ]


class PhoneDesk:
    """What a person does with a phone, and what she sees on it."""

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
        customer = self._world.customer(phone, wanted.name)
        chat = self._world.chat(number.phone, phone)
        line = chat.find(wanted.wamid) if wanted.wamid else None
        if line is None:
            line = new_line("in", "customer", wanted.text, kind=wanted.type)
            line.wamid = wanted.wamid or line.wamid
            self._world.add_line(chat, line)
        content = wanted.content if wanted.content is not None else {"body": wanted.text}
        event = inbound_message(number, customer, line, content, event_id=wanted.event_id, send_time=wanted.send_time)
        return event["id"], line.wamid, self._courier.send(number, event)

    async def thread(self, request: Request) -> Response:
        """The chat; with `rev` and `wait` (seconds) the answer is held back until something changes."""
        query = request.query_params
        to = phone_in_query(request, "to")
        if to is None and not self._world.numbers:
            return JSONResponse({"messages": [], "typing": False, "rev": 0})
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
        return JSONResponse(_thread_json(chat, after))

    async def owner_writes(self, request: Request) -> Response:
        """The owner answers from her phone: a line in the chat and an echo webhook."""
        wanted = await read(request, OwnerMessage)
        sender = (await request.json()).get("from")
        number = self._world.number(sender)
        customer = self._world.customer(wanted.to)
        line = new_line("out", "owner", wanted.text)
        line.status = "sent"
        self._world.add_line(self._world.chat(number.phone, customer.phone), line)
        event = owner_echo(number, customer, line)
        answer = await self._courier.send(number, event)
        return JSONResponse({"event_id": event["id"], "wamid": line.wamid, "delivery": answer.as_json()})

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


def _thread_json(chat: Chat, after: int) -> dict[str, Any]:
    lines = [asdict(line) for line in chat.messages if line.seq > after]
    return {"messages": lines, "typing": chat.typing, "rev": chat.rev}
