"""What one message of a thread answers with (contract.md 4), as OpenAPI shows it."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from pydantic import BaseModel

SendState = Literal["pending", "sending", "sent", "delivered", "read", "failed", "unknown", "discarded"]
Author = Literal["customer", "bot", "human", "system"]


class StatusReason(BaseModel):
    """Why a bubble did not go out."""

    code: str
    message: str


class Media(BaseModel):
    """A file of the message; `url` is `/admin/media/{id}` below the API's base, or a picture's https address."""

    id: UUID | None
    url: str
    type: str
    mime: str | None
    name: str | None
    size: int | None
    seconds: float | None


class Quoted(BaseModel):
    """The message that this one answers; only nulls and no text when it is none that we have."""

    id: UUID | None
    author: Author | None
    type: str | None
    text: str


class Reaction(BaseModel):
    """What one side reacted with last."""

    author: Author
    emoji: str


class Location(BaseModel):
    """A place on the map."""

    latitude: float | None = None
    longitude: float | None = None
    name: str | None = None
    address: str | None = None
    url: str | None = None


class Contact(BaseModel):
    """A card out of somebody's address book."""

    name: str
    phones: list[str]


class OrderLine(BaseModel):
    """One product of an order, by the shop's own code for it."""

    product_retailer_id: str | None = None
    quantity: float | None = None
    item_price: float | None = None
    currency: str | None = None


class Order(BaseModel):
    """A basket filled in WhatsApp's catalogue."""

    items: list[OrderLine]


class Reply(BaseModel):
    """What was chosen of buttons, a list or a form; `body` is a form's own summary."""

    kind: str
    title: str | None = None
    description: str | None = None
    body: str | None = None


class Referral(BaseModel):
    """The advertisement or post that she came by."""

    headline: str | None = None
    body: str | None = None
    source_url: str | None = None
    source_type: str | None = None
    media_type: str | None = None


class Product(BaseModel):
    """The catalogue's product that the message is about."""

    product_retailer_id: str | None = None


class SentTemplate(BaseModel):
    """A template that was sent; `text` is its body with the parameters in, null when nobody knows it."""

    name: str
    language: str
    parameters: list[str]
    text: str | None


class Unsupported(BaseModel):
    """What WhatsApp could not hand over, in words; `kind` is its own name for it."""

    kind: str
    message: str


class Details(BaseModel):
    """What a message holds besides words and file; each part is null where it has none of it."""

    location: Location | None = None
    contacts: list[Contact] | None = None
    order: Order | None = None
    reply: Reply | None = None
    referral: Referral | None = None
    product: Product | None = None
    template: SentTemplate | None = None
    unsupported: Unsupported | None = None


class MessageItem(BaseModel):
    """One message; `role` is user, assistant, system, or human_supervisor for a person of the shop.

    `content` is its words: text, caption, transcript, the title of a button; "" when there are none.
    """

    id: UUID
    role: Literal["user", "assistant", "system", "human_supervisor"]
    author: Author
    type: str
    content: str
    created_at: datetime
    status: SendState | None
    status_reason: StatusReason | None
    media: Media | None
    media_state: Literal["waiting", "stored", "failed"] | None
    media_problem: str | None
    transcript_state: Literal["waiting", "done", "failed"] | None
    transcript_problem: str | None
    quoted: Quoted | None
    reactions: list[Reaction]
    details: Details | None
    can_resend: bool
    can_discard: bool
    resent_as: UUID | None
    burst_id: UUID | None
