"""No two active appointments overlap, whatever sequence of bookings, moves, cancellations, returns and crashes."""

import asyncio
import os
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import asyncpg
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from nexus.embedded.postgres import EmbeddedPostgres
from nexus.store.agenda import add_resource, list_resources, load_settings
from nexus.store.appointments import (
    ACTIVE,
    CancelledAppointmentError,
    Move,
    NewAppointment,
    SlotTakenError,
    book,
    move,
    set_status,
)
from nexus.store.database import Connection
from tests.integration.store.room import new_number
from tests.integration.store.test_appointments import OVERLAPS

DAY = datetime(2031, 3, 3, tzinfo=UTC)
QUARTER = timedelta(minutes=15)
Act = Callable[[Connection], Awaitable[Any]]


@dataclass(frozen=True)
class Known:
    """An appointment as it must be."""

    resource: int
    start: datetime
    lasts: timedelta
    before: timedelta
    after: timedelta
    status: str = "scheduled"

    def meets(self, other: "Known") -> bool:
        """Whether both want the same resource at the same time."""
        mine, theirs = self.start - self.before, other.start - other.before
        return (
            self.resource == other.resource
            and mine < other.start + other.lasts + other.after
            and theirs < self.start + self.lasts + self.after
        )


class Agenda(RuleBasedStateMachine):
    """A shop with two resources and a day of quarters of an hour; `known` is what should be in the store."""

    ids = Bundle("ids")
    dsn = ""
    loop: asyncio.AbstractEventLoop
    moments = st.integers(0, 40).map(lambda n: DAY + n * QUARTER)
    lengths = st.integers(1, 8).map(lambda n: n * QUARTER)
    buffers = st.integers(0, 2).map(lambda n: n * QUARTER)
    places = st.integers(0, 1)

    def run(self, work: Coroutine[Any, Any, Any]) -> Any:
        return self.loop.run_until_complete(work)

    @initialize()
    def open_shop(self) -> None:
        self.known: dict[UUID, Known] = {}
        self.said = 0
        self.conn: Connection = self.run(asyncpg.connect(self.dsn))
        self.tenant_id: int = self.run(self.conn.fetchval("select create_tenant('Stateful', $1)", new_number()))
        self.resources: list[int] = self.run(self._two_resources())

    def teardown(self) -> None:
        if hasattr(self, "conn"):
            self.run(self.conn.close())

    async def _two_resources(self) -> list[int]:
        async with self.conn.transaction():
            await self._enter()
            await load_settings(self.tenant_id, self.conn)
            await add_resource(self.tenant_id, self.conn, {"name": "Sala 2"})
            return [resource.id for resource in await list_resources(self.tenant_id, self.conn)]

    async def _enter(self) -> None:
        await self.conn.execute("select set_config('nexus.tenant_id', $1, true)", str(self.tenant_id))

    async def _do(self, act: Act, crashes: bool) -> Any:
        """The act's result, or the class of its refusal; one that crashes leaves its transaction unfinished."""
        transaction = self.conn.transaction()
        await transaction.start()
        await self._enter()
        try:
            result = await act(self.conn)
        except (SlotTakenError, CancelledAppointmentError) as refusal:
            result = type(refusal)
        await (transaction.rollback() if crashes else transaction.commit())
        return result

    def _is_free(self, wanted: Known, but: UUID | None = None) -> bool:
        others = (each for key, each in self.known.items() if key != but and each.status in ACTIVE)
        return not any(wanted.meets(each) for each in others)

    @rule(target=ids, start=moments, lasts=lengths, before=buffers, after=buffers, place=places, crashes=st.booleans())
    def book(
        self, start: datetime, lasts: timedelta, before: timedelta, after: timedelta, place: int, crashes: bool
    ) -> UUID | None:
        wanted = Known(self.resources[place], start, lasts, before, after)
        new = NewAppointment(
            wanted.resource, start, start + lasts, "Lucía", "ai", buffer_before=before, buffer_after=after
        )
        result = self.run(self._do(lambda conn: book(self.tenant_id, conn, new), crashes))
        if crashes:
            return None
        if not self._is_free(wanted):
            assert result is SlotTakenError
            return None
        made: UUID = result[0].id
        self.known[made] = wanted
        self.said += 1
        return made

    @rule(key=ids, start=moments, place=places, crashes=st.booleans())
    def move(self, key: UUID | None, start: datetime, place: int, crashes: bool) -> None:
        if key is None:
            return
        old = self.known[key]
        wanted = replace(old, start=start, resource=self.resources[place])
        to = Move(starts_at=start, resource_id=wanted.resource)
        result = self.run(self._do(lambda conn: move(self.tenant_id, conn, key, to), crashes))
        if crashes or wanted == old:
            return
        if old.status == "cancelled":
            assert result is CancelledAppointmentError
        elif old.status in ACTIVE and not self._is_free(wanted, key):
            assert result is SlotTakenError
        else:
            assert (result.start, result.resource_id) == (start, wanted.resource)
            self.known[key] = wanted
            self.said += 1

    @rule(
        key=ids,
        status=st.sampled_from(["scheduled", "confirmed", "cancelled", "cancelled", "attended", "no_show"]),
        crashes=st.booleans(),
    )
    def set_status(self, key: UUID | None, status: Any, crashes: bool) -> None:
        if key is None:
            return
        old = self.known[key]
        result = self.run(self._do(lambda conn: set_status(self.tenant_id, conn, key, status), crashes))
        if crashes or old.status == status:
            return
        returns = status in ACTIVE and old.status not in ACTIVE
        if returns and not self._is_free(old, key):
            assert result is SlotTakenError
            return
        assert result.status == status
        self.known[key] = replace(old, status=status)
        self.said += 1

    @invariant()
    def the_store_is_as_known_and_nothing_overlaps(self) -> None:
        if not hasattr(self, "known"):
            return
        rows, overlaps, said = self.run(self._look())
        assert overlaps == 0
        assert said == self.said
        assert {row["id"]: (row["resource_id"], row["starts_at"], row["status"]) for row in rows} == {
            key: (each.resource, each.start, each.status) for key, each in self.known.items()
        }

    async def _look(self) -> tuple[list[Any], int, int]:
        async with self.conn.transaction():
            await self._enter()
            rows = await self.conn.fetch("select id, resource_id, starts_at, status from appointments")
            said = await self.conn.fetchval("select count(*) from announcements")
            return rows, await self.conn.fetchval(OVERLAPS, self.tenant_id), said


def test_no_sequence_makes_two_active_appointments_overlap(postgres: EmbeddedPostgres) -> None:
    loop = asyncio.new_event_loop()
    machine = type("AgendaHere", (Agenda,), {"dsn": postgres.app_dsn, "loop": loop})
    examples = int(os.environ.get("NEXUS_STATEFUL_EXAMPLES", "30"))
    try:
        run_state_machine_as_test(
            machine,
            settings=settings(
                max_examples=examples,
                stateful_step_count=30,
                deadline=None,
                derandomize=True,
                suppress_health_check=list(HealthCheck),
            ),
        )
    finally:
        loop.close()
