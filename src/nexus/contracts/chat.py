"""`POST /chat`: what the gateway, other callers and the Orchestrator say to each other (S-053 to S-057)."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

Identifier = Annotated[str, StringConstraints(min_length=1, max_length=255, strip_whitespace=True)]
Number = Annotated[str, StringConstraints(pattern=r"^\+?[1-9][0-9]{6,14}$")]
Text = Annotated[str, StringConstraints(max_length=65_536)]


class ChatMedia(BaseModel):
    """One attachment of the customer's message."""

    type: Annotated[str, StringConstraints(max_length=32)]
    url: Annotated[str, StringConstraints(max_length=2048)] | None = None
    mime_type: Annotated[str, StringConstraints(max_length=255)] | None = None
    file_name: Annotated[str, StringConstraints(max_length=255)] | None = None
    provider_id: Identifier | None = None


class ChatMessage(BaseModel):
    """One message of a burst."""

    provider_message_id: Identifier
    type: Annotated[str, StringConstraints(max_length=64)] = "text"
    text: Text = ""
    sent_at: datetime | None = None


class ChatRequest(BaseModel):
    """The body; unknown keys are ignored. With `burst_id` it comes from the gateway and is informative."""

    model_config = ConfigDict(extra="ignore")

    provider: Annotated[str, StringConstraints(min_length=1, max_length=32)] = "ycloud"
    burst_id: UUID | None = None
    fence: int | None = Field(None, ge=0, le=2**62)
    event_id: Identifier | None = None
    provider_message_id: Identifier | None = None
    from_number: Number | None = None
    from_user_id: Identifier | None = None
    to_number: Number
    customer_name: Annotated[str, StringConstraints(max_length=255)] | None = None
    text: Text = ""
    event_type: Annotated[str, StringConstraints(max_length=64)] = "text"
    correlation_id: Annotated[str, StringConstraints(max_length=128)] | None = None
    messages: Annotated[list[ChatMessage], Field(max_length=100)] = []
    media: Annotated[list[ChatMedia], Field(max_length=30)] = []

    @model_validator(mode="after")
    def _complete(self) -> "ChatRequest":
        if not (self.from_number or self.from_user_id):
            raise ValueError("from_number o from_user_id es obligatorio")
        if self.burst_id is None and not self.provider_message_id:
            raise ValueError("provider_message_id es obligatorio sin burst_id")
        if self.burst_id is not None and self.fence is None:
            raise ValueError("fence es obligatorio con burst_id")
        if self.burst_id is None and not self.media and not any(m.text.strip() for m in self.as_messages()):
            raise ValueError("text es obligatorio sin media")
        return self

    def as_messages(self) -> list[ChatMessage]:
        """The burst in order; without `messages` the top-level fields are one message."""
        if self.messages:
            return self.messages
        return [ChatMessage(provider_message_id=self.provider_message_id or "", type=self.event_type, text=self.text)]


class OutboundBubble(BaseModel):
    """One bubble of the answer: text, or imageUrl with the caption that may stand under it."""

    part: int
    total: int
    text: str | None = None
    imageUrl: str | None = None  # noqa: N815 - the seed's name (S-053)
    caption: str | None = None


class OrchestratorResult(BaseModel):
    """The answer of `/chat` (S-053, S-054, S-055)."""

    status: Literal["ok", "duplicate", "ignored", "error"]
    send: bool
    messages: list[OutboundBubble]
    conversation_id: UUID
    burst_id: UUID | None = None
    correlation_id: str
