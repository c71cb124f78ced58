"""The job that tells a customer that something is back."""

import json
from datetime import timedelta
from uuid import UUID

from pgqueuer import PgQueuer, RetryRequested
from pgqueuer.models import Job

from nexus.gateways.errors import PermanentError, RetryableError, UnknownOutcomeError
from nexus.gateways.tiendanube.client import ShopNotConnectedError
from nexus.orchestrator_service.catalogue.back_in_stock import tell_when_back
from nexus.orchestrator_service.catalogue.shop import ShopDoor
from nexus.runtime.logs import forget_context, get_logger
from nexus.store.database import UNREACHABLE
from nexus.store.jobs import BACK_IN_STOCK
from nexus.store.secrets import SealBrokenError

_DATABASE_AWAY = timedelta(seconds=10)
_SHOP_AWAY = timedelta(minutes=2)
_MOST_TRIES = 5


def register_stock_notices(worker: PgQueuer, shops: ShopDoor) -> None:
    """One job a waiting customer; the next change of the product asks again after what could not be read."""

    @worker.entrypoint(BACK_IN_STOCK, concurrency_limit=2, on_failure="hold")
    async def back_in_stock(job: Job) -> None:
        forget_context()
        arguments = json.loads(job.payload or b"{}")
        tenant_id = arguments["tenant_id"]
        try:
            await tell_when_back(tenant_id, UUID(arguments["id"]), shops.pool, shops)
        except UNREACHABLE as error:
            raise RetryRequested(_DATABASE_AWAY, type(error).__name__) from error
        except (RetryableError, UnknownOutcomeError) as error:
            if job.attempts < _MOST_TRIES:
                raise RetryRequested(_SHOP_AWAY, type(error).__name__) from error
            get_logger().warning("stock_not_read", tenant_id=tenant_id, error=type(error).__name__)
        except (ShopNotConnectedError, SealBrokenError, PermanentError) as error:
            get_logger().warning("stock_not_read", tenant_id=tenant_id, error=type(error).__name__)
