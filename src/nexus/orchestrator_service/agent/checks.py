"""The panel's live tests of credentials: did it work, and one sentence for people (contract.md 4)."""

import openai

from nexus.gateways.errors import PermanentError, RetryableError, UnknownOutcomeError
from nexus.gateways.llm import ModelConnections, ModelSettings, failure_reason
from nexus.gateways.tiendanube.client import ShopClient, ShopCredentialError
from nexus.gateways.tiendanube.parse import localized

_SHOP_REFUSALS = {
    401: "Tienda Nube rechaza el token: puede que la app se haya reinstalado.",
    402: "Tienda Nube suspendió la tienda o la app por falta de pago.",
    403: "Al token le falta permiso para leer productos.",
}
_MODEL_REFUSALS = {
    "model_auth": "El proveedor del modelo rechaza la clave.",
    "model_quota": "La cuenta del proveedor del modelo no tiene saldo.",
    "model_missing": "Esa dirección no ofrece una lista de modelos.",
    "model_timeout": "El proveedor del modelo no contestó a tiempo.",
}


async def check_shop(shop: ShopClient) -> tuple[bool, str]:
    """Read the shop's name and a few products, as the bot would."""
    try:
        name = localized((await shop.store()).get("name")) or shop.store_id
        products = await shop.list_products(per_page=3)
    except ShopCredentialError as error:
        return False, _SHOP_REFUSALS[error.status]
    except PermanentError as error:
        return False, f"Tienda Nube contestó {error.status}: revisá el número de tienda."
    except (RetryableError, UnknownOutcomeError):
        return False, "Tienda Nube no contestó; probá de nuevo en un rato."
    if not products:
        return True, f"Entré a {name}, pero no tiene productos publicados."
    counted = "1 producto" if len(products) == 1 else f"{len(products)} productos"
    return True, f"Leí {counted} de {name}."


async def check_model(connections: ModelConnections, wanted: ModelSettings) -> tuple[bool, str]:
    """List the models and look for the configured one."""
    try:
        models = await connections.list_models(wanted)
    except openai.OpenAIError as error:
        reason = _MODEL_REFUSALS.get(failure_reason(error), "No pude hablar con el proveedor del modelo.")
        return False, reason
    if wanted.model not in models:
        return False, f"La clave funciona, pero el modelo {wanted.model} no está entre los {len(models)} que ofrece."
    return True, f"Leí la lista de modelos del proveedor: {wanted.model} está disponible."
