"""The durable half of a handoff: its e-mail, tried again until it is out or given up (S-047)."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from nexus.gateways.smtp import SmtpError, SmtpServer, send_mail
from nexus.orchestrator_service.handoff.letter import letter, test_letter
from nexus.runtime.logs import get_logger
from nexus.store.database import Pool
from nexus.store.effects import load_handoff, load_handoff_config, note_handoff_email
from nexus.store.events import add_event
from nexus.store.patience import through_restart
from nexus.store.secrets import Vault

PAUSES = tuple(timedelta(seconds=seconds) for seconds in (10, 30, 120, 600))
"""Before the second try and the following ones; after the fifth the mail has failed."""


async def send_handoff_email(tenant_id: int, handoff_id: UUID, pool: Pool, vault: Vault) -> timedelta | None:
    """Try once; returns after what pause to try again, None when it is sent, skipped or given up.

    A shop without a complete configuration gets no mail and a warning. A handoff already settled stays so.
    """
    handoff = await load_handoff(tenant_id, pool, handoff_id)
    if handoff is None or handoff.email_state != "pending":
        return None
    config = await load_handoff_config(tenant_id, pool, vault)
    if not config["enabled"] or not (config["destination_email"] and config["smtp_host"]):
        await _skip(tenant_id, handoff_id, pool, wanted=config["enabled"])
        return None
    mail = letter(handoff, sender_of(config), config["destination_email"])
    try:
        await send_mail(server_of(config), mail)
    except SmtpError as error:
        tried = handoff.email_attempts
        pause = PAUSES[tried] if tried < len(PAUSES) else None
        get_logger().warning("handoff_email_failed", handoff_id=str(handoff_id), attempt=tried + 1)
        state = "pending" if pause else "failed"
        await note_handoff_email(tenant_id, pool, handoff_id, state, error.message)
        return pause
    # Only we know that it is out: forgotten, the mail would go a second time.
    await through_restart(lambda: note_handoff_email(tenant_id, pool, handoff_id, "sent"))
    get_logger().info("handoff_email_sent", handoff_id=str(handoff_id))
    return None


async def test_smtp(config: dict[str, Any]) -> tuple[bool, str]:
    """Send a test mail with a tenant's configuration (`load_handoff_config` with the vault): done?, one sentence."""
    recipient = config.get("destination_email")
    if not (recipient and config.get("smtp_host")):
        return False, "Falta el servidor de correo o la dirección de destino."
    try:
        await send_mail(server_of(config), test_letter(sender_of(config), recipient))
    except SmtpError as error:
        return False, error.message
    return True, f"Envié un correo de prueba a {recipient}."


def server_of(config: dict[str, Any]) -> SmtpServer:
    """The SMTP server of a handoff configuration; the port defaults to the security's usual one."""
    security = config["smtp_security"]
    port = config.get("smtp_port") or {"SSL": 465, "STARTTLS": 587}.get(security, 25)
    username, password = config.get("smtp_username"), config.get("smtp_password")
    return SmtpServer(config["smtp_host"], port, security, username, password)


def sender_of(config: dict[str, Any]) -> str:
    """Providers take mail only from the account's own address; without one the shop writes to itself."""
    username = config.get("smtp_username") or ""
    return str(username if "@" in username else config["destination_email"])


async def _skip(tenant_id: int, handoff_id: UUID, pool: Pool, *, wanted: bool) -> None:
    await note_handoff_email(tenant_id, pool, handoff_id, "skipped")
    if wanted:
        text = "Una derivación quedó sin aviso: falta configurar el correo"
        await add_event(tenant_id, pool, "warn", "handoff_email_skipped", text, {"handoff_id": handoff_id})
