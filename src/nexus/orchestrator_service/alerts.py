"""Tell a person when something does not work, once, and when it works again (docs/alerts.md)."""

import asyncio
import json
from datetime import timedelta
from email.message import EmailMessage
from email.utils import formataddr
from typing import Any
from uuid import UUID

from pgqueuer import PgQueuer, RetryRequested
from pgqueuer.models import Job, Schedule

from nexus.gateways.alert_webhook import post_alert
from nexus.gateways.errors import RetryableError
from nexus.gateways.smtp import SmtpError, send_mail
from nexus.orchestrator_service.alerts_words import letter_of, words_of
from nexus.orchestrator_service.handoff.mail import sender_of, server_of
from nexus.runtime.logs import forget_context, get_logger
from nexus.runtime.media_folder import MediaFolder
from nexus.runtime.settings import Settings
from nexus.store.alerts import Alert, Channel, Fact, alert_facts, load_alert, note_told, open_and_close
from nexus.store.database import UNREACHABLE, Pool
from nexus.store.effects import load_handoff_config
from nexus.store.events import add_event
from nexus.store.jobs import ALERT_EMAIL, ALERT_SHOP, ALERT_WEBHOOK
from nexus.store.patience import through_restart
from nexus.store.secrets import SealBrokenError, Vault

LOOK = "alerts"
_EVERY_MINUTE = "* * * * *"
_DATABASE_AWAY = timedelta(seconds=10)
_PAUSES = tuple(timedelta(seconds=seconds) for seconds in (10, 30, 120, 600))
"""Between the tries of one message; the last one for as long as the alert stands."""
_MB = 1024 * 1024
_LEAST_FREE = 1024 * _MB


def register_alerts(worker: PgQueuer, settings: Settings, pool: Pool, vault: Vault) -> None:
    """The clock that looks, and a job for each way to tell; one message has one job, whoever saw what is wrong."""
    channels: tuple[tuple[str, Channel], ...] = (
        (ALERT_EMAIL, "email"),
        (ALERT_WEBHOOK, "webhook"),
        (ALERT_SHOP, "shop"),
    )
    for name, channel in channels:
        _register_channel(worker, name, channel, Telling(settings, pool, vault))

    @worker.schedule(LOOK, _EVERY_MINUTE)
    async def look(_schedule: Schedule) -> None:
        forget_context()
        try:
            await look_around(pool, settings)
        except UNREACHABLE as error:
            get_logger().warning("alerts_not_looked", error=type(error).__name__)


def _register_channel(worker: PgQueuer, name: str, channel: Channel, telling: "Telling") -> None:
    @worker.entrypoint(name, concurrency_limit=3, on_failure="hold")
    async def tell(job: Job) -> None:
        forget_context()
        arguments = json.loads(job.payload or b"{}")
        try:
            pause = await telling.tell(arguments["tenant_id"] or None, UUID(arguments["id"]), channel, job.attempts)
        except UNREACHABLE as error:
            raise RetryRequested(_DATABASE_AWAY, type(error).__name__) from error
        if pause is not None:
            raise RetryRequested(pause, "alert_not_told")


async def look_around(pool: Pool, settings: Settings) -> int:
    """Open, keep and close alerts by what is wrong now; how many messages are queued."""
    facts = [
        fact
        for fact in await alert_facts(pool, settings.alert_failed_answers)
        if fact.kind != "backup" or fact.amount >= settings.alert_backup_hours
    ]
    free, total = await asyncio.to_thread(MediaFolder(settings).disk)
    if free < max(_LEAST_FREE, total // 50):
        facts.append(Fact(None, "disk", free // _MB, None))
    channels: list[Channel] = ["email"] if settings.alert_email else []
    channels += ["webhook"] if settings.alert_webhook_url else []
    return await open_and_close(pool, facts, channels)


class Telling:
    """One message of one alert by one channel."""

    def __init__(self, settings: Settings, pool: Pool, vault: Vault) -> None:
        self._settings, self._pool, self._vault = settings, pool, vault

    async def tell(self, tenant_id: int | None, alert_id: UUID, channel: Channel, tried: int) -> timedelta | None:
        """Tell what is due; after what pause to try again, None when it is told or there is nothing to tell.

        A process that dies between telling and noting tells it once more.
        """
        alert = await load_alert(tenant_id, self._pool, alert_id, channel)
        if alert is None or not alert.is_due:
            return None
        try:
            await self._send(alert, channel)
        except RetryableError as error:
            get_logger().warning("alert_not_told", alert_id=str(alert_id), channel=channel, attempt=tried + 1)
            if tried == len(_PAUSES):
                text = "No se pudo avisar de un problema; se sigue intentando"
                details = {"channel": channel, "kind": alert.kind, "error": error.message}
                await add_event(tenant_id, self._pool, "error", "alert_not_told", text, details)
            return _PAUSES[min(tried, len(_PAUSES) - 1)]
        await through_restart(lambda: note_told(tenant_id, self._pool, alert, channel))
        get_logger().info("alert_told", alert_id=str(alert_id), channel=channel, kind=alert.kind)
        return None

    async def _send(self, alert: Alert, channel: Channel) -> None:
        if channel == "webhook":
            if self._settings.alert_webhook_url:
                await self._post(alert)
            return
        config = self._own_server() if channel == "email" else await self._shops_server(alert.tenant_id)
        if config["smtp_host"] and config["destination_email"]:
            await send_mail(server_of(config), self._mail(alert, channel, config))
        elif alert.closed_at is None and (channel == "shop" or config["destination_email"]):
            raise SmtpError("smtp_failed", "Falta el servidor de correo o la dirección de destino.")

    async def _post(self, alert: Alert) -> None:
        said = words_of(alert.kind, alert.amount)
        told: dict[str, Any] = {
            "id": str(alert.id),
            "event": f"alert.{_event(alert)}",
            "kind": alert.kind,
            "tenant_id": alert.tenant_id,
            "store_name": alert.store_name,
            "title": said.title,
            "text": said.text,
            "fix": said.fix,
            "link": f"{self._settings.panel_url}/{said.link}",
            "amount": alert.amount,
            "opened_at": alert.opened_at.isoformat(),
            "closed_at": alert.closed_at.isoformat() if alert.closed_at else None,
        }
        settings = self._settings
        loopback = settings.egress_allow_loopback
        await post_alert(settings.alert_webhook_url, settings.alert_webhook_secret, told, allow_loopback=loopback)

    def _mail(self, alert: Alert, channel: Channel, config: dict[str, Any]) -> EmailMessage:
        event = _event(alert)
        subject, text = letter_of(
            words_of(alert.kind, alert.amount),
            alert.store_name,
            self._settings.panel_url,
            alert.since or alert.opened_at,
            is_over=event == "closed",
            is_again=event == "again",
        )
        mail = EmailMessage()
        mail["Subject"] = subject
        first = config["destination_email"].split(",")[0].strip()  # of ALERT_EMAIL, which may name several
        mail["From"] = formataddr(("Nexus", sender_of(config | {"destination_email": first})))
        mail["To"] = config["destination_email"]
        told = int((alert.told_at or alert.opened_at).timestamp())  # a repeat after a death is recognised as the same
        mail["Message-ID"] = f"<alert-{alert.id}-{channel}-{event}-{told}@nexus.invalid>"
        mail.set_content(text)
        return mail

    def _own_server(self) -> dict[str, Any]:
        settings = self._settings
        return {
            "smtp_host": settings.smtp_host,
            "smtp_port": settings.smtp_port,
            "smtp_security": settings.smtp_security,
            "smtp_username": settings.smtp_user,
            "smtp_password": settings.smtp_pass,
            "destination_email": settings.alert_email,
        }

    async def _shops_server(self, tenant_id: int | None) -> dict[str, Any]:
        """The shop's own, as handoffs use it; one whose password cannot be opened is none."""
        try:
            return await load_handoff_config(tenant_id or 0, self._pool, self._vault)
        except SealBrokenError:
            return {"smtp_host": None, "destination_email": None}


def _event(alert: Alert) -> str:
    if alert.closed_at is not None:
        return "closed"
    return "opened" if alert.told_at is None else "again"
