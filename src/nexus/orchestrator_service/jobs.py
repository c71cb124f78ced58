"""The worker of background jobs, on pgqueuer; what a job does stands in the room that owns it."""

import asyncio
import contextlib
import json
from datetime import timedelta
from uuid import UUID

from pgqueuer import PgQueuer, RetryRequested
from pgqueuer.errors import FailingListenerError
from pgqueuer.models import Job, Schedule

from nexus.gateways.ycloud.account import YCloudAccount
from nexus.orchestrator_service.account_mail import send_code
from nexus.orchestrator_service.alerts import register_alerts
from nexus.orchestrator_service.appointments.reminders import send_reminder
from nexus.orchestrator_service.catalogue.shop import ShopDoor
from nexus.orchestrator_service.catalogue_jobs import register_catalogue
from nexus.orchestrator_service.handoff.mail import send_handoff_email
from nexus.orchestrator_service.keeping_jobs import register_keeping
from nexus.orchestrator_service.number_health import check_all_numbers
from nexus.orchestrator_service.privacy.erasing import PrivacyRoom
from nexus.orchestrator_service.privacy.jobs import register_privacy
from nexus.orchestrator_service.stock_jobs import register_stock_notices
from nexus.runtime.logs import forget_context, get_logger
from nexus.runtime.media_folder import MediaFolder
from nexus.runtime.settings import Settings, StartRefusedError
from nexus.store.database import UNREACHABLE, Pool, open_pool
from nexus.store.jobs import APPOINTMENT_REMINDER, HANDOFF_EMAIL, PASSWORD_CODE
from nexus.store.reminders_due import ReminderOf
from nexus.store.secrets import Vault

NUMBER_HEALTH = "number_health"
EVERY_TEN_MINUTES = "*/10 * * * *"
_LOOK_AGAIN = timedelta(seconds=5)
_DEAD_AFTER = timedelta(seconds=30)
_DATABASE_AWAY = timedelta(seconds=10)
_PAUSES = (1.0, 2.0, 5.0)


async def run_jobs(
    dsn: str,
    settings: Settings,
    pool: Pool,
    vault: Vault,
    account: YCloudAccount,
    stop: asyncio.Event,
    shops: ShopDoor | None = None,
) -> None:
    """Work until `stop`, through restarts of PostgreSQL; jobs under way are finished first.

    The worker has connections of its own (it keeps one listening); jobs use `pool`. A job whose process was
    killed is taken up again 30 s later by whoever is there. Without `shops` no catalogue is read.
    """
    failures = 0
    while not stop.is_set():
        try:
            await _work(dsn, settings, pool, vault, account, stop, shops)
        except Exception as error:  # noqa: BLE001 - the loop's edge: the worker must outlive anything
            away = isinstance(error, (*UNREACHABLE, FailingListenerError, StartRefusedError))
            get_logger().warning("jobs_interrupted", error=type(error).__name__, exc_info=not away)
            pause = _PAUSES[min(failures, len(_PAUSES) - 1)]
            failures += 1
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), pause)
        else:
            failures = 0


async def _work(
    dsn: str,
    settings: Settings,
    pool: Pool,
    vault: Vault,
    account: YCloudAccount,
    stop: asyncio.Event,
    shops: ShopDoor | None = None,
) -> None:
    """One life of the worker; returns when stopped, raises when its connection is lost."""
    own = await open_pool(dsn, "orchestrator_jobs", max_size=3)
    worker = PgQueuer.from_asyncpg_pool(own)
    _register(worker, settings, pool, vault, account)
    # It probes its listener before it listens, and took the probe that nobody heard for a lost connection.
    await worker.connection.add_listener(worker.channel, _unheard)
    _register_reminders(worker, pool)
    _register_codes(worker, settings, pool, vault)
    register_keeping(worker, settings, pool)
    register_alerts(worker, settings, pool, vault)
    if shops is not None:
        await register_catalogue(worker, shops)
        register_stock_notices(worker, shops)
        register_privacy(worker, PrivacyRoom(pool, shops.cache, vault, MediaFolder(settings)))
    ending = asyncio.create_task(_shut_down(worker, stop))
    try:
        await worker.run(dequeue_timeout=_LOOK_AGAIN, heartbeat_timeout=_DEAD_AFTER, shutdown_on_listener_failure=True)
    finally:
        ending.cancel()
        own.terminate()


def _register(worker: PgQueuer, settings: Settings, pool: Pool, vault: Vault, account: YCloudAccount) -> None:
    """Every job by its name in store/jobs.py; a job that fails by a bug is kept, not deleted.

    Of several processes one takes each turn of the clock.
    """

    @worker.entrypoint(HANDOFF_EMAIL, concurrency_limit=5, on_failure="hold")
    async def handoff_email(job: Job) -> None:
        forget_context()
        arguments = json.loads(job.payload or b"{}")
        try:
            pause = await send_handoff_email(arguments["tenant_id"], UUID(arguments["id"]), pool, vault)
        except UNREACHABLE as error:
            raise RetryRequested(_DATABASE_AWAY, type(error).__name__) from error
        if pause is not None:
            raise RetryRequested(pause, "smtp_failed")

    @worker.schedule(NUMBER_HEALTH, EVERY_TEN_MINUTES)
    async def number_health(_schedule: Schedule) -> None:
        forget_context()
        try:
            await check_all_numbers(pool, vault, account, settings.whatsapp_public_url)
        except UNREACHABLE as error:
            get_logger().warning("numbers_not_checked", error=type(error).__name__)


def _unheard(_payload: str | bytes | bytearray) -> None:
    """What comes here is the worker's own listener's to hear."""


async def _shut_down(worker: PgQueuer, stop: asyncio.Event) -> None:
    await stop.wait()
    worker.shutdown.set()


def _register_reminders(worker: PgQueuer, pool: Pool) -> None:
    """The job of one reminder; a shop may plan them a month ahead."""

    @worker.entrypoint(APPOINTMENT_REMINDER, concurrency_limit=5, on_failure="hold")
    async def appointment_reminder(job: Job) -> None:
        forget_context()
        arguments = json.loads(job.payload or b"{}")
        which = ReminderOf(UUID(arguments["id"]), arguments["lead_hours"], arguments["version"])
        try:
            await send_reminder(arguments["tenant_id"], pool, which)
        except UNREACHABLE as error:
            raise RetryRequested(_DATABASE_AWAY, type(error).__name__) from error


def _register_codes(worker: PgQueuer, settings: Settings, pool: Pool, vault: Vault) -> None:
    """The job of a mail with a code, for an invitation or a forgotten password."""

    @worker.entrypoint(PASSWORD_CODE, concurrency_limit=5, on_failure="hold")
    async def password_code(job: Job) -> None:
        forget_context()
        arguments = json.loads(job.payload or b"{}")
        code_id = UUID(arguments["id"])
        try:
            pause = await send_code(arguments["tenant_id"], code_id, pool, vault, settings, job.attempts)
        except UNREACHABLE as error:
            raise RetryRequested(_DATABASE_AWAY, type(error).__name__) from error
        if pause is not None:
            raise RetryRequested(pause, "smtp_failed")
