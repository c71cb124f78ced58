"""What a customer's phone makes of a wish to write: a line of any type, with its file, its quote and its event."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from nexus.sandbox.chat_words import MEDIA_TYPES, readable
from nexus.sandbox.chats import Chat, ChatMessage, new_line
from nexus.sandbox.media_links import media_object
from nexus.sandbox.world import BusinessNumber, Customer, World
from nexus.sandbox.ycloud_events import ERROR_DETAILS, ERROR_MESSAGES, inbound_message

INBOUND_TYPES = MEDIA_TYPES | {
    "text",
    "contacts",
    "location",
    "interactive",
    "button",
    "reaction",
    "request_welcome",
    "order",
    "system",
    "unsupported",
}
"""The types of ycloud.md section 1.4."""

HIDDEN_TYPES = {"reaction", "request_welcome"}


class UnknownMediaError(LookupError):
    """No file of that id is kept here."""


class NoContentError(ValueError):
    """A message of this type says nothing without its content."""


@dataclass
class CustomerMessage:
    """Body of `POST /sandbox/phone/{customer_phone}/messages`.

    `content` is the object named by `type` for types other than text; for text it is made of `text`, for a
    `media_id` of the file with `caption` (or `text`) and `filename`. `quote` is the wamid of the line answered;
    `context`, `errors` and `group_id` go into the event as they stand. `media_age` is how many seconds ago the
    file's link was made.
    """

    text: str = ""
    to: str | None = None
    name: str | None = None
    event_id: str | None = None
    wamid: str | None = None
    send_time: str | None = None
    type: str = "text"
    content: Any = None
    media_id: str | None = None
    caption: str | None = None
    filename: str | None = None
    quote: str | None = None
    context: dict[str, Any] | None = None
    referral: dict[str, Any] | None = None
    errors: list[dict[str, Any]] | None = None
    group_id: str | None = None
    media_age: float = 0.0
    wait: bool = True


def compose(world: World, number: BusinessNumber, wanted: CustomerMessage) -> ChatMessage:
    """The new line of a customer; raises `UnknownMediaError` and `NoContentError`."""
    media = world.media.get(wanted.media_id) if wanted.media_id else None
    if wanted.media_id and media is None:
        raise UnknownMediaError(wanted.media_id)
    kind = media.kind if media and wanted.type == "text" else wanted.type
    line = new_line("in", "customer", wanted.text, kind=kind)
    line.wamid = wanted.wamid or line.wamid
    line.send_time = wanted.send_time or line.at
    line.quote, line.referral = wanted.quote, wanted.referral
    line.hidden = kind in HIDDEN_TYPES
    if wanted.content is not None:
        line.content = wanted.content
    elif media is not None:
        line.media_id = media.id
        caption = None if kind in {"audio", "sticker"} else wanted.caption or wanted.text
        filename = (wanted.filename or media.name or "archivo") if kind == "document" else None
        line.content = media_object(
            world.media, number, media, line.wamid, age_seconds=wanted.media_age, caption=caption, filename=filename
        )
    elif kind == "text":
        line.content = {"body": wanted.text}
    elif kind == "unsupported":
        line.content = {"type": "unknown"}
    elif kind in INBOUND_TYPES - {"request_welcome"}:
        raise NoContentError(f"content: un mensaje de tipo {kind} lo necesita")
    words, line.image_url = readable(kind, line.content)
    line.text = wanted.text or words
    return line


def inbound_event(
    number: BusinessNumber, customer: Customer, chat: Chat, line: ChatMessage, wanted: CustomerMessage
) -> dict[str, Any]:
    """The event of a customer's line, with the quote, the errors and the group around its content."""
    extra: dict[str, Any] = {}
    if line.quote:
        quoted = chat.find(line.quote)
        theirs = quoted is not None and quoted.direction == "in"
        extra["context"] = {"from": (customer.phone if theirs else number.phone).lstrip("+"), "id": line.quote}
    if wanted.context:
        extra["context"] = extra.get("context", {}) | wanted.context
    if wanted.errors or line.type == "unsupported":
        extra["errors"] = wanted.errors or [unsupported_error("131051")]
    if wanted.group_id:
        extra["groupId"] = wanted.group_id
    return inbound_message(number, customer, line, event_id=wanted.event_id, extra=extra)


def unsupported_error(code: str) -> dict[str, Any]:
    """Why a message could not be passed on, in Meta's words."""
    title = ERROR_MESSAGES[code]
    return {"code": code, "title": title, "message": title, "error_data": {"details": ERROR_DETAILS.get(code, title)}}
