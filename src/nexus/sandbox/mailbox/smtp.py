"""The SMTP door of the mailbox: takes any mail from anybody, unless a fault says otherwise."""

from __future__ import annotations

import asyncio
import email
import email.policy
from email.message import EmailMessage
from typing import Any

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, Session

from nexus.sandbox import naming
from nexus.sandbox.world import Mail, World

HANG_SECONDS = 60.0
MOST_BYTES = 10 * 1024 * 1024


class MailDesk:
    """aiosmtpd's handler: one call for each complete message."""

    def __init__(self, world: World) -> None:
        self._world = world

    async def handle_DATA(self, server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802
        """Keeps the message, or shows the next fault of target "smtp"; returns the SMTP reply."""
        recipients = [str(address) for address in envelope.rcpt_tos]
        fault = self._world.faults.take("smtp", to=",".join(recipients))
        if fault is not None:
            if fault.kind in {"drop", "reset"}:
                return _cut(server)
            if fault.kind == "450":
                return "450 Requested mail action not taken: mailbox unavailable"
            await asyncio.sleep(fault.seconds or (HANG_SECONDS if fault.kind == "hang" else 1.0))
            if fault.kind == "hang":
                return _cut(server)
        content = envelope.content or b""
        raw = content if isinstance(content, bytes) else content.encode()
        self._world.receive_mail(_as_mail(raw, str(envelope.mail_from or ""), recipients))
        return "250 Message accepted"


async def open_mailbox(world: World, host: str, port: int) -> asyncio.Server:
    """Listens for SMTP in the running loop (port 0: any free one); the caller closes the server."""
    loop = asyncio.get_running_loop()
    desk = MailDesk(world)

    def door() -> SMTP:
        return SMTP(
            desk,
            data_size_limit=MOST_BYTES,
            hostname="buzon.sandbox",
            authenticator=_let_in,
            auth_require_tls=False,
            loop=loop,
        )

    return await loop.create_server(door, host, port)


def _cut(server: SMTP) -> str:
    """Resets the connection; the reply is for nobody, as aiosmtpd wants one."""
    if isinstance(server.transport, asyncio.Transport):
        server.transport.abort()
    return "421 Connection lost"


def _let_in(*_: Any) -> AuthResult:
    """Any user and password will do: AUTH is offered so that a client that insists on it can be tried."""
    return AuthResult(success=True)


def _as_mail(raw: bytes, sender: str, recipients: list[str]) -> Mail:
    message = email.message_from_bytes(raw, policy=email.policy.default)
    body = message.get_body(("plain", "html")) if isinstance(message, EmailMessage) else None
    text = body.get_content() if isinstance(body, EmailMessage) else ""
    return Mail(sender, recipients, str(message.get("Subject", "")), str(text).strip(), naming.now())
