"""The job of one privacy request, and the clock that finishes what a kill left."""

import json
from datetime import timedelta
from uuid import UUID

from pgqueuer import PgQueuer, RetryRequested
from pgqueuer.models import Job, Schedule

from nexus.orchestrator_service.privacy.erasing import PrivacyRoom, StillSendingError, carry_out, finish_erasures
from nexus.runtime.actor import act_as
from nexus.runtime.logs import forget_context, get_logger
from nexus.store.database import UNREACHABLE
from nexus.store.jobs import PRIVACY_REQUEST

ERASURES = "erasures"
_EVERY_TEN_MINUTES = "*/10 * * * *"
_DATABASE_AWAY = timedelta(seconds=10)
_SENDING = timedelta(seconds=30)


def register_privacy(worker: PgQueuer, room: PrivacyRoom) -> None:
    """Requests that nobody carried out on the spot, and the files of those that were."""

    @worker.entrypoint(PRIVACY_REQUEST, concurrency_limit=1, on_failure="hold")
    async def privacy_request(job: Job) -> None:
        forget_context()
        act_as("")
        arguments = json.loads(job.payload or b"{}")
        try:
            await carry_out(arguments["tenant_id"], room, UUID(arguments["id"]))
        except UNREACHABLE as error:
            raise RetryRequested(_DATABASE_AWAY, type(error).__name__) from error
        except StillSendingError as error:
            raise RetryRequested(_SENDING, "sending") from error

    @worker.schedule(ERASURES, _EVERY_TEN_MINUTES)
    async def erasures(_schedule: Schedule) -> None:
        forget_context()
        try:
            await finish_erasures(room)
        except UNREACHABLE as error:
            get_logger().warning("erasures_not_finished", error=type(error).__name__)
