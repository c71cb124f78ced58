"""The live tests behind "Probar": did it work, and one sentence that says what was tried. They change nothing but a
mailbox and what is known of the credential.

`try_everything` is the health page's and the doctor's: all at once, and without a mail.
"""

import asyncio
from collections.abc import Awaitable, Callable
from http import HTTPStatus
from urllib.parse import urlsplit
from uuid import uuid4

import httpx

from nexus.gateways.egress import leads_inside
from nexus.gateways.llm import model_settings
from nexus.gateways.smtp import SmtpError, try_login
from nexus.gateways.tiendanube.client import ShopNotConnectedError
from nexus.gateways.trust import trust
from nexus.orchestrator_service.admin.deps import AdminDeps
from nexus.orchestrator_service.admin.health_reading import has_model
from nexus.orchestrator_service.admin.shapes import TestResult
from nexus.orchestrator_service.agent.checks import check_model, check_shop
from nexus.orchestrator_service.handoff.mail import server_of, test_smtp
from nexus.orchestrator_service.number_health import check_number
from nexus.store.catalogue_sync import forget_refusal
from nexus.store.credentials import load_credentials
from nexus.store.database import tenant_transaction
from nexus.store.effects import load_handoff_config
from nexus.store.health import tenant_facts
from nexus.store.live_tests import note_test
from nexus.store.secrets import SealBrokenError

Found = tuple[bool, str]
Check = Callable[[AdminDeps, int], Awaitable[Found]]
_KNOCK_SECONDS = 10.0
_INSIDE = False, "Esa dirección lleva a una red privada, y desde acá no se puede usar."


async def check_credentials(deps: AdminDeps, tenant_id: int, kind: str, who: str) -> TestResult:
    """Try the stored credentials of a kind (tiendanube, ycloud, llm) on the vendor, and remember what was found."""
    return await _told(_CHECKS[kind], deps, tenant_id, kind, who)


async def check_handoff(deps: AdminDeps, tenant_id: int, who: str) -> TestResult:
    """Send a test mail as a handoff would be sent, and remember how it went."""
    return await _told(_mail, deps, tenant_id, "handoff", who)


async def try_everything(deps: AdminDeps, tenant_id: int) -> dict[str, Found]:
    """Each part of the shop that is set up and lies outside, at once; by kind what was found.

    Takes as long as the slowest, some 12 s when nobody answers. A model is asked for its list only: nobody pays.
    """
    facts = await tenant_facts(tenant_id, deps.pool)
    wanted = {
        "ycloud": (_whatsapp, facts["key_set"]),
        "tiendanube": (_shop, facts["shop_set"]),
        "llm": (_model, facts["model_set"] or has_model(deps.settings)),
        "mail_login": (_mail_login, facts["mail_wanted"] and facts["mail_set"]),
        "public_url": (_public_url, bool(deps.settings.whatsapp_public_url)),
    }
    tries = {kind: _found(check, deps, tenant_id) for kind, (check, is_set) in wanted.items() if is_set}
    return dict(zip(tries, await asyncio.gather(*tries.values()), strict=True))


async def _told(check: Check, deps: AdminDeps, tenant_id: int, kind: str, who: str) -> TestResult:
    ok, message = await _found(check, deps, tenant_id)
    await note_test(tenant_id, deps.pool, kind, ok, message, who)
    return TestResult(ok=ok, message=message)


async def _found(check: Check, deps: AdminDeps, tenant_id: int) -> Found:
    try:
        return await check(deps, tenant_id)
    except SealBrokenError:
        return False, "Lo guardado se cifró con otra ENCRYPTION_KEY: hay que volver a cargarlo."


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
    found = await check_number(tenant_id, deps.pool, deps.vault, deps.account, deps.settings.whatsapp_public_url)
    return found or (False, "Falta la clave de YCloud.")


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


async def _mail_login(deps: AdminDeps, tenant_id: int) -> Found:
    config = await load_handoff_config(tenant_id, deps.pool, deps.vault)
    if await leads_inside(config["smtp_host"], allow_loopback=deps.settings.egress_allow_loopback):
        return _INSIDE
    try:
        await try_login(server_of(config))
    except SmtpError as error:
        return False, error.message
    return True, "El servidor de correo acepta el usuario y la contraseña."


async def _public_url(deps: AdminDeps, tenant_id: int) -> Found:
    """Knock at our own door by its public name; whoever opens it repeats the id that it is asked with."""
    base, mark = deps.settings.whatsapp_public_url.rstrip("/"), f"doctor-{uuid4()}"
    try:
        async with httpx.AsyncClient(verify=trust(), timeout=_KNOCK_SECONDS) as client:
            answer = await client.get(f"{base}/webhook/ycloud/{tenant_id}", headers={"X-Correlation-Id": mark})
    except (httpx.HTTPError, httpx.InvalidURL, ValueError) as error:
        return False, f"No se pudo abrir {base} desde esta máquina ({type(error).__name__})."
    if answer.status_code == HTTPStatus.METHOD_NOT_ALLOWED and answer.headers.get("x-correlation-id") == mark:
        return True, f"{base} lleva a nuestro webhook."
    return False, f"{base} no lleva a nuestro webhook: contestó {answer.status_code}."


_CHECKS = {"tiendanube": _shop, "ycloud": _whatsapp, "llm": _model}
