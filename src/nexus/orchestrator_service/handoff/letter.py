"""The mail that tells the shop about a customer who needs a person."""

import re
from email.message import EmailMessage
from email.utils import formataddr
from zoneinfo import ZoneInfo

from nexus.store.effects import HandoffEmail

_AUTHORS = {"customer": "Cliente", "bot": "Bot", "human": "Equipo"}


def letter(handoff: HandoffEmail, sender: str, recipient: str) -> EmailMessage:
    """Plain text; the Message-ID comes from the handoff, so that a repeated mail is recognised as the same."""
    mail = EmailMessage()
    who = _one_line(handoff.customer_name or "") or handoff.customer_address or "Un cliente"
    mail["Subject"] = f"{who} necesita una persona – {_one_line(handoff.store_name)}"
    mail["From"] = formataddr((_one_line(handoff.store_name), sender))
    mail["To"] = recipient
    mail["Message-ID"] = f"<handoff-{handoff.id}@nexus.invalid>"
    mail.set_content(_body(handoff, who))
    return mail


def test_letter(sender: str, recipient: str) -> EmailMessage:
    """What the panel's "probar" sends."""
    mail = EmailMessage()
    mail["Subject"] = "Prueba de correo de Nexus"
    mail["From"] = formataddr(("Nexus", sender))
    mail["To"] = recipient
    mail.set_content("Si leés esto, los avisos de derivación llegan bien a esta dirección.\n")
    return mail


def _body(handoff: HandoffEmail, who: str) -> str:
    asked = "El bot derivó" if handoff.source == "bot" else "Desde el panel se derivó"
    lines = [f"{asked} una conversación de {_one_line(handoff.store_name)} a una persona.", ""]
    lines += [f"Motivo: {handoff.reason}", f"Cliente: {who}"]
    phone = handoff.customer_address or ""
    if digits := re.sub(r"\D", "", phone):
        lines += [f"WhatsApp: {phone}", f"Responder: https://wa.me/{digits}"]
    told = {
        "Nombre que dejó": handoff.details.get("contact_name"),
        "Teléfono que dejó": handoff.details.get("contact_phone"),
        "Resumen": handoff.details.get("summary"),
        "Qué hay que hacer": handoff.details.get("action_required"),
    }
    lines += [f"{title}: {text}" for title, text in told.items() if text]
    local = handoff.created_at.astimezone(ZoneInfo(handoff.time_zone))
    lines += [f"Cuándo: {local:%d/%m/%Y %H:%M}", "", "Últimos mensajes:"]
    lines += [f"  {_AUTHORS.get(author, author)}: {_one_line(text)[:500]}" for author, text in handoff.recent]
    lines += ["", "El bot queda en silencio en esa conversación. Para devolvérsela, abrila en el panel de Nexus y"]
    lines += ["elegí «Devolver al bot».", ""]
    return "\n".join(lines)


def _one_line(text: str) -> str:
    """Names come from outside: a line break in a header would be another header."""
    return " ".join(text.split())
