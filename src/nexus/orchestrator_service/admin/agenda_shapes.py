"""What the agenda's routes take and answer (contract.md 4), as OpenAPI shows it."""

from datetime import date, datetime, time
from itertools import pairwise
from typing import Annotated, Any, Literal, Self

from fastapi import Path
from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    Field,
    PlainSerializer,
    StringConstraints,
    model_validator,
)

from nexus.contracts.appointments import Appointment
from nexus.contracts.errors import ErrorDetail
from nexus.contracts.identity import e164
from nexus.orchestrator_service.admin.fields import Line, LongText
from nexus.store.agenda import END_OF_DAY

_MAX_ID = 2**31 - 1
Color = Literal["blue", "green", "amber", "violet", "pink", "teal", "orange", "gray"]
"""Keys of the panel's palette."""
Id = Annotated[int, Field(ge=1, le=_MAX_ID)]
PathNumber = Annotated[int, Path(ge=1, le=_MAX_ID)]


def _moment(given: object) -> datetime:
    """RFC 3339; what has no offset is the shop's wall time. A bare date or a number is no moment."""
    if isinstance(given, datetime):
        return given
    if not isinstance(given, str) or len(given) < len("2026-01-05T14:00"):
        raise ValueError("no es una fecha y hora, como 2026-01-05T14:00:00-03:00")
    return datetime.fromisoformat(given)


def _clock(given: object) -> object:
    if isinstance(given, time):
        return given
    if not isinstance(given, str) or not given:
        raise ValueError("no es una hora, como 09:30")
    return END_OF_DAY if given == "24:00" else given


def _phone_as_typed(given: str) -> str:
    return (e164(given) or given) if given.startswith("+") else given


Moment = Annotated[datetime, BeforeValidator(_moment)]
Opens = Annotated[time, BeforeValidator(_clock), PlainSerializer(lambda at: f"{at:%H:%M}", return_type=str)]
Closes = Annotated[
    time,
    BeforeValidator(_clock),
    PlainSerializer(lambda at: "24:00" if at == END_OF_DAY else f"{at:%H:%M}", return_type=str),
]
"""`24:00` is the end of the day."""
Phone = Annotated[Line, StringConstraints(max_length=32), AfterValidator(_phone_as_typed)]
"""As somebody typed it; an international one without its spaces."""
Notes = Annotated[LongText, StringConstraints(max_length=4000)]


class SlotItem(BaseModel):
    """A free range of one resource."""

    start: datetime
    end: datetime
    resource_id: int


class ConflictDetail(ErrorDetail):
    """`alternatives` of a slot that cannot be had, `appointment` as it is when the version was not the newest."""

    alternatives: list[SlotItem] | None = None
    appointment: Appointment | None = None


class ConflictBody(BaseModel):
    """409 of an appointment."""

    error: ConflictDetail


CONFLICTS: dict[int | str, dict[str, Any]] = {
    409: {
        "model": ConflictBody,
        "description": "slot_taken, outside_hours, holiday o blocked con alternativas; version_conflict; cancelled",
    }
}


class BlockItem(BaseModel):
    """A period without appointments; without resource, of all of them."""

    id: int
    resource_id: int | None
    start: datetime
    end: datetime
    reason: str | None


class HolidayItem(BaseModel):
    """A holiday of the country."""

    date: date
    name: str


class AppointmentPage(BaseModel):
    """What touches the days asked for, by beginning."""

    items: list[Appointment]
    blocks: list[BlockItem]
    holidays: list[HolidayItem]
    time_zone: str


class ResourceChanges(BaseModel):
    """Fields that are given change, the others stay."""

    name: Line | None = None
    color: Color | None = None
    active: bool | None = None
    position: Annotated[int, Field(ge=0, le=10_000)] | None = None

    @model_validator(mode="after")
    def _nothing_empty(self) -> Self:
        empty = [name for name in sorted(self.model_fields_set) if getattr(self, name) is None]
        if empty:
            raise ValueError(f"no pueden quedar vacíos: {', '.join(empty)}")
        return self

    def given(self) -> dict[str, Any]:
        """The fields to write, by column."""
        return self.model_dump(exclude_unset=True)


class NewResource(ResourceChanges):
    """A person, a room, a chair."""

    name: Line


class ResourceItem(BaseModel):
    """A resource; `feed_on` says whether its calendar has an address that works."""

    id: int
    name: str
    color: str
    active: bool
    position: int
    feed_on: bool


class ResourceList(BaseModel):
    """By position."""

    items: list[ResourceItem]


class ServiceChanges(ResourceChanges):
    """Fields that are given change, the others stay; minutes are the appointment's own, buffers come on top."""

    color: None = Field(None, exclude=True)
    minutes: Annotated[int, Field(ge=5, le=1440)] | None = None
    buffer_before: Annotated[int, Field(ge=0, le=720)] | None = None
    buffer_after: Annotated[int, Field(ge=0, le=720)] | None = None


class NewService(ServiceChanges):
    """What can be booked."""

    name: Line
    minutes: Annotated[int, Field(ge=5, le=1440)]


class ServiceItem(BaseModel):
    """A service."""

    id: int
    name: str
    minutes: int
    buffer_before: int
    buffer_after: int
    active: bool
    position: int


class ServiceList(BaseModel):
    """By position."""

    items: list[ServiceItem]


class Interval(BaseModel):
    """One opening of a weekday; 0 is Monday."""

    weekday: Annotated[int, Field(ge=0, le=6)]
    opens: Opens
    closes: Closes

    @model_validator(mode="after")
    def _forwards(self) -> Self:
        if self.closes != END_OF_DAY and self.closes <= self.opens:
            raise ValueError("cierra antes de abrir")
        return self


class Week(BaseModel):
    """A resource's whole week; a weekday without interval is closed."""

    resource_id: Id
    hours: Annotated[list[Interval], Field(max_length=70)]

    @model_validator(mode="after")
    def _apart(self) -> Self:
        ordered = sorted(self.hours, key=lambda interval: (interval.weekday, interval.opens))
        for earlier, later in pairwise(ordered):
            overlap = earlier.closes == END_OF_DAY or later.opens < earlier.closes
            if earlier.weekday == later.weekday and overlap:
                raise ValueError("hay horarios que se superponen")
        self.hours = ordered
        return self


class Weeks(BaseModel):
    """The week of each resource."""

    items: list[Week]


class NewException(BaseModel):
    """A day unlike its weekday; without `opens` and `closes` it is closed, without resource it is for all."""

    date: date
    resource_id: Id | None = None
    opens: Opens | None = None
    closes: Closes | None = None
    reason: Line | None = None

    @model_validator(mode="after")
    def _both_or_none(self) -> Self:
        if (self.opens is None) != (self.closes is None):
            raise ValueError("van las dos horas o ninguna")
        if self.opens and self.closes is not None and self.closes != END_OF_DAY and self.closes <= self.opens:
            raise ValueError("cierra antes de abrir")
        return self


class ExceptionItem(BaseModel):
    """An exception."""

    id: int
    date: date
    resource_id: int | None
    opens: Opens | None
    closes: Closes | None
    reason: str | None


class ExceptionList(BaseModel):
    """By day."""

    items: list[ExceptionItem]


class NewBlock(BaseModel):
    """A period without appointments; those already in it stay."""

    start: Moment
    end: Moment
    resource_id: Id | None = None
    reason: Line | None = None


class BlockList(BaseModel):
    """By beginning."""

    items: list[BlockItem]


class FreeSlots(BaseModel):
    """Free beginnings of one day; `holiday` is its name when the shop is closed for it."""

    items: list[SlotItem]
    service_id: int
    time_zone: str
    holiday: str | None


class Contact(BaseModel):
    """A customer known from a chat."""

    conversation_id: str
    name: str
    phone: str | None


class ContactList(BaseModel):
    """Newest chat first."""

    items: list[Contact]


class FeedAddress(BaseModel):
    """Whoever has it can read the calendar, until it is revoked."""

    url: str


class ReminderTemplate(BaseModel):
    """An approved WhatsApp template, for when the 24 h window is closed."""

    name: Annotated[Line, StringConstraints(max_length=512)]
    language: Annotated[Line, StringConstraints(max_length=16)]


class SettingsItem(BaseModel):
    """How the agenda behaves: reminders go out so many hours before."""

    closes_on_holidays: bool
    reminder_hours: list[float]
    reminder_template: ReminderTemplate | None
    time_zone: str


class SettingsChanges(BaseModel):
    """Fields that are given change, the others stay; a template of null forgets it."""

    closes_on_holidays: bool | None = None
    reminder_hours: (
        Annotated[list[Annotated[float, Field(gt=0, le=720, allow_inf_nan=False)]], Field(max_length=5)] | None
    ) = None
    reminder_template: ReminderTemplate | None = None
