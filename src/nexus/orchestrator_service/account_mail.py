"""The mail with a code: an invitation to a shop's panel, or a new password for who forgot hers.

No link carries the code, and none is followed: the mail says where the panel is and what to type there.
"""

from datetime import timedelta
from email.message import EmailMessage
from email.utils import formataddr
from uuid import UUID

from nexus.gateways.smtp import SmtpError, SmtpServer, send_mail
from nexus.orchestrator_service.handoff.mail import PAUSES, sender_of, server_of
from nexus.runtime.logs import get_logger
from nexus.runtime.settings import Settings
from nexus.store.database import Pool
from nexus.store.effects import load_handoff_config
from nexus.store.events import add_event
from nexus.store.passwords import Recipient, code_recipient, make_code
from nexus.store.people import load_person
from nexus.store.secrets import Vault
from nexus.store.tenants import load_tenant


async def send_code(
    tenant_id: int, code_id: UUID, pool: Pool, vault: Vault, settings: Settings, tried: int
) -> timedelta | None:
    """Make a code and mail it; returns after what pause to try again, None when it is out, needless or given up.

    An invitation goes by the server of its shop (`tenant_id`, else 0), a new password by one of the account's shops,
    either by the environment's where there is none. `tried` is how often it failed already.
    """
    recipient = await code_recipient(pool, code_id)
    if recipient is None or (tenant_id and await load_person(tenant_id, pool, recipient.user_id) is None):
        return None  # nobody's, or taken out of the shop meanwhile
    carriers = [shop_id for shop_id in recipient.shops if tenant_id in (0, shop_id)]
    found = await _server(pool, vault, settings, carriers, recipient.email)
    if found is None:
        await _give_up(tenant_id, pool, "Falta configurar el correo de la tienda")
        return None
    server, sender = found
    shop = await load_tenant(tenant_id, pool) if tenant_id else None
    joins_only = recipient.purpose == "invitation" and recipient.has_password
    code = None if joins_only else await make_code(pool, vault, code_id, recipient)
    mail = letter(recipient, code, shop.store_name if shop else None, settings.panel_url)
    mail["From"] = formataddr(("Nexus", sender))
    mail["Message-ID"] = f"<code-{code_id}-{tried}@nexus.invalid>"
    try:
        await send_mail(server, mail)
    except SmtpError as error:
        get_logger().warning("code_mail_failed", code_id=str(code_id), attempt=tried + 1)
        pause = PAUSES[tried] if tried < len(PAUSES) else None
        if pause is None:
            await _give_up(tenant_id, pool, error.message)
        return pause
    get_logger().info("code_mail_sent", code_id=str(code_id))
    return None


def letter(recipient: Recipient, code: str | None, store_name: str | None, panel: str) -> EmailMessage:
    """Plain text in the reader's words; without a code she enters with the password that she has."""
    mail = EmailMessage()
    mail["To"] = recipient.email
    shop = " ".join((store_name or "").split())
    hello = f"Hola {recipient.name}:" if recipient.name else "Hola:"
    if recipient.purpose == "invitation":
        mail["Subject"] = f"Te sumaron al panel de {shop or 'Nexus'}"
        lines = [hello, "", f"Ya podés entrar al panel de {shop or 'Nexus'} con este e-mail: {recipient.email}", ""]
    else:
        mail["Subject"] = "Tu código para cambiar la contraseña de Nexus"
        lines = [hello, "", f"Alguien pidió cambiar la contraseña de {recipient.email} en Nexus.", ""]
    if code is None:
        lines += [f"Abrí {panel} y usá la contraseña que ya tenés.", ""]
    else:
        lasts = "30 minutos" if recipient.purpose == "reset" else "3 días"
        lines += [f"Tu código: {code}", ""]
        lines += [f"Abrí {panel}, elegí «Olvidé mi contraseña» y después «Ingresá el código»."]
        lines += [f"El código sirve una sola vez, durante {lasts}.", ""]
    if recipient.purpose == "reset":
        lines += ["Si no fuiste vos, no hagas nada: tu contraseña sigue siendo la misma.", ""]
    mail.set_content("\n".join(lines))
    return mail


async def _server(
    pool: Pool, vault: Vault, settings: Settings, carriers: list[int], otherwise: str
) -> tuple[SmtpServer, str] | None:
    """The first server that may carry the mail, and who it is from; None when there is none at all.

    `otherwise` is the sender where the server's account tells no address of its own.
    """
    for shop_id in carriers:
        config = await load_handoff_config(shop_id, pool, vault)
        if config["smtp_host"]:
            return server_of(config), sender_of(
                config | {"destination_email": config["destination_email"] or otherwise}
            )
    if not settings.smtp_host:
        return None
    own = {
        "smtp_host": settings.smtp_host,
        "smtp_port": settings.smtp_port,
        "smtp_security": settings.smtp_security,
        "smtp_username": settings.smtp_user,
        "smtp_password": settings.smtp_pass,
        "destination_email": settings.handoff_email or otherwise,
    }
    return server_of(own), sender_of(own)


async def _give_up(tenant_id: int, pool: Pool, why: str) -> None:
    """The shop's log says so, without whose mail it was."""
    text = "No se pudo enviar un código para entrar al panel"
    await add_event(tenant_id or None, pool, "error", "smtp_failed", text, {"error": why})
