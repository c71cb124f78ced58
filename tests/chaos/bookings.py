"""Appointments booked while processes die: what the ledger calls booked has its row, and each row was told of.

A customer of each fault point books one hour, another wants the same one, a third another; then everything comes to
rest and is counted from the sandbox's ledger and the table of appointments.
"""

import contextlib
import tempfile
import uuid
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import asyncpg

from tests.chaos.rest import at_rest
from tests.system import Shop, System, eventually

BOOKING_POINTS = {
    "after_tool_effect": "orchestrator-service",
    "after_llm": "orchestrator-service",
    "after_reply_commit": "orchestrator-service",
    "after_mark_sending": "whatsapp-service",
    "after_provider_ok": "whatsapp-service",
}
"""Where a booking may be left half told, and who dies there."""
_ZONE = ZoneInfo("America/Argentina/Buenos_Aires")
_HOURS = (10, 12)
_RETRY_SCALE = "0.001"
_SETTLES_WITHIN = 90.0


@contextlib.asynccontextmanager
async def own_system() -> AsyncIterator[System]:
    """A system to kill, whose YCloud retries within seconds."""
    with tempfile.TemporaryDirectory(prefix="nexus-bookings-", ignore_cleanup_errors=True) as folder:
        Path(folder).chmod(0o755)  # PostgreSQL runs as another account when we are root
        async with System(Path(folder), SANDBOX_RETRY_SCALE=_RETRY_SCALE) as system:
            yield system


@dataclass(frozen=True)
class _Said:
    customer: str
    marker: str
    event_id: str


@dataclass
class Booked:
    """What became of one point: rows and bubbles of its shop, and every broken promise in words."""

    point: str
    rows: list[dict[str, Any]] = field(default_factory=list)
    told: list[tuple[str, str]] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)


async def play_booking(system: System, point: str, action: str = "kill") -> Booked:
    """Die at the point while a booking passes it, come back, and look at what stands and what was said."""
    booked = Booked(point)
    shop = await system.new_shop("Tienda de los turnos")
    await _open_agenda(system, shop)
    markers = [f"k{uuid.uuid4().hex[:8]}k" for _ in range(3)]
    hours = dict(zip(markers, (_HOURS[0], _HOURS[0], _HOURS[1]), strict=True))
    await system.script([_scenario(marker, hour) for marker, hour in hours.items()])
    victim = system.services[BOOKING_POINTS[point]]
    await victim.restart(NEXUS_FAULT=f"{point}:1:{action}")
    said = [await _write(shop, markers[0])]
    owner = f"%:{victim.process.pid}" if victim.process else ""

    async def dead() -> bool:
        return victim.process is not None and victim.process.poll() is not None

    if action == "kill":
        await eventually(dead, within=20, every=0.02, what=f"dead at {point}")
    said += [await _write(shop, marker) for marker in markers[1:]]
    if action == "kill":
        await victim.restart()
    await eventually(
        lambda: at_rest(system, shop, said, end_leases_of=owner),
        within=_SETTLES_WITHIN,
        every=0.4,
        what=f"{point}: at rest",
    )
    await _look(system, shop, said, booked)
    return booked


async def _open_agenda(system: System, shop: Shop) -> None:
    admin = system.admin(shop.tenant_id)
    (resource,) = (await admin.get("/admin/agenda/resources")).json()["items"]
    hours = [{"weekday": weekday, "opens": "08:00", "closes": "20:00"} for weekday in range(7)]
    (await admin.put("/admin/agenda/hours", json={"resource_id": resource["id"], "hours": hours})).raise_for_status()
    (await admin.put("/admin/agenda/settings", json={"closes_on_holidays": False})).raise_for_status()


def _scenario(marker: str, hour: int) -> dict[str, Any]:
    """The model books and claims it, whatever the tool says; a re-run of it does the same again."""
    tomorrow = (datetime.now(UTC).astimezone(_ZONE) + timedelta(days=1)).date()
    call = {"name": "book_appointment", "arguments": {"date_time": f"{tomorrow} {hour}:00", "reason": marker}}
    claim = {"bubbles": [{"text": f"¡Listo! Tu turno quedó reservado. {marker}"}]}
    return {"match": {"user_contains": marker}, "steps": [{"tool_calls": [call]}, {"reply": claim}]}


async def _write(shop: Shop, marker: str) -> _Said:
    customer = shop.customer()
    sent = await shop.say(customer, f"Quiero un turno, {marker}", wait=False)
    return _Said(customer, marker, sent["event_id"])


async def _look(system: System, shop: Shop, said: list[_Said], booked: Booked) -> None:
    """Each bubble that says booked has its active row; each row a bubble, or a chat that waits for a person."""
    sends = (await system.sandbox.get("/sandbox/ledger", params={"number": shop.number})).json()["sends"]
    booked.told = [(send["to"], send["text"]) for send in sends if "quedó reservado" in (send["text"] or "")]
    booked.rows = await _rows(system, shop)
    standing = {(row["customer_phone"], _when(row["starts_at"])) for row in booked.rows if row["active"]}
    for customer, text in booked.told:
        if not any(phone == customer and when in text for phone, when in standing):
            booked.problems.append(f"told without a row: {text}")
    for row in booked.rows:
        when = _when(row["starts_at"])
        if not row["needs_human"] and not any(to == row["customer_phone"] and when in text for to, text in booked.told):
            booked.problems.append(f"never told of, and nobody was asked to: {when}")
    for what, many in (
        ("appointments of one customer", [row["customer_phone"] for row in booked.rows]),
        ("appointments in one hour", [row["starts_at"] for row in booked.rows if row["active"]]),
        ("told", booked.told),
    ):
        if len(set(many)) != len(many):
            booked.problems.append(f"twice: {what}")
    if sorted(row["starts_at"].astimezone(_ZONE).hour for row in booked.rows) != sorted(_HOURS):
        booked.problems.append(f"not the hours asked for: {booked.rows}")
    answered = {send["to"] for send in sends}
    waiting = {row["customer_phone"] for row in booked.rows if row["needs_human"]}
    booked.problems += [f"no answer: {s.marker}" for s in said if s.customer not in answered | waiting]


def _when(moment: datetime) -> str:
    local = moment.astimezone(_ZONE)
    return f"{local:%d/%m}{f'/{local.year}' if local.year != datetime.now(_ZONE).year else ''} a las {local:%H:%M}"


async def _rows(system: System, shop: Shop) -> list[dict[str, Any]]:
    conn = await asyncpg.connect(system.postgres.superuser_dsn, database="nexus")
    try:
        rows = await conn.fetch(
            """select a.customer_phone, a.starts_at, a.status in ('scheduled', 'confirmed') as active,
                      c.needs_human_since is not null as needs_human,
                      (select count(*) from appointment_reminders r where r.appointment_id = a.id) as reminders
               from appointments a join chat_conversations c on c.id = a.conversation_id
               where a.tenant_id = $1 order by a.starts_at""",
            shop.tenant_id,
        )
    finally:
        await conn.close()
    return [dict(row) for row in rows]
