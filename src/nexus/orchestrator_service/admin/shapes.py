"""What the admin API answers (contract.md 4), as OpenAPI shows it. Times are RFC 3339 in UTC."""

from datetime import datetime
from typing import Annotated, Any, Literal, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, model_validator

from nexus.orchestrator_service.admin.message_shapes import MessageItem, SendState


class User(BaseModel):
    """A person's account."""

    id: int
    email: str
    name: str | None


class Membership(BaseModel):
    """A tenant that the caller may enter, and as what."""

    id: int
    store_name: str
    role: str
    time_zone: str


class Me(BaseModel):
    """Who is calling; `user` is null for a machine."""

    user: User | None
    tenants: list[Membership]
    is_platform_admin: bool


class OpenHours(BaseModel):
    """When somebody answers: a day of the week, 0 is Monday, and the shop's own local time; `to` may be 24:00."""

    model_config = ConfigDict(populate_by_name=True, extra="forbid")

    day: Annotated[int, Field(ge=0, le=6)]
    opens: Annotated[str, Field(alias="from", pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$")]
    closes: Annotated[str, Field(alias="to", pattern=r"^(([01][0-9]|2[0-3]):[0-5][0-9]|24:00)$")]

    @model_validator(mode="after")
    def _opens_first(self) -> Self:
        if self.opens >= self.closes:
            raise ValueError("tiene que abrir antes de cerrar; lo que pasa de medianoche va en dos días")
        return self


class TenantItem(BaseModel):
    """A shop; its secrets are in the credentials, never here."""

    id: int
    store_name: str
    bot_phone_number: str
    tiendanube_store_id: str | None
    store_website: str | None
    store_description: str | None
    store_catalog_knowledge: str | None
    store_location: str | None
    store_address: str | None
    shipping_partners: str | None
    system_prompt: str | None
    time_zone: str
    lockout_hours: float
    bot_enabled: bool
    inbox_replies_pause: bool
    ignore_app_greeting: bool
    voice_vocabulary: str | None
    business_hours: list[OpenHours]
    keep_messages_days: int | None
    keep_traces_days: int | None
    keep_events_days: int | None
    keep_audit_days: int | None
    alert_emails: bool
    created_at: datetime
    updated_at: datetime


class TenantList(BaseModel):
    """Every tenant that the caller may enter, by id."""

    items: list[TenantItem]


class CredentialField(BaseModel):
    """One field: `value` is what may be shown, `•••• 4f2a` for a secret."""

    set: bool
    value: str | None
    updated_at: datetime | None
    updated_by: str | None


CredentialKind = dict[str, CredentialField]


class LiveTest(BaseModel):
    """What was found when this was last tried as it is now; null when it never was."""

    tested_at: datetime | None = None
    tested_ok: bool | None = None
    tested_by: str | None = None
    tested_message: str | None = None


class PreviousSecret(BaseModel):
    """The webhook's former secret: until when it counts, what it signed last, and what was refused after its time."""

    until: datetime
    signed_at: datetime | None
    refused_at: datetime | None


class Credentials(BaseModel):
    """By kind and field; under `_tests` the last live test of each kind, and of the handoff's mail.

    `_previous_secret` is the webhook's former one, null when there is none.
    """

    tiendanube: CredentialKind
    ycloud: CredentialKind
    llm: CredentialKind
    tests: dict[str, LiveTest] = Field(serialization_alias="_tests")
    previous_secret: PreviousSecret | None = Field(serialization_alias="_previous_secret")


class TestResult(BaseModel):
    """What a live test found, in one Spanish sentence."""

    __test__ = False  # its name makes pytest look for tests in it

    ok: bool
    message: str


class HandoffConfig(LiveTest):
    """S-098 without its password, which is only written, and how its last test mail went."""

    enabled: bool
    destination_email: str | None
    smtp_host: str | None
    smtp_port: int | None
    smtp_security: Literal["SSL", "STARTTLS", "NONE"]
    smtp_username: str | None
    smtp_password_set: bool
    handoff_message: str | None


class Thread(BaseModel):
    """Oldest first, by the time they were written; with `after` in the order they came.

    `next` continues in the direction asked (`before`, or `after` when that was given), null at the end; `last` is the
    `after` that asks for what is newer than this page.
    """

    items: list[MessageItem]
    next: str | None
    last: str | None


class Queued(BaseModel):
    """A message on its way to the outbox, or where it got to when the ref was known."""

    id: UUID
    status: SendState


class Transcribing(BaseModel):
    """A voice note whose words are on their way again."""

    id: UUID
    transcript_state: Literal["waiting"]


class TemplateItem(BaseModel):
    """A message template; `parameters` is how many blanks its body has.

    `can_send`: approved, and with nothing to fill in but those. `header` is `[IMAGE]` and the like for a picture.
    """

    name: str
    language: str
    category: str | None
    status: str
    body: str
    parameters: int
    header: str | None
    footer: str | None
    buttons: list[str]
    can_send: bool


class TemplateList(BaseModel):
    """By name and language; `synced_at` is null until the list was fetched for the first time."""

    items: list[TemplateItem]
    synced_at: datetime | None


class HealthItem(BaseModel):
    """How a part of the way to WhatsApp is: in words, since when, and what to do about it."""

    subject: Literal["number", "account", "template", "endpoint", "credential"]
    key: str
    level: Literal["ok", "warn", "error"]
    code: str
    title: str
    message: str
    fix: str | None
    since: datetime
    updated_at: datetime


class HealthList(BaseModel):
    """The worst first; `worst` is ok when nothing was ever told."""

    items: list[HealthItem]
    worst: Literal["ok", "warn", "error"]


class Uploaded(BaseModel):
    """A file that may be sent now; `type` is image, video, audio or document."""

    id: UUID
    url: str
    type: str
    mime: str
    name: str | None
    size: int
    seconds: float | None


class Override(BaseModel):
    """Until when the bot is silent; null when it answers."""

    human_override_until: datetime | None


class Retried(BaseModel):
    """The conversation whose messages wait for a new burst."""

    conversation_id: UUID


class HandedOff(BaseModel):
    """A manual handoff: the bot is silent and an e-mail is on its way."""

    handoff_id: UUID
    human_override_until: datetime


class LogItem(BaseModel):
    """One system event (S-100)."""

    id: int
    level: Literal["info", "warn", "error"]
    event_type: str
    label: str
    message: str
    metadata: dict[str, Any]
    correlation_id: str | None
    created_at: datetime


class LogPage(BaseModel):
    """Newest first; `next` is the `before` of the following page, null on the last."""

    items: list[LogItem]
    next: str | None


class Stats(BaseModel):
    """Counts of the last 24 hours; conversations, needs_human, paused, unknown and pending are as of now."""

    conversations: int
    active_conversations: int
    needs_human: int
    paused: int
    bursts: int
    answered: int
    ignored: int
    errors: int
    parked: int
    handoffs: int
    sent: int
    failed: int
    unknown: int
    pending: int
