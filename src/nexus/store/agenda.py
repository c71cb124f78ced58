"""What an agenda is made of: resources, services, weekly hours, exceptions, blocks, and the tenant's own settings.

Every function runs in the caller's transaction. A tenant that configured nothing gets its defaults at the first read,
so that booking works at once.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any

from nexus.store.database import Connection, Row, one

RESOURCE_FIELDS = ("name", "color", "active", "position")
SERVICE_FIELDS = ("name", "minutes", "buffer_before", "buffer_after", "active", "position")
SETTING_FIELDS = ("closes_on_holidays", "reminder_hours", "reminder_template_name", "reminder_template_language")
DEFAULT_RESOURCE, DEFAULT_SERVICE, DEFAULT_MINUTES = "Agenda", "Turno", 60
_WEEK, _SATURDAY = (time(9), time(18)), (time(9), time(13))
DEFAULT_HOURS = [*((day, *_WEEK) for day in range(5)), (5, *_SATURDAY)]
END_OF_DAY = time(0)
"""A `closes` of midnight is the end of its day, for a time of day knows no 24:00."""


class InUseError(RuntimeError):
    """What should go is needed: by appointments to come, or because it is the last one."""


@dataclass(frozen=True, slots=True)
class Resource:
    """A person, a room, a chair: what an appointment takes up."""

    id: int
    name: str
    color: str
    active: bool
    position: int
    feed_version: int
    feed_on: bool


@dataclass(frozen=True, slots=True)
class Service:
    """What is booked; buffers keep the resource busy around it and belong to nobody's appointment."""

    id: int
    name: str
    minutes: int
    buffer_before: int
    buffer_after: int
    active: bool
    position: int


@dataclass(frozen=True, slots=True)
class Hours:
    """One interval of a weekday (0 is Monday) in which a resource takes appointments."""

    resource_id: int
    weekday: int
    opens: time
    closes: time


@dataclass(frozen=True, slots=True)
class ExceptionDay:
    """A day unlike its weekday: open from `opens` to `closes`, or closed; for one resource or for all."""

    id: int
    resource_id: int | None
    day: date
    opens: time | None
    closes: time | None
    reason: str | None


@dataclass(frozen=True, slots=True)
class Block:
    """A period in which a resource, or all of them, takes no appointments."""

    id: int
    resource_id: int | None
    starts_at: datetime
    ends_at: datetime
    reason: str | None


@dataclass(frozen=True, slots=True)
class AgendaSettings:
    """What the tenant decided about its agenda."""

    time_zone: str
    closes_on_holidays: bool
    reminder_hours: Sequence[float]
    reminder_template_name: str | None
    reminder_template_language: str | None


async def load_settings(tenant_id: int, conn: Connection) -> AgendaSettings:
    """The tenant's settings; its defaults exist from here on. Raises LookupError when there is no such tenant."""
    row = await one(
        conn,
        """select agenda_made, time_zone, closes_on_holidays, reminder_hours, reminder_template_name,
                  reminder_template_language from tenants where id = $1""",
        tenant_id,
    )
    if not row["agenda_made"]:
        await _make_defaults(tenant_id, conn)
    return AgendaSettings(**{name: row[name] for name in AgendaSettings.__slots__})


async def save_settings(tenant_id: int, conn: Connection, changes: dict[str, Any]) -> None:
    """Write the given columns of SETTING_FIELDS."""
    await _write(conn, "tenants", changes, SETTING_FIELDS, "id = $1", tenant_id)


async def _make_defaults(tenant_id: int, conn: Connection) -> None:
    """One resource, one service and sensible hours, where there is none yet; two first readers make them once."""
    first = await conn.fetchval(
        "update tenants set agenda_made = true where id = $1 and not agenda_made returning true", tenant_id
    )
    if not first:
        return
    await conn.execute(
        """insert into agenda_resources (tenant_id, name) select $1, $2
           where not exists (select 1 from agenda_resources where tenant_id = $1)""",
        tenant_id,
        DEFAULT_RESOURCE,
    )
    await conn.execute(
        """insert into agenda_services (tenant_id, name, minutes) select $1, $2, $3
           where not exists (select 1 from agenda_services where tenant_id = $1)""",
        tenant_id,
        DEFAULT_SERVICE,
        DEFAULT_MINUTES,
    )
    for resource in await list_resources(tenant_id, conn):
        await save_hours(tenant_id, conn, resource.id, DEFAULT_HOURS)


async def list_resources(tenant_id: int, conn: Connection, *, only_active: bool = False) -> list[Resource]:
    """By position, then by age."""
    rows = await conn.fetch(
        """select * from agenda_resources where tenant_id = $1 and (active or not $2) order by position, id""",
        tenant_id,
        only_active,
    )
    return [_resource(row) for row in rows]


async def load_resource(tenant_id: int, conn: Connection, resource_id: int) -> Resource | None:
    """The resource, active or not."""
    row = await conn.fetchrow("select * from agenda_resources where tenant_id = $1 and id = $2", tenant_id, resource_id)
    return _resource(row) if row else None


async def add_resource(tenant_id: int, conn: Connection, fields: dict[str, Any]) -> Resource:
    """A new resource with the default week; `fields` are of RESOURCE_FIELDS, `name` among them."""
    row = await _insert(tenant_id, conn, "agenda_resources", fields, RESOURCE_FIELDS)
    await save_hours(tenant_id, conn, row["id"], DEFAULT_HOURS)
    return _resource(row)


async def save_resource(tenant_id: int, conn: Connection, resource_id: int, changes: dict[str, Any]) -> Resource | None:
    """Write the given fields; None when there is no such resource. Raises InUseError for the last active one."""
    await _hold_agenda(tenant_id, conn)
    if changes.get("active") is False:
        await _refuse_last(tenant_id, conn, "agenda_resources", resource_id)
    await _write(
        conn, "agenda_resources", changes, RESOURCE_FIELDS, "tenant_id = $1 and id = $2", tenant_id, resource_id
    )
    return await load_resource(tenant_id, conn, resource_id)


async def remove_resource(tenant_id: int, conn: Connection, resource_id: int) -> bool:
    """Delete it, or retire it when past appointments name it; False when there is none.

    Raises InUseError when it has appointments to come or is the last active one.
    """
    return await _remove(tenant_id, conn, "agenda_resources", "resource_id", resource_id)


async def set_feed(tenant_id: int, conn: Connection, resource_id: int, *, on: bool) -> int | None:
    """Make every address of the resource's calendar invalid; the version of the next one, None without resource."""
    version: int | None = await conn.fetchval(
        """update agenda_resources set feed_version = feed_version + 1, feed_on = $3
           where tenant_id = $1 and id = $2 returning feed_version""",
        tenant_id,
        resource_id,
        on,
    )
    return version


async def list_services(tenant_id: int, conn: Connection, *, only_active: bool = False) -> list[Service]:
    """By position, then by age."""
    rows = await conn.fetch(
        "select * from agenda_services where tenant_id = $1 and (active or not $2) order by position, id",
        tenant_id,
        only_active,
    )
    return [_service(row) for row in rows]


async def load_service(tenant_id: int, conn: Connection, service_id: int) -> Service | None:
    """The service, active or not."""
    row = await conn.fetchrow("select * from agenda_services where tenant_id = $1 and id = $2", tenant_id, service_id)
    return _service(row) if row else None


async def add_service(tenant_id: int, conn: Connection, fields: dict[str, Any]) -> Service:
    """A new service; `fields` are of SERVICE_FIELDS, `name` and `minutes` among them."""
    return _service(await _insert(tenant_id, conn, "agenda_services", fields, SERVICE_FIELDS))


async def save_service(tenant_id: int, conn: Connection, service_id: int, changes: dict[str, Any]) -> Service | None:
    """Write the given fields; None when there is none. Appointments already made keep their length."""
    await _hold_agenda(tenant_id, conn)
    if changes.get("active") is False:
        await _refuse_last(tenant_id, conn, "agenda_services", service_id)
    await _write(conn, "agenda_services", changes, SERVICE_FIELDS, "tenant_id = $1 and id = $2", tenant_id, service_id)
    return await load_service(tenant_id, conn, service_id)


async def remove_service(tenant_id: int, conn: Connection, service_id: int) -> bool:
    """As remove_resource."""
    return await _remove(tenant_id, conn, "agenda_services", "service_id", service_id)


async def list_hours(tenant_id: int, conn: Connection, resource_id: int | None = None) -> list[Hours]:
    """The week of one resource, or of all of them, in order."""
    rows = await conn.fetch(
        """select resource_id, weekday, opens, closes from agenda_hours
           where tenant_id = $1 and ($2::int is null or resource_id = $2) order by resource_id, weekday, opens""",
        tenant_id,
        resource_id,
    )
    return [Hours(**dict(row)) for row in rows]


async def save_hours(
    tenant_id: int, conn: Connection, resource_id: int, week: Sequence[tuple[int, time, time]]
) -> None:
    """Put this week (weekday, opens, closes) in the place of the resource's; intervals do not overlap.

    What stays is not touched: the audit tells what changed.
    """
    await conn.execute(
        """delete from agenda_hours where tenant_id = $1 and resource_id = $2
           and (weekday, opens, closes) not in (select * from unnest($3::int[], $4::time[], $5::time[]))""",
        tenant_id,
        resource_id,
        [interval[0] for interval in week],
        [interval[1] for interval in week],
        [interval[2] for interval in week],
    )
    await conn.executemany(
        """insert into agenda_hours (tenant_id, resource_id, weekday, opens, closes) values ($1, $2, $3, $4, $5)
           on conflict do nothing""",
        [(tenant_id, resource_id, *interval) for interval in week],
    )


async def list_exceptions(tenant_id: int, conn: Connection, first: date, end: date) -> list[ExceptionDay]:
    """Those of the days from `first` until before `end`, in order."""
    rows = await conn.fetch(
        """select id, resource_id, day, opens, closes, reason from agenda_exceptions
           where tenant_id = $1 and day >= $2 and day < $3 order by day, opens nulls first, id""",
        tenant_id,
        first,
        end,
    )
    return [ExceptionDay(**dict(row)) for row in rows]


async def add_exception(tenant_id: int, conn: Connection, fields: dict[str, Any]) -> ExceptionDay:
    """A new one; `fields` are those of ExceptionDay without its id."""
    row = await _insert(
        tenant_id, conn, "agenda_exceptions", fields, ("resource_id", "day", "opens", "closes", "reason")
    )
    return ExceptionDay(**{name: row[name] for name in ExceptionDay.__slots__})


async def remove_exception(tenant_id: int, conn: Connection, exception_id: int) -> bool:
    """False when there was none."""
    statement = "delete from agenda_exceptions where tenant_id = $1 and id = $2 returning true"
    return bool(await conn.fetchval(statement, tenant_id, exception_id))


async def list_blocks(tenant_id: int, conn: Connection, start: datetime, end: datetime) -> list[Block]:
    """Those that touch the range, by beginning."""
    rows = await conn.fetch(
        """select id, resource_id, starts_at, ends_at, reason from agenda_blocks
           where tenant_id = $1 and ends_at > $2 and starts_at < $3 order by starts_at, id""",
        tenant_id,
        start,
        end,
    )
    return [Block(**dict(row)) for row in rows]


async def add_block(tenant_id: int, conn: Connection, fields: dict[str, Any]) -> Block:
    """A new one; `fields` are those of Block without its id, and `created_by`. Appointments in it stay."""
    columns = ("resource_id", "starts_at", "ends_at", "reason", "created_by")
    row = await _insert(tenant_id, conn, "agenda_blocks", fields, columns)
    return Block(**{name: row[name] for name in Block.__slots__})


async def remove_block(tenant_id: int, conn: Connection, block_id: int) -> bool:
    """False when there was none."""
    statement = "delete from agenda_blocks where tenant_id = $1 and id = $2 returning true"
    return bool(await conn.fetchval(statement, tenant_id, block_id))


def _resource(row: Row) -> Resource:
    return Resource(**{name: row[name] for name in Resource.__slots__})


def _service(row: Row) -> Service:
    return Service(**{name: row[name] for name in Service.__slots__})


async def _insert(tenant_id: int, conn: Connection, table: str, fields: dict[str, Any], allowed: Sequence[str]) -> Row:
    if unknown := set(fields) - set(allowed):
        raise KeyError(unknown.pop())
    places = ", ".join(f"${n}" for n in range(1, len(fields) + 2))
    columns = ", ".join(["tenant_id", *fields])
    statement = f"insert into {table} ({columns}) values ({places}) returning *"  # noqa: S608 - allowed columns
    return await one(conn, statement, tenant_id, *fields.values())


async def _write(
    conn: Connection, table: str, changes: dict[str, Any], allowed: Sequence[str], where: str, *keys: Any
) -> None:
    if unknown := set(changes) - set(allowed):
        raise KeyError(unknown.pop())
    if changes:
        assignments = ", ".join(f"{column} = ${n}" for n, column in enumerate(changes, start=len(keys) + 1))
        await conn.execute(f"update {table} set {assignments} where {where}", *keys, *changes.values())  # noqa: S608 - allowed columns


async def _hold_agenda(tenant_id: int, conn: Connection) -> None:
    """One change of the agenda's parts at a time, so that two cannot each leave the other as the last one."""
    await conn.execute("select pg_advisory_xact_lock(hashtextextended($1, 0))", f"agenda-parts:{tenant_id}")


async def _refuse_last(tenant_id: int, conn: Connection, table: str, part_id: int) -> None:
    others = f"select 1 from {table} where tenant_id = $1 and active and id <> $2 limit 1"  # noqa: S608 - two tables
    if not await conn.fetchval(others, tenant_id, part_id):
        raise InUseError("last")


async def _remove(tenant_id: int, conn: Connection, table: str, column: str, part_id: int) -> bool:
    await _hold_agenda(tenant_id, conn)
    # Locked, no appointment can be booked for it any more until this has ended one way or the other.
    found = f"select 1 from {table} where tenant_id = $1 and id = $2 for update"  # noqa: S608 - two tables
    if not await conn.fetchval(found, tenant_id, part_id):
        return False
    await _refuse_last(tenant_id, conn, table, part_id)
    used = await conn.fetchval(
        f"""select coalesce(bool_or(status in ('scheduled', 'confirmed') and ends_at > clock_timestamp()), false)
            from appointments where tenant_id = $1 and {column} = $2 having count(*) > 0""",  # noqa: S608 - two columns
        tenant_id,
        part_id,
    )
    if used:
        raise InUseError("appointments")
    change = f"delete from {table}" if used is None else f"update {table} set active = false"  # noqa: S608 - two tables
    await conn.execute(f"{change} where tenant_id = $1 and id = $2", tenant_id, part_id)
    return True
