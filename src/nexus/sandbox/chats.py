"""What a chat is made of: its lines, as the phones show them, and the sends that businesses handed over."""

from __future__ import annotations

import asyncio
import time
from dataclasses import asdict, dataclass, field
from typing import Any

from nexus.sandbox import naming

TYPING_SECONDS = 25.0
"""How long WhatsApp shows "escribiendo…" when no answer follows (ycloud.md section 4.6)."""


@dataclass
class ChatMessage:
    """One line of a chat as the customer's phone shows it.

    `direction` "in" is from the customer; `author` customer, business, owner or inbox. `status` of an inbound
    line is sent, delivered or read (the business has seen it), of an outbound one accepted, sent, delivered,
    read or failed. `content` is the object named by the type; `quote` the wamid of the quoted line. A hidden line
    (a reaction, an opened chat) is known by its id and not drawn. `clock_hours` is how far the chat's clock
    stood ahead when it was written.
    """

    id: str
    seq: int
    direction: str
    author: str
    type: str
    text: str
    image_url: str | None
    status: str
    at: str
    wamid: str = ""
    content: Any = None
    media_id: str | None = None
    quote: str | None = None
    referral: dict[str, Any] | None = None
    reactions: list[dict[str, str]] = field(default_factory=list)
    error_code: str | None = None
    send_time: str = ""
    clock_hours: float = 0.0
    hidden: bool = False
    edited: bool = False
    revoked: bool = False


@dataclass
class Chat:
    """The thread of one customer with one business number; `rev` grows with every visible change."""

    number: str
    customer: str
    messages: list[ChatMessage] = field(default_factory=list)
    typing_until: float = 0.0
    rev: int = field(default_factory=lambda: time.time_ns() // 1_000_000)
    last_seq: int = 0
    clock_hours: float = 0.0
    _changed: asyncio.Event = field(default_factory=asyncio.Event)

    def touch(self) -> None:
        """Marks a visible change and wakes those who wait for one."""
        self.rev += 1
        self._changed.set()
        self._changed = asyncio.Event()

    async def wait_beyond(self, rev: int, seconds: float) -> None:
        """Returns when the revision is not `rev` (any more), at the latest after `seconds`."""
        if rev == self.rev:
            change = asyncio.ensure_future(self._changed.wait())
            await asyncio.wait([change], timeout=seconds)
            change.cancel()

    @property
    def typing(self) -> bool:
        """Whether the business is shown as writing."""
        return time.monotonic() < self.typing_until

    def find(self, any_id: str) -> ChatMessage | None:
        """The line with this YCloud id or wamid."""
        return next((m for m in self.messages if any_id in {m.id, m.wamid}), None)


@dataclass
class SentMessage:
    """A message a business handed to YCloud, accepted (`http_status` 200) or refused.

    `recipient` is always the phone of the chat; where the business named a username-scoped id instead,
    `recipient_type` is "user_id" and `user_id` that id. `times` holds when each status came, by its field.
    """

    id: str
    wamid: str
    external_id: str | None
    sender: str
    recipient: str
    type: str
    text: str
    image_url: str | None
    at: str
    http_status: int
    error_code: str | None = None
    content: Any = field(default_factory=dict)
    recipient_type: str = "phone"
    user_id: str | None = None
    quote: str | None = None
    biz_type: str = "whatsapp"
    times: dict[str, str] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        """The ledger's row: `from` and `to` instead of Python's names."""
        row = asdict(self)
        del row["times"]
        row["from"] = row.pop("sender")
        row["to"] = row.pop("recipient")
        return row


def new_line(
    direction: str, author: str, text: str, *, kind: str = "text", image_url: str | None = None, content: Any = None
) -> ChatMessage:
    """A fresh line with new ids and the present time; `World.add_line` gives it its place."""
    now = naming.now()
    return ChatMessage(
        id=naming.message_id(),
        seq=0,
        direction=direction,
        author=author,
        type=kind,
        text=text,
        image_url=image_url,
        status="sent" if direction == "in" else "accepted",
        at=now,
        wamid=naming.wamid(),
        content=content,
        send_time=now,
    )


def line_of(sent: SentMessage, author: str = "business") -> ChatMessage:
    """The line by which the customer's phone shows a send."""
    return ChatMessage(
        id=sent.id,
        seq=0,
        direction="out",
        author=author,
        type=sent.type,
        text=sent.text,
        image_url=sent.image_url,
        status="accepted",
        at=sent.at,
        wamid=sent.wamid,
        content=sent.content,
        quote=sent.quote,
        send_time=sent.at,
        hidden=sent.type == "reaction",
    )
