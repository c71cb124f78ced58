"""Sending one plain mail over a shop's own SMTP server."""

from dataclasses import dataclass
from email.message import EmailMessage
from typing import Literal

import aiosmtplib

from nexus.gateways.errors import RetryableError

_SECONDS = 10.0


class SmtpError(RetryableError):
    """The mail was not taken; `message` is a Spanish sentence about why, without the password."""


@dataclass(frozen=True, slots=True)
class SmtpServer:
    """Where and as whom to send; `security` is S-098's."""

    host: str
    port: int
    security: Literal["SSL", "STARTTLS", "NONE"]
    username: str | None
    password: str | None


async def send_mail(server: SmtpServer, mail: EmailMessage) -> None:
    """Hand the mail to the server within 10 s a step. Raises SmtpError; after one nobody has the mail, or, when
    the answer to its last line was lost, the server has it and the Message-ID makes the repeat recognisable."""
    await _talk(server, mail)


async def try_login(server: SmtpServer) -> None:
    """Greet the server and log in as `send_mail` would, and leave without a mail. Raises SmtpError."""
    await _talk(server, None)


async def _talk(server: SmtpServer, mail: EmailMessage | None) -> None:
    if not server.host:
        raise SmtpError("smtp_failed", "Falta el servidor de correo.")
    # A login is a part of connecting: without a mail nothing else is said.
    client = aiosmtplib.SMTP(
        hostname=server.host,
        port=server.port,
        username=server.username or None,
        password=server.password or None,
        timeout=_SECONDS,
        use_tls=server.security == "SSL",
        start_tls=server.security == "STARTTLS",
    )
    try:
        async with client:
            if mail is not None:
                await client.send_message(mail)
    except aiosmtplib.SMTPAuthenticationError as error:
        raise SmtpError("smtp_failed", "El servidor de correo rechaza el usuario o la contraseña.") from error
    except (aiosmtplib.SMTPRecipientsRefused, aiosmtplib.SMTPSenderRefused) as error:
        raise SmtpError("smtp_failed", "El servidor de correo rechaza la dirección.") from error
    except aiosmtplib.SMTPResponseException as error:
        raise SmtpError("smtp_failed", f"El servidor de correo no aceptó el mensaje ({error.code}).") from error
    except (aiosmtplib.SMTPException, OSError) as error:
        reason = f"No se pudo hablar con {server.host}:{server.port} ({type(error).__name__})."
        raise SmtpError("smtp_failed", reason) from error
