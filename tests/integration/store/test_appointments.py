"""Never two at once, whoever books, moves or brings back, and whatever crashes; and what each change leaves behind."""

import asyncio
import json
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest

from nexus.contracts.appointments import Appointment
from nexus.store.agenda import InUseError, add_resource, list_resources, load_settings, remove_resource
from nexus.store.appointments import (
    CancelledAppointmentError,
    Move,
    NewAppointment,
    SlotTakenError,
    UnknownPartError,
    VersionConflictError,
    appointments_of_customer,
    book,
    busy_between,
    list_appointments,
    move,
    set_status,
)
from nexus.store.database import Connection, Pool, tenant_transaction
from nexus.store.effects import RunIdentity, effect_once
from tests.integration.store.room import Room

DAY = datetime(2031, 3, 3, 12, tzinfo=UTC)
OVERLAPS = """select count(*) from appointments a join appointments b on a.tenant_id = b.tenant_id
              and a.resource_id = b.resource_id and a.id < b.id
              and tstzrange(a.busy_from, a.busy_to) && tstzrange(b.busy_from, b.busy_to)
              where a.status in ('scheduled', 'confirmed') and b.status in ('scheduled', 'confirmed')
                and a.tenant_id = $1"""


class Agenda:
    """The room's agenda, one transaction a call."""

    def __init__(self, room: Room) -> None:
        self.tenant_id, self._pool, self.root = room.tenant_id, room.pool, room.root
        self.resource = 0

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Connection]:
        async with tenant_transaction(self.tenant_id, self._pool) as conn:
            yield conn

    def wish(self, hour: float = 0, hours: float = 1, **fields: Any) -> NewAppointment:
        starts_at = DAY + timedelta(hours=hour)
        wanted = {"resource_id": self.resource, "customer_name": "Lucía", "source": "ai"} | fields
        return NewAppointment(starts_at=starts_at, ends_at=starts_at + timedelta(hours=hours), **wanted)

    async def book(self, hour: float = 0, hours: float = 1, **fields: Any) -> Appointment:
        async with self.transaction() as conn:
            return (await book(self.tenant_id, conn, self.wish(hour, hours, **fields)))[0]

    async def move(self, appointment: Appointment, to: Move, **more: Any) -> Appointment | None:
        async with self.transaction() as conn:
            return await move(self.tenant_id, conn, appointment.id, to, **more)

    async def status(self, appointment: Appointment, status: Any) -> Appointment | None:
        async with self.transaction() as conn:
            return await set_status(self.tenant_id, conn, appointment.id, status)

    async def said(self) -> list[tuple[str, Any]]:
        rows = await self.root.fetch(
            "select event, arguments from announcements where tenant_id = $1 order by id", self.tenant_id
        )
        return [(row["event"], json.loads(row["arguments"])) for row in rows]


@pytest.fixture
async def agenda(room: Room) -> Agenda:
    """With its defaults."""
    made = Agenda(room)
    async with made.transaction() as conn:
        await load_settings(made.tenant_id, conn)
        [resource] = await list_resources(made.tenant_id, conn)
    made.resource = resource.id
    return made


async def test_two_first_readers_make_the_defaults_once(room: Room) -> None:
    async def read() -> None:
        async with tenant_transaction(room.tenant_id, room.pool) as conn:
            await load_settings(room.tenant_id, conn)

    await asyncio.gather(*(read() for _ in range(8)))
    for table, rows in (("agenda_resources", 1), ("agenda_services", 1), ("agenda_hours", 6)):
        counted = await room.root.fetchval(f"select count(*) from {table} where tenant_id = $1", room.tenant_id)  # noqa: S608 - three tables
        assert counted == rows


async def test_ranges_that_touch_are_apart_and_buffers_are_not(agenda: Agenda) -> None:
    await agenda.book(0)
    await agenda.book(1)
    quarter = timedelta(minutes=15)
    with pytest.raises(SlotTakenError):
        await agenda.book(2, buffer_before=quarter)
    with pytest.raises(SlotTakenError):
        await agenda.book(-1, buffer_after=quarter)
    await agenda.book(2.25, buffer_before=quarter)
    async with agenda.transaction() as conn:
        busy = await busy_between(agenda.tenant_id, conn, DAY + timedelta(hours=2), DAY + timedelta(hours=2.1))
    assert [(b.start, b.end) for b in busy] == [(DAY + timedelta(hours=2), DAY + timedelta(hours=3.25))]


async def test_each_change_leaves_its_announcement_in_its_own_transaction(agenda: Agenda) -> None:
    booked = await agenda.book(0)
    moved = await agenda.move(booked, Move(starts_at=DAY + timedelta(hours=3)))
    assert moved is not None
    assert (moved.start, moved.end, moved.version) == (DAY + timedelta(hours=3), DAY + timedelta(hours=4), 2)
    cancelled = await agenda.status(booked, "cancelled")
    back = await agenda.status(booked, "confirmed")
    assert cancelled is not None
    assert back is not None
    shown = [item.model_dump(mode="json") for item in (booked, moved, cancelled, back)]
    assert await agenda.said() == [
        ("NEW_APPOINTMENT", [shown[0]]),
        ("APPOINTMENT_UPDATED", [shown[1]]),
        ("APPOINTMENT_DELETED", [shown[2]["id"], shown[2]]),
        ("NEW_APPOINTMENT", [shown[3]]),
    ]


async def test_what_is_refused_or_changes_nothing_says_nothing(agenda: Agenda) -> None:
    booked, other = await agenda.book(0, client_ref="r"), await agenda.book(2)
    before = await agenda.said()
    assert (await agenda.book(0, client_ref="r")).id == booked.id
    assert await agenda.status(booked, "scheduled") == booked
    assert await agenda.move(booked, Move(starts_at=booked.start)) == booked
    with pytest.raises(SlotTakenError):
        await agenda.move(booked, Move(starts_at=other.start))
    with pytest.raises(VersionConflictError) as conflict:
        await agenda.move(booked, Move(starts_at=DAY), version=9)
    assert conflict.value.current == booked
    assert await agenda.said() == before


async def test_a_refusal_leaves_the_callers_transaction_usable(agenda: Agenda) -> None:
    await agenda.book(0)
    async with agenda.transaction() as conn:
        with pytest.raises(SlotTakenError):
            await book(agenda.tenant_id, conn, agenda.wish(0.5))
        with pytest.raises(UnknownPartError):
            await book(agenda.tenant_id, conn, agenda.wish(5, conversation_id=uuid4()))
        with pytest.raises(UnknownPartError):
            await book(agenda.tenant_id, conn, agenda.wish(5, resource_id=2**31 - 1))
        instead, is_new = await book(agenda.tenant_id, conn, agenda.wish(1))
    assert is_new
    async with agenda.transaction() as conn:
        items = await list_appointments(agenda.tenant_id, conn, DAY, DAY + timedelta(hours=6))
    assert [item.id for item in items][1:] == [instead.id]


async def test_the_constraint_holds_where_nobody_queued(agenda: Agenda) -> None:
    await agenda.book(0)
    async with agenda.transaction() as conn:
        with pytest.raises(asyncpg.ExclusionViolationError):
            await conn.execute(
                """insert into appointments
                       (tenant_id, resource_id, customer_name, starts_at, ends_at, busy_from, busy_to)
                   values ($1, $2, 'Sin cola', $3, $4, $3, $4)""",
                agenda.tenant_id,
                agenda.resource,
                DAY,
                DAY + timedelta(minutes=5),
            )


async def test_a_tool_books_once_however_often_its_burst_runs(agenda: Agenda, room: Room, customer: str) -> None:
    burst = await room.open_burst(customer, "Quiero un turno")
    run = RunIdentity(room.tenant_id, burst.conversation_id, burst.id, burst.fence)

    async def act(conn: Connection) -> dict[str, Any]:
        made, _ = await book(room.tenant_id, conn, agenda.wish(0, conversation_id=burst.conversation_id))
        return {"id": str(made.id)}

    results = [await effect_once(room.tenant_id, room.pool, run, "book_appointment", 1, {}, act) for _ in range(2)]
    assert results[0] == results[1]
    assert len(await agenda.said()) == 1
    async with agenda.transaction() as conn:
        [mine] = await appointments_of_customer(room.tenant_id, conn, burst.conversation_id, DAY)
    assert str(mine.id) == results[0]["id"]


async def test_a_cancelled_appointment_is_not_moved_and_frees_its_slot(agenda: Agenda) -> None:
    booked = await agenda.book(0)
    await agenda.status(booked, "cancelled")
    with pytest.raises(CancelledAppointmentError):
        await agenda.move(booked, Move(starts_at=DAY + timedelta(hours=5)))
    taken = await agenda.book(0)
    with pytest.raises(SlotTakenError):
        await agenda.status(booked, "scheduled")
    await agenda.status(taken, "no_show")
    assert (await agenda.status(booked, "scheduled")) is not None


async def test_a_resource_with_appointments_to_come_stays_and_one_with_past_ones_is_retired(agenda: Agenda) -> None:
    async with agenda.transaction() as conn:
        second = await add_resource(agenda.tenant_id, conn, {"name": "Sala 2"})
    booked = await agenda.book(0, resource_id=second.id)
    async with agenda.transaction() as conn:
        with pytest.raises(InUseError, match="appointments"):
            await remove_resource(agenda.tenant_id, conn, second.id)
    await agenda.status(booked, "cancelled")
    async with agenda.transaction() as conn:
        assert await remove_resource(agenda.tenant_id, conn, second.id)
        assert [(r.name, r.active) for r in await list_resources(agenda.tenant_id, conn)] == [
            ("Agenda", True),
            ("Sala 2", False),
        ]
        with pytest.raises(InUseError, match="last"):
            await remove_resource(agenda.tenant_id, conn, agenda.resource)


async def test_a_crowd_that_books_and_moves_meets_no_deadlock_and_never_overlaps(agenda: Agenda, pool: Pool) -> None:
    """Eight at a time on two resources; moves cross each other's."""
    async with agenda.transaction() as conn:
        second = await add_resource(agenda.tenant_id, conn, {"name": "Sala 2"})
    resources = [agenda.resource, second.id]
    made: list[Appointment] = []
    outcomes = {"done": 0, "taken": 0}
    dice = random.Random(7)
    before = await agenda.root.fetchval("select deadlocks from pg_stat_database where datname = current_database()")

    async def act() -> None:
        resource, hour = dice.choice(resources), dice.randrange(12) / 2
        try:
            if made and dice.random() < 0.5:
                to = Move(starts_at=DAY + timedelta(hours=hour), resource_id=resource)
                await agenda.move(dice.choice(made), to)
            else:
                made.append(await agenda.book(hour, resource_id=resource))
            outcomes["done"] += 1
        except SlotTakenError:
            outcomes["taken"] += 1

    for _ in range(25):
        await asyncio.gather(*(act() for _ in range(8)))
    assert outcomes["done"] + outcomes["taken"] == 200
    assert min(outcomes.values()) > 10
    assert await agenda.root.fetchval(OVERLAPS, agenda.tenant_id) == 0
    await agenda.root.execute("select pg_stat_force_next_flush()")
    after = await agenda.root.fetchval("select deadlocks from pg_stat_database where datname = current_database()")
    assert after == before


async def test_one_slot_for_many_at_once(agenda: Agenda) -> None:
    async def attempt(n: int) -> UUID | None:
        try:
            return (await agenda.book(n % 4 / 8)).id
        except SlotTakenError:
            return None

    winners = [won for won in await asyncio.gather(*(attempt(n) for n in range(40))) if won]
    assert len(winners) == 1
