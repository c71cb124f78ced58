"""The live tests behind "Probar": did it work, and one sentence that says what was tried. They change nothing but a
mailbox and what is known of the credential.
"""

from collections.abc import Awaitable, Callable
from urllib.parse import urlsplit

from nexus.gateways.egress import leads_inside
from nexus.gateways.errors import PermanentError, RetryableError, UnknownOutcomeError
from nexus.gateways.llm import model_settings
from nexus.gateways.tiendanube.client import ShopNotConnectedError
from nexus.gateways.ycloud.client import YCloud
from nexus.orchestrator_service.admin.deps import AdminDeps
from nexus.orchestrator_service.admin.shapes import TestResult
from nexus.orchestrator_service.agent.checks import check_model, check_shop
from nexus.orchestrator_service.handoff.mail import test_smtp
from nexus.orchestrator_service.number_health import note_key_works, note_refusal
from nexus.store.catalogue_sync import forget_refusal
from nexus.store.credentials import load_credentials
from nexus.store.database import tenant_transaction
from nexus.store.effects import load_handoff_config
from nexus.store.live_tests import note_test
from nexus.store.secrets import SealBrokenError

Found = tuple[bool, str]
_INSIDE = False, "Esa dirección lleva a una red privada, y desde acá no se puede usar."


async def check_credentials(deps: AdminDeps, tenant_id: int, kind: str, who: str) -> TestResult:
    """Try the stored credentials of a kind (tiendanube, ycloud, llm) on the vendor, and remember what was found."""
    return await _told(_CHECKS[kind], deps, tenant_id, kind, who)


async def check_handoff(deps: AdminDeps, tenant_id: int, who: str) -> TestResult:
    """Send a test mail as a handoff would be sent, and remember how it went."""
    return await _told(_mail, deps, tenant_id, "handoff", who)


async def _told(
    check: Callable[[AdminDeps, int], Awaitable[Found]], deps: AdminDeps, tenant_id: int, kind: str, who: str
) -> TestResult:
    try:
        ok, message = await check(deps, tenant_id)
    except SealBrokenError:
        ok, message = False, "Lo guardado se cifró con otra ENCRYPTION_KEY: hay que volver a cargarlo."
    await note_test(tenant_id, deps.pool, kind, ok, message, who)
    return TestResult(ok=ok, message=message)


async def _shop(deps: AdminDeps, tenant_id: int) -> Found:
    try:
        found = await check_shop(await deps.room.shops.open(tenant_id))
    except ShopNotConnectedError:
        return False, "Faltan el número de tienda o el token de Tienda Nube."
    if found[0]:
        async with tenant_transaction(tenant_id, deps.pool) as conn:
            await forget_refusal(tenant_id, conn)
    return found


async def _whatsapp(deps: AdminDeps, tenant_id: int) -> Found:
    api_key = (await load_credentials(tenant_id, deps.pool, deps.vault, "ycloud")).get("api_key")
    if not api_key:
        return False, "Falta la clave de YCloud."
    ycloud = YCloud(deps.settings)
    try:
        await ycloud.check_key(tenant_id, api_key)
    except PermanentError as error:
        refused = error.status in (401, 403)
        if refused:
            await note_refusal(tenant_id, deps.pool, error)
        return False, "YCloud rechaza la clave." if refused else f"YCloud contestó {error.status} a la prueba."
    except (RetryableError, UnknownOutcomeError):
        return False, "YCloud no contestó; probá de nuevo en un rato."
    finally:
        await ycloud.close()
    await note_key_works(tenant_id, deps.pool)
    return True, "Leí los webhooks de tu cuenta de YCloud: la clave funciona."


async def _model(deps: AdminDeps, tenant_id: int) -> Found:
    own = await load_credentials(tenant_id, deps.pool, deps.vault, "llm")
    host = urlsplit(own.get("base_url", "")).hostname
    if host and await leads_inside(host, allow_loopback=deps.settings.egress_allow_loopback):
        return _INSIDE
    wanted = model_settings(deps.settings, own)
    found = await check_model(deps.room.connections, wanted)
    if found[0]:  # whoever tries it has paid, or is about to learn it from the next customer's answer
        await deps.room.circuits.close(tenant_id, wanted.known_as)
    return found


async def _mail(deps: AdminDeps, tenant_id: int) -> Found:
    config = await load_handoff_config(tenant_id, deps.pool, deps.vault)
    host = config["smtp_host"]
    if host and await leads_inside(host, allow_loopback=deps.settings.egress_allow_loopback):
        return _INSIDE
    return await test_smtp(config)


_CHECKS = {"tiendanube": _shop, "ycloud": _whatsapp, "llm": _model}
