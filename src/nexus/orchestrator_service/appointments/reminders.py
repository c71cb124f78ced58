"""A reminder goes out: free text while WhatsApp takes it, else the shop's template, and only for what still stands."""

from nexus.orchestrator_service.appointments.spoken_time import spoken
from nexus.store.database import Connection, Pool, tenant_transaction
from nexus.store.events import record_event
from nexus.store.messages import Outgoing, queue_reminder
from nexus.store.reminders_due import DueReminder, ReminderOf, settle_reminder, take_reminder

_FIRST_NAME_LENGTH = 40
OPTIONS = "Respondé 1 para confirmar, 2 para cancelar o 3 para cambiar el horario."
OPTIONS_CONFIRMED = "Si no podés venir, respondé 2 para cancelar o 3 para cambiar el horario."


async def send_reminder(tenant_id: int, pool: Pool, which: ReminderOf) -> None:
    """Queue it once, in the transaction that records it, or record that it is not to go out any more."""
    async with tenant_transaction(tenant_id, pool) as conn:
        due = await take_reminder(tenant_id, conn, which)
        if isinstance(due, str):
            await _leave(tenant_id, conn, which, due)
            return
        outgoing = _outgoing(due, which)
        if due.conversation_id is None or outgoing is None:
            await settle_reminder(tenant_id, conn, which, "skipped")
            await _tell(tenant_id, conn, due)
            return
        message_id = await queue_reminder(tenant_id, conn, due.conversation_id, outgoing)
        await settle_reminder(tenant_id, conn, which, "sent", message_id)


async def _leave(tenant_id: int, conn: Connection, which: ReminderOf, reason: str) -> None:
    if reason not in ("gone", "done"):
        await settle_reminder(tenant_id, conn, which, "skipped")


async def _tell(tenant_id: int, conn: Connection, due: DueReminder) -> None:
    nobody = due.conversation_id is None and due.template is not None
    reason = "no_address" if nobody else "no_template"
    words = {
        "no_address": "Un recordatorio de turno no salió: el turno no tiene chat ni teléfono",
        "no_template": "Un recordatorio de turno no salió: pasaron más de 24 h desde el último mensaje del cliente y "
        "la tienda no tiene plantilla de recordatorio",
    }
    details = {"appointment_id": due.appointment.id, "reason": reason}
    await record_event(tenant_id, conn, "warn", "reminder_skipped", words[reason], details)


def _outgoing(due: DueReminder, which: ReminderOf) -> Outgoing | None:
    """What to send, once per version and lead; None when WhatsApp takes no free text and there is no template."""
    reference = f"reminder:{which.appointment_id}:{which.lead_hours:g}:{which.version}"
    when = spoken(due.appointment.start, due.now)
    name = (
        due.appointment.customer_name.split()[0][:_FIRST_NAME_LENGTH] if due.appointment.customer_name.strip() else ""
    )
    if due.window_is_open:
        options = OPTIONS_CONFIRMED if due.appointment.status == "confirmed" else OPTIONS
        text = f"Hola{f' {name}' if name else ''}, te recordamos tu turno en {due.store_name}: {when}.\n{options}"
        return Outgoing("text", text, reference)
    if due.template is None:
        return None
    template, language = due.template
    payload = {"name": template, "language": language, "parameters": [name or "cliente", when]}
    return Outgoing("template", f"Recordatorio de turno: {when}", reference, payload)
