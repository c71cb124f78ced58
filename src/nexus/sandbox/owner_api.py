"""The people of the business: the owner's phone, YCloud's web Inbox, the app's old chats, and news of the account."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from nexus.sandbox import naming
from nexus.sandbox.chat_words import MEDIA_TYPES, readable
from nexus.sandbox.chats import Chat, ChatMessage, SentMessage, line_of, new_line
from nexus.sandbox.composing import UnknownMediaError
from nexus.sandbox.control_shapes import as_shape, problem, read_object, said_plainly
from nexus.sandbox.delivery import STATUS_STEPS
from nexus.sandbox.media_links import media_object
from nexus.sandbox.webhooks import Courier
from nexus.sandbox.world import BusinessNumber, Customer, World
from nexus.sandbox.ycloud_events import (
    history_chunk,
    history_outbound,
    inbound_object,
    message_updated,
    operational,
    owner_echo,
)


@dataclass
class OwnerMessage:
    """Body of `POST /sandbox/owner/messages`, with `from` (default: the first number).

    `shape` is echoes or created (the event's two names), edit or revoke; these two change the line `wamid`, by
    default the owner's newest.
    """

    to: str
    text: str = ""
    media_id: str | None = None
    caption: str | None = None
    filename: str | None = None
    type: str = "text"
    content: Any = None
    shape: str = "echoes"
    wamid: str | None = None


@dataclass
class InboxMessage:
    """Body of `POST /sandbox/inbox/messages`, with `from`. `template` is a template's name, `content` any type's."""

    to: str
    text: str = ""
    type: str = "text"
    biz_type: str = "whatsapp"
    template: str | None = None
    content: Any = None


@dataclass
class OldMessage:
    """One message of the history; `direction` in or out."""

    direction: str
    text: str = ""
    send_time: str | None = None
    type: str = "text"
    content: Any = None
    wamid: str | None = None


@dataclass
class History:
    """Body of `POST /sandbox/history`, with `from`. `phase` and `progress` travel as given (number or text)."""

    to: str
    messages: list[OldMessage] = field(default_factory=list)
    phase: Any = "0"
    progress: Any = None


@dataclass
class OperationalEvent:
    """Body of `POST /sandbox/events`. `key` names the object in the envelope where the type does not tell it."""

    type: str
    object: dict[str, Any] = field(default_factory=dict)
    number: str | None = None
    key: str | None = None


def owner_routes(world: World, courier: Courier) -> list[BaseRoute]:
    """The routes of those who work for the business, and of its account."""
    desk = OwnerDesk(world, courier)
    table = [
        ("/owner/messages", desk.owner_writes),
        ("/inbox/messages", desk.inbox_writes),
        ("/history", desk.history),
        ("/events", desk.event),
    ]
    return [Route(f"/sandbox{path}", said_plainly(act), methods=["POST"]) for path, act in table]


class OwnerDesk:
    """What the business's people do outside our API."""

    def __init__(self, world: World, courier: Courier) -> None:
        self._world = world
        self._courier = courier

    async def owner_writes(self, request: Request) -> Response:
        """The owner answers, edits or deletes on her phone: the chat shows it and an echo is delivered."""
        body = await read_object(request)
        wanted = as_shape(OwnerMessage, body)
        number = self._world.number(body.get("from"))
        customer = self._world.customer(wanted.to)
        chat = self._world.chat(number.phone, customer.phone)
        if wanted.shape in {"edit", "revoke"}:
            line = self._changed_line(chat, wanted)
            if line is None:
                return problem(404, "unknown_message", "El dueño no escribió ese mensaje.")
        elif wanted.shape in {"echoes", "created"}:
            line = self._owner_line(number, wanted)
            self._world.add_line(chat, line)
        else:
            return problem(422, "invalid", "shape es echoes, created, edit o revoke.")
        kind = "whatsapp.smb.message.created" if wanted.shape == "created" else "whatsapp.smb.message.echoes"
        event = owner_echo(number, customer, line, kind=kind)
        answer = await self._courier.send(number, event)
        return JSONResponse({"event_id": event["id"], "wamid": line.wamid, "delivery": answer.as_json()})

    def _owner_line(self, number: BusinessNumber, wanted: OwnerMessage) -> ChatMessage:
        media = self._world.media.get(wanted.media_id) if wanted.media_id else None
        if wanted.media_id and media is None:
            raise UnknownMediaError(wanted.media_id)
        kind = media.kind if media and wanted.type == "text" else wanted.type
        line = new_line("out", "owner", wanted.text, kind=kind, content=wanted.content)
        line.status = "sent"
        if media is not None:
            line.media_id = media.id
            caption = None if kind in {"audio", "sticker"} else wanted.caption or wanted.text
            filename = (wanted.filename or media.name) if kind == "document" else None
            line.content = media_object(
                self._world.media, number, media, line.wamid, caption=caption, filename=filename
            )
        elif line.content is None:
            line.content = {"body": wanted.text}
        words, line.image_url = readable(kind, line.content)
        line.text = wanted.text or words
        return line

    def _changed_line(self, chat: Chat, wanted: OwnerMessage) -> ChatMessage | None:
        """Changes the owner's line and gives the message that tells of it; None when there is no such line."""
        own = [line for line in chat.messages if line.author == "owner"]
        target = chat.find(wanted.wamid) if wanted.wamid else next(reversed(own), None)
        if target is None or target not in own:
            return None
        content: dict[str, Any] = {"original_message_id": target.wamid}
        if wanted.shape == "edit":
            written = {"caption": wanted.text} if target.type in MEDIA_TYPES else {"body": wanted.text}
            content["message"] = {"type": target.type, target.type: written}
            target.text, target.content, target.edited = wanted.text, {**(target.content or {}), **written}, True
        else:
            target.text, target.content, target.image_url = "", None, None
            target.media_id, target.revoked = None, True
        self._world.changed(chat, target)
        return new_line("out", "owner", "", kind=wanted.shape, content=content)

    async def inbox_writes(self, request: Request) -> Response:
        """A person answers in YCloud's web Inbox: three status events without an external id."""
        body = await read_object(request)
        wanted = as_shape(InboxMessage, body)
        number = self._world.number(body.get("from"))
        customer = self._world.customer(wanted.to)
        sent = _inbox_send(number, customer, wanted)
        self._world.inbox_sends.append(sent)
        chat = self._world.chat(number.phone, customer.phone)
        line = self._world.add_line(chat, line_of(sent, "inbox"))
        self._world.set_status(chat, line, "sent")
        event = message_updated(number, sent, "sent")
        answer = await self._courier.send(number, event)
        self._courier.run(self._inbox_statuses(number, sent, chat, line))
        made = {"event_id": event["id"], "id": sent.id, "wamid": sent.wamid, "delivery": answer.as_json()}
        return JSONResponse(made)

    async def _inbox_statuses(self, number: BusinessNumber, sent: SentMessage, chat: Chat, line: ChatMessage) -> None:
        for status, wait in STATUS_STEPS[1:]:
            await asyncio.sleep(wait)
            self._world.set_status(chat, line, status)
            self._courier.send(number, message_updated(number, sent, status))

    async def history(self, request: Request) -> Response:
        """The app's old chats arrive: one event for each message, then one that only reports the progress."""
        body = await read_object(request)
        wanted = as_shape(History, body)
        number = self._world.number(body.get("from"))
        customer = self._world.customer(wanted.to)
        count = len(wanted.messages)
        made = []
        for place, old in enumerate(wanted.messages, start=1):
            progress = wanted.progress if wanted.progress is not None else str(place * 99 // count)
            made.append(history_chunk(wanted.phase, progress, **_old_message(number, customer, old)))
        made.append(history_chunk(wanted.phase, wanted.progress if wanted.progress is not None else "100"))
        answers = [await self._courier.send(number, event) for event in made]
        events = [{"event_id": e["id"], "delivery": a.as_json()} for e, a in zip(made, answers, strict=True)]
        return JSONResponse({"events": events})

    async def event(self, request: Request) -> Response:
        """News of a template, the number or the account."""
        wanted = as_shape(OperationalEvent, await read_object(request))
        number = self._world.number(wanted.number)
        if wanted.type.endswith("phone_number.quality_updated"):
            number.quality = str(wanted.object.get("qualityRating", number.quality))
        event = operational(number, wanted.type, wanted.object, wanted.key)
        answer = await self._courier.send(number, event)
        return JSONResponse({"event_id": event["id"], "delivery": answer.as_json()})


def _inbox_send(number: BusinessNumber, customer: Customer, wanted: InboxMessage) -> SentMessage:
    kind, content = wanted.type, wanted.content
    if wanted.template:
        kind = "template"
        content = content or {"name": wanted.template, "language": {"code": "es_AR", "policy": "deterministic"}}
    elif content is None:
        content = {"body": wanted.text}
    words, image_url = readable(kind, content)
    return SentMessage(
        id=naming.message_id(),
        wamid=naming.wamid(),
        external_id=None,
        sender=number.phone,
        recipient=customer.phone,
        type=kind,
        text=wanted.text or words,
        image_url=image_url,
        at=naming.now(),
        http_status=200,
        content=content,
        recipient_type="user_id" if customer.hidden_phone else "phone",
        user_id=customer.user_id if customer.hidden_phone else None,
        biz_type=wanted.biz_type,
    )


def _old_message(number: BusinessNumber, customer: Customer, old: OldMessage) -> dict[str, dict[str, Any]]:
    content = old.content if old.content is not None else {"body": old.text}
    line = new_line(old.direction, "customer", old.text, kind=old.type, content=content)
    line.wamid = old.wamid or line.wamid
    line.send_time = old.send_time or line.send_time
    if old.direction == "in":
        return {"whatsappInboundMessage": inbound_object(number, customer, line)}
    return {"whatsappMessage": history_outbound(number, customer, line)}
