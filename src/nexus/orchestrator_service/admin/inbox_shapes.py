"""What the inbox answers with beside its messages (contract.md 4), as OpenAPI shows it. Times are RFC 3339 in UTC."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from pydantic import BaseModel

from nexus.contracts.appointments import Appointment
from nexus.orchestrator_service.admin.message_shapes import Author


class Assignee(BaseModel):
    """Who of the shop has a chat in hand."""

    user_id: int
    email: str
    name: str | None


class LabelMark(BaseModel):
    """A label that a chat has."""

    id: int
    name: str


class Match(BaseModel):
    """The newest message of the chat that the search found, and where in `snippet` its words are: pairs of UTF-16
    offsets, the end exclusive, as JavaScript counts.
    """

    message_id: UUID
    snippet: str
    ranges: list[tuple[int, int]]


class ChatItem(BaseModel):
    """One conversation in the list; why, since when and by whom the bot is or was last silenced.

    `bot` is on, paused until `human_override_until`, or off until a person gives the chat back; `waiting_since` is
    since when the customer waits for anyone's answer, null when the last word is ours.
    """

    id: UUID
    tenant_id: int
    channel: str
    external_user_id: str
    wa_address: str | None
    display_name: str
    status: str
    bot: Literal["on", "paused", "off"]
    human_override_until: datetime | None
    override_cause: str | None
    override_since: datetime | None
    override_author: str | None
    override_reason: str | None
    assigned_to: Assignee | None
    labels: list[LabelMark]
    last_message_at: datetime | None
    last_message_preview: str | None
    last_message_direction: Literal["in", "out"] | None
    last_message_author: Author | None
    unread: int
    waiting_since: datetime | None
    window_expires_at: datetime | None
    needs_human_since: datetime | None
    needs_human_reason: str | None
    match: Match | None


class Counts(BaseModel):
    """Chats of each tab, among those of the person and the label asked for."""

    all: int
    unread: int
    human: int
    bot: int


class ChatPage(BaseModel):
    """Newest first; `next` is the `before` of the following page, null on the last."""

    items: list[ChatItem]
    next: str | None
    counts: Counts


class LabelItem(BaseModel):
    """A label of the shop, and how many chats have it."""

    id: int
    name: str
    chats: int


class LabelList(BaseModel):
    """Every label, by name."""

    items: list[LabelItem]


class NoteItem(BaseModel):
    """What somebody of the team wrote about a chat; `can_change`: the caller wrote it or manages the shop."""

    id: UUID
    text: str
    author: str
    created_at: datetime
    updated_at: datetime | None
    can_change: bool


class NoteList(BaseModel):
    """The notes of a chat, newest first."""

    items: list[NoteItem]


class CannedReply(BaseModel):
    """An answer by its shortcut; the page fills `{nombre}`, `{tienda}` and `{yo}`."""

    id: int
    shortcut: str
    text: str


class CannedReplies(BaseModel):
    """Every canned reply, by shortcut."""

    items: list[CannedReply]


class CustomerNumber(BaseModel):
    """A number in every form in which it may be met; another country's has only one."""

    e164: str
    with_nine: str
    without_nine: str
    readable: str


class CustomerCard(BaseModel):
    """Who the customer is, and how much was written since when."""

    display_name: str | None
    numbers: list[CustomerNumber]
    user_scoped_id: str | None
    first_seen_at: datetime
    messages_in: int
    messages_out: int
    earlier_numbers: list[CustomerNumber]


class ChatContext(BaseModel):
    """What stands beside a thread: the customer, and her appointments, those to come first."""

    customer: CustomerCard
    appointments: list[Appointment]


class OrderTracking(BaseModel):
    """Where a parcel can be followed."""

    code: str | None
    carrier: str | None
    url: str | None


class OrderProduct(BaseModel):
    """What was bought, and how many."""

    name: str
    quantity: int


class OrderItem(BaseModel):
    """One order of the customer, each of its states in words."""

    number: int
    created_at: datetime | None
    total: float | None
    currency: str | None
    status_words: str
    payment_words: str
    shipping_words: str
    tracking: list[OrderTracking]
    products: list[OrderProduct]


class OrderList(BaseModel):
    """Newest first, at most ten; `message` says why there are none to be had."""

    state: Literal["ok", "not_connected", "unavailable"]
    message: str | None
    items: list[OrderItem]
