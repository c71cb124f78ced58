"""Reminders whose time has come, and what their answer may still change."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from nexus.contracts.appointments import Appointment
from nexus.contracts.identity import e164, phone_key
from nexus.store.appointments import ACTIVE, load_appointment
from nexus.store.consents import may_write
from nexus.store.database import Connection, Row
from nexus.store.send_limits import WINDOW

_WINDOW_MARGIN = timedelta(minutes=5)
"""A free text queued in the last minutes of the window might leave after it."""
ANSWER = "reminder_answer"
"""The name under which the answer to a reminder is recorded as an effect of its burst."""


@dataclass(frozen=True, slots=True)
class ReminderOf:
    """Which reminder: of which version of which appointment, so many hours before it."""

    appointment_id: UUID
    lead_hours: float
    version: int


@dataclass(frozen=True, slots=True)
class DueReminder:
    """A reminder whose time has come, its conversation and its row locked; `appointment` is how it is now.

    Without `conversation_id` there is no chat with the customer, and no phone to begin one with.
    """

    appointment: Appointment
    conversation_id: UUID | None
    window_is_open: bool
    now: datetime
    store_name: str
    template: tuple[str, str] | None


@dataclass(frozen=True, slots=True)
class AskedReminder:
    """The reminder that a burst may answer, of an appointment that stands and is to come.

    `is_quoted` when a message of the burst answers it by quoting it, `quotes_other` when it quotes something else;
    `spoken_since` when somebody has written to her about other things after it: a bare number answers that.
    """

    appointment: Appointment
    is_quoted: bool
    quotes_other: bool
    spoken_since: bool


async def take_reminder(tenant_id: int, conn: Connection, which: ReminderOf) -> DueReminder | str:
    """The reminder to send now, or why it is not to be sent any more: gone, done, cancelled, changed, past, late, or
    unwanted, when she took her consent to reminders back.

    Locks the conversation first, then the appointment, as everybody does.
    """
    conversation_id = await _held_conversation(tenant_id, conn, which.appointment_id)
    row = await conn.fetchrow(
        """select a.status, a.version, a.starts_at, r.state, clock_timestamp() as now, t.store_name,
                  t.reminder_template_name, t.reminder_template_language
           from appointment_reminders r
           join appointments a on a.tenant_id = r.tenant_id and a.id = r.appointment_id
           join tenants t on t.id = a.tenant_id
           where r.tenant_id = $1 and r.appointment_id = $2 and r.lead_hours = $3 and r.appointment_version = $4
           for no key update of r, a""",
        tenant_id,
        which.appointment_id,
        which.lead_hours,
        which.version,
    )
    appointment = await load_appointment(tenant_id, conn, which.appointment_id)
    if row is None or appointment is None:
        return "gone"
    if reason := _too_late(row, which):
        return reason
    if conversation_id is not None and not await may_write(tenant_id, conn, conversation_id, "reminders"):
        return "unwanted"
    is_open = await conn.fetchval(
        "select last_inbound_at + $3 > clock_timestamp() from chat_conversations where tenant_id = $1 and id = $2",
        tenant_id,
        conversation_id,
        WINDOW - _WINDOW_MARGIN,
    )
    template = (row["reminder_template_name"], row["reminder_template_language"])
    return DueReminder(
        appointment,
        conversation_id,
        bool(is_open),
        row["now"],
        row["store_name"],
        template if all(template) else None,
    )


async def settle_reminder(
    tenant_id: int, conn: Connection, which: ReminderOf, state: str, message_id: UUID | None = None
) -> None:
    """Write what came of it: sent (its message is queued) or skipped; what was settled before stays."""
    await conn.execute(
        """update appointment_reminders set state = $5, message_id = $6, updated_at = clock_timestamp()
           where tenant_id = $1 and appointment_id = $2 and lead_hours = $3 and appointment_version = $4
             and state = 'pending'""",
        tenant_id,
        which.appointment_id,
        which.lead_hours,
        which.version,
        state,
        message_id,
    )
    if message_id is not None:
        await conn.execute(
            "update appointments set confirmation_asked_at = clock_timestamp() where tenant_id = $1 and id = $2",
            tenant_id,
            which.appointment_id,
        )


async def asked_reminder(
    tenant_id: int, conn: Connection, conversation_id: UUID, burst_id: UUID
) -> AskedReminder | None:
    """The reminder that the burst quotes, else the newest; None without one whose appointment stands unmoved."""
    row = await conn.fetchrow(
        """select a.id,
                  exists (select 1 from chat_messages i where i.tenant_id = $1 and i.burst_id = $3 and i.role = 'user'
                          and i.quoted_id = m.provider_message_id) as is_quoted,
                  exists (select 1 from chat_messages i where i.tenant_id = $1 and i.burst_id = $3 and i.role = 'user'
                          and i.quoted_id is distinct from m.provider_message_id
                          and i.quoted_id is not null) as quotes_other,
                  exists (select 1 from chat_messages later
                          where later.tenant_id = $1 and later.conversation_id = $2 and later.seq > m.seq
                            and later.role = 'assistant' and later.kind <> 'apology'
                            and coalesce(later.provider_status, 'sent') not in ('discarded', 'failed')
                            and not exists (select 1 from tool_effects e where e.burst_id = later.burst_id
                                            and e.tool = $4 and e.result->>'status' = 'confirmed')) as spoken_since
           from chat_messages m
           join appointment_reminders r on r.tenant_id = m.tenant_id and r.message_id = m.id
           join appointments a on a.tenant_id = r.tenant_id and a.id = r.appointment_id
           where m.tenant_id = $1 and m.conversation_id = $2 and m.provider_status not in ('discarded', 'failed')
             and a.status = any($5) and a.starts_at > clock_timestamp() and a.confirmation_asked_at is not null
             and m.seq < (select min(i.seq) from chat_messages i where i.burst_id = $3 and i.role = 'user')
           order by is_quoted desc, m.seq desc limit 1""",
        tenant_id,
        conversation_id,
        burst_id,
        ANSWER,
        list(ACTIVE),
    )
    appointment = await load_appointment(tenant_id, conn, row["id"]) if row else None
    if row is None or appointment is None:
        return None
    return AskedReminder(appointment, row["is_quoted"], row["quotes_other"], row["spoken_since"])


def _too_late(row: Row, which: ReminderOf) -> str | None:
    if row["state"] != "pending":
        return "done"
    if row["status"] not in ACTIVE:
        return "cancelled"
    if row["version"] != which.version:
        return "changed"
    if row["starts_at"] <= row["now"]:
        return "past"
    # After an outage, "tomorrow" an hour before is no reminder any more, and the next one is due, too.
    is_late = row["now"] > row["starts_at"] - timedelta(hours=which.lead_hours / 2)
    return "late" if is_late else None


async def _held_conversation(tenant_id: int, conn: Connection, appointment_id: UUID) -> UUID | None:
    """The customer's chat, locked: the appointment's own, else that of its phone, begun here if a template may go."""
    row = await conn.fetchrow(
        """select a.conversation_id, a.customer_phone, t.reminder_template_name is not null as has_template
           from appointments a join tenants t on t.id = a.tenant_id where a.tenant_id = $1 and a.id = $2""",
        tenant_id,
        appointment_id,
    )
    if row is None:
        return None
    held = "select id from chat_conversations where tenant_id = $1 and {} for no key update"
    found: UUID | None
    if row["conversation_id"] is not None:
        found = await conn.fetchval(held.format("id = $2"), tenant_id, row["conversation_id"])
        return found
    address = e164(row["customer_phone"] or "")
    if address is None:
        return None
    found = await conn.fetchval(held.format("external_user_id = $2"), tenant_id, phone_key(address))
    if found is None and row["has_template"]:
        found = await conn.fetchval(
            """insert into chat_conversations (tenant_id, channel, external_user_id, wa_address)
               values ($1, 'whatsapp', $2, $3)
               on conflict (tenant_id, channel, external_user_id) do update set wa_address = excluded.wa_address
               returning id""",
            tenant_id,
            phone_key(address),
            address,
        )
    return found
