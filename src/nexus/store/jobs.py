"""Background jobs on pgqueuer, enqueued inside our transaction; arguments hold ids only (architecture.md 5)."""

import json
from datetime import timedelta
from typing import cast
from uuid import UUID

import asyncpg
from pgqueuer.db import AsyncpgDriver
from pgqueuer.queries import Queries

from nexus.store.database import Connection

HANDOFF_EMAIL = "handoff_email"
APPOINTMENT_REMINDER = "appointment_reminder"
BACK_IN_STOCK = "back_in_stock"
KEEPING = "keeping"  # its tenant is 0 for what no single shop has
ALERT_EMAIL = "alert_email"  # these three, too, for an alert that is no shop's
ALERT_WEBHOOK = "alert_webhook"
ALERT_SHOP = "alert_shop"
CATALOGUE_REFRESH = "catalogue_refresh"
CATALOGUE_CHANGES = "catalogue_changes"
PRIVACY_REQUEST = "privacy_request"
PASSWORD_CODE = "password_code"  # noqa: S105 - the job's name; its tenant is 0 when no shop sends it


async def enqueue(
    tenant_id: int,
    conn: Connection,
    job: str,
    subject_id: UUID,
    *,
    after: timedelta | None = None,
    numbers: dict[str, float] | None = None,
) -> None:
    """Queue `job` for one row of the tenant, in the caller's transaction; the same job twice at once is one.

    `numbers` tell the jobs of one row apart and are arguments beside its id.
    """
    payload = json.dumps({"tenant_id": tenant_id, "id": str(subject_id), **(numbers or {})}).encode()
    dedupe_key = ":".join([job, str(subject_id), *(str(number) for number in (numbers or {}).values())])
    queries = Queries(AsyncpgDriver(cast(asyncpg.Connection, conn)))  # a pooled connection is one
    await queries.enqueue(job, payload, execute_after=after, dedupe_key=dedupe_key, on_conflict="skip")
