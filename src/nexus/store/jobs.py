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


async def enqueue(
    tenant_id: int, conn: Connection, job: str, subject_id: UUID, *, after: timedelta | None = None
) -> None:
    """Queue `job` for one row of the tenant, in the caller's transaction; the same job twice at once is one."""
    payload = json.dumps({"tenant_id": tenant_id, "id": str(subject_id)}).encode()
    queries = Queries(AsyncpgDriver(cast(asyncpg.Connection, conn)))  # a pooled connection is one
    await queries.enqueue(job, payload, execute_after=after, dedupe_key=f"{job}:{subject_id}", on_conflict="skip")
