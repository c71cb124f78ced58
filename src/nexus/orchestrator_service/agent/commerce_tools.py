"""Tools that a shop turns on: a link to pay a cart, and a notice when something is back."""

import json
from typing import Annotated, Any

from langchain.tools import ToolRuntime, tool
from langchain_core.tools import BaseTool
from pydantic import BaseModel, Field

from nexus.orchestrator_service.agent import trace
from nexus.orchestrator_service.agent.context import RunContext
from nexus.orchestrator_service.agent.offered import PAYABLE_LINK, TELL_WHEN_BACK, is_offered
from nexus.orchestrator_service.catalogue.back_in_stock import ask_to_be_told
from nexus.orchestrator_service.catalogue.drafts import Buyer, Till, Wanted
from nexus.orchestrator_service.catalogue.drafts import payable_link as make_link

Runtime = ToolRuntime[RunContext, Any]
_NOT_OFFERED = {"status": "refused", "say": "Esta tienda no ofrece eso por chat."}
_STATUSES: dict[str, trace.ToolStatus] = {
    "refused": "refused",
    "ask": "refused",
    "in_stock": "refused",
    "unknown": "error",
    "failed": "error",
}


class CartLine(BaseModel):
    """Un renglón del carrito."""

    product_id: int = Field(description="id del producto, de una herramienta")
    variant_id: int = Field(description="id de la variante (talle, color), de una herramienta")
    quantity: int = Field(1, description="cuántas unidades")


@tool(PAYABLE_LINK)
async def payable_link(
    items: Annotated[list[CartLine], Field(description="Lo que el cliente confirmó que quiere comprar")],
    contact_name: str,
    contact_email: str,
    runtime: Runtime,
) -> str:
    """Arma un link para pagar un pedido, cuando el cliente confirmó qué quiere y dio nombre y e-mail (si no, pedilos).

    Decí su frase (`say`) con el link entero. Nunca digas que se pagó o reservó. Con status unknown ofrecé una persona.
    """
    context = runtime.context
    if not is_offered(PAYABLE_LINK, context.bot):
        return _told(PAYABLE_LINK, runtime, _NOT_OFFERED)
    shop = await context.door.open(context.tenant.id)
    dry_run = context.bot.draft_orders != "on"
    till = Till(shop, context.door.pool, context.run, context.correlation_id, dry_run=dry_run)
    wanted = [Wanted(line.product_id, line.variant_id, line.quantity) for line in items]
    async with context.findings.agenda.changing:  # two calls of one run must not each think the other died
        answer, products = await make_link(till, wanted, Buyer(contact_name, contact_email, context.phone))
    context.findings.add_products(products)
    if answer["status"] == "made":
        context.findings.links.add(answer["checkout_url"])
        context.findings.effects.append({"tool": PAYABLE_LINK, "status": "made"})
    return _told(PAYABLE_LINK, runtime, answer)


@tool(TELL_WHEN_BACK)
async def tell_when_back(
    product_id: int,
    runtime: Runtime,
    variant_id: int | None = None,
) -> str:
    """Anota avisarle al cliente, con un solo mensaje, cuando vuelva el stock de algo agotado.

    Sólo si el cliente dijo que sí a que le avises: si no lo dijo, preguntale antes. `variant_id`: el talle o color.
    Decí su frase (`say`); si el status no es noted o already, no digas que lo anotaste.
    """
    context = runtime.context
    if not is_offered(TELL_WHEN_BACK, context.bot):
        return _told(TELL_WHEN_BACK, runtime, _NOT_OFFERED)
    shop = await context.door.open(context.tenant.id)
    item = next(iter(await shop.products_by_ids([product_id])), None)
    context.findings.add_products([item] if item else [])
    answer = await ask_to_be_told(context.door.pool, context.run, item, variant_id)
    if answer["status"] in ("noted", "already"):
        context.findings.effects.append({"tool": TELL_WHEN_BACK, "status": answer["status"]})
    return _told(TELL_WHEN_BACK, runtime, answer)


COMMERCE_TOOLS: list[BaseTool] = [payable_link, tell_when_back]


def _told(name: str, runtime: Runtime, answer: dict[str, Any]) -> str:
    trace.told(runtime, name, _STATUSES.get(answer["status"], "ok"))
    return json.dumps(answer, ensure_ascii=False)
