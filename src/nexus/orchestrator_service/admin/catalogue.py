"""`/admin/catalogue`: how fresh what the bot knows of the shop is, and what means the same in it."""

from datetime import UTC, datetime, timedelta
from typing import Annotated, Literal

from fastapi import APIRouter
from pydantic import BaseModel, Field, StringConstraints

from nexus.contracts.errors import errors
from nexus.orchestrator_service.admin.auth import Manager, Reader
from nexus.orchestrator_service.admin.deps import AdminDeps, Deps
from nexus.orchestrator_service.admin.fields import Line
from nexus.orchestrator_service.catalogue.refresh import wish_refresh
from nexus.orchestrator_service.catalogue.shop import REFUSED
from nexus.runtime.errors import ApiError
from nexus.store.catalogue import list_synonyms, save_synonyms
from nexus.store.catalogue_sync import Sync, shop_connected, sync_of
from nexus.store.database import tenant_transaction

_LOADING_AT_MOST = timedelta(minutes=30)
Phrase = Annotated[Line, StringConstraints(max_length=60)]
Phrases = Annotated[list[Phrase], Field(min_length=1, max_length=20)]
_REFRESH_ERRORS = errors(400, 401, 403, 404, 409, 413, 422, 503)
State = Literal["off", "never", "loading", "ready", "failed"]

router = APIRouter(prefix="/admin/catalogue", tags=["catálogo"])


class CatalogueState(BaseModel):
    """What was read of the shop.

    `state`: off (no shop), never (not read yet), loading, ready, failed (`error` says why; what was read before is
    still used). `refreshed_at`: every change before it is known; `full_at`: also every product that is gone.
    """

    state: State
    products: int
    categories: int
    refreshed_at: datetime | None
    full_at: datetime | None
    webhooks_at: datetime | None
    error: str | None


class Synonym(BaseModel):
    """Whoever says one of `words` may mean any of `means`."""

    words: Phrases
    means: Phrases


class Synonyms(BaseModel):
    """The shop's own, beside what Nexus knows of Argentine shops."""

    items: Annotated[list[Synonym], Field(max_length=200)]


@router.get("", summary="Cómo está el catálogo", responses=errors(400, 401, 404, 422, 503))
async def state(deps: Deps, scope: Reader) -> CatalogueState:
    """How fresh what the bot knows of the shop is."""
    return await _state(deps, scope.tenant_id)


@router.post("/refresh", status_code=202, summary="Leer el catálogo", responses=_REFRESH_ERRORS)
async def refresh(deps: Deps, scope: Manager) -> CatalogueState:
    """Have all of it read again; 409 `shop_not_connected` without a shop."""
    known = await _state(deps, scope.tenant_id)
    if known.state == "off":
        raise ApiError(409, "shop_not_connected", "La tienda no está conectada a Tienda Nube.")
    await wish_refresh(scope.tenant_id, deps.pool, full=True)
    return known.model_copy(update={"state": "loading"})


@router.get("/synonyms", summary="Los sinónimos de la tienda", responses=errors(400, 401, 404, 422, 503))
async def synonyms(deps: Deps, scope: Reader) -> Synonyms:
    """In the order in which they were written."""
    async with tenant_transaction(scope.tenant_id, deps.pool) as conn:
        return Synonyms.model_validate({"items": await list_synonyms(scope.tenant_id, conn)})


@router.put("/synonyms", summary="Cambiar los sinónimos", responses=errors(400, 401, 403, 404, 413, 422, 503))
async def change_synonyms(body: Synonyms, deps: Deps, scope: Manager) -> Synonyms:
    """Write them in the place of the known ones; the next search goes by them."""
    await save_synonyms(scope.tenant_id, deps.pool, [item.model_dump() for item in body.items])
    return body


async def _state(deps: AdminDeps, tenant_id: int) -> CatalogueState:
    async with tenant_transaction(tenant_id, deps.pool) as conn:
        sync, connected = await sync_of(tenant_id, conn), await shop_connected(tenant_id, conn)
    return CatalogueState(
        state=_word_for(sync, connected=connected),
        products=sync.products,
        categories=sync.categories,
        refreshed_at=sync.refreshed_at,
        full_at=sync.full_at,
        webhooks_at=sync.webhooks_at,
        error=REFUSED.get(sync.refused, sync.error) if sync.refused else sync.error,
    )


def _word_for(sync: Sync, *, connected: bool) -> State:
    if not connected:
        return "off"
    if sync.loading_since and datetime.now(UTC) - sync.loading_since < _LOADING_AT_MOST:
        return "loading"
    if sync.error or sync.refused:
        return "failed"
    return "ready" if sync.usable else "never"
