"""An appointment as everybody but the store sees it: admin API, Socket.IO, the agent's tools (contract.md 4)."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from pydantic import BaseModel

Status = Literal["scheduled", "confirmed", "cancelled", "attended", "no_show"]
Source = Literal["ai", "manual"]


class Appointment(BaseModel):
    """`start` and `end` carry the offset that the tenant's zone has then; `version` rises with each change."""

    id: UUID
    tenant_id: int
    title: str
    start: datetime
    end: datetime
    status: Status
    source: Source
    customer_name: str
    customer_phone: str | None
    conversation_id: UUID | None
    resource_id: int
    service_id: int | None
    notes: str | None
    version: int
